#include "services/ledgerd/follower.h"

/* Submissions to a home that follows: passed on to the leader as they came, and answered once the block that holds them is here, so that
 * whoever submitted sees its own change when it reads. */

enum { FORWARDS_MAX = 4096, CALL_MS = 15000 };

/* What was submitted under one token. */
struct forward {
    struct forward *next;
    struct follower *follower;
    uint64_t token;
    size_t n, room;
    struct qr_buffer *encoded;
    bool sent;
    uint64_t height; /* of the leader's block, once it answered; 0: it has not */
    bool replayed;
    bool failed;
    struct qr_error error;
};

static void forward_done(struct forward *forward)
{
    for (size_t i = 0; i < forward->n; i++)
        qr_buffer_done(&forward->encoded[i]);
    free(forward->encoded);
    free(forward);
}

static struct forward **last_of(struct follower *follower, size_t *ret_n)
{
    struct forward **at = &follower->forwards;
    *ret_n = 0;
    for (; *at && (*at)->next; at = &(*at)->next)
        ++*ret_n;
    return at;
}

int forward_submit(struct follower *follower, const struct qr_buffer *encoded, uint64_t token, struct qr_error *error)
{
    size_t n;
    if (follower_stopped(follower)) {
        qr_fail(error, QR_EREFUSED, "this home stopped following %.100s: %.150s", follower->address, follower->why.text);
        return qr_hint(error, "submit at a home of the ledger that you trust");
    }
    struct forward **last = last_of(follower, &n);
    struct forward *forward = *last;
    if (n >= FORWARDS_MAX)
        return qr_fail(error, QR_EBUSY, "%zu submissions wait for %.100s already", n, follower->address);
    if (!forward || forward->sent || forward->token != token) {
        struct forward *new = qr_alloc(1, sizeof *new);
        new->follower = follower;
        new->token = token;
        *(forward ? &forward->next : last) = new;
        forward = new;
    }
    if (forward->n == forward->room) {
        forward->room = 2 * forward->room + 1;
        forward->encoded = qr_realloc(forward->encoded, forward->room, sizeof *forward->encoded);
    }
    forward->encoded[forward->n] = (struct qr_buffer){0};
    qr_buffer_add(&forward->encoded[forward->n++], encoded->data, encoded->size);
    return 0;
}

static void fail(struct forward *forward, const struct qr_error *error)
{
    const char *address = forward->follower->address;
    forward->failed = true;
    forward->error = *error;
    if (error->code == QR_EUNREACHABLE) {
        qr_fail(&forward->error, QR_EUNREACHABLE, "this home follows %.100s, which cannot be reached: nothing was submitted", address);
        qr_hint(&forward->error, "reading goes on; to submit, start the services there, or give --home of another home");
    } else if (error->code == QR_ETIMEOUT) {
        qr_fail(&forward->error, QR_ETIMEOUT, "this home follows %.100s, which did not answer in time", address);
        qr_hint(&forward->error, "it may have been submitted all the same: look before you try again");
    }
}

static void answer_came(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct forward *forward = context;
    if (error) {
        fail(forward, error);
        return;
    }
    forward->height = reply->ledger_submitted->height;
    forward->replayed = reply->ledger_submitted->replayed;
    qr_reply_free(reply);
}

static void send(struct forward *forward)
{
    QR_CLEANUP(qr_freep) Quorate__Transaction *messages = qr_alloc(forward->n, sizeof *messages);
    QR_CLEANUP(qr_freep) Quorate__Transaction **list = qr_alloc(forward->n, sizeof(Quorate__Transaction *));
    QR_CLEANUP(qr_freep) struct qr_transaction *transactions = qr_alloc(forward->n, sizeof *transactions);
    Quorate__LedgerSubmitRequest submit = QUORATE__LEDGER_SUBMIT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    struct qr_error error;
    int code = 0;
    for (size_t i = 0; code == 0 && i < forward->n; i++) {
        code = qr_transaction_read(forward->encoded[i].data, forward->encoded[i].size, &transactions[i], &error);
        quorate__transaction__init(&messages[i]);
        messages[i].body = qr_wire_bytes(transactions[i].body.bytes, transactions[i].body.size);
        messages[i].signer = qr_wire_bytes(transactions[i].signer.bytes, QR_PUBLIC_KEY_SIZE);
        messages[i].signature = qr_wire_bytes(transactions[i].signature.bytes, QR_SIGNATURE_SIZE);
        list[i] = &messages[i];
    }
    submit.n_transactions = forward->n;
    submit.transactions = list;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_SUBMIT;
    request.ledger_submit = &submit;
    forward->sent = true;
    if (code == 0)
        code = qr_client_send(forward->follower->client, QR_SERVICE_LEDGER, &request, CALL_MS, answer_came, forward, &error);
    if (code)
        fail(forward, &error);
}

/* Answers each of its transactions; their ids are known to whoever submitted them. */
static void answer_all(const struct forward *forward)
{
    struct qr_answer answer = {.token = forward->token,
                               .height = forward->height,
                               .replayed = forward->replayed,
                               .error = forward->failed ? &forward->error : NULL};
    for (size_t i = 0; i < forward->n; i++)
        ledgerd_submission_answered(forward->follower->ledgerd, &answer);
}

/* A block that will not come, because following has ended. */
static void give_up_if_stopped(struct forward *forward)
{
    struct follower *follower = forward->follower;
    if (!follower_stopped(follower) || forward->failed || (forward->sent && !forward->height))
        return;
    forward->failed = true;
    qr_fail(&forward->error, QR_EREFUSED, "this home stopped following %.100s: %.150s", follower->address, follower->why.text);
}

void forward_settle(struct follower *follower)
{
    uint64_t head = qr_chain_head(follower->ledgerd->chain)->height;
    for (struct forward **at = &follower->forwards; *at;) {
        struct forward *forward = *at;
        if (!forward->sent && !follower_stopped(follower))
            send(forward);
        if (!forward->failed && (!forward->height || forward->height > head))
            give_up_if_stopped(forward);
        if (!forward->failed && (!forward->height || forward->height > head)) {
            at = &forward->next;
            continue;
        }
        *at = forward->next;
        answer_all(forward);
        forward_done(forward);
    }
}

void forward_free(struct follower *follower)
{
    while (follower->forwards) {
        struct forward *forward = follower->forwards;
        follower->forwards = forward->next;
        forward->failed = true;
        qr_fail(&forward->error, QR_EUNREACHABLE, "this home's ledgerd ends");
        answer_all(forward);
        forward_done(forward);
    }
}
