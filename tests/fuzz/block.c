#include "ledger/block.h"
#include "tests/fuzz/target.h"

/* What is read as a block is written back to the same bytes. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer again = {0};
    struct qr_error error = {0};
    if (qr_block_read(data, size, &block, &error) != 0) {
        FUZZ_CHECK(error.text[0]);
        return 0;
    }
    qr_block_write(&block, &again);
    FUZZ_CHECK(again.size == size && memcmp(again.data, data, size) == 0);
    (void)qr_header_hash(&block.header);
    (void)qr_transactions_root(block.transactions, block.n);
    return 0;
}
