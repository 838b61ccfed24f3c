#include "cli/model.h"

#include "common/clock.h"
#include "xai/fare.h"

int model_path(struct cli *cli, const char *option, const char **ret_path, struct qr_error *error)
{
    const char *path = cli_value(cli, option);
    if (!path)
        return qr_fail(error, QR_EUSAGE, "--%s is needed", option);
    *ret_path = path;
    return QR_OK;
}

int model_explainer(struct cli *cli, struct qr_model *model, struct qr_explainer **ret_explainer,
                    struct qr_error *error)
{
    const char *path = NULL;
    int64_t mebibytes;
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    int code = model_path(cli, "baseline", &path, error);
    if (!code)
        code = cli_integer(cli, "table-memory", 0, 1 << 20, 384, &mebibytes, error);
    if (!code)
        code = qr_baseline_load(qr_model_schema(model), path, &baseline, error);
    if (code)
        return code;
    struct qr_explainer_options options = {.table_bytes = (size_t)mebibytes << 20, .threads = 1};
    return qr_explainer_new(model, baseline, &options, ret_explainer, error);
}

void model_merge_json(json_t *target, json_t *object)
{
    json_object_update(target, object);
    json_decref(object);
}

/* quorate model show */

static json_t *bounds_json(const struct qr_model *model)
{
    const struct qr_model_facts *facts = qr_model_facts(model);
    return json_pack("{s:I,s:I,s:I,s:I}", "score_min", (json_int_t)facts->score_min, "score_max",
                     (json_int_t)facts->score_max, "amount_min", (json_int_t)qr_fare(model, facts->score_min).minor,
                     "amount_max", (json_int_t)qr_fare(model, facts->score_max).minor);
}

static json_t *direct_json(const struct qr_explainer *explainer, size_t trees)
{
    json_t *list = json_array();
    for (size_t t = 0; t < trees; t++)
        if (qr_explainer_is_direct(explainer, t))
            json_array_append_new(list, json_integer((json_int_t)t));
    return list;
}

static json_t *tables_json(const struct qr_explainer *explainer, int64_t build_us)
{
    const struct qr_explainer_facts *facts = qr_explainer_facts(explainer);
    return json_pack(
        "{s:I,s:I,s:o,s:I,s:I,s:s}", "table_trees", (json_int_t)facts->table_trees, "direct_trees",
        (json_int_t)facts->direct_trees, "direct", direct_json(explainer, facts->table_trees + facts->direct_trees),
        "bytes", (json_int_t)facts->table_bytes, "build_us", (json_int_t)build_us, "instructions", facts->instructions);
}

static json_t *show_json(const struct qr_model *model, const struct qr_explainer *explainer, int64_t build_us)
{
    const struct qr_model_facts *facts = qr_model_facts(model);
    json_t *document = json_pack(
        "{s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:o}", "model", qr_hash_text(qr_model_hash(model)).text, "trees",
        (json_int_t)facts->trees, "leaves", (json_int_t)facts->leaves, "splits", (json_int_t)facts->splits, "depth",
        (json_int_t)facts->depth, "bytes", (json_int_t)qr_model_bytes(model).size, "score_scale",
        (json_int_t)1 << facts->score_bits, "base_score", (json_int_t)facts->base_score, "bounds", bounds_json(model));
    model_merge_json(document, qr_schema_json(qr_model_schema(model)));
    if (explainer)
        json_object_set_new(document, "tables", tables_json(explainer, build_us));
    return document;
}

static void feature_cells(struct cli_table *table, const struct qr_model *model, size_t i)
{
    const struct qr_feature *feature = &qr_model_schema(model)->features[i];
    char least[QR_VALUE_TEXT], most[QR_VALUE_TEXT];
    cli_table_cell(table, CLI_PLAIN, "%s", feature->name);
    if (feature->kind == QR_FEATURE_NUMBER)
        cli_table_cell(table, CLI_PLAIN, "%s to %s %s", qr_feature_format(feature, feature->min, least),
                       qr_feature_format(feature, feature->max, most), feature->unit);
    else
        cli_table_cell(table, CLI_PLAIN, "%zu categories", feature->n_categories);
    cli_table_cell(table, CLI_DIM, "%s%s%s", feature->missing ? "may be blank " : "",
                   feature->personal ? "personal " : "", qr_model_uses(model, i) ? "" : "unused");
}

/* "direct  trees 3, 7-9": those without tables, a run of neighbours as one. */
static void show_direct(struct cli *cli, const struct qr_explainer *explainer, size_t trees)
{
    const char *before = "direct  trees ";
    for (size_t t = 0, end; t < trees; t = end + 1) {
        for (end = t; end < trees && qr_explainer_is_direct(explainer, end);)
            end++;
        if (end == t)
            continue;
        cli_print(cli, end - t == 1 ? "%s%zu" : "%s%zu-%zu", before, t, end - 1);
        before = ", ";
    }
    cli_print(cli, "\n");
}

static void show_tables(struct cli *cli, const struct qr_explainer *explainer, int64_t build_us)
{
    const struct qr_explainer_facts *facts = qr_explainer_facts(explainer);
    cli_print(cli, "tables  %zu of %zu trees, %.1f MiB, built in %.0f ms, %s instructions\n", facts->table_trees,
              facts->table_trees + facts->direct_trees, (double)facts->table_bytes / 1048576, (double)build_us / 1000,
              facts->instructions);
    if (facts->direct_trees)
        show_direct(cli, explainer, facts->table_trees + facts->direct_trees);
}

static void show_text(struct cli *cli, const struct qr_model *model, const struct qr_explainer *explainer,
                      int64_t build_us)
{
    const struct qr_model_facts *facts = qr_model_facts(model);
    const struct qr_output *output = &qr_model_schema(model)->output;
    char least[CLI_MONEY_TEXT], most[CLI_MONEY_TEXT];
    cli_print(cli, "model   %s\n", qr_hash_text(qr_model_hash(model)).text);
    cli_print(cli, "trees   %zu, %zu leaves, depth %zu, %zu bytes\n", facts->trees, facts->leaves, facts->depth,
              qr_model_bytes(model).size);
    cli_print(cli, "score   %" PRId64 " to %" PRId64 ", in units of 1/%d, %s link\n", facts->score_min,
              facts->score_max, 1 << facts->score_bits, output->link == QR_LINK_LOG ? "log" : "identity");
    cli_print(cli, "fare    %s to %s\n",
              cli_money(qr_fare(model, facts->score_min).minor, output->minor_digits, output->unit, least),
              cli_money(qr_fare(model, facts->score_max).minor, output->minor_digits, output->unit, most));
    if (explainer)
        show_tables(cli, explainer, build_us);
    cli_print(cli, "\n");
    QR_CLEANUP(cli_table_freep) struct cli_table *table = cli_table_new("FEATURE", "VALUES", "", NULL);
    for (size_t i = 0; i < qr_model_schema(model)->n_features; i++)
        feature_cells(table, model, i);
    cli_table_print(cli, table);
}

static int show(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(qr_explainer_freep) struct qr_explainer *explainer = NULL;
    int code = model_load(cli, cli_argument(cli, 0), &model, error);
    int64_t start = qr_clock_monotonic();
    if (!code && cli_value(cli, "baseline"))
        code = model_explainer(cli, model, &explainer, error);
    int64_t build_us = qr_clock_monotonic() - start;
    if (code)
        return code;
    if (cli_wants_json(cli))
        return cli_json(cli, show_json(model, explainer, build_us), error);
    show_text(cli, model, explainer, build_us);
    return QR_OK;
}

static const struct cli_option show_options[] = {MODEL_BASELINE_OPTION, MODEL_MEMORY_OPTION, {0}};

const struct cli_command cli_model_show = {
    .name = "show",
    .summary = "show a model's features, size and bounds",
    .usage = "MODEL.qrm|HASH",
    .least = 1,
    .most = 1,
    .options = show_options,
    .example = "quorate model show first.qrm  # what it sees, and the fares that it can give",
    .about = "With --baseline, also builds the attribution tables and shows their memory, how long that\n"
             "took, and which trees are explained without tables because of the limit.",
    .run = show,
};

static const struct cli_command *const subcommands[] = {&cli_model_import,
                                                        &cli_model_show,
                                                        &cli_model_predict,
                                                        &cli_model_explain,
                                                        &cli_model_diff,
                                                        &cli_model_whatif,
                                                        &cli_model_certify,
                                                        &cli_model_export,
                                                        &cli_model_publish,
                                                        &cli_model_fetch,
                                                        NULL};

const struct cli_command cli_model = {
    .name = "model",
    .summary = "import, show, try and compare models",
    .usage = "COMMAND",
    .example = "quorate model explain first.qrm --rows rows.csv --baseline baseline.csv  # why each fare is what it is",
    .subcommands = subcommands,
};
