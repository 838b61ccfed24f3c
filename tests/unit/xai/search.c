#include "tests/unit/xai/random_model.h"
#include "xai/certify.h"
#include "xai/fare.h"
#include "xai/whatif.h"

/* Searches against every row that the features can hold. */

static struct qr_model *small_model(struct unit_random *random, size_t features)
{
    struct shape shape = {.features = features,
                          .trees = 1 + unit_random_below(random, 5),
                          .depth = 1 + unit_random_below(random, 5),
                          .stop_percent = 15,
                          .score_bits = 0,
                          .leaf_max = 100};
    return random_model(random, &shape);
}

/* The next row in odometer order; false after the last. `fixed` features stay. */
static bool next_row(const struct qr_schema *schema, int32_t *row, const bool *may_change)
{
    for (size_t i = 0; i < schema->n_features; i++) {
        const struct qr_feature *feature = &schema->features[i];
        if (may_change && !may_change[i])
            continue;
        if (row[i] != QR_MISSING && (row[i] < feature->max || feature->missing)) {
            row[i] = row[i] < feature->max ? row[i] + 1 : QR_MISSING; /* a blank comes last */
            return true;
        }
        row[i] = feature->min;
    }
    return false;
}

static void first_row(const struct qr_schema *schema, int32_t *row, const bool *may_change)
{
    for (size_t i = 0; i < schema->n_features; i++)
        if (!may_change || may_change[i])
            row[i] = schema->features[i].min;
}

static uint64_t cost_of(const struct qr_schema *schema, const int32_t *from, const int32_t *to)
{
    uint64_t cost = 0;
    for (size_t i = 0; i < schema->n_features; i++) {
        const struct qr_feature *feature = &schema->features[i];
        if (from[i] == to[i])
            continue;
        bool whole = feature->kind == QR_FEATURE_CATEGORY || from[i] == QR_MISSING || to[i] == QR_MISSING;
        uint64_t range = (uint64_t)((int64_t)feature->max - feature->min),
                 step = whole ? range : (uint64_t)llabs((long long)to[i] - from[i]);
        cost += (UINT64_C(1) << 48) + (range ? (uint64_t)(((unsigned __int128)step << 39) / range) : UINT64_C(1) << 39);
    }
    return cost;
}

START_TEST(the_smallest_change_is_found_or_there_is_none)
{
    struct unit_random random = unit_random_start();
    int found = 0, missing = 0;
    for (int round = 0; round < 300; round++) {
        struct qr_model *model = small_model(&random, 3);
        const struct qr_schema *schema = qr_model_schema(model);
        int32_t row[3], other[3];
        random_row(&random, schema, row);
        bool may_change[QR_FEATURES_MAX] = {unit_random_below(&random, 3) > 0, unit_random_below(&random, 3) > 0, true};
        int64_t below = qr_fare(model, qr_model_score(model, row)).minor - (int64_t)unit_random_below(&random, 15000);
        uint64_t best = UINT64_MAX;
        memcpy(other, row, sizeof row);
        first_row(schema, other, may_change);
        do {
            uint64_t cost = cost_of(schema, row, other);
            if (qr_fare(model, qr_model_score(model, other)).minor < below && cost < best)
                best = cost;
        } while (next_row(schema, other, may_change));
        struct qr_whatif answer;
        struct qr_error error;
        unit_ok(qr_whatif_search(model, row, may_change, below, QR_WHATIF_NODES_DEFAULT, &answer, &error), error);
        unit_holds(!answer.limited && answer.found == (best != UINT64_MAX));
        if (answer.found) {
            unit_holds(cost_of(schema, row, answer.row) == best);
            unit_holds(qr_fare(model, answer.score).minor < below && answer.score == qr_model_score(model, answer.row));
            unit_ok(qr_schema_check_row(schema, answer.row, &error), error);
        }
        answer.found ? found++ : missing++;
        qr_model_free(model);
    }
    ck_assert_int_gt(found, 0);
    ck_assert_int_gt(missing, 0);
}
END_TEST

/* Two stumps over one number of ten million values: below 4,999,700 it is cheap, and below 4,999,990 cheap enough. */
START_TEST(the_nearest_of_two_near_values_is_found)
{
    struct qr_feature number = {.name = "p", .scale = 1, .min = 0, .max = 10000000};
    struct qr_schema schema = {.output = {.unit = "INR", .minor_digits = 2}, .n_features = 1, .features = &number};
    static const struct {
        int32_t threshold, left, right;
    } stumps[] = {{4999700, -100, 0}, {4999990, -20, 50}};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_model_put_head(&bytes, &schema, 0, 0, 2);
    for (size_t i = 0; i < 2; i++) {
        qr_model_put_number(&bytes, &schema, 0, stumps[i].threshold, false);
        qr_model_put_leaf(&bytes, stumps[i].left);
        qr_model_put_leaf(&bytes, stumps[i].right);
    }
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    struct qr_error error;
    unit_ok(qr_model_decode(bytes.data, bytes.size, &model, &error), error);
    struct qr_whatif answer;
    unit_ok(
        qr_whatif_search(model, (int32_t[]){5000000}, (bool[]){true}, 1000, QR_WHATIF_NODES_DEFAULT, &answer, &error),
        error);
    ck_assert(answer.found);
    ck_assert_int_eq(answer.row[0], 4999989);
}
END_TEST

/* Every row beside the one whose number is one step higher. */
static bool monotone(const struct qr_model *model, size_t feature, bool increasing)
{
    const struct qr_schema *schema = qr_model_schema(model);
    int32_t row[QR_FEATURES_MAX];
    first_row(schema, row, NULL);
    do {
        if (row[feature] == QR_MISSING || row[feature] == schema->features[feature].max)
            continue;
        int64_t here = qr_model_score(model, row);
        row[feature]++;
        int64_t there = qr_model_score(model, row);
        row[feature]--;
        if (increasing ? there < here : there > here)
            return false;
    } while (next_row(schema, row, NULL));
    return true;
}

START_TEST(certificates_agree_with_every_pair_of_rows)
{
    struct unit_random random = unit_random_start();
    int proved = 0, broken = 0;
    for (int round = 0; round < 400; round++) {
        struct qr_model *model = small_model(&random, 3);
        const struct qr_schema *schema = qr_model_schema(model);
        size_t feature = unit_random_below(&random, 3);
        bool increasing = unit_random_below(&random, 2);
        const struct qr_certify_limits limits = {QR_CERTIFY_NODES_DEFAULT, UINT64_MAX};
        struct qr_certificate certificate;
        struct qr_error error;
        if (schema->features[feature].kind == QR_FEATURE_CATEGORY) {
            unit_fails(qr_certify_monotone(model, feature, increasing, &limits, &certificate, &error), QR_EUSAGE,
                       error);
            qr_model_free(model);
            continue;
        }
        unit_ok(qr_certify_monotone(model, feature, increasing, &limits, &certificate, &error), error);
        unit_holds(certificate.result != QR_CERTIFICATE_UNDECIDED);
        unit_holds((certificate.result == QR_CERTIFICATE_PROVED) == monotone(model, feature, increasing));
        certificate.result == QR_CERTIFICATE_PROVED ? proved++ : broken++;
        if (certificate.result == QR_CERTIFICATE_BROKEN) {
            unit_ok(qr_schema_check_row(schema, certificate.lower, &error), error);
            unit_holds(certificate.lower[feature] < certificate.upper[feature]);
            unit_holds(certificate.lower_score == qr_model_score(model, certificate.lower));
            unit_holds(increasing ? certificate.upper_score < certificate.lower_score
                                  : certificate.upper_score > certificate.lower_score);
        }
        qr_model_free(model);
    }
    ck_assert_int_gt(proved, 0);
    ck_assert_int_gt(broken, 0);
}
END_TEST

START_TEST(limits_are_said)
{
    struct unit_random random = unit_random_start();
    struct shape shape = {.features = 8, .trees = 40, .depth = 6, .stop_percent = 5, .score_bits = 0, .leaf_max = 100};
    for (int round = 0; round < 5; round++) {
        struct qr_model *model = random_model(&random, &shape);
        int32_t row[QR_FEATURES_MAX];
        bool all[QR_FEATURES_MAX];
        memset(all, true, sizeof all);
        random_row(&random, qr_model_schema(model), row);
        struct qr_whatif answer;
        struct qr_error error;
        int64_t least = qr_fare(model, qr_model_facts(model)->score_min).minor;
        unit_ok(qr_whatif_search(model, row, all, least + 1, 1, &answer, &error), error);
        unit_holds(answer.nodes <= 1 && (answer.found || answer.limited));
        qr_model_free(model);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {the_smallest_change_is_found_or_there_is_none,
                                  the_nearest_of_two_near_values_is_found, certificates_agree_with_every_pair_of_rows,
                                  limits_are_said};
    return unit_run("search", tests, sizeof tests / sizeof *tests);
}
