#include "governance/governance.h"
#include "node/impact.h"
#include "node/operator.h"
#include "node/replay.h"
#include "tests/unit/node/stage.h"

/* A seeded simulation of the ledger: a sequencer and two followers, one of which crashes now and then and catches up from the
 * first block; members and services whose transactions arrive late, twice, out of order, long after they expired, or damaged; a
 * clock that jumps. After every block the invariants below are checked. The same seed gives the same run.
 *
 *     tests/sim/ledger.test                 runs QR_SIM_SEEDS seeds (default 30) from QR_TEST_SEED
 *     QR_TEST_SEED=N QR_SIM_SEEDS=1 ...     replays one */

enum { STEPS = 80, MAIL_MAX = 512, SEEDS = 30 };

struct letter {
    struct qr_buffer bytes;
};

struct sim {
    struct unit_random random;
    struct stage stage; /* the sequencer */
    struct qr_replay *steady, *unsteady;
    struct letter mail[MAIL_MAX]; /* everything that was ever sent: delivered in any order, any number of times */
    size_t n_mail;
    uint64_t pricing, reservation, agent; /* next sequence numbers, as their owners believe */
    struct qr_hash *leaves;               /* of the whole log, for a naive root */
    size_t n_leaves;
};

static struct qr_model *second_model;
static struct qr_hash report_hash;
static uint64_t kinds_seen; /* a bit for each action that stood in some block */

static uint64_t chance(struct sim *sim, uint64_t n) { return unit_random_below(&sim->random, n); }

static void send(struct sim *sim, const struct qr_key *key, enum qr_action kind, uint64_t replay,
                 const struct qr_buffer *payload)
{
    if (sim->n_mail == MAIL_MAX)
        return;
    struct letter *letter = &sim->mail[sim->n_mail++];
    qr_transaction_sign(key, STAGE_CHAIN, kind, replay, payload->data, payload->size, &letter->bytes, NULL);
    if (chance(sim, 25) == 0)
        letter->bytes.data[chance(sim, letter->bytes.size)] ^= 1; /* damaged on its way */
}

static uint64_t expiry(struct sim *sim) { return stage_height(&sim->stage) + chance(sim, 12); }

static void send_batch(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    sim->stage.pricing = sim->pricing - 1;
    stage_batch(&sim->stage, 1 + chance(sim, 3), &payload);
    send(sim, stage_pricing, QR_ACTION_BATCH, sim->pricing, &payload);
    sim->pricing += chance(sim, 8) != 0; /* sometimes a number is used for two batches */
}

static void send_order(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_order_leaf order = {.event = QR_ORDER_CONFIRMED, .time = sim->stage.now};
    order.commitment.bytes[0] = (uint8_t)chance(sim, 256);
    qr_orders_encode(&order, 1, &payload);
    send(sim, stage_reservation, QR_ACTION_ORDERS, sim->reservation++, &payload);
}

static void send_appointment(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_appoint appoint = {.kind = QR_KEY_NODE};
    snprintf(appoint.name, sizeof appoint.name, "node%u", (unsigned)chance(sim, 6));
    appoint.key.bytes[0] = (uint8_t)chance(sim, 8);
    qr_appoint_encode(&appoint, &payload);
    send(sim, stage_member, QR_ACTION_APPOINT, expiry(sim), &payload);
}

static void send_proposal(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer publish = {0}, propose = {0};
    struct qr_span bytes = qr_model_bytes(second_model);
    struct qr_publish chunk = {.object = QR_OBJECT_MODEL, .hash = *qr_model_hash(second_model), .size = bytes.size};
    for (chunk.index = 0; chunk.index * QR_CHUNK_SIZE < bytes.size; chunk.index++) {
        size_t at = chunk.index * QR_CHUNK_SIZE, rest = bytes.size - at;
        chunk.bytes = (struct qr_span){(const uint8_t *)bytes.bytes + at, rest < QR_CHUNK_SIZE ? rest : QR_CHUNK_SIZE};
        qr_buffer_clear(&publish);
        qr_publish_encode(&chunk, &publish);
        send(sim, stage_member, QR_ACTION_PUBLISH, stage_height(&sim->stage) + 50, &publish);
    }
    struct qr_propose body = {.track = "upgrade",
                              .title = "simulated",
                              .model = *qr_model_hash(second_model),
                              .baseline = *qr_baseline_hash(stage_baseline)};
    qr_propose_encode(&body, &propose);
    send(sim, stage_member, QR_ACTION_PROPOSE, stage_height(&sim->stage) + 50, &propose);
}

static void send_governance(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_proposal proposal;
    if (!qr_proposal_next(qr_node_state(sim->stage.node), 1, &proposal)) {
        send_proposal(sim);
        return;
    }
    switch (chance(sim, 4)) {
    case 0:
        qr_reported_encode(&(struct qr_reported){proposal.id, report_hash}, &payload);
        send(sim, stage_agent, QR_ACTION_REPORT, sim->agent++, &payload);
        return;
    case 1:
        qr_execute_encode(&(struct qr_execute){proposal.id}, &payload);
        send(sim, stage_member, QR_ACTION_EXECUTE, expiry(sim), &payload);
        return;
    default:
        qr_cast_encode(&(struct qr_cast){proposal.id, (enum qr_choice)(chance(sim, 7) / 4), report_hash, "simulated"},
                       &payload);
        send(sim, stage_member, QR_ACTION_BALLOT, expiry(sim), &payload);
    }
}

/* A member's key where a service's belongs, and the other way round. */
static void send_usurped(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    stage_batch(&sim->stage, 1, &payload);
    send(sim, chance(sim, 2) ? stage_member : stage_agent, QR_ACTION_BATCH, sim->agent, &payload);
}

static void write_letters(struct sim *sim)
{
    switch (chance(sim, 10)) {
    case 0:
    case 1:
    case 2:
        send_batch(sim);
        return;
    case 3:
        send_order(sim);
        return;
    case 4:
        send_appointment(sim);
        return;
    case 5:
        send_usurped(sim);
        return;
    default:
        send_governance(sim);
    }
}

static void deliver(struct sim *sim)
{
    if (sim->n_mail == 0)
        return;
    size_t recent = sim->n_mail > 6 && chance(sim, 4) ? sim->n_mail - 6 : 0;
    const struct qr_buffer *bytes = &sim->mail[recent + chance(sim, sim->n_mail - recent)].bytes;
    (void)!qr_solo_submit(sim->stage.solo, bytes->data, bytes->size, sim->n_mail + 1, NULL); /* damaged ones may not decode */
}

static void pass_time(struct sim *sim)
{
    static const int64_t jumps[] = {1, 50, 1000, 60000, 100000, 400000, -5000};
    sim->stage.now += jumps[chance(sim, sizeof jumps / sizeof jumps[0])];
}

/* ---- invariants ---- */

static void follow(struct qr_replay *replay, const struct qr_block *block)
{
    struct qr_error error = {0};
    unit_ok(qr_replay_block(replay, block, &error), error); /* compares every field of the header */
    unit_ok(qr_replay_next(replay, &error), error);
}

static struct qr_replay *new_follower(void)
{
    struct qr_node_setup setup = {.genesis = {stage_genesis.data, stage_genesis.size}};
    struct qr_replay *replay = NULL;
    struct qr_error error = {0};
    unit_ok(qr_replay_new(&setup, &replay, &error), error);
    unit_ok(qr_replay_next(replay, &error), error);
    return replay;
}

static void follow_from_start(struct sim *sim)
{
    qr_replay_free(sim->unsteady);
    sim->unsteady = new_follower();
    for (uint64_t height = 1; height <= stage_height(&sim->stage); height++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
        struct qr_error error = {0};
        unit_ok(qr_store_block(sim->stage.store, height, &bytes, &error), error);
        unit_ok(qr_block_read(bytes.data, bytes.size, &block, &error), error);
        follow(sim->unsteady, &block);
    }
}

static void check_log(struct sim *sim)
{
    const struct qr_header *head = qr_chain_head(sim->stage.chain);
    sim->leaves = qr_realloc(sim->leaves, head->log_size, sizeof *sim->leaves);
    for (; sim->n_leaves < head->log_size; sim->n_leaves++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
        struct qr_error error = {0};
        unit_ok(qr_store_leaf(sim->stage.store, sim->n_leaves, &leaf, NULL, &error), error);
        sim->leaves[sim->n_leaves] = qr_merkle_leaf(leaf.data, leaf.size);
    }
    struct qr_hash root = qr_merkle_root(sim->leaves, sim->n_leaves);
    unit_holds(qr_hash_equal(&root, &head->log_root));
}

static void check_tallies(const struct qr_state *state)
{
    struct qr_proposal proposal;
    for (uint64_t number = 1; qr_proposal_next(state, number, &proposal); number = proposal.number + 1) {
        struct qr_tally recount = {{0}};
        struct qr_ballot ballot = {.member = ""};
        while (qr_ballot_next(state, &proposal.id, ballot.member, &ballot))
            unit_holds(qr_tally_add(&recount, ballot.choice, ballot.weight));
        unit_holds(memcmp(&recount, &proposal.tally, sizeof recount) == 0);
    }
}

/* Each sequence number stands in one place, and none was left out. */
static void check_sequences(const struct sim *sim)
{
    const struct qr_key *keys[] = {stage_pricing, stage_reservation, stage_agent};
    for (size_t i = 0; i < 3; i++) {
        struct qr_operator_record record;
        uint64_t height, before = 0;
        struct qr_hash id;
        unit_holds(qr_operator_get(qr_node_state(sim->stage.node), qr_key_public(keys[i]), &record, NULL) == 0);
        for (uint64_t sequence = 1; sequence <= record.sequence; sequence++, before = height) {
            unit_holds(qr_store_find_use(sim->stage.store, qr_key_public(keys[i]), sequence, &height, &id, NULL) == 0);
            unit_holds(height >= before);
        }
        unit_holds(qr_store_find_use(sim->stage.store, qr_key_public(keys[i]), record.sequence + 1, &height, &id, NULL) ==
                   QR_ENOT_FOUND);
    }
}

static void check_mandate(const struct qr_state *state)
{
    struct qr_mandate mandate;
    struct qr_object object;
    unit_holds(qr_mandate_active(state, &mandate, NULL) == 0 && mandate.ended == UINT64_MAX);
    unit_holds(qr_object_get(state, &mandate.activation.model, &object, NULL) == 0);
    unit_holds(qr_object_get(state, &mandate.activation.baseline, &object, NULL) == 0);
    unit_holds(qr_object_get(state, &mandate.activation.rules, &object, NULL) == 0);
}

static void check_all(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
    struct qr_error error = {0};
    unit_ok(qr_store_block(sim->stage.store, stage_height(&sim->stage), &bytes, &error), error);
    unit_ok(qr_block_read(bytes.data, bytes.size, &block, &error), error);
    follow(sim->steady, &block);
    if (sim->unsteady && chance(sim, 12) != 0)
        follow(sim->unsteady, &block);
    else
        follow_from_start(sim);
    check_log(sim);
    check_tallies(qr_node_state(sim->stage.node));
    check_sequences(sim);
    check_mandate(qr_node_state(sim->stage.node));
}

static void run_seed(uint64_t seed)
{
    struct sim *sim = qr_alloc(1, sizeof *sim);
    struct qr_explainer_options direct = {.table_bytes = 0, .threads = 1};
    struct qr_error error = {0};
    *sim = (struct sim){.random = {seed}, .pricing = 1, .reservation = 1, .agent = 1};
    sim->stage.now = STAGE_START;
    snprintf(sim->stage.path, sizeof sim->stage.path, ":memory:");
    unit_ok(qr_explainer_new(stage_model, stage_baseline, &direct, &sim->stage.explainer, &error), error);
    stage_start(&sim->stage);
    sim->steady = new_follower();
    for (int i = 0; i < STEPS; i++) {
        bool made = false;
        write_letters(sim);
        for (uint64_t k = chance(sim, 6); k > 0; k--)
            deliver(sim);
        pass_time(sim);
        unit_ok(qr_solo_cut(sim->stage.solo, sim->stage.now, &made, &error), error);
        if (!made)
            continue;
        check_all(sim);
        kinds_seen |= qr_node_facts(sim->stage.node)->kinds;
    }
    stage_stop(&sim->stage);
    qr_explainer_free(sim->stage.explainer);
    qr_replay_free(sim->steady);
    qr_replay_free(sim->unsteady);
    for (size_t i = 0; i < sim->n_mail; i++)
        qr_buffer_done(&sim->mail[i].bytes);
    free(sim->leaves);
    free(sim);
}

static void prepare(void)
{
    QR_CLEANUP(qr_report_freep) struct qr_report *report = NULL;
    QR_CLEANUP(qr_freep) char *features = stage_data("features.json"), *path = stage_data("second.json");
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {.time = 0};
    struct qr_schema schema = {0};
    struct qr_import imported = {0};
    struct qr_error error = {0};
    stage_open();
    unit_ok(qr_schema_load(features, &schema, &error), error);
    unit_ok(qr_import_file(path, &schema, &imported, &error), error);
    second_model = imported.model;
    qr_schema_done(&schema);
    unit_ok(qr_genesis_read(stage_genesis.data, stage_genesis.size, &genesis, &error), error);
    const struct qr_span parts[QR_IMPACT_PARTS] = {
        qr_model_bytes(stage_model),           qr_baseline_bytes(stage_baseline),       qr_model_bytes(second_model),
        qr_baseline_bytes(stage_baseline),     {genesis.rules.data, genesis.rules.size}, {genesis.rows.data, genesis.rows.size}};
    unit_ok(qr_impact_report(parts, &report, &error), error);
    report_hash = qr_report_hash(report);
}

static uint64_t seeds(void)
{
    const char *count = getenv("QR_SIM_SEEDS");
    return count && *count ? strtoull(count, NULL, 10) : SEEDS;
}

START_TEST(every_seed_keeps_every_invariant)
{
    static const enum qr_action kinds[] = {QR_ACTION_PUBLISH, QR_ACTION_PROPOSE, QR_ACTION_BALLOT, QR_ACTION_APPOINT,
                                           QR_ACTION_BATCH,   QR_ACTION_ORDERS,  QR_ACTION_REPORT, QR_ACTION_EXECUTE};
    struct unit_random first = unit_random_start();
    prepare();
    for (uint64_t i = 0; i < seeds(); i++) {
        printf("# QR_SIM_SEEDS=1 QR_TEST_SEED=%" PRIu64 " tests/sim/ledger.test\n", first.state + i);
        fflush(stdout);
        run_seed(first.state + i);
    }
    for (size_t i = 0; seeds() >= SEEDS && i < sizeof kinds / sizeof kinds[0]; i++) /* it was no idle run */
        ck_assert_msg(kinds_seen >> kinds[i] & 1, "no block held a transaction of kind %s", qr_action_name(kinds[i]));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {every_seed_keeps_every_invariant};
    return unit_run("sim/ledger", tests, sizeof tests / sizeof tests[0]);
}
