#include "ledger/pin.h"
#include "node/verify.h"
#include "tests/fuzz/target.h"

/* A receipt that is read writes one that reads back the same; and whatever is verified gets an answer, never `valid` under a
 * pin whose node signed nothing. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct qr_pin pin = {.chain_id = "fuzz", .need = 1, .n = 1, .nodes = {{.name = "node", .key = {{9}}}}};
    struct qr_receipt *receipt = qr_alloc(2, sizeof *receipt);
    struct qr_verification *verification = qr_alloc(1, sizeof *verification);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer first = {0}, second = {0};
    if (qr_receipt_read((const char *)data, size, &receipt[0], NULL) == 0) {
        qr_receipt_write(&receipt[0], &first);
        FUZZ_CHECK(qr_receipt_read((const char *)first.data, first.size, &receipt[1], NULL) == 0);
        qr_receipt_write(&receipt[1], &second);
        FUZZ_CHECK(first.size == second.size && memcmp(first.data, second.data, first.size) == 0);
    }
    if (qr_verify_receipt(data, size, &pin, NULL, NULL, verification, NULL) == 0)
        FUZZ_CHECK(!verification->valid);
    qr_verification_done(verification);
    free(verification);
    qr_receipt_done(&receipt[0]);
    qr_receipt_done(&receipt[1]);
    free(receipt);
    return 0;
}
