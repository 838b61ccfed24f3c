#include "services/governd/notice.h"

#include "common/clock.h"
#include "services/governd/mirror.h"
#include "services/governd/store.h"

enum { LOOK_MS = 250, ANSWER_MOST = 200 };

/* What is told beside the states. */
enum { MARK_CLOSING = 100 };

struct notices {
    struct governd *governd;
    uint8_t *told; /* by number: the state that was told since the start, and CLOSING */
    uint64_t n_told;
};

enum { CLOSING = 0x80 };

/* The place for a proposal's number, which starts at 1; 0 stands for nothing told (no proposal is stored as a draft).
 */
static uint8_t *told_of(struct notices *notices, uint64_t number)
{
    if (number >= notices->n_told) {
        uint64_t n = number + 256;
        notices->told = qr_realloc(notices->told, n, 1);
        memset(notices->told + notices->n_told, 0, n - notices->n_told);
        notices->n_told = n;
    }
    return &notices->told[number];
}

static void to_wire(const struct notice *notice, Quorate__Notice *ret)
{
    quorate__notice__init(ret);
    ret->sequence = notice->sequence;
    ret->time_ms = notice->time;
    ret->level = (char *)(uintptr_t)(notice->warning ? "warning" : "info");
    ret->text = (char *)(uintptr_t)notice->text;
    ret->proposal = qr_wire_hash(&notice->proposal);
    ret->deadline_ms = notice->deadline;
}

static void publish_notice(struct governd *governd, const struct notice *notice)
{
    Quorate__Notice message;
    Quorate__NoticeEvent body = QUORATE__NOTICE_EVENT__INIT;
    Quorate__Event event = QUORATE__EVENT__INIT;
    to_wire(notice, &message);
    body.notice = &message;
    event.body_case = QUORATE__EVENT__BODY_NOTICE;
    event.notice = &body;
    qr_daemon_publish(governd->daemon, &event);
}

static void publish_state(struct governd *governd, const struct qr_proposal *proposal)
{
    Quorate__ProposalEvent body = QUORATE__PROPOSAL_EVENT__INIT;
    Quorate__Event event = QUORATE__EVENT__INIT;
    body.id = qr_wire_hash(&proposal->id);
    body.state = (char *)(uintptr_t)qr_proposal_state_word(proposal->state);
    body.title = (char *)(uintptr_t)proposal->title;
    event.body_case = QUORATE__EVENT__BODY_PROPOSAL;
    event.proposal = &body;
    qr_daemon_publish(governd->daemon, &event);
}

/* Members of the snapshot that have cast nothing, between commas. */
static void list_missing(const struct qr_state *state, const struct qr_hash *proposal, struct qr_buffer *out)
{
    struct qr_member member = {0};
    struct qr_ballot ballot = {0};
    bool more = qr_ballot_next(state, proposal, ballot.member, &ballot);
    while (qr_snapshot_next(state, proposal, member.name, &member)) {
        if (more && strcmp(member.name, ballot.member) == 0)
            more = qr_ballot_next(state, proposal, ballot.member, &ballot);
        else
            qr_buffer_text(out, "%s%s", out->size > 0 ? ", " : "", member.name);
    }
}

/* "was executed: its model prices from now on" */
static void describe_executed(const struct qr_proposal *proposal, struct qr_buffer *text)
{
    const struct qr_validator_proposed *validator = &proposal->validator;
    switch (qr_track_subject(proposal->track)) {
    case QR_SUBJECT_UPGRADE:
        qr_buffer_text(text, "was executed: its model prices from now on");
        return;
    case QR_SUBJECT_VALIDATOR:
        qr_buffer_text(text, "was executed: validator %s of %s %s", validator->name, validator->member,
                       validator->act == QR_VALIDATOR_ADD ? "joins" : "leaves");
        return;
    }
}

static void describe(const struct qr_proposal *proposal, struct notice *notice, struct qr_buffer *text)
{
    char time[QR_TIME_TEXT];
    int64_t deadline = qr_proposal_deadline(proposal);
    const char *at = qr_time_format(deadline, time);
    qr_buffer_text(text, "Proposal %" PRIu64 " \"%s\" ", proposal->number, proposal->title);
    notice->deadline = deadline;
    switch (proposal->state) {
    case QR_PROPOSAL_REVIEW:
        qr_buffer_text(text, "by %s is in review: its impact report is due by %s", proposal->proposer, at);
        return;
    case QR_PROPOSAL_VOTING:
        qr_buffer_text(text, "is open for votes until %s", at);
        return;
    case QR_PROPOSAL_QUEUED:
        notice->deadline = proposal->executable_at;
        qr_buffer_text(text, "passed (%s); it can be executed from %s", proposal->reason,
                       qr_time_format(proposal->executable_at, time));
        return;
    case QR_PROPOSAL_EXECUTED:
        describe_executed(proposal, text);
        return;
    case QR_PROPOSAL_DEFEATED:
    case QR_PROPOSAL_EXPIRED:
    case QR_PROPOSAL_FAILED:
        notice->warning = proposal->state != QR_PROPOSAL_DEFEATED;
        qr_buffer_text(text, "%s: %s",
                       proposal->state == QR_PROPOSAL_DEFEATED ? "was defeated"
                                                               : qr_proposal_state_word(proposal->state),
                       proposal->reason);
        return;
    case QR_PROPOSAL_DRAFT:
    case QR_PROPOSAL_CONFIRMING:
    case QR_PROPOSAL_WITHDRAWN:
    case QR_PROPOSAL_STATES:
        break;
    }
    qr_buffer_text(text, "is %s", qr_proposal_state_word(proposal->state));
}

static void tell(struct notices *notices, unsigned mark, struct notice *notice, const struct qr_buffer *text,
                 bool *ret_new)
{
    struct qr_error error;
    notice->time = qr_clock_now();
    (void)qr_copy_text(notice->text, sizeof notice->text, qr_buffer_string(text));
    *ret_new = false;
    if (store_tell(notices->governd->store, mark, notice, ret_new, &error) < 0) {
        qr_log_error("keeping a notice", &error);
        return;
    }
    if (!*ret_new)
        return;
    qr_log(notice->warning ? QR_LOG_WARNING : QR_LOG_INFO, "%s", notice->text);
    publish_notice(notices->governd, notice);
}

static void tell_state(struct notices *notices, const struct qr_proposal *proposal)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    struct notice notice = {.proposal = proposal->id};
    uint8_t *told = told_of(notices, proposal->number);
    bool new;
    if ((*told & ~CLOSING) == (int)proposal->state)
        return;
    *told = (uint8_t)((*told & CLOSING) | (int)proposal->state);
    describe(proposal, &notice, &text);
    tell(notices, proposal->state, &notice, &text, &new);
    if (new)
        publish_state(notices->governd, proposal);
}

/* Three quarters into a vote, who has not voted is told so. */
static void tell_closing(struct notices *notices, const struct qr_state *state, const struct qr_proposal *proposal)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0}, missing = {0};
    struct notice notice = {.proposal = proposal->id, .deadline = proposal->closes_at, .warning = true};
    char time[QR_TIME_TEXT];
    bool new;
    int64_t left = proposal->closes_at - qr_clock_now();
    uint8_t *told = told_of(notices, proposal->number);
    if (*told & CLOSING || proposal->state != QR_PROPOSAL_VOTING || left < 0 ||
        left > (proposal->closes_at - proposal->opened_at) / 4)
        return;
    *told |= CLOSING;
    list_missing(state, &proposal->id, &missing);
    if (missing.size == 0)
        return;
    qr_buffer_text(&text, "The vote on proposal %" PRIu64 " \"%s\" closes at %s; not voted: %s", proposal->number,
                   proposal->title, qr_time_format(proposal->closes_at, time), qr_buffer_string(&missing));
    tell(notices, MARK_CLOSING, &notice, &text, &new);
}

void notices_changed(struct notices *notices)
{
    const struct qr_state *state = mirror_state(notices->governd->mirror);
    struct qr_proposal proposal;
    for (uint64_t number = 1; qr_proposal_next(state, number, &proposal); number = proposal.number + 1)
        tell_state(notices, &proposal);
}

static void look(void *context)
{
    struct notices *notices = context;
    const struct qr_state *state = mirror_state(notices->governd->mirror);
    struct qr_proposal proposal;
    if (!state)
        return;
    for (uint64_t number = 1; qr_proposal_next(state, number, &proposal); number = proposal.number + 1)
        tell_closing(notices, state, &proposal);
}

void notices_answer(struct notices *notices, const Quorate__NoticesRequest *asked, struct qr_request *request)
{
    struct notice found[ANSWER_MOST];
    Quorate__Notice messages[ANSWER_MOST], *list[ANSWER_MOST];
    Quorate__Notices body = QUORATE__NOTICES__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    struct qr_error error;
    size_t n = 0;
    int rc = 0;
    if (asked->most < 1 || asked->most > ANSWER_MOST)
        rc = qr_fail(&error, QR_ERANGE, "`most` must be 1 to %d", ANSWER_MOST);
    if (rc == 0)
        rc = store_notices(notices->governd->store, asked->after, asked->most, found, &n, &error);
    if (rc < 0) {
        qr_request_refuse(request, &error);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        to_wire(&found[i], &messages[i]);
        list[i] = &messages[i];
    }
    body.notices = list;
    body.n_notices = n;
    reply.body_case = QUORATE__REPLY__BODY_NOTICES;
    reply.notices = &body;
    qr_request_answer(request, &reply);
}

struct notices *notices_new(struct governd *governd)
{
    struct notices *notices = qr_alloc(1, sizeof *notices);
    notices->governd = governd;
    (void)qr_daemon_every(governd->daemon, LOOK_MS, look, notices);
    return notices;
}

void notices_free(struct notices *notices)
{
    if (notices)
        free(notices->told);
    free(notices);
}
