#include "xai/report.h"

#include "common/fixed.h"
#include "xai/fare.h"
#include "xai/report_data.h"

typedef __int128 int128;

enum { CHUNK = 512 };

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

int64_t report_ratio(int64_t part, int64_t whole, int64_t units)
{
    if (part == 0)
        return 0;
    int128 ratio = whole == 0 ? REPORT_RATIO_MAX : (int128)magnitude(part) * units / magnitude(whole);
    return ratio > REPORT_RATIO_MAX ? REPORT_RATIO_MAX : (int64_t)ratio;
}

/* Adding rows up. */

/* A sum that would overflow stays as it is, and the report tells at the end of the batch. */
static void add(struct qr_report *report, int64_t *sum, int64_t value)
{
    int64_t total;
    if (__builtin_add_overflow(*sum, value, &total))
        report->overflow = true;
    else
        *sum = total;
}

static void add_accuracy(struct qr_report *report, struct report_totals *totals, int64_t before, int64_t after,
                         int64_t known)
{
    if (known <= 0)
        return;
    totals->known++;
    add(report, &totals->off_before, magnitude(before - known));
    add(report, &totals->off_after, magnitude(after - known));
    add(report, &totals->off_before_ppm, report_ratio(before - known, known, 1000000));
    add(report, &totals->off_after_ppm, report_ratio(after - known, known, 1000000));
}

static void add_extremes(struct qr_report *report, const int32_t *row, int64_t before, int64_t after)
{
    int64_t change = after - before, bp = report_ratio(change, before, 10000);
    report->changed += change != 0;
    if (change > report->largest_rise) {
        report->largest_rise = change;
        report->riser = (struct report_riser){.exists = true, .row = report->groupings[0].totals[0].rows - 1};
        memcpy(report->riser.values, row, report->schema.n_features * sizeof *row);
    }
    if (-change > report->largest_fall)
        report->largest_fall = -change;
    if (change > 0 && bp > report->rise_bp)
        report->rise_bp = bp;
    if (change < 0 && bp > report->fall_bp)
        report->fall_bp = bp;
}

static void add_row(struct qr_report *report, const int32_t *row, int64_t before, int64_t after, int64_t known)
{
    for (size_t i = 0; i < report->n_groupings; i++) {
        const struct report_grouping *grouping = &report->groupings[i];
        struct report_totals *totals = &grouping->totals[grouping->of(grouping, row)];
        totals->rows++;
        add(report, &totals->before, before);
        add(report, &totals->after, after);
        add_accuracy(report, totals, before, after, known);
    }
    add_extremes(report, row, before, after);
}

static int64_t ruled_fare(const struct qr_model *model, const struct qr_rules *rules, int64_t score,
                          struct qr_rule_line *lines)
{
    static const int64_t no_bid[QR_RULES_MAX];
    return qr_rules_apply(rules, qr_fare(model, score), no_bid, lines).minor;
}

struct side {
    const struct qr_explainer *explainer;
    int64_t *scores, *phi; /* CHUNK rows; the second becomes contributions */
    int64_t *sum, *sum_abs;
    int64_t *breaches;
};

struct qr_report_stream {
    struct qr_report *report;
    struct qr_change *change;
    struct side before, after;
};

static struct side side_new(const struct qr_explainer *explainer, size_t n_features, int64_t *sum, int64_t *sum_abs,
                            int64_t *breaches)
{
    return (struct side){
        explainer, qr_alloc(CHUNK, sizeof(int64_t)), qr_alloc(CHUNK * n_features, sizeof(int64_t)), sum, sum_abs,
        breaches};
}

static void side_done(struct side *side)
{
    free(side->scores);
    free(side->phi);
}

static void side_round(struct qr_report *report, struct side *side, size_t n)
{
    size_t n_features = report->schema.n_features;
    qr_explainer_round(side->explainer, n, side->scores, side->phi);
    for (size_t i = 0; i < n * n_features; i++) {
        add(report, &side->sum[i % n_features], side->phi[i]);
        add(report, &side->sum_abs[i % n_features], magnitude(side->phi[i]));
    }
}

static int64_t side_fare(const struct side *side, const struct qr_rules *rules, size_t i)
{
    struct qr_rule_line lines[QR_RULES_MAX];
    int64_t fare = ruled_fare(qr_explainer_model(side->explainer), rules, side->scores[i], lines);
    for (size_t j = 0; j < rules->n; j++)
        side->breaches[j] += lines[j].amount.minor != 0;
    return fare;
}

static void add_chunk(struct qr_report_stream *stream, const int32_t *rows, const int64_t *amounts, size_t n)
{
    struct qr_report *report = stream->report;
    struct side *before = &stream->before, *after = &stream->after;
    qr_explainer_phi(before->explainer, rows, n, before->scores, before->phi);
    qr_explainer_phi(after->explainer, rows, n, after->scores, after->phi);
    if (stream->change)
        qr_change_add(stream->change, rows, n, before->scores, before->phi, after->scores, after->phi);
    side_round(report, before, n);
    side_round(report, after, n);
    for (size_t i = 0; i < n; i++)
        add_row(report, rows + i * report->schema.n_features, side_fare(before, &report->rules, i),
                side_fare(after, &report->rules, i), amounts[i]);
}

int qr_report_stream_add(struct qr_report_stream *stream, const int32_t *rows, const int64_t *amounts, size_t n,
                         struct qr_error *error)
{
    size_t n_features = stream->report->schema.n_features;
    for (size_t first = 0; first < n; first += CHUNK)
        add_chunk(stream, rows + first * n_features, amounts + first, n - first < CHUNK ? n - first : CHUNK);
    if (stream->report->overflow)
        return qr_fail(error, QR_EOVERFLOW,
                       "the fares of so many rows add up to more than 64 bits hold: give fewer rows");
    return 0;
}

static struct report_side side_of(const struct qr_explainer *explainer)
{
    return (struct report_side){*qr_model_hash(qr_explainer_model(explainer)),
                                *qr_baseline_hash(qr_explainer_baseline(explainer)),
                                qr_model_facts(qr_explainer_model(explainer))->score_bits};
}

static bool same_money(const struct qr_model *a, const struct qr_model *b)
{
    const struct qr_output *of_a = &qr_model_schema(a)->output, *of_b = &qr_model_schema(b)->output;
    return strcmp(of_a->unit, of_b->unit) == 0 && of_a->minor_digits == of_b->minor_digits;
}

int qr_report_stream_new(const struct qr_explainer *a, const struct qr_explainer *b, const struct qr_rules *rules,
                         struct qr_change *change, struct qr_report_stream **ret_stream, struct qr_error *error)
{
    const struct qr_model *of_a = qr_explainer_model(a), *of_b = qr_explainer_model(b);
    if (!qr_hash_equal(qr_model_schema_hash(of_a), qr_model_schema_hash(of_b)))
        return qr_fail(error, QR_EMISMATCH, "the two models see different features");
    if (!same_money(of_a, of_b))
        return qr_fail(error, QR_EMISMATCH, "the two models answer in different units");
    int code = qr_rules_check(rules, error);
    if (code)
        return code;
    struct qr_report *report = qr_alloc(1, sizeof *report);
    qr_schema_copy(qr_model_schema(of_b), &report->schema);
    report->before = side_of(a);
    report->after = side_of(b);
    report->rules = *rules;
    report->n_groupings = report_groupings(&report->schema, report->groupings);
    for (size_t i = 0; i < report->n_groupings; i++)
        report->groupings[i].totals = qr_alloc(report->groupings[i].n, sizeof *report->groupings[i].totals);
    struct qr_report_stream *stream = qr_alloc(1, sizeof *stream);
    size_t n_features = report->schema.n_features;
    *stream = (struct qr_report_stream){
        report, change, side_new(a, n_features, report->sum_before, report->sum_abs_before, report->breaches_before),
        side_new(b, n_features, report->sum_after, report->sum_abs_after, report->breaches_after)};
    *ret_stream = stream;
    return 0;
}

struct qr_report *qr_report_stream_take(struct qr_report_stream *stream)
{
    struct qr_report *report = stream->report;
    stream->report = NULL;
    return report;
}

void qr_report_stream_freep(struct qr_report_stream **stream)
{
    if (!*stream)
        return;
    qr_report_free((*stream)->report);
    side_done(&(*stream)->before);
    side_done(&(*stream)->after);
    free(*stream);
    *stream = NULL;
}

int qr_report_compute(const struct qr_explainer *a, const struct qr_explainer *b, const struct qr_rules *rules,
                      const struct qr_reference *reference, struct qr_report **ret_report, struct qr_error *error)
{
    QR_CLEANUP(qr_report_stream_freep) struct qr_report_stream *stream = NULL;
    size_t n = qr_reference_rows(reference);
    int code = qr_report_stream_new(a, b, rules, NULL, &stream, error);
    if (!code)
        code = qr_reference_check(reference, qr_model_schema(qr_explainer_model(b)), error);
    if (code)
        return code;
    QR_CLEANUP(qr_freep) int64_t *amounts = qr_alloc(n, sizeof *amounts);
    for (size_t i = 0; i < n; i++)
        amounts[i] = qr_reference_amount(reference, i);
    stream->report->reference = *qr_reference_hash(reference);
    stream->report->of_reference = true;
    code = qr_report_stream_add(stream, qr_reference_all(reference), amounts, n, error);
    if (code)
        return code;
    report_prove(stream->report, qr_explainer_model(a), qr_explainer_model(b));
    *ret_report = qr_report_stream_take(stream);
    return 0;
}

void qr_report_free(struct qr_report *report)
{
    if (!report)
        return;
    for (size_t i = 0; i < report->n_groupings; i++)
        free(report->groupings[i].totals);
    qr_schema_done(&report->schema);
    free(report);
}

void qr_report_freep(struct qr_report **report)
{
    qr_report_free(*report);
    *report = NULL;
}

/* Bytes. */

static void put_side(struct qr_buffer *out, const struct report_side *side)
{
    qr_put_hash(out, &side->model);
    qr_put_hash(out, &side->baseline);
    qr_put_u8(out, (uint8_t)side->score_bits);
}

static void put_totals(struct qr_buffer *out, const struct report_totals *totals)
{
    const int64_t numbers[] = {totals->rows,       totals->before,    totals->after,          totals->known,
                               totals->off_before, totals->off_after, totals->off_before_ppm, totals->off_after_ppm};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        qr_put_int(out, numbers[i]);
}

static void put_grouping(struct qr_buffer *out, const struct qr_schema *schema, const struct report_grouping *grouping)
{
    size_t filled = 0;
    for (size_t i = 0; i < grouping->n; i++)
        filled += grouping->totals[i].rows > 0;
    qr_put_text(out, grouping->name);
    qr_put_uint(out, filled);
    for (size_t i = 0; i < grouping->n; i++) {
        if (grouping->totals[i].rows == 0)
            continue;
        QR_CLEANUP(qr_buffer_done) struct qr_buffer label = {0};
        report_label(schema, grouping, i, &label);
        qr_put_text(out, qr_buffer_string(&label));
        put_totals(out, &grouping->totals[i]);
    }
}

void qr_report_encode(const struct qr_report *report, struct qr_buffer *out)
{
    struct qr_hash rules = qr_rules_hash(&report->rules), schema = qr_schema_hash(&report->schema);
    qr_put_raw(out, "QRI2", 4);
    put_side(out, &report->before);
    put_side(out, &report->after);
    qr_put_hash(out, &schema);
    qr_put_hash(out, &report->reference);
    qr_put_hash(out, &rules);
    const int64_t extremes[] = {report->changed, report->largest_rise, report->largest_fall, report->rise_bp,
                                report->fall_bp};
    for (size_t i = 0; i < sizeof extremes / sizeof *extremes; i++)
        qr_put_int(out, extremes[i]);
    qr_put_uint(out, report->n_groupings);
    for (size_t i = 0; i < report->n_groupings; i++)
        put_grouping(out, &report->schema, &report->groupings[i]);
    for (size_t i = 0; i < report->schema.n_features; i++) {
        qr_put_int(out, report->sum_before[i]);
        qr_put_int(out, report->sum_after[i]);
        qr_put_int(out, report->sum_abs_before[i]);
        qr_put_int(out, report->sum_abs_after[i]);
    }
    for (size_t i = 0; i < report->rules.n; i++) {
        qr_put_int(out, report->breaches_before[i]);
        qr_put_int(out, report->breaches_after[i]);
    }
    report_put_proofs(report, out);
}

struct qr_hash qr_report_hash(const struct qr_report *report)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_report_encode(report, &bytes);
    return qr_tagged_hash(QR_DOMAIN_REPORT, bytes.data, bytes.size);
}

/* Gates. */

static int check_features(const struct qr_gates *gates, const struct qr_schema *schema, struct qr_error *error)
{
    for (size_t i = 0; i < schema->n_features; i++)
        if (schema->features[i].personal)
            return qr_fail(error, QR_ENOT_ADMITTED, "feature %s is personal, and nodes see every recorded feature",
                           schema->features[i].name);
    for (size_t i = 0; i < gates->n_banned; i++)
        if (qr_schema_find(schema, gates->banned[i]) >= 0)
            return qr_fail(error, QR_ENOT_ADMITTED, "feature %s is banned by the track's rules", gates->banned[i]);
    return 0;
}

static int check_steps(const struct qr_gates *gates, const struct qr_model *a, const struct qr_model *b,
                       const struct qr_rules *rules, const struct qr_reference *reference, struct qr_error *error)
{
    size_t n_features = qr_model_schema(b)->n_features;
    struct qr_rule_line lines[QR_RULES_MAX];
    for (size_t i = 0; i < qr_reference_rows(reference); i++) {
        const int32_t *row = qr_reference_all(reference) + i * n_features;
        int64_t before = ruled_fare(a, rules, qr_model_score(a, row), lines);
        int64_t after = ruled_fare(b, rules, qr_model_score(b, row), lines);
        int64_t step = report_ratio(after - before, before, 10000);
        if (step > gates->step_limit_bp)
            return qr_fail(error, QR_ENOT_ADMITTED,
                           "reference row %zu would go from %" PRId64 " to %" PRId64 " minor units, a step of %" PRId64
                           " of 10,000, and the limit is %" PRIu32,
                           i, before, after, step, gates->step_limit_bp);
    }
    return 0;
}

int qr_gates_check(const struct qr_gates *gates, const struct qr_model *a, const struct qr_model *b,
                   const struct qr_baseline *b_baseline, const struct qr_rules *rules,
                   const struct qr_reference *reference, struct qr_error *error)
{
    int code = check_features(gates, qr_model_schema(b), error);
    if (code)
        return code;
    struct qr_error why = {0};
    if (qr_baseline_check(b_baseline, qr_model_schema(b), &why) ||
        qr_reference_check(reference, qr_model_schema(b), &why))
        return qr_fail(error, QR_ENOT_ADMITTED, "%s", why.text);
    if (!a)
        return 0;
    if (!qr_hash_equal(qr_model_schema_hash(a), qr_model_schema_hash(b)))
        return qr_fail(error, QR_ENOT_ADMITTED, "the model sees other features than the active one");
    if (!same_money(a, b))
        return qr_fail(error, QR_ENOT_ADMITTED, "the model answers in another unit than the active one");
    return gates->step_limit_bp == 0 ? 0 : check_steps(gates, a, b, rules, reference, error);
}
