#include "cli/model.h"
#include "xai/certify.h"
#include "xai/fare.h"

struct claim {
    size_t feature;
    bool increasing;
};

/* "days_left:decreasing". */
static int read_claim(const struct qr_schema *schema, const char *text, struct claim *ret_claim, struct qr_error *error)
{
    char name[QR_FEATURE_NAME_SIZE];
    const char *colon = strrchr(text, ':');
    if (!colon || (strcmp(colon, ":increasing") != 0 && strcmp(colon, ":decreasing") != 0))
        return qr_fail(error, QR_EUSAGE, "--monotone takes FEATURE:increasing or FEATURE:decreasing, not %s", text);
    snprintf(name, sizeof name, "%.*s", (int)(colon - text), text);
    int feature = qr_schema_find(schema, name);
    if (feature < 0)
        return qr_fail(error, QR_EUSAGE, "the model has no feature %s", name);
    *ret_claim = (struct claim){(size_t)feature, colon[1] == 'i'};
    return QR_OK;
}

static json_t *row_json(const struct qr_schema *schema, const int32_t *row)
{
    json_t *object = json_object();
    char text[QR_VALUE_TEXT];
    for (size_t i = 0; i < schema->n_features; i++)
        json_object_set_new(object, schema->features[i].name,
                            json_string(qr_feature_format(&schema->features[i], row[i], text)));
    return object;
}

static json_t *certificate_json(const struct qr_model *model, const struct claim *claim,
                                const struct qr_certificate *certificate)
{
    const struct qr_schema *schema = qr_model_schema(model);
    json_t *object =
        json_pack("{s:s,s:s,s:s,s:I,s:I}", "feature", schema->features[claim->feature].name, "direction",
                  claim->increasing ? "increasing" : "decreasing", "result", qr_certificate_word(certificate->result),
                  "cells", (json_int_t)certificate->cells, "nodes", (json_int_t)certificate->nodes);
    if (certificate->result == QR_CERTIFICATE_BROKEN)
        json_object_set_new(object, "counterexample",
                            json_pack("{s:o,s:o,s:I,s:I,s:I,s:I}", "lower", row_json(schema, certificate->lower),
                                      "upper", row_json(schema, certificate->upper), "lower_score",
                                      (json_int_t)certificate->lower_score, "upper_score",
                                      (json_int_t)certificate->upper_score, "lower_amount",
                                      (json_int_t)qr_fare(model, certificate->lower_score).minor, "upper_amount",
                                      (json_int_t)qr_fare(model, certificate->upper_score).minor));
    return object;
}

static void print_pair(struct cli *cli, const struct qr_model *model, const struct qr_certificate *certificate)
{
    const struct qr_schema *schema = qr_model_schema(model);
    char lower[QR_VALUE_TEXT], upper[QR_VALUE_TEXT];
    QR_CLEANUP(cli_table_freep) struct cli_table *table = cli_table_new("FEATURE", "LOWER", "UPPER", NULL);
    for (size_t i = 0; i < schema->n_features; i++) {
        cli_table_cell(table, CLI_PLAIN, "%s", schema->features[i].name);
        cli_table_cell(table, CLI_PLAIN, "%s", qr_feature_format(&schema->features[i], certificate->lower[i], lower));
        cli_table_cell(table, CLI_PLAIN, "%s", qr_feature_format(&schema->features[i], certificate->upper[i], upper));
    }
    cli_table_cell(table, CLI_BOLD, "fare");
    cli_table_cell(table, CLI_BOLD, "%s",
                   cli_money(qr_fare(model, certificate->lower_score).minor, schema->output.minor_digits,
                             schema->output.unit, lower));
    cli_table_cell(table, CLI_BOLD, "%s",
                   cli_money(qr_fare(model, certificate->upper_score).minor, schema->output.minor_digits,
                             schema->output.unit, upper));
    cli_table_print(cli, table);
}

static void print_certificate(struct cli *cli, const struct qr_model *model, const struct claim *claim,
                              const struct qr_certificate *certificate)
{
    cli_print(cli, "%s is %s: %s (%zu steps, %" PRIu64 " boxes)\n",
              qr_model_schema(model)->features[claim->feature].name, claim->increasing ? "increasing" : "decreasing",
              qr_certificate_word(certificate->result), certificate->cells, certificate->nodes);
    if (certificate->result == QR_CERTIFICATE_BROKEN)
        print_pair(cli, model, certificate);
}

static int certify(struct cli *cli, const struct qr_model *model, const char *text, json_t *list,
                   struct qr_error *error)
{
    struct claim claim = {0};
    struct qr_certificate certificate;
    int64_t nodes;
    int code = read_claim(qr_model_schema(model), text, &claim, error);
    if (!code)
        code = cli_integer(cli, "nodes", 1, INT32_MAX, QR_CERTIFY_NODES_DEFAULT, &nodes, error);
    if (!code)
        code = qr_certify_monotone(model, claim.feature, claim.increasing,
                                   &(struct qr_certify_limits){(uint64_t)nodes, UINT64_MAX}, &certificate, error);
    if (code)
        return code;
    if (certificate.result != QR_CERTIFICATE_PROVED)
        cli_exit_with(cli, 1);
    json_array_append_new(list, certificate_json(model, &claim, &certificate));
    if (!cli_wants_json(cli))
        print_certificate(cli, model, &claim, &certificate);
    return QR_OK;
}

static int run(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    if (!cli_value(cli, "monotone"))
        return qr_fail(error, QR_EUSAGE, "--monotone FEATURE:increasing or FEATURE:decreasing is needed");
    int code = qr_model_load(cli_argument(cli, 0), &model, error);
    json_t *list = json_array();
    const char *claim;
    for (size_t i = 0; !code && (claim = cli_value_at(cli, "monotone", i)); i++)
        code = certify(cli, model, claim, list, error);
    if (!code && cli_wants_json(cli))
        return cli_json(
            cli, json_pack("{s:s,s:o}", "model", qr_hash_text(qr_model_hash(model)).text, "certificates", list), error);
    json_decref(list);
    return code;
}

static const struct cli_option options[] = {
    {.name = "monotone", .value = "CLAIM", .help = "FEATURE:increasing or FEATURE:decreasing", .many = true},
    {.name = "nodes", .value = "N", .help = "boxes to search at most (1000000)"},
    {0},
};

const struct cli_command cli_model_certify = {
    .name = "certify",
    .summary = "prove that a fare only rises or only falls with a feature",
    .usage = "MODEL.qrm",
    .least = 1,
    .most = 1,
    .options = options,
    .example = "quorate model certify first.qrm --monotone seats_left:decreasing  # never dearer with more seats left",
    .about = "The answer is a proof over every row that the features can hold, or two rows that differ in that\n"
             "feature alone and break the claim. Exit status 1: not proved.",
    .run = run,
};
