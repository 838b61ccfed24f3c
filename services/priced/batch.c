#include "services/priced/batch.h"

#include "common/file.h"
#include "node/actions.h"
#include "node/batch.h"

void batch_free(struct batch *batch)
{
    if (batch == NULL)
        return;
    qr_leaves_done(&batch->leaves);
    qr_signed_done(&batch->transaction);
    free(batch);
}

/* What the ledger needs of a decision to rebuild its leaf. */
static void fill(struct qr_batch *payload, size_t i, const struct qr_decision *decision)
{
    struct qr_decision_input *input = &payload->decisions[i];
    memcpy(input->nonce, decision->nonce, sizeof input->nonce);
    input->time_ms = decision->time_ms;
    memcpy(payload->rows + i * payload->n_features, decision->row, payload->n_features * sizeof *payload->rows);
    if (payload->n_inputs > 0)
        memcpy(payload->inputs + i * payload->n_inputs, decision->inputs, payload->n_inputs * sizeof *payload->inputs);
    if (i == 0 || decision->time_ms < payload->t0)
        payload->t0 = decision->time_ms;
}

static int decode_all(const struct batch *batch, struct qr_batch *payload, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_decision *decision = qr_alloc(1, sizeof *decision);
    for (size_t i = 0; i < batch->leaves.n; i++) {
        struct qr_span leaf = qr_leaves_get(&batch->leaves, i);
        int code = qr_decision_decode(leaf.bytes, leaf.size, decision, error);
        if (code < 0)
            return code;
        if (i == 0)
            qr_batch_init(payload, decision->n_features, decision->n_inputs, batch->leaves.n);
        if (decision->n_features != payload->n_features || decision->n_inputs != payload->n_inputs)
            return qr_fail(error, QR_EINTERNAL, "decisions of one mandate have different features");
        fill(payload, i, decision);
    }
    return 0;
}

static int seal(struct batch *batch, struct qr_error *error)
{
    QR_CLEANUP(qr_batch_done) struct qr_batch payload = {0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    int code = decode_all(batch, &payload, error);
    if (code < 0)
        return code;
    payload.mandate = batch->mandate;
    payload.as_of = batch->as_of;
    payload.sequence = batch->sequence;
    payload.root = qr_batch_root(&batch->leaves);
    qr_batch_encode(&payload, &bytes);
    qr_signed_make(&batch->transaction, batch->key, batch->chain_id, QR_ACTION_BATCH, batch->sequence, bytes.data,
                   bytes.size);
    return fdatasync(batch->descriptor) == 0 ? 0 : qr_fail_errno(error, "syncing", "priced.db");
}

void batch_seal(void *task)
{
    struct batch *batch = task;
    batch->failed = seal(batch, &batch->error);
    close(batch->descriptor);
}
