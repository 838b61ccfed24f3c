#ifndef QR_TESTS_UNIT_XAI_RANDOM_MODEL_H
#define QR_TESTS_UNIT_XAI_RANDOM_MODEL_H

#include "tests/unit/unit.h"
#include "xai/attribution.h"
#include "xai/tree.h"

/* Random schemas, models, rows and baselines for the tests of xai/. */

struct shape {
    unsigned features, trees, depth;
    unsigned stop_percent; /* how often a node above the depth is a leaf already */
    unsigned score_bits;
    enum qr_link link;
    int32_t leaf_max;
};

static inline void random_feature(struct unit_random *random, struct qr_feature *feature, unsigned i)
{
    *feature = (struct qr_feature){.missing = unit_random_below(random, 2), .scale = 1};
    snprintf(feature->name, sizeof feature->name, "f%u", i);
    if (unit_random_below(random, 3)) {
        feature->min = -(int32_t)unit_random_below(random, 20);
        feature->max = feature->min + (int32_t)unit_random_below(random, 30);
        return;
    }
    feature->kind = QR_FEATURE_CATEGORY;
    feature->n_categories = 1 + unit_random_below(random, 70);
    feature->max = (int32_t)feature->n_categories - 1;
    feature->categories = qr_alloc(feature->n_categories, sizeof(char *));
    for (size_t j = 0; j < feature->n_categories; j++) {
        char name[32];
        snprintf(name, sizeof name, "c%zu", j);
        feature->categories[j] = qr_strdup(name);
    }
}

static inline void random_schema(struct unit_random *random, const struct shape *shape, struct qr_schema *schema)
{
    *schema = (struct qr_schema){.output = {.unit = "INR", .minor_digits = 2, .link = shape->link}};
    schema->n_features = shape->features;
    schema->features = qr_alloc(shape->features, sizeof *schema->features);
    for (unsigned i = 0; i < shape->features; i++)
        random_feature(random, &schema->features[i], i);
}

static inline void random_tree(struct unit_random *random, const struct shape *shape, const struct qr_schema *schema,
                               unsigned depth, struct qr_buffer *out)
{
    for (unsigned tries = 0; depth < shape->depth && tries < 4 && unit_random_below(random, 100) >= shape->stop_percent;
         tries++) {
        size_t f = unit_random_below(random, schema->n_features);
        const struct qr_feature *feature = &schema->features[f];
        uint64_t set[QR_CATEGORIES_MAX / 64 + 1] = {0};
        int32_t threshold =
            feature->min + (int32_t)unit_random_below(random, (uint64_t)(feature->max - feature->min) + 2);
        bool missing_right = feature->missing && unit_random_below(random, 2);
        for (size_t i = 0; i < feature->n_categories + feature->missing; i++)
            set[i / 64] |= unit_random_below(random, 2) << (i % 64);
        bool number = feature->kind == QR_FEATURE_NUMBER;
        if (number ? !qr_number_splits(feature, threshold, missing_right) : !qr_category_splits(feature, set))
            continue;
        if (number)
            qr_model_put_number(out, schema, f, threshold, missing_right);
        else
            qr_model_put_category(out, schema, f, set);
        random_tree(random, shape, schema, depth + 1, out);
        random_tree(random, shape, schema, depth + 1, out);
        return;
    }
    qr_model_put_leaf(out, (int32_t)unit_random_below(random, 2 * (uint64_t)shape->leaf_max + 1) - shape->leaf_max);
}

static inline struct qr_model *random_model_of(struct unit_random *random, const struct shape *shape,
                                               const struct qr_schema *schema)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_model_put_head(&bytes, schema, shape->score_bits, (int64_t)unit_random_below(random, 100) - 50, shape->trees);
    for (unsigned t = 0; t < shape->trees; t++)
        random_tree(random, shape, schema, 0, &bytes);
    struct qr_model *model = NULL;
    struct qr_error error;
    unit_ok(qr_model_decode(bytes.data, bytes.size, &model, &error), error);
    return model;
}

static inline struct qr_model *random_model(struct unit_random *random, const struct shape *shape)
{
    struct qr_schema schema;
    random_schema(random, shape, &schema);
    struct qr_model *model = random_model_of(random, shape, &schema);
    qr_schema_done(&schema);
    return model;
}

static inline void random_row(struct unit_random *random, const struct qr_schema *schema, int32_t *row)
{
    for (size_t i = 0; i < schema->n_features; i++) {
        const struct qr_feature *feature = &schema->features[i];
        row[i] = feature->min + (int32_t)unit_random_below(random, (uint64_t)(feature->max - feature->min) + 1);
        if (feature->missing && unit_random_below(random, 5) == 0)
            row[i] = QR_MISSING;
    }
}

static inline int32_t *random_rows(struct unit_random *random, const struct qr_schema *schema, size_t n)
{
    int32_t *rows = qr_alloc(n * schema->n_features, sizeof *rows);
    for (size_t i = 0; i < n; i++)
        random_row(random, schema, rows + i * schema->n_features);
    return rows;
}

static inline struct qr_baseline *random_baseline(struct unit_random *random, const struct qr_schema *schema, size_t n)
{
    QR_CLEANUP(qr_freep) int32_t *rows = random_rows(random, schema, n);
    struct qr_baseline *baseline = NULL;
    struct qr_error error;
    unit_ok(qr_baseline_of(schema, rows, n, &baseline, &error), error);
    return baseline;
}

#endif
