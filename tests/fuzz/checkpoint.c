#include "ledger/checkpoint.h"
#include "tests/fuzz/target.h"

/* What is read as a signed checkpoint is written back to the same text. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer again = {0};
    if (qr_note_read((const char *)data, size, note, NULL) == 0) {
        qr_note_write(note, &again);
        FUZZ_CHECK(again.size == size && memcmp(again.data, data, size) == 0);
    }
    free(note);
    return 0;
}
