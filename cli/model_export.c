#include "cli/model.h"
#include "xai/export.h"

static int run(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    char max_error[QR_ERROR_BOUND_TEXT];
    const char *to = cli_value(cli, "to");
    if (!to || strcmp(to, "xgboost-json") != 0)
        return qr_fail(error, QR_EUSAGE, "--to xgboost-json is needed: the one format there is");
    int code = qr_model_load(cli_argument(cli, 0), &model, error);
    if (!code)
        code = qr_export_xgboost(model, &text, max_error, error);
    if (!code)
        code = cli_write_answer(cli, text.data, text.size, error);
    if (code)
        return code;
    cli_note(cli, "leaves as float32: the exact score differs by at most %s\n", max_error);
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
    .about = "Every row takes the same branches in XGBoost; leaves become float32, and a note says by how much the\n"
             "score can differ. The margin that XGBoost predicts is the score.",
    .run = run,
};
