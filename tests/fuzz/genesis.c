#include "node/genesis.h"
#include "tests/fuzz/target.h"

/* What is read as a genesis is written back to the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {.time = 0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer again = {0};
    struct qr_error error = {0};
    if (qr_genesis_read(data, size, &genesis, &error) != 0) {
        FUZZ_CHECK(error.text[0]);
        return 0;
    }
    FUZZ_CHECK(qr_genesis_write(&genesis, &again, NULL) == 0);
    FUZZ_CHECK(again.size == size && memcmp(again.data, data, size) == 0);
    return 0;
}
