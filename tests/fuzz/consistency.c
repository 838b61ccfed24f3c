#include "ledger/consistency.h"
#include "tests/fuzz/target.h"

/* A proof that is read writes a proof that reads back the same, and holds for no two checkpoints but those it is of. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct qr_consistency first, second;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer once = {0}, twice = {0};
    if (qr_consistency_read((const char *)data, size, &first, NULL) != 0)
        return 0;
    qr_consistency_write(&first, &once);
    FUZZ_CHECK(qr_consistency_read((const char *)once.data, once.size, &second, NULL) == 0);
    qr_consistency_write(&second, &twice);
    FUZZ_CHECK(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0);
    struct qr_checkpoint a = {.size = first.old_size, .height = 1, .time = 1}, b = {.size = first.new_size, .height = 2, .time = 2};
    FUZZ_CHECK(a.size == b.size || qr_log_compare(&a, &b, &first.proof) != QR_LOG_GROWN);
    return 0;
}
