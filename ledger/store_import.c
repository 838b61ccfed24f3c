#include "ledger/store_rows.h"

static const char clear[] =
    "DELETE FROM fact; DELETE FROM block; DELETE FROM signature; DELETE FROM leaf; DELETE FROM tile;"
    "DELETE FROM place; DELETE FROM bucket; DELETE FROM state; DELETE FROM use;";

/* The store is left empty: what a genesis alone wrote is written again. */
static int start_empty(struct qr_store *store, struct qr_error *error)
{
    struct qr_header head;
    struct qr_error cause;
    int code = qr_store_head(store, &head, &cause);
    if (code == 0 && head.height > 0)
        return qr_fail(error, QR_EREFUSED, "the store holds a ledger already, at height %" PRIu64, head.height);
    if (code && code != QR_ENOT_FOUND) {
        if (error)
            *error = cause;
        return code;
    }
    return sqlite3_exec(store->db, clear, NULL, NULL, NULL) == SQLITE_OK ? 0 : qr_store_fail(store, "clear", error);
}

/* Before and after, so that an import that fills the disk gives it back: what the write-ahead log still owes the database then needs no
 * room. Where this fails, nothing but room is lost. */
static void empty_log(struct qr_store *store)
{
    sqlite3_wal_checkpoint_v2(store->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

int qr_store_import_begin(struct qr_store *store, struct qr_error *error)
{
    empty_log(store);
    int code = qr_store_run(store, STORE_BEGIN, error);
    if (code)
        return code;
    store->importing = true;
    store->counted = false;
    code = start_empty(store, error);
    if (code)
        qr_store_import_abort(store);
    return code;
}

int qr_store_import(struct qr_store *store, const struct qr_append *append, struct qr_error *error)
{
    store->last = *append->header;
    return qr_store_put_rows(store, append, error);
}

int qr_store_import_end(struct qr_store *store, uint64_t height, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0};
    qr_put_uint(&value, height);
    int code = qr_store_put_fact(store, "imported", value.data, value.size, error);
    if (code == 0)
        code = qr_store_run(store, STORE_COMMIT, error);
    if (code)
        return code;
    store->importing = false;
    return qr_store_mark_put(store, &store->last, error);
}

void qr_store_import_abort(struct qr_store *store)
{
    if (!store->importing)
        return;
    store->importing = false;
    store->counted = false;
    (void)!qr_store_run(store, STORE_ROLLBACK, NULL);
    empty_log(store);
}

int qr_store_imported(struct qr_store *store, uint64_t *ret_height, struct qr_error *error)
{
    sqlite3_stmt *statement = NULL;
    struct qr_error cause;
    int code = qr_store_get_fact(store, "imported", &statement, &cause);
    if (code == QR_ENOT_FOUND) {
        *ret_height = 0;
        return 0;
    }
    if (code) {
        if (error)
            *error = cause;
        return code;
    }
    const void *bytes = sqlite3_column_blob(statement, 0);
    struct qr_reader in = qr_reader_of(bytes, (size_t)sqlite3_column_bytes(statement, 0));
    uint64_t height = qr_get_uint(&in);
    code = qr_reader_end(&in, "imported", NULL);
    sqlite3_reset(statement);
    if (code || height == 0)
        return qr_fail(error, QR_ECORRUPT, "the fact `imported` of the store is damaged");
    *ret_height = height;
    return 0;
}
