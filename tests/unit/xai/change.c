#include "xai/change.h"
#include "tests/unit/xai/random_model.h"
#include "xai/fare.h"

/* What the change between two models comes from, against sums made row by row. */

enum { ROWS = 150, EXTREMES = 5 };

struct pair {
    struct qr_schema schema;
    struct qr_model *models[2];
    struct qr_baseline *baseline;
    struct qr_explainer *explainers[2];
    int32_t *rows;
    int64_t *scores[2], *phi[2];
};

static struct pair random_pair(struct unit_random *random)
{
    static const char *const names[] = {"cabin", "from", "to", "days_left"};
    struct shape shape = {.features = 4 + unit_random_below(random, 4),
                          .trees = 1 + unit_random_below(random, 6),
                          .depth = 1 + unit_random_below(random, 5),
                          .stop_percent = 10,
                          .score_bits = 20,
                          .leaf_max = 1 << 14};
    struct pair pair;
    struct qr_error error;
    random_schema(random, &shape, &pair.schema);
    for (size_t i = 0; i < 4; i++)
        snprintf(pair.schema.features[i].name, sizeof pair.schema.features[i].name, "%s", names[i]);
    pair.baseline = random_baseline(random, &pair.schema, 1 + unit_random_below(random, 12));
    pair.rows = random_rows(random, &pair.schema, ROWS);
    for (size_t i = 0; i < 2; i++) {
        struct qr_explainer_options options = {.table_bytes = 1 << 20};
        pair.models[i] = random_model_of(random, &shape, &pair.schema);
        unit_ok(qr_explainer_new(pair.models[i], pair.baseline, &options, &pair.explainers[i], &error), error);
        pair.scores[i] = qr_alloc(ROWS, sizeof(int64_t));
        pair.phi[i] = qr_alloc(ROWS * pair.schema.n_features, sizeof(int64_t));
        qr_explainer_phi(pair.explainers[i], pair.rows, ROWS, pair.scores[i], pair.phi[i]);
    }
    return pair;
}

static void pair_done(struct pair *pair)
{
    for (size_t i = 0; i < 2; i++) {
        free(pair->scores[i]);
        free(pair->phi[i]);
        qr_explainer_free(pair->explainers[i]);
        qr_model_free(pair->models[i]);
    }
    free(pair->rows);
    qr_baseline_free(pair->baseline);
    qr_schema_done(&pair->schema);
}

/* In batches of random sizes. */
static json_t *change_of(struct unit_random *random, const struct pair *pair)
{
    QR_CLEANUP(qr_change_freep) struct qr_change *change = NULL;
    struct qr_error error;
    size_t m = pair->schema.n_features;
    unit_ok(qr_change_new(pair->explainers[0], pair->explainers[1], &change, &error), error);
    for (size_t done = 0, n; done < ROWS; done += n) {
        n = 1 + unit_random_below(random, (uint32_t)(ROWS - done));
        qr_change_add(change, pair->rows + done * m, n, pair->scores[0] + done, pair->phi[0] + done * m,
                      pair->scores[1] + done, pair->phi[1] + done * m);
    }
    return qr_change_json(change);
}

static int64_t number(const json_t *object, const char *key)
{
    ck_assert(json_is_integer(json_object_get(object, key)));
    return json_integer_value(json_object_get(object, key));
}

/* Whether the row is in the segment, told from the label. */
static bool is_in(const struct qr_schema *schema, const int32_t *row, const char *grouping, const char *label)
{
    char text[256];
    int first = qr_schema_find(schema, strcmp(grouping, "route") == 0 ? "from" : grouping), low, high;
    int second = strcmp(grouping, "route") == 0 ? qr_schema_find(schema, "to") : first;
    if (row[first] == QR_MISSING || row[second] == QR_MISSING)
        return strcmp(label, "missing") == 0;
    if (schema->features[first].kind == QR_FEATURE_NUMBER) {
        if (sscanf(label, "%d-%d", &low, &high) == 2)
            return row[first] >= low && row[first] <= high;
        return strcmp(label, "31+") == 0 && row[first] > 30;
    }
    if (first == second)
        return strcmp(label, schema->features[first].categories[row[first]]) == 0;
    snprintf(text, sizeof text, "%s-%s", schema->features[first].categories[row[first]],
             schema->features[second].categories[row[second]]);
    return strcmp(label, text) == 0;
}

/* Sums in 64 bits, which models as small as these allow, rounded by the function that rounds single rows. */
static uint64_t check_segment(const struct pair *pair, const json_t *segment, const char *values, const char *grouping,
                              int64_t base)
{
    size_t m = pair->schema.n_features;
    int64_t sums[QR_FEATURES_MAX] = {0}, expected[QR_FEATURES_MAX], n = 0, steps = 0, change;
    for (size_t i = 0; i < ROWS; i++) {
        if (grouping &&
            !is_in(&pair->schema, pair->rows + i * m, grouping, json_string_value(json_object_get(segment, "value"))))
            continue;
        n++;
        steps += pair->scores[1][i] - pair->scores[0][i];
        for (size_t f = 0; f < m; f++)
            sums[f] += pair->phi[1][i * m + f] - pair->phi[0][i * m + f];
    }
    unit_holds(n > 0);
    change = number(segment, "change");
    unit_holds(2 * (change * n - steps) <= n && 2 * (change * n - steps) > -n);
    ck_assert(
        qr_round_contributions(sums, m, n * qr_explainer_denominator(pair->explainers[0]), change - base, expected));
    for (size_t f = 0; f < m; f++)
        unit_holds(number(json_object_get(segment, values), pair->schema.features[f].name) == expected[f]);
    if (grouping)
        unit_holds(number(segment, "rows") == n);
    return (uint64_t)n;
}

START_TEST(segments_say_what_their_rows_add_up_to)
{
    struct unit_random random = unit_random_start();
    for (int round = 0; round < 80; round++) {
        struct pair pair = random_pair(&random);
        json_t *change = change_of(&random, &pair), *grouping, *segment;
        size_t i, j;
        int64_t base = number(change, "base");
        unit_holds(check_segment(&pair, change, "mean", NULL, base) == ROWS);
        json_array_foreach(json_object_get(change, "segments"), i, grouping)
        {
            uint64_t rows = 0;
            json_array_foreach(json_object_get(grouping, "segments"), j, segment) rows += check_segment(
                &pair, segment, "contributions", json_string_value(json_object_get(grouping, "name")), base);
            unit_holds(rows == ROWS);
        }
        json_decref(change);
        pair_done(&pair);
    }
}
END_TEST

static int64_t fare_step(const struct pair *pair, size_t row)
{
    return qr_fare(pair->models[1], pair->scores[1][row]).minor - qr_fare(pair->models[0], pair->scores[0][row]).minor;
}

static void check_extremes(const struct pair *pair, const json_t *list, int sign)
{
    bool taken[ROWS] = {0};
    size_t m = pair->schema.n_features;
    for (size_t k = 0; k < EXTREMES; k++) {
        size_t best = ROWS;
        for (size_t i = 0; i < ROWS; i++)
            if (!taken[i] && sign * fare_step(pair, i) > 0 &&
                (best == ROWS || sign * fare_step(pair, i) > sign * fare_step(pair, best)))
                best = i;
        const json_t *got = json_array_get(list, k);
        unit_holds((got == NULL) == (best == ROWS));
        if (!got)
            return;
        taken[best] = true;
        int64_t base, step, expected[QR_FEATURES_MAX];
        struct qr_error error;
        unit_ok(qr_explainer_difference(pair->explainers[0], pair->explainers[1], pair->rows + best * m, 1, &base,
                                        &step, expected, &error),
                error);
        unit_holds(number(got, "row") == (int64_t)best);
        unit_holds(number(got, "after") - number(got, "before") == fare_step(pair, best));
        for (size_t f = 0; f < m; f++)
            unit_holds(number(json_object_get(got, "contributions"), pair->schema.features[f].name) == expected[f]);
    }
}

START_TEST(the_rows_that_change_most_are_found)
{
    struct unit_random random = unit_random_start();
    for (int round = 0; round < 80; round++) {
        struct pair pair = random_pair(&random);
        json_t *change = change_of(&random, &pair);
        check_extremes(&pair, json_object_get(change, "risers"), 1);
        check_extremes(&pair, json_object_get(change, "fallers"), -1);
        json_decref(change);
        pair_done(&pair);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {segments_say_what_their_rows_add_up_to, the_rows_that_change_most_are_found};
    return unit_run("change", tests, sizeof tests / sizeof *tests);
}
