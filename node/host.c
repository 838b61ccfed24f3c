#include "node/machine.h"

#include "node/entry.h"
#include "node/keyspace.h"
#include "node/object.h"
#include "node/operator.h"
#include "node/validator.h"
#include "xai/report.h"

/* What governance asks of the rest: whether a proposal can be admitted, and to carry it out. */

/* ---- validators ---- */

static struct qr_validator validator_of(const struct qr_validator_proposed *proposed)
{
    struct qr_validator validator = {.key = proposed->key, .power = proposed->power};
    qr_copy_text(validator.name, sizeof validator.name, proposed->name);
    qr_copy_text(validator.member, sizeof validator.member, proposed->member);
    return validator;
}

/* Who signs checkpoints on the validator's machine. */
static struct qr_operator node_of(const struct qr_validator_proposed *proposed)
{
    struct qr_operator operator = {.kind = QR_KEY_NODE, .key = proposed->node_key};
    qr_copy_text(operator.name, sizeof operator.name, proposed->name);
    qr_copy_text(operator.member, sizeof operator.member, proposed->member);
    return operator;
}

/* A member may have appointed it before, for a node that followed the ledger until now. */
static bool appointed(const struct qr_state *state, const struct qr_operator *operator)
{
    struct qr_operator_record record;
    return qr_operator_named(state, QR_KEY_NODE, operator->name, &record) &&
           memcmp(&record.operator.key, &operator->key, sizeof operator->key) == 0 &&
           strcmp(record.operator.member, operator->member) == 0;
}

static int admit_validator(const struct qr_node *node, const struct qr_validator_proposed *proposed,
                           struct qr_error *error)
{
    struct qr_validator validator = validator_of(proposed);
    struct qr_operator operator = node_of(proposed);
    if (proposed->act == QR_VALIDATOR_REMOVE)
        return qr_validator_check_remove(node->state, &validator, error);
    if (memcmp(&proposed->key, &proposed->node_key, sizeof proposed->key) == 0)
        return qr_fail(error, QR_EINPUT, "the consensus key and the node key of %s are the same", proposed->name);
    int code = qr_validator_check_add(node->state, &validator, error);
    return code || appointed(node->state, &operator) ? code : qr_operator_check(node->state, &operator, error);
}

static int add_validator(struct qr_node *node, const struct qr_validator_proposed *proposed, struct qr_error *error)
{
    struct qr_validator validator = validator_of(proposed);
    struct qr_operator operator = node_of(proposed);
    int code = appointed(node->state, &operator) ? 0
                                                 : qr_operator_appoint(node->state, &operator, node->height, error);
    return code ? code : qr_validator_add(node->state, &validator, node->height, error);
}

/* Its member may have dismissed its node before. */
static int remove_validator(struct qr_node *node, const struct qr_validator_proposed *proposed, struct qr_error *error)
{
    struct qr_validator validator = validator_of(proposed);
    struct qr_operator_record signer;
    int code = qr_validator_remove(node->state, &validator, error);
    if (code == 0 && qr_operator_named(node->state, QR_KEY_NODE, proposed->name, &signer) &&
        strcmp(signer.operator.member, proposed->member) == 0)
        code = qr_operator_dismiss(node->state, &signer.operator.key, proposed->member, node->height, error);
    return code;
}

static int execute_validator(struct qr_node *node, const struct qr_validator_proposed *proposed, struct qr_error *error)
{
    int code = proposed->act == QR_VALIDATOR_ADD ? add_validator(node, proposed, error)
                                                 : remove_validator(node, proposed, error);
    if (code == 0)
        node->facts.validators = true;
    return code;
}

/* ---- upgrades ---- */

static int reference_rows(const struct qr_state *state, struct qr_reference **ret, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_span value;
    struct qr_hash hash;
    if (!qr_state_get(state, QR_KEY_ROWS, strlen(QR_KEY_ROWS), &value) || value.size != sizeof hash.bytes)
        return qr_node_corrupt(error, "the name of the reference rows");
    memcpy(hash.bytes, value.bytes, sizeof hash.bytes);
    int code = qr_object_read(state, &hash, &bytes, error);
    return code ? code : qr_reference_decode(bytes.data, bytes.size, ret, error);
}

static void gates_of(const struct qr_track *track, struct qr_gates *ret)
{
    *ret = (struct qr_gates){.step_limit_bp = (uint32_t)track->step_limit_bp};
    for (size_t i = 0; i < track->n_banned && i < QR_BANNED_MAX; i++)
        qr_copy_text(ret->banned[ret->n_banned++], QR_FEATURE_NAME_SIZE, track->banned[i]);
}

static int check_gates(const struct qr_node *node, const struct qr_proposal *proposal, const struct qr_track *track,
                       const struct qr_mandate *active, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *current = NULL;
    QR_CLEANUP(qr_model_freep) struct qr_model *proposed = NULL;
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    QR_CLEANUP(qr_reference_freep) struct qr_reference *rows = NULL;
    struct qr_rules rules;
    struct qr_gates gates;
    gates_of(track, &gates);
    int code = qr_state_model(node->state, &proposal->model, &proposed, error);
    if (code == 0)
        code = qr_state_baseline(node->state, &proposal->baseline, &baseline, error);
    if (code == 0)
        code = qr_state_model(node->state, &active->activation.model, &current, error);
    if (code == 0)
        code = qr_state_rules(node->state, &active->activation.rules, &rules, error);
    if (code == 0)
        code = reference_rows(node->state, &rows, error);
    return code ? code : qr_gates_check(&gates, current, proposed, baseline, &rules, rows, error);
}

static int admit_upgrade(const struct qr_node *node, const struct qr_proposal *proposal, const struct qr_track *rules,
                         struct qr_error *error)
{
    struct qr_mandate active;
    int code = qr_mandate_active(node->state, &active, error);
    if (code)
        return code;
    if (qr_hash_equal(&proposal->model, &active.activation.model) &&
        qr_hash_equal(&proposal->baseline, &active.activation.baseline))
        return qr_fail(error, QR_EREFUSED, "this model and baseline are the active ones already");
    return check_gates(node, proposal, rules, &active, error);
}

static struct qr_hash active_mandate(void *context)
{
    const struct qr_node *node = context;
    struct qr_mandate active = {.ended = 0};
    (void)!qr_mandate_active(node->state, &active, NULL); /* zero names no mandate */
    return active.id;
}

void qr_node_activate(struct qr_node *node, const struct qr_activation *activation)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    qr_mandate_activate(node->state, activation);
    qr_activation_encode(activation, &leaf);
    qr_leaves_add(&node->leaves, leaf.data, leaf.size);
    node->facts.activation = true;
}

/* The names of published objects are the hashes of their content, checked when they were completed; reading them back
 * decodes them, and their hashes are compared again. */
static int check_hashes(const struct qr_node *node, const struct qr_proposal *proposal, struct qr_error *error)
{
    const struct qr_hash *names[] = {&proposal->model, &proposal->baseline};
    for (size_t i = 0; i < 2; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        int code = qr_object_read(node->state, names[i], &bytes, error);
        if (code)
            return code;
        struct qr_hash hash = qr_sha256(bytes.data, bytes.size);
        if (!qr_hash_equal(&hash, names[i]))
            return qr_fail(error, QR_EMISMATCH, "%.12s is not what its name says", qr_hash_text(names[i]).text);
    }
    return 0;
}

static int execute_upgrade(struct qr_node *node, const struct qr_proposal *proposal, struct qr_error *error)
{
    struct qr_mandate active;
    int code = qr_mandate_active(node->state, &active, error);
    if (code == 0 && !qr_hash_equal(&active.id, &proposal->against))
        code = qr_fail(error, QR_EREFUSED, "another mandate became active since this was proposed");
    if (code == 0)
        code = check_hashes(node, proposal, error);
    if (code)
        return code;
    struct qr_activation activation = {
        .model = proposal->model,
        .baseline = proposal->baseline,
        .rules = active.activation.rules,
        .rules_version = active.activation.rules_version,
        .proposal = proposal->id,
        .height = node->height,
    };
    qr_node_activate(node, &activation);
    return 0;
}

/* ---- what governance calls ---- */

static int admit(void *context, const struct qr_proposal *proposal, const struct qr_track *rules,
                 struct qr_error *error)
{
    const struct qr_node *node = context;
    switch (qr_track_subject(proposal->track)) {
    case QR_SUBJECT_UPGRADE:
        return admit_upgrade(node, proposal, rules, error);
    case QR_SUBJECT_VALIDATOR:
        return admit_validator(node, &proposal->validator, error);
    }
    return qr_fail(error, QR_EINTERNAL, "a proposal of no kind");
}

static int execute(void *context, const struct qr_proposal *proposal, struct qr_error *error)
{
    struct qr_node *node = context;
    switch (qr_track_subject(proposal->track)) {
    case QR_SUBJECT_UPGRADE:
        return execute_upgrade(node, proposal, error);
    case QR_SUBJECT_VALIDATOR:
        return execute_validator(node, &proposal->validator, error);
    }
    return qr_fail(error, QR_EINTERNAL, "a proposal of no kind");
}

static void leaf(void *context, const void *bytes, size_t size)
{
    struct qr_node *node = context;
    qr_leaves_add(&node->leaves, bytes, size);
}

struct qr_governance qr_node_governance(struct qr_node *node)
{
    static const struct qr_governance_host host = {
        .admit = admit, .mandate = active_mandate, .execute = execute, .leaf = leaf};
    return (struct qr_governance){
        .state = node->state, .height = node->height, .time = node->time, .host = &host, .context = node};
}
