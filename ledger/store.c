#include "ledger/store_rows.h"

#include "common/file.h"

/* A row of `fact` explains the store itself; `block` holds header and transactions apart, so that headers are read without
 * them; `place` and `bucket` find leaves and transactions by the start of their hashes; `use` answers a transaction sent again. */
static const char schema[] =
    "PRAGMA page_size = 8192;"
    "PRAGMA application_id = 0x51524c31;"
    "PRAGMA journal_mode = WAL;"
    "BEGIN IMMEDIATE;"
    "CREATE TABLE IF NOT EXISTS fact(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS block(height INTEGER PRIMARY KEY, header BLOB NOT NULL, transactions BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS signature(height INTEGER, name TEXT, key_hash BLOB, signature BLOB NOT NULL,"
    " PRIMARY KEY(height, name, key_hash)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS leaf(first INTEGER PRIMARY KEY, height INTEGER NOT NULL, leaves BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS tile(id INTEGER PRIMARY KEY, hashes BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS place(prefix INTEGER, place INTEGER, PRIMARY KEY(prefix, place)) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS bucket(id INTEGER PRIMARY KEY, places BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS state(key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS use(key BLOB, sequence INTEGER, height INTEGER NOT NULL, id BLOB NOT NULL,"
    " PRIMARY KEY(key, sequence)) WITHOUT ROWID;"
    "COMMIT;";

/* Of one client's commits fewer than one in a hundred waits while the log's pages, 16 MiB, move into the database. */
static const char settings[] = "PRAGMA synchronous = FULL;"
                               "PRAGMA wal_autocheckpoint = 4000;"
                               "PRAGMA journal_size_limit = 67108864;"
                               "PRAGMA cache_size = -65536;"
                               "PRAGMA cell_size_check = ON;";

static const char *const sql[STORE_STATEMENTS] = {
    [STORE_BEGIN] = "BEGIN IMMEDIATE",
    [STORE_BEGIN_READ] = "BEGIN",
    [STORE_COMMIT] = "COMMIT",
    [STORE_ROLLBACK] = "ROLLBACK",
    [STORE_PUT_FACT] = "INSERT INTO fact VALUES(?, ?)",
    [STORE_REPLACE_FACT] = "INSERT OR REPLACE INTO fact VALUES(?, ?)",
    [STORE_GET_FACT] = "SELECT value FROM fact WHERE name = ?",
    [STORE_PUT_BLOCK] = "INSERT INTO block VALUES(?, ?, ?)",
    [STORE_GET_BLOCK] = "SELECT header, transactions FROM block WHERE height = ?",
    [STORE_GET_HEAD] = "SELECT header FROM block ORDER BY height DESC LIMIT 1",
    [STORE_PUT_SIGNATURE] = "INSERT OR IGNORE INTO signature VALUES(?, ?, ?, ?)",
    [STORE_GET_SIGNATURES] = "SELECT name, key_hash, signature FROM signature WHERE height = ? ORDER BY name, key_hash",
    [STORE_FIND_SIGNED] = "SELECT height FROM (SELECT height, count(*) AS lines FROM signature WHERE height BETWEEN ?1 AND ?2"
                          " GROUP BY height ORDER BY height DESC LIMIT 4096) WHERE lines >= ?3 LIMIT 1",
    [STORE_FIND_MOST_SIGNED] = "SELECT height FROM (SELECT height, count(*) AS lines FROM signature WHERE height BETWEEN ?1 AND ?2"
                               " GROUP BY height ORDER BY height DESC LIMIT 4096) ORDER BY lines DESC, height DESC LIMIT 1",
    [STORE_PUT_LEAVES] = "INSERT INTO leaf VALUES(?, ?, ?)",
    [STORE_GET_LEAVES] = "SELECT first, height, leaves FROM leaf WHERE first <= ? ORDER BY first DESC LIMIT 1",
    [STORE_PUT_PLACE] = "INSERT INTO place VALUES(?, ?)",
    [STORE_FIND_PLACES] = "SELECT prefix, place FROM place WHERE prefix BETWEEN ? AND ? ORDER BY prefix, place",
    [STORE_DELETE_PLACES] = "DELETE FROM place WHERE prefix BETWEEN ? AND ?",
    [STORE_COUNT_SLICES] = "SELECT prefix >> 58, count(*) FROM place GROUP BY 1",
    [STORE_WALK_PLACES] = "SELECT prefix, place FROM place",
    [STORE_PUT_BUCKET] = "INSERT INTO bucket VALUES(?, ?) ON CONFLICT DO UPDATE SET places = excluded.places",
    [STORE_GET_BUCKETS] = "SELECT places FROM bucket WHERE id BETWEEN ? AND ?",
    [STORE_DELETE_BUCKET] = "DELETE FROM bucket WHERE id = ?",
    [STORE_WALK_BUCKETS] = "SELECT id, places FROM bucket",
    [STORE_PUT_TILE] = "INSERT INTO tile VALUES(?, ?) ON CONFLICT DO UPDATE SET hashes = excluded.hashes",
    [STORE_GET_TILE] = "SELECT hashes FROM tile WHERE id = ?",
    [STORE_PUT_STATE] = "INSERT INTO state VALUES(?, ?) ON CONFLICT DO UPDATE SET value = excluded.value",
    [STORE_DELETE_STATE] = "DELETE FROM state WHERE key = ?",
    [STORE_WALK_STATE] = "SELECT key, value FROM state ORDER BY key",
    [STORE_PUT_USE] = "INSERT INTO use VALUES(?, ?, ?, ?)",
    [STORE_GET_USE] = "SELECT height, id FROM use WHERE key = ? AND sequence = ?",
    [STORE_COUNTS] = "SELECT (SELECT count(*) FROM fact), (SELECT count(*) FROM block), (SELECT count(*) FROM leaf),"
                     " (SELECT count(*) FROM tile), (SELECT count(*) FROM use),"
                     " (SELECT count(*) FROM signature WHERE height NOT IN (SELECT height FROM block))",
    [STORE_INTEGRITY] = "PRAGMA integrity_check(1)",
};

static enum qr_code code_of(int status)
{
    switch (status & 0xff) {
    case SQLITE_FULL:
        return QR_EDISK_FULL;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_CONSTRAINT: /* a row that only this code writes is there already */
    case SQLITE_ERROR:      /* a table is not as it was made */
        return QR_ECORRUPT;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return QR_EBUSY;
    case SQLITE_NOMEM:
        return QR_EMEMORY;
    default:
        return QR_EIO;
    }
}

static void advise(enum qr_code code, struct qr_error *error)
{
    if (code == QR_ECORRUPT)
        qr_hint(error, "restore the file from a copy, or let `quorate ledger audit` say what is damaged");
    else if (code == QR_EDISK_FULL)
        qr_hint(error, "make room on the disk and start again; nothing acknowledged is lost");
    else if (code == QR_EIO)
        qr_hint(error, "look into the system's log for what the disk met, then start again; nothing acknowledged is lost");
}

int qr_store_fail(struct qr_store *store, const char *doing, struct qr_error *error)
{
    enum qr_code code = code_of(sqlite3_extended_errcode(store->db));
    qr_fail(error, code, "cannot %s %s: %s", doing, store->path, sqlite3_errmsg(store->db));
    advise(code, error);
    return code;
}

int qr_store_blame(const struct qr_store *store, int code, struct qr_error *error)
{
    if (!error)
        return code;
    if (!strstr(error->text, store->path))
        qr_prefix(error, "%s", store->path);
    if (!error->hint[0])
        advise((enum qr_code)code, error);
    return code;
}

sqlite3_stmt *qr_store_statement(struct qr_store *store, enum store_statement which, struct qr_error *error)
{
    if (store->failed) {
        qr_fail(error, (enum qr_code)store->failed, "the store stopped after a failed write");
        return NULL;
    }
    sqlite3_stmt **statement = &store->statements[which];
    if (*statement) {
        sqlite3_reset(*statement);
        sqlite3_clear_bindings(*statement);
    } else if (sqlite3_prepare_v3(store->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, statement, NULL) != SQLITE_OK) {
        qr_store_fail(store, "read", error);
    }
    return *statement;
}

int qr_store_step(struct qr_store *store, sqlite3_stmt *statement, struct qr_error *error)
{
    int status = sqlite3_step(statement);
    if (status == SQLITE_ROW)
        return 1;
    if (status == SQLITE_DONE) {
        sqlite3_reset(statement);
        return 0;
    }
    bool reads = sqlite3_stmt_readonly(statement) && statement != store->statements[STORE_BEGIN] &&
                 statement != store->statements[STORE_COMMIT];
    int code = qr_store_fail(store, reads ? "read" : "write", error);
    sqlite3_reset(statement);
    return code;
}

static int execute(struct qr_store *store, const char *commands, const char *doing, struct qr_error *error)
{
    return sqlite3_exec(store->db, commands, NULL, NULL, NULL) == SQLITE_OK ? 0 : qr_store_fail(store, doing, error);
}

static int open_at(const char *path, int flags, struct qr_store **ret_store, struct qr_error *error)
{
    QR_CLEANUP(qr_store_closep) struct qr_store *store = qr_alloc(1, sizeof *store);
    store->path = qr_strdup(path);
    store->mark = -1;
    store->read_only = flags & SQLITE_OPEN_READONLY;
    if (sqlite3_open_v2(path, &store->db, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
        return qr_store_fail(store, "open", error);
    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, 2000);
    int code = 0;
    if (!store->read_only)
        code = execute(store, schema, "open", error);
    if (code == 0)
        code = execute(store, settings, "open", error);
    if (code == 0 && !store->read_only)
        code = qr_store_wal_rewrite(store, error);
    if (code == 0 && strcmp(path, ":memory:") != 0)
        code = qr_store_mark_open(store, error);
    if (code == 0 && !store->read_only)
        code = qr_store_mark_check(store, error);
    if (code)
        return qr_store_blame(store, code, error);
    *ret_store = store;
    store = NULL;
    return 0;
}

int qr_store_open(const char *path, bool create, struct qr_store **ret_store, struct qr_error *error)
{
    /* SQLite's own answer to this is that it cannot open it, as after a fault of the disk. */
    if (access(path, R_OK | W_OK) != 0 && (!create || errno != ENOENT))
        return qr_fail_errno(error, "open", path);
    return open_at(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, ret_store, error);
}

int qr_store_open_read(const char *path, struct qr_store **ret_store, struct qr_error *error)
{
    if (access(path, R_OK) != 0)
        return qr_fail_errno(error, "open", path);
    return open_at(path, SQLITE_OPEN_READONLY, ret_store, error);
}

void qr_store_close(struct qr_store *store)
{
    if (!store)
        return;
    for (size_t i = 0; i < STORE_STATEMENTS; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->db);
    if (store->mark >= 0)
        close(store->mark);
    free(store->path);
    free(store);
}

void qr_store_closep(struct qr_store **store)
{
    qr_store_close(*store);
}

int64_t qr_store_place_of_leaf(uint64_t index)
{
    return (int64_t)index;
}

int64_t qr_store_place_of_transaction(uint64_t height, size_t position)
{
    return -1 - (int64_t)(height * QR_BLOCK_TRANSACTIONS_MAX + position);
}

int64_t qr_store_tile_id(unsigned level, uint64_t index)
{
    return (int64_t)((uint64_t)(QR_TILE_LEVELS - 1 - level) << 58 | index);
}

int qr_store_leaf_rows(const struct qr_leaves *leaves, uint64_t first,
                       int (*write)(void *context, uint64_t first, const struct qr_buffer *bytes), void *context)
{
    enum { ROW_BYTES = 1800 };
    QR_CLEANUP(qr_buffer_done) struct qr_buffer row = {0};
    size_t start = 0;
    for (size_t i = 0; i < leaves->n; i++) {
        struct qr_span leaf = qr_leaves_get(leaves, i);
        if (i > start && row.size + leaf.size > ROW_BYTES) {
            int code = write(context, first + start, &row);
            if (code)
                return code;
            qr_buffer_clear(&row);
            start = i;
        }
        qr_put_bytes(&row, leaf.bytes, leaf.size);
    }
    return leaves->n ? write(context, first + start, &row) : 0;
}
