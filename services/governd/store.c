#include "services/governd/store.h"

#include <sqlite3.h>

struct store {
    sqlite3 *database;
};

static const char schema[] =
    "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;"
    "CREATE TABLE IF NOT EXISTS report(proposal BLOB PRIMARY KEY, hash BLOB NOT NULL, bytes BLOB NOT NULL,"
    " json TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS notice(sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, warning INTEGER NOT NULL,"
    " text TEXT NOT NULL, proposal BLOB NOT NULL, deadline INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS told(proposal BLOB, mark INTEGER, PRIMARY KEY(proposal, mark)) WITHOUT ROWID;";

static int fail(const struct store *store, struct qr_error *error)
{
    int code = sqlite3_errcode(store->database) & 0xff;
    enum qr_code word = code == SQLITE_FULL                               ? QR_EDISK_FULL
                        : code == SQLITE_CORRUPT || code == SQLITE_NOTADB ? QR_ECORRUPT
                                                                          : QR_EIO;
    qr_fail(error, word, "governd.db: %s", sqlite3_errmsg(store->database));
    (void)qr_hint(error, "governd.db can be deleted: governd makes it again");
    return word;
}

static sqlite3_stmt *prepare(struct store *store, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    return sqlite3_prepare_v2(store->database, sql, -1, &statement, NULL) == SQLITE_OK ? statement : NULL;
}

static void finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

static void bind_hash(sqlite3_stmt *statement, int column, const struct qr_hash *hash)
{
    sqlite3_bind_blob(statement, column, hash->bytes, sizeof hash->bytes, SQLITE_TRANSIENT);
}

static bool column_hash(sqlite3_stmt *statement, int column, struct qr_hash *ret_hash)
{
    if (sqlite3_column_bytes(statement, column) != sizeof ret_hash->bytes)
        return false;
    memcpy(ret_hash->bytes, sqlite3_column_blob(statement, column), sizeof ret_hash->bytes);
    return true;
}

int store_open(const char *path, struct store **ret_store, struct qr_error *error)
{
    struct store *store = qr_alloc(1, sizeof *store);
    int rc = 0;
    if (sqlite3_open(path, &store->database) != SQLITE_OK ||
        sqlite3_exec(store->database, schema, NULL, NULL, NULL) != SQLITE_OK)
        rc = fail(store, error);
    if (rc == 0)
        *ret_store = store;
    else
        store_close(store);
    return rc;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    sqlite3_close(store->database);
    free(store);
}

void stored_report_done(struct stored_report *report)
{
    qr_buffer_done(&report->bytes);
    qr_buffer_done(&report->json);
}

int store_put_report(struct store *store, const struct qr_hash *proposal, const struct stored_report *report,
                     struct qr_error *error)
{
    QR_CLEANUP(finalize) sqlite3_stmt *put = prepare(store, "INSERT OR REPLACE INTO report VALUES (?, ?, ?, ?)");
    if (!put)
        return fail(store, error);
    bind_hash(put, 1, proposal);
    bind_hash(put, 2, &report->hash);
    sqlite3_bind_blob(put, 3, report->bytes.data, (int)report->bytes.size, SQLITE_STATIC);
    sqlite3_bind_text(put, 4, qr_buffer_string(&report->json), (int)report->json.size, SQLITE_STATIC);
    return sqlite3_step(put) == SQLITE_DONE ? 0 : fail(store, error);
}

int store_report(struct store *store, const struct qr_hash *proposal, struct stored_report *ret_report,
                 struct qr_error *error)
{
    QR_CLEANUP(finalize)
    sqlite3_stmt *get = prepare(store, "SELECT hash, bytes, json FROM report WHERE proposal = ?");
    if (!get)
        return fail(store, error);
    bind_hash(get, 1, proposal);
    int step = sqlite3_step(get);
    if (step == SQLITE_DONE)
        return qr_fail(error, QR_ENOT_FOUND, "no report on proposal %.12s has been computed here",
                       qr_hash_text(proposal).text);
    struct stored_report report = {0};
    if (step != SQLITE_ROW || !column_hash(get, 0, &report.hash))
        return fail(store, error);
    qr_buffer_add(&report.bytes, sqlite3_column_blob(get, 1), (size_t)sqlite3_column_bytes(get, 1));
    struct qr_hash hash = qr_tagged_hash(QR_DOMAIN_REPORT, report.bytes.data, report.bytes.size);
    if (!qr_hash_equal(&hash, &report.hash)) {
        stored_report_done(&report);
        return qr_fail(error, QR_ENOT_FOUND, "the report on proposal %.12s that is stored is damaged",
                       qr_hash_text(proposal).text);
    }
    qr_buffer_add(&report.json, sqlite3_column_text(get, 2), (size_t)sqlite3_column_bytes(get, 2));
    *ret_report = report;
    return 0;
}

static int insert_notice(struct store *store, struct notice *notice, struct qr_error *error)
{
    QR_CLEANUP(finalize)
    sqlite3_stmt *put =
        prepare(store, "INSERT INTO notice(time, warning, text, proposal, deadline) VALUES (?, ?, ?, ?, ?)");
    if (!put)
        return fail(store, error);
    sqlite3_bind_int64(put, 1, notice->time);
    sqlite3_bind_int(put, 2, notice->warning);
    sqlite3_bind_text(put, 3, notice->text, -1, SQLITE_STATIC);
    bind_hash(put, 4, &notice->proposal);
    sqlite3_bind_int64(put, 5, notice->deadline);
    if (sqlite3_step(put) != SQLITE_DONE)
        return fail(store, error);
    notice->sequence = (uint64_t)sqlite3_last_insert_rowid(store->database);
    return 0;
}

static int insert_mark(struct store *store, unsigned mark, const struct qr_hash *proposal, bool *ret_new,
                       struct qr_error *error)
{
    QR_CLEANUP(finalize) sqlite3_stmt *put = prepare(store, "INSERT OR IGNORE INTO told VALUES (?, ?)");
    if (!put)
        return fail(store, error);
    bind_hash(put, 1, proposal);
    sqlite3_bind_int64(put, 2, mark);
    if (sqlite3_step(put) != SQLITE_DONE)
        return fail(store, error);
    *ret_new = sqlite3_changes(store->database) > 0;
    return 0;
}

int store_tell(struct store *store, unsigned mark, struct notice *notice, bool *ret_new, struct qr_error *error)
{
    if (sqlite3_exec(store->database, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
        return fail(store, error);
    int rc = insert_mark(store, mark, &notice->proposal, ret_new, error);
    if (rc == 0 && *ret_new)
        rc = insert_notice(store, notice, error);
    if (rc == 0 && sqlite3_exec(store->database, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        rc = fail(store, error);
    if (rc < 0)
        (void)sqlite3_exec(store->database, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

int store_notices(struct store *store, uint64_t after, size_t most, struct notice *ret_notices, size_t *ret_n,
                  struct qr_error *error)
{
    QR_CLEANUP(finalize)
    sqlite3_stmt *get = prepare(store, "SELECT sequence, time, warning, text, proposal, deadline FROM notice"
                                       " WHERE sequence > ? ORDER BY sequence LIMIT ?");
    size_t n = 0;
    int step = SQLITE_DONE;
    if (!get)
        return fail(store, error);
    sqlite3_bind_int64(get, 1, after > INT64_MAX ? INT64_MAX : (int64_t)after);
    sqlite3_bind_int64(get, 2, (int64_t)most);
    while (n < most && (step = sqlite3_step(get)) == SQLITE_ROW) {
        struct notice *notice = &ret_notices[n++];
        *notice = (struct notice){.sequence = (uint64_t)sqlite3_column_int64(get, 0),
                                  .time = sqlite3_column_int64(get, 1),
                                  .warning = sqlite3_column_int(get, 2) != 0,
                                  .deadline = sqlite3_column_int64(get, 5)};
        (void)qr_copy_text(notice->text, sizeof notice->text, (const char *)sqlite3_column_text(get, 3));
        (void)column_hash(get, 4, &notice->proposal);
    }
    if (step != SQLITE_DONE && step != SQLITE_ROW)
        return fail(store, error);
    *ret_n = n;
    return 0;
}
