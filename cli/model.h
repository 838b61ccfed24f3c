#ifndef QR_CLI_MODEL_H
#define QR_CLI_MODEL_H

#include "cli/cli.h"
#include "xai/attribution.h"

/* What the subcommands of `quorate model` share. Each of these is a row of the table in model.c. */
extern const struct cli_command cli_model_import;
extern const struct cli_command cli_model_show;
extern const struct cli_command cli_model_predict;
extern const struct cli_command cli_model_explain;
extern const struct cli_command cli_model_diff;
extern const struct cli_command cli_model_publish;
extern const struct cli_command cli_model_fetch;
extern const struct cli_command cli_model_whatif;
extern const struct cli_command cli_model_export;
extern const struct cli_command cli_model_certify;

/* The explainer of the model and --baseline (CSV or QRB1), under --table-memory. */
QR_MUST_USE int model_explainer(struct cli *cli, struct qr_model *model, struct qr_explainer **ret_explainer,
                                struct qr_error *error);

/* A model file; or, when the text is a hash and no such file exists, the published model of that hash. */
QR_MUST_USE int model_load(struct cli *cli, const char *text, struct qr_model **ret_model, struct qr_error *error);

/* Options that several take. */
#define MODEL_ROWS_OPTION                                                                                              \
    {                                                                                                                  \
        .name = "rows", .value = "ROWS.csv",                                                                           \
        .help = "CSV with a header of feature names, or JSON lines; - is standard input"                               \
    }
#define MODEL_BASELINE_OPTION                                                                                          \
    {                                                                                                                  \
        .name = "baseline", .value = "FILE", .help = "rows that fares are compared to: CSV, or a baseline file"        \
    }
#define MODEL_MEMORY_OPTION                                                                                            \
    {                                                                                                                  \
        .name = "table-memory", .value = "MIB", .help = "memory that attribution tables may take (384)"                \
    }

/* The path of --rows or --baseline; QR_EUSAGE without it. */
QR_MUST_USE int model_path(struct cli *cli, const char *option, const char **ret_path, struct qr_error *error);

/* Takes the value of `object` into `target`, key by key. */
void model_merge_json(json_t *target, json_t *object);

#endif
