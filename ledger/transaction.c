#include "ledger/transaction.h"

int qr_transaction_read(const void *bytes, size_t size, struct qr_transaction *ret, struct qr_error *error)
{
    struct qr_transaction read = {0};
    struct qr_reader in = qr_reader_of(bytes, size);
    read.body.bytes = qr_get_bytes(&in, QR_TRANSACTION_MAX, &read.body.size);
    const uint8_t *signer = qr_get_raw(&in, sizeof read.signer.bytes);
    const uint8_t *signature = qr_get_raw(&in, sizeof read.signature.bytes);
    int code = qr_reader_end(&in, "transaction", error);
    if (code)
        return code;
    memcpy(read.signer.bytes, signer, sizeof read.signer.bytes);
    memcpy(read.signature.bytes, signature, sizeof read.signature.bytes);

    struct qr_reader body = qr_reader_of(read.body.bytes, read.body.size);
    if (qr_get_u8(&body) != QR_TRANSACTION_VERSION)
        qr_reader_fail(&body, "unknown version");
    read.kind = qr_get_uint(&body);
    read.replay = qr_get_uint(&body);
    const uint8_t *named = qr_get_raw(&body, sizeof read.signer.bytes);
    if (named && memcmp(named, read.signer.bytes, sizeof read.signer.bytes) != 0)
        qr_reader_fail(&body, "it names another signer");
    read.payload.bytes = qr_get_bytes(&body, QR_PAYLOAD_MAX, &read.payload.size);
    code = qr_reader_end(&body, "transaction body", error);
    if (code)
        return code;
    read.id = qr_tagged_hash(QR_DOMAIN_TRANSACTION, read.body.bytes, read.body.size);
    *ret = read;
    return 0;
}

void qr_transaction_sign(const struct qr_key *key, const char *chain_id, uint64_t kind, uint64_t replay,
                         const void *payload, size_t size, struct qr_buffer *out, struct qr_hash *ret_id)
{
    if (size > QR_PAYLOAD_MAX)
        abort();
    QR_CLEANUP(qr_buffer_done) struct qr_buffer body = {0};
    qr_put_u8(&body, QR_TRANSACTION_VERSION);
    qr_put_uint(&body, kind);
    qr_put_uint(&body, replay);
    qr_put_raw(&body, qr_key_public(key)->bytes, QR_PUBLIC_KEY_SIZE);
    qr_put_bytes(&body, payload, size);
    struct qr_signature signature = qr_sign(key, QR_DOMAIN_TRANSACTION, chain_id, body.data, body.size);
    qr_put_bytes(out, body.data, body.size);
    qr_put_raw(out, qr_key_public(key)->bytes, QR_PUBLIC_KEY_SIZE);
    qr_put_raw(out, signature.bytes, QR_SIGNATURE_SIZE);
    if (ret_id)
        *ret_id = qr_tagged_hash(QR_DOMAIN_TRANSACTION, body.data, body.size);
}

int qr_transaction_verify(const struct qr_transaction *transaction, const char *chain_id, struct qr_error *error)
{
    if (qr_verify(&transaction->signer, QR_DOMAIN_TRANSACTION, chain_id, transaction->body.bytes, transaction->body.size,
                  &transaction->signature))
        return 0;
    return qr_fail(error, QR_EBAD_SIGNATURE, "the signature is not the signer's over this transaction and chain");
}
