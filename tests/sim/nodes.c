#include "node/audit.h"
#include "node/batch.h"
#include "tests/sim/sim.h"

/* The nodes. A crash drops everything but the store; what was begun and not committed is gone. */

static void node_start(struct sim *sim, struct sim_node *node)
{
    struct qr_node_setup setup = {.genesis = {sim->genesis.data, sim->genesis.size}};
    struct qr_header head;
    struct qr_error error = {0};
    if (!node->store)
        unit_ok(qr_store_open(":memory:", true, &node->store, &error), error);
    unit_ok(qr_node_open(&setup, node->store, node->key, &node->node, &node->log, &head, &error), error);
    struct qr_chain_setup chain = {
        .app = qr_node_app(node->node),
        .store = node->store,
        .log = node->log,
        .head = &head,
        .genesis = qr_node_genesis(node->node),
        .key = node->key,
    };
    node->chain = qr_chain_new(&chain);
}

static void node_stop(struct sim_node *node)
{
    qr_chain_free(node->chain);
    qr_merkle_log_free(node->log);
    qr_node_free(node->node);
}

static uint64_t height_of(const struct sim_node *node) { return qr_chain_head(node->chain)->height; }

/* What a node starts from is what it had. */
static void holds_account(const struct sim *sim, const struct sim_node *node)
{
    struct qr_hash hash = qr_header_hash(qr_chain_head(node->chain));
    unit_holds(height_of(node) <= sim_oracle_height(sim->oracle));
    unit_holds(qr_hash_equal(&hash, sim_oracle_block(sim->oracle, height_of(node))));
}

/* ---- the sequencer ---- */

static void answered(void *context, const struct qr_answer *answer)
{
    struct sim *sim = context;
    if (sim->deaf || answer->error)
        return;
    for (size_t i = 0; i < sim->n_letters; i++)
        if (qr_hash_equal(&sim->letters[i].id, answer->id))
            sim->letters[i].acknowledged = true;
    sim_oracle_acknowledged(sim, answer->id, answer->height);
}

static void sequencer_start(struct sim *sim)
{
    node_start(sim, &sim->sequencer);
    struct qr_solo_setup setup = {
        .app = qr_node_app(sim->sequencer.node),
        .chain = sim->sequencer.chain,
        .answer = answered,
        .context = sim,
    };
    sim->solo = qr_solo_new(&setup);
}

static void sequencer_crash(struct sim *sim)
{
    uint64_t height = height_of(&sim->sequencer);
    qr_solo_free(sim->solo);
    node_stop(&sim->sequencer);
    sequencer_start(sim);
    unit_holds(height_of(&sim->sequencer) == height);
}

static void pass_time(struct sim *sim)
{
    static const int64_t jumps[] = {1, 50, 1000, 3000, 5000, 9000, 20000, 20000, 40000, 90000, -5000, -60000};
    sim->now += sim_chance(sim, 40) ? jumps[sim_chance(sim, sizeof jumps / sizeof jumps[0])] : 2 * QR_LATE_MS;
}

static void deliver(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    for (uint64_t n = sim_chance(sim, SIM_DELIVERIES_MAX); n > 0; n--) {
        const struct sim_letter *letter = sim_pick(sim);
        if (!letter)
            return;
        sim_arrive(sim, letter, &bytes);
        sim->token += sim_chance(sim, 8) != 0; /* now and then two belong together */
        (void)!qr_solo_submit(sim->solo, bytes.data, bytes.size, sim->token + 1, NULL); /* damaged ones may not decode */
    }
}

static void cut(struct sim *sim)
{
    struct qr_error error = {0};
    bool made = false;
    deliver(sim);
    if (sim_chance(sim, 40) == 0) { /* what waits is lost */
        sequencer_crash(sim);
        return;
    }
    sim->deaf = sim_chance(sim, 30) == 0; /* it crashes after the commit, before its answers arrive */
    unit_ok(qr_solo_cut(sim->solo, sim->now, &made, &error), error);
    if (sim->deaf)
        sequencer_crash(sim);
    sim->deaf = false;
}

/* A block as a consensus engine hands it over: decided transactions at a decided time. */
struct proposed {
    int64_t time;
    size_t n;
    struct qr_buffer bytes[SIM_DELIVERIES_MAX];
};

static void propose(struct sim *sim, struct proposed *ret)
{
    *ret = (struct proposed){.time = qr_chain_time(sim->sequencer.chain, sim->now)};
    for (uint64_t n = sim_chance(sim, SIM_DELIVERIES_MAX); n > 0 && sim->n_letters; n--) {
        struct qr_transaction transaction;
        struct qr_buffer *bytes = &ret->bytes[ret->n];
        sim_arrive(sim, sim_pick(sim), bytes);
        if (qr_transaction_read(bytes->data, bytes->size, &transaction, NULL) == 0)
            ret->n++;
    }
}

static struct qr_hash execute(struct sim *sim, const struct proposed *proposed)
{
    struct qr_chain *chain = sim->sequencer.chain;
    struct qr_error error = {0};
    unit_ok(qr_chain_begin(chain, proposed->time, &error), error);
    for (size_t i = 0; i < proposed->n; i++) {
        struct qr_transaction transaction;
        struct qr_span encoded = {proposed->bytes[i].data, proposed->bytes[i].size};
        unit_ok(qr_transaction_read(encoded.bytes, encoded.size, &transaction, &error), error);
        (void)!qr_chain_apply(chain, &transaction, &encoded, NULL, NULL);
    }
    return qr_header_hash(qr_chain_end(chain)->header);
}

/* A block that is executed, and lost by a crash or given up, and then executed again: it is the same block. */
static void execute_twice(struct sim *sim)
{
    struct proposed proposed;
    struct qr_error error = {0};
    propose(sim, &proposed);
    struct qr_hash first = execute(sim, &proposed);
    if (sim_chance(sim, 2)) {
        sequencer_crash(sim);
    } else {
        qr_chain_abort(sim->sequencer.chain);
        struct qr_hash digest = qr_state_digest(qr_node_state(sim->sequencer.node));
        unit_holds(qr_hash_equal(&digest, &qr_chain_head(sim->sequencer.chain)->app_hash));
    }
    struct qr_hash second = execute(sim, &proposed);
    unit_holds(qr_hash_equal(&first, &second));
    unit_ok(qr_chain_commit(sim->sequencer.chain, &error), error);
    sim_seen.redone = true;
    for (size_t i = 0; i < SIM_DELIVERIES_MAX; i++)
        qr_buffer_done(&proposed.bytes[i]);
}

void sim_sequence(struct sim *sim)
{
    pass_time(sim);
    if (sim_chance(sim, 12) == 0)
        execute_twice(sim);
    else
        cut(sim);
}

/* ---- those who re-execute ---- */

static void follower_start(struct sim *sim)
{
    node_start(sim, &sim->follower);
    sim->following = qr_replay_on(sim->follower.node, sim->follower.chain, sim->follower.log, NULL);
}

static void follower_crash(struct sim *sim)
{
    uint64_t height = height_of(&sim->follower);
    qr_replay_free(sim->following);
    node_stop(&sim->follower);
    follower_start(sim);
    unit_holds(height_of(&sim->follower) == height);
    holds_account(sim, &sim->follower);
}

/* Executes the block after this head; the header is compared with what it computes itself. */
static void read_block(const struct sim *sim, uint64_t height, struct qr_buffer *bytes, struct qr_block *ret)
{
    struct qr_error error = {0};
    unit_ok(qr_store_block(sim->sequencer.store, height, bytes, &error), error);
    unit_ok(qr_block_read(bytes->data, bytes->size, ret, &error), error);
}

static void follow_one(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
    struct qr_error error = {0};
    read_block(sim, height_of(&sim->follower) + 1, &bytes, &block);
    unit_ok(qr_replay_block(sim->following, &block, NULL, &error), error);
    if (sim_chance(sim, 30) == 0) { /* between the end of the block and its commit: the same block comes again */
        follower_crash(sim);
        unit_ok(qr_replay_block(sim->following, &block, NULL, &error), error);
    }
    unit_ok(qr_replay_next(sim->following, &error), error);
    holds_account(sim, &sim->follower);
}

static void watch_from_start(struct sim *sim)
{
    struct qr_node_setup setup = {.genesis = {sim->genesis.data, sim->genesis.size}};
    struct qr_error error = {0};
    qr_replay_free(sim->watching);
    unit_ok(qr_replay_new(&setup, &sim->watching, &error), error);
    unit_ok(qr_replay_next(sim->watching, &error), error);
}

static void watch_one(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
    struct qr_error error = {0};
    uint64_t height = qr_replay_head(sim->watching)->height + 1;
    read_block(sim, height, &bytes, &block);
    unit_ok(qr_replay_block(sim->watching, &block, NULL, &error), error);
    unit_ok(qr_replay_next(sim->watching, &error), error);
    struct qr_hash hash = qr_header_hash(qr_replay_head(sim->watching));
    unit_holds(qr_hash_equal(&hash, sim_oracle_block(sim->oracle, height)));
}

void sim_catch_up(struct sim *sim)
{
    uint64_t head = height_of(&sim->sequencer);
    while (height_of(&sim->follower) < head)
        follow_one(sim);
    while (qr_replay_head(sim->watching)->height < head)
        watch_one(sim);
}

void sim_follow(struct sim *sim)
{
    if (sim_chance(sim, 60) == 0)
        follower_crash(sim);
    if (sim_chance(sim, 200) == 0)
        watch_from_start(sim);
    if (sim_chance(sim, 4) == 0)
        sim_catch_up(sim);
}

/* ---- beginning and end ---- */

void sim_nodes_start(struct sim *sim)
{
    sim->sequencer.key = sim_setting.nodes[0];
    sim->follower.key = sim_setting.nodes[1];
    sequencer_start(sim);
    follower_start(sim);
    watch_from_start(sim);
}

void sim_nodes_audit(struct sim *sim)
{
    struct qr_store *stores[] = {sim->sequencer.store, sim->follower.store};
    const struct qr_header *heads[] = {qr_chain_head(sim->sequencer.chain), qr_chain_head(sim->follower.chain)};
    for (size_t i = 0; i < 2; i++) {
        struct qr_audit audit;
        struct qr_error error = {0};
        unit_ok(qr_audit_store(stores[i], NULL, NULL, &audit, &error), error);
        unit_holds(audit.height == heads[i]->height && qr_hash_equal(&audit.app_hash, &heads[i]->app_hash));
    }
}

void sim_nodes_stop(struct sim *sim)
{
    qr_replay_free(sim->following);
    qr_replay_free(sim->watching);
    qr_solo_free(sim->solo);
    node_stop(&sim->sequencer);
    node_stop(&sim->follower);
    qr_store_close(sim->sequencer.store);
    qr_store_close(sim->follower.store);
}
