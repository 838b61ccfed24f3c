/* What the engine solo does on this machine, durably, through the real state machine and a real SQLite file, beside the floors
 * that bound it: one Ed25519 check, one synced write. `bench/ledger [FOLDER]` leaves nothing behind. */
#include "common/clock.h"
#include "common/file.h"
#include "data/embedded.h"
#include "ledger/receipt.h"
#include "ledger/solo.h"
#include "node/actions.h"
#include "node/audit.h"
#include "node/batch.h"
#include "node/impact.h"
#include "node/node.h"
#include "node/verify.h"
#include "xai/import.h"
#include "xai/reference.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { MEMBERS = 3, BALLOTS = 40000, BATCHES = 160, BATCH = 512, QUEUE = 8192, LATENCIES = 400, RECEIPTS = 2000 };
static const char chain_id[] = "bench";

/* A bench that cannot run has no figures to give. */
static void need(int code, const struct qr_error *error)
{
    if (code == 0)
        return;
    fprintf(stderr, "bench/ledger: %s\n", error->text);
    exit(EXIT_FAILURE);
}

struct bench {
    char folder[256];
    char path[320];
    struct qr_key *members[MEMBERS];
    struct qr_key *node_key, *pricing, *agent;
    struct qr_model *first, *second;
    struct qr_baseline *baseline;
    struct qr_reference *reference;
    struct qr_rules rules;
    struct qr_buffer rules_bytes, genesis;
    struct qr_workers *workers;
    struct qr_store *store;
    struct qr_node *node;
    struct qr_merkle_log *log;
    struct qr_chain *chain;
    struct qr_solo *solo;
    struct qr_hash last_id;
    uint64_t accepted, refused;
    struct qr_error refusal;
};

static double seconds_since(int64_t start)
{
    return (double)(qr_clock_monotonic() - start) / 1e6;
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void add_span(struct qr_buffer *out, struct qr_span span)
{
    qr_buffer_add(out, span.bytes, span.size);
}

static struct qr_model *import(const struct qr_schema *schema, const struct qr_embedded *file)
{
    struct qr_import imported = {0};
    struct qr_error error = {0};
    need(qr_import_source(file->bytes, file->size, schema, &imported, &error), &error);
    return imported.model;
}

static void load_data(struct bench *bench, struct qr_schema *schema)
{
    QR_CLEANUP(qr_rows_freep) struct qr_rows *table = NULL;
    QR_CLEANUP(qr_rows_freep) struct qr_rows *csv = NULL;
    struct qr_error error = {0};
    need(qr_schema_parse(qr_embedded_features.bytes, qr_embedded_features.size, schema, &error), &error);
    bench->first = import(schema, &qr_embedded_first);
    bench->second = import(schema, &qr_embedded_second);
    need(qr_rows_of_memory(schema, "baseline.csv", qr_embedded_baseline.bytes, qr_embedded_baseline.size, &csv, &error),
         &error);
    need(qr_baseline_from_rows(schema, csv, &bench->baseline, &error), &error);
    need(qr_rows_of_memory(schema, "reference.csv", qr_embedded_reference.bytes, qr_embedded_reference.size, &table,
                           &error),
         &error);
    need(qr_rows_amount_column(table, "price", &error), &error);
    need(qr_reference_from_rows(schema, table, &bench->reference, &error), &error);
    bench->rules = (struct qr_rules){.version = 1, .n = 1, .rule = {{QR_RULE_FLOOR, {50000}}}};
    qr_rules_encode(&bench->rules, &bench->rules_bytes);
}

static void make_genesis(struct bench *bench)
{
    static const char *const names[MEMBERS] = {"A", "B", "C"};
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {.time = 1000};
    struct qr_error error = {0};
    qr_genesis_defaults(&genesis);
    qr_copy_text(genesis.chain_id, sizeof genesis.chain_id, chain_id);
    for (size_t i = 0; i < MEMBERS; i++) {
        bench->members[i] = qr_key_generate(QR_KEY_MEMBER, names[i]);
        qr_genesis_add_member(&genesis, names[i], qr_key_public(bench->members[i]), 1);
    }
    bench->node_key = qr_key_generate(QR_KEY_NODE, "node");
    bench->pricing = qr_key_generate(QR_KEY_PRICING, "pricing");
    bench->agent = qr_key_generate(QR_KEY_AGENT, "agent");
    qr_genesis_add_operator(&genesis, QR_KEY_NODE, "node", qr_key_public(bench->node_key), "A");
    qr_genesis_add_operator(&genesis, QR_KEY_PRICING, "pricing", qr_key_public(bench->pricing), "A");
    qr_genesis_add_operator(&genesis, QR_KEY_AGENT, "agent", qr_key_public(bench->agent), "A");
    add_span(&genesis.model, qr_model_bytes(bench->first));
    add_span(&genesis.baseline, qr_baseline_bytes(bench->baseline));
    add_span(&genesis.rows, qr_reference_bytes(bench->reference));
    qr_buffer_add(&genesis.rules, bench->rules_bytes.data, bench->rules_bytes.size);
    need(qr_genesis_set(&genesis, "upgrade.voting_seconds", "86400", &error), &error);
    need(qr_genesis_write(&genesis, &bench->genesis, &error), &error);
}

static void answered(void *context, const struct qr_answer *answer)
{
    struct bench *bench = context;
    bench->accepted += answer->error == NULL;
    bench->refused += answer->error != NULL;
    if (answer->error)
        bench->refusal = *answer->error;
    bench->last_id = *answer->id;
}

static void open_ledger(struct bench *bench)
{
    struct qr_header head;
    struct qr_error error = {0};
    need(qr_store_open(bench->path, true, &bench->store, &error), &error);
    bench->workers = qr_workers_new(0);
    struct qr_node_setup setup = {.genesis = {bench->genesis.data, bench->genesis.size},
                                  .workers = bench->workers,
                                  .table_bytes = QR_EXPLAINER_DEFAULTS.table_bytes};
    need(qr_node_open(&setup, bench->store, bench->node_key, &bench->node, &bench->log, &head, &error), &error);
    need(qr_node_warm(bench->node, &error), &error);
    struct qr_chain_setup chain = {.app = qr_node_app(bench->node),
                                   .store = bench->store,
                                   .log = bench->log,
                                   .head = &head,
                                   .genesis = qr_node_genesis(bench->node),
                                   .key = bench->node_key};
    bench->chain = qr_chain_new(&chain);
    struct qr_solo_setup solo = {.app = chain.app,
                                 .chain = bench->chain,
                                 .workers = bench->workers,
                                 .answer = answered,
                                 .context = bench};
    bench->solo = qr_solo_new(&solo);
}

static void cut(struct bench *bench)
{
    struct qr_error error = {0};
    bool made;
    need(qr_solo_cut(bench->solo, qr_clock_now(), &made, &error), &error);
    if (bench->refused)
        need(bench->refusal.code, &bench->refusal);
}

static void queue(struct bench *bench, const struct qr_buffer *bytes)
{
    static uint64_t token;
    struct qr_error error = {0};
    need(qr_solo_submit(bench->solo, bytes->data, bytes->size, ++token, &error), &error);
}

static void submit(struct bench *bench, const struct qr_key *key, enum qr_action kind, uint64_t replay,
                   const struct qr_buffer *payload)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_transaction_sign(key, chain_id, kind, replay, payload->data, payload->size, &bytes, NULL);
    queue(bench, &bytes);
    cut(bench);
}

static uint64_t expiry(const struct bench *bench)
{
    return qr_chain_head(bench->chain)->height + 5000;
}

static void publish_second(struct bench *bench)
{
    struct qr_span bytes = qr_model_bytes(bench->second);
    for (size_t at = 0; at < bytes.size; at += QR_CHUNK_SIZE) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
        size_t rest = bytes.size - at;
        struct qr_publish chunk = {.object = QR_OBJECT_MODEL,
                                   .hash = *qr_model_hash(bench->second),
                                   .size = bytes.size,
                                   .index = at / QR_CHUNK_SIZE,
                                   .bytes = {(const uint8_t *)bytes.bytes + at,
                                             rest < QR_CHUNK_SIZE ? rest : QR_CHUNK_SIZE}};
        qr_publish_encode(&chunk, &payload);
        submit(bench, bench->members[0], QR_ACTION_PUBLISH, expiry(bench), &payload);
    }
}

/* A proposal whose vote is open; gives its id and report. */
static struct qr_reported open_vote(struct bench *bench)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_report_freep) struct qr_report *report = NULL;
    struct qr_error error = {0};
    struct qr_propose propose = {.track = "upgrade",
                                 .title = "bench",
                                 .model = *qr_model_hash(bench->second),
                                 .baseline = *qr_baseline_hash(bench->baseline)};
    publish_second(bench);
    qr_propose_encode(&propose, &payload);
    submit(bench, bench->members[0], QR_ACTION_PROPOSE, expiry(bench), &payload);
    const struct qr_span parts[QR_IMPACT_PARTS] = {qr_model_bytes(bench->first),
                                                   qr_baseline_bytes(bench->baseline),
                                                   qr_model_bytes(bench->second),
                                                   qr_baseline_bytes(bench->baseline),
                                                   {bench->rules_bytes.data, bench->rules_bytes.size},
                                                   qr_reference_bytes(bench->reference)};
    need(qr_impact_report(parts, &report, &error), &error);
    struct qr_reported reported = {.proposal = bench->last_id, .report = qr_report_hash(report)};
    qr_buffer_clear(&payload);
    qr_reported_encode(&reported, &payload);
    submit(bench, bench->agent, QR_ACTION_REPORT, 1, &payload);
    return reported;
}

static void sign_ballot(struct bench *bench, const struct qr_reported *vote, unsigned i, struct qr_buffer *out)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_cast cast = {.proposal = vote->proposal, .choice = (enum qr_choice)(i % 3), .report = vote->report};
    snprintf(cast.reason, sizeof cast.reason, "ballot %u", i);
    qr_cast_encode(&cast, &payload);
    qr_transaction_sign(bench->members[i % MEMBERS], chain_id, QR_ACTION_BALLOT, expiry(bench), payload.data, payload.size,
                        out, NULL);
}

static void verify_one(void *context, size_t i)
{
    const struct qr_buffer *ballots = context;
    struct qr_transaction transaction;
    if (qr_transaction_read(ballots[i].data, ballots[i].size, &transaction, NULL) != 0 ||
        !qr_transaction_verify(&transaction, chain_id))
        exit(EXIT_FAILURE);
}

static void measure_ballots(struct bench *bench, const struct qr_reported *vote)
{
    struct qr_buffer *ballots = qr_alloc(BALLOTS, sizeof *ballots);
    for (unsigned i = 0; i < BALLOTS; i++)
        sign_ballot(bench, vote, i, &ballots[i]);
    int64_t start = qr_clock_monotonic();
    qr_workers_run(bench->workers, BALLOTS, verify_one, ballots);
    double floor = BALLOTS / seconds_since(start);
    start = qr_clock_monotonic();
    for (unsigned i = 0; i < BALLOTS; i++) {
        queue(bench, &ballots[i]);
        if (qr_solo_waiting(bench->solo) == QUEUE)
            cut(bench);
    }
    while (qr_solo_waiting(bench->solo))
        cut(bench);
    double rate = BALLOTS / seconds_since(start);
    printf("signed member transactions (ballots), durable   %10.0f /s\n", rate);
    printf("  floor: Ed25519 checks alone, %u threads        %10.0f /s  (%.0f %%)\n", qr_workers_count(bench->workers),
           floor, 100 * rate / floor);
    for (unsigned i = 0; i < BALLOTS; i++)
        qr_buffer_done(&ballots[i]);
    free(ballots);
}

static int64_t synced_write(int file)
{
    static const char page[8192];
    int64_t start = qr_clock_monotonic();
    if (write(file, page, sizeof page) != (ssize_t)sizeof page || fdatasync(file) != 0)
        exit(EXIT_FAILURE);
    return qr_clock_monotonic() - start;
}

static void measure_latency(struct bench *bench, const struct qr_reported *vote)
{
    char path[320];
    int64_t commits[LATENCIES], syncs[LATENCIES];
    snprintf(path, sizeof path, "%s/sync", bench->folder);
    int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    for (unsigned i = 0; i < LATENCIES; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        sign_ballot(bench, vote, BALLOTS + i, &bytes);
        int64_t start = qr_clock_monotonic();
        queue(bench, &bytes);
        cut(bench);
        commits[i] = qr_clock_monotonic() - start;
        syncs[i] = synced_write(file);
    }
    close(file);
    unlink(path);
    qsort(commits, LATENCIES, sizeof *commits, by_value);
    qsort(syncs, LATENCIES, sizeof *syncs, by_value);
    printf("one client, commit of one transaction           %6" PRId64 " us p50 %6" PRId64 " us p99\n",
           commits[LATENCIES / 2], commits[LATENCIES * 99 / 100]);
    printf("  floor: one synced write of 8 KiB              %6" PRId64 " us p50 %6" PRId64 " us p99\n",
           syncs[LATENCIES / 2], syncs[LATENCIES * 99 / 100]);
}

static void sign_batch(struct bench *bench, const struct qr_explainer *explainer, unsigned at, struct qr_buffer *out)
{
    QR_CLEANUP(qr_batch_done) struct qr_batch batch = {.n = 0};
    QR_CLEANUP(qr_leaves_done) struct qr_leaves leaves = {.n = 0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_mandate mandate;
    struct qr_error error = {0};
    size_t n_features = qr_model_schema(bench->first)->n_features;
    need(qr_mandate_active(qr_node_state(bench->node), &mandate, &error), &error);
    qr_batch_init(&batch, n_features, 0, BATCH);
    batch.mandate = mandate.id;
    batch.as_of = qr_chain_head(bench->chain)->height;
    batch.sequence = at + 1;
    batch.t0 = qr_clock_now();
    for (size_t i = 0; i < BATCH; i++) {
        size_t row = (at * BATCH + i) % qr_reference_rows(bench->reference);
        memcpy(batch.rows + i * n_features, qr_reference_all(bench->reference) + row * n_features, n_features * sizeof *batch.rows);
        batch.decisions[i].time_ms = batch.t0 + (int64_t)i / 8;
        qr_random(batch.decisions[i].nonce, QR_NONCE_SIZE);
    }
    need(qr_batch_leaves(&batch, explainer, &bench->rules, &leaves, &error), &error);
    batch.root = qr_batch_root(&leaves);
    qr_batch_encode(&batch, &payload);
    qr_transaction_sign(bench->pricing, chain_id, QR_ACTION_BATCH, at + 1, payload.data, payload.size, out, NULL);
}

static int64_t disk_bytes(const struct bench *bench)
{
    struct qr_error error = {0};
    struct stat facts;
    if (stat(bench->path, &facts) != 0)
        need(qr_fail_errno(&error, "measure", bench->path), &error);
    return facts.st_size;
}

static void measure_decisions(struct bench *bench)
{
    QR_CLEANUP(qr_explainer_freep) struct qr_explainer *explainer = NULL;
    struct qr_explainer_options options = QR_EXPLAINER_DEFAULTS;
    struct qr_error error = {0};
    need(qr_explainer_new(bench->first, bench->baseline, &options, &explainer, &error), &error);
    struct qr_buffer *batches = qr_alloc(BATCHES, sizeof *batches);
    size_t sent = 0;
    for (unsigned i = 0; i < BATCHES; i++) {
        sign_batch(bench, explainer, i, &batches[i]);
        sent += batches[i].size;
    }
    int64_t before = disk_bytes(bench), start = qr_clock_monotonic();
    for (unsigned i = 0; i < BATCHES; i++) {
        queue(bench, &batches[i]);
        if (qr_solo_waiting(bench->solo) == 16)
            cut(bench);
    }
    while (qr_solo_waiting(bench->solo))
        cut(bench);
    double rate = BATCHES * BATCH / seconds_since(start);
    printf("decisions recomputed and recorded, durable       %10.0f /s\n", rate);
    printf("  a decision takes %zu bytes on the wire and about %" PRId64 " on the disk\n", sent / (BATCHES * BATCH),
           (disk_bytes(bench) - before) / (BATCHES * BATCH));
    for (unsigned i = 0; i < BATCHES; i++)
        qr_buffer_done(&batches[i]);
    free(batches);
}

static void entry_at(struct bench *bench, uint64_t index, struct qr_receipt_entry *entry)
{
    struct qr_tile_source tiles = qr_store_tiles(bench->store);
    struct qr_error error = {0};
    entry->index = index;
    need(qr_store_leaf(bench->store, index, &entry->leaf, NULL, &error), &error);
    need(qr_merkle_log_inclusion(&tiles, index, qr_chain_head(bench->chain)->log_size, &entry->proof, &error), &error);
}

static void make_receipt(struct bench *bench, uint64_t index, struct qr_buffer *out)
{
    struct qr_receipt *receipt = qr_alloc(1, sizeof *receipt);
    struct qr_error error = {0};
    entry_at(bench, index, &receipt->decision);
    entry_at(bench, 0, &receipt->activation);
    need(qr_store_note(bench->store, qr_chain_head(bench->chain)->height, qr_node_genesis(bench->node), &receipt->note,
                       &error),
         &error);
    qr_receipt_write(receipt, out);
    qr_receipt_done(receipt);
    free(receipt);
}

static void measure_receipts(struct bench *bench)
{
    struct qr_pin *pin = qr_alloc(1, sizeof *pin);
    struct qr_buffer *receipts = qr_alloc(RECEIPTS, sizeof *receipts);
    struct qr_verification *verification = qr_alloc(1, sizeof *verification);
    struct qr_error error = {0};
    uint64_t size = qr_chain_head(bench->chain)->log_size, decisions = BATCHES * BATCH;
    *pin = (struct qr_pin){.genesis = *qr_node_genesis(bench->node), .need = 1, .n = 1};
    qr_copy_text(pin->nodes[0].name, sizeof pin->nodes[0].name, "node");
    pin->nodes[0].key = *qr_key_public(bench->node_key);
    int64_t start = qr_clock_monotonic();
    for (uint64_t i = 0; i < RECEIPTS; i++)
        make_receipt(bench, size - decisions + i * 7919 % decisions, &receipts[i]);
    double made = seconds_since(start) * 1e6 / RECEIPTS;
    start = qr_clock_monotonic();
    for (size_t i = 0; i < RECEIPTS; i++) {
        need(qr_verify_receipt(receipts[i].data, receipts[i].size, pin, NULL, NULL, verification, &error), &error);
        if (!verification->valid)
            exit(EXIT_FAILURE);
        qr_verification_done(verification);
        qr_buffer_done(&receipts[i]);
    }
    printf("receipts in a log of %" PRIu64 " leaves: made in %.0f us, verified in %.0f us\n", size, made,
           seconds_since(start) * 1e6 / RECEIPTS);
    free(receipts);
    free(verification);
    free(pin);
}

static void measure_audit(struct bench *bench)
{
    QR_CLEANUP(qr_store_closep) struct qr_store *store = NULL;
    struct qr_audit audit;
    struct qr_error error = {0};
    need(qr_store_open_read(bench->path, &store, &error), &error);
    int64_t start = qr_clock_monotonic();
    need(qr_audit_store(store, NULL, NULL, &audit, &error), &error);
    double seconds = seconds_since(start);
    printf("audit of %" PRIu64 " decisions and %" PRIu64 " transactions: %.2f s\n", audit.decisions, audit.transactions,
           seconds);
}

static void clean(struct bench *bench)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    qr_solo_free(bench->solo);
    qr_chain_free(bench->chain);
    qr_merkle_log_free(bench->log);
    qr_node_free(bench->node);
    qr_workers_free(bench->workers);
    qr_store_close(bench->store);
    for (size_t i = 0; i < 3; i++) {
        char path[400];
        snprintf(path, sizeof path, "%s%s", bench->path, suffixes[i]);
        unlink(path);
    }
    rmdir(bench->folder);
}

int main(int argc, char **argv)
{
    struct bench *bench = qr_alloc(1, sizeof *bench);
    struct qr_schema schema = {0};
    qr_crypto_init();
    snprintf(bench->folder, sizeof bench->folder, "%s/quorate-bench-XXXXXX", argc > 1 ? argv[1] : "/tmp");
    if (!mkdtemp(bench->folder))
        return EXIT_FAILURE;
    snprintf(bench->path, sizeof bench->path, "%s/ledgerd.db", bench->folder);
    load_data(bench, &schema);
    make_genesis(bench);
    open_ledger(bench);
    struct qr_reported vote = open_vote(bench);
    measure_latency(bench, &vote);
    measure_ballots(bench, &vote);
    measure_decisions(bench);
    measure_receipts(bench);
    measure_audit(bench);
    clean(bench);
    return EXIT_SUCCESS;
}
