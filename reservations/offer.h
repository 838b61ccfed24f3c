#ifndef QR_RESERVATIONS_OFFER_H
#define QR_RESERVATIONS_OFFER_H

#include "common/hash.h"
#include "common/money.h"
#include "reservations/inventory.h"

/* Offers: a fare for one departure, valid until it expires. An offer holds no seat; one offer makes one order. */

/* An offer's id: its number, masked and authenticated under the store's secret (SipHash), so that ids need no index,
 * cannot be guessed and do not tell how many offers were made. People see it as 32 hexadecimal digits. */
enum { QR_OFFER_ID_SIZE = 16 };
struct qr_offer_id {
    uint8_t bytes[QR_OFFER_ID_SIZE];
};
struct qr_offer_id qr_offer_id(const struct qr_reservations *store, uint64_t number);
/* False for an id that this store never gave. */
bool qr_offer_number(const struct qr_reservations *store, struct qr_offer_id id, uint64_t *ret_number);

enum { QR_CURRENCY_TEXT = 8, QR_LEAF_MAX = 8192 };

struct qr_offer {
    uint64_t number; /* given by qr_offer_put; 1 and up */
    struct qr_departure departure;
    struct qr_money fare;
    char currency[QR_CURRENCY_TEXT];
    unsigned minor_digits;
    int64_t created_at; /* by the store's clock */
    int64_t expires_at;
    struct qr_hash decision; /* its id */
    struct qr_hash mandate;  /* that the price was made under */
    struct qr_span leaf;     /* the full decision record, at most QR_LEAF_MAX bytes */
    bool recorded;           /* false: priced while recording was off, so an order of it never waits for the ledger */
};

/* Stores an offer and gives it its number. Inside a transaction. */
QR_MUST_USE int qr_offer_put(struct qr_reservations *store, struct qr_offer *offer, struct qr_error *error);

/* Fails with QR_ENOT_FOUND, also for an offer that was pruned. The leaf is copied to leaf_bytes (emptied first), where
 * ret_offer->leaf points. */
QR_MUST_USE int qr_offer_get(struct qr_reservations *store, uint64_t number, struct qr_buffer *leaf_bytes,
                             struct qr_offer *ret_offer, struct qr_error *error);

/* The one offer whose id begins with these bytes (3 to 16), among the latest QR_OFFERS_SEARCHED. Fails with
 * QR_ENOT_FOUND, also when several do. */
enum { QR_OFFER_PREFIX_MIN = 3, QR_OFFERS_SEARCHED = 100000 };
QR_MUST_USE int qr_offer_find(struct qr_reservations *store, const uint8_t *prefix, size_t size,
                              struct qr_offer_id *ret_id, struct qr_error *error);

/* From now on offers made under this mandate cannot be booked (an emergency revert). Inside a transaction. */
QR_MUST_USE int qr_offer_revoke_mandate(struct qr_reservations *store, const struct qr_hash *mandate,
                                        struct qr_error *error);

/* Deletes the oldest offers, up to `most` of them and up to the first that expires at `before` or later. Orders keep
 * what they need of theirs. Inside a transaction. */
QR_MUST_USE int qr_offer_prune(struct qr_reservations *store, int64_t before, size_t most, size_t *ret_deleted,
                               struct qr_error *error);

#endif
