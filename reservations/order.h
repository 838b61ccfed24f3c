#ifndef QR_RESERVATIONS_ORDER_H
#define QR_RESERVATIONS_ORDER_H

#include "reservations/offer.h"
#include "reservations/passenger.h"

/* Orders: an offer that was booked. An order, its seat, its full decision record and its entries in the outbox are
 * written in one transaction, or none of them. */

/* A record locator: six of 23456789ABCDEFGHJKMNPQRSTUVWXYZ (no 0 O 1 I L). It is the keyed hash of the order's
 * idempotency key, so that one index serves both; without the store's secret it looks random. */
enum { QR_LOCATOR_TEXT = 7, QR_ORDER_KEY_MAX = 64 };

enum qr_order_state { QR_CONFIRMED, QR_CANCELLED };
const char *qr_order_state_name(enum qr_order_state state); /* "confirmed", "cancelled" */

struct qr_order {
    char locator[QR_LOCATOR_TEXT];
    enum qr_order_state state;
    uint64_t number; /* of its offer, and its own */
    struct qr_departure departure;
    struct qr_money fare;
    char currency[QR_CURRENCY_TEXT];
    unsigned minor_digits;
    int64_t created_at;
    struct qr_hash decision;
    struct qr_hash commitment; /* to locator and passenger's data */
    uint64_t height;           /* at which the ledger holds the decision; 0: not yet known */
    bool replayed;             /* by qr_order_book: the order was there */
    bool erased;               /* the passenger's data is gone; passenger is then empty */
    struct qr_passenger passenger;
};

struct qr_booking {
    struct qr_offer_id offer;
    const char *key; /* idempotency key, 1 to QR_ORDER_KEY_MAX printable ASCII characters, chosen by the client */
    struct qr_passenger passenger;
    uint8_t salt[QR_SALT_SIZE]; /* random */
    int64_t now;                /* the clock */
};

/* Books, inside a transaction. Checks, in this order: a replay of the key (the same offer and passenger: the order
 * as it stands; else QR_EKEY_CONFLICT), QR_ENOT_FOUND for the offer, QR_EOFFER_USED, QR_EREVOKED, QR_EEXPIRED,
 * QR_ESOLD_OUT. */
QR_MUST_USE int qr_order_book(struct qr_reservations *store, const struct qr_booking *booking,
                              struct qr_order *ret_order, struct qr_error *error);

/* Who asks: the locator (any case) and the surname. A wrong surname and an unknown locator fail alike, with
 * QR_ENOT_FOUND; after repeated misses all further asking fails with QR_ERATE_LIMITED for a while
 * (reservations/misses.h). */
struct qr_order_question {
    const char *locator;
    const char *surname;
    int64_t now;
};

QR_MUST_USE int qr_order_show(struct qr_reservations *store, const struct qr_order_question *question,
                              struct qr_order *ret_order, struct qr_error *error);

/* Inside a transaction. The seat is given back once: cancelling a cancelled order answers it again and changes nothing.
 */
QR_MUST_USE int qr_order_cancel(struct qr_reservations *store, const struct qr_order_question *question,
                                struct qr_order *ret_order, struct qr_error *error);

/* The latest orders, newest first, without their passengers. ret_orders holds `most`. */
QR_MUST_USE int qr_order_list(struct qr_reservations *store, size_t most, struct qr_order *ret_orders,
                              size_t *ret_count, struct qr_error *error);

/* Deletes the passenger's data and salt, overwritten in the file; afterwards the commitment on the ledger says nothing
 * to anyone. The order stays, and answers to its locator no longer. Outside a transaction: the log is truncated too. */
QR_MUST_USE int qr_order_erase_passenger(struct qr_reservations *store, const struct qr_order_question *question,
                                         struct qr_error *error);

#endif
