#include "tests/unit/node/script.h"

#include <malloc.h>

#include "governance/governance.h"
#include "node/actions.h"
#include "node/batch.h"
#include "node/impact.h"
#include "node/order.h"
#include "tests/unit/node/small.h"

struct script script;

enum { START = 1000000, MEMBERS = 2 };
static const char *const names[MEMBERS] = {"Air_India", "Vistara"};
static struct qr_key *members[MEMBERS], *pricing, *reservation, *agent;
static struct qr_model *models[2];
static struct qr_explainer *explainers[2];
static struct qr_baseline *baseline;
static struct qr_buffer rules_bytes, reference;
static const struct qr_rules rules = {.version = 1, .n = 1, .rule = {{QR_RULE_FLOOR, {50000}}}};

/* ---- what it starts from ---- */

static void make_keys(void)
{
    for (uint8_t i = 0; i < MEMBERS; i++)
        members[i] = qr_key_from_seed(QR_KEY_MEMBER, names[i], (uint8_t[32]){1, i});
    script.node = qr_key_from_seed(QR_KEY_NODE, "node", (uint8_t[32]){2});
    pricing = qr_key_from_seed(QR_KEY_PRICING, "pricing", (uint8_t[32]){3});
    reservation = qr_key_from_seed(QR_KEY_RESERVATION, "reservation", (uint8_t[32]){4});
    agent = qr_key_from_seed(QR_KEY_AGENT, "agent", (uint8_t[32]){5});
}

static void make_models(void)
{
    struct qr_explainer_options direct = {.table_bytes = 0, .threads = 1};
    struct qr_schema schema = {0};
    struct qr_error error = {0};
    small_schema(&schema);
    baseline = small_baseline(&schema);
    small_reference(&schema, &reference);
    for (int i = 0; i < 2; i++) {
        models[i] = small_model(&schema, i);
        unit_ok(qr_explainer_new(models[i], baseline, &direct, &explainers[i], &error), error);
    }
    qr_rules_encode(&rules, &rules_bytes);
    qr_schema_done(&schema);
}

static void add_operator(struct qr_genesis *genesis, const struct qr_key *key)
{
    qr_genesis_add_operator(genesis, qr_key_kind(key), qr_key_name(key), qr_key_public(key), names[0]);
}

static void make_genesis(void)
{
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    struct qr_span model = qr_model_bytes(models[0]), rows = qr_baseline_bytes(baseline);
    struct qr_error error = {0};
    qr_genesis_defaults(&genesis);
    qr_copy_text(genesis.chain_id, sizeof genesis.chain_id, SCRIPT_CHAIN);
    genesis.time = START;
    for (int i = 0; i < MEMBERS; i++)
        qr_genesis_add_member(&genesis, names[i], qr_key_public(members[i]), 1);
    const struct qr_key *operators[] = {script.node, pricing, reservation, agent};
    for (size_t i = 0; i < 4; i++)
        add_operator(&genesis, operators[i]);
    qr_buffer_add(&genesis.model, model.bytes, model.size);
    qr_buffer_add(&genesis.baseline, rows.bytes, rows.size);
    qr_buffer_add(&genesis.rows, reference.data, reference.size);
    qr_buffer_add(&genesis.rules, rules_bytes.data, rules_bytes.size);
    unit_ok(qr_genesis_set(&genesis, "upgrade.voting_seconds", "10", &error), error);
    unit_ok(qr_genesis_set(&genesis, "upgrade.timelock_seconds", "5", &error), error);
    unit_ok(qr_genesis_set(&genesis, "upgrade.step_limit_bp", "0", &error), error);
    unit_ok(qr_genesis_write(&genesis, &script.genesis, &error), error);
}

/* ---- recording ---- */

static struct rig recorder;
static struct qr_hash last_id;
static uint64_t batches, orders, reports;

static struct script_block *next_block(void) { return &script.blocks[script.n + 1]; }

static void add(const struct qr_key *key, enum qr_action kind, uint64_t replay, const struct qr_buffer *payload)
{
    struct script_block *block = next_block();
    qr_transaction_sign(key, SCRIPT_CHAIN, kind, replay, payload->data, payload->size,
                        &block->transactions[block->n++], &last_id);
}

static void add_by_member(int member, enum qr_action kind, const struct qr_buffer *payload)
{
    add(members[member], kind, script.n + 100, payload);
}

static void add_batch(size_t n, int model)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_batch_done) struct qr_batch batch = {.n = 0};
    QR_CLEANUP(qr_leaves_done) struct qr_leaves leaves = {.n = 0};
    struct qr_mandate mandate;
    struct qr_error error = {0};
    unit_ok(qr_mandate_active(qr_node_state(recorder.node), &mandate, &error), error);
    qr_batch_init(&batch, SMALL_FEATURES, 0, n);
    batch.mandate = mandate.id;
    batch.as_of = script.n;
    batch.sequence = ++batches;
    batch.t0 = next_block()->time;
    for (size_t i = 0; i < n; i++) {
        memcpy(batch.rows + i * SMALL_FEATURES, small_rows + i % SMALL_ROWS * SMALL_FEATURES,
               SMALL_FEATURES * sizeof small_rows[0]);
        batch.decisions[i].time_ms = batch.t0;
        memset(batch.decisions[i].nonce, (int)(i + 1), QR_NONCE_SIZE);
        batch.decisions[i].nonce[0] = (uint8_t)batches;
    }
    unit_ok(qr_batch_leaves(&batch, explainers[model], &rules, &leaves, &error), error);
    batch.root = qr_batch_root(&leaves);
    qr_batch_encode(&batch, &payload);
    add(pricing, QR_ACTION_BATCH, batches, &payload);
}

static void add_order(void)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_order_leaf order = {.event = QR_ORDER_CONFIRMED, .commitment = {{7}}, .time = next_block()->time};
    qr_orders_encode(&order, 1, &payload);
    add(reservation, QR_ACTION_ORDERS, ++orders, &payload);
}

static void add_model(void)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_span bytes = qr_model_bytes(models[1]);
    struct qr_publish publish = {
        .object = QR_OBJECT_MODEL, .hash = *qr_model_hash(models[1]), .size = bytes.size, .bytes = bytes};
    qr_publish_encode(&publish, &payload);
    add_by_member(1, QR_ACTION_PUBLISH, &payload);
}

static struct qr_hash add_proposal(void)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_propose propose = {.track = "upgrade",
                                 .title = "the other model",
                                 .model = *qr_model_hash(models[1]),
                                 .baseline = *qr_baseline_hash(baseline)};
    qr_propose_encode(&propose, &payload);
    add_by_member(0, QR_ACTION_PROPOSE, &payload);
    return last_id;
}

static struct qr_hash report_hash(void)
{
    QR_CLEANUP(qr_report_freep) struct qr_report *report = NULL;
    struct qr_span rows = qr_baseline_bytes(baseline);
    const struct qr_span parts[QR_IMPACT_PARTS] = {
        qr_model_bytes(models[0]), rows, qr_model_bytes(models[1]), rows,
        {rules_bytes.data, rules_bytes.size}, {reference.data, reference.size}};
    struct qr_error error = {0};
    unit_ok(qr_impact_report(parts, &report, &error), error);
    return qr_report_hash(report);
}

static void add_report(const struct qr_hash *proposal, const struct qr_hash *report)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    qr_reported_encode(&(struct qr_reported){*proposal, *report}, &payload);
    add(agent, QR_ACTION_REPORT, ++reports, &payload);
}

static void add_ballot(int member, const struct qr_hash *proposal, const struct qr_hash *report, enum qr_choice choice)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    qr_cast_encode(&(struct qr_cast){*proposal, choice, *report, "recorded"}, &payload);
    add_by_member(member, QR_ACTION_BALLOT, &payload);
}

static void add_execution(const struct qr_hash *proposal)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    qr_execute_encode(&(struct qr_execute){*proposal}, &payload);
    add(agent, QR_ACTION_EXECUTE, ++reports, &payload);
}

/* Makes the block of what was added; the next one comes `after` milliseconds later. */
static void close_block(int64_t after)
{
    struct script_block *block = next_block();
    struct qr_error error = {0};
    unit_ok(qr_chain_begin(recorder.chain, block->time, &error), error);
    for (size_t i = 0; i < block->n; i++) {
        struct qr_transaction transaction;
        struct qr_span encoded = {block->transactions[i].data, block->transactions[i].size};
        unit_ok(qr_transaction_read(encoded.bytes, encoded.size, &transaction, &error), error);
        unit_ok(qr_chain_apply(recorder.chain, &transaction, &encoded, NULL, &error), error);
    }
    qr_chain_end(recorder.chain);
    unit_ok(qr_chain_commit(recorder.chain, &error), error);
    block->header = qr_header_hash(qr_chain_head(recorder.chain));
    script.n++;
    next_block()->time = block->time + after;
}

static void play_it(void)
{
    struct qr_hash report = report_hash();
    add_batch(3, 0);
    add_order();
    close_block(1000);
    add_model();
    struct qr_hash proposal = add_proposal();
    close_block(1000);
    add_report(&proposal, &report);
    close_block(1000);
    add_ballot(0, &proposal, &report, QR_CHOICE_NO);
    add_batch(1, 0);
    close_block(1000);
    add_ballot(1, &proposal, &report, QR_CHOICE_YES);
    add_ballot(0, &proposal, &report, QR_CHOICE_YES);
    close_block(20000);
    close_block(10000); /* the vote closes */
    add_execution(&proposal);
    close_block(1000);
    add_batch(60, 1); /* several rows of leaves, and tiles of two levels */
    add_order();
    close_block(1000);
    add_batch(2, 1);
    close_block(1000);
}

void script_record(void)
{
    struct qr_error error = {0};
    qr_crypto_init();
    mallopt(M_MMAP_THRESHOLD, 256 << 10); /* ledgers come and go, and hardly touch their queues: fresh pages need no clearing */
    make_keys();
    make_models();
    make_genesis();
    unit_ok(rig_start(&recorder, &script_engines[0], ":memory:", &error), error);
    script.blocks[0].header = qr_header_hash(qr_chain_head(recorder.chain));
    script.blocks[1].time = START + 1000;
    play_it();
    struct qr_mandate mandate;
    unit_ok(qr_mandate_active(qr_node_state(recorder.node), &mandate, &error), error);
    unit_holds(qr_hash_equal(&mandate.activation.model, qr_model_hash(models[1])));
    rig_stop(&recorder);
}

/* ---- engines ---- */

static void told(struct rig *rig, const char *what)
{
    if (rig->step)
        rig->step(what);
}

static void answered(void *context, const struct qr_answer *answer)
{
    struct rig *rig = context;
    rig->answers += answer->error == NULL;
}

static void start_solo(struct rig *rig)
{
    struct qr_solo_setup setup = {
        .app = qr_node_app(rig->node), .chain = rig->chain, .answer = answered, .context = rig};
    rig->solo = qr_solo_new(&setup);
}

static int make_solo(struct rig *rig, const struct script_block *block, struct qr_error *error)
{
    bool made = false;
    rig->answers = 0;
    for (size_t i = 0; i < block->n; i++) {
        const struct qr_buffer *bytes = &block->transactions[i];
        int code = qr_solo_submit(rig->solo, bytes->data, bytes->size, i + 1, error);
        if (code)
            return code;
    }
    told(rig, "submitted");
    int code = qr_solo_cut(rig->solo, block->time, &made, error);
    if (code)
        return code;
    unit_holds(made && rig->answers == block->n);
    told(rig, "answered");
    return 0;
}

static void start_cometbft(struct rig *rig)
{
    struct qr_cometbft_setup setup = {
        .app = qr_node_app(rig->node), .chain = rig->chain, .answer = answered, .context = rig};
    rig->comet = qr_cometbft_new(&setup);
}

/* What was decided is executed; CometBFT hands it over again until it is committed. */
static int make_cometbft(struct rig *rig, const struct script_block *block, struct qr_error *error)
{
    struct qr_span spans[SCRIPT_TRANSACTIONS_MAX];
    struct qr_error results[SCRIPT_TRANSACTIONS_MAX];
    const struct qr_header *header = NULL;
    for (size_t i = 0; i < block->n; i++)
        spans[i] = (struct qr_span){block->transactions[i].data, block->transactions[i].size};
    told(rig, "decided");
    int code = qr_cometbft_finalize(rig->comet, rig_height(rig) + 1, block->time, spans, block->n, results, &header, error);
    if (code)
        return code;
    for (size_t i = 0; i < block->n; i++)
        unit_holds(results[i].code == QR_OK);
    told(rig, "finalized");
    code = qr_cometbft_commit(rig->comet, block->time, error);
    if (code == 0)
        told(rig, "committed");
    return code;
}

const struct script_engine script_engines[SCRIPT_ENGINES] = {
    {"solo", start_solo, make_solo},
    {"cometbft", start_cometbft, make_cometbft},
};

/* ---- the rig ---- */

static void rig_clear(struct rig *rig) { *rig = (struct rig){.step = rig->step}; }

int rig_start(struct rig *rig, const struct script_engine *engine, const char *path, struct qr_error *error)
{
    struct qr_node_setup setup = {.genesis = {script.genesis.data, script.genesis.size}};
    struct qr_header head;
    rig_clear(rig);
    int code = qr_store_open(path, true, &rig->store, error);
    if (code == 0)
        code = qr_node_open(&setup, rig->store, script.node, &rig->node, &rig->log, &head, error);
    if (code) {
        qr_store_close(rig->store);
        rig_clear(rig);
        return code;
    }
    struct qr_chain_setup chain = {
        .app = qr_node_app(rig->node),
        .store = rig->store,
        .log = rig->log,
        .head = &head,
        .genesis = qr_node_genesis(rig->node),
        .key = script.node,
    };
    rig->chain = qr_chain_new(&chain);
    engine->start(rig);
    told(rig, "started");
    return 0;
}

void rig_stop(struct rig *rig)
{
    qr_solo_free(rig->solo);
    if (rig->comet)
        qr_cometbft_free(rig->comet);
    qr_chain_free(rig->chain);
    qr_merkle_log_free(rig->log);
    qr_node_free(rig->node);
    qr_store_close(rig->store);
    rig_clear(rig);
    told(rig, "stopped");
}

uint64_t rig_height(const struct rig *rig) { return qr_chain_head(rig->chain)->height; }

bool rig_in_script(const struct rig *rig)
{
    struct qr_hash hash = qr_header_hash(qr_chain_head(rig->chain));
    return rig_height(rig) <= script.n && qr_hash_equal(&hash, &script.blocks[rig_height(rig)].header);
}

int script_play(struct rig *rig, const struct script_engine *engine, const char *path, uint64_t *ret_told,
                 struct qr_error *error)
{
    int code = rig->chain ? 0 : rig_start(rig, engine, path, error);
    while (code == 0 && rig_height(rig) < script.n) {
        uint64_t height = rig_height(rig) + 1;
        code = engine->make(rig, &script.blocks[height], error);
        if (code)
            break;
        *ret_told = height > *ret_told ? height : *ret_told;
        if (height == script.n / 2) {
            rig_stop(rig);
            code = rig_start(rig, engine, path, error);
        }
    }
    if (code) {
        told(rig, "failed");
        rig_stop(rig);
    }
    return code;
}
