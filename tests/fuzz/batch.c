#include "node/actions.h"
#include "node/batch.h"
#include "node/mandate.h"
#include "node/order.h"
#include "tests/fuzz/target.h"

/* What a transaction carries, by the first byte: what decodes encodes to the same bytes. */
static void same(const struct qr_buffer *again, const uint8_t *data, size_t size)
{
    FUZZ_CHECK(again->size == size && memcmp(again->data, data, size) == 0);
}

static void batch(const uint8_t *data, size_t size)
{
    QR_CLEANUP(qr_batch_done) struct qr_batch decoded = {.n = 0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer again = {0};
    if (qr_batch_decode(data, size, &decoded, NULL) != 0)
        return;
    qr_batch_encode(&decoded, &again);
    same(&again, data, size);
}

static void orders(const uint8_t *data, size_t size)
{
    QR_CLEANUP(qr_freep) struct qr_order_leaf *leaves = qr_alloc(QR_ORDERS_MAX, sizeof *leaves);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer again = {0};
    size_t n;
    if (qr_orders_decode(data, size, leaves, &n, NULL) != 0)
        return;
    qr_orders_encode(leaves, n, &again);
    same(&again, data, size);
}

static void small_ones(const uint8_t *data, size_t size)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer again = {0};
    struct qr_publish publish;
    struct qr_appoint appoint;
    struct qr_dismiss dismiss;
    struct qr_activation activation;
    if (qr_publish_decode(data, size, &publish, NULL) == 0)
        qr_publish_encode(&publish, &again);
    else if (qr_appoint_decode(data, size, &appoint, NULL) == 0)
        qr_appoint_encode(&appoint, &again);
    else if (qr_activation_decode(data, size, &activation, NULL) == 0)
        qr_activation_encode(&activation, &again);
    else if (qr_dismiss_decode(data, size, &dismiss, NULL) == 0)
        qr_dismiss_encode(&dismiss, &again);
    else
        return;
    same(&again, data, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 3 == 0)
        batch(data + 1, size - 1);
    else if (data[0] % 3 == 1)
        orders(data + 1, size - 1);
    else
        small_ones(data + 1, size - 1);
    return 0;
}
