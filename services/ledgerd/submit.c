#include "services/ledgerd/ledgerd.h"

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
    if (ledgerd->ending && submission->refused) {
        qr_request_drop(submission->request);
    } else if (submission->refused) {
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

void ledgerd_submission_answered(void *context, const struct qr_answer *answer)
{
    struct ledgerd *ledgerd = context;
    struct submission *submission = (struct submission *)(uintptr_t)answer->token;
    if (answer->error && !submission->refused) {
        submission->refused = true;
        submission->error = *answer->error;
    }
    if (!answer->error) {
        submission->height = answer->height > submission->height ? answer->height : submission->height;
        submission->replayed = submission->replayed || answer->replayed;
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
static int encode_all(const Quorate__LedgerSubmitRequest *message, struct qr_buffer *encoded, struct qr_hash *ids,
                      struct qr_error *error)
{
    for (size_t i = 0; i < message->n_transactions; i++) {
        struct qr_transaction transaction;
        int code = encode(message->transactions[i], &encoded[i], error);
        if (code == 0)
            code = qr_transaction_read(encoded[i].data, encoded[i].size, &transaction, error);
        if (code)
            return code;
        ids[i] = transaction.id;
    }
    return 0;
}

static int queue_all(struct ledgerd *ledgerd, struct submission *submission, const struct qr_buffer *encoded,
                     struct qr_error *error)
{
    for (size_t i = 0; i < submission->n; i++) {
        int code = ledgerd->engine->submit(ledgerd, &encoded[i], (uint64_t)(uintptr_t)submission, error);
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
    int code = encode_all(message, encoded, submission->ids, &error);
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
