#include "services/governd/agent.h"

#include "common/file.h"
#include "services/lib/signed.h"

enum { CALL_MS = 10000 };

struct submission {
    uint64_t kind;
    struct qr_buffer payload;
    agent_done *done;
    void *context;
    struct submission *next;
};

struct agent {
    struct governd *governd;
    struct qr_key *key;
    struct submission *first; /* under way when `busy` */
    bool busy;
    int64_t *submitted; /* metric */
};

static void begin(struct agent *agent);

static void submission_free(struct submission *submission)
{
    qr_buffer_done(&submission->payload);
    free(submission);
}

static void finish(struct agent *agent, uint64_t height, const struct qr_error *error)
{
    struct submission *submission = agent->first;
    agent->first = submission->next;
    agent->busy = false;
    *agent->submitted += error == NULL;
    submission->done(submission->context, height, error);
    submission_free(submission);
    begin(agent);
}

static void submitted(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    finish(context, error ? 0 : reply->ledger_submitted->height, error);
    qr_reply_free(reply);
}

static void send(struct agent *agent, Quorate__Request *request, qr_client_done *done)
{
    struct qr_error error;
    if (qr_client_send(agent->governd->client, QR_SERVICE_LEDGER, request, CALL_MS, done, agent, &error) < 0)
        finish(agent, 0, &error);
}

static void sequence_read(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct agent *agent = context;
    if (error) {
        finish(agent, 0, error);
        return;
    }
    QR_CLEANUP(qr_signed_done) struct qr_signed transaction = {0};
    Quorate__LedgerSubmitRequest submit = QUORATE__LEDGER_SUBMIT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    const struct submission *submission = agent->first;
    qr_signed_make(&transaction, agent->key, agent->governd->chain, submission->kind, reply->ledger_sequence->last + 1,
                   submission->payload.data, submission->payload.size);
    submit.transactions = &transaction.list;
    submit.n_transactions = 1;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_SUBMIT;
    request.ledger_submit = &submit;
    qr_reply_free(reply);
    send(agent, &request, submitted);
}

static void begin(struct agent *agent)
{
    Quorate__LedgerSequenceRequest sequence = QUORATE__LEDGER_SEQUENCE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    if (agent->busy || !agent->first)
        return;
    agent->busy = true;
    sequence.key = qr_wire_bytes(qr_key_public(agent->key)->bytes, QR_PUBLIC_KEY_SIZE);
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_SEQUENCE;
    request.ledger_sequence = &sequence;
    send(agent, &request, sequence_read);
}

void agent_submit(struct agent *agent, uint64_t kind, const struct qr_buffer *payload, agent_done *done, void *context)
{
    struct qr_error error;
    if (!agent->key) {
        qr_fail(&error, QR_EREFUSED, "this home has no agent key, so its governd can only watch");
        (void)qr_hint(&error, "keys/operators/agent.key is missing");
        done(context, 0, &error);
        return;
    }
    struct submission *submission = qr_alloc(1, sizeof *submission), **end = &agent->first;
    *submission = (struct submission){.kind = kind, .done = done, .context = context};
    qr_buffer_add(&submission->payload, payload->data, payload->size);
    while (*end)
        end = &(*end)->next;
    *end = submission;
    begin(agent);
}

const struct qr_public_key *agent_key(const struct agent *agent)
{
    return agent->key ? qr_key_public(agent->key) : NULL;
}

int agent_new(struct governd *governd, struct agent **ret_agent, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(qr_daemon_home(governd->daemon), "keys/operators/agent.key");
    QR_CLEANUP(qr_key_freep) struct qr_key *key = NULL;
    int rc = qr_key_load(path, &key, error);
    if (rc < 0 && rc != QR_ENO_FILE)
        return rc;
    if (key && qr_key_kind(key) != QR_KEY_AGENT)
        return qr_fail(error, QR_EWRONG_KEY, "%s is the key of a %s, not of an agent", path,
                       qr_key_kind_name(qr_key_kind(key)));
    if (!key)
        qr_log(QR_LOG_WARNING, "there is no %s: reports and executions are left to other members' agents", path);
    struct agent *agent = qr_alloc(1, sizeof *agent);
    agent->governd = governd;
    agent->key = key;
    agent->submitted = qr_daemon_metric(governd->daemon, "quorate_governd_submitted_total",
                                        "Transactions of the agent that the ledger took");
    key = NULL;
    *ret_agent = agent;
    return 0;
}

void agent_free(struct agent *agent)
{
    if (!agent)
        return;
    while (agent->first) {
        struct submission *submission = agent->first;
        agent->first = submission->next;
        submission_free(submission);
    }
    qr_key_free(agent->key);
    free(agent);
}

void agent_log_failure(const char *doing, const struct qr_error *error)
{
    if (error->code == QR_EREFUSED || error->code == QR_ENOT_DUE)
        qr_log(QR_LOG_INFO, "%s: %s", doing, error->text);
    else
        qr_log_error(doing, error);
}
