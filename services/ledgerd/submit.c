#include "services/ledgerd/ledgerd.h"

#include "common/clock.h"
#include "node/actions.h"

enum { TRANSACTIONS_MAX = 256 };

/* A request whose transactions wait for blocks. Its address is their token. */
struct submission {
    struct qr_request *request;
    size_t n;
    size_t waiting;
    struct qr_hash *ids;
    uint64_t height;
    bool replayed;
    bool refused;
    struct qr_error error; /* of the first that was refused */
};

static void finish(struct ledgerd *ledgerd, struct submission *submission)
{
    ledgerd->unanswered--;
    if (submission->refused) {
        qr_request_refuse(submission->request, &submission->error);
    } else {
        Quorate__LedgerSubmitted submitted = QUORATE__LEDGER_SUBMITTED__INIT;
        Quorate__Reply reply = QUORATE__REPLY__INIT;
        QR_CLEANUP(qr_freep) ProtobufCBinaryData *ids = qr_alloc(submission->n, sizeof *ids);
        for (size_t i = 0; i < submission->n; i++)
            ids[i] = qr_wire_hash(&submission->ids[i]);
        submitted.n_ids = submission->n;
        submitted.ids = ids;
        submitted.height = submission->height;
        submitted.replayed = submission->replayed;
        reply.body_case = QUORATE__REPLY__BODY_LEDGER_SUBMITTED;
        reply.ledger_submitted = &submitted;
        qr_request_answer(submission->request, &reply);
    }
    free(submission->ids);
    free(submission);
}

void ledgerd_submission_answered(void *context, const struct qr_solo_answer *answer)
{
    struct ledgerd *ledgerd = context;
    struct submission *submission = (struct submission *)(uintptr_t)answer->token;
    submission->ids[submission->n - submission->waiting] = *answer->id;
    if (answer->error && !submission->refused) {
        submission->refused = true;
        submission->error = *answer->error;
    }
    if (!answer->error) {
        submission->height = answer->height;
        submission->replayed = answer->replayed;
    }
    *ledgerd->refused += answer->error != NULL;
    if (--submission->waiting == 0)
        finish(ledgerd, submission);
}

/* Puts a message's transaction into the form that is kept. */
static int encode(const Quorate__Transaction *message, struct qr_buffer *out, struct qr_error *error)
{
    if (message->signer.len != QR_PUBLIC_KEY_SIZE || message->signature.len != QR_SIGNATURE_SIZE)
        return qr_fail(error, QR_EFORMAT, "a signer has %d bytes and a signature %d", QR_PUBLIC_KEY_SIZE,
                       QR_SIGNATURE_SIZE);
    qr_put_bytes(out, message->body.data, message->body.len);
    qr_put_raw(out, message->signer.data, message->signer.len);
    qr_put_raw(out, message->signature.data, message->signature.len);
    return 0;
}

/* All are looked at before the first is queued, so that a malformed one does not leave half a request behind. */
static int encode_all(const Quorate__LedgerSubmitRequest *message, struct qr_buffer *encoded, struct qr_error *error)
{
    for (size_t i = 0; i < message->n_transactions; i++) {
        struct qr_transaction transaction;
        int code = encode(message->transactions[i], &encoded[i], error);
        if (code == 0)
            code = qr_transaction_read(encoded[i].data, encoded[i].size, &transaction, error);
        if (code)
            return code;
    }
    return 0;
}

static int queue_all(struct ledgerd *ledgerd, struct submission *submission, const struct qr_buffer *encoded,
                     struct qr_error *error)
{
    for (size_t i = 0; i < submission->n; i++) {
        int code = qr_solo_submit(ledgerd->solo, encoded[i].data, encoded[i].size, (uint64_t)(uintptr_t)submission,
                                  error);
        if (code == 0) {
            submission->waiting++;
            continue;
        }
        submission->refused = true;
        submission->error = *error;
        submission->n = i; /* those before stand on their own and are waited for */
        return i == 0 ? code : 0;
    }
    return 0;
}

void ledgerd_submit(struct ledgerd *ledgerd, struct qr_request *request)
{
    const Quorate__LedgerSubmitRequest *message = qr_request_message(request)->ledger_submit;
    size_t n = message->n_transactions;
    struct qr_error error;
    if (n < 1 || n > TRANSACTIONS_MAX) {
        qr_fail(&error, QR_ELIMIT, "a request carries 1 to %d transactions", TRANSACTIONS_MAX);
        qr_request_refuse(request, &error);
        return;
    }
    struct qr_buffer *encoded = qr_alloc(n, sizeof *encoded);
    struct submission *submission = qr_alloc(1, sizeof *submission);
    submission->request = request;
    submission->n = n;
    submission->ids = qr_alloc(n, sizeof *submission->ids);
    int code = encode_all(message, encoded, &error);
    if (code == 0)
        code = queue_all(ledgerd, submission, encoded, &error);
    if (code) {
        qr_request_refuse(request, &error);
        free(submission->ids);
        free(submission);
    } else {
        ledgerd->unanswered++;
    }
    for (size_t i = 0; i < n; i++)
        qr_buffer_done(&encoded[i]);
    free(encoded);
}

static size_t kind_names(uint64_t kinds, char **names)
{
    size_t n = 0;
    for (uint64_t kind = 0; kind < 64; kind++)
        if (kinds >> kind & 1 && qr_action_name(kind))
            names[n++] = (char *)(uintptr_t)qr_action_name(kind);
    return n;
}

static void publish_activation(struct ledgerd *ledgerd)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    struct qr_mandate mandate;
    Quorate__ActivationEvent activation = QUORATE__ACTIVATION_EVENT__INIT;
    Quorate__Event event = QUORATE__EVENT__INIT;
    if (qr_mandate_active(qr_node_state(ledgerd->node), &mandate, NULL) != 0)
        return;
    qr_activation_encode(&mandate.activation, &leaf);
    activation.mandate = qr_wire_hash(&mandate.id);
    activation.activation = qr_wire_bytes(leaf.data, leaf.size);
    activation.height = mandate.activation.height;
    event.body_case = QUORATE__EVENT__BODY_ACTIVATION;
    event.activation = &activation;
    qr_daemon_publish(ledgerd->daemon, &event);
}

static void publish_block(struct ledgerd *ledgerd)
{
    const struct qr_header *head = qr_solo_head(ledgerd->solo);
    const struct qr_block_facts *facts = qr_node_facts(ledgerd->node);
    char *kinds[64];
    struct qr_hash hash = qr_header_hash(head);
    Quorate__BlockEvent block = QUORATE__BLOCK_EVENT__INIT;
    Quorate__Event event = QUORATE__EVENT__INIT;
    block.height = head->height;
    block.time_ms = head->time;
    block.hash = qr_wire_hash(&hash);
    block.app_hash = qr_wire_hash(&head->app_hash);
    block.log_size = head->log_size;
    block.log_root = qr_wire_hash(&head->log_root);
    block.n_transactions = facts->transactions;
    block.n_decisions = facts->decisions;
    block.governance_changed = facts->governance;
    block.n_kinds = kind_names(facts->kinds, kinds);
    block.kinds = kinds;
    event.body_case = QUORATE__EVENT__BODY_BLOCK;
    event.block = &block;
    qr_daemon_publish(ledgerd->daemon, &event);
    if (facts->activation)
        publish_activation(ledgerd);
    ++*ledgerd->blocks;
    *ledgerd->transactions += facts->transactions;
    *ledgerd->decisions += facts->decisions;
}

void ledgerd_settle(void *context)
{
    struct ledgerd *ledgerd = context;
    while (qr_solo_due(ledgerd->solo, qr_clock_now())) {
        struct qr_error error;
        bool made = false;
        int code = qr_solo_cut(ledgerd->solo, qr_clock_now(), &made, &error);
        if (code) {
            qr_log_error("cannot make a block", &error);
            qr_daemon_set_state(ledgerd->daemon, "stopped", "%s", error.text);
            qr_daemon_end(ledgerd->daemon, qr_code_exit_status(error.code));
            return;
        }
        if (made)
            publish_block(ledgerd);
    }
    ledgerd_serve_waits(ledgerd);
}
