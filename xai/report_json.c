#include "common/fixed.h"
#include "xai/report_data.h"

static json_t *hash_json(const struct qr_hash *hash)
{
    return json_string(qr_hash_text(hash).text);
}

/* Round half up of sum / n; 0 of nothing. */
static json_t *mean_json(int64_t sum, int64_t n)
{
    if (n == 0)
        return json_integer(0);
    int64_t whole = qr_floor_div(sum, n);
    return json_integer(whole + (sum - whole * n >= n - n / 2));
}

static json_t *change_json(int64_t before, int64_t after)
{
    int64_t bp = report_ratio(after - before, before, 10000);
    return json_integer(after < before ? -bp : bp);
}

static json_t *side_json(const struct report_side *side)
{
    return json_pack("{s:o,s:o}", "model", hash_json(&side->model), "baseline", hash_json(&side->baseline));
}

static json_t *fares_json(const struct qr_report *report)
{
    const struct report_totals *all = &report->groupings[0].totals[0];
    return json_pack("{s:s,s:i,s:o,s:o,s:o,s:I,s:I,s:I,s:I,s:I}", "unit", report->schema.output.unit, "minor_digits",
                     (int)report->schema.output.minor_digits, "mean_before", mean_json(all->before, all->rows),
                     "mean_after", mean_json(all->after, all->rows), "change_bp", change_json(all->before, all->after),
                     "changed", (json_int_t)report->changed, "largest_rise", (json_int_t)report->largest_rise,
                     "largest_fall", (json_int_t)report->largest_fall, "rise_bp", (json_int_t)report->rise_bp,
                     "fall_bp", (json_int_t)report->fall_bp);
}

static json_t *segment_json(const struct report_totals *totals, const char *label)
{
    return json_pack("{s:s,s:I,s:o,s:o,s:o}", "value", label, "rows", (json_int_t)totals->rows, "mean_before",
                     mean_json(totals->before, totals->rows), "mean_after", mean_json(totals->after, totals->rows),
                     "change_bp", change_json(totals->before, totals->after));
}

static json_t *accuracy_json(const struct report_totals *totals, const char *label)
{
    return json_pack("{s:s,s:I,s:o,s:o,s:o,s:o}", "segment", label, "rows", (json_int_t)totals->known, "mape_before_bp",
                     mean_json(totals->off_before_ppm, 100 * totals->known), "mape_after_bp",
                     mean_json(totals->off_after_ppm, 100 * totals->known), "mae_before",
                     mean_json(totals->off_before, totals->known), "mae_after",
                     mean_json(totals->off_after, totals->known));
}

static json_t *groups_json(const struct qr_report *report, const struct report_grouping *grouping, bool accuracy)
{
    json_t *list = json_array();
    for (size_t i = 0; i < grouping->n; i++) {
        const struct report_totals *totals = &grouping->totals[i];
        if (accuracy ? totals->known == 0 : totals->rows == 0)
            continue;
        QR_CLEANUP(qr_buffer_done) struct qr_buffer label = {0};
        report_label(&report->schema, grouping, i, &label);
        const char *text = qr_buffer_string(&label);
        json_array_append_new(list, accuracy ? accuracy_json(totals, text) : segment_json(totals, text));
    }
    return list;
}

static json_t *segments_json(const struct qr_report *report)
{
    json_t *list = json_array();
    for (size_t i = 1; i < report->n_groupings; i++)
        json_array_append_new(list, json_pack("{s:s,s:o}", "name", report->groupings[i].name, "segments",
                                              groups_json(report, &report->groupings[i], false)));
    return list;
}

/* All rows, and each cabin. */
static json_t *all_accuracy_json(const struct qr_report *report)
{
    json_t *list = groups_json(report, &report->groupings[0], true);
    for (size_t i = 1; i < report->n_groupings; i++) {
        if (strcmp(report->groupings[i].name, "cabin") != 0)
            continue;
        json_t *cabins = groups_json(report, &report->groupings[i], true);
        json_array_extend(list, cabins);
        json_decref(cabins);
    }
    return list;
}

static json_t *attribution_json(const struct qr_report *report)
{
    int64_t rows = report->groupings[0].totals[0].rows, before = 0, after = 0;
    size_t n = report->schema.n_features;
    for (size_t i = 0; i < n; i++) {
        before += report->sum_abs_before[i];
        after += report->sum_abs_after[i];
    }
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            list, json_pack("{s:s,s:o,s:o,s:o,s:o,s:I,s:I}", "feature", report->schema.features[i].name, "mean_before",
                            mean_json(report->sum_before[i], rows), "mean_after", mean_json(report->sum_after[i], rows),
                            "mean_abs_before", mean_json(report->sum_abs_before[i], rows), "mean_abs_after",
                            mean_json(report->sum_abs_after[i], rows), "share_before_bp",
                            (json_int_t)report_ratio(report->sum_abs_before[i], before, 10000), "share_after_bp",
                            (json_int_t)report_ratio(report->sum_abs_after[i], after, 10000)));
    return list;
}

static json_t *rules_json(const struct qr_report *report)
{
    json_t *list = json_array();
    for (size_t i = 0; i < report->rules.n; i++)
        json_array_append_new(list, json_pack("{s:s,s:I,s:I,s:I}", "kind", qr_rule_name(report->rules.rule[i].kind),
                                              "amount", (json_int_t)report->rules.rule[i].amount.minor,
                                              "breaches_before", (json_int_t)report->breaches_before[i],
                                              "breaches_after", (json_int_t)report->breaches_after[i]));
    return list;
}

json_t *qr_report_json(const struct qr_report *report)
{
    struct qr_hash hash = report->of_reference ? qr_report_hash(report) : (struct qr_hash){0};
    json_t *document = json_pack(
        "{s:o,s:o,s:o,s:o,s:I,s:I,s:o,s:o,s:o,s:{s:I,s:I},s:o,s:o}", "report",
        report->of_reference ? hash_json(&hash) : json_null(), "from", side_json(&report->before), "to",
        side_json(&report->after), "reference", report->of_reference ? hash_json(&report->reference) : json_null(),
        "rules_version", (json_int_t)report->rules.version, "rows", (json_int_t)report->groupings[0].totals[0].rows,
        "fares", fares_json(report), "segments", segments_json(report), "attribution", attribution_json(report),
        "score_scale", "before", (json_int_t)1 << report->before.score_bits, "after",
        (json_int_t)1 << report->after.score_bits, "accuracy", all_accuracy_json(report), "rules", rules_json(report));
    if (!report->of_reference)
        return document;
    json_object_set_new(document, "monotone", report_proofs_json(report));
    json_object_set_new(document, "riser", report_riser_json(report));
    return document;
}
