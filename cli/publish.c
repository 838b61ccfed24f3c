/* Models and baselines onto the ledger and back: model publish, model fetch, baseline publish, baseline fetch. */
#include "cli/commands.h"
#include "cli/model.h"
#include "cli/submit.h"
#include "xai/baseline.h"

/* ---- Publishing ---- */

static int publish_chunk(struct cli *cli, const struct qr_key *key, struct qr_publish *publish, struct qr_span whole,
                         uint64_t *ret_height, struct qr_error *error)
{
    size_t offset = (size_t)publish->index * QR_CHUNK_SIZE;
    size_t size = whole.size - offset < QR_CHUNK_SIZE ? whole.size - offset : QR_CHUNK_SIZE;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    publish->bytes = (struct qr_span){(const uint8_t *)whole.bytes + offset, size};
    qr_publish_encode(publish, &payload);
    return cli_submit(cli, key, QR_ACTION_PUBLISH, &payload, NULL, ret_height, error);
}

static int publish_chunks(struct cli *cli, const struct qr_key *key, enum qr_object_kind kind, struct qr_span whole,
                          uint64_t *ret_height, struct qr_error *error)
{
    struct qr_publish publish = {.object = kind, .hash = qr_sha256(whole.bytes, whole.size), .size = whole.size};
    uint64_t chunks = (whole.size + QR_CHUNK_SIZE - 1) / QR_CHUNK_SIZE;
    if (whole.size > QR_OBJECT_MAX)
        return qr_fail(error, QR_ELIMIT, "%zu bytes are more than the ledger takes, %d", whole.size, QR_OBJECT_MAX);
    for (; publish.index < chunks; publish.index++) {
        int failed = publish_chunk(cli, key, &publish, whole, ret_height, error);
        if (failed)
            return failed;
        if (cli_notes_on_terminal(cli)) {
            cli_note(cli, "\r%" PRIu64 " of %" PRIu64 " pieces%s", publish.index + 1, chunks,
                     publish.index + 1 == chunks ? "\n" : "");
        }
    }
    return 0;
}

/* Whether the ledger holds it already: then there is nothing to do, and the answer is the same. */
static bool is_published(struct cli *cli, const struct qr_hash *hash)
{
    Quorate__LedgerObjectRequest object = QUORATE__LEDGER_OBJECT_REQUEST__INIT;
    object.hash = qr_wire_hash(hash);
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_OBJECT;
    request.ledger_object = &object;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    return !cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, NULL);
}

static int publish(struct cli *cli, const char *what, enum qr_object_kind kind, struct qr_span whole,
                   struct qr_error *error)
{
    struct qr_hash hash = qr_sha256(whole.bytes, whole.size);
    uint64_t height = 0;
    QR_CLEANUP(qr_key_freep) struct qr_key *key = NULL;
    int failed = cli_member_key(cli, &key, error);
    if (!failed && !is_published(cli, &hash))
        failed = publish_chunks(cli, key, kind, whole, &height, error);
    if (failed)
        return failed;
    if (cli_wants_json(cli)) {
        json_t *document = json_pack("{s:s,s:I}", what, qr_hash_text(&hash).text, "bytes", (json_int_t)whole.size);
        json_object_set_new(document, "height", height ? json_integer((json_int_t)height) : json_null());
        return cli_json(cli, document, error);
    }
    cli_print(cli, "%s %s\n", what, qr_hash_text(&hash).text);
    if (!height)
        cli_note(cli, "it was on the ledger already\n");
    return 0;
}

static int publish_model(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    int failed = qr_model_load(cli_argument(cli, 0), &model, error);
    return failed ? failed : publish(cli, "model", QR_OBJECT_MODEL, qr_model_bytes(model), error);
}

static int publish_baseline(struct cli *cli, struct qr_error *error)
{
    const char *features = cli_value(cli, "features");
    if (!features)
        return qr_fail(error, QR_EUSAGE, "--features FEATURES.json is needed: what the columns mean");
    QR_CLEANUP(qr_schema_done) struct qr_schema schema = {0};
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    int failed = qr_schema_load(features, &schema, error);
    if (!failed)
        failed = qr_baseline_load(&schema, cli_argument(cli, 0), &baseline, error);
    return failed ? failed : publish(cli, "baseline", QR_OBJECT_BASELINE, qr_baseline_bytes(baseline), error);
}

/* ---- Fetching ---- */

static int fetch(struct cli *cli, enum qr_object_kind kind, struct qr_error *error)
{
    const char *what = qr_object_kind_name(kind);
    struct qr_hash hash;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    const char *path = cli_value(cli, "output");
    if (!path)
        return qr_fail(error, QR_EUSAGE, "-o FILE is needed; -o - is standard output");
    int failed = cli_object_hash(cli, cli_argument(cli, 0), kind, &hash, error);
    if (!failed)
        failed = cli_object(cli, &hash, what, &bytes, error);
    if (!failed)
        failed = cli_write_answer(cli, bytes.data, bytes.size, error);
    if (failed || !strcmp(path, "-"))
        return failed;
    if (cli_wants_json(cli)) {
        return cli_json(
            cli,
            json_pack("{s:s,s:s,s:I}", what, qr_hash_text(&hash).text, "file", path, "bytes", (json_int_t)bytes.size),
            error);
    }
    cli_print(cli, "%s: %s %s, %zu bytes\n", path, what, qr_hash_text(&hash).text, bytes.size);
    return 0;
}

int model_load(struct cli *cli, const char *text, struct qr_model **ret_model, struct qr_error *error)
{
    struct qr_hash hash;
    struct cli_id id;
    if (cli_id_parse(text, "model", &id, NULL) || !access(text, F_OK))
        return qr_model_load(text, ret_model, error);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    int failed = cli_object_hash(cli, text, QR_OBJECT_MODEL, &hash, error);
    if (!failed)
        failed = cli_object(cli, &hash, "model", &bytes, error);
    return failed ? failed : qr_model_decode(bytes.data, bytes.size, ret_model, error);
}

static int fetch_model(struct cli *cli, struct qr_error *error)
{
    return fetch(cli, QR_OBJECT_MODEL, error);
}

static int fetch_baseline(struct cli *cli, struct qr_error *error)
{
    return fetch(cli, QR_OBJECT_BASELINE, error);
}

static const struct cli_option fetch_options[] = {
    {.name = "output", .letter = 'o', .value = "FILE", .help = "the file to write"},
    {0},
};

static const struct cli_option publish_model_options[] = {
    {.name = "as", .value = "MEMBER", .help = "who publishes it"},
    {0},
};

static const struct cli_option publish_baseline_options[] = {
    {.name = "as", .value = "MEMBER", .help = "who publishes it"},
    {.name = "features", .value = "FEATURES.json", .help = "what the columns mean"},
    {0},
};

const struct cli_command cli_model_publish = {
    .name = "publish",
    .summary = "put a model onto the ledger, so that a proposal can name it",
    .usage = "MODEL.qrm",
    .least = 1,
    .most = 1,
    .options = publish_model_options,
    .example = "quorate model publish second.qrm --as Vistara # answers its hash",
    .run = publish_model,
};

const struct cli_command cli_model_fetch = {
    .name = "fetch",
    .summary = "a published model back from the ledger, checked against its hash",
    .usage = "HASH",
    .least = 1,
    .most = 1,
    .options = fetch_options,
    .example = "quorate model fetch HASH -o model.qrm # to recompute a decision offline",
    .run = fetch_model,
};

static const struct cli_command baseline_publish = {
    .name = "publish",
    .summary = "put a baseline onto the ledger, so that a proposal can name it",
    .usage = "BASELINE.csv",
    .least = 1,
    .most = 1,
    .options = publish_baseline_options,
    .example = "quorate baseline publish rows.csv --features features.json --as Vistara # answers its hash",
    .run = publish_baseline,
};

static const struct cli_command baseline_fetch = {
    .name = "fetch",
    .summary = "a published baseline back from the ledger, checked against its hash",
    .usage = "HASH",
    .least = 1,
    .most = 1,
    .options = fetch_options,
    .example = "quorate baseline fetch HASH -o baseline.qrb # to recompute a decision offline",
    .run = fetch_baseline,
};

const struct cli_command cli_baseline = {
    .name = "baseline",
    .summary = "what fares are compared to: publish and fetch",
    .usage = "",
    .example = "quorate baseline publish rows.csv --features features.json --as Vistara # answers its hash",
    .subcommands = (const struct cli_command *const[]){&baseline_publish, &baseline_fetch, NULL},
};
