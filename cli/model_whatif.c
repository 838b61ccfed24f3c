#include "cli/model.h"
#include "common/fixed.h"
#include "xai/fare.h"
#include "xai/rows.h"
#include "xai/whatif.h"

/* The features named after --change, parted by commas; or one whose own name has a comma. */
static int read_names(const char *names, const struct qr_schema *schema, bool *may_change, struct qr_error *error)
{
    int whole = qr_schema_find(schema, names);
    if (whole >= 0) {
        may_change[whole] = true;
        return QR_OK;
    }
    while (*names) {
        char name[QR_FEATURE_NAME_SIZE];
        size_t size = strcspn(names, ",");
        snprintf(name, sizeof name, "%.*s", (int)size, names);
        int feature = size < sizeof name ? qr_schema_find(schema, name) : -1;
        if (feature < 0)
            return qr_fail(error, QR_EUSAGE, "the model has no feature %s", name);
        may_change[feature] = true;
        names += size + (names[size] == ',');
    }
    return QR_OK;
}

static int read_changes(struct cli *cli, const struct qr_schema *schema, bool *may_change, struct qr_error *error)
{
    if (!cli_value(cli, "change"))
        return qr_fail(error, QR_EUSAGE, "--change NAME,NAME is needed: the features that may change");
    const char *names;
    int code = QR_OK;
    for (size_t i = 0; !code && (names = cli_value_at(cli, "change", i)); i++)
        code = read_names(names, schema, may_change, error);
    return code;
}

static int read_below(struct cli *cli, const struct qr_schema *schema, int64_t *ret_below, struct qr_error *error)
{
    const char *text = cli_value(cli, "below");
    int64_t scale = 1;
    for (unsigned i = 0; i < schema->output.minor_digits; i++)
        scale *= 10;
    if (!text)
        return qr_fail(error, QR_EUSAGE, "--below AMOUNT is needed, in %s", schema->output.unit);
    int code = qr_fixed_parse(text, strlen(text), scale, ret_below, error);
    if (code)
        qr_prefix(error, "--below");
    return code;
}

/* Row number --row of the file, from 0. */
static int read_row(struct cli *cli, const struct qr_schema *schema, int32_t *row, struct qr_error *error)
{
    const char *path;
    int64_t wanted;
    QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
    int code = model_path(cli, "rows", &path, error);
    if (!code)
        code = cli_integer(cli, "row", 0, INT32_MAX, 0, &wanted, error);
    if (!code)
        code = qr_rows_open(schema, path, &rows, error);
    if (code)
        return code;
    for (int64_t i = 0; i <= wanted; i++) {
        code = qr_rows_next(rows, row, NULL, error);
        if (code <= 0)
            return code ? code : qr_fail(error, QR_EINPUT, "%s has only %" PRId64 " rows", path, i);
    }
    return QR_OK;
}

static json_t *changes_json(const struct qr_schema *schema, const int32_t *from, const int32_t *to)
{
    json_t *list = json_array();
    char before[QR_VALUE_TEXT], after[QR_VALUE_TEXT];
    for (size_t i = 0; i < schema->n_features; i++)
        if (from[i] != to[i])
            json_array_append_new(list, json_pack("{s:s,s:s,s:s}", "feature", schema->features[i].name, "from",
                                                  qr_feature_format(&schema->features[i], from[i], before), "to",
                                                  qr_feature_format(&schema->features[i], to[i], after)));
    return list;
}

static json_t *answer_json(const struct qr_model *model, const int32_t *row, int64_t below,
                           const struct qr_whatif *answer)
{
    json_t *document =
        json_pack("{s:I,s:I,s:b,s:b,s:I}", "amount", (json_int_t)qr_fare(model, qr_model_score(model, row)).minor,
                  "below", (json_int_t)below, "found", (int)answer->found, "limited", (int)answer->limited, "nodes",
                  (json_int_t)answer->nodes);
    if (answer->found) {
        json_object_set_new(document, "new_amount", json_integer(qr_fare(model, answer->score).minor));
        json_object_set_new(document, "changes", changes_json(qr_model_schema(model), row, answer->row));
    }
    return document;
}

static void answer_text(struct cli *cli, const struct qr_model *model, const int32_t *row,
                        const struct qr_whatif *answer)
{
    const struct qr_schema *schema = qr_model_schema(model);
    const struct qr_output *output = &schema->output;
    char before[QR_VALUE_TEXT], after[QR_VALUE_TEXT], money[CLI_MONEY_TEXT];
    cli_print(cli, "now   %s\n",
              cli_money(qr_fare(model, qr_model_score(model, row)).minor, output->minor_digits, output->unit, money));
    if (!answer->found) {
        cli_print(cli,
                  answer->limited ? "The search ended at %" PRIu64
                                    " boxes without an answer; --nodes raises the limit.\n"
                                  : "No change of these features reaches it (%" PRIu64 " boxes searched).\n",
                  answer->nodes);
        return;
    }
    if (memcmp(row, answer->row, schema->n_features * sizeof *row) == 0) {
        cli_print(cli, "That is below it already.\n");
        return;
    }
    cli_print(cli, "then  %s\n\n",
              cli_money(qr_fare(model, answer->score).minor, output->minor_digits, output->unit, money));
    QR_CLEANUP(cli_table_freep) struct cli_table *table = cli_table_new("FEATURE", "FROM", "TO", NULL);
    for (size_t i = 0; i < schema->n_features; i++) {
        if (row[i] == answer->row[i])
            continue;
        cli_table_cell(table, CLI_PLAIN, "%s", schema->features[i].name);
        cli_table_cell(table, CLI_PLAIN, "%s", qr_feature_format(&schema->features[i], row[i], before));
        cli_table_cell(table, CLI_PLAIN, "%s", qr_feature_format(&schema->features[i], answer->row[i], after));
    }
    cli_table_print(cli, table);
}

static int run(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    bool may_change[QR_FEATURES_MAX] = {0};
    int32_t row[QR_FEATURES_MAX];
    int64_t below, nodes;
    struct qr_whatif answer;
    int code = qr_model_load(cli_argument(cli, 0), &model, error);
    if (!code)
        code = read_changes(cli, qr_model_schema(model), may_change, error);
    if (!code)
        code = read_below(cli, qr_model_schema(model), &below, error);
    if (!code)
        code = cli_integer(cli, "nodes", 1, INT32_MAX, QR_WHATIF_NODES_DEFAULT, &nodes, error);
    if (!code)
        code = read_row(cli, qr_model_schema(model), row, error);
    if (!code)
        code = qr_whatif_search(model, row, may_change, below, (uint64_t)nodes, &answer, error);
    if (code)
        return code;
    if (!answer.found)
        cli_exit_with(cli, 1);
    if (cli_wants_json(cli))
        return cli_json(cli, answer_json(model, row, below, &answer), error);
    answer_text(cli, model, row, &answer);
    return QR_OK;
}

static const struct cli_option options[] = {
    MODEL_ROWS_OPTION,
    {.name = "row", .value = "N", .help = "which row, from 0 (0)"},
    {.name = "below", .value = "AMOUNT", .help = "the fare to get below, in the model's unit: 4500 or 4500.50"},
    {.name = "change", .value = "NAMES", .help = "features that may change, parted by commas", .many = true},
    {.name = "nodes", .value = "N", .help = "boxes to search at most (200000)"},
    {0},
};

const struct cli_command cli_model_whatif = {
    .name = "whatif",
    .summary = "find the smallest change that makes a fare cheaper",
    .usage = "MODEL.qrm",
    .least = 1,
    .most = 1,
    .options = options,
    .example = "quorate model whatif first.qrm --rows rows.csv --below 4500 --change days_left,departure  # book when, "
               "fly when?",
    .about = "The answer changes as few of the named features as possible, and those as little as possible. The\n"
             "search is exact; when --nodes ends it before that is settled, the answer says so. Exit status 1:\n"
             "nothing was found.",
    .run = run,
};
