#include "services/governd/answer.h"

#include "node/actions.h"
#include "services/governd/agent.h"
#include "services/governd/mirror.h"
#include "services/governd/notice.h"
#include "services/governd/review.h"
#include "services/governd/shown.h"

enum { PROPOSALS_MOST = 500, PREFIX_LEAST = 3 };

/* A request that waits until the mirror is as new as the ledger. */
struct question {
    struct governd *governd;
    struct qr_request *request;
    struct qr_hash proposal; /* of an execution */
};

static void members(struct governd *governd, struct qr_request *request)
{
    const struct qr_state *state = mirror_state(governd->mirror);
    size_t n = qr_member_count(state), i = 0;
    QR_CLEANUP(qr_freep) struct qr_member *found = qr_alloc(n, sizeof *found);
    QR_CLEANUP(qr_freep) Quorate__Member *messages = qr_alloc(n, sizeof *messages);
    QR_CLEANUP(qr_freep) Quorate__Member **list = qr_alloc(n, sizeof(Quorate__Member *));
    Quorate__Members body = QUORATE__MEMBERS__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    for (; i < n && qr_member_next(state, i > 0 ? found[i - 1].name : NULL, &found[i]); i++) {
        quorate__member__init(&messages[i]);
        messages[i].name = found[i].name;
        messages[i].key = qr_wire_bytes(found[i].key.bytes, sizeof found[i].key.bytes);
        messages[i].weight = (uint64_t)found[i].weight;
        list[i] = &messages[i];
    }
    body.members = list;
    body.n_members = i;
    body.total_weight = (uint64_t)qr_member_total_weight(state);
    reply.body_case = QUORATE__REPLY__BODY_MEMBERS;
    reply.members = &body;
    qr_request_answer(request, &reply);
}

static void send_proposals(struct qr_request *request, struct shown *shown, size_t n)
{
    QR_CLEANUP(qr_freep) Quorate__Proposal **list = qr_alloc(n, sizeof(Quorate__Proposal *));
    Quorate__Proposals body = QUORATE__PROPOSALS__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    for (size_t i = 0; i < n; i++)
        list[i] = &shown[i].message;
    body.proposals = list;
    body.n_proposals = n;
    reply.body_case = QUORATE__REPLY__BODY_PROPOSALS;
    reply.proposals = &body;
    qr_request_answer(request, &reply);
}

static void proposals(struct governd *governd, struct qr_request *request)
{
    const struct qr_state *state = mirror_state(governd->mirror);
    uint32_t most = qr_request_message(request)->proposals->most;
    struct qr_error error;
    struct qr_proposal proposal;
    size_t n = 0;
    if (most < 1 || most > PROPOSALS_MOST) {
        qr_fail(&error, QR_ERANGE, "`most` must be 1 to %d", PROPOSALS_MOST);
        qr_request_refuse(request, &error);
        return;
    }
    struct shown *shown = qr_alloc(most, sizeof *shown);
    for (uint64_t number = qr_proposal_count(state); number > 0 && n < most; number--)
        if (qr_proposal_next(state, number, &proposal))
            shown_fill(&shown[n++], governd, &proposal, false);
    send_proposals(request, shown, n);
    for (size_t i = 0; i < n; i++)
        shown_done(&shown[i]);
    free(shown);
}

/* The one proposal whose id starts with these bytes. */
static int find(struct governd *governd, ProtobufCBinaryData prefix, struct qr_proposal *ret, struct qr_error *error)
{
    const struct qr_state *state = mirror_state(governd->mirror);
    struct qr_proposal proposal;
    size_t n = 0;
    if (prefix.len < PREFIX_LEAST || prefix.len > QR_HASH_SIZE)
        return qr_fail(error, QR_EINPUT, "a proposal's id has %d to %d bytes", PREFIX_LEAST, QR_HASH_SIZE);
    for (uint64_t number = 1; qr_proposal_next(state, number, &proposal); number = proposal.number + 1) {
        if (memcmp(proposal.id.bytes, prefix.data, prefix.len) != 0)
            continue;
        n++;
        *ret = proposal;
    }
    char hex[2 * QR_HASH_SIZE + 1];
    qr_hex(prefix.data, prefix.len, hex);
    if (n > 1) {
        qr_fail(error, QR_EINPUT, "%zu proposals start with %s", n, hex);
        (void)qr_hint(error, "give more digits");
        return QR_EINPUT;
    }
    if (n == 1)
        return 0;
    qr_fail(error, QR_ENOT_FOUND, "there is no proposal %.16s", hex);
    (void)qr_hint(error, "`quorate proposal list` shows the proposals");
    return QR_ENOT_FOUND;
}

static void proposal(struct governd *governd, struct qr_request *request, const struct qr_proposal *found)
{
    struct shown shown;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    shown_fill(&shown, governd, found, true);
    reply.body_case = QUORATE__REPLY__BODY_PROPOSAL;
    reply.proposal = &shown.message;
    qr_request_answer(request, &reply);
    shown_done(&shown);
}

/* ---- execution by hand ---- */

static void executed_seen(void *context, const struct qr_error *error)
{
    struct question *question = context;
    struct qr_proposal proposal;
    struct qr_error bad;
    Quorate__Executed body = QUORATE__EXECUTED__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    int rc = error ? error->code
                   : qr_proposal_get(mirror_state(question->governd->mirror), &question->proposal, &proposal, &bad);
    if (rc < 0) {
        qr_request_refuse(question->request, error ? error : &bad);
    } else {
        body.proposal = qr_wire_hash(&proposal.id);
        body.state = (char *)(uintptr_t)qr_proposal_state_word(proposal.state);
        body.height = proposal.ended_height;
        reply.body_case = QUORATE__REPLY__BODY_EXECUTED;
        reply.executed = &body;
        qr_request_answer(question->request, &reply);
    }
    free(question);
}

static void executed(void *context, uint64_t height, const struct qr_error *error)
{
    struct question *question = context;
    if (!error) {
        mirror_when(question->governd->mirror, height, executed_seen, question);
        return;
    }
    qr_request_refuse(question->request, error);
    free(question);
}

static void execute(struct governd *governd, struct qr_request *request, const struct qr_proposal *found)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct question *question = qr_alloc(1, sizeof *question);
    *question = (struct question){governd, request, found->id};
    qr_execute_encode(&(struct qr_execute){found->id}, &payload);
    agent_submit(governd->agent, QR_ACTION_EXECUTE, &payload, executed, question);
}

/* ---- which answer ---- */

static void answer_one(struct governd *governd, struct qr_request *request, ProtobufCBinaryData id,
                       void (*answer)(struct governd *governd, struct qr_request *request,
                                      const struct qr_proposal *found))
{
    struct qr_proposal found;
    struct qr_error error;
    if (find(governd, id, &found, &error) < 0)
        qr_request_refuse(request, &error);
    else
        answer(governd, request, &found);
}

static void report(struct governd *governd, struct qr_request *request, const struct qr_proposal *found)
{
    struct qr_error error;
    if (qr_track_subject(found->track) == QR_SUBJECT_UPGRADE) {
        reviews_answer(governd->reviews, &found->id, request);
        return;
    }
    qr_fail(&error, QR_EREFUSED, "a proposal of track %s changes no model, so that there is no impact to report",
            found->track);
    qr_request_refuse(request, &error);
}

static void answer(struct governd *governd, struct qr_request *request)
{
    const Quorate__Request *message = qr_request_message(request);
    struct qr_error error;
    if (message->body_case == QUORATE__REQUEST__BODY_MEMBERS) {
        members(governd, request);
    } else if (message->body_case == QUORATE__REQUEST__BODY_PROPOSALS) {
        proposals(governd, request);
    } else if (message->body_case == QUORATE__REQUEST__BODY_PROPOSAL) {
        answer_one(governd, request, message->proposal->id, proposal);
    } else if (message->body_case == QUORATE__REQUEST__BODY_REPORT) {
        answer_one(governd, request, message->report->proposal, report);
    } else if (message->body_case == QUORATE__REQUEST__BODY_EXECUTE) {
        answer_one(governd, request, message->execute->proposal, execute);
    } else if (message->body_case == QUORATE__REQUEST__BODY_NOTICES) {
        notices_answer(governd->notices, message->notices, request);
    } else {
        qr_fail(&error, QR_EUNSUPPORTED, "governd does not answer %s", qr_request_word(message->body_case));
        qr_request_refuse(request, &error);
    }
}

static void fresh(void *context, const struct qr_error *error)
{
    struct question question = *(struct question *)context;
    free(context);
    if (qr_request_expired(question.request))
        qr_request_drop(question.request);
    else if (error && !mirror_state(question.governd->mirror))
        qr_request_refuse(question.request, error);
    else
        answer(question.governd, question.request);
}

void answer_request(struct governd *governd, struct qr_request *request)
{
    struct question *question = qr_alloc(1, sizeof *question);
    *question = (struct question){.governd = governd, .request = request};
    mirror_when_fresh(governd->mirror, fresh, question);
}
