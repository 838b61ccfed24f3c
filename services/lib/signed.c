#include "services/lib/signed.h"

#include "ledger/transaction.h"

void qr_signed_make(struct qr_signed *transaction, const struct qr_key *key, const char *chain_id, uint64_t kind,
                    uint64_t replay, const void *payload, size_t size)
{
    struct qr_transaction parts;
    qr_buffer_clear(&transaction->bytes);
    qr_transaction_sign(key, chain_id, kind, replay, payload, size, &transaction->bytes, &transaction->id);
    if (qr_transaction_read(transaction->bytes.data, transaction->bytes.size, &parts, NULL) < 0)
        abort(); /* what was just written is one */
    size_t tail = QR_PUBLIC_KEY_SIZE + QR_SIGNATURE_SIZE;
    const uint8_t *signer = transaction->bytes.data + transaction->bytes.size - tail;
    quorate__transaction__init(&transaction->message);
    transaction->message.body = qr_wire_bytes(parts.body.bytes, parts.body.size);
    transaction->message.signer = qr_wire_bytes(signer, QR_PUBLIC_KEY_SIZE);
    transaction->message.signature = qr_wire_bytes(signer + QR_PUBLIC_KEY_SIZE, QR_SIGNATURE_SIZE);
    transaction->list = &transaction->message;
}

void qr_signed_done(struct qr_signed *transaction)
{
    qr_buffer_done(&transaction->bytes);
}
