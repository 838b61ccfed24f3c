#include "ledger/store_rows.h"

/* Signatures of others. SQLite is told not to sync for them: they lie in the write-ahead log before the next block, whose sync is
 * theirs too. */
static void set_sync(struct qr_store *store, const char *how)
{
    char command[64];
    snprintf(command, sizeof command, "PRAGMA synchronous = %s", how);
    sqlite3_exec(store->db, command, NULL, NULL, NULL);
}

static int put_all(struct qr_store *store, const struct qr_cosignature *signatures, size_t n, struct qr_error *error)
{
    int code = qr_store_run(store, STORE_BEGIN, error);
    for (size_t i = 0; code == 0 && i < n; i++)
        code = qr_store_put_signature(store, signatures[i].height, &signatures[i].line, error);
    return code ? code : qr_store_run(store, STORE_COMMIT, error);
}

int qr_store_add_signatures(struct qr_store *store, const struct qr_cosignature *signatures, size_t n, struct qr_error *error)
{
    struct qr_error cause = {.code = QR_EIO};
    set_sync(store, "NORMAL");
    int code = put_all(store, signatures, n, &cause);
    if (code)
        code = qr_store_give_up(store, &cause, error);
    set_sync(store, "FULL");
    return code;
}

/* The height in the first row, of what is found between two heights. */
static int find(struct qr_store *store, sqlite3_stmt *statement, uint64_t least, uint64_t most, uint64_t *ret_height,
                struct qr_error *error)
{
    sqlite3_bind_int64(statement, 1, (int64_t)least);
    sqlite3_bind_int64(statement, 2, (int64_t)most);
    int code = qr_store_step(store, statement, error);
    if (code == 0)
        return qr_fail(error, QR_ENOT_FOUND, "no checkpoint from height %" PRIu64 " on has as many signatures", least);
    if (code < 0)
        return code;
    *ret_height = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_reset(statement);
    return 0;
}

int qr_store_signed(struct qr_store *store, uint64_t least, uint64_t most, unsigned lines, uint64_t *ret_height,
                    struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_FIND_SIGNED, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 3, lines);
    return find(store, statement, least, most, ret_height, error);
}

int qr_store_most_signed(struct qr_store *store, uint64_t least, uint64_t most, uint64_t *ret_height, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_FIND_MOST_SIGNED, error);
    return statement ? find(store, statement, least, most, ret_height, error) : QR_EIO;
}
