#include "cli/model.h"
#include "xai/export.h"

/* With --json there is an answer beside the file. */
static json_t *export_json(const struct qr_model *model, const struct qr_export_error *max_error, size_t bytes)
{
    const struct qr_model_facts *facts = qr_model_facts(model);
    return json_pack("{s:s,s:s,s:I,s:I,s:I,s:I,s:{s:s,s:s,s:i}}", "model", qr_hash_text(qr_model_hash(model)).text,
                     "format", "xgboost-json", "trees", (json_int_t)facts->trees, "leaves", (json_int_t)facts->leaves,
                     "bytes", (json_int_t)bytes, "score_scale", (json_int_t)1 << facts->score_bits, "max_error",
                     "score", max_error->score, "leaves", max_error->leaves, "routing", 0);
}

static int run(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    struct qr_export_error max_error;
    const char *to = cli_value(cli, "to"), *target = cli_value(cli, "output");
    if (!to || strcmp(to, "xgboost-json") != 0)
        return qr_fail(error, QR_EUSAGE, "--to xgboost-json is needed: the one format there is");
    int code = qr_model_load(cli_argument(cli, 0), &model, error);
    if (!code)
        code = qr_export_xgboost(model, &text, &max_error, error);
    if (!code)
        code = cli_write_answer(cli, text.data, text.size, error);
    if (code)
        return code;
    if (cli_wants_json(cli) && target && strcmp(target, "-") != 0)
        return cli_json(cli, export_json(model, &max_error, text.size), error);
    cli_note(cli, "XGBoost's margin differs from the score by at most %s (leaves as float32: %s, the rest: its sums)\n",
             max_error.score, max_error.leaves);
    return QR_OK;
}

static const struct cli_option options[] = {
    {.name = "to", .value = "FORMAT", .help = "xgboost-json"},
    {.name = "output", .letter = 'o', .value = "FILE", .help = "the file to write; without it, standard output"},
    {0},
};

const struct cli_command cli_model_export = {
    .name = "export",
    .summary = "turn a model into one that XGBoost loads",
    .usage = "MODEL.qrm",
    .least = 1,
    .most = 1,
    .options = options,
    .example =
        "quorate model export first.qrm --to xgboost-json -o first.json  # xgboost.Booster(model_file=\"first.json\")",
    .about =
        "Every row takes the same branches in XGBoost, and the margin that it predicts is the score. Leaves become\n"
        "float32 and XGBoost adds them in float32: a note, or the answer of --json beside -o, says by how much the\n"
        "margin can differ.",
    .run = run,
};
