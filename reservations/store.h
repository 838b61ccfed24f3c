#ifndef QR_RESERVATIONS_STORE_H
#define QR_RESERVATIONS_STORE_H

#include "common/error.h"
#include "reservations/network.h"

/* The store of one reservation service: an SQLite file in WAL mode (schema: reservations/schema.sql) that holds
 * the network, the inventory, offers, orders, passengers and what is still to be recorded.
 *
 * Every change happens inside a transaction that the caller opens and commits, so that the changes of many
 * requests share one write and one sync:
 *
 *     qr_reservations_begin(store, QR_DURABLE, &error);
 *     qr_offer_put(...); qr_order_book(...);              each checks everything before it writes anything
 *     qr_reservations_commit(store, &error);              only now are they answered
 *
 * A request that is refused leaves no trace in the transaction. A request that fails with a store error
 * (QR_EIO, QR_EDISK_FULL, QR_ECORRUPT) spoils it: roll back and fail all of them. One thread uses one store at a time;
 * several processes may open the same file. */
struct qr_reservations;

enum { QR_HORIZON_DAYS = 60, QR_HORIZON_MAX = 365, QR_SECRET_SIZE = 32 };

/* Makes a new store at `path`, which must not exist: the network, and inventory for `days` days from the date of
 * `now` on, with seats already sold that differ by flight and days left (qr_inventory_presold). `secret` seeds record
 * locators and offer ids; it is random. Takes well under a second for 20,000 flight days. */
QR_MUST_USE int qr_reservations_create(const char *path, const struct qr_network *network, int64_t now, unsigned days,
                                       const uint8_t secret[QR_SECRET_SIZE], struct qr_error *error);

/* Fails with QR_ENO_FILE, QR_ECORRUPT, or QR_EUNSUPPORTED for another schema version. */
QR_MUST_USE int qr_reservations_open(const char *path, struct qr_reservations **ret_store, struct qr_error *error);
void qr_reservations_close(struct qr_reservations *store);
void qr_reservations_closep(struct qr_reservations **store);

const struct qr_network *qr_reservations_network(const struct qr_reservations *store);

enum qr_durability {
    QR_DURABLE, /* the commit is synced before it returns: survives power loss */
    QR_KEPT     /* survives the end of any process, but not of the machine: what offers need */
};

QR_MUST_USE int qr_reservations_begin(struct qr_reservations *store, enum qr_durability durability,
                                      struct qr_error *error);
/* On failure everything since begin is rolled back. */
QR_MUST_USE int qr_reservations_commit(struct qr_reservations *store, struct qr_error *error);
void qr_reservations_rollback(struct qr_reservations *store); /* nothing when no transaction is open */

/* The store's clock: the latest of `clock` and every time it was given before, also in earlier runs (the mark is
 * persisted with the commits, at the latest when an expiry was judged by it). A clock that steps back revives nothing.
 */
int64_t qr_reservations_time(struct qr_reservations *store, int64_t clock);

/* Moves the write-ahead log into the file. To be called now and then from a thread with its own opened store, so that
 * no commit has to. */
QR_MUST_USE int qr_reservations_checkpoint(struct qr_reservations *store, struct qr_error *error);

/* Counts seats sold against confirmed orders, flight by flight: 0 when they agree with what was sold at creation, else
 * QR_ECORRUPT naming the first flight that differs. */
QR_MUST_USE int qr_reservations_check(struct qr_reservations *store, struct qr_error *error);

#endif
