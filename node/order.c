#include "node/order.h"

static const char magic[4] = {'Q', 'R', 'O', '1'};

void qr_order_leaf_encode(const struct qr_order_leaf *leaf, struct qr_buffer *out)
{
    qr_put_raw(out, magic, sizeof magic);
    qr_put_u8(out, (uint8_t)leaf->event);
    qr_put_hash(out, &leaf->commitment);
    qr_put_hash(out, &leaf->decision);
    qr_put_int(out, leaf->time);
}

int qr_order_leaf_decode(const void *bytes, size_t size, struct qr_order_leaf *ret, struct qr_error *error)
{
    struct qr_order_leaf leaf = {.time = 0};
    struct qr_reader in = qr_reader_of(bytes, size);
    const uint8_t *start = qr_get_raw(&in, sizeof magic);
    if (start && memcmp(start, magic, sizeof magic) != 0)
        qr_reader_fail(&in, "it does not start with QRO1");
    uint8_t event = qr_get_u8(&in);
    if (event != QR_ORDER_CONFIRMED && event != QR_ORDER_CANCELLED)
        qr_reader_fail(&in, "an order is confirmed or cancelled");
    leaf.event = (enum qr_order_event)event;
    qr_get_hash(&in, &leaf.commitment);
    qr_get_hash(&in, &leaf.decision);
    leaf.time = qr_get_int(&in);
    int code = qr_reader_end(&in, "the order leaf", error);
    if (code == 0)
        *ret = leaf;
    return code;
}

void qr_orders_encode(const struct qr_order_leaf *leaves, size_t n, struct qr_buffer *out)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    qr_put_uint(out, n);
    for (size_t i = 0; i < n; i++) {
        qr_buffer_clear(&leaf);
        qr_order_leaf_encode(&leaves[i], &leaf);
        qr_put_bytes(out, leaf.data, leaf.size);
    }
}

int qr_orders_decode(const void *bytes, size_t size, struct qr_order_leaf *ret_leaves, size_t *ret_n,
                     struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    size_t n = qr_get_count(&in, QR_ORDERS_MAX, 1);
    for (size_t i = 0; i < n && !in.failed; i++) {
        size_t leaf_size;
        const uint8_t *leaf = qr_get_bytes(&in, QR_ORDER_LEAF_MAX, &leaf_size);
        if (leaf && qr_order_leaf_decode(leaf, leaf_size, &ret_leaves[i], error) != 0)
            return QR_EFORMAT;
    }
    if (!in.failed && n == 0)
        qr_reader_fail(&in, "it holds no order");
    int code = qr_reader_end(&in, "the orders", error);
    if (code == 0)
        *ret_n = n;
    return code;
}
