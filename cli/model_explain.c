#include "cli/model.h"
#include "cli/model_summary.h"
#include "common/clock.h"
#include "common/file.h"
#include "xai/fare.h"
#include "xai/interaction.h"
#include "xai/rows.h"

/* Rows are read, explained and written a batch at a time, so that a file of any length takes little memory. JSONL is
 * written by hand into one buffer: the keys are the same in every line, and building documents would take longer than
 * explaining. */

enum { BATCH = 4096, PROGRESS_MS = 500 };

struct batch {
    struct qr_rows *rows;
    const struct qr_schema *schema;
    int32_t *values; /* BATCH rows */
    int64_t *scores, *contributions;
    size_t n;
    uint64_t done; /* rows before this batch */
    int64_t told_at;
};

static void batch_done(struct batch *batch)
{
    qr_rows_free(batch->rows);
    free(batch->values);
    free(batch->scores);
    free(batch->contributions);
}

static int batch_open(struct cli *cli, const struct qr_model *model, struct batch *batch, struct qr_error *error)
{
    const char *path;
    batch->schema = qr_model_schema(model);
    int code = model_path(cli, "rows", &path, error);
    if (!code)
        code = qr_rows_open(batch->schema, path, &batch->rows, error);
    if (code)
        return code;
    batch->values = qr_alloc(BATCH * batch->schema->n_features, sizeof *batch->values);
    batch->scores = qr_alloc(BATCH, sizeof *batch->scores);
    batch->contributions = qr_alloc(BATCH * batch->schema->n_features, sizeof *batch->contributions);
    batch->told_at = qr_clock_monotonic();
    return QR_OK;
}

/* Fills the batch. A bad row is an error after the rows before it: batch->n tells how many there are. */
static int batch_read(struct cli *cli, struct batch *batch, struct qr_error *error)
{
    int code = 1;
    batch->done += batch->n;
    for (batch->n = 0; batch->n < BATCH && code == 1; batch->n += code == 1)
        code = qr_rows_next(batch->rows, batch->values + batch->n * batch->schema->n_features, NULL, error);
    int64_t now = qr_clock_monotonic();
    if (cli_notes_on_terminal(cli) && now - batch->told_at > PROGRESS_MS * 1000) {
        cli_note(cli, "\r%" PRIu64 " rows", batch->done + batch->n);
        batch->told_at = now;
    }
    return code < 0 ? code : QR_OK;
}

/* What stands around the numbers of one line. */
struct keys {
    size_t n;
    char **names; /* each quoted, with its colon */
};

static void keys_done(struct keys *keys)
{
    for (size_t i = 0; i < keys->n; i++)
        free(keys->names[i]);
    free(keys->names);
}

static struct keys keys_of(const struct qr_schema *schema)
{
    struct keys keys = {schema->n_features, qr_alloc(schema->n_features, sizeof *keys.names)};
    for (size_t i = 0; i < keys.n; i++) {
        json_t *name = json_string(schema->features[i].name);
        char *quoted = json_dumps(name, JSON_ENCODE_ANY);
        QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
        qr_buffer_text(&text, "%s%s:", i ? "," : "", quoted);
        keys.names[i] = qr_strdup(qr_buffer_string(&text));
        free(quoted);
        json_decref(name);
    }
    return keys;
}

static void put_text(struct qr_buffer *out, const char *text)
{
    qr_buffer_add(out, text, strlen(text));
}

static void put_number(struct qr_buffer *out, int64_t value)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + size % 10);
    while (size /= 10);
    if (value < 0)
        *--at = '-';
    qr_buffer_add(out, at, (size_t)(digits + sizeof digits - at));
}

static int flush_lines(struct cli *cli, struct qr_buffer *out, struct qr_error *error)
{
    bool written = out->size == 0 || fwrite(out->data, 1, out->size, cli_out(cli)) == out->size;
    qr_buffer_clear(out);
    return written ? QR_OK : qr_fail_errno(error, "write", "standard output");
}

/* predict */

static void put_prediction(struct qr_buffer *out, const struct qr_model *model, uint64_t row, int64_t score)
{
    put_text(out, "{\"row\":");
    put_number(out, (int64_t)row);
    put_text(out, ",\"score\":");
    put_number(out, score);
    put_text(out, ",\"amount\":");
    put_number(out, qr_fare(model, score).minor);
    put_text(out, "}\n");
}

static int predict(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(batch_done) struct batch batch = {0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0};
    int code = qr_model_load(cli_argument(cli, 0), &model, error);
    if (!code)
        code = batch_open(cli, model, &batch, error);
    while (!code) {
        code = batch_read(cli, &batch, error);
        qr_model_scores(model, batch.values, batch.n, batch.scores);
        for (size_t i = 0; i < batch.n; i++)
            put_prediction(&out, model, batch.done + i, batch.scores[i]);
        int failed = flush_lines(cli, &out, error);
        if (failed)
            return failed;
        if (batch.n < BATCH)
            break;
    }
    return code;
}

/* explain */

static uint64_t magnitude(int64_t value)
{
    return value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
}

/* How much of all contributions' sizes comes from features that say something about a person, in 1/10,000; only where
 * the schema has such a feature. */
static void put_personal_share(struct qr_buffer *out, const struct qr_schema *schema, const int64_t *contributions)
{
    bool any = false;
    unsigned __int128 personal = 0, total = 0;
    for (size_t i = 0; i < schema->n_features; i++) {
        any |= schema->features[i].personal;
        total += magnitude(contributions[i]);
        personal += schema->features[i].personal ? magnitude(contributions[i]) : 0;
    }
    if (!any)
        return;
    put_text(out, ",\"personal_share_bp\":");
    put_number(out, total ? (int64_t)(personal * 10000 / total) : 0);
}

static void put_explanation(struct qr_buffer *out, const struct qr_model *model, const struct keys *keys, uint64_t row,
                            int64_t base, int64_t score, const int64_t *contributions)
{
    struct qr_money base_amount, amount, amounts[QR_FEATURES_MAX];
    qr_fare_lines(model, base, score, contributions, &base_amount, amounts, &amount);
    put_text(out, "{\"row\":");
    put_number(out, (int64_t)row);
    put_text(out, ",\"base\":");
    put_number(out, base);
    put_text(out, ",\"score\":");
    put_number(out, score);
    put_text(out, ",\"contributions\":{");
    for (size_t i = 0; i < keys->n; i++) {
        put_text(out, keys->names[i]);
        put_number(out, contributions[i]);
    }
    put_text(out, "},\"base_amount\":");
    put_number(out, base_amount.minor);
    put_text(out, ",\"amount\":");
    put_number(out, amount.minor);
    put_text(out, ",\"amounts\":{");
    for (size_t i = 0; i < keys->n; i++) {
        put_text(out, keys->names[i]);
        put_number(out, amounts[i].minor);
    }
    put_text(out, "}");
    put_personal_share(out, qr_model_schema(model), contributions);
}

/* ,"main":{...},"interactions":[{"features":["a","b"],"value":N},...]: the pairs that are not 0. */
static void put_interactions(struct qr_buffer *out, const struct qr_explainer *explainer, const struct keys *keys,
                             const int32_t *row)
{
    const struct qr_schema *schema = qr_model_schema(qr_explainer_model(explainer));
    size_t n = keys->n;
    int64_t score, main_effects[QR_FEATURES_MAX];
    QR_CLEANUP(qr_freep) int64_t *pairs = qr_alloc(n * (n - 1) / 2, sizeof *pairs);
    qr_explainer_interactions(explainer, row, &score, main_effects, pairs);
    put_text(out, ",\"main\":{");
    for (size_t i = 0; i < n; i++) {
        put_text(out, keys->names[i]);
        put_number(out, main_effects[i]);
    }
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++)
            if (pairs[qr_pair_index(n, i, j)])
                json_array_append_new(list, json_pack("{s:[s,s],s:I}", "features", schema->features[i].name,
                                                      schema->features[j].name, "value",
                                                      (json_int_t)pairs[qr_pair_index(n, i, j)]));
    char *text = json_dumps(list, JSON_COMPACT);
    put_text(out, "},\"interactions\":");
    put_text(out, text);
    free(text);
    json_decref(list);
}

static int explain_lines(struct cli *cli, const struct qr_explainer *explainer, struct batch *batch,
                         struct qr_error *error)
{
    const struct qr_model *model = qr_explainer_model(explainer);
    QR_CLEANUP(keys_done) struct keys keys = keys_of(batch->schema);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0};
    bool interactions = cli_flag(cli, "interactions");
    for (;;) {
        int code = batch_read(cli, batch, error);
        qr_explainer_explain(explainer, batch->values, batch->n, batch->scores, batch->contributions);
        for (size_t i = 0; i < batch->n; i++) {
            put_explanation(&out, model, &keys, batch->done + i, qr_explainer_base(explainer), batch->scores[i],
                            batch->contributions + i * keys.n);
            if (interactions)
                put_interactions(&out, explainer, &keys, batch->values + i * keys.n);
            put_text(&out, "}\n");
        }
        int failed = flush_lines(cli, &out, error);
        if (failed || code || batch->n < BATCH)
            return failed ? failed : code;
    }
}

static int summarise(struct cli *cli, const struct qr_explainer *explainer, struct batch *batch, struct qr_error *error)
{
    QR_CLEANUP(model_summary_freep) struct model_summary *summary = NULL;
    int code = model_summary_new(cli, qr_explainer_model(explainer), &summary, error);
    while (!code) {
        code = batch_read(cli, batch, error);
        if (code)
            return code;
        qr_explainer_explain(explainer, batch->values, batch->n, batch->scores, batch->contributions);
        model_summary_add(summary, batch->values, batch->scores, batch->contributions, batch->n);
        if (batch->n < BATCH)
            return model_summary_answer(cli, summary, error);
    }
    return code;
}

/* An option that this answer has no place for would be passed over in silence. */
static int check_explain_options(const struct cli *cli, struct qr_error *error)
{
    bool summary = cli_flag(cli, "summary");
    if (cli_value(cli, "dependence") && !summary)
        return qr_fail(error, QR_EUSAGE, "--dependence is a plot over all rows: give --summary too");
    if (cli_value(cli, "by") && !summary)
        return qr_fail(error, QR_EUSAGE, "--by compares groups over all rows: give --summary too");
    if (cli_flag(cli, "interactions") && summary)
        return qr_fail(error, QR_EUSAGE, "--interactions are told row by row: leave out --summary");
    return QR_OK;
}

static int explain(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(qr_explainer_freep) struct qr_explainer *explainer = NULL;
    QR_CLEANUP(batch_done) struct batch batch = {0};
    int code = check_explain_options(cli, error);
    if (!code)
        code = qr_model_load(cli_argument(cli, 0), &model, error);
    if (!code)
        code = batch_open(cli, model, &batch, error);
    if (!code)
        code = model_explainer(cli, model, &explainer, error);
    if (code)
        return code;
    return cli_flag(cli, "summary") ? summarise(cli, explainer, &batch, error)
                                    : explain_lines(cli, explainer, &batch, error);
}

static const struct cli_option predict_options[] = {MODEL_ROWS_OPTION, {0}};
static const struct cli_option explain_options[] = {
    MODEL_ROWS_OPTION,
    MODEL_BASELINE_OPTION,
    {.name = "interactions", .help = "also tell what pairs of features do together"},
    {.name = "summary", .help = "one answer over all rows: how much each feature matters"},
    {.name = "dependence", .value = "FEATURE", .help = "with --summary, plot this feature's value and contribution"},
    {.name = "by", .value = "FEATURE", .help = "with --summary, also each group of this feature's values"},
    MODEL_MEMORY_OPTION,
    {0},
};

const struct cli_command cli_model_predict = {
    .name = "predict",
    .summary = "score rows: one JSON line a row",
    .usage = "MODEL.qrm",
    .least = 1,
    .most = 1,
    .options = predict_options,
    .example = "quorate model predict fares.qrm --rows rows.csv  # {\"row\":0,\"score\":...,\"amount\":...}",
    .run = predict,
};

const struct cli_command cli_model_explain = {
    .name = "explain",
    .summary = "explain rows exactly: one JSON line a row",
    .usage = "MODEL.qrm",
    .least = 1,
    .most = 1,
    .options = explain_options,
    .example = "quorate model explain fares.qrm --rows rows.csv --baseline baseline.csv --summary  # what matters most",
    .about =
        "Contributions are in score units (see model show) and amounts in minor units. base + contributions =\n"
        "score and base_amount + amounts = amount, exactly. With --interactions, base + main + interactions =\n"
        "score too: what each feature does alone, and what two do beyond that. Where the model has features marked\n"
        "personal, personal_share_bp is their share of all contributions' sizes, in 1/10,000.",
    .run = explain,
};
