#include "reservations/store.h"

#include <fcntl.h>
#include <sodium.h>

#include "common/file.h"
#include "reservations/inventory.h"
#include "reservations/sql.h"

enum {
    BUSY_MS = 5000,
    CLOCK_STORED_EVERY_MS = 1000,
    /* In pages. The checkpoint thread keeps the log short; a commit helps only beyond this. */
    LOG_PAGES = 8192
};

static int configure(struct qr_reservations *store, struct qr_error *error)
{
    sqlite3_busy_timeout(store->database, BUSY_MS);
    sqlite3_extended_result_codes(store->database, 1);
    int code = qr_sql_exec(store,
                           "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = FAST;"
                           "PRAGMA foreign_keys = OFF; PRAGMA cache_size = -65536; PRAGMA temp_store = MEMORY;",
                           error);
    store->durability = QR_DURABLE;
    sqlite3_wal_autocheckpoint(store->database, LOG_PAGES);
    return code;
}

static int open_database(const char *path, int flags, struct qr_reservations **ret_store, struct qr_error *error)
{
    QR_CLEANUP(qr_reservations_closep) struct qr_reservations *store = qr_alloc(1, sizeof *store);
    if (sqlite3_open_v2(path, &store->database, flags | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK) {
        qr_sql_fail(store, "opening", error);
        return qr_prefix(error, "%s", path);
    }
    if (configure(store, error) < 0)
        return qr_prefix(error, "%s", path);
    *ret_store = store;
    store = NULL;
    return 0;
}

/* --- creation --- */

static int save_secret(struct qr_reservations *store, const uint8_t secret[QR_SECRET_SIZE], struct qr_error *error)
{
    memcpy(store->secret, secret, QR_SECRET_SIZE);
    sqlite3_stmt *put = qr_sql(store, QR_SQL_META_PUT);
    sqlite3_bind_text(put, 1, "secret", -1, SQLITE_STATIC);
    sqlite3_bind_blob(put, 2, secret, QR_SECRET_SIZE, SQLITE_STATIC);
    return qr_sql_run(store, put, NULL, error);
}

static int fill(struct qr_reservations *store, const struct qr_network *network, int64_t now, unsigned days,
                const uint8_t secret[QR_SECRET_SIZE], struct qr_error *error)
{
    size_t added;
    int code = qr_sql_exec(store, qr_reservations_schema, error);
    if (code == 0)
        code = qr_sql_meta_put(store, "schema", QR_RESERVATIONS_SCHEMA_VERSION, error);
    if (code == 0)
        code = qr_sql_meta_put(store, "clock", now, error);
    if (code == 0)
        code = qr_sql_meta_put(store, "next_offer", 1, error);
    if (code == 0)
        code = qr_sql_meta_put(store, "horizon", 0, error);
    if (code == 0)
        code = qr_sql_meta_put(store, "sequence", 0, error);
    if (code == 0)
        code = save_secret(store, secret, error);
    if (code == 0)
        code = qr_network_save(store, network, error);
    if (code == 0)
        code = qr_network_load(store, error);
    if (code == 0)
        code = qr_inventory_extend(store, now, days, &added, error);
    return code;
}

static int create_file(const char *path, struct qr_error *error)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600); /* passenger data: for its owner alone */
    if (file < 0 && errno == EEXIST)
        return qr_fail(error, QR_EHOME_EXISTS, "%s is already there", path);
    if (file < 0)
        return qr_fail_errno(error, "creating", path);
    close(file);
    return 0;
}

int qr_reservations_create(const char *path, const struct qr_network *network, int64_t now, unsigned days,
                           const uint8_t secret[QR_SECRET_SIZE], struct qr_error *error)
{
    if (network->n_flights == 0)
        return qr_fail(error, QR_EINPUT, "the network has no flights");
    int code = create_file(path, error);
    if (code < 0)
        return code;
    QR_CLEANUP(qr_reservations_closep) struct qr_reservations *store = NULL;
    code = open_database(path, SQLITE_OPEN_READWRITE, &store, error);
    if (code == 0)
        code = qr_reservations_begin(store, QR_DURABLE, error);
    if (code == 0)
        code = fill(store, network, now, days, secret, error);
    if (code == 0)
        code = qr_reservations_commit(store, error);
    if (code < 0)
        unlink(path);
    return code;
}

/* --- opening --- */

static int load_secret(struct qr_reservations *store, struct qr_error *error)
{
    bool found;
    sqlite3_stmt *get = qr_sql(store, QR_SQL_META_GET);
    sqlite3_bind_text(get, 1, "secret", -1, SQLITE_STATIC);
    int code = qr_sql_step(store, get, &found, error);
    if (code < 0)
        return code;
    if (!found || sqlite3_column_bytes(get, 0) != QR_SECRET_SIZE)
        return qr_fail(error, QR_ECORRUPT, "reserved.db: its secret is missing");
    memcpy(store->secret, sqlite3_column_blob(get, 0), QR_SECRET_SIZE);
    sqlite3_reset(get);
    return 0;
}

static int load(struct qr_reservations *store, struct qr_error *error)
{
    int64_t version;
    int code = qr_sql_meta_get(store, "schema", &version, error);
    if (code < 0)
        return code;
    if (version != QR_RESERVATIONS_SCHEMA_VERSION)
        return qr_fail(error, QR_EUNSUPPORTED, "reserved.db has schema version %" PRId64 "; this program knows %d",
                       version, QR_RESERVATIONS_SCHEMA_VERSION);
    code = qr_sql_meta_get(store, "clock", &store->clock_stored, error);
    store->clock = store->clock_stored;
    if (code == 0)
        code = load_secret(store, error);
    return code < 0 ? code : qr_network_load(store, error);
}

int qr_reservations_open(const char *path, struct qr_reservations **ret_store, struct qr_error *error)
{
    QR_CLEANUP(qr_reservations_closep) struct qr_reservations *store = NULL;
    int code = open_database(path, SQLITE_OPEN_READWRITE, &store, error);
    if (code == 0)
        code = load(store, error);
    if (code < 0)
        return code;
    *ret_store = store;
    store = NULL;
    return 0;
}

void qr_reservations_close(struct qr_reservations *store)
{
    if (store == NULL)
        return;
    qr_reservations_rollback(store);
    for (size_t i = 0; i < QR_SQL_COUNT; i++)
        sqlite3_finalize(store->statements[i]);
    sqlite3_close(store->database);
    qr_network_done(&store->network);
    sodium_memzero(store->secret, sizeof store->secret);
    free(store);
}

void qr_reservations_closep(struct qr_reservations **store)
{
    qr_reservations_close(*store);
}

const struct qr_network *qr_reservations_network(const struct qr_reservations *store)
{
    return &store->network;
}

/* --- transactions --- */

/* The setting can only change between transactions. */
static int set_durability(struct qr_reservations *store, enum qr_durability durability, struct qr_error *error)
{
    if (store->durability == durability)
        return 0;
    bool durable = durability == QR_DURABLE;
    int code = qr_sql_exec(store, durable ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL", error);
    if (code == 0)
        store->durability = durability;
    return code;
}

int qr_reservations_begin(struct qr_reservations *store, enum qr_durability durability, struct qr_error *error)
{
    if (store->in_transaction)
        return qr_fail(error, QR_EINTERNAL, "a transaction is already open");
    int code = set_durability(store, durability, error);
    if (code == 0)
        code = qr_sql_run(store, qr_sql(store, QR_SQL_BEGIN), NULL, error);
    store->in_transaction = code == 0;
    return code;
}

static int store_clock(struct qr_reservations *store, struct qr_error *error)
{
    bool due = store->clock_judged || store->clock - store->clock_stored >= CLOCK_STORED_EVERY_MS;
    if (!due || store->clock == store->clock_stored)
        return 0;
    int code = qr_sql_meta_put(store, "clock", store->clock, error);
    if (code == 0) {
        store->clock_stored = store->clock;
        store->clock_judged = false;
    }
    return code;
}

int qr_reservations_commit(struct qr_reservations *store, struct qr_error *error)
{
    int code = store_clock(store, error);
    if (code == 0)
        code = qr_sql_run(store, qr_sql(store, QR_SQL_COMMIT), NULL, error);
    if (code < 0)
        qr_reservations_rollback(store);
    store->in_transaction = false;
    return code;
}

/* What was remembered of the file's content may have been rolled back with it. */
static void forget(struct qr_reservations *store)
{
    store->next_offer = store->last_offer = 0;
    store->mandate_number = 0;
    store->clock_stored = 0;
}

void qr_reservations_rollback(struct qr_reservations *store)
{
    if (!store->in_transaction)
        return;
    if (!sqlite3_get_autocommit(store->database)) /* a failed commit may have ended it already */
        sqlite3_step(qr_sql(store, QR_SQL_ROLLBACK));
    sqlite3_reset(store->statements[QR_SQL_ROLLBACK]);
    forget(store);
    store->in_transaction = false;
}

int64_t qr_reservations_time(struct qr_reservations *store, int64_t clock)
{
    if (clock > store->clock)
        store->clock = clock;
    return store->clock;
}

int qr_reservations_checkpoint(struct qr_reservations *store, struct qr_error *error)
{
    int status = sqlite3_wal_checkpoint_v2(store->database, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return status == SQLITE_OK || status == SQLITE_BUSY ? 0 : qr_sql_fail(store, "moving the log into the file", error);
}

int qr_reservations_check(struct qr_reservations *store, struct qr_error *error)
{
    bool differs;
    sqlite3_stmt *check = qr_sql(store, QR_SQL_INVENTORY_CHECK);
    int code = qr_sql_step(store, check, &differs, error);
    if (code < 0 || !differs)
        return code;
    struct qr_departure departure = qr_departure_unpack(sqlite3_column_int64(check, 0));
    sqlite3_reset(check);
    char date[QR_TIME_TEXT];
    const char *flight =
        departure.flight < store->network.n_flights ? store->network.flights[departure.flight].code : "unknown";
    return qr_fail(error, QR_ECORRUPT, "reserved.db: flight %s on %s: seats sold and orders do not agree", flight,
                   qr_date_format(departure.date, date));
}
