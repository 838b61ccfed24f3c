#include "services/priced/priced.h"

/* A decision of a booking comes back. When this service does not remember it, the ledger is asked; when the ledger does
 * not have it, it is recomputed under its own mandate and recorded as it is. The request does not wait for that:
 * reservation asks again. */

enum { RESTORING_MAX = 1024, CALL_MS = 5000 };

struct restoring {
    struct priced *priced;
    struct qr_hash id, mandate;
    struct qr_buffer leaf;
};

static size_t restoring_now;

static void done(struct restoring *restoring, const struct qr_error *error)
{
    if (error != NULL)
        qr_log_error("restoring a decision", error);
    restoring_now--;
    qr_buffer_done(&restoring->leaf);
    free(restoring);
}

static void mandate_ready(void *context, struct mandate *mandate, const struct qr_error *error)
{
    struct restoring *restoring = context;
    struct qr_error wrong;
    uint64_t height;
    if (error != NULL) {
        done(restoring, error);
        return;
    }
    int code = qr_decision_verify(mandate->pair->explainer, &mandate->rules, restoring->leaf.data, restoring->leaf.size,
                                  &wrong);
    if (code == 0 && !stream_height(restoring->priced->stream, &restoring->id, &height)) {
        struct qr_span leaf = {restoring->leaf.data, restoring->leaf.size};
        stream_add(restoring->priced->stream, &mandate->id, mandate->as_of, leaf, &restoring->id);
        *restoring->priced->restored_metric += 1;
    }
    done(restoring, code < 0 ? &wrong : NULL);
}

static void ledger_answered(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct restoring *restoring = context;
    if (error == NULL) {
        stream_remember(restoring->priced->stream, &restoring->id, reply->ledger_decision->height);
        qr_reply_free(reply);
        done(restoring, NULL);
    } else if (error->code == QR_ENOT_FOUND) {
        source_want(restoring->priced->source, &restoring->mandate, mandate_ready, restoring);
    } else {
        done(restoring, error);
    }
}

static void begin(struct priced *priced, const struct qr_hash *id, ProtobufCBinaryData leaf)
{
    struct qr_error error;
    QR_CLEANUP(qr_freep) struct qr_decision *decision = qr_alloc(1, sizeof *decision);
    if (restoring_now == RESTORING_MAX)
        return;
    if (qr_decision_decode(leaf.data, leaf.len, decision, &error) < 0) {
        qr_log_error("a decision to be restored", &error);
        return;
    }
    struct restoring *restoring = qr_alloc(1, sizeof *restoring);
    restoring->priced = priced;
    restoring->id = *id;
    restoring->mandate = decision->mandate;
    qr_buffer_add(&restoring->leaf, leaf.data, leaf.len);
    restoring_now++;

    Quorate__LedgerDecisionRequest ask = QUORATE__LEDGER_DECISION_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    ask.id = qr_wire_hash(&restoring->id);
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_DECISION;
    request.ledger_decision = &ask;
    if (qr_client_send(qr_daemon_client(priced->daemon), QR_SERVICE_LEDGER, &request, CALL_MS, ledger_answered,
                       restoring, &error) < 0)
        done(restoring, &error);
}

static int check(const Quorate__RestoreRequest *restore, struct qr_error *error)
{
    if (restore->n_leaves > PRICED_ROWS_MAX || restore->n_ids > PRICED_IDS_MAX ||
        restore->n_leaves + restore->n_ids == 0)
        return qr_fail(error, QR_ELIMIT, "a request restores up to %d leaves and asks about up to %d ids",
                       PRICED_ROWS_MAX, PRICED_IDS_MAX);
    for (size_t i = 0; i < restore->n_ids; i++) {
        if (restore->ids[i].len != QR_HASH_SIZE)
            return qr_fail(error, QR_EFORMAT, "a decision's id has %d bytes", QR_HASH_SIZE);
    }
    return 0;
}

void restore_request(struct priced *priced, struct qr_request *request)
{
    struct qr_error error;
    const Quorate__RestoreRequest *restore = qr_request_message(request)->restore;
    if (check(restore, &error) < 0) {
        qr_request_refuse(request, &error);
        return;
    }
    uint64_t heights[PRICED_ROWS_MAX + PRICED_IDS_MAX] = {0};
    uint32_t unknown[PRICED_IDS_MAX];
    Quorate__Restored restored = QUORATE__RESTORED__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    for (size_t i = 0; i < restore->n_leaves; i++) {
        struct qr_hash id = qr_decision_id(restore->leaves[i].data, restore->leaves[i].len);
        if (!stream_height(priced->stream, &id, &heights[i]))
            begin(priced, &id, restore->leaves[i]);
    }
    for (size_t i = 0; i < restore->n_ids; i++) {
        struct qr_hash id;
        memcpy(id.bytes, restore->ids[i].data, sizeof id.bytes);
        if (!stream_height(priced->stream, &id, &heights[restore->n_leaves + i]))
            unknown[restored.n_unknown++] = (uint32_t)i;
    }
    restored.heights = heights;
    restored.n_heights = restore->n_leaves + restore->n_ids;
    restored.unknown = unknown;
    reply.body_case = QUORATE__REPLY__BODY_RESTORED;
    reply.restored = &restored;
    qr_request_answer(request, &reply);
}
