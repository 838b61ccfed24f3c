#include "cli/model.h"
#include "common/file.h"
#include "xai/import.h"

static json_t *import_json(const struct qr_import *import)
{
    const struct qr_model_facts *facts = qr_model_facts(import->model);
    return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:{s:s,s:i}}", "model", qr_hash_text(qr_model_hash(import->model)).text,
                     "format", import->format, "trees", (json_int_t)facts->trees, "leaves", (json_int_t)facts->leaves,
                     "bytes", (json_int_t)qr_model_bytes(import->model).size, "score_scale",
                     (json_int_t)1 << facts->score_bits, "max_error", "score", import->max_error, "routing", 0);
}

static void import_text(struct cli *cli, const struct qr_import *import, const char *target)
{
    const struct qr_model_facts *facts = qr_model_facts(import->model);
    cli_print(cli, "model    %s\n", qr_hash_text(qr_model_hash(import->model)).text);
    cli_print(cli, "source   %s, %zu trees, %zu leaves\n", import->format, facts->trees, facts->leaves);
    cli_print(cli, "error    score at most %s, routing exact\n", import->max_error);
    cli_print(cli, "file     %s, %zu bytes\n", target, qr_model_bytes(import->model).size);
}

static int run(struct cli *cli, struct qr_error *error)
{
    const char *features, *target = cli_value(cli, "output");
    QR_CLEANUP(qr_schema_done) struct qr_schema schema = {0};
    struct qr_import import = {0};
    if (!target)
        return qr_fail(error, QR_EUSAGE, "-o MODEL.qrm is needed: the file to write");
    int code = model_path(cli, "features", &features, error);
    if (!code)
        code = qr_schema_load(features, &schema, error);
    if (!code)
        code = qr_import_file(cli_argument(cli, 0), &schema, &import, error);
    if (code)
        return code;
    QR_CLEANUP(qr_model_freep) struct qr_model *model = import.model;
    struct qr_span bytes = qr_model_bytes(model);
    code = qr_file_write(target, bytes.bytes, bytes.size, 0666, error);
    if (code)
        return code;
    if (cli_wants_json(cli))
        return cli_json(cli, import_json(&import), error);
    import_text(cli, &import, target);
    return QR_OK;
}

static const struct cli_option options[] = {
    {.name = "features", .value = "FEATURES.json", .help = "what the model's columns mean"},
    {.name = "output", .letter = 'o', .value = "MODEL.qrm", .help = "the file to write"},
    {0},
};

const struct cli_command cli_model_import = {
    .name = "import",
    .summary = "turn an XGBoost or LightGBM model into a canonical one",
    .usage = "SOURCE",
    .least = 1,
    .most = 1,
    .options = options,
    .example = "quorate model import fares.json --features features.json -o fares.qrm  # exact routing, with the "
               "largest error",
    .about =
        "SOURCE is an XGBoost model saved as JSON or UBJSON, or a LightGBM model saved as text; its content\n"
        "tells which. Every row takes the same branches as in the library; leaves are rounded, and the answer\n"
        "states by how much a score can differ at most. What cannot be represented is refused with the reason.\n"
        "All trees of the file are taken; where training stopped early, save booster[:best_iteration + 1].\n"
        "\n"
        "FEATURES.json declares the model's columns, by name, or in their order where the model names none:\n"
        "\n"
        "{\"output\": {\"unit\": \"INR\", \"minor_digits\": 2, \"link\": \"log\"}, \"features\": [\n"
        "{\"name\": \"days_left\", \"unit\": \"day\", \"scale\": 1, \"min\": 0, \"max\": 365},\n"
        "{\"name\": \"duration\", \"unit\": \"hour\", \"scale\": 100, \"min\": 0, \"max\": 60, \"missing\": true},\n"
        "{\"name\": \"airline\", \"categories\": [\"AirAsia\", \"Air_India\"], \"personal\": false}]}\n"
        "\n"
        "A number is kept as a whole one, times scale: 100 keeps two decimals; min and max are in the unit.\n"
        "missing allows blanks. A category's place in the list is its code in the model. personal marks what says\n"
        "something about a person. link is log where exp(score) is the amount, else identity.",
    .run = run,
};
