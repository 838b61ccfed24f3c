#include "xai/decision.h"

static const char magic[4] = "QRD1";

/* Building. */

static int check_input(const struct qr_schema *schema, const struct qr_decision_input *input, size_t n_inputs,
                       struct qr_error *error)
{
    if (input->time_ms < 0)
        return qr_fail(error, QR_ERANGE, "its time lies before 1970");
    for (size_t i = 0; i < n_inputs; i++)
        if (input->rule_inputs[i] < 0 || input->rule_inputs[i] > QR_RULE_AMOUNT_MAX)
            return qr_fail(error, QR_ERANGE, "its rule input %zu is outside 0 to 2^47", i + 1);
    return qr_schema_check_row(schema, input->row, error);
}

static int check_inputs(const struct qr_schema *schema, const struct qr_decision_input *inputs, size_t n,
                        size_t n_inputs, struct qr_error *error)
{
    for (size_t i = 0; i < n; i++) {
        int code = check_input(schema, &inputs[i], n_inputs, error);
        if (code) {
            qr_prefix(error, "decision %zu", i);
            return code;
        }
    }
    return 0;
}

static void fill(struct qr_decision *decision, const struct qr_model *model, const struct qr_rules *rules,
                 const struct qr_decision_input *input)
{
    size_t n = qr_model_schema(model)->n_features;
    memcpy(decision->nonce, input->nonce, sizeof decision->nonce);
    decision->time_ms = input->time_ms;
    decision->n_features = n;
    decision->n_inputs = qr_rules_inputs(rules);
    decision->n_lines = rules->n;
    memcpy(decision->row, input->row, n * sizeof *input->row);
    for (size_t i = 0; i < decision->n_inputs; i++)
        decision->inputs[i] = input->rule_inputs[i];
    struct qr_money amount;
    qr_fare_lines(model, decision->base, decision->score, decision->contributions, &decision->base_amount,
                  decision->amounts, &amount);
    decision->fare = qr_rules_apply(rules, amount, decision->inputs, decision->lines);
}

int qr_decisions_build(const struct qr_explainer *explainer, const struct qr_rules *rules,
                       const struct qr_hash *mandate, const struct qr_decision_input *inputs, size_t n,
                       struct qr_decision *ret_decisions, struct qr_error *error)
{
    const struct qr_model *model = qr_explainer_model(explainer);
    size_t n_features = qr_model_schema(model)->n_features;
    int code = qr_rules_check(rules, error);
    if (!code)
        code = check_inputs(qr_model_schema(model), inputs, n, qr_rules_inputs(rules), error);
    if (code)
        return code;
    QR_CLEANUP(qr_freep) int32_t *rows = qr_alloc(n * n_features, sizeof *rows);
    QR_CLEANUP(qr_freep) int64_t *contributions = qr_alloc(n * n_features, sizeof *contributions);
    QR_CLEANUP(qr_freep) int64_t *scores = qr_alloc(n, sizeof *scores);
    for (size_t i = 0; i < n; i++)
        memcpy(rows + i * n_features, inputs[i].row, n_features * sizeof *rows);
    qr_explainer_explain(explainer, rows, n, scores, contributions);
    for (size_t i = 0; i < n; i++) {
        struct qr_decision *decision = &ret_decisions[i];
        decision->mandate = *mandate;
        decision->base = qr_explainer_base(explainer);
        decision->score = scores[i];
        memcpy(decision->contributions, contributions + i * n_features, n_features * sizeof *contributions);
        fill(decision, model, rules, &inputs[i]);
    }
    return 0;
}

/* Bytes. */

void qr_decision_encode(const struct qr_decision *decision, struct qr_buffer *out)
{
    qr_put_raw(out, magic, sizeof magic);
    qr_put_hash(out, &decision->mandate);
    qr_put_raw(out, decision->nonce, sizeof decision->nonce);
    qr_put_uint(out, (uint64_t)decision->time_ms);
    qr_put_uint(out, decision->n_features);
    for (size_t i = 0; i < decision->n_features; i++)
        qr_put_value(out, decision->row[i]);
    qr_put_uint(out, decision->n_inputs);
    for (size_t i = 0; i < decision->n_inputs; i++)
        qr_put_uint(out, (uint64_t)decision->inputs[i]);
    qr_put_int(out, decision->base);
    qr_put_int(out, decision->score);
    for (size_t i = 0; i < decision->n_features; i++)
        qr_put_int(out, decision->contributions[i]);
    qr_put_int(out, decision->base_amount.minor);
    for (size_t i = 0; i < decision->n_features; i++)
        qr_put_int(out, decision->amounts[i].minor);
    qr_put_uint(out, decision->n_lines);
    for (size_t i = 0; i < decision->n_lines; i++) {
        qr_put_u8(out, (uint8_t)decision->lines[i].kind);
        qr_put_int(out, decision->lines[i].amount.minor);
    }
    qr_put_int(out, decision->fare.minor);
}

static void get_head(struct qr_reader *in, struct qr_decision *decision)
{
    const uint8_t *start = qr_get_raw(in, sizeof magic);
    if (start && memcmp(start, magic, sizeof magic) != 0)
        qr_reader_fail(in, "it does not begin with QRD1");
    qr_get_hash(in, &decision->mandate);
    const uint8_t *nonce = qr_get_raw(in, sizeof decision->nonce);
    if (nonce)
        memcpy(decision->nonce, nonce, sizeof decision->nonce);
    decision->time_ms = (int64_t)qr_get_uint_max(in, INT64_MAX);
    decision->n_features = qr_get_count(in, QR_FEATURES_MAX, 3);
    if (decision->n_features == 0)
        qr_reader_fail(in, "it has no features");
    for (size_t i = 0; i < decision->n_features; i++)
        decision->row[i] = qr_get_value(in);
    decision->n_inputs = qr_get_count(in, QR_RULES_MAX, 1);
    for (size_t i = 0; i < decision->n_inputs; i++)
        decision->inputs[i] = (int64_t)qr_get_uint_max(in, QR_RULE_AMOUNT_MAX);
}

static void get_lines(struct qr_reader *in, struct qr_decision *decision)
{
    decision->n_lines = qr_get_count(in, QR_RULES_MAX, 2);
    for (size_t i = 0; i < decision->n_lines; i++) {
        uint8_t kind = qr_get_u8(in);
        if (kind >= QR_RULE_KINDS) {
            qr_reader_fail(in, "a rule line is of an unknown kind");
            kind = 0;
        }
        decision->lines[i].kind = (enum qr_rule_kind)kind;
        decision->lines[i].amount.minor = qr_get_int(in);
    }
    decision->fare.minor = qr_get_int(in);
}

/* Adds, noting when the sum leaves int64. */
static void add(int64_t *sum, int64_t term, bool *overflows)
{
    *overflows |= __builtin_add_overflow(*sum, term, sum);
}

static const char *sums_wrong(const struct qr_decision *decision)
{
    int64_t score = decision->base, fare = decision->base_amount.minor;
    bool overflows = false;
    for (size_t i = 0; i < decision->n_features; i++) {
        add(&score, decision->contributions[i], &overflows);
        add(&fare, decision->amounts[i].minor, &overflows);
    }
    for (size_t i = 0; i < decision->n_lines; i++)
        add(&fare, decision->lines[i].amount.minor, &overflows);
    if (overflows || score != decision->score)
        return "its base and contributions do not add up to its score";
    return fare != decision->fare.minor ? "its lines do not add up to its fare" : NULL;
}

int qr_decision_decode(const void *bytes, size_t size, struct qr_decision *ret_decision, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_decision decision = {0};
    get_head(&in, &decision);
    decision.base = qr_get_int(&in);
    decision.score = qr_get_int(&in);
    for (size_t i = 0; i < decision.n_features; i++)
        decision.contributions[i] = qr_get_int(&in);
    decision.base_amount.minor = qr_get_int(&in);
    for (size_t i = 0; i < decision.n_features; i++)
        decision.amounts[i].minor = qr_get_int(&in);
    get_lines(&in, &decision);
    const char *wrong = in.failed ? NULL : sums_wrong(&decision);
    if (wrong)
        qr_reader_fail(&in, wrong);
    int code = qr_reader_end(&in, "the decision leaf", error);
    if (!code)
        *ret_decision = decision;
    return code;
}

struct qr_hash qr_decision_id(const void *leaf, size_t size)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_buffer_byte(&bytes, 0);
    qr_buffer_add(&bytes, leaf, size);
    return qr_sha256(bytes.data, bytes.size);
}

/* Verification. */

/* The first thing in which a recorded decision differs from the recomputed one. */
static const char *difference(const struct qr_decision *recorded, const struct qr_decision *made)
{
    size_t n = made->n_features;
    if (recorded->score != made->score || recorded->base != made->base)
        return "the score or its base";
    if (memcmp(recorded->contributions, made->contributions, n * sizeof *made->contributions) != 0)
        return "a contribution";
    if (recorded->base_amount.minor != made->base_amount.minor ||
        memcmp(recorded->amounts, made->amounts, n * sizeof *made->amounts) != 0)
        return "an amount";
    return recorded->fare.minor != made->fare.minor ? "the fare" : "a rule's line";
}

int qr_decision_verify(const struct qr_explainer *explainer, const struct qr_rules *rules, const void *leaf,
                       size_t size, struct qr_error *error)
{
    struct qr_decision recorded, made;
    int code = qr_decision_decode(leaf, size, &recorded, error);
    if (code)
        return code;
    if (recorded.n_features != qr_model_schema(qr_explainer_model(explainer))->n_features ||
        recorded.n_inputs != qr_rules_inputs(rules) || recorded.n_lines != rules->n)
        return qr_fail(error, QR_EMISMATCH, "the decision has other features or rules than this model and its rules");
    struct qr_decision_input input = {.time_ms = recorded.time_ms, .row = recorded.row, .rule_inputs = recorded.inputs};
    memcpy(input.nonce, recorded.nonce, sizeof input.nonce);
    code = qr_decisions_build(explainer, rules, &recorded.mandate, &input, 1, &made, error);
    if (code)
        return code;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_decision_encode(&made, &bytes);
    if (bytes.size == size && memcmp(bytes.data, leaf, size) == 0)
        return 0;
    return qr_fail(error, QR_EMISMATCH, "recomputed, %s differs from what is recorded", difference(&recorded, &made));
}
