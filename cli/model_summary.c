#include "cli/model_summary.h"
#include "cli/model.h"
#include "cli/model_dependence.h"
#include "common/buffer.h"
#include "xai/fare.h"

enum { HALF = 32, BINS = 2 * HALF, NUMBER_GROUPS = 12 };

/* 128 bits, so that no number of rows overflows. */
typedef unsigned __int128 wide;
typedef __int128 wide_signed;

struct group {
    uint64_t rows;
    wide_signed amounts, contributions;
};

struct model_summary {
    const struct qr_model *model;
    const struct qr_schema *schema;
    uint64_t rows;
    wide sums[QR_FEATURES_MAX];
    unsigned shift;         /* a bin is 2^shift score units wide */
    uint64_t (*bins)[BINS]; /* of each feature; the first HALF for what lowers the score */
    int by;                 /* feature, or -1 */
    size_t n_groups;        /* the last is for blanks */
    struct group *groups;
    struct model_dependence *dependence; /* NULL: not asked for */
};

int model_summary_new(struct cli *cli, const struct qr_model *model, struct model_summary **ret_summary,
                      struct qr_error *error)
{
    const struct qr_schema *schema = qr_model_schema(model);
    const char *by = cli_value(cli, "by");
    int feature = by ? qr_schema_find(schema, by) : -1;
    if (by && feature < 0)
        return qr_fail(error, QR_EUSAGE, "the model has no feature %s", by);
    struct model_dependence *dependence = NULL;
    int code = model_dependence_new(cli, model, &dependence, error);
    if (code)
        return code;
    struct model_summary *summary = qr_alloc(1, sizeof *summary);
    summary->dependence = dependence;
    summary->model = model;
    summary->schema = schema;
    summary->bins = qr_alloc(schema->n_features, sizeof *summary->bins);
    summary->by = feature;
    if (feature >= 0) {
        const struct qr_feature *declared = &schema->features[feature];
        summary->n_groups = 1 + (declared->kind == QR_FEATURE_CATEGORY ? declared->n_categories : NUMBER_GROUPS);
        summary->groups = qr_alloc(summary->n_groups, sizeof *summary->groups);
    }
    *ret_summary = summary;
    return QR_OK;
}

void model_summary_freep(struct model_summary **summary)
{
    if (!*summary)
        return;
    model_dependence_freep(&(*summary)->dependence);
    free((*summary)->bins);
    free((*summary)->groups);
    free(*summary);
    *summary = NULL;
}

/* Adding. */

static void double_bins(struct model_summary *summary)
{
    summary->shift++;
    for (size_t f = 0; f < summary->schema->n_features; f++) {
        uint64_t *bins = summary->bins[f], merged[BINS] = {0};
        for (size_t i = 0; i < BINS; i++)
            merged[HALF / 2 + i / 2] += bins[i];
        memcpy(bins, merged, sizeof merged);
    }
}

static void add_contribution(struct model_summary *summary, size_t feature, int64_t value)
{
    summary->sums[feature] += (uint64_t)(value < 0 ? -value : value);
    int64_t bin;
    while ((bin = value >> summary->shift) < -HALF || bin >= HALF)
        double_bins(summary);
    summary->bins[feature][bin + HALF]++;
}

/* Numbers fall into equal steps of the declared range. */
static int64_t step_of(const struct qr_feature *feature)
{
    return ((int64_t)feature->max - feature->min) / NUMBER_GROUPS + 1;
}

static size_t group_of(const struct model_summary *summary, int32_t value)
{
    const struct qr_feature *feature = &summary->schema->features[summary->by];
    if (value == QR_MISSING)
        return summary->n_groups - 1;
    return (size_t)(feature->kind == QR_FEATURE_CATEGORY ? value : ((int64_t)value - feature->min) / step_of(feature));
}

static void add_group(struct model_summary *summary, int32_t value, int64_t score, int64_t contribution)
{
    struct group *group = &summary->groups[group_of(summary, value)];
    group->rows++;
    group->amounts += qr_fare(summary->model, score).minor;
    group->contributions += contribution;
}

void model_summary_add(struct model_summary *summary, const int32_t *rows, const int64_t *scores,
                       const int64_t *contributions, size_t n)
{
    size_t n_features = summary->schema->n_features;
    for (size_t i = 0; i < n; i++) {
        for (size_t f = 0; f < n_features; f++)
            add_contribution(summary, f, contributions[i * n_features + f]);
        if (summary->by >= 0)
            add_group(summary, rows[i * n_features + (size_t)summary->by], scores[i],
                      contributions[i * n_features + (size_t)summary->by]);
    }
    summary->rows += n;
    if (summary->dependence)
        model_dependence_add(summary->dependence, rows, contributions, n);
}

/* Answers. */

static int64_t mean_of(wide_signed sum, uint64_t rows)
{
    if (rows == 0)
        return 0;
    wide_signed twice = 2 * sum + (wide_signed)rows, by = 2 * (wide_signed)rows;
    return (int64_t)(twice >= 0 ? twice / by : -((by - 1 - twice) / by));
}

static wide total_of(const struct model_summary *summary)
{
    wide total = 0;
    for (size_t i = 0; i < summary->schema->n_features; i++)
        total += summary->sums[i];
    return total;
}

static void group_label(const struct model_summary *summary, size_t group, struct qr_buffer *out)
{
    const struct qr_feature *feature = &summary->schema->features[summary->by];
    char first[QR_VALUE_TEXT], last[QR_VALUE_TEXT];
    int64_t low = feature->min + (int64_t)group * step_of(feature), high = low + step_of(feature) - 1;
    if (group == summary->n_groups - 1)
        qr_buffer_text(out, "missing");
    else if (feature->kind == QR_FEATURE_CATEGORY)
        qr_buffer_text(out, "%s", feature->categories[group]);
    else
        qr_buffer_text(out, "%s to %s", qr_feature_format(feature, (int32_t)low, first),
                       qr_feature_format(feature, (int32_t)(high < feature->max ? high : feature->max), last));
}

static json_t *groups_json(const struct model_summary *summary)
{
    json_t *list = json_array();
    for (size_t i = 0; i < summary->n_groups; i++) {
        const struct group *group = &summary->groups[i];
        if (group->rows == 0)
            continue;
        QR_CLEANUP(qr_buffer_done) struct qr_buffer label = {0};
        group_label(summary, i, &label);
        json_array_append_new(list, json_pack("{s:s,s:I,s:I,s:I}", "value", qr_buffer_string(&label), "rows",
                                              (json_int_t)group->rows, "mean_amount",
                                              (json_int_t)mean_of(group->amounts, group->rows), "mean_contribution",
                                              (json_int_t)mean_of(group->contributions, group->rows)));
    }
    return json_pack("{s:s,s:o}", "feature", summary->schema->features[summary->by].name, "groups", list);
}

static json_t *summary_json(const struct model_summary *summary)
{
    json_t *means = json_object(), *shares = json_object();
    wide total = total_of(summary), personal = 0;
    for (size_t i = 0; i < summary->schema->n_features; i++) {
        const struct qr_feature *feature = &summary->schema->features[i];
        personal += feature->personal ? summary->sums[i] : 0;
        json_object_set_new(means, feature->name, json_integer(mean_of((wide_signed)summary->sums[i], summary->rows)));
        json_object_set_new(shares, feature->name,
                            json_integer(total ? (int64_t)(summary->sums[i] * 10000 / total) : 0));
    }
    json_t *document =
        json_pack("{s:I,s:o,s:o,s:I,s:I}", "rows", (json_int_t)summary->rows, "mean_abs", means, "share_bp", shares,
                  "personal_share_bp", (json_int_t)(total ? personal * 10000 / total : 0), "score_scale",
                  (json_int_t)1 << qr_model_facts(summary->model)->score_bits);
    if (summary->by >= 0)
        json_object_set_new(document, "by", groups_json(summary));
    if (summary->dependence)
        json_object_set_new(document, "dependence", model_dependence_json(summary->dependence));
    return document;
}

/* How many rows lie in two neighbouring bins, as a character: the denser, the darker, by powers of two. */
static void swarm_of(const uint64_t *bins, char text[BINS / 2 + 1])
{
    static const char shades[] = " .:-=+*#%@";
    for (size_t i = 0; i < BINS / 2; i++) {
        uint64_t count = bins[2 * i] + bins[2 * i + 1];
        unsigned level = count ? (unsigned)(64 - __builtin_clzll(count) + 1) / 2 : 0;
        text[i] = shades[level < sizeof shades - 1 ? level : sizeof shades - 2];
    }
    text[BINS / 2] = 0;
}

static void print_swarm(struct cli *cli, const struct model_summary *summary)
{
    double unit = 1.0 / (double)(1 << qr_model_facts(summary->model)->score_bits);
    wide total = total_of(summary);
    QR_CLEANUP(cli_table_freep)
    struct cli_table *table = cli_table_new("FEATURE", ">MEAN", ">SHARE", "LOWERS | RAISES", NULL);
    for (size_t i = 0; i < summary->schema->n_features; i++) {
        char swarm[BINS / 2 + 1];
        swarm_of(summary->bins[i], swarm);
        unsigned share = total ? (unsigned)(summary->sums[i] * 1000 / total) : 0;
        cli_table_cell(table, CLI_PLAIN, "%s", summary->schema->features[i].name);
        cli_table_cell(table, CLI_PLAIN, "%.6f", (double)mean_of((wide_signed)summary->sums[i], summary->rows) * unit);
        cli_table_cell(table, CLI_PLAIN, "%u.%u%%", share / 10, share % 10);
        cli_table_cell(table, CLI_ACCENT, "%.*s|%s", BINS / 4, swarm, swarm + BINS / 4);
    }
    cli_table_print(cli, table);
    double reach = (double)((int64_t)HALF << summary->shift) * unit;
    cli_print(cli, "\nThe bar is a contribution of 0, the ends are %.3f and %.3f.\n", -reach, reach);
}

static void print_groups(struct cli *cli, const struct model_summary *summary)
{
    const struct qr_output *output = &summary->schema->output;
    double unit = 1.0 / (double)(1 << qr_model_facts(summary->model)->score_bits);
    char money[CLI_MONEY_TEXT];
    cli_print(cli, "\n");
    QR_CLEANUP(cli_table_freep)
    struct cli_table *table =
        cli_table_new(summary->schema->features[summary->by].name, ">ROWS", ">MEAN FARE", ">MEAN CONTRIBUTION", NULL);
    for (size_t i = 0; i < summary->n_groups; i++) {
        const struct group *group = &summary->groups[i];
        if (group->rows == 0)
            continue;
        QR_CLEANUP(qr_buffer_done) struct qr_buffer label = {0};
        group_label(summary, i, &label);
        cli_table_cell(table, CLI_PLAIN, "%s", qr_buffer_string(&label));
        cli_table_cell(table, CLI_PLAIN, "%" PRIu64, group->rows);
        cli_table_cell(table, CLI_PLAIN, "%s",
                       cli_money(mean_of(group->amounts, group->rows), output->minor_digits, output->unit, money));
        cli_table_cell(table, CLI_PLAIN, "%+.6f", (double)mean_of(group->contributions, group->rows) * unit);
    }
    cli_table_print(cli, table);
}

int model_summary_answer(struct cli *cli, const struct model_summary *summary, struct qr_error *error)
{
    if (cli_wants_json(cli))
        return cli_json(cli, summary_json(summary), error);
    cli_print(cli, "%" PRIu64 " rows; the mean is that of each contribution's size\n\n", summary->rows);
    print_swarm(cli, summary);
    if (summary->by >= 0)
        print_groups(cli, summary);
    if (summary->dependence)
        model_dependence_print(cli, summary->dependence);
    return QR_OK;
}
