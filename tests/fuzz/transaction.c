#include "ledger/transaction.h"
#include "tests/fuzz/target.h"

/* What is read as a transaction is written back to the same bytes, and its views lie within them. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct qr_transaction transaction;
    struct qr_error error = {0};
    if (qr_transaction_read(data, size, &transaction, &error) != 0) {
        FUZZ_CHECK(error.code == QR_EFORMAT && error.text[0]);
        return 0;
    }
    QR_CLEANUP(qr_buffer_done) struct qr_buffer body = {0}, again = {0};
    qr_put_u8(&body, QR_TRANSACTION_VERSION);
    qr_put_uint(&body, transaction.kind);
    qr_put_uint(&body, transaction.replay);
    qr_put_raw(&body, transaction.signer.bytes, QR_PUBLIC_KEY_SIZE);
    qr_put_bytes(&body, transaction.payload.bytes, transaction.payload.size);
    qr_put_bytes(&again, body.data, body.size);
    qr_put_raw(&again, transaction.signer.bytes, QR_PUBLIC_KEY_SIZE);
    qr_put_raw(&again, transaction.signature.bytes, QR_SIGNATURE_SIZE);
    FUZZ_CHECK(again.size == size && memcmp(again.data, data, size) == 0);
    (void)!qr_transaction_verify(&transaction, "fuzz", NULL);
    return 0;
}
