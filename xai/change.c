#include "xai/change.h"

#include "xai/fare.h"
#include "xai/report_data.h"

typedef __int128 int128;

enum { EXTREMES = 5 };

struct segments {
    struct report_grouping grouping;
    uint64_t *rows; /* of each group */
    int128 *steps;  /* score of b less score of a, summed */
    int128 *phi;    /* groups x features */
};

struct extreme {
    uint64_t row;
    int64_t before, after;
    int64_t *contributions;
};

struct extremes {
    size_t n;
    struct extreme most[EXTREMES]; /* largest first, ties to the earlier row */
};

struct qr_change {
    const struct qr_explainer *a, *b;
    const struct qr_schema *schema;
    int64_t base;
    uint64_t rows;
    size_t n_segments;
    struct segments segments[REPORT_GROUPINGS_MAX]; /* the first is all rows */
    int128 *phi_abs;                                /* each feature's sizes, summed */
    struct extremes risers, fallers;
};

int qr_change_new(const struct qr_explainer *a, const struct qr_explainer *b, struct qr_change **ret_change,
                  struct qr_error *error)
{
    static const int32_t no_rows[1];
    int64_t base, none;
    int code = qr_explainer_difference(a, b, no_rows, 0, &base, &none, &none, error);
    if (code)
        return code;
    struct qr_change *change = qr_alloc(1, sizeof *change);
    *change = (struct qr_change){.a = a, .b = b, .schema = qr_model_schema(qr_explainer_model(b)), .base = base};
    struct report_grouping groupings[REPORT_GROUPINGS_MAX];
    change->n_segments = report_groupings(change->schema, groupings);
    change->phi_abs = qr_alloc(change->schema->n_features, sizeof *change->phi_abs);
    for (size_t i = 0; i < change->n_segments; i++)
        change->segments[i] =
            (struct segments){groupings[i], qr_alloc(groupings[i].n, sizeof(uint64_t)),
                              qr_alloc(groupings[i].n, sizeof(int128)),
                              qr_alloc(groupings[i].n * change->schema->n_features, sizeof(int128))};
    *ret_change = change;
    return 0;
}

void qr_change_freep(struct qr_change **change)
{
    if (!*change)
        return;
    for (size_t i = 0; i < (*change)->n_segments; i++) {
        free((*change)->segments[i].rows);
        free((*change)->segments[i].steps);
        free((*change)->segments[i].phi);
    }
    for (size_t i = 0; i < EXTREMES; i++) {
        free((*change)->risers.most[i].contributions);
        free((*change)->fallers.most[i].contributions);
    }
    free((*change)->phi_abs);
    free(*change);
    *change = NULL;
}

/* Adding. */

static int64_t size_of_step(const struct extreme *extreme)
{
    return extreme->after < extreme->before ? extreme->before - extreme->after : extreme->after - extreme->before;
}

/* Its own attribution is computed again: a row rarely gets this far. */
static void keep_extreme(struct qr_change *change, struct extremes *extremes, struct extreme extreme,
                         const int32_t *row)
{
    size_t at = extremes->n;
    while (at > 0 && size_of_step(&extremes->most[at - 1]) < size_of_step(&extreme))
        at--;
    if (at == EXTREMES)
        return;
    if (extremes->n == EXTREMES)
        free(extremes->most[--extremes->n].contributions);
    memmove(extremes->most + at + 1, extremes->most + at, (extremes->n - at) * sizeof *extremes->most);
    extreme.contributions = qr_alloc(change->schema->n_features, sizeof(int64_t));
    int64_t base, step;
    if (qr_explainer_difference(change->a, change->b, row, 1, &base, &step, extreme.contributions, NULL))
        abort(); /* what qr_change_new checked */
    extremes->most[at] = extreme;
    extremes->n++;
}

static void add_extremes(struct qr_change *change, const int32_t *row, uint64_t index, int64_t score_a, int64_t score_b)
{
    struct extreme extreme = {.row = index,
                              .before = qr_fare(qr_explainer_model(change->a), score_a).minor,
                              .after = qr_fare(qr_explainer_model(change->b), score_b).minor};
    if (extreme.after > extreme.before)
        keep_extreme(change, &change->risers, extreme, row);
    if (extreme.after < extreme.before)
        keep_extreme(change, &change->fallers, extreme, row);
}

void qr_change_add(struct qr_change *change, const int32_t *rows, size_t n, const int64_t *scores_a,
                   const int64_t *phi_a, const int64_t *scores_b, const int64_t *phi_b)
{
    size_t n_features = change->schema->n_features;
    for (size_t i = 0; i < n; i++, phi_a += n_features, phi_b += n_features) {
        const int32_t *row = rows + i * n_features;
        for (size_t s = 0; s < change->n_segments; s++) {
            struct segments *segments = &change->segments[s];
            size_t group = segments->grouping.of(&segments->grouping, row);
            int128 *sums = segments->phi + group * n_features;
            segments->rows[group]++;
            segments->steps[group] += scores_b[i] - scores_a[i];
            for (size_t f = 0; f < n_features; f++)
                sums[f] += (int128)phi_b[f] - phi_a[f];
        }
        for (size_t f = 0; f < n_features; f++) {
            int128 difference = (int128)phi_b[f] - phi_a[f];
            change->phi_abs[f] += difference < 0 ? -difference : difference;
        }
        add_extremes(change, row, change->rows++, scores_a[i], scores_b[i]);
    }
}

/* Rounding. */

static int128 floor_div(int128 value, int128 divisor)
{
    return value / divisor - (value % divisor < 0);
}

static int64_t round_half_up(int128 value, int128 divisor)
{
    return (int64_t)floor_div(2 * value + divisor, 2 * divisor);
}

/* The rounding of qr_round_contributions, for sums over many rows. The total is within less than 1 of the exact sum,
 * so that what is left is at least 0 and no more than there are remainders. */
static void round_wide(const int128 *phi, size_t n, int128 denominator, int64_t total, int64_t *ret_contributions)
{
    int128 left[QR_FEATURES_MAX];
    for (size_t i = 0; i < n; i++) {
        ret_contributions[i] = (int64_t)floor_div(phi[i], denominator);
        left[i] = phi[i] - ret_contributions[i] * denominator;
        total -= ret_contributions[i];
    }
    for (; total > 0; total--) {
        size_t largest = 0;
        for (size_t i = 1; i < n; i++)
            if (left[i] > left[largest])
                largest = i;
        if (left[largest] == 0)
            abort(); /* a broken identity, as in attribution.c */
        ret_contributions[largest]++;
        left[largest] = 0;
    }
}

/* Answers. */

static json_t *named(const struct qr_schema *schema, const int64_t *values)
{
    json_t *object = json_object();
    for (size_t f = 0; f < schema->n_features; f++)
        json_object_set_new(object, schema->features[f].name, json_integer(values[f]));
    return object;
}

static int64_t segment_of(const struct qr_change *change, const struct segments *segments, size_t group,
                          int64_t contributions[QR_FEATURES_MAX])
{
    int128 rows = segments->rows[group];
    int64_t step = rows ? round_half_up(segments->steps[group], rows) : 0;
    if (rows)
        round_wide(segments->phi + group * change->schema->n_features, change->schema->n_features,
                   rows * qr_explainer_denominator(change->a), step - change->base, contributions);
    return step;
}

static json_t *segments_json(const struct qr_change *change, const struct segments *segments)
{
    json_t *list = json_array();
    for (size_t group = 0; group < segments->grouping.n; group++) {
        if (segments->rows[group] == 0)
            continue;
        int64_t contributions[QR_FEATURES_MAX], step = segment_of(change, segments, group, contributions);
        QR_CLEANUP(qr_buffer_done) struct qr_buffer label = {0};
        report_label(change->schema, &segments->grouping, group, &label);
        json_array_append_new(list, json_pack("{s:s,s:I,s:I,s:o}", "value", qr_buffer_string(&label), "rows",
                                              (json_int_t)segments->rows[group], "change", (json_int_t)step,
                                              "contributions", named(change->schema, contributions)));
    }
    return json_pack("{s:s,s:o}", "name", segments->grouping.name, "segments", list);
}

static json_t *extremes_json(const struct qr_change *change, const struct extremes *extremes)
{
    json_t *list = json_array();
    for (size_t i = 0; i < extremes->n; i++) {
        const struct extreme *extreme = &extremes->most[i];
        json_array_append_new(list,
                              json_pack("{s:I,s:I,s:I,s:o}", "row", (json_int_t)extreme->row, "before",
                                        (json_int_t)extreme->before, "after", (json_int_t)extreme->after,
                                        "contributions", named(change->schema, extreme->contributions)));
    }
    return list;
}

json_t *qr_change_json(const struct qr_change *change)
{
    int64_t mean[QR_FEATURES_MAX] = {0}, sizes[QR_FEATURES_MAX] = {0};
    int64_t step = segment_of(change, &change->segments[0], 0, mean);
    for (size_t f = 0; f < change->schema->n_features && change->rows; f++)
        sizes[f] = round_half_up(change->phi_abs[f], (int128)change->rows * qr_explainer_denominator(change->a));
    json_t *groupings = json_array();
    for (size_t i = 1; i < change->n_segments; i++)
        json_array_append_new(groupings, segments_json(change, &change->segments[i]));
    return json_pack("{s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:o}", "score_scale",
                     (json_int_t)1 << qr_model_facts(qr_explainer_model(change->a))->score_bits, "base",
                     (json_int_t)change->base, "change", (json_int_t)step, "mean", named(change->schema, mean),
                     "mean_abs", named(change->schema, sizes), "segments", groupings, "risers",
                     extremes_json(change, &change->risers), "fallers", extremes_json(change, &change->fallers));
}
