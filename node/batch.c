#include "node/batch.h"

#include "ledger/merkle.h"

enum { DECISIONS_AT_ONCE = 32 };

void qr_batch_done(struct qr_batch *batch)
{
    free(batch->decisions);
    free(batch->rows);
    free(batch->inputs);
    *batch = (struct qr_batch){0};
}

void qr_batch_init(struct qr_batch *batch, size_t n_features, size_t n_inputs, size_t n)
{
    batch->n = n;
    batch->n_features = n_features;
    batch->n_inputs = n_inputs;
    batch->decisions = qr_alloc(n, sizeof *batch->decisions);
    batch->rows = qr_alloc(n * n_features, sizeof *batch->rows);
    batch->inputs = qr_alloc(n * n_inputs, sizeof *batch->inputs);
    for (size_t i = 0; i < n; i++) {
        batch->decisions[i].row = batch->rows + i * n_features;
        batch->decisions[i].rule_inputs = n_inputs ? batch->inputs + i * n_inputs : NULL;
    }
}

void qr_batch_encode(const struct qr_batch *batch, struct qr_buffer *out)
{
    qr_put_hash(out, &batch->mandate);
    qr_put_uint(out, batch->as_of);
    qr_put_uint(out, batch->sequence);
    qr_put_int(out, batch->t0);
    qr_put_uint(out, batch->n_features);
    qr_put_uint(out, batch->n_inputs);
    qr_put_hash(out, &batch->root);
    qr_put_uint(out, batch->n);
    for (size_t i = 0; i < batch->n; i++) {
        const struct qr_decision_input *decision = &batch->decisions[i];
        qr_put_raw(out, decision->nonce, QR_NONCE_SIZE);
        qr_put_uint(out, (uint64_t)(decision->time_ms - batch->t0));
        for (size_t k = 0; k < batch->n_features; k++)
            qr_put_value(out, decision->row[k]);
        for (size_t k = 0; k < batch->n_inputs; k++)
            qr_put_int(out, decision->rule_inputs[k]);
    }
}

static void get_decision(struct qr_reader *in, struct qr_batch *batch, size_t i)
{
    struct qr_decision_input *decision = &batch->decisions[i];
    const uint8_t *nonce = qr_get_raw(in, QR_NONCE_SIZE);
    if (nonce)
        memcpy(decision->nonce, nonce, QR_NONCE_SIZE);
    decision->time_ms = batch->t0 + (int64_t)qr_get_uint_max(in, UINT32_MAX);
    for (size_t k = 0; k < batch->n_features; k++)
        batch->rows[i * batch->n_features + k] = qr_get_value(in);
    for (size_t k = 0; k < batch->n_inputs; k++)
        batch->inputs[i * batch->n_inputs + k] = qr_get_int(in);
}

int qr_batch_decode(const void *bytes, size_t size, struct qr_batch *ret, struct qr_error *error)
{
    *ret = (struct qr_batch){0};
    struct qr_reader in = qr_reader_of(bytes, size);
    qr_get_hash(&in, &ret->mandate);
    ret->as_of = qr_get_uint(&in);
    ret->sequence = qr_get_uint(&in);
    ret->t0 = qr_get_int(&in);
    if (ret->t0 < 0 || ret->t0 > INT64_MAX / 2)
        qr_reader_fail(&in, "its time is out of range");
    size_t n_features = (size_t)qr_get_uint_max(&in, QR_FEATURES_MAX);
    size_t n_inputs = (size_t)qr_get_uint_max(&in, QR_RULES_MAX);
    qr_get_hash(&in, &ret->root);
    size_t n = qr_get_count(&in, QR_BATCH_DECISIONS_MAX, QR_NONCE_SIZE + 1 + n_features + n_inputs);
    if (!in.failed && (n == 0 || n_features == 0))
        qr_reader_fail(&in, "it holds no decision");
    if (!in.failed)
        qr_batch_init(ret, n_features, n_inputs, n);
    for (size_t i = 0; i < ret->n && !in.failed; i++)
        get_decision(&in, ret, i);
    return qr_reader_end(&in, "the batch", error);
}

int qr_batch_leaves(const struct qr_batch *batch, const struct qr_explainer *explainer, const struct qr_rules *rules,
                    struct qr_leaves *leaves, struct qr_error *error)
{
    const struct qr_schema *schema = qr_model_schema(qr_explainer_model(explainer));
    if (batch->n_features != schema->n_features || batch->n_inputs != qr_rules_inputs(rules))
        return qr_fail(error, QR_EMISMATCH, "the batch is not of this mandate's model and rules");
    QR_CLEANUP(qr_freep) struct qr_decision *decisions = qr_alloc(DECISIONS_AT_ONCE, sizeof *decisions);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    for (size_t at = 0; at < batch->n; at += DECISIONS_AT_ONCE) {
        size_t n = batch->n - at < DECISIONS_AT_ONCE ? batch->n - at : DECISIONS_AT_ONCE;
        int code =
            qr_decisions_build(explainer, rules, &batch->mandate, &batch->decisions[at], n, decisions, error);
        if (code)
            return code;
        for (size_t i = 0; i < n; i++) {
            qr_buffer_clear(&leaf);
            qr_decision_encode(&decisions[i], &leaf);
            qr_leaves_add(leaves, leaf.data, leaf.size);
        }
    }
    return 0;
}

struct qr_hash qr_batch_root(const struct qr_leaves *leaves)
{
    return qr_merkle_root(leaves->hashes, leaves->n);
}

void qr_late_leaf_encode(const struct qr_hash *transaction, uint64_t height, int64_t late_ms, struct qr_buffer *out)
{
    qr_put_raw(out, "QRL1", 4);
    qr_put_hash(out, transaction);
    qr_put_uint(out, height);
    qr_put_int(out, late_ms);
}
