#ifndef QR_RESERVATIONS_SQL_H
#define QR_RESERVATIONS_SQL_H

#include <sqlite3.h>

#include "common/hash.h"
#include "reservations/misses.h"
#include "reservations/store.h"

/* Inside reservations/ only: the open store, its schema, and its statements, each prepared at its first use.
 *
 *     sqlite3_stmt *get = qr_sql(store, QR_SQL_ORDER_BY_LOCATOR);
 *     sqlite3_bind_int64(get, 1, locator);
 *     int code = qr_sql_step(store, get, &found, error);
 *     ... columns ...
 *     sqlite3_reset(get);
 */

extern const char qr_reservations_schema[];
enum { QR_RESERVATIONS_SCHEMA_VERSION = 1 };

/* X(name, text) */
#define QR_SQL_STATEMENTS(X)                                                                                           \
    X(BEGIN, "BEGIN IMMEDIATE")                                                                                        \
    X(COMMIT, "COMMIT")                                                                                                \
    X(ROLLBACK, "ROLLBACK")                                                                                            \
    X(META_GET, "SELECT value FROM meta WHERE name = ?1")                                                              \
    X(META_PUT, "INSERT INTO meta VALUES (?1, ?2) ON CONFLICT DO UPDATE SET value = excluded.value")                   \
    X(OFFER_NUMBERS, "UPDATE meta SET value = value + ?1 WHERE name = 'next_offer' RETURNING value")                   \
    X(AIRPORT_ADD, "INSERT INTO airports VALUES (?1, ?2, ?3, ?4)")                                                     \
    X(AIRLINE_ADD, "INSERT INTO airlines VALUES (?1, ?2, ?3)")                                                         \
    X(FLIGHT_ADD, "INSERT INTO flights VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")                         \
    X(AIRPORTS, "SELECT code, city, offset_minutes FROM airports ORDER BY number")                                     \
    X(AIRLINES, "SELECT code, name FROM airlines ORDER BY number")                                                     \
    X(FLIGHTS, "SELECT code, airline, origin, destination, departure, minutes, stops, weekdays, economy, business "    \
               "FROM flights ORDER BY number")                                                                         \
    X(INVENTORY_ADD, "INSERT INTO inventory VALUES (?1, ?2, ?3, ?3) ON CONFLICT DO NOTHING")                           \
    X(INVENTORY_GET, "SELECT capacity, sold FROM inventory WHERE departure = ?1")                                      \
    X(INVENTORY_RANGE,                                                                                                 \
      "SELECT departure, capacity, sold FROM inventory WHERE departure BETWEEN ?1 AND ?2 ORDER BY departure")          \
    X(INVENTORY_SELL, "UPDATE inventory SET sold = sold + 1 WHERE departure = ?1 AND sold < capacity")                 \
    X(INVENTORY_GIVE_BACK, "UPDATE inventory SET sold = sold - 1 WHERE departure = ?1 AND sold > 0")                   \
    X(INVENTORY_CHECK,                                                                                                 \
      "SELECT departure FROM inventory LEFT JOIN (SELECT departure AS booked, count(*) AS orders FROM orders WHERE "   \
      "state = 0 "                                                                                                     \
      "GROUP BY departure) ON booked = departure WHERE sold - presold != ifnull(orders, 0) "                           \
      "UNION ALL SELECT departure FROM orders WHERE departure NOT IN (SELECT departure FROM inventory) LIMIT 1")       \
    X(MANDATE_GET, "SELECT number, revoked FROM mandates WHERE hash = ?1 AND currency = ?2 AND minor_digits = ?3")     \
    X(MANDATE_ADD,                                                                                                     \
      "INSERT INTO mandates VALUES (NULL, ?1, ?2, ?3, EXISTS (SELECT 1 FROM mandates WHERE hash = ?1 AND revoked))")   \
    X(MANDATE_ADD_REVOKED,                                                                                             \
      "INSERT INTO mandates SELECT NULL, ?1, '', 0, 1 WHERE NOT EXISTS (SELECT 1 FROM mandates WHERE hash = ?1)")      \
    X(MANDATE_REVOKE, "UPDATE mandates SET revoked = 1 WHERE hash = ?1")                                               \
    X(OFFER_ADD, "INSERT INTO offers VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)")                                     \
    X(OFFER_GET,                                                                                                       \
      "SELECT o.departure, o.fare, o.mandate, o.created, o.expires, o.decision, o.leaf, m.hash, m.currency, "          \
      "m.minor_digits, m.revoked, o.recorded FROM offers o JOIN mandates m ON m.number = o.mandate WHERE o.number = "  \
      "?1")                                                                                                            \
    X(OFFER_OLDEST, "SELECT number, expires FROM offers ORDER BY number LIMIT ?1")                                     \
    X(OFFER_NEWEST, "SELECT number FROM offers ORDER BY number DESC LIMIT ?1")                                         \
    X(OFFER_PRUNE, "DELETE FROM offers WHERE number <= ?1")                                                            \
    X(ORDER_ADD, "INSERT INTO orders VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6, ?7, ?8, ?9, ?10)")                             \
    X(ORDER_BY_LOCATOR, QR_SQL_ORDER "WHERE o.locator = ?1")                                                           \
    X(ORDER_LATEST, QR_SQL_ORDER "ORDER BY o.number DESC LIMIT ?1")                                                    \
    X(ORDER_EXISTS, "SELECT 1 FROM orders WHERE number = ?1")                                                          \
    X(ORDER_CANCEL, "UPDATE orders SET state = 1 WHERE number = ?1 AND state = 0")                                     \
    X(PASSENGER_ADD, "INSERT INTO passengers VALUES (?1, ?2, ?3)")                                                     \
    X(PASSENGER_ERASE, "DELETE FROM passengers WHERE number = ?1")                                                     \
    X(HEIGHT_ADD, "INSERT OR REPLACE INTO heights VALUES (?1, ?2)")                                                    \
    X(UNRECORDED_ADD, "INSERT INTO unrecorded VALUES (?1)")                                                            \
    X(UNRECORDED_REMOVE, "DELETE FROM unrecorded WHERE number = ?1")                                                   \
    X(UNRECORDED_LIST, "SELECT o.number, o.decision, o.leaf FROM unrecorded u JOIN orders o ON o.number = u.number "   \
                       "WHERE u.number > ?1 ORDER BY u.number LIMIT ?2")                                               \
    X(EVENT_ADD, "INSERT INTO events VALUES (NULL, ?1, ?2, ?3)")                                                       \
    X(EVENT_LIST, "SELECT e.number, e.booking, e.state, e.time, o.decision, o.commitment FROM events e "               \
                  "JOIN orders o ON o.number = e.booking ORDER BY e.number LIMIT ?1")                                  \
    X(EVENT_REMOVE, "DELETE FROM events WHERE number <= ?1")                                                           \
    X(SUBMISSION_ADD, "INSERT INTO submissions VALUES (?1, ?2)")                                                       \
    X(SUBMISSION_NEXT, "SELECT sequence, bytes FROM submissions WHERE sequence > ?1 ORDER BY sequence LIMIT 1")        \
    X(SUBMISSION_REMOVE, "DELETE FROM submissions WHERE sequence = ?1")                                                \
    X(BACKLOG,                                                                                                         \
      "SELECT (SELECT count(*) FROM unrecorded), (SELECT count(*) FROM events), (SELECT count(*) FROM submissions)")

#define QR_SQL_ORDER                                                                                                   \
    "SELECT o.number, o.locator, o.key, o.state, o.departure, o.fare, o.created, o.decision, o.commitment, "           \
    "m.currency, "                                                                                                     \
    "m.minor_digits, p.salt, p.data, h.height FROM orders o JOIN mandates m ON m.number = o.mandate "                  \
    "LEFT JOIN passengers p ON p.number = o.number LEFT JOIN heights h ON h.number = o.number "

enum qr_sql {
#define X(name, text) QR_SQL_##name,
    QR_SQL_STATEMENTS(X)
#undef X
        QR_SQL_COUNT
};

struct qr_reservations {
    sqlite3 *database;
    sqlite3_stmt *statements[QR_SQL_COUNT];
    struct qr_network network;
    uint8_t secret[QR_SECRET_SIZE];
    struct qr_misses misses;

    bool in_transaction;
    enum qr_durability durability; /* what `PRAGMA synchronous` was last set to */
    int64_t clock;                 /* the latest time seen */
    int64_t clock_stored;          /* the mark in the file */
    bool clock_judged;             /* an expiry was judged since the mark was stored */

    uint64_t next_offer, last_offer; /* numbers reserved in the file and not used yet: [next, last) */

    struct qr_hash mandate; /* the one that the last offer named, and its number; 0: none */
    char mandate_currency[8];
    unsigned mandate_digits;
    int64_t mandate_number;
};

/* Makes the statement ready to bind. Never NULL: a statement that cannot be prepared fails when it is stepped. */
sqlite3_stmt *qr_sql(struct qr_reservations *store, enum qr_sql statement);

/* Turns SQLite's last failure into an error: QR_EDISK_FULL, QR_EBUSY, QR_ECORRUPT, else QR_EIO. */
int qr_sql_fail(const struct qr_reservations *store, const char *doing, struct qr_error *error);

/* One step. ret_row: whether there is a row; without one the statement is reset. */
QR_MUST_USE int qr_sql_step(struct qr_reservations *store, sqlite3_stmt *statement, bool *ret_row,
                            struct qr_error *error);

/* Runs a statement that gives no rows; ret_changed (may be NULL): how many it changed. */
QR_MUST_USE int qr_sql_run(struct qr_reservations *store, sqlite3_stmt *statement, int *ret_changed,
                           struct qr_error *error);

/* Runs SQL text without parameters. */
QR_MUST_USE int qr_sql_exec(struct qr_reservations *store, const char *text, struct qr_error *error);

QR_MUST_USE int qr_sql_meta_put(struct qr_reservations *store, const char *name, int64_t value, struct qr_error *error);
QR_MUST_USE int qr_sql_meta_get(struct qr_reservations *store, const char *name, int64_t *ret_value,
                                struct qr_error *error);

/* Columns of fixed size, checked: QR_ECORRUPT for another size. */
QR_MUST_USE int qr_sql_hash(sqlite3_stmt *statement, int column, struct qr_hash *ret_hash, struct qr_error *error);
QR_MUST_USE int qr_sql_text(sqlite3_stmt *statement, int column, char *target, size_t capacity, struct qr_error *error);

/* Writes the network's tables, and reads them. Inside a transaction; in reservations/network_store.c. */
QR_MUST_USE int qr_network_save(struct qr_reservations *store, const struct qr_network *network,
                                struct qr_error *error);
QR_MUST_USE int qr_network_load(struct qr_reservations *store, struct qr_error *error);

/* Inside a transaction: qr_inventory_roll without one of its own. */
QR_MUST_USE int qr_inventory_extend(struct qr_reservations *store, int64_t now, unsigned days, size_t *ret_added,
                                    struct qr_error *error);

#endif
