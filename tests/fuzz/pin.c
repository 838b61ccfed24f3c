#include "ledger/pin.h"
#include "tests/fuzz/target.h"

/* A pin that is read writes a pin that reads back the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct qr_pin *pin = qr_alloc(2, sizeof *pin);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer first = {0}, second = {0};
    if (qr_pin_read((const char *)data, size, &pin[0], NULL) == 0) {
        qr_pin_write(&pin[0], &first);
        FUZZ_CHECK(qr_pin_read((const char *)first.data, first.size, &pin[1], NULL) == 0);
        qr_pin_write(&pin[1], &second);
        FUZZ_CHECK(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
        FUZZ_CHECK(pin[0].need >= 1 && pin[0].need <= pin[0].n);
    }
    free(pin);
    return 0;
}
