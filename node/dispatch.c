#include "node/batch.h"
#include "node/machine.h"
#include "node/operator.h"
#include "node/order.h"
#include "node/upload.h"

/* One transaction: what can be checked before its turn, and what it does in its turn. */

struct qr_prepared {
    bool recomputed;         /* a batch: decoded, and its leaves rebuilt with the root that it claims */
    char *refusal;           /* why it does not recompute; NULL: it does, or its mandate was not at hand */
    struct qr_batch batch;
    struct qr_leaves leaves;
};

/* Rebuilds a batch's leaves and compares their root. Whatever is wrong is QR_EMISMATCH: an offence, and no rule's word. */
static int recompute(const struct qr_batch *batch, const struct qr_pricing *pricing, struct qr_leaves *leaves,
                     struct qr_error *error)
{
    struct qr_error cause;
    if (qr_batch_leaves(batch, pricing->explainer, &pricing->rules, leaves, &cause) != 0)
        return qr_fail(error, QR_EMISMATCH, "%s", cause.text);
    struct qr_hash root = qr_batch_root(leaves);
    if (qr_hash_equal(&root, &batch->root))
        return 0;
    return qr_fail(error, QR_EMISMATCH, "the batch's decisions are not what recomputing them gives");
}

static int tell_refusal(const struct qr_prepared *prepared, struct qr_error *error)
{
    return qr_fail(error, QR_EMISMATCH, "%s", prepared->refusal);
}

static int prepare_batch(struct qr_node *node, const struct qr_transaction *transaction,
                         struct qr_prepared *prepared, struct qr_error *error)
{
    int code = qr_batch_decode(transaction->payload.bytes, transaction->payload.size, &prepared->batch, error);
    const struct qr_pricing *pricing = code ? NULL : qr_explainers_find(node->explainers, &prepared->batch.mandate);
    if (!pricing)
        return code; /* a mandate that is not at hand is looked up in the batch's turn */
    struct qr_error cause;
    prepared->recomputed = recompute(&prepared->batch, pricing, &prepared->leaves, &cause) == 0;
    if (!prepared->recomputed)
        prepared->refusal = qr_strdup(cause.text);
    qr_explainers_drop(node->explainers, pricing);
    return 0;
}

int qr_node_prepare(void *context, const struct qr_transaction *transaction, struct qr_prepared **ret,
                    struct qr_error *error)
{
    struct qr_node *node = context;
    int code = qr_transaction_verify(transaction, node->genesis.chain_id, error);
    if (code)
        return code;
    struct qr_prepared *prepared = qr_alloc(1, sizeof *prepared);
    if (transaction->kind == QR_ACTION_BATCH)
        code = prepare_batch(node, transaction, prepared, error);
    if (code) {
        qr_node_forget(node, prepared);
        return code;
    }
    *ret = prepared;
    return 0;
}

void qr_node_forget(void *context, struct qr_prepared *prepared)
{
    (void)context;
    qr_batch_done(&prepared->batch);
    qr_leaves_done(&prepared->leaves);
    free(prepared->refusal);
    free(prepared);
}

/* Late is what took longer than QR_LATE_MS from its decision to its block. */
static void mark_late(struct qr_node *node, const struct qr_transaction *transaction, const struct qr_batch *batch)
{
    int64_t late = node->time - batch->t0;
    if (late <= QR_LATE_MS)
        return;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    qr_late_leaf_encode(&transaction->id, node->height, late, &leaf);
    qr_leaves_add(&node->leaves, leaf.data, leaf.size);
}

static int apply_batch(struct qr_node *node, const struct qr_transaction *transaction,
                       const struct qr_prepared *prepared, struct qr_error *error)
{
    const struct qr_batch *batch = &prepared->batch;
    struct qr_mandate mandate;
    if (batch->sequence != transaction->replay)
        return qr_fail(error, QR_ESEQUENCE, "the batch says it is the %" PRIu64 "th, its transaction the %" PRIu64 "th",
                       batch->sequence, transaction->replay);
    int code = qr_mandate_get(node->state, &batch->mandate, &mandate, error);
    if (code)
        return code;
    if (batch->as_of >= node->height)
        return qr_fail(error, QR_ERANGE, "the batch was priced at height %" PRIu64 ", which is not there yet",
                       batch->as_of);
    if (batch->as_of < mandate.activation.height || batch->as_of >= mandate.ended)
        return qr_fail(error, QR_EREVOKED, "the mandate was not active at height %" PRIu64, batch->as_of);
    if (prepared->refusal)
        return tell_refusal(prepared, error);
    if (prepared->recomputed) {
        qr_leaves_append(&node->leaves, &prepared->leaves);
    } else {
        const struct qr_pricing *pricing;
        QR_CLEANUP(qr_leaves_done) struct qr_leaves leaves = {.n = 0};
        code = qr_explainers_load(node->explainers, node->state, &mandate, &pricing, error);
        if (code)
            return code;
        code = recompute(batch, pricing, &leaves, error);
        qr_explainers_drop(node->explainers, pricing);
        if (code)
            return code;
        qr_leaves_append(&node->leaves, &leaves);
    }
    mark_late(node, transaction, batch);
    node->facts.decisions += (uint32_t)batch->n;
    return 0;
}

static int apply_orders(struct qr_node *node, const struct qr_transaction *transaction, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_order_leaf *orders = qr_alloc(QR_ORDERS_MAX, sizeof *orders);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    size_t n = 0;
    int code = qr_orders_decode(transaction->payload.bytes, transaction->payload.size, orders, &n, error);
    if (code)
        return code;
    for (size_t i = 0; i < n; i++) {
        qr_buffer_clear(&leaf);
        qr_order_leaf_encode(&orders[i], &leaf);
        qr_leaves_add(&node->leaves, leaf.data, leaf.size);
    }
    node->facts.orders += (uint32_t)n;
    return 0;
}

static int apply_publish(struct qr_node *node, const struct qr_transaction *transaction,
                         const struct qr_signer *signer, struct qr_error *error)
{
    struct qr_publish publish;
    int code = qr_publish_decode(transaction->payload.bytes, transaction->payload.size, &publish, error);
    return code ? code : qr_upload_chunk(node->state, signer->member, node->height, &publish, error);
}

static int apply_office(struct qr_node *node, const struct qr_transaction *transaction,
                        const struct qr_signer *signer, struct qr_error *error)
{
    const struct qr_span *payload = &transaction->payload;
    struct qr_appoint appoint;
    struct qr_dismiss dismiss;
    if (transaction->kind == QR_ACTION_DISMISS) {
        int code = qr_dismiss_decode(payload->bytes, payload->size, &dismiss, error);
        return code ? code : qr_operator_dismiss(node->state, &dismiss.key, signer->member, node->height, error);
    }
    int code = qr_appoint_decode(payload->bytes, payload->size, &appoint, error);
    if (code)
        return code;
    struct qr_operator operator = {.kind = appoint.kind, .key = appoint.key};
    qr_copy_text(operator.name, sizeof operator.name, appoint.name);
    qr_copy_text(operator.member, sizeof operator.member, signer->member);
    return qr_operator_appoint(node->state, &operator, node->height, error);
}

static int apply_governance(struct qr_node *node, const struct qr_transaction *transaction,
                            const struct qr_signer *signer, struct qr_error *error)
{
    const struct qr_span *payload = &transaction->payload;
    struct qr_governance governance = qr_node_governance(node);
    struct qr_propose propose;
    struct qr_propose_validator validator;
    struct qr_cast cast;
    struct qr_reported reported;
    struct qr_execute execute;
    int code;
    switch ((enum qr_action)transaction->kind) {
    case QR_ACTION_PROPOSE:
        code = qr_propose_decode(payload->bytes, payload->size, &propose, error);
        return code ? code : qr_governance_propose(&governance, signer->member, &transaction->id, &propose, error);
    case QR_ACTION_PROPOSE_VALIDATOR:
        code = qr_propose_validator_decode(payload->bytes, payload->size, &validator, error);
        return code ? code
                    : qr_governance_propose_validator(&governance, signer->member, &transaction->id, &validator, error);
    case QR_ACTION_BALLOT:
        code = qr_cast_decode(payload->bytes, payload->size, &cast, error);
        return code ? code : qr_governance_cast(&governance, signer->member, &cast, error);
    case QR_ACTION_REPORT:
        code = qr_reported_decode(payload->bytes, payload->size, &reported, error);
        return code ? code
                    : qr_governance_report(&governance, signer->member, &transaction->signer, &reported, error);
    case QR_ACTION_EXECUTE:
        code = qr_execute_decode(payload->bytes, payload->size, &execute, error);
        return code ? code : qr_governance_execute(&governance, &execute, error);
    case QR_ACTION_PUBLISH:
    case QR_ACTION_APPOINT:
    case QR_ACTION_DISMISS:
    case QR_ACTION_BATCH:
    case QR_ACTION_ORDERS:
        break;
    }
    return qr_fail(error, QR_EINTERNAL, "this action is not governance's");
}

static int apply_action(struct qr_node *node, const struct qr_transaction *transaction,
                        const struct qr_prepared *prepared, const struct qr_signer *signer, struct qr_error *error)
{
    switch ((enum qr_action)transaction->kind) {
    case QR_ACTION_PUBLISH:
        return apply_publish(node, transaction, signer, error);
    case QR_ACTION_APPOINT:
    case QR_ACTION_DISMISS:
        return apply_office(node, transaction, signer, error);
    case QR_ACTION_BATCH:
        return apply_batch(node, transaction, prepared, error);
    case QR_ACTION_ORDERS:
        return apply_orders(node, transaction, error);
    case QR_ACTION_PROPOSE:
    case QR_ACTION_PROPOSE_VALIDATOR:
    case QR_ACTION_BALLOT:
    case QR_ACTION_REPORT:
    case QR_ACTION_EXECUTE:
        return apply_governance(node, transaction, signer, error);
    }
    return qr_fail(error, QR_EINPUT, "there is no action %" PRIu64, transaction->kind);
}

/* Who signed it, and whether that key may do this. */
static int check_signer(const struct qr_node *node, const struct qr_transaction *transaction, struct qr_signer *ret,
                        struct qr_error *error)
{
    int code = qr_signer_find(node->state, &transaction->signer, ret, error);
    if (code)
        return code;
    if (!qr_action_name(transaction->kind))
        return qr_fail(error, QR_EINPUT, "there is no action %" PRIu64, transaction->kind);
    if (!qr_action_allowed(transaction->kind, ret->kind))
        return qr_fail(error, QR_EWRONG_KEY, "a %s key cannot sign a transaction of kind %s",
                       qr_key_kind_name(ret->kind), qr_action_name(transaction->kind));
    return 0;
}

static int apply_in_turn(struct qr_node *node, const struct qr_transaction *transaction,
                         const struct qr_prepared *prepared, struct qr_error *error)
{
    struct qr_signer signer;
    int code = check_signer(node, transaction, &signer, error);
    if (code == 0)
        code = qr_replay_take(node->state, &signer, transaction, node->height, error);
    return code ? code : apply_action(node, transaction, prepared, &signer, error);
}

int qr_node_check(void *context, uint64_t height, const struct qr_transaction *transaction, const struct qr_prepared *prepared,
                  struct qr_error *error)
{
    const struct qr_node *node = context;
    struct qr_signer signer;
    int code = check_signer(node, transaction, &signer, error);
    if (code == 0)
        code = qr_replay_check(node->state, &signer, transaction, height, error);
    if (code || !prepared || !prepared->refusal)
        return code;
    return tell_refusal(prepared, error);
}

bool qr_node_offends(void *context, const struct qr_transaction *transaction, const struct qr_error *error)
{
    struct qr_node *node = context;
    struct qr_signer signer;
    if (error->code == QR_EBAD_SIGNATURE || (transaction->kind == QR_ACTION_BATCH && error->code == QR_EMISMATCH))
        return true;
    if (check_signer(node, transaction, &signer, NULL) != 0)
        return true;
    size_t mark = qr_state_mark(node->state);
    bool out_of_turn = qr_replay_take(node->state, &signer, transaction, node->height, NULL) != 0;
    qr_state_rollback(node->state, mark);
    return out_of_turn;
}

static bool is_governance(uint64_t kind)
{
    return kind == QR_ACTION_PROPOSE || kind == QR_ACTION_PROPOSE_VALIDATOR || kind == QR_ACTION_BALLOT ||
           kind == QR_ACTION_REPORT || kind == QR_ACTION_EXECUTE;
}

int qr_node_apply(void *context, const struct qr_transaction *transaction, const struct qr_prepared *prepared,
                  struct qr_error *error)
{
    struct qr_node *node = context;
    struct qr_prepared *own = NULL;
    if (!prepared) {
        int code = qr_node_prepare(node, transaction, &own, error);
        if (code)
            return code;
    }
    size_t mark = qr_state_mark(node->state), n_leaves = node->leaves.n;
    struct qr_block_facts facts = node->facts;
    int code = apply_in_turn(node, transaction, prepared ? prepared : own, error);
    if (own)
        qr_node_forget(node, own);
    if (code) {
        qr_state_rollback(node->state, mark);
        qr_leaves_cut(&node->leaves, n_leaves);
        node->facts = facts;
        return code;
    }
    node->facts.transactions++;
    node->facts.kinds |= UINT64_C(1) << transaction->kind;
    node->facts.governance = node->facts.governance || is_governance(transaction->kind);
    return 0;
}
