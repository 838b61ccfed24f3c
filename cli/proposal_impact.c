#include "cli/proposal.h"

/* The impact table: what voters look at first. */

enum { ROUTES_SHOWN = 6, FEATURES_SHOWN = 5 };

static int64_t number(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static const char *word(json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? text : "";
}

/* Hundredths as "14.40", with a sign when `sign` is set. */
static void hundredths(struct cli_table *table, enum cli_style style, int64_t value, bool sign, const char *unit)
{
    int64_t size = value < 0 ? -value : value;
    cli_table_cell(table, style, "%s%" PRId64 ".%02" PRId64 "%s",
                   value < 0 ? "-"
                   : sign    ? "+"
                             : "",
                   size / 100, size % 100, unit);
}

static void row(struct cli_table *table, const char *what, const char *of)
{
    cli_table_cell(table, CLI_PLAIN, "%s%s%s", what, of[0] ? " " : "", of);
}

static void share_row(struct cli_table *table, const char *what, const char *of, int64_t before, int64_t after,
                      bool less_is_better)
{
    int64_t change = after - before;
    enum cli_style style = !less_is_better || change == 0 ? CLI_PLAIN : change < 0 ? CLI_GOOD : CLI_BAD;
    row(table, what, of);
    hundredths(table, CLI_PLAIN, before, false, "");
    hundredths(table, CLI_PLAIN, after, false, "");
    hundredths(table, style, change, true, "");
}

static void fare_row(struct cli_table *table, const char *what, const char *of, json_t *object, unsigned digits)
{
    char before[QR_MONEY_TEXT], after[QR_MONEY_TEXT];
    row(table, what, of);
    cli_table_cell(table, CLI_PLAIN, "%s",
                   qr_money_format((struct qr_money){number(object, "mean_before")}, digits, before));
    cli_table_cell(table, CLI_PLAIN, "%s",
                   qr_money_format((struct qr_money){number(object, "mean_after")}, digits, after));
    hundredths(table, CLI_PLAIN, number(object, "change_bp"), true, " %");
}

static void accuracy_rows(struct cli_table *table, json_t *report)
{
    size_t i;
    json_t *segment;
    json_array_foreach(json_object_get(report, "accuracy"), i, segment)
    {
        share_row(table, "error %", word(segment, "segment"), number(segment, "mape_before_bp"),
                  number(segment, "mape_after_bp"), true);
    }
}

static int64_t distance(int64_t value)
{
    return value < 0 ? -value : value;
}

/* The item after `last` in the order of falling |weight|, then of place: a selection, since lists are short. */
static size_t next_largest(const int64_t *weights, size_t n, size_t last)
{
    size_t best = n;
    for (size_t i = 0; i < n; i++) {
        bool after = last == n || weights[i] < weights[last] || (weights[i] == weights[last] && i > last);
        if (after && (best == n || weights[i] > weights[best]))
            best = i;
    }
    return best;
}

static int64_t *weights_of(json_t *list, const char *key, const char *other)
{
    size_t n = json_array_size(list);
    int64_t *weights = qr_alloc(n, sizeof *weights);
    for (size_t i = 0; i < n; i++) {
        json_t *item = json_array_get(list, i);
        weights[i] = distance(other ? number(item, key) - number(item, other) : number(item, key));
    }
    return weights;
}

/* The segments of a grouping; of many, those whose fares move most. */
static void segment_rows(struct cli_table *table, json_t *grouping, unsigned digits)
{
    json_t *segments = json_object_get(grouping, "segments");
    QR_CLEANUP(qr_freep) int64_t *weights = weights_of(segments, "change_bp", NULL);
    size_t n = json_array_size(segments), last = n;
    for (size_t shown = 0; shown < n && shown < ROUTES_SHOWN; shown++) {
        last = n <= ROUTES_SHOWN ? shown : next_largest(weights, n, last);
        json_t *segment = json_array_get(segments, last);
        const char *name = word(grouping, "name");
        fare_row(table, strcmp(name, "days_left") == 0 ? "fare, days left" : "fare", word(segment, "value"), segment,
                 digits);
    }
}

static void fare_rows(struct cli_table *table, json_t *report)
{
    json_t *fares = json_object_get(report, "fares"), *grouping;
    unsigned digits = (unsigned)number(fares, "minor_digits");
    size_t i;
    fare_row(table, "mean fare", word(fares, "unit"), fares, digits);
    json_array_foreach(json_object_get(report, "segments"), i, grouping)
    {
        segment_rows(table, grouping, digits);
    }
}

static void attribution_rows(struct cli_table *table, json_t *report)
{
    json_t *features = json_object_get(report, "attribution");
    QR_CLEANUP(qr_freep) int64_t *weights = weights_of(features, "share_after_bp", "share_before_bp");
    size_t n = json_array_size(features), last = n;
    for (size_t shown = 0; shown < n && shown < FEATURES_SHOWN; shown++) {
        last = next_largest(weights, n, last);
        json_t *feature = json_array_get(features, last);
        share_row(table, "share %", word(feature, "feature"), number(feature, "share_before_bp"),
                  number(feature, "share_after_bp"), false);
    }
}

/* What is proved of every fare, and how the proposal changes it. */
static void proof_rows(struct cli_table *table, json_t *report)
{
    size_t i;
    json_t *claim;
    json_array_foreach(json_object_get(report, "monotone"), i, claim)
    {
        const char *before = word(claim, "before"), *after = word(claim, "after");
        bool had = strcmp(before, "proved") == 0, has = strcmp(after, "proved") == 0;
        cli_table_cell(table, CLI_PLAIN, "fare never %s with %s",
                       strcmp(word(claim, "direction"), "increasing") == 0 ? "falls" : "rises", word(claim, "feature"));
        cli_table_cell(table, CLI_PLAIN, "%s", before);
        cli_table_cell(table, CLI_PLAIN, "%s", after);
        cli_table_cell(table, had && !has ? CLI_BAD : CLI_PLAIN, "%s", had == has ? "" : had ? "lost" : "gained");
    }
}

static void print_riser(struct cli *cli, json_t *report)
{
    json_t *riser = json_object_get(report, "riser"), *undone = json_object_get(riser, "undone_by"), *change;
    json_t *fares = json_object_get(report, "fares");
    unsigned digits = (unsigned)number(fares, "minor_digits");
    char before[CLI_MONEY_TEXT], after[CLI_MONEY_TEXT];
    size_t i;
    if (!json_is_object(riser))
        return;
    cli_print(cli, "reference row %" PRId64 " rises most, from %s to %s", number(riser, "row"),
              cli_money(number(riser, "before"), digits, word(fares, "unit"), before),
              cli_money(number(riser, "after"), digits, word(fares, "unit"), after));
    json_array_foreach(json_object_get(undone, "changes"), i, change)
    {
        cli_print(cli, "%s%s %s instead of %s", i == 0 ? "; it would not with " : ", ", word(change, "feature"),
                  word(change, "to"), word(change, "from"));
    }
    cli_print(cli, "\n");
}

static void rule_rows(struct cli_table *table, json_t *report)
{
    size_t i;
    json_t *rule;
    json_array_foreach(json_object_get(report, "rules"), i, rule)
    {
        int64_t before = number(rule, "breaches_before"), after = number(rule, "breaches_after");
        row(table, "fares cut by", word(rule, "kind"));
        cli_table_cell(table, CLI_PLAIN, "%" PRId64, before);
        cli_table_cell(table, CLI_PLAIN, "%" PRId64, after);
        cli_table_cell(table, after > before ? CLI_BAD : CLI_PLAIN, "%+" PRId64, after - before);
    }
}

void proposal_print_impact(struct cli *cli, json_t *report)
{
    QR_CLEANUP(cli_table_freep)
    struct cli_table *table = cli_table_new("IMPACT", ">NOW", ">NEW", ">CHANGE", NULL);
    accuracy_rows(table, report);
    fare_rows(table, report);
    attribution_rows(table, report);
    rule_rows(table, report);
    proof_rows(table, report);
    cli_table_print(cli, table);
    cli_print(cli, "\n%" PRId64 " of %" PRId64 " reference fares change\n",
              number(json_object_get(report, "fares"), "changed"), number(report, "rows"));
    print_riser(cli, report);
}
