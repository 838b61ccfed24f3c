#include "reservations/sql.h"

static const char *const texts[QR_SQL_COUNT] = {
#define X(name, text) [QR_SQL_##name] = text,
    QR_SQL_STATEMENTS(X)
#undef X
};

sqlite3_stmt *qr_sql(struct qr_reservations *store, enum qr_sql statement)
{
    sqlite3_stmt **prepared = &store->statements[statement];
    if (*prepared == NULL)
        sqlite3_prepare_v3(store->database, texts[statement], -1, SQLITE_PREPARE_PERSISTENT, prepared, NULL);
    else
        sqlite3_reset(*prepared);
    return *prepared;
}

int qr_sql_fail(const struct qr_reservations *store, const char *doing, struct qr_error *error)
{
    int status = sqlite3_errcode(store->database);
    const char *reason = sqlite3_errmsg(store->database);
    switch (status & 0xff) {
    case SQLITE_FULL:
        qr_fail(error, QR_EDISK_FULL, "reserved.db: %s: %s", doing, reason);
        return qr_hint(error, "make room on the disk; nothing of this request was kept");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        qr_fail(error, QR_EBUSY, "reserved.db: %s: another process is writing to it", doing);
        return qr_hint(error, "try again");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT:
    case SQLITE_SCHEMA:
    case SQLITE_ERROR:
        qr_fail(error, QR_ECORRUPT, "reserved.db: %s: %s", doing, reason);
        return qr_hint(error, "keep a copy of the file and restore it from a backup");
    case SQLITE_CANTOPEN:
        return qr_fail(error, QR_ENO_FILE, "reserved.db: %s: %s", doing, reason);
    default:
        return qr_fail(error, QR_EIO, "reserved.db: %s: %s", doing, reason);
    }
}

int qr_sql_step(struct qr_reservations *store, sqlite3_stmt *statement, bool *ret_row, struct qr_error *error)
{
    if (statement == NULL)
        return qr_sql_fail(store, "preparing a statement", error);
    int status = sqlite3_step(statement);
    if (status == SQLITE_ROW) {
        *ret_row = true;
        return 0;
    }
    sqlite3_reset(statement);
    if (status != SQLITE_DONE)
        return qr_sql_fail(store, "reading", error);
    *ret_row = false;
    return 0;
}

int qr_sql_run(struct qr_reservations *store, sqlite3_stmt *statement, int *ret_changed, struct qr_error *error)
{
    if (statement == NULL)
        return qr_sql_fail(store, "preparing a statement", error);
    int status = sqlite3_step(statement);
    if (ret_changed != NULL && status == SQLITE_DONE)
        *ret_changed = sqlite3_changes(store->database);
    sqlite3_reset(statement);
    return status == SQLITE_DONE ? 0 : qr_sql_fail(store, "writing", error);
}

int qr_sql_exec(struct qr_reservations *store, const char *text, struct qr_error *error)
{
    return sqlite3_exec(store->database, text, NULL, NULL, NULL) == SQLITE_OK ? 0
                                                                              : qr_sql_fail(store, "writing", error);
}

int qr_sql_meta_put(struct qr_reservations *store, const char *name, int64_t value, struct qr_error *error)
{
    sqlite3_stmt *put = qr_sql(store, QR_SQL_META_PUT);
    sqlite3_bind_text(put, 1, name, -1, SQLITE_STATIC);
    sqlite3_bind_int64(put, 2, value);
    return qr_sql_run(store, put, NULL, error);
}

int qr_sql_meta_get(struct qr_reservations *store, const char *name, int64_t *ret_value, struct qr_error *error)
{
    bool found;
    sqlite3_stmt *get = qr_sql(store, QR_SQL_META_GET);
    sqlite3_bind_text(get, 1, name, -1, SQLITE_STATIC);
    int code = qr_sql_step(store, get, &found, error);
    if (code < 0)
        return code;
    if (!found)
        return qr_fail(error, QR_ECORRUPT, "reserved.db: its entry `%s` is missing", name);
    *ret_value = sqlite3_column_int64(get, 0);
    sqlite3_reset(get);
    return 0;
}

int qr_sql_hash(sqlite3_stmt *statement, int column, struct qr_hash *ret_hash, struct qr_error *error)
{
    const void *bytes = sqlite3_column_blob(statement, column);
    if (bytes == NULL || sqlite3_column_bytes(statement, column) != QR_HASH_SIZE)
        return qr_fail(error, QR_ECORRUPT, "reserved.db: a hash does not have %d bytes", QR_HASH_SIZE);
    memcpy(ret_hash->bytes, bytes, QR_HASH_SIZE);
    return 0;
}

int qr_sql_text(sqlite3_stmt *statement, int column, char *target, size_t capacity, struct qr_error *error)
{
    const char *text = (const char *)sqlite3_column_text(statement, column);
    if (text == NULL || !qr_copy_text(target, capacity, text))
        return qr_fail(error, QR_ECORRUPT, "reserved.db: a text is missing or longer than %zu bytes", capacity - 1);
    return 0;
}
