#include "bench/rig.h"

#include "common/clock.h"
#include "common/file.h"
#include "data/embedded.h"
#include "node/actions.h"
#include "node/impact.h"
#include "xai/import.h"

#include <fcntl.h>
#include <sys/stat.h>

static const char chain_id[] = "bench";

void rig_need(int code, const struct qr_error *error)
{
    if (code == 0)
        return;
    fprintf(stderr, "bench: %s\n", error->text);
    exit(EXIT_FAILURE);
}

double rig_seconds(int64_t start)
{
    return (double)(qr_clock_monotonic() - start) / 1e6;
}

double rig_processor(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* ---- What the genesis holds ---- */

static struct qr_model *import(const struct qr_schema *schema, const struct qr_embedded *file)
{
    struct qr_import imported = {0};
    struct qr_error error = {0};
    rig_need(qr_import_source(file->bytes, file->size, schema, &imported, &error), &error);
    return imported.model;
}

static struct qr_rows *rows_of(const struct rig *rig, const struct qr_embedded *file)
{
    struct qr_rows *rows = NULL;
    struct qr_error error = {0};
    rig_need(qr_rows_of_memory(&rig->schema, file->name, file->bytes, file->size, &rows, &error), &error);
    return rows;
}

static void load_data(struct rig *rig)
{
    struct qr_error error = {0};
    const struct qr_embedded *features = &qr_embedded_features;
    rig_need(qr_schema_parse(features->bytes, features->size, &rig->schema, &error), &error);
    rig->model = import(&rig->schema, &qr_embedded_second);
    rig->other = import(&rig->schema, &qr_embedded_first);
    QR_CLEANUP(qr_rows_freep) struct qr_rows *compared = rows_of(rig, &qr_embedded_baseline);
    QR_CLEANUP(qr_rows_freep) struct qr_rows *judged = rows_of(rig, &qr_embedded_reference);
    rig_need(qr_baseline_from_rows(&rig->schema, compared, &rig->baseline, &error), &error);
    rig_need(qr_rows_amount_column(judged, "price", &error), &error);
    rig_need(qr_reference_from_rows(&rig->schema, judged, &rig->reference, &error), &error);
    rig->rules = (struct qr_rules){.version = 1, .n = 1, .rule = {{QR_RULE_FLOOR, {50000}}}};
    qr_rules_encode(&rig->rules, &rig->rules_bytes);
    struct qr_explainer_options options = QR_EXPLAINER_DEFAULTS;
    rig_need(qr_explainer_new(rig->model, rig->baseline, &options, &rig->explainer, &error), &error);
}

static void add_span(struct qr_buffer *out, struct qr_span span)
{
    qr_buffer_add(out, span.bytes, span.size);
}

static void make_genesis(struct rig *rig)
{
    static const char *const names[RIG_MEMBERS] = {"A", "B", "C"};
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {.time = 1000};
    struct qr_error error = {0};
    qr_genesis_defaults(&genesis);
    qr_copy_text(genesis.chain_id, sizeof genesis.chain_id, chain_id);
    for (size_t i = 0; i < RIG_MEMBERS; i++) {
        rig->members[i] = qr_key_generate(QR_KEY_MEMBER, names[i]);
        qr_genesis_add_member(&genesis, names[i], qr_key_public(rig->members[i]), 1);
    }
    rig->node_key = qr_key_generate(QR_KEY_NODE, "node");
    rig->pricing = qr_key_generate(QR_KEY_PRICING, "pricing");
    rig->agent = qr_key_generate(QR_KEY_AGENT, "agent");
    qr_genesis_add_operator(&genesis, QR_KEY_NODE, "node", qr_key_public(rig->node_key), "A");
    qr_genesis_add_operator(&genesis, QR_KEY_PRICING, "pricing", qr_key_public(rig->pricing), "A");
    qr_genesis_add_operator(&genesis, QR_KEY_AGENT, "agent", qr_key_public(rig->agent), "A");
    add_span(&genesis.model, qr_model_bytes(rig->model));
    add_span(&genesis.baseline, qr_baseline_bytes(rig->baseline));
    add_span(&genesis.rows, qr_reference_bytes(rig->reference));
    qr_buffer_add(&genesis.rules, rig->rules_bytes.data, rig->rules_bytes.size);
    rig_need(qr_genesis_set(&genesis, "upgrade.voting_seconds", "604800", &error), &error);
    rig_need(qr_genesis_write(&genesis, &rig->genesis, &error), &error);
}

/* The folder is a home that quorate-ledgerd starts on. */
static void make_home(struct rig *rig, const char *parent)
{
    static const char *const folders[] = {"keys", "keys/operators", "run"};
    char path[320];
    struct qr_error error = {0};
    snprintf(rig->folder, sizeof rig->folder, "%s/quorate-bench-XXXXXX", parent);
    if (!mkdtemp(rig->folder))
        rig_need(qr_fail_errno(&error, "make", rig->folder), &error);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        snprintf(path, sizeof path, "%s/%s", rig->folder, folders[i]);
        if (mkdir(path, 0700) != 0)
            rig_need(qr_fail_errno(&error, "make", path), &error);
    }
    snprintf(path, sizeof path, "%s/keys/operators/node.key", rig->folder);
    rig_need(qr_key_save(rig->node_key, path, &error), &error);
    snprintf(path, sizeof path, "%s/genesis.qrg", rig->folder);
    rig_need(qr_file_write(path, rig->genesis.data, rig->genesis.size, 0600, &error), &error);
    snprintf(rig->path, sizeof rig->path, "%s/ledgerd.db", rig->folder);
}

void rig_init(struct rig *rig, const char *parent)
{
    *rig = (struct rig){.batches = 0};
    qr_crypto_init();
    rig->workers = qr_workers_new(0);
    load_data(rig);
    make_genesis(rig);
    make_home(rig, parent);
}

void rig_remove_store(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-mark"};
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char name[400];
        snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        (void)unlink(name);
    }
}

void rig_done(struct rig *rig)
{
    /* What the rig and a ledgerd that was started on it left in the folder, and at last the folder. */
    static const char *const names[] = {"keys/operators/node.key", "genesis.qrg", "keys/operators", "keys",
                                        "run/ledgerd.lock",        "run",         ""};
    rig_remove_store(rig->path);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        QR_CLEANUP(qr_freep) char *path = qr_path_join(rig->folder, names[i]);
        (void)remove(path);
    }
    for (size_t i = 0; i < RIG_MEMBERS; i++)
        qr_key_free(rig->members[i]);
    qr_key_free(rig->node_key);
    qr_key_free(rig->pricing);
    qr_key_free(rig->agent);
    qr_explainer_free(rig->explainer);
    qr_model_free(rig->model);
    qr_model_free(rig->other);
    qr_baseline_free(rig->baseline);
    qr_reference_free(rig->reference);
    qr_schema_done(&rig->schema);
    qr_buffer_done(&rig->rules_bytes);
    qr_buffer_done(&rig->genesis);
    qr_workers_free(rig->workers);
}

/* ---- The ledger ---- */

static void answered(void *context, const struct qr_answer *answer)
{
    struct rig *rig = context;
    rig->refused += answer->error != NULL;
    if (answer->error)
        rig->refusal = *answer->error;
    rig->last_id = *answer->id;
}

void rig_open(struct rig *rig)
{
    struct qr_header head;
    struct qr_error error = {0};
    rig_need(qr_store_open(rig->path, true, &rig->store, &error), &error);
    struct qr_node_setup setup = {.genesis = {rig->genesis.data, rig->genesis.size},
                                  .workers = rig->workers,
                                  .table_bytes = QR_EXPLAINER_DEFAULTS.table_bytes};
    rig_need(qr_node_open(&setup, rig->store, rig->node_key, &rig->node, &rig->log, &head, &error), &error);
    rig_need(qr_node_warm(rig->node, &error), &error);
    struct qr_chain_setup chain = {.app = qr_node_app(rig->node),
                                   .store = rig->store,
                                   .log = rig->log,
                                   .head = &head,
                                   .genesis = qr_node_genesis(rig->node),
                                   .key = rig->node_key};
    rig->chain = qr_chain_new(&chain);
    struct qr_solo_setup solo = {.app = chain.app,
                                 .chain = rig->chain,
                                 .workers = rig->workers,
                                 .answer = answered,
                                 .context = rig};
    rig->solo = qr_solo_new(&solo);
}

void rig_close(struct rig *rig)
{
    qr_solo_free(rig->solo);
    qr_chain_free(rig->chain);
    qr_merkle_log_free(rig->log);
    qr_node_free(rig->node);
    qr_store_close(rig->store);
}

void rig_queue(struct rig *rig, const struct qr_buffer *bytes)
{
    static uint64_t token;
    struct qr_error error = {0};
    rig_need(qr_solo_submit(rig->solo, bytes->data, bytes->size, ++token, &error), &error);
}

void rig_cut(struct rig *rig)
{
    struct qr_error error = {0};
    bool made;
    rig_need(qr_solo_cut(rig->solo, qr_clock_now(), &made, &error), &error);
    if (rig->refused)
        rig_need(rig->refusal.code, &rig->refusal);
}

void rig_drop(struct qr_buffer *transactions, size_t n)
{
    for (size_t i = 0; i < n; i++)
        qr_buffer_done(&transactions[i]);
}

/* ---- A vote ---- */

static uint64_t expiry(const struct rig *rig)
{
    return qr_chain_head(rig->chain)->height + 9000;
}

static void submit(struct rig *rig, const struct qr_key *key, enum qr_action kind, uint64_t replay,
                   const struct qr_buffer *payload)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_transaction_sign(key, chain_id, kind, replay, payload->data, payload->size, &bytes, NULL);
    rig_queue(rig, &bytes);
    rig_cut(rig);
}

static void publish_other(struct rig *rig)
{
    struct qr_span bytes = qr_model_bytes(rig->other);
    for (size_t at = 0; at < bytes.size; at += QR_CHUNK_SIZE) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
        size_t rest = bytes.size - at;
        struct qr_publish chunk = {.object = QR_OBJECT_MODEL,
                                   .hash = *qr_model_hash(rig->other),
                                   .size = bytes.size,
                                   .index = at / QR_CHUNK_SIZE,
                                   .bytes = {(const uint8_t *)bytes.bytes + at,
                                             rest < QR_CHUNK_SIZE ? rest : QR_CHUNK_SIZE}};
        qr_publish_encode(&chunk, &payload);
        submit(rig, rig->members[0], QR_ACTION_PUBLISH, expiry(rig), &payload);
    }
}

struct rig_vote rig_open_vote(struct rig *rig)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_report_freep) struct qr_report *report = NULL;
    struct qr_error error = {0};
    struct qr_propose propose = {.track = "upgrade",
                                 .title = "bench",
                                 .model = *qr_model_hash(rig->other),
                                 .baseline = *qr_baseline_hash(rig->baseline)};
    publish_other(rig);
    qr_propose_encode(&propose, &payload);
    submit(rig, rig->members[0], QR_ACTION_PROPOSE, expiry(rig), &payload);
    struct rig_vote vote = {.proposal = rig->last_id};
    const struct qr_span parts[QR_IMPACT_PARTS] = {qr_model_bytes(rig->model),
                                                   qr_baseline_bytes(rig->baseline),
                                                   qr_model_bytes(rig->other),
                                                   qr_baseline_bytes(rig->baseline),
                                                   {rig->rules_bytes.data, rig->rules_bytes.size},
                                                   qr_reference_bytes(rig->reference)};
    rig_need(qr_impact_report(parts, &report, &error), &error);
    vote.report = qr_report_hash(report);
    struct qr_reported reported = {.proposal = vote.proposal, .report = vote.report};
    qr_buffer_clear(&payload);
    qr_reported_encode(&reported, &payload);
    submit(rig, rig->agent, QR_ACTION_REPORT, 1, &payload);
    return vote;
}

void rig_sign_ballot(const struct rig *rig, const struct rig_vote *vote, unsigned i, struct qr_buffer *out)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_cast cast = {.proposal = vote->proposal, .choice = (enum qr_choice)(i % 3), .report = vote->report};
    snprintf(cast.reason, sizeof cast.reason, "ballot %u", i);
    qr_cast_encode(&cast, &payload);
    qr_transaction_sign(rig->members[i % RIG_MEMBERS], chain_id, QR_ACTION_BALLOT, expiry(rig), payload.data,
                        payload.size, out, NULL);
}

/* ---- Batches ---- */

static uint32_t mix(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(*seed >> 33);
}

static void fill_batch(const struct rig_pricing *pricing, struct qr_batch *batch)
{
    const int32_t *from = qr_reference_all(pricing->reference);
    size_t n_rows = qr_reference_rows(pricing->reference);
    uint64_t seed = batch->sequence;
    for (size_t i = 0; i < batch->n * batch->n_features; i++)
        batch->rows[i] = from[mix(&seed) % n_rows * batch->n_features + i % batch->n_features];
    for (size_t i = 0; i < batch->n; i++) {
        batch->decisions[i].time_ms = batch->t0 + (int64_t)i / 8;
        qr_random(batch->decisions[i].nonce, QR_NONCE_SIZE);
    }
}

void rig_sign_batch(const struct rig_pricing *pricing, uint64_t sequence, size_t decisions, struct qr_buffer *out)
{
    QR_CLEANUP(qr_batch_done) struct qr_batch batch = {.n = 0};
    QR_CLEANUP(qr_leaves_done) struct qr_leaves leaves = {.n = 0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_error error = {0};
    qr_batch_init(&batch, qr_model_schema(qr_explainer_model(pricing->explainer))->n_features, 0, decisions);
    batch.mandate = pricing->mandate;
    batch.as_of = pricing->as_of;
    batch.sequence = sequence;
    batch.t0 = qr_clock_now();
    fill_batch(pricing, &batch);
    rig_need(qr_batch_leaves(&batch, pricing->explainer, pricing->rules, &leaves, &error), &error);
    batch.root = qr_batch_root(&leaves);
    qr_batch_encode(&batch, &payload);
    qr_transaction_sign(pricing->key, pricing->chain_id, QR_ACTION_BATCH, sequence, payload.data, payload.size, out, NULL);
}

struct signing {
    struct rig_pricing pricing;
    uint64_t first; /* sequence number */
    size_t decisions;
    struct qr_buffer *out;
};

static void sign_one(void *context, size_t at)
{
    struct signing *signing = context;
    rig_sign_batch(&signing->pricing, signing->first + at, signing->decisions, &signing->out[at]);
}

void rig_sign_batches(struct rig *rig, size_t n, size_t decisions, struct qr_buffer *out)
{
    struct qr_mandate mandate;
    struct qr_error error = {0};
    rig_need(qr_mandate_active(qr_node_state(rig->node), &mandate, &error), &error);
    struct signing signing = {.pricing = {.chain_id = chain_id,
                                          .key = rig->pricing,
                                          .mandate = mandate.id,
                                          .as_of = qr_chain_head(rig->chain)->height,
                                          .explainer = rig->explainer,
                                          .rules = &rig->rules,
                                          .reference = rig->reference},
                              .first = rig->batches + 1,
                              .decisions = decisions,
                              .out = out};
    qr_workers_run(rig->workers, n, sign_one, &signing);
    rig->batches += n;
}

/* ---- Receipts ---- */

static void prove(struct rig *rig, const struct qr_hash *id, struct qr_receipt_entry *entry)
{
    struct qr_tile_source tiles = qr_store_tiles(rig->store);
    struct qr_error error = {0};
    struct qr_hash hash;
    rig_need(qr_store_find_leaf(rig->store, id, 2 * QR_HASH_SIZE, &entry->index, &hash, &error), &error);
    rig_need(qr_store_leaf(rig->store, entry->index, &entry->leaf, NULL, &error), &error);
    rig_need(qr_merkle_log_inclusion(&tiles, entry->index, qr_chain_head(rig->chain)->log_size, &entry->proof, &error),
             &error);
}

void rig_make_receipt(struct rig *rig, const struct qr_hash *id, struct qr_buffer *out)
{
    struct qr_receipt *receipt = qr_alloc(1, sizeof *receipt);
    QR_CLEANUP(qr_freep) struct qr_decision *decision = qr_alloc(1, sizeof *decision);
    struct qr_error error = {0};
    qr_store_read_begin(rig->store);
    prove(rig, id, &receipt->decision);
    rig_need(qr_decision_decode(receipt->decision.leaf.data, receipt->decision.leaf.size, decision, &error), &error);
    prove(rig, &decision->mandate, &receipt->activation);
    rig_need(qr_store_note(rig->store, qr_chain_head(rig->chain)->height, qr_node_genesis(rig->node), &receipt->note,
                           &error),
             &error);
    qr_store_read_end(rig->store);
    qr_receipt_write(receipt, out);
    qr_receipt_done(receipt);
    free(receipt);
}

struct qr_pin rig_pin(const struct rig *rig)
{
    struct qr_pin pin = {.genesis = *qr_node_genesis(rig->node), .need = 1, .n = 1};
    qr_copy_text(pin.nodes[0].name, sizeof pin.nodes[0].name, "node");
    pin.nodes[0].key = *qr_key_public(rig->node_key);
    return pin;
}

/* ---- Latencies ---- */

void rig_times_init(struct rig_times *times, size_t n)
{
    times->n = n;
    times->us = qr_alloc(n, sizeof *times->us);
}

void rig_times_done(struct rig_times *times)
{
    free(times->us);
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t rig_times_at(const struct rig_times *times, unsigned permille)
{
    qsort(times->us, times->n, sizeof *times->us, by_value);
    size_t at = times->n * permille / 1000;
    return times->us[at < times->n ? at : times->n - 1];
}

int64_t rig_synced_write(int file)
{
    static const char page[8192];
    int64_t start = qr_clock_monotonic();
    if (write(file, page, sizeof page) != (ssize_t)sizeof page || fdatasync(file) != 0)
        exit(EXIT_FAILURE);
    return qr_clock_monotonic() - start;
}

void rig_commit_latency(struct rig *rig, const struct rig_vote *vote, unsigned at, size_t n, struct rig_times *commits,
                        struct rig_times *syncs)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(rig->folder, "sync");
    int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    rig_times_init(commits, n);
    rig_times_init(syncs, n);
    for (size_t i = 0; i < n; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        rig_sign_ballot(rig, vote, at + (unsigned)i, &bytes);
        int64_t start = qr_clock_monotonic();
        rig_queue(rig, &bytes);
        rig_cut(rig);
        commits->us[i] = qr_clock_monotonic() - start;
        syncs->us[i] = rig_synced_write(file);
    }
    close(file);
    unlink(path);
}

/* A leaf of the log that is a decision: most are. */
static struct qr_hash any_decision(struct rig *rig, uint64_t *seed)
{
    for (;;) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
        struct qr_error error = {0};
        uint64_t index = ((uint64_t)mix(seed) << 31 | mix(seed)) % qr_chain_head(rig->chain)->log_size;
        rig_need(qr_store_leaf(rig->store, index, &leaf, NULL, &error), &error);
        if (leaf.size > 4 && memcmp(leaf.data, "QRD1", 4) == 0)
            return qr_merkle_leaf(leaf.data, leaf.size);
    }
}

void rig_receipt_latency(struct rig *rig, size_t n, struct rig_times *made, struct rig_times *verified)
{
    struct qr_verification *verification = qr_alloc(1, sizeof *verification);
    QR_CLEANUP(qr_freep) struct qr_hash *ids = qr_alloc(n, sizeof *ids);
    struct qr_pin pin = rig_pin(rig);
    uint64_t seed = 7;
    rig_times_init(made, n);
    rig_times_init(verified, n);
    for (size_t i = 0; i < n; i++)
        ids[i] = any_decision(rig, &seed);
    for (size_t i = 0; i < n; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer receipt = {0};
        struct qr_error error = {0};
        int64_t start = qr_clock_monotonic();
        rig_make_receipt(rig, &ids[i], &receipt);
        made->us[i] = qr_clock_monotonic() - start;
        start = qr_clock_monotonic();
        rig_need(qr_verify_receipt(receipt.data, receipt.size, &pin, NULL, NULL, verification, &error), &error);
        verified->us[i] = qr_clock_monotonic() - start;
        if (!verification->valid)
            exit(EXIT_FAILURE);
        qr_verification_done(verification);
    }
    free(verification);
}
