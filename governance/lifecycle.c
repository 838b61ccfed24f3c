#include "governance/lifecycle.h"

/* ---- the record of a proposal and the indexes beside it ---- */

static struct qr_entry_key deadline_entry(int64_t deadline, const struct qr_hash *id)
{
    struct qr_entry_key entry = qr_entry_key_number(QR_ENTRY_DEADLINE, (uint64_t)deadline);
    qr_entry_key_add(&entry, id->bytes, sizeof id->bytes);
    return entry;
}

struct qr_entry_key qr_entry_live(const char *proposer)
{
    struct qr_entry_key entry = qr_entry_key_text(QR_ENTRY_LIVE, proposer);
    qr_entry_key_add(&entry, "/", 1);
    return entry;
}

struct qr_entry_key qr_entry_of(enum qr_entry kind, const struct qr_hash *proposal, const char *member)
{
    struct qr_entry_key entry = qr_entry_key_hash(kind, proposal);
    qr_entry_key_add(&entry, member, strlen(member));
    return entry;
}

static void put_live(struct qr_state *state, const struct qr_proposal *proposal)
{
    struct qr_entry_key entry = qr_entry_live(proposal->proposer);
    qr_entry_key_add(&entry, proposal->id.bytes, sizeof proposal->id.bytes);
    if (qr_proposal_state_final(proposal->state))
        qr_entry_delete(state, &entry);
    else
        qr_entry_put_uint(state, &entry, proposal->number);
}

void qr_proposal_put(struct qr_state *state, const struct qr_proposal *proposal)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0};
    struct qr_entry_key entry = qr_entry_key_hash(QR_ENTRY_PROPOSAL, &proposal->id);
    qr_proposal_encode(proposal, &value);
    qr_entry_put(state, &entry, &value);
}

static void move_deadline(struct qr_state *state, const struct qr_hash *id, int64_t from, int64_t to)
{
    struct qr_entry_key old = deadline_entry(from, id), new = deadline_entry(to, id);
    if (from != 0)
        qr_entry_delete(state, &old);
    if (to != 0)
        qr_entry_put_uint(state, &new, 0);
}

void qr_leaf_emit(const struct qr_governance *governance, const struct qr_buffer *leaf)
{
    governance->host->leaf(governance->context, leaf->data, leaf->size);
}

/* An outcome is worth proving when the vote has closed, and whenever a proposal has ended. */
static void emit_outcome(const struct qr_governance *governance, const struct qr_proposal *proposal)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    struct qr_outcome outcome = {
        .proposal = proposal->id,
        .state = proposal->state,
        .tally = proposal->tally,
        .total = proposal->total,
        .rules = proposal->rules,
        .report = proposal->report,
        .height = governance->height,
        .time = governance->time,
    };
    (void)qr_copy_text(outcome.reason, sizeof outcome.reason, proposal->reason);
    qr_outcome_encode(&outcome, &leaf);
    qr_leaf_emit(governance, &leaf);
}

int qr_proposal_advance(const struct qr_governance *governance, struct qr_proposal *proposal, int64_t deadline,
                        enum qr_proposal_event event, struct qr_error *error)
{
    if (!qr_proposal_after(proposal->state, event, &proposal->state))
        return qr_fail(error, QR_EINTERNAL, "proposal %.12s cannot move on from %s that way",
                       qr_hash_text(&proposal->id).text, qr_proposal_state_word(proposal->state));
    bool final = qr_proposal_state_final(proposal->state);
    if (final) {
        proposal->ended_at = governance->time;
        proposal->ended_height = governance->height;
    }
    qr_proposal_put(governance->state, proposal);
    put_live(governance->state, proposal);
    move_deadline(governance->state, &proposal->id, deadline, qr_proposal_deadline(proposal));
    if (final || proposal->state == QR_PROPOSAL_QUEUED)
        emit_outcome(governance, proposal);
    return 0;
}

int qr_after_seconds(int64_t time, int64_t seconds, int64_t *ret_time, struct qr_error *error)
{
    if (time < 0 || __builtin_add_overflow(time, seconds * 1000, ret_time))
        return qr_fail(error, QR_EOVERFLOW, "a deadline lies beyond the end of time");
    return 0;
}

int qr_proposal_schedule(struct qr_proposal *proposal, int64_t base, const struct qr_track *rules,
                         struct qr_error *error)
{
    int rc = qr_after_seconds(base, rules->timelock_seconds, &proposal->executable_at, error);
    return rc < 0 ? rc : qr_after_seconds(proposal->executable_at, rules->grace_seconds, &proposal->expires_at, error);
}

/* ---- what falls due ---- */

/* The timelock counts from the block that closed the vote, so that services have all of it to prepare. */
static int close_vote(const struct qr_governance *governance, struct qr_proposal *proposal, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer reason = {0};
    struct qr_track rules;
    int64_t deadline = qr_proposal_deadline(proposal);
    int rc = qr_proposal_rules(governance->state, proposal, &rules, error);
    if (rc == 0)
        rc = qr_proposal_schedule(proposal, governance->time, &rules, error);
    if (rc < 0)
        return rc;
    qr_tally_explain(&proposal->tally, proposal->total, &rules, &reason);
    (void)qr_copy_text(proposal->reason, sizeof proposal->reason, qr_buffer_string(&reason));
    bool passed = qr_tally_verdict(&proposal->tally, proposal->total, &rules) == QR_VERDICT_PASSED;
    return qr_proposal_advance(governance, proposal, deadline, passed ? QR_EVENT_VOTE_PASSED : QR_EVENT_VOTE_LOST,
                               error);
}

static int expire(const struct qr_governance *governance, struct qr_proposal *proposal, enum qr_proposal_event event,
                  const char *reason, struct qr_error *error)
{
    (void)qr_copy_text(proposal->reason, sizeof proposal->reason, reason);
    return qr_proposal_advance(governance, proposal, qr_proposal_deadline(proposal), event, error);
}

static int fall_due(const struct qr_governance *governance, const struct qr_hash *id, struct qr_error *error)
{
    struct qr_proposal proposal;
    int rc = qr_proposal_get(governance->state, id, &proposal, error);
    if (rc < 0)
        return rc;
    switch (proposal.state) {
    case QR_PROPOSAL_REVIEW:
        return expire(governance, &proposal, QR_EVENT_REVIEW_OVERDUE,
                      "too few agents recorded the same impact report in time", error);
    case QR_PROPOSAL_VOTING:
        return close_vote(governance, &proposal, error);
    case QR_PROPOSAL_QUEUED:
        return expire(governance, &proposal, QR_EVENT_GRACE_OVER, "it was not executed in time", error);
    case QR_PROPOSAL_DRAFT:
    case QR_PROPOSAL_CONFIRMING:
    case QR_PROPOSAL_EXECUTED:
    case QR_PROPOSAL_DEFEATED:
    case QR_PROPOSAL_EXPIRED:
    case QR_PROPOSAL_WITHDRAWN:
    case QR_PROPOSAL_FAILED:
    case QR_PROPOSAL_STATES:
        break;
    }
    return qr_fail(error, QR_ECORRUPT, "proposal %.12s waits for a deadline that %s has not", qr_hash_text(id).text,
                   qr_proposal_state_word(proposal.state));
}

/* The first in the queue of deadlines; false when it is empty. */
static bool first_deadline(const struct qr_state *state, int64_t *ret_time, struct qr_hash *ret_id)
{
    struct qr_entry_key prefix = qr_entry_key(QR_ENTRY_DEADLINE);
    struct qr_span rest, value;
    if (!qr_entry_next(state, &prefix, NULL, 0, &rest, &value) || rest.size != 8 + sizeof ret_id->bytes)
        return false;
    *ret_time = (int64_t)qr_entry_number(rest.bytes);
    memcpy(ret_id->bytes, (const uint8_t *)rest.bytes + 8, sizeof ret_id->bytes);
    return true;
}

int qr_governance_due(const struct qr_governance *governance, struct qr_error *error)
{
    int64_t time;
    struct qr_hash id;
    while (first_deadline(governance->state, &time, &id) && time <= governance->time) {
        int rc = fall_due(governance, &id, error);
        if (rc < 0)
            return rc;
    }
    return 0;
}

bool qr_governance_next_deadline(const struct qr_state *state, int64_t *ret_time)
{
    struct qr_hash id;
    return first_deadline(state, ret_time, &id);
}
