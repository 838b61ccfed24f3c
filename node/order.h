#ifndef QR_NODE_ORDER_H
#define QR_NODE_ORDER_H

#include "common/codec.h"

/* Order leaves: what reservation commits to. Nothing personal is in them: `commitment` is the tagged hash
 * (QR_DOMAIN_COMMITMENT) of a 32-byte salt and the order with its passenger data, which reservation keeps and can erase.
 *
 * Leaf: "QRO1", event (1 byte), commitment, decision id, time. A transaction carries up to QR_ORDERS_MAX leaves. */

enum qr_order_event { QR_ORDER_CONFIRMED = 1, QR_ORDER_CANCELLED = 2 };

enum { QR_ORDERS_MAX = 1024, QR_ORDER_LEAF_MAX = 96 };

struct qr_order_leaf {
    enum qr_order_event event;
    struct qr_hash commitment;
    struct qr_hash decision; /* whose fare was sold */
    int64_t time;            /* ms, reservation's clock */
};

void qr_order_leaf_encode(const struct qr_order_leaf *leaf, struct qr_buffer *out);
QR_MUST_USE int qr_order_leaf_decode(const void *bytes, size_t size, struct qr_order_leaf *ret, struct qr_error *error);

/* Payload of QR_ACTION_ORDERS: a count, then each leaf as bytes. */
void qr_orders_encode(const struct qr_order_leaf *leaves, size_t n, struct qr_buffer *out);
/* Writes up to QR_ORDERS_MAX leaves. */
QR_MUST_USE int qr_orders_decode(const void *bytes, size_t size, struct qr_order_leaf *ret_leaves, size_t *ret_n,
                                 struct qr_error *error);

#endif
