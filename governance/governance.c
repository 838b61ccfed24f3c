#include "governance/governance.h"

#include "common/clock.h"
#include "governance/entries.h"
#include "governance/lifecycle.h"

/* ---- the opening of the vote ---- */

static int64_t put_snapshot(struct qr_state *state, const struct qr_hash *proposal)
{
    struct qr_member member = {0};
    int64_t total = 0;
    while (qr_member_next(state, member.name, &member)) {
        struct qr_entry_key entry = qr_entry_of(QR_ENTRY_WEIGHT, proposal, member.name);
        qr_entry_put_uint(state, &entry, (uint64_t)member.weight);
        total += member.weight;
    }
    return total;
}

/* Members, weights, total and rules are copied together, so that nothing that changes later reaches this vote. */
static int open_vote(const struct qr_governance *governance, struct qr_proposal *proposal, const struct qr_track *rules,
                     enum qr_proposal_event event, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer copy = {0};
    int64_t deadline = qr_proposal_deadline(proposal);
    struct qr_entry_key entry = qr_entry_key_hash(QR_ENTRY_RULES, &proposal->id);
    qr_track_encode(rules, &copy);
    qr_entry_put(governance->state, &entry, &copy);
    proposal->rules = qr_track_hash(rules);
    proposal->total = put_snapshot(governance->state, &proposal->id);
    proposal->opened_at = governance->time;
    return qr_proposal_advance(governance, proposal, deadline, event, error);
}

/* When a vote that opens now closes, and what follows from that. */
static int set_times(const struct qr_governance *governance, struct qr_proposal *proposal, const struct qr_track *rules,
                     struct qr_error *error)
{
    int rc = qr_after_seconds(governance->time, rules->voting_seconds, &proposal->closes_at, error);
    return rc < 0 ? rc : qr_proposal_schedule(proposal, proposal->closes_at, rules, error);
}

/* ---- propose ---- */

static int check_live(const struct qr_governance *governance, const char *member, const struct qr_track *rules,
                      struct qr_error *error)
{
    struct qr_entry_key prefix = qr_entry_live(member);
    struct qr_span id = {0}, value;
    int64_t n = 0;
    while (qr_entry_next(governance->state, &prefix, id.bytes, id.size, &id, &value))
        n++;
    if (n < rules->live_proposals)
        return 0;
    qr_fail(error, QR_ELIMIT, "%s has %" PRId64 " undecided proposals, the most a member may have", member, n);
    (void)qr_hint(error, "wait until one of them is decided");
    return QR_ELIMIT;
}

static int check_title(const char *title, struct qr_error *error)
{
    if (title[0] == 0)
        return qr_fail(error, QR_EINPUT, "a proposal needs a title");
    if (!qr_line_valid(title))
        return qr_fail(error, QR_EINPUT, "the title must be one line of text without control characters");
    return 0;
}

static void put_number(struct qr_state *state, const struct qr_proposal *proposal)
{
    struct qr_entry_key number = qr_entry_key_number(QR_ENTRY_NUMBER, proposal->number);
    struct qr_entry_key count = qr_entry_key(QR_ENTRY_COUNT);
    qr_entry_put_hash(state, &number, &proposal->id);
    qr_entry_put_uint(state, &count, proposal->number);
}

static int check_propose(const struct qr_governance *governance, const struct qr_proposal *proposal,
                         struct qr_track *ret_rules, struct qr_error *error)
{
    struct qr_proposal other;
    struct qr_member proposer;
    int rc = check_title(proposal->title, error);
    if (rc == 0)
        rc = qr_member_by_name(governance->state, proposal->proposer, &proposer, error);
    if (rc == 0)
        rc = qr_track_get(governance->state, proposal->track, ret_rules, error);
    if (rc == 0)
        rc = check_live(governance, proposal->proposer, ret_rules, error);
    if (rc == 0 && qr_proposal_get(governance->state, &proposal->id, &other, NULL) == 0)
        rc = qr_fail(error, QR_EDUPLICATE, "there is a proposal %.12s already", qr_hash_text(&proposal->id).text);
    return rc;
}

/* What the rules ask to be reported is reviewed first; else the vote is open. */
static int start(const struct qr_governance *governance, struct qr_proposal *proposal, const struct qr_track *rules,
                 struct qr_error *error)
{
    int rc;
    if (rules->reports == 0) {
        rc = set_times(governance, proposal, rules, error);
        return rc < 0 ? rc : open_vote(governance, proposal, rules, QR_EVENT_ADMITTED_TO_VOTE, error);
    }
    rc = qr_after_seconds(governance->time, rules->review_seconds, &proposal->review_ends_at, error);
    return rc < 0 ? rc : qr_proposal_advance(governance, proposal, 0, QR_EVENT_ADMITTED, error);
}

/* The caller has set what it would change, its track, its title, its proposer and its id. */
static int propose_it(const struct qr_governance *governance, struct qr_proposal *proposal, struct qr_error *error)
{
    struct qr_track rules;
    int rc = check_propose(governance, proposal, &rules, error);
    if (rc < 0)
        return rc;
    proposal->number = qr_proposal_count(governance->state) + 1;
    proposal->state = QR_PROPOSAL_DRAFT;
    proposal->height = governance->height;
    proposal->proposed_at = governance->time;
    rc = governance->host->admit(governance->context, proposal, &rules, error);
    if (rc == 0)
        rc = start(governance, proposal, &rules, error);
    if (rc == 0)
        put_number(governance->state, proposal);
    return rc;
}

int qr_governance_propose(const struct qr_governance *governance, const char *member, const struct qr_hash *id,
                          const struct qr_propose *propose, struct qr_error *error)
{
    struct qr_proposal proposal = {
        .id = *id,
        .model = propose->model,
        .baseline = propose->baseline,
        .against = governance->host->mandate(governance->context),
    };
    if (qr_track_subject(propose->track) != QR_SUBJECT_UPGRADE)
        return qr_fail(error, QR_EINPUT, "a proposal on track %s does not name a model", propose->track);
    (void)qr_copy_text(proposal.track, sizeof proposal.track, propose->track);
    (void)qr_copy_text(proposal.title, sizeof proposal.title, propose->title);
    (void)qr_copy_text(proposal.proposer, sizeof proposal.proposer, member);
    return propose_it(governance, &proposal, error);
}

int qr_governance_propose_validator(const struct qr_governance *governance, const char *member, const struct qr_hash *id,
                                    const struct qr_propose_validator *propose, struct qr_error *error)
{
    struct qr_proposal proposal = {.id = *id, .validator = propose->validator};
    struct qr_track rules;
    if (qr_track_subject(propose->track) != QR_SUBJECT_VALIDATOR)
        return qr_fail(error, QR_EINPUT, "a proposal on track %s does not name a validator", propose->track);
    if (qr_track_get(governance->state, propose->track, &rules, NULL) == QR_ENOT_FOUND) {
        qr_fail(error, QR_EREFUSED, "this ledger has no validators to vote on: its engine is solo");
        (void)qr_hint(error, "a ledger that several organisations run is made by `quorate init --engine cometbft`");
        return QR_EREFUSED;
    }
    (void)qr_copy_text(proposal.track, sizeof proposal.track, propose->track);
    (void)qr_copy_text(proposal.title, sizeof proposal.title, propose->title);
    (void)qr_copy_text(proposal.proposer, sizeof proposal.proposer, member);
    return propose_it(governance, &proposal, error);
}

/* ---- report ---- */

static bool known_report(const struct qr_state *state, const struct qr_entry_key *entry, const struct qr_hash *report)
{
    struct qr_span value;
    struct qr_report_record old;
    return qr_entry_get(state, entry, &value) && qr_report_record_decode(value.bytes, value.size, &old, NULL) == 0 &&
           qr_hash_equal(&old.report, report);
}

static int64_t count_reports(const struct qr_state *state, const struct qr_hash *proposal, const struct qr_hash *report)
{
    struct qr_report_record record = {0};
    int64_t n = 0;
    while (qr_report_record_next(state, proposal, record.member, &record))
        n += qr_hash_equal(&record.report, report);
    return n;
}

static int check_report(const struct qr_governance *governance, const struct qr_proposal *proposal, const char *member,
                        const struct qr_hash *report, struct qr_error *error)
{
    struct qr_member reporter;
    struct qr_entry_key entry = qr_entry_of(QR_ENTRY_REPORT, &proposal->id, member);
    if (proposal->state != QR_PROPOSAL_REVIEW || governance->time >= proposal->review_ends_at)
        return qr_fail(error, QR_EREFUSED, "proposal %.12s is not in review any more",
                       qr_hash_text(&proposal->id).text);
    if (qr_hash_is_zero(report))
        return qr_fail(error, QR_EINPUT, "a report of hash zero stands for no report");
    if (known_report(governance->state, &entry, report))
        return qr_fail(error, QR_EDUPLICATE, "the agent of %s has recorded this report already", member);
    return qr_member_by_name(governance->state, member, &reporter, error);
}

static void put_report(const struct qr_governance *governance, const char *member, const struct qr_public_key *agent,
                       const struct qr_reported *reported)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    struct qr_entry_key entry = qr_entry_of(QR_ENTRY_REPORT, &reported->proposal, member);
    struct qr_report_record record = {
        .proposal = reported->proposal,
        .agent = *agent,
        .report = reported->report,
        .height = governance->height,
        .time = governance->time,
    };
    (void)qr_copy_text(record.member, sizeof record.member, member);
    qr_report_record_encode(&record, &leaf);
    qr_entry_put(governance->state, &entry, &leaf);
    qr_leaf_emit(governance, &leaf);
}

int qr_governance_report(const struct qr_governance *governance, const char *member, const struct qr_public_key *agent,
                         const struct qr_reported *reported, struct qr_error *error)
{
    struct qr_proposal proposal;
    struct qr_track rules;
    int rc = qr_proposal_get(governance->state, &reported->proposal, &proposal, error);
    if (rc == 0)
        rc = check_report(governance, &proposal, member, &reported->report, error);
    if (rc == 0)
        rc = qr_proposal_rules(governance->state, &proposal, &rules, error);
    if (rc == 0)
        rc = set_times(governance, &proposal, &rules, error);
    if (rc < 0)
        return rc;
    put_report(governance, member, agent, reported);
    if (count_reports(governance->state, &proposal.id, &reported->report) < rules.reports)
        return 0;
    proposal.report = reported->report;
    return open_vote(governance, &proposal, &rules, QR_EVENT_REPORTS_AGREE, error);
}

/* ---- ballots ---- */

static int check_open(const struct qr_governance *governance, const struct qr_proposal *proposal,
                      struct qr_error *error)
{
    char text[QR_TIME_TEXT];
    if (proposal->state == QR_PROPOSAL_REVIEW)
        return qr_fail(error, QR_EVOTING_CLOSED,
                       "the vote on proposal %.12s has not opened: its impact report is in the making",
                       qr_hash_text(&proposal->id).text);
    if (proposal->state != QR_PROPOSAL_VOTING || governance->time >= proposal->closes_at)
        return qr_fail(error, QR_EVOTING_CLOSED, "the vote on proposal %.12s closed at %s; it is %s",
                       qr_hash_text(&proposal->id).text, qr_time_format(proposal->closes_at, text),
                       qr_proposal_state_word(proposal->state));
    return 0;
}

static int check_cast(const struct qr_proposal *proposal, const struct qr_cast *cast, struct qr_error *error)
{
    if (!qr_hash_equal(&cast->report, &proposal->report)) {
        qr_fail(error, QR_EMISMATCH, "the ballot names report %.12s, but the vote is on report %.12s",
                qr_hash_text(&cast->report).text, qr_hash_text(&proposal->report).text);
        (void)qr_hint(error, "read `quorate proposal report` and vote again");
        return QR_EMISMATCH;
    }
    if (!qr_line_valid(cast->reason))
        return qr_fail(error, QR_EINPUT, "the reason must be one line of text without control characters");
    if (cast->choice == QR_CHOICE_VETO && cast->reason[0] == 0) {
        qr_fail(error, QR_EINPUT, "a veto needs a reason");
        (void)qr_hint(error, "add --reason TEXT");
        return QR_EINPUT;
    }
    return 0;
}

static int snapshot_weight(const struct qr_state *state, const struct qr_hash *proposal, const char *member,
                           int64_t *ret_weight, struct qr_error *error)
{
    struct qr_span value;
    struct qr_entry_key entry = qr_entry_of(QR_ENTRY_WEIGHT, proposal, member);
    if (!qr_entry_get(state, &entry, &value))
        return qr_fail(error, QR_ENOT_A_MEMBER, "%s was no member when the vote on proposal %.12s opened", member,
                       qr_hash_text(proposal).text);
    struct qr_reader in = qr_reader_of(value.bytes, value.size);
    *ret_weight = qr_get_amount(&in);
    return 0;
}

/* The member's ballot so far, if there is one, is taken back from the tally. */
static bool take_back(struct qr_proposal *proposal, const struct qr_state *state, const struct qr_entry_key *entry)
{
    struct qr_span value;
    struct qr_ballot old;
    if (!qr_entry_get(state, entry, &value))
        return true;
    return qr_ballot_decode(value.bytes, value.size, &old, NULL) == 0 &&
           qr_tally_remove(&proposal->tally, old.choice, old.weight);
}

static void put_ballot(const struct qr_governance *governance, const struct qr_entry_key *entry, const char *member,
                       const struct qr_cast *cast, int64_t weight)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    struct qr_ballot ballot = {
        .proposal = cast->proposal,
        .choice = cast->choice,
        .weight = weight,
        .report = cast->report,
        .height = governance->height,
        .time = governance->time,
    };
    (void)qr_copy_text(ballot.member, sizeof ballot.member, member);
    (void)qr_copy_text(ballot.reason, sizeof ballot.reason, cast->reason);
    qr_ballot_encode(&ballot, &leaf);
    qr_entry_put(governance->state, entry, &leaf);
    qr_leaf_emit(governance, &leaf);
}

int qr_governance_cast(const struct qr_governance *governance, const char *member, const struct qr_cast *cast,
                       struct qr_error *error)
{
    struct qr_proposal proposal;
    struct qr_member voter;
    int64_t weight = 0;
    int rc = qr_proposal_get(governance->state, &cast->proposal, &proposal, error);
    if (rc == 0)
        rc = qr_member_by_name(governance->state, member, &voter, error);
    if (rc == 0)
        rc = check_open(governance, &proposal, error);
    if (rc == 0)
        rc = snapshot_weight(governance->state, &proposal.id, member, &weight, error);
    if (rc == 0)
        rc = check_cast(&proposal, cast, error);
    if (rc < 0)
        return rc;
    struct qr_entry_key entry = qr_entry_of(QR_ENTRY_BALLOT, &proposal.id, member);
    if (!take_back(&proposal, governance->state, &entry) || !qr_tally_add(&proposal.tally, cast->choice, weight))
        return qr_fail(error, QR_EOVERFLOW, "the tally of proposal %.12s does not add up",
                       qr_hash_text(&proposal.id).text);
    qr_proposal_put(governance->state, &proposal);
    put_ballot(governance, &entry, member, cast, weight);
    return 0;
}

/* ---- execution ---- */

static int check_due(const struct qr_governance *governance, const struct qr_proposal *proposal, struct qr_error *error)
{
    char text[QR_TIME_TEXT];
    struct qr_hash_text id = qr_hash_text(&proposal->id);
    switch (proposal->state) {
    case QR_PROPOSAL_QUEUED:
        if (governance->time < proposal->executable_at)
            return qr_fail(error, QR_ENOT_DUE, "proposal %.12s can be executed from %s", id.text,
                           qr_time_format(proposal->executable_at, text));
        if (governance->time >= proposal->expires_at)
            return qr_fail(error, QR_EEXPIRED, "proposal %.12s expired at %s", id.text,
                           qr_time_format(proposal->expires_at, text));
        return 0;
    case QR_PROPOSAL_VOTING:
        return qr_fail(error, QR_ENOT_DUE, "proposal %.12s is being voted on until %s", id.text,
                       qr_time_format(proposal->closes_at, text));
    case QR_PROPOSAL_DRAFT:
    case QR_PROPOSAL_REVIEW:
    case QR_PROPOSAL_CONFIRMING:
        return qr_fail(error, QR_ENOT_DUE, "proposal %.12s is in %s", id.text, qr_proposal_state_word(proposal->state));
    case QR_PROPOSAL_EXPIRED:
        return qr_fail(error, QR_EEXPIRED, "proposal %.12s expired at %s", id.text,
                       qr_time_format(proposal->ended_at, text));
    case QR_PROPOSAL_EXECUTED:
    case QR_PROPOSAL_DEFEATED:
    case QR_PROPOSAL_WITHDRAWN:
    case QR_PROPOSAL_FAILED:
    case QR_PROPOSAL_STATES:
        break;
    }
    return qr_fail(error, QR_EREFUSED, "proposal %.12s was %s at %s", id.text, qr_proposal_state_word(proposal->state),
                   qr_time_format(proposal->ended_at, text));
}

/* A model was voted in against the one that was active then; if another took its place, the report that members
 * voted on says nothing about this change. */
static int check_mandate(const struct qr_governance *governance, const struct qr_proposal *proposal,
                         struct qr_error *error)
{
    struct qr_hash active = governance->host->mandate(governance->context);
    if (qr_track_subject(proposal->track) != QR_SUBJECT_UPGRADE || qr_hash_equal(&active, &proposal->against))
        return 0;
    return qr_fail(error, QR_EREFUSED, "mandate %.12s, which this proposal would have replaced, is no longer active",
                   qr_hash_text(&proposal->against).text);
}

/* All or nothing: on failure the state is as before. */
static int carry_out(const struct qr_governance *governance, const struct qr_proposal *proposal, struct qr_error *error)
{
    size_t mark = qr_state_mark(governance->state);
    int rc = check_mandate(governance, proposal, error);
    if (rc == 0)
        rc = governance->host->execute(governance->context, proposal, error);
    if (rc < 0)
        qr_state_rollback(governance->state, mark);
    return rc;
}

int qr_governance_execute(const struct qr_governance *governance, const struct qr_execute *execute,
                          struct qr_error *error)
{
    struct qr_proposal proposal;
    struct qr_error failure = {0};
    int rc = qr_proposal_get(governance->state, &execute->proposal, &proposal, error);
    if (rc == 0)
        rc = check_due(governance, &proposal, error);
    if (rc < 0)
        return rc;
    int64_t deadline = qr_proposal_deadline(&proposal);
    if (carry_out(governance, &proposal, &failure) == 0)
        return qr_proposal_advance(governance, &proposal, deadline, QR_EVENT_EXECUTED, error);
    (void)qr_copy_text(proposal.reason, sizeof proposal.reason, failure.text);
    return qr_proposal_advance(governance, &proposal, deadline, QR_EVENT_EXECUTION_FAILED, error);
}
