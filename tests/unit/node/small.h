#ifndef QR_TESTS_UNIT_NODE_SMALL_H
#define QR_TESTS_UNIT_NODE_SMALL_H

#include "tests/unit/unit.h"
#include "xai/baseline.h"
#include "xai/model.h"
#include "xai/reference.h"
#include "xai/tree.h"

/* Models small enough that a block costs microseconds, with a feature of every kind that the large ones have: for tests that make
 * thousands of ledgers. */

enum { SMALL_FEATURES = 3, SMALL_ROWS = 4, SMALL_MODELS = 3 };

static const int32_t small_rows[SMALL_ROWS * SMALL_FEATURES] = {0, 15, 0, 4, QR_MISSING, 1, 9, 40, 0, 2, 21, 1};

static inline void small_schema(struct qr_schema *ret)
{
    static const char text[] = "{\"output\":{\"unit\":\"INR\",\"minor_digits\":2,\"link\":\"log\"},\"features\":["
                               "{\"name\":\"days_left\",\"unit\":\"day\",\"scale\":1,\"min\":0,\"max\":9},"
                               "{\"name\":\"duration\",\"unit\":\"hour\",\"scale\":10,\"min\":0,\"max\":4,\"missing\":true},"
                               "{\"name\":\"cabin\",\"categories\":[\"economy\",\"business\"]}]}";
    struct qr_error error = {0};
    unit_ok(qr_schema_parse(text, strlen(text), ret, &error), error);
}

/* Two trees with two splits each; `which`, below SMALL_MODELS, moves thresholds and leaves. */
static inline struct qr_model *small_model(const struct qr_schema *schema, int32_t which)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    const uint64_t business = 2;
    struct qr_model *model = NULL;
    struct qr_error error = {0};
    qr_model_put_head(&bytes, schema, 24, 8 << 24, 2);
    qr_model_put_number(&bytes, schema, 0, 3 + which, false);
    qr_model_put_leaf(&bytes, (5 + which) << 20);
    qr_model_put_number(&bytes, schema, 1, 20 + which, true);
    qr_model_put_leaf(&bytes, -(3 << 19));
    qr_model_put_leaf(&bytes, 1 << 18);
    qr_model_put_category(&bytes, schema, 2, &business);
    qr_model_put_leaf(&bytes, 7 << 20);
    qr_model_put_number(&bytes, schema, 0, 6 - which, false);
    qr_model_put_leaf(&bytes, 12345 * (which + 1));
    qr_model_put_leaf(&bytes, -(1 << 20));
    unit_ok(qr_model_decode(bytes.data, bytes.size, &model, &error), error);
    return model;
}

static inline struct qr_baseline *small_baseline(const struct qr_schema *schema)
{
    struct qr_baseline *baseline = NULL;
    struct qr_error error = {0};
    unit_ok(qr_baseline_of(schema, small_rows, SMALL_ROWS, &baseline, &error), error);
    return baseline;
}

/* The file of reference rows. */
static inline void small_reference(const struct qr_schema *schema, struct qr_buffer *out)
{
    struct qr_hash hash = qr_schema_hash(schema);
    qr_put_raw(out, "QRR1", 4);
    qr_put_hash(out, &hash);
    qr_put_uint(out, SMALL_FEATURES);
    qr_put_uint(out, SMALL_ROWS);
    for (size_t i = 0; i < SMALL_ROWS; i++) {
        for (size_t j = 0; j < SMALL_FEATURES; j++)
            qr_put_value(out, small_rows[i * SMALL_FEATURES + j]);
        qr_put_uint(out, 1 + 100000 * i);
    }
}

#endif
