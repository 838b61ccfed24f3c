#ifndef QR_RESERVATIONS_OFFER_H
#define QR_RESERVATIONS_OFFER_H

#include "common/hash.h"
#include "common/money.h"
#include "reservations/inventory.h"

/* Offers: a fare for one departure, valid until it expires. An offer holds no seat; one offer makes one order. */

/* An offer's id as people see it: 16 letters and digits (Crockford's base 32, lower case), five bytes of number and
 * five of a keyed hash over it, so that ids are short, need no index and cannot be guessed. */
enum { QR_OFFER_TEXT = 17 };
struct qr_offer_id {
    uint64_t number;
};
char *qr_offer_format(const struct qr_reservations *store, struct qr_offer_id id, char text[QR_OFFER_TEXT]);
/* Reads any case. Fails with QR_ENOT_FOUND: text that is no id of this store names no offer. */
QR_MUST_USE int qr_offer_parse(const struct qr_reservations *store, const char *text, struct qr_offer_id *ret_id, struct qr_error *error);

enum { QR_CURRENCY_TEXT = 8, QR_LEAF_MAX = 8192 };

struct qr_offer {
    struct qr_offer_id id; /* given by qr_offer_put */
    struct qr_departure departure;
    struct qr_money fare;
    char currency[QR_CURRENCY_TEXT];
    unsigned minor_digits;
    int64_t created_at;    /* by the store's clock */
    int64_t expires_at;
    struct qr_hash decision; /* its id */
    struct qr_hash mandate;  /* that the price was made under */
    struct qr_span leaf;     /* the full decision record, at most QR_LEAF_MAX bytes */
};

/* Stores an offer and gives it its id. Inside a transaction. */
QR_MUST_USE int qr_offer_put(struct qr_reservations *store, struct qr_offer *offer, struct qr_error *error);

/* Fails with QR_ENOT_FOUND. The leaf is appended to leaf_bytes and ret_offer->leaf points into it. */
QR_MUST_USE int qr_offer_get(struct qr_reservations *store, struct qr_offer_id id, struct qr_buffer *leaf_bytes, struct qr_offer *ret_offer,
                             struct qr_error *error);

/* From now on offers made under this mandate cannot be booked (an emergency revert). Inside a transaction. */
QR_MUST_USE int qr_offer_revoke_mandate(struct qr_reservations *store, const struct qr_hash *mandate, struct qr_error *error);

/* Deletes some of the offers that expired before `before` and made no order; ret_deleted: how many, at most `most`. Inside a
 * transaction. */
QR_MUST_USE int qr_offer_prune(struct qr_reservations *store, int64_t before, size_t most, size_t *ret_deleted, struct qr_error *error);

#endif
