#include "ledger/extension.h"

#include "tests/fuzz/target.h"

/* What is read as a vote extension is written back to the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint64_t height;
    struct qr_note_signature line;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer again = {0};
    if (qr_extension_read(data, size, &height, &line, NULL) == 0) {
        qr_extension_write(height, &line, &again);
        FUZZ_CHECK(again.size == size && memcmp(again.data, data, size) == 0 && size <= QR_EXTENSION_MAX);
    }
    return 0;
}
