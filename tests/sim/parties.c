#include "node/batch.h"
#include "node/operator.h"
#include "node/order.h"
#include "node/validator.h"
#include "tests/sim/sim.h"
#include "xai/model.h"

/* Members and services. They know what the sequencer has committed, now and then something older, and send what makes sense to
 * them, and sometimes what does not. */

static const struct qr_state *state_of(const struct sim *sim) { return qr_node_state(sim->sequencer.node); }

static void send(struct sim *sim, const struct qr_key *key, enum qr_action kind, uint64_t replay,
                 const struct qr_buffer *payload)
{
    if (sim->n_letters == SIM_LETTERS_MAX)
        return;
    struct sim_letter *letter = &sim->letters[sim->n_letters++];
    qr_transaction_sign(key, SIM_CHAIN, kind, replay, payload->data, payload->size, &letter->bytes, &letter->id);
}

static void send_as_member(struct sim *sim, size_t member, enum qr_action kind, const struct qr_buffer *payload)
{
    static const uint64_t lives[] = {0, 1, 3, 12, 40, QR_EXPIRY_BLOCKS_MAX, QR_EXPIRY_BLOCKS_MAX + 2};
    uint64_t life = sim_chance(sim, 4) ? 40 : lives[sim_chance(sim, sizeof lives / sizeof lives[0])];
    send(sim, sim_setting.members[member], kind, sim_oracle_height(sim->oracle) + life, payload);
}

/* The number is the next one by the ledger, or by its own count, which may be ahead, or one that was used. */
static uint64_t draw_sequence(struct sim *sim, size_t operator)
{
    struct sim_operator *own = &sim->operators[operator];
    struct qr_operator_record record = {.sequence = 0};
    (void)!qr_operator_get(state_of(sim), qr_key_public(sim_setting.operators[operator]), &record, NULL);
    if (sim_chance(sim, 3) == 0 || own->next > record.sequence + 4)
        own->next = record.sequence + 1;
    return sim_chance(sim, 12) ? own->next++ : own->next - sim_chance(sim, own->next);
}

static size_t any_of_kind(struct sim *sim, enum qr_key_kind kind)
{
    size_t operator;
    do {
        operator = sim_chance(sim, SIM_OPERATORS);
    } while (qr_key_kind(sim_setting.operators[operator]) != kind);
    return operator;
}

static int64_t clock_of(struct sim *sim, size_t operator)
{
    struct sim_operator *own = &sim->operators[operator];
    if (sim_chance(sim, 20) == 0)
        own->skew = (int64_t)sim_chance(sim, 1600000) - 800000;
    return sim->now + own->skew > 0 ? sim->now + own->skew : 0;
}

/* ---- pricing and reservation ---- */

static size_t model_of(const struct qr_hash *hash)
{
    size_t i = 0;
    while (i + 1 < SIM_MODELS && !qr_hash_equal(hash, qr_model_hash(sim_setting.models[i])))
        i++;
    return i;
}

static void fill_batch(struct sim *sim, struct qr_batch *batch)
{
    for (size_t i = 0; i < batch->n; i++) {
        int32_t *row = batch->rows + i * batch->n_features;
        row[0] = (int32_t)sim_chance(sim, 10);
        row[1] = sim_chance(sim, 5) ? (int32_t)sim_chance(sim, 41) : QR_MISSING;
        row[2] = (int32_t)sim_chance(sim, 2);
        batch->decisions[i].time_ms = batch->t0 + (int64_t)sim_chance(sim, 100);
        for (size_t k = 0; k < QR_NONCE_SIZE; k++)
            batch->decisions[i].nonce[k] = (uint8_t)sim_chance(sim, 256);
    }
}

static void send_batch(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_batch_done) struct qr_batch batch = {.n = 0};
    QR_CLEANUP(qr_leaves_done) struct qr_leaves leaves = {.n = 0};
    struct qr_error error = {0};
    size_t operator = any_of_kind(sim, QR_KEY_PRICING), mandates = sim_oracle_mandates(sim->oracle);
    const struct qr_mandate *mandate =
        sim_oracle_mandate(sim->oracle, sim_chance(sim, 6) ? mandates - 1 : sim_chance(sim, mandates));
    const struct qr_explainer *explainer = sim_setting.explainers[model_of(&mandate->activation.model)];
    qr_batch_init(&batch, 3, 0, 1 + sim_chance(sim, 3));
    batch.mandate = mandate->id;
    batch.as_of = sim_oracle_height(sim->oracle);
    if (sim_chance(sim, 4) == 0)
        batch.as_of = sim_chance(sim, batch.as_of + 2);
    batch.sequence = draw_sequence(sim, operator);
    batch.t0 = clock_of(sim, operator);
    fill_batch(sim, &batch);
    unit_ok(qr_batch_leaves(&batch, explainer, &sim_setting.rules, &leaves, &error), error);
    batch.root = qr_batch_root(&leaves);
    batch.root.bytes[0] ^= sim_chance(sim, 30) == 0; /* a mistake in its program */
    qr_batch_encode(&batch, &payload);
    send(sim, sim_setting.operators[operator], QR_ACTION_BATCH, batch.sequence, &payload);
}

static void send_orders(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    size_t operator = any_of_kind(sim, QR_KEY_RESERVATION), n = 1 + sim_chance(sim, 2);
    struct qr_order_leaf orders[2] = {{.event = QR_ORDER_CONFIRMED}, {.event = QR_ORDER_CANCELLED}};
    for (size_t i = 0; i < n; i++) {
        orders[i].time = clock_of(sim, operator);
        orders[i].commitment.bytes[0] = (uint8_t)sim_chance(sim, 256);
    }
    qr_orders_encode(orders, n, &payload);
    send(sim, sim_setting.operators[operator], QR_ACTION_ORDERS, draw_sequence(sim, operator), &payload);
}

/* A key where another kind's belongs. */
static void send_usurped(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_order_leaf order = {.event = QR_ORDER_CONFIRMED, .time = sim->now};
    qr_orders_encode(&order, 1, &payload);
    if (sim_chance(sim, 2))
        send_as_member(sim, sim_chance(sim, sim->n_members), QR_ACTION_ORDERS, &payload);
    else
        send(sim, sim_setting.operators[0], QR_ACTION_ORDERS, draw_sequence(sim, 0), &payload);
}

/* ---- offices ---- */

static void send_office(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    size_t operator = sim_chance(sim, 3) ? SIM_OPERATORS - 1 - sim_chance(sim, 4) : sim_chance(sim, SIM_OPERATORS);
    const struct qr_key *key = sim_setting.operators[operator];
    size_t member = sim_chance(sim, sim->n_members);
    if (sim_chance(sim, 4) == 0) {
        qr_dismiss_encode(&(struct qr_dismiss){.key = *qr_key_public(key)}, &payload);
        send_as_member(sim, member, QR_ACTION_DISMISS, &payload);
        return;
    }
    struct qr_appoint appoint = {.kind = qr_key_kind(key), .key = *qr_key_public(key)};
    snprintf(appoint.name, sizeof appoint.name, "operator%zu", operator);
    qr_appoint_encode(&appoint, &payload);
    send_as_member(sim, member, QR_ACTION_APPOINT, &payload);
}

/* ---- governance ---- */

static void send_model(struct sim *sim, size_t member, const struct qr_model *model)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_span bytes = qr_model_bytes(model);
    struct qr_publish chunk = {.object = QR_OBJECT_MODEL, .hash = *qr_model_hash(model), .size = bytes.size, .bytes = bytes};
    qr_publish_encode(&chunk, &payload);
    send_as_member(sim, member, QR_ACTION_PUBLISH, &payload);
}

static void send_proposal(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    const struct qr_model *model = sim_setting.models[sim_chance(sim, SIM_MODELS)];
    struct qr_object object;
    size_t member = sim_chance(sim, sim->n_members);
    if (qr_object_get(state_of(sim), qr_model_hash(model), &object, NULL) != 0 && sim_chance(sim, 8))
        send_model(sim, member, model);
    struct qr_propose propose = {
        .track = "upgrade", .model = *qr_model_hash(model), .baseline = *qr_baseline_hash(sim_setting.baseline)};
    snprintf(propose.title, sizeof propose.title, "proposal %zu", sim->n_letters);
    qr_propose_encode(&propose, &payload);
    send_as_member(sim, member, QR_ACTION_PROPOSE, &payload);
}

/* Who is proposed, or would go, is drawn from few names and keys, so that proposals meet each other. */
static void send_validator(struct sim *sim)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    size_t which = sim_chance(sim, SIM_VALIDATORS);
    struct qr_validator_record record;
    struct qr_propose_validator propose = {.track = QR_TRACK_VALIDATORS};
    struct qr_validator_proposed *proposed = &propose.validator;
    *proposed = (struct qr_validator_proposed){.act = QR_VALIDATOR_ADD, .key = sim_setting.validators[which]};
    snprintf(propose.title, sizeof propose.title, "validator %zu", sim->n_letters);
    snprintf(proposed->name, sizeof proposed->name, "validator%zu", which);
    qr_copy_text(proposed->member, sizeof proposed->member, sim_member_name(sim_chance(sim, sim->n_members)));
    if (qr_validator_get(state_of(sim), &proposed->key, &record, NULL) == 0 && sim_chance(sim, 8)) {
        proposed->act = QR_VALIDATOR_REMOVE;
        qr_copy_text(proposed->member, sizeof proposed->member, record.validator.member);
    } else {
        proposed->power = 1 + (int64_t)sim_chance(sim, 5);
        proposed->node_key = sim_setting.validator_nodes[sim_chance(sim, SIM_VALIDATOR_NODES)];
    }
    qr_propose_validator_encode(&propose, &payload);
    send_as_member(sim, sim_chance(sim, sim->n_members), QR_ACTION_PROPOSE_VALIDATOR, &payload);
}

/* An undecided proposal, rather; false when there is none at all. */
static bool find_proposal(struct sim *sim, struct qr_proposal *ret)
{
    uint64_t count = qr_proposal_count(state_of(sim));
    if (count == 0)
        return false;
    for (int tries = 0; tries < 3; tries++) {
        unit_holds(qr_proposal_next(state_of(sim), 1 + sim_chance(sim, count), ret));
        if (!qr_proposal_state_final(ret->state))
            break;
    }
    return true;
}

static void send_report(struct sim *sim, const struct qr_proposal *proposal)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_mandate before;
    size_t operator = any_of_kind(sim, QR_KEY_AGENT);
    struct qr_reported reported = {.proposal = proposal->id}; /* a validator has none */
    if (qr_mandate_get(state_of(sim), &proposal->against, &before, NULL) == 0)
        reported.report = sim_setting.reports[model_of(&before.activation.model)][model_of(&proposal->model)];
    reported.report.bytes[0] ^= sim_chance(sim, 10) == 0; /* an agent that is wrong */
    qr_reported_encode(&reported, &payload);
    send(sim, sim_setting.operators[operator], QR_ACTION_REPORT, draw_sequence(sim, operator), &payload);
}

static void send_execution(struct sim *sim, const struct qr_proposal *proposal)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    size_t operator = any_of_kind(sim, QR_KEY_AGENT);
    qr_execute_encode(&(struct qr_execute){proposal->id}, &payload);
    if (sim_chance(sim, 2))
        send_as_member(sim, sim_chance(sim, sim->n_members), QR_ACTION_EXECUTE, &payload);
    else
        send(sim, sim_setting.operators[operator], QR_ACTION_EXECUTE, draw_sequence(sim, operator), &payload);
}

static void send_ballot(struct sim *sim, const struct qr_proposal *proposal)
{
    static const enum qr_choice others[] = {QR_CHOICE_YES, QR_CHOICE_NO, QR_CHOICE_ABSTAIN, QR_CHOICE_VETO};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_cast cast = {.proposal = proposal->id, .report = proposal->report};
    cast.choice = sim_chance(sim, 100) < sim->consent ? QR_CHOICE_YES : others[sim_chance(sim, 4)];
    cast.report.bytes[3] ^= sim_chance(sim, 20) == 0;
    qr_copy_text(cast.reason, sizeof cast.reason, sim_chance(sim, 8) ? "simulated" : "");
    qr_cast_encode(&cast, &payload);
    send_as_member(sim, sim_chance(sim, sim->n_members), QR_ACTION_BALLOT, &payload);
}

/* What fits its state, mostly. */
static void send_governance(struct sim *sim)
{
    struct qr_proposal proposal;
    if (!find_proposal(sim, &proposal) || sim_chance(sim, 7) == 0) {
        if (sim_chance(sim, 2))
            send_validator(sim); /* refused where there are none */
        else
            send_proposal(sim);
        return;
    }
    enum qr_proposal_state state = sim_chance(sim, 10) ? proposal.state : QR_PROPOSAL_REVIEW + sim_chance(sim, 5);
    if (state == QR_PROPOSAL_REVIEW)
        send_report(sim, &proposal);
    else if (state == QR_PROPOSAL_VOTING)
        send_ballot(sim, &proposal);
    else if (state == QR_PROPOSAL_QUEUED)
        send_execution(sim, &proposal);
    else
        send_proposal(sim);
}

void sim_write(struct sim *sim)
{
    switch (sim_chance(sim, 12)) {
    case 0:
    case 1:
        send_batch(sim);
        return;
    case 2:
        send_orders(sim);
        return;
    case 3:
        send_office(sim);
        return;
    case 4:
        if (sim_chance(sim, 3) == 0)
            send_usurped(sim);
        return;
    default:
        send_governance(sim);
    }
}

/* ---- the way to the sequencer ---- */

/* Rather what is recent and unanswered; but anything can come at any time. */
struct sim_letter *sim_pick(struct sim *sim)
{
    if (sim->n_letters == 0)
        return NULL;
    size_t recent = sim->n_letters > 6 && sim_chance(sim, 5) ? sim->n_letters - 6 : 0;
    struct sim_letter *letter = NULL;
    for (int tries = 0; tries < 3; tries++) {
        letter = &sim->letters[recent + sim_chance(sim, sim->n_letters - recent)];
        if (!letter->acknowledged)
            break;
    }
    return letter;
}

void sim_arrive(struct sim *sim, const struct sim_letter *letter, struct qr_buffer *out)
{
    qr_buffer_clear(out);
    qr_buffer_add(out, letter->bytes.data, letter->bytes.size);
    if (sim_chance(sim, 25) == 0)
        out->data[sim_chance(sim, out->size)] ^= (uint8_t)(1 << sim_chance(sim, 8));
}

void sim_parties_done(struct sim *sim)
{
    for (size_t i = 0; i < sim->n_letters; i++)
        qr_buffer_done(&sim->letters[i].bytes);
}
