#include "tests/unit/services/sample_home.h"

#include <check.h>
#include <ftw.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/clock.h"
#include "common/file.h"
#include "node/actions.h"
#include "node/genesis.h"
#include "services/lib/signed.h"
#include "xai/baseline.h"
#include "xai/import.h"
#include "xai/reference.h"
#include "xai/rules.h"

enum { START_MS = 20000, CALL_MS = 20000 };

static const char *const names[SAMPLE_MEMBERS] = {"Air_India", "Indigo", "Vistara"};

static char *data_path(const char *name)
{
    const char *top = getenv("QR_TOP_SRCDIR");
    ck_assert_msg(top != NULL, "QR_TOP_SRCDIR is not set");
    QR_CLEANUP(qr_freep) char *folder = qr_path_join(top, "data");
    return qr_path_join(folder, name);
}

static struct qr_model *import(const struct qr_schema *schema, const char *name)
{
    QR_CLEANUP(qr_freep) char *path = data_path(name);
    struct qr_import imported = {0};
    struct qr_error error = {0};
    ck_assert_msg(qr_import_file(path, schema, &imported, &error) == 0, "%s", error.text);
    return imported.model;
}

static void add_span(struct qr_buffer *out, struct qr_span span)
{
    qr_buffer_add(out, span.bytes, span.size);
}

static void add_data(struct sample_home *home, struct qr_genesis *genesis)
{
    QR_CLEANUP(qr_freep) char *features = data_path("features.json"), *rows_path = data_path("reference.csv");
    QR_CLEANUP(qr_freep) char *baseline_path = data_path("baseline.csv");
    QR_CLEANUP(qr_schema_done) struct qr_schema schema = {0};
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
    QR_CLEANUP(qr_reference_freep) struct qr_reference *reference = NULL;
    struct qr_rules rules = {.version = 1, .n = 1, .rule = {{QR_RULE_FLOOR, {50000}}}};
    ck_assert_int_eq(qr_schema_load(features, &schema, NULL), 0);
    QR_CLEANUP(qr_model_freep) struct qr_model *first = import(&schema, "first.json");
    home->second = import(&schema, "second.json");
    ck_assert_int_eq(qr_baseline_load(&schema, baseline_path, &baseline, NULL), 0);
    ck_assert_int_eq(qr_rows_open(&schema, rows_path, &rows, NULL), 0);
    ck_assert_int_eq(qr_rows_amount_column(rows, "price", NULL), 0);
    ck_assert_int_eq(qr_reference_from_rows(&schema, rows, &reference, NULL), 0);
    home->baseline = *qr_baseline_hash(baseline);
    add_span(&genesis->model, qr_model_bytes(first));
    add_span(&genesis->baseline, qr_baseline_bytes(baseline));
    add_span(&genesis->rows, qr_reference_bytes(reference));
    qr_rules_encode(&rules, &genesis->rules);
}

static void add_operator(const struct sample_home *home, struct qr_genesis *genesis, enum qr_key_kind kind)
{
    char path[160];
    struct qr_key *key = qr_key_generate(kind, qr_key_kind_name(kind));
    snprintf(path, sizeof path, "%s/keys/operators/%s.key", home->path, qr_key_kind_name(kind));
    ck_assert_int_eq(qr_key_save(key, path, NULL), 0);
    qr_genesis_add_operator(genesis, kind, qr_key_kind_name(kind), qr_key_public(key), names[2]);
    qr_key_free(key);
}

static void make_folder(const struct sample_home *home, const char *name)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home->path, name);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void write_genesis(const struct sample_home *home, struct qr_genesis *genesis)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home->path, "genesis.qrg");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_error error = {0};
    ck_assert_msg(qr_genesis_write(genesis, &bytes, &error) == 0, "%s", error.text);
    ck_assert_int_eq(qr_file_write(path, bytes.data, bytes.size, 0644, NULL), 0);
}

struct sample_home *sample_home_new(const char *const *settings)
{
    struct sample_home *home = qr_alloc(1, sizeof *home);
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    qr_crypto_init();
    snprintf(home->path, sizeof home->path, "/tmp/quorate-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(home->path));
    make_folder(home, "keys");
    make_folder(home, "keys/operators");
    qr_genesis_defaults(&genesis);
    ck_assert(qr_copy_text(genesis.chain_id, sizeof genesis.chain_id, "sample"));
    genesis.time = qr_clock_now();
    for (unsigned i = 0; i < SAMPLE_MEMBERS; i++) {
        home->members[i] = qr_key_generate(QR_KEY_MEMBER, names[i]);
        qr_genesis_add_member(&genesis, names[i], qr_key_public(home->members[i]), 1);
    }
    add_operator(home, &genesis, QR_KEY_NODE);
    add_operator(home, &genesis, QR_KEY_AGENT);
    add_data(home, &genesis);
    for (; *settings; settings += 2)
        ck_assert_int_eq(qr_genesis_set(&genesis, settings[0], settings[1], NULL), 0);
    write_genesis(home, &genesis);
    ck_assert_int_eq(qr_client_new(home->path, &home->client, NULL), 0);
    return home;
}

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts, (void)kind, (void)place;
    return remove(path);
}

void sample_home_free(struct sample_home *home)
{
    for (unsigned i = 0; i < QR_SERVICES; i++)
        if (home->daemons[i])
            sample_home_kill(home, (enum qr_service)i, SIGTERM);
    qr_client_free(home->client);
    for (unsigned i = 0; i < SAMPLE_MEMBERS; i++)
        qr_key_free(home->members[i]);
    qr_model_free(home->second);
    (void)nftw(home->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(home);
}

/* ---- daemons ---- */

static void run(const struct sample_home *home, enum qr_service service)
{
    char program[512], log[128];
    const char *build = getenv("QR_TOP_BUILDDIR");
    snprintf(program, sizeof program, "%s/quorate-%s", build ? build : ".", qr_service_name(service));
    snprintf(log, sizeof log, "%s/%s.log", home->path, qr_service_name(service));
    if (!freopen(log, "a", stderr))
        _exit(126);
    execl(program, program, "--home", home->path, (char *)NULL);
    _exit(127);
}

static bool answers(struct sample_home *home, enum qr_service service)
{
    Quorate__StatusRequest status = QUORATE__STATUS_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    request.body_case = QUORATE__REQUEST__BODY_STATUS;
    request.status = &status;
    return qr_client_call(home->client, service, &request, 1000, &reply, NULL) == 0;
}

void sample_home_start(struct sample_home *home, enum qr_service service)
{
    int64_t last = qr_clock_monotonic() + START_MS * 1000;
    pid_t pid = fork();
    if (pid == 0)
        run(home, service);
    home->daemons[service] = pid;
    while (!answers(home, service)) {
        int status;
        ck_assert_msg(waitpid(pid, &status, WNOHANG) == 0, "%s ended", qr_service_name(service));
        ck_assert_msg(qr_clock_monotonic() < last, "%s does not answer", qr_service_name(service));
        (void)usleep(5000);
    }
}

void sample_home_kill(struct sample_home *home, enum qr_service service, int signal)
{
    int status;
    ck_assert_int_eq(kill(home->daemons[service], signal), 0);
    ck_assert_int_eq(waitpid(home->daemons[service], &status, 0), home->daemons[service]);
    home->daemons[service] = 0;
    if (signal == SIGTERM)
        ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s ended with status %d",
                      qr_service_name(service), status);
}

/* ---- requests ---- */

Quorate__Reply *sample_home_ask(struct sample_home *home, enum qr_service service, Quorate__Request *request)
{
    Quorate__Reply *reply = NULL;
    struct qr_error error = {0};
    ck_assert_msg(qr_client_call(home->client, service, request, CALL_MS, &reply, &error) == 0, "%s: %s",
                  qr_service_name(service), error.text);
    return reply;
}

static uint64_t head_height(struct sample_home *home)
{
    Quorate__LedgerHeadRequest head = QUORATE__LEDGER_HEAD_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_HEAD;
    request.ledger_head = &head;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = sample_home_ask(home, QR_SERVICE_LEDGER, &request);
    return reply->ledger_head->height;
}

int sample_home_submit(struct sample_home *home, unsigned member, uint64_t kind, const struct qr_buffer *payload,
                       struct qr_hash *ret_id)
{
    QR_CLEANUP(qr_signed_done) struct qr_signed transaction = {0};
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    Quorate__LedgerSubmitRequest submit = QUORATE__LEDGER_SUBMIT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    qr_signed_make(&transaction, home->members[member], "sample", kind, head_height(home) + 1000, payload->data,
                   payload->size);
    submit.transactions = &transaction.list;
    submit.n_transactions = 1;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_SUBMIT;
    request.ledger_submit = &submit;
    *ret_id = transaction.id;
    return qr_client_call(home->client, QR_SERVICE_LEDGER, &request, CALL_MS, &reply, NULL);
}

void sample_home_publish(struct sample_home *home, unsigned member, struct qr_span bytes)
{
    struct qr_hash id;
    for (size_t at = 0; at < bytes.size; at += QR_CHUNK_SIZE) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
        size_t left = bytes.size - at;
        struct qr_publish chunk = {
            .object = QR_OBJECT_MODEL,
            .hash = qr_sha256(bytes.bytes, bytes.size),
            .size = bytes.size,
            .index = at / QR_CHUNK_SIZE,
            .bytes = {(const uint8_t *)bytes.bytes + at, left < QR_CHUNK_SIZE ? left : QR_CHUNK_SIZE},
        };
        qr_publish_encode(&chunk, &payload);
        ck_assert_int_eq(sample_home_submit(home, member, QR_ACTION_PUBLISH, &payload, &id), 0);
    }
}
