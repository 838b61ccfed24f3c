#include "ledger/store_rows.h"

/* The fact `node`: the key, from which height on it signs, and the SHA-256 of both. */

static void encode(const struct qr_public_key *key, uint64_t since, struct qr_buffer *out)
{
    qr_put_raw(out, key->bytes, sizeof key->bytes);
    qr_put_uint(out, since);
    struct qr_hash sum = qr_sha256(out->data, out->size);
    qr_put_hash(out, &sum);
}

int qr_store_owner(struct qr_store *store, struct qr_public_key *ret_key, uint64_t *ret_since, struct qr_error *error)
{
    sqlite3_stmt *statement = NULL;
    int code = qr_store_get_fact(store, "node", &statement, error);
    if (code)
        return code;
    struct qr_reader in =
        qr_reader_of(sqlite3_column_blob(statement, 0), (size_t)sqlite3_column_bytes(statement, 0));
    struct qr_public_key key = {{0}};
    const uint8_t *bytes = qr_get_raw(&in, sizeof key.bytes);
    uint64_t since = qr_get_uint(&in);
    struct qr_hash sum;
    qr_get_hash(&in, &sum);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer again = {0};
    if (bytes)
        memcpy(key.bytes, bytes, sizeof key.bytes);
    encode(&key, since, &again);
    struct qr_hash expected = qr_sha256(again.data, again.size - QR_HASH_SIZE);
    bool good = qr_reader_end(&in, "node", NULL) == 0 && qr_hash_equal(&expected, &sum);
    sqlite3_reset(statement);
    if (!good)
        return qr_fail(error, QR_ECORRUPT, "the fact `node` of the store is damaged");
    *ret_key = key;
    *ret_since = since;
    return 0;
}

int qr_store_own(struct qr_store *store, const struct qr_public_key *key, uint64_t since, struct qr_error *error)
{
    struct qr_public_key owner;
    uint64_t before;
    struct qr_error cause = {.code = QR_OK};
    int code = qr_store_owner(store, &owner, &before, &cause);
    if (code == 0 && memcmp(owner.bytes, key->bytes, sizeof owner.bytes) == 0)
        return 0;
    if (code && code != QR_ENOT_FOUND) {
        if (error)
            *error = cause;
        return code;
    }
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0};
    encode(key, since, &value);
    sqlite3_stmt *statement = qr_store_statement(store, STORE_REPLACE_FACT, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_text(statement, 1, "node", -1, SQLITE_STATIC);
    sqlite3_bind_blob64(statement, 2, value.data, value.size, SQLITE_STATIC);
    return qr_store_step(store, statement, error);
}
