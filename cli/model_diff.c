#include "cli/model.h"
#include "cli/model_change.h"
#include "common/clock.h"
#include "xai/change.h"
#include "xai/report.h"

/* What replacing one model by another does to these rows: the report that voters get, made from files alone. */

static const struct qr_rules no_rules = {.version = 1};

enum { BATCH = 4096, PROGRESS_MS = 500 };

/* Reads and adds rows a batch at a time, so that a file of any length takes little memory. */
static int stream_rows(struct cli *cli, struct qr_rows *rows, size_t n_features, struct qr_report_stream *stream,
                       struct qr_error *error)
{
    QR_CLEANUP(qr_freep) int32_t *values = qr_alloc(BATCH * n_features, sizeof *values);
    QR_CLEANUP(qr_freep) int64_t *amounts = qr_alloc(BATCH, sizeof *amounts);
    int64_t told_at = qr_clock_monotonic();
    uint64_t done = 0;
    int code = 1;
    while (code == 1) {
        size_t n = 0;
        while (n < BATCH && (code = qr_rows_next(rows, values + n * n_features, &amounts[n], error)) == 1)
            n++;
        int failed = code < 0 ? code : qr_report_stream_add(stream, values, amounts, n, error);
        if (failed)
            return failed;
        done += n;
        int64_t now = qr_clock_monotonic();
        if (cli_notes_on_terminal(cli) && now - told_at > PROGRESS_MS * 1000) {
            cli_note(cli, "\r%" PRIu64 " rows", done);
            told_at = now;
        }
    }
    return done ? QR_OK : qr_fail(error, QR_EINPUT, "there are no rows");
}

/* `change` is NULL where the two models cannot be subtracted. */
static int compute(struct cli *cli, const struct qr_explainer *a, const struct qr_explainer *b,
                   struct qr_change *change, struct qr_report **ret_report, struct qr_error *error)
{
    const struct qr_schema *schema = qr_model_schema(qr_explainer_model(b));
    const char *path, *column = cli_value(cli, "amount");
    QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
    QR_CLEANUP(qr_report_stream_freep) struct qr_report_stream *stream = NULL;
    int code = qr_report_stream_new(a, b, &no_rules, change, &stream, error);
    if (!code)
        code = model_path(cli, "rows", &path, error);
    if (!code)
        code = qr_rows_open(schema, path, &rows, error);
    if (!code && column)
        code = qr_rows_amount_column(rows, column, error);
    if (!code)
        code = stream_rows(cli, rows, schema->n_features, stream, error);
    if (!code)
        *ret_report = qr_report_stream_take(stream);
    return code;
}

static json_int_t number(json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

static void signed_percent(struct cli_table *table, json_int_t bp)
{
    json_int_t size = bp < 0 ? -bp : bp;
    cli_table_cell(table,
                   bp > 0   ? CLI_WARN
                   : bp < 0 ? CLI_GOOD
                            : CLI_PLAIN,
                   "%s%" PRId64 ".%02" PRId64 "%%", bp < 0 ? "-" : "+", (int64_t)(size / 100), (int64_t)(size % 100));
}

/* What did most of a segment's change, and how much of the score; blank without an attribution. */
static void cause_cells(struct cli_table *table, const json_t *entry, double scale)
{
    json_int_t size;
    const char *cause = model_change_cause(entry, json_integer_value(json_object_get(entry, "change")) >= 0, &size);
    cli_table_cell(table, CLI_PLAIN, "%s", cause);
    if (*cause)
        cli_table_cell(table, CLI_PLAIN, "%+.4f", (double)size / scale);
    else
        cli_table_cell(table, CLI_PLAIN, "%s", "");
}

/* `change` holds the same groupings and segments as the report, in the same order. */
static void print_segments(struct cli *cli, json_t *grouping, const json_t *changes, double scale,
                           const struct qr_output *output)
{
    char before[CLI_MONEY_TEXT], after[CLI_MONEY_TEXT];
    QR_CLEANUP(cli_table_freep)
    struct cli_table *table =
        cli_table_new("SEGMENT", ">ROWS", ">BEFORE", ">AFTER", ">CHANGE", "MOSTLY", ">SCORE", NULL);
    size_t i;
    json_t *segment;
    json_array_foreach(json_object_get(grouping, "segments"), i, segment)
    {
        cli_table_cell(table, CLI_PLAIN, "%s %s", json_string_value(json_object_get(grouping, "name")),
                       json_string_value(json_object_get(segment, "value")));
        cli_table_cell(table, CLI_PLAIN, "%" PRId64, (int64_t)number(segment, "rows"));
        cli_table_cell(table, CLI_PLAIN, "%s",
                       cli_money(number(segment, "mean_before"), output->minor_digits, output->unit, before));
        cli_table_cell(table, CLI_PLAIN, "%s",
                       cli_money(number(segment, "mean_after"), output->minor_digits, output->unit, after));
        signed_percent(table, number(segment, "change_bp"));
        cause_cells(table, json_array_get(json_object_get(changes, "segments"), i), scale);
    }
    cli_print(cli, "\n");
    cli_table_print(cli, table);
}

static void print_attribution(struct cli *cli, json_t *document)
{
    QR_CLEANUP(cli_table_freep)
    struct cli_table *table = cli_table_new("FEATURE", ">SHARE BEFORE", ">SHARE AFTER", NULL);
    size_t i;
    json_t *feature;
    json_array_foreach(json_object_get(document, "attribution"), i, feature)
    {
        json_int_t before = number(feature, "share_before_bp"), after = number(feature, "share_after_bp");
        cli_table_cell(table, CLI_PLAIN, "%s", json_string_value(json_object_get(feature, "feature")));
        cli_table_cell(table, CLI_PLAIN, "%" PRId64 ".%02" PRId64 "%%", (int64_t)(before / 100),
                       (int64_t)(before % 100));
        cli_table_cell(table, CLI_PLAIN, "%" PRId64 ".%02" PRId64 "%%", (int64_t)(after / 100), (int64_t)(after % 100));
    }
    cli_print(cli, "\n");
    cli_table_print(cli, table);
}

static void print_accuracy(struct cli *cli, json_t *document)
{
    size_t i;
    json_t *segment;
    json_array_foreach(json_object_get(document, "accuracy"), i, segment)
    {
        json_int_t before = number(segment, "mape_before_bp"), after = number(segment, "mape_after_bp");
        cli_print(cli,
                  "%serror of %-10s %" PRId64 ".%02" PRId64 "%% before, %" PRId64 ".%02" PRId64 "%% after, %" PRId64
                  " rows\n",
                  i ? "" : "\n", json_string_value(json_object_get(segment, "segment")), (int64_t)(before / 100),
                  (int64_t)(before % 100), (int64_t)(after / 100), (int64_t)(after % 100),
                  (int64_t)number(segment, "rows"));
    }
}

static void print_report(struct cli *cli, json_t *document, const struct qr_output *output)
{
    char rise[CLI_MONEY_TEXT], fall[CLI_MONEY_TEXT];
    json_t *fares = json_object_get(document, "fares"), *grouping;
    cli_print(cli, "%" PRId64 " of %" PRId64 " fares change; largest rise %s, largest fall %s\n",
              (int64_t)number(fares, "changed"), (int64_t)number(document, "rows"),
              cli_money(number(fares, "largest_rise"), output->minor_digits, output->unit, rise),
              cli_money(number(fares, "largest_fall"), output->minor_digits, output->unit, fall));
    size_t i;
    json_t *change = json_object_get(document, "change");
    double scale = (double)number(change, "score_scale");
    json_array_foreach(json_object_get(document, "segments"), i, grouping)
        print_segments(cli, grouping, json_array_get(json_object_get(change, "segments"), i), scale, output);
    print_attribution(cli, document);
    print_accuracy(cli, document);
}

static int run(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *a = NULL, *b = NULL;
    QR_CLEANUP(qr_explainer_freep) struct qr_explainer *of_a = NULL, *of_b = NULL;
    QR_CLEANUP(qr_change_freep) struct qr_change *change = NULL;
    QR_CLEANUP(qr_report_freep) struct qr_report *report = NULL;
    struct qr_error why;
    int code = qr_model_load(cli_argument(cli, 0), &a, error);
    if (!code)
        code = qr_model_load(cli_argument(cli, 1), &b, error);
    if (!code)
        code = model_explainer(cli, a, &of_a, error);
    if (!code)
        code = model_explainer(cli, b, &of_b, error);
    if (code)
        return code;
    bool subtracts = qr_change_new(of_a, of_b, &change, &why) == QR_OK;
    code = compute(cli, of_a, of_b, change, &report, error);
    if (code)
        return code;
    json_t *document = qr_report_json(report);
    if (subtracts)
        json_object_set_new(document, "change", qr_change_json(change));
    if (cli_wants_json(cli))
        return cli_json(cli, document, error);
    print_report(cli, document, &qr_model_schema(b)->output);
    if (subtracts)
        model_change_print(cli, json_object_get(document, "change"), &qr_model_schema(b)->output);
    else
        cli_note(cli, "The change is not attributed: %s.\n", why.text);
    json_decref(document);
    return QR_OK;
}

static const struct cli_option options[] = {
    MODEL_ROWS_OPTION,
    MODEL_BASELINE_OPTION,
    {.name = "amount", .value = "COLUMN", .help = "column with the true amount, to tell the error of both"},
    MODEL_MEMORY_OPTION,
    {0},
};

const struct cli_command cli_model_diff = {
    .name = "diff",
    .summary = "tell what replacing one model by another changes",
    .usage = "A.qrm B.qrm",
    .least = 2,
    .most = 2,
    .options = options,
    .example = "quorate model diff first.qrm second.qrm --rows reference.csv --baseline baseline.csv --amount price  # "
               "who pays more",
    .about = "Rows stream: a file of any length takes little memory. Each segment tells the mean fares, and the feature\n"
             "that did most of the change of its mean score, with how much (--json tells all features, exactly: base +\n"
             "contributions = change).",
    .run = run,
};
