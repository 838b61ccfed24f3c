#include "ledger/transaction.h"
#include "node/actions.h"
#include "node/order.h"
#include "services/lib/signed.h"
#include "services/reserved/reserved.h"

enum {
    IDS_AT_ONCE = 1024,
    LEAVES_AT_ONCE = 256,
    EVENTS_AT_ONCE = 1024,
    DECISIONS_EVERY_MS = 500,
    EVENTS_EVERY_MS = 100,
    RETRY_MS = 300,
    CALL_MS = 10000
};

struct deliver {
    struct reserved *reserved;

    /* decisions: asked about in order, again from the beginning when the end was reached */
    struct qr_outbox_decision decisions[IDS_AT_ONCE];
    struct qr_buffer leaves;
    size_t n;
    uint64_t after;

    /* order events: one submission at a time */
    uint64_t ledger_sequence;
    bool sequence_known, submitting, refused;
    uint64_t submitted; /* the sequence that is under way */
};

static void later(struct deliver *deliver, int64_t ms, qr_timer_callback *callback)
{
    qr_daemon_after(deliver->reserved->daemon, ms, callback, deliver);
}

static int send(struct deliver *deliver, enum qr_service service, Quorate__Request *request, qr_client_done *done)
{
    struct qr_error error;
    int code =
        qr_client_send(qr_daemon_client(deliver->reserved->daemon), service, request, CALL_MS, done, deliver, &error);
    if (code < 0)
        qr_log_error("emptying the outbox", &error);
    return code;
}

static void show_backlog(struct deliver *deliver)
{
    struct qr_outbox_backlog backlog;
    if (qr_outbox_backlog(deliver->reserved->store, &backlog, NULL) == 0)
        *deliver->reserved->waiting_metric =
            (int64_t)(backlog.decisions > backlog.events ? backlog.decisions : backlog.events);
}

/* --- decisions, to pricing --- */

static void ask_decisions(void *context);

/* Marks are not worth a sync: one that is lost is asked about again. */
static int mark_recorded(struct deliver *deliver, const Quorate__Restored *restored, struct qr_error *error)
{
    struct qr_reservations *store = deliver->reserved->store;
    int code = qr_reservations_begin(store, QR_KEPT, error);
    for (size_t i = 0; code == 0 && i < deliver->n; i++) {
        if (restored->heights[i] > 0)
            code = qr_outbox_decision_recorded(store, deliver->decisions[i].order, restored->heights[i], error);
    }
    if (code < 0) {
        qr_reservations_rollback(store);
        return code;
    }
    return qr_reservations_commit(store, error);
}

static void restored_came(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct deliver *deliver = context;
    if (error == NULL)
        qr_reply_free(reply); /* heights are asked about in the next round */
    later(deliver, DECISIONS_EVERY_MS, ask_decisions);
}

/* Those that pricing does not remember go back whole. */
static bool send_unknown(struct deliver *deliver, const Quorate__Restored *restored)
{
    ProtobufCBinaryData leaves[LEAVES_AT_ONCE];
    Quorate__RestoreRequest restore = QUORATE__RESTORE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    for (size_t i = 0; i < restored->n_unknown && restore.n_leaves < LEAVES_AT_ONCE; i++) {
        uint32_t at = restored->unknown[i];
        if (at >= deliver->n)
            continue;
        leaves[restore.n_leaves++] = qr_wire_bytes(deliver->decisions[at].leaf.bytes, deliver->decisions[at].leaf.size);
    }
    restore.leaves = leaves;
    request.body_case = QUORATE__REQUEST__BODY_RESTORE;
    request.restore = &restore;
    return restore.n_leaves > 0 && send(deliver, QR_SERVICE_PRICING, &request, restored_came) == 0;
}

static void heights_came(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct deliver *deliver = context;
    struct qr_error failed;
    if (error != NULL) {
        later(deliver, DECISIONS_EVERY_MS, ask_decisions);
        return;
    }
    const Quorate__Restored *restored = reply->restored;
    bool complete = restored->n_heights == deliver->n;
    if (complete && mark_recorded(deliver, restored, &failed) < 0)
        qr_log_error("noting heights", &failed);
    bool full = deliver->n == IDS_AT_ONCE;
    deliver->after = full ? deliver->decisions[deliver->n - 1].order : 0;
    bool sent = complete && send_unknown(deliver, restored);
    qr_reply_free(reply);
    show_backlog(deliver);
    if (!sent)
        later(deliver, full ? 1 : DECISIONS_EVERY_MS, ask_decisions);
}

static void ask_decisions(void *context)
{
    struct deliver *deliver = context;
    struct qr_error error;
    int code = qr_outbox_decisions(deliver->reserved->store, deliver->after, IDS_AT_ONCE, &deliver->leaves,
                                   deliver->decisions, &deliver->n, &error);
    if (code < 0)
        qr_log_error("reading the outbox", &error);
    if (code < 0 || deliver->n == 0) {
        deliver->after = 0;
        later(deliver, DECISIONS_EVERY_MS, ask_decisions);
        return;
    }
    ProtobufCBinaryData ids[IDS_AT_ONCE];
    Quorate__RestoreRequest restore = QUORATE__RESTORE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    for (size_t i = 0; i < deliver->n; i++)
        ids[i] = qr_wire_hash(&deliver->decisions[i].decision);
    restore.ids = ids;
    restore.n_ids = deliver->n;
    request.body_case = QUORATE__REQUEST__BODY_RESTORE;
    request.restore = &restore;
    if (send(deliver, QR_SERVICE_PRICING, &request, heights_came) < 0)
        later(deliver, DECISIONS_EVERY_MS, ask_decisions);
}

/* --- order events, to the ledger --- */

static void deliver_events(void *context);

static int sign_events(struct deliver *deliver, const struct qr_outbox_event *events, size_t n, uint64_t sequence,
                       struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_order_leaf *leaves = qr_alloc(n, sizeof *leaves);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    for (size_t i = 0; i < n; i++) {
        leaves[i].event = events[i].state == QR_CONFIRMED ? QR_ORDER_CONFIRMED : QR_ORDER_CANCELLED;
        leaves[i].commitment = events[i].commitment;
        leaves[i].decision = events[i].decision;
        leaves[i].time = events[i].time;
    }
    qr_orders_encode(leaves, n, &payload);
    qr_transaction_sign(deliver->reserved->key, deliver->reserved->chain_id, QR_ACTION_ORDERS, sequence, payload.data,
                        payload.size, &bytes, NULL);
    struct qr_reservations *store = deliver->reserved->store;
    int code = qr_reservations_begin(store, QR_DURABLE, error);
    if (code < 0)
        return code;
    code = qr_outbox_submit(store, sequence, events[n - 1].number, bytes.data, bytes.size, error);
    if (code < 0) {
        qr_reservations_rollback(store);
        return code;
    }
    return qr_reservations_commit(store, error);
}

/* Makes the next submission of the events that wait. QR_ENOT_FOUND when none do. */
static int cut_events(struct deliver *deliver, struct qr_error *error)
{
    size_t n;
    uint64_t last;
    QR_CLEANUP(qr_freep) struct qr_outbox_event *events = qr_alloc(EVENTS_AT_ONCE, sizeof *events);
    int code = qr_outbox_events(deliver->reserved->store, EVENTS_AT_ONCE, events, &n, error);
    if (code == 0)
        code = qr_outbox_last_sequence(deliver->reserved->store, &last, error);
    if (code < 0)
        return code;
    if (n == 0)
        return qr_fail(error, QR_ENOT_FOUND, "no event waits");
    uint64_t sequence = (last > deliver->ledger_sequence ? last : deliver->ledger_sequence) + 1;
    return sign_events(deliver, events, n, sequence, error);
}

static void submission_recorded(struct deliver *deliver)
{
    struct qr_error error;
    struct qr_reservations *store = deliver->reserved->store;
    int code = qr_reservations_begin(store, QR_KEPT, &error);
    if (code == 0)
        code = qr_outbox_submission_recorded(store, deliver->submitted, &error);
    if (code == 0)
        code = qr_reservations_commit(store, &error);
    else
        qr_reservations_rollback(store);
    if (code < 0)
        qr_log_error("noting a recorded submission", &error);
}

static bool passing(enum qr_code code)
{
    return code == QR_EUNREACHABLE || code == QR_ETIMEOUT || code == QR_EBUSY || code == QR_EIO ||
           code == QR_EDISK_FULL || code == QR_EMEMORY || code == QR_ELIMIT;
}

static void submitted(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct deliver *deliver = context;
    deliver->submitting = false;
    if (error == NULL) {
        qr_reply_free(reply);
        submission_recorded(deliver);
        later(deliver, 1, deliver_events);
    } else if (passing(error->code)) {
        later(deliver, RETRY_MS, deliver_events);
    } else { /* bookings go on: the orders wait in the outbox until a person has looked */
        deliver->refused = true;
        qr_log_error("the ledger refused order leaves", error);
        qr_daemon_set_state(deliver->reserved->daemon, "order_leaves_refused", "%s", error->text);
    }
}

static int submit(struct deliver *deliver, const struct qr_buffer *bytes, struct qr_error *error)
{
    struct qr_transaction parts;
    int code = qr_transaction_read(bytes->data, bytes->size, &parts, error);
    if (code < 0)
        return code;
    Quorate__Transaction transaction = QUORATE__TRANSACTION__INIT, *list = &transaction;
    Quorate__LedgerSubmitRequest submission = QUORATE__LEDGER_SUBMIT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    transaction.body = qr_wire_bytes(parts.body.bytes, parts.body.size);
    transaction.signer = qr_wire_bytes(parts.signer.bytes, sizeof parts.signer.bytes);
    transaction.signature = qr_wire_bytes(parts.signature.bytes, sizeof parts.signature.bytes);
    submission.transactions = &list;
    submission.n_transactions = 1;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_SUBMIT;
    request.ledger_submit = &submission;
    deliver->submitting = true;
    code = send(deliver, QR_SERVICE_LEDGER, &request, submitted);
    deliver->submitting = code == 0;
    return code;
}

static int next_submission(struct deliver *deliver, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    int code = qr_outbox_submission(deliver->reserved->store, 0, &deliver->submitted, &bytes, error);
    if (code == QR_ENOT_FOUND) {
        code = cut_events(deliver, error);
        if (code == 0)
            code = qr_outbox_submission(deliver->reserved->store, 0, &deliver->submitted, &bytes, error);
    }
    return code < 0 ? code : submit(deliver, &bytes, error);
}

static void deliver_events(void *context)
{
    struct deliver *deliver = context;
    struct qr_error error;
    if (!deliver->sequence_known || deliver->submitting || deliver->refused)
        return;
    int code = next_submission(deliver, &error);
    if (code < 0 && code != QR_ENOT_FOUND)
        qr_log_error("cutting order leaves", &error);
    if (code < 0)
        later(deliver, code == QR_ENOT_FOUND ? EVENTS_EVERY_MS : RETRY_MS, deliver_events);
}

static void ask_sequence(void *context);

static void sequence_came(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct deliver *deliver = context;
    if (error != NULL) {
        later(deliver, RETRY_MS, ask_sequence);
        return;
    }
    deliver->ledger_sequence = reply->ledger_sequence->last;
    deliver->sequence_known = true;
    qr_reply_free(reply);
    deliver_events(deliver);
}

static void ask_sequence(void *context)
{
    struct deliver *deliver = context;
    const struct qr_public_key *key = qr_key_public(deliver->reserved->key);
    Quorate__LedgerSequenceRequest sequence = QUORATE__LEDGER_SEQUENCE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    sequence.key = qr_wire_bytes(key->bytes, sizeof key->bytes);
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_SEQUENCE;
    request.ledger_sequence = &sequence;
    if (send(deliver, QR_SERVICE_LEDGER, &request, sequence_came) < 0)
        later(deliver, RETRY_MS, ask_sequence);
}

struct deliver *deliver_new(struct reserved *reserved)
{
    struct deliver *deliver = qr_alloc(1, sizeof *deliver);
    deliver->reserved = reserved;
    ask_sequence(deliver);
    later(deliver, DECISIONS_EVERY_MS, ask_decisions);
    return deliver;
}

void deliver_free(struct deliver *deliver)
{
    if (deliver == NULL)
        return;
    qr_buffer_done(&deliver->leaves);
    free(deliver);
}
