#include "node/batch.h"
#include "node/operator.h"
#include "node/validator.h"
#include "tests/sim/sim.h"
#include "xai/decision.h"

/* A second account of the ledger, kept from the bytes of its blocks and leaves alone, in lists that are searched from one end to
 * the other. Where it and the state machine differ, one of them is wrong. */

struct spent { /* a transaction that stands in a block */
    struct qr_hash id;
    uint64_t height;
};

struct officer {
    struct qr_public_key key;
    enum qr_key_kind kind;
    size_t member;
    bool dismissed;
    uint64_t sequence; /* the last one used */
};

struct vote { /* a proposal */
    struct qr_hash id, model;
    const struct qr_track *track;
    struct qr_validator_proposed validator;
    enum qr_proposal_state state; /* REVIEW until an outcome says more */
    struct qr_ballot ballots[SIM_MEMBERS_MAX]; /* the last of each member; weight 0: none */
    int64_t queued;
};

struct sim_oracle {
    size_t n_blocks, n_spent, n_officers, n_votes, n_mandates, n_leaves;
    struct qr_hash *blocks; /* header hashes */
    struct spent *spent;
    struct officer *officers;
    struct vote *votes;
    struct qr_mandate *mandates;
    struct qr_hash *leaves;
    size_t n_validators;
    struct qr_validator validators[SIM_VALIDATORS];
    struct qr_public_key node_of[SIM_VALIDATORS]; /* its node's, zero for one of the genesis */
    struct spent *told; /* what parties were answered */
    size_t n_told;
    int64_t time; /* of the last block */
    uint64_t decisions, orders;
    size_t late;
};

struct sim_seen sim_seen;

#define APPEND(list, n, ...) \
    do { \
        (list) = qr_realloc((list), (n) + 1, sizeof *(list)); \
        (list)[(n)++] = (__VA_ARGS__); \
    } while (0)

static struct officer *find_officer(struct sim_oracle *oracle, const struct qr_public_key *key)
{
    for (size_t i = 0; i < oracle->n_officers; i++)
        if (memcmp(&oracle->officers[i].key, key, sizeof *key) == 0)
            return &oracle->officers[i];
    return NULL;
}

static struct vote *find_vote(struct sim_oracle *oracle, const struct qr_hash *id)
{
    for (size_t i = 0; i < oracle->n_votes; i++)
        if (qr_hash_equal(&oracle->votes[i].id, id))
            return &oracle->votes[i];
    return NULL;
}

static const struct spent *find_spent(const struct spent *list, size_t n, const struct qr_hash *id)
{
    for (size_t i = 0; i < n; i++)
        if (qr_hash_equal(&list[i].id, id))
            return &list[i];
    return NULL;
}

static size_t find_member(const struct sim *sim, const char *name)
{
    size_t i = 0;
    while (i < sim->n_members && strcmp(sim_member_name(i), name) != 0)
        i++;
    unit_holds(i < sim->n_members);
    return i;
}

struct sim_oracle *sim_oracle_new(const struct sim *sim)
{
    struct sim_oracle *oracle = qr_alloc(1, sizeof *oracle);
    struct qr_genesis genesis = {.time = 0};
    unit_holds(qr_genesis_read(sim->genesis.data, sim->genesis.size, &genesis, NULL) == 0);
    for (size_t i = 0; i < genesis.n_operators; i++)
        APPEND(oracle->officers, oracle->n_officers,
               (struct officer){.key = genesis.operators[i].key,
                                .kind = genesis.operators[i].kind,
                                .member = find_member(sim, genesis.operators[i].member)});
    for (size_t i = 0; i < genesis.n_validators; i++)
        oracle->validators[oracle->n_validators++] = genesis.validators[i];
    qr_genesis_done(&genesis);
    return oracle;
}

void sim_oracle_free(struct sim_oracle *oracle)
{
    void *lists[] = {oracle->blocks,   oracle->spent,  oracle->officers, oracle->votes,
                     oracle->mandates, oracle->leaves, oracle->told,     oracle};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        free(lists[i]);
}

uint64_t sim_oracle_height(const struct sim_oracle *oracle) { return oracle->n_blocks - 1; }

const struct qr_hash *sim_oracle_block(const struct sim_oracle *oracle, uint64_t height) { return &oracle->blocks[height]; }

size_t sim_oracle_mandates(const struct sim_oracle *oracle) { return oracle->n_mandates; }

const struct qr_mandate *sim_oracle_mandate(const struct sim_oracle *oracle, size_t i) { return &oracle->mandates[i]; }

void sim_oracle_acknowledged(struct sim *sim, const struct qr_hash *id, uint64_t height)
{
    struct sim_oracle *oracle = sim->oracle;
    APPEND(oracle->told, oracle->n_told, (struct spent){*id, height});
}

/* ---- transactions ---- */

static void take_batch(struct sim_oracle *oracle, const struct qr_transaction *transaction, uint64_t height)
{
    QR_CLEANUP(qr_batch_done) struct qr_batch batch = {.n = 0};
    unit_holds(qr_batch_decode(transaction->payload.bytes, transaction->payload.size, &batch, NULL) == 0);
    const struct qr_mandate *mandate = NULL;
    for (size_t i = 0; i < oracle->n_mandates; i++)
        if (qr_hash_equal(&oracle->mandates[i].id, &batch.mandate))
            mandate = &oracle->mandates[i];
    unit_holds(mandate && batch.sequence == transaction->replay);
    unit_holds(batch.as_of < height && mandate->activation.height <= batch.as_of && batch.as_of < mandate->ended);
    oracle->decisions += batch.n;
    oracle->late += oracle->time - batch.t0 > QR_LATE_MS;
}

static void take_office(const struct sim *sim, const struct qr_transaction *transaction, size_t member)
{
    struct sim_oracle *oracle = sim->oracle;
    const struct qr_span *payload = &transaction->payload;
    struct qr_appoint appoint;
    struct qr_dismiss dismiss;
    if (transaction->kind == QR_ACTION_APPOINT) {
        unit_holds(qr_appoint_decode(payload->bytes, payload->size, &appoint, NULL) == 0);
        unit_holds(!find_officer(oracle, &appoint.key)); /* a key is appointed once in its life */
        APPEND(oracle->officers, oracle->n_officers,
               (struct officer){.key = appoint.key, .kind = appoint.kind, .member = member});
        return;
    }
    unit_holds(qr_dismiss_decode(payload->bytes, payload->size, &dismiss, NULL) == 0);
    struct officer *officer = find_officer(oracle, &dismiss.key);
    unit_holds(officer && !officer->dismissed && officer->member == member);
    officer->dismissed = true;
}

static void take_action(struct sim *sim, const struct qr_transaction *transaction, size_t member, uint64_t height)
{
    struct sim_oracle *oracle = sim->oracle;
    struct qr_propose propose;
    struct qr_propose_validator validator;
    switch ((enum qr_action)transaction->kind) {
    case QR_ACTION_PROPOSE:
        unit_holds(qr_propose_decode(transaction->payload.bytes, transaction->payload.size, &propose, NULL) == 0);
        APPEND(oracle->votes, oracle->n_votes,
               (struct vote){
                   .id = transaction->id, .track = &sim->upgrade, .model = propose.model, .state = QR_PROPOSAL_REVIEW});
        return;
    case QR_ACTION_PROPOSE_VALIDATOR:
        unit_holds(sim->validators && qr_propose_validator_decode(transaction->payload.bytes, transaction->payload.size,
                                                                  &validator, NULL) == 0);
        APPEND(oracle->votes, oracle->n_votes,
               (struct vote){.id = transaction->id,
                             .track = &sim->validation,
                             .validator = validator.validator,
                             .state = QR_PROPOSAL_REVIEW});
        return;
    case QR_ACTION_APPOINT:
    case QR_ACTION_DISMISS:
        take_office(sim, transaction, member);
        return;
    case QR_ACTION_BATCH:
        take_batch(oracle, transaction, height);
        return;
    case QR_ACTION_PUBLISH:
    case QR_ACTION_BALLOT:
    case QR_ACTION_ORDERS:
    case QR_ACTION_REPORT:
    case QR_ACTION_EXECUTE:
        return; /* they show in the leaves */
    }
    ck_abort_msg("a block holds a transaction of kind %" PRIu64, transaction->kind);
}

/* Each number of an operator once and without a gap; each id once; each key what its kind may do, while it is in office. */
static void take_transaction(struct sim *sim, const struct qr_span *bytes, uint64_t height)
{
    struct sim_oracle *oracle = sim->oracle;
    struct qr_transaction transaction;
    size_t member = 0;
    unit_holds(qr_transaction_read(bytes->bytes, bytes->size, &transaction, NULL) == 0);
    unit_holds(!find_spent(oracle->spent, oracle->n_spent, &transaction.id));
    APPEND(oracle->spent, oracle->n_spent, (struct spent){transaction.id, height});
    struct officer *officer = find_officer(oracle, &transaction.signer);
    if (officer) {
        unit_holds(!officer->dismissed && transaction.replay == officer->sequence + 1);
        unit_holds(qr_action_allowed(transaction.kind, officer->kind));
        officer->sequence++;
        member = officer->member;
    } else {
        while (member < sim->n_members && memcmp(qr_key_public(sim_setting.members[member]), &transaction.signer,
                                                 sizeof transaction.signer) != 0)
            member++;
        unit_holds(member < sim->n_members && qr_action_allowed(transaction.kind, QR_KEY_MEMBER));
        unit_holds(transaction.replay >= height && transaction.replay - height <= QR_EXPIRY_BLOCKS_MAX);
    }
    sim_seen.kinds |= UINT64_C(1) << transaction.kind;
    take_action(sim, &transaction, member, height);
}

/* ---- leaves ---- */

static bool marked(const struct qr_buffer *leaf, const char *mark)
{
    return leaf->size >= 4 && memcmp(leaf->data, mark, 4) == 0;
}

static void take_activation(struct sim_oracle *oracle, const struct qr_buffer *leaf, uint64_t height)
{
    struct qr_activation activation;
    unit_holds(qr_activation_decode(leaf->data, leaf->size, &activation, NULL) == 0 && activation.height == height);
    if (height > 0) {
        const struct vote *vote = find_vote(oracle, &activation.proposal);
        unit_holds(vote && vote->state == QR_PROPOSAL_QUEUED && qr_hash_equal(&vote->model, &activation.model));
        oracle->mandates[oracle->n_mandates - 1].ended = height;
        sim_seen.replaced = true;
    }
    APPEND(oracle->mandates, oracle->n_mandates,
           (struct qr_mandate){
               .id = qr_merkle_leaf(leaf->data, leaf->size), .activation = activation, .ended = UINT64_MAX});
}

static struct qr_tally recount(const struct sim *sim, const struct vote *vote, int64_t *ret_total)
{
    struct qr_tally tally = {{0}};
    *ret_total = 0;
    for (size_t i = 0; i < sim->n_members; i++) {
        *ret_total += sim->weights[i];
        if (vote->ballots[i].weight)
            tally.weight[vote->ballots[i].choice] += sim->weights[i];
    }
    return tally;
}

static void take_ballot(struct sim *sim, const struct qr_buffer *leaf, uint64_t height)
{
    struct qr_ballot ballot;
    unit_holds(qr_ballot_decode(leaf->data, leaf->size, &ballot, NULL) == 0 && ballot.height == height);
    struct vote *vote = find_vote(sim->oracle, &ballot.proposal);
    size_t member = find_member(sim, ballot.member);
    unit_holds(vote && vote->state == QR_PROPOSAL_REVIEW && ballot.weight == sim->weights[member]);
    vote->ballots[member] = ballot;
}

/* The rules, once more: a veto stops; else the quorum; else more yes than its share of what is for or against. */
static bool passes(const struct qr_track *track, const struct qr_tally *tally, int64_t total)
{
    int64_t yes = tally->weight[QR_CHOICE_YES], veto = tally->weight[QR_CHOICE_VETO];
    int64_t cast = yes + tally->weight[QR_CHOICE_NO] + tally->weight[QR_CHOICE_ABSTAIN] + veto;
    if (veto * track->veto.den >= track->veto.num * total) {
        sim_seen.vetoed = true;
        return false;
    }
    return cast * track->quorum.den >= track->quorum.num * total &&
           yes * track->threshold.den > track->threshold.num * (cast - tally->weight[QR_CHOICE_ABSTAIN]);
}

/* Whoever comes brings a key for checkpoints, and whoever goes takes it along. */
static void change_validators(struct sim *sim, const struct qr_validator_proposed *change)
{
    struct sim_oracle *oracle = sim->oracle;
    size_t i = 0, member = find_member(sim, change->member);
    while (i < oracle->n_validators && memcmp(&oracle->validators[i].key, &change->key, sizeof change->key) != 0)
        i++;
    if (change->act == QR_VALIDATOR_ADD) {
        unit_holds(i == oracle->n_validators && i < SIM_VALIDATORS && !find_officer(oracle, &change->node_key));
        oracle->validators[oracle->n_validators] = (struct qr_validator){.key = change->key, .power = change->power};
        qr_copy_text(oracle->validators[i].name, QR_KEY_NAME_MAX, change->name);
        qr_copy_text(oracle->validators[i].member, QR_MEMBER_NAME_MAX, change->member);
        oracle->n_validators++;
        APPEND(oracle->officers, oracle->n_officers,
               (struct officer){.key = change->node_key, .kind = QR_KEY_NODE, .member = member});
        oracle->node_of[i] = change->node_key;
        sim_seen.added = true;
        return;
    }
    unit_holds(i < oracle->n_validators && oracle->n_validators > 1);
    struct officer *officer = find_officer(oracle, &oracle->node_of[i]);
    if (officer)
        officer->dismissed = true;
    oracle->n_validators--;
    oracle->validators[i] = oracle->validators[oracle->n_validators];
    oracle->node_of[i] = oracle->node_of[oracle->n_validators];
    sim_seen.removed = true;
}

static void take_outcome(struct sim *sim, const struct qr_buffer *leaf, uint64_t height)
{
    struct qr_outcome outcome;
    int64_t total;
    unit_holds(qr_outcome_decode(leaf->data, leaf->size, &outcome, NULL) == 0 && outcome.height == height);
    struct vote *vote = find_vote(sim->oracle, &outcome.proposal);
    unit_holds(vote);
    struct qr_tally tally = recount(sim, vote, &total);
    unit_holds(memcmp(&tally, &outcome.tally, sizeof tally) == 0);
    int64_t timelock = 1000 * vote->track->timelock_seconds, grace = 1000 * vote->track->grace_seconds;
    if (vote->state == QR_PROPOSAL_REVIEW) {
        bool passed = outcome.state == QR_PROPOSAL_QUEUED;
        unit_holds(passed || outcome.state == QR_PROPOSAL_DEFEATED || outcome.state == QR_PROPOSAL_EXPIRED);
        unit_holds(outcome.state == QR_PROPOSAL_EXPIRED || passes(vote->track, &tally, total) == passed);
        vote->queued = outcome.time;
    } else {
        bool in_time = outcome.time >= vote->queued + timelock && outcome.time < vote->queued + timelock + grace;
        unit_holds(vote->state == QR_PROPOSAL_QUEUED);
        unit_holds(in_time ? outcome.state == QR_PROPOSAL_EXECUTED || outcome.state == QR_PROPOSAL_FAILED
                           : outcome.state == QR_PROPOSAL_EXPIRED);
        const struct qr_mandate *last = &sim->oracle->mandates[sim->oracle->n_mandates - 1];
        bool executed = outcome.state == QR_PROPOSAL_EXECUTED, upgrade = vote->track == &sim->upgrade;
        unit_holds((executed && upgrade) == qr_hash_equal(&last->activation.proposal, &vote->id));
        if (executed && !upgrade)
            change_validators(sim, &vote->validator);
    }
    vote->state = outcome.state;
    sim_seen.outcomes |= UINT64_C(1) << outcome.state;
}

/* A decision's mandate is one that some activation leaf before it made. */
static void take_decision(struct sim_oracle *oracle, const struct qr_buffer *leaf)
{
    QR_CLEANUP(qr_freep) struct qr_decision *decision = qr_alloc(1, sizeof *decision);
    unit_holds(qr_decision_decode(leaf->data, leaf->size, decision, NULL) == 0);
    bool known = false;
    for (size_t i = 0; i < oracle->n_mandates; i++)
        known = known || qr_hash_equal(&oracle->mandates[i].id, &decision->mandate);
    unit_holds(known && oracle->decisions > 0);
    oracle->decisions--;
}

static void take_leaf(struct sim *sim, const struct qr_buffer *leaf, uint64_t height)
{
    struct sim_oracle *oracle = sim->oracle;
    APPEND(oracle->leaves, oracle->n_leaves, qr_merkle_leaf(leaf->data, leaf->size));
    if (marked(leaf, "QRD1")) {
        take_decision(oracle, leaf);
    } else if (marked(leaf, "QRV1")) {
        take_ballot(sim, leaf, height);
    } else if (marked(leaf, "QRT1")) {
        take_outcome(sim, leaf, height);
    } else if (marked(leaf, "QRA1")) {
        take_activation(oracle, leaf, height);
    } else if (marked(leaf, "QRL1")) {
        unit_holds(oracle->late-- > 0);
        sim_seen.late = true;
    } else {
        unit_holds(marked(leaf, "QRO1") || marked(leaf, "QRP1"));
    }
}

/* ---- blocks ---- */

static void take_leaves(struct sim *sim, uint64_t size, uint64_t height)
{
    while (sim->oracle->n_leaves < size) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
        uint64_t of = 0;
        struct qr_error error = {0};
        unit_ok(qr_store_leaf(sim->sequencer.store, sim->oracle->n_leaves, &leaf, &of, &error), error);
        unit_holds(of == height);
        take_leaf(sim, &leaf, height);
    }
}

/* RFC 9162 §2.1.1, as it is written there. */
static struct qr_hash root_of(const struct qr_hash *leaves, size_t n)
{
    if (n == 1)
        return leaves[0];
    size_t k = 1;
    while (2 * k < n)
        k *= 2;
    uint8_t both[1 + 2 * QR_HASH_SIZE] = {1};
    struct qr_hash left = root_of(leaves, k), right = root_of(leaves + k, n - k);
    memcpy(both + 1, left.bytes, QR_HASH_SIZE);
    memcpy(both + 1 + QR_HASH_SIZE, right.bytes, QR_HASH_SIZE);
    return qr_sha256(both, sizeof both);
}

static void take_block(struct sim *sim, uint64_t height)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
    struct sim_oracle *oracle = sim->oracle;
    struct qr_error error = {0};
    unit_ok(qr_store_block(sim->sequencer.store, height, &bytes, &error), error);
    unit_ok(qr_block_read(bytes.data, bytes.size, &block, &error), error);
    const struct qr_header *header = &block.header;
    unit_holds(header->height == height);
    unit_holds(height == 0 || (header->time > oracle->time && qr_hash_equal(&header->previous, &oracle->blocks[height - 1])));
    oracle->time = header->time;
    for (size_t i = 0; i < block.n; i++)
        take_transaction(sim, &block.transactions[i], height);
    take_leaves(sim, header->log_size, height);
    unit_holds(oracle->n_leaves == header->log_size && oracle->decisions == 0 && oracle->late == 0);
    struct qr_hash root = root_of(oracle->leaves, oracle->n_leaves);
    unit_holds(qr_hash_equal(&root, &header->log_root));
    APPEND(oracle->blocks, oracle->n_blocks, qr_header_hash(header));
}

/* ---- the state against the account ---- */

static void check_proposals(struct sim *sim, const struct qr_state *state)
{
    struct sim_oracle *oracle = sim->oracle;
    unit_holds(qr_proposal_count(state) == oracle->n_votes);
    for (size_t i = 0; i < oracle->n_votes; i++) {
        const struct vote *vote = &oracle->votes[i];
        struct qr_proposal proposal;
        int64_t total;
        struct qr_tally tally = recount(sim, vote, &total);
        unit_holds(qr_proposal_get(state, &vote->id, &proposal, NULL) == 0 && proposal.number == i + 1);
        unit_holds(memcmp(&tally, &proposal.tally, sizeof tally) == 0);
        unit_holds(proposal.state == vote->state ||
                   (vote->state == QR_PROPOSAL_REVIEW && proposal.state == QR_PROPOSAL_VOTING));
    }
}

static void check_validators(const struct sim *sim, const struct qr_state *state)
{
    const struct sim_oracle *oracle = sim->oracle;
    unit_holds(qr_validator_count(state) == oracle->n_validators);
    for (size_t i = 0; i < oracle->n_validators; i++) {
        const struct qr_validator *validator = &oracle->validators[i];
        struct qr_validator_record record;
        unit_holds(qr_validator_get(state, &validator->key, &record, NULL) == 0);
        unit_holds(record.validator.power == validator->power && strcmp(record.validator.name, validator->name) == 0 &&
                   strcmp(record.validator.member, validator->member) == 0);
    }
}

static void check_officers(const struct sim *sim, const struct qr_state *state)
{
    const struct sim_oracle *oracle = sim->oracle;
    for (size_t i = 0; i < oracle->n_officers; i++) {
        const struct officer *officer = &oracle->officers[i];
        struct qr_operator_record record;
        uint64_t height;
        struct qr_hash id;
        unit_holds(qr_operator_get(state, &officer->key, &record, NULL) == 0);
        unit_holds(record.sequence == officer->sequence && (record.dismissed != UINT64_MAX) == officer->dismissed);
        unit_holds(qr_store_find_use(sim->sequencer.store, &officer->key, officer->sequence + 1, &height, &id, NULL) ==
                   QR_ENOT_FOUND);
        if (officer->sequence == 0)
            continue;
        unit_holds(qr_store_find_use(sim->sequencer.store, &officer->key, officer->sequence, &height, &id, NULL) == 0);
        const struct spent *spent = find_spent(oracle->spent, oracle->n_spent, &id);
        unit_holds(spent && spent->height == height);
    }
}

static void check_mandate(const struct sim *sim, const struct qr_state *state)
{
    struct qr_mandate active;
    unit_holds(qr_mandate_active(state, &active, NULL) == 0);
    unit_holds(qr_hash_equal(&active.id, &sim->oracle->mandates[sim->oracle->n_mandates - 1].id));
}

static void check_told(const struct sim_oracle *oracle, size_t from)
{
    for (size_t i = from; i < oracle->n_told; i++) {
        const struct spent *spent = find_spent(oracle->spent, oracle->n_spent, &oracle->told[i].id);
        unit_holds(spent && spent->height == oracle->told[i].height);
    }
}

/* A leaf drawn at random is proved by the store's tiles. */
static void check_proof(struct sim *sim)
{
    const struct qr_header *head = qr_chain_head(sim->sequencer.chain);
    struct qr_tile_source tiles = qr_store_tiles(sim->sequencer.store);
    uint64_t index = sim_chance(sim, head->log_size);
    struct qr_proof proof;
    struct qr_error error = {0};
    unit_ok(qr_merkle_log_inclusion(&tiles, index, head->log_size, &proof, &error), error);
    unit_ok(qr_inclusion_verify(&sim->oracle->leaves[index], index, head->log_size, &proof, &head->log_root, &error), error);
}

void sim_oracle_check(struct sim *sim)
{
    struct sim_oracle *oracle = sim->oracle;
    const struct qr_state *state = qr_node_state(sim->sequencer.node);
    const struct qr_header *head = qr_chain_head(sim->sequencer.chain);
    uint64_t known = oracle->n_blocks;
    while (oracle->n_blocks <= head->height)
        take_block(sim, oracle->n_blocks);
    struct qr_hash hash = qr_header_hash(head);
    unit_holds(oracle->n_blocks == head->height + 1 && qr_hash_equal(&hash, &oracle->blocks[head->height]));
    if (oracle->n_blocks == known)
        return;
    check_proposals(sim, state);
    check_officers(sim, state);
    check_validators(sim, state);
    check_mandate(sim, state);
    check_told(oracle, 0);
    check_proof(sim);
    unit_holds(qr_node_counts(sim->sequencer.node).transactions == oracle->n_spent);
}

void sim_oracle_end(struct sim *sim)
{
    const struct sim_oracle *oracle = sim->oracle;
    for (uint64_t height = 0; height < oracle->n_blocks; height++) {
        struct qr_header header;
        unit_holds(qr_store_header(sim->sequencer.store, height, &header, NULL) == 0);
        struct qr_hash hash = qr_header_hash(&header);
        unit_holds(qr_hash_equal(&hash, &oracle->blocks[height]));
    }
    for (size_t i = 0; i < oracle->n_told; i++) {
        uint64_t height;
        size_t position;
        unit_holds(qr_store_find_transaction(sim->sequencer.store, &oracle->told[i].id, 2 * QR_HASH_SIZE, &height,
                                             &position, NULL) == 0);
        unit_holds(height == oracle->told[i].height);
    }
}
