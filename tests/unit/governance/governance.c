#include "tests/unit/governance/stage.h"

static struct stage *stage;

static void setup(void)
{
    stage = stage_new();
}

static void teardown(void)
{
    stage_free(stage);
}

/* Runs a call that must fail: with that code, changing nothing and emitting nothing. */
#define REFUSES(call, code)                                                                                            \
    do {                                                                                                               \
        struct qr_hash before = qr_state_digest(stage->state), after;                                                  \
        unsigned leaves = stage->leaves;                                                                               \
        ck_assert_int_eq(call, code);                                                                                  \
        after = qr_state_digest(stage->state);                                                                         \
        ck_assert(qr_hash_equal(&before, &after));                                                                     \
        ck_assert_uint_eq(stage->leaves, leaves);                                                                      \
    } while (0)

static enum qr_proposal_state state_of(unsigned id)
{
    return stage_proposal(stage, id).state;
}

START_TEST(a_proposal_goes_from_review_to_execution)
{
    ck_assert_int_eq(stage_propose(stage, "Ada", 1, NULL), 0);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_REVIEW);
    stage_at(stage, 1005000);
    ck_assert_int_eq(stage_report(stage, "Ada", 1, 77), 0);
    struct qr_proposal open = stage_proposal(stage, 1);
    ck_assert_int_eq(open.state, QR_PROPOSAL_VOTING);
    ck_assert_int_eq(open.opened_at, 1005000);
    ck_assert_int_eq(open.closes_at, 1055000);
    ck_assert_int_eq(open.executable_at, 1065000);
    ck_assert_int_eq(open.expires_at, 1095000);
    ck_assert_int_eq(open.total, 7);
    ck_assert_int_eq(stage_cast(stage, "Cyd", 1, QR_CHOICE_YES), 0);
    stage_at(stage, 1055000);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_QUEUED);
    ck_assert_str_eq(stage_proposal(stage, 1).reason, "yes 4 of 4 is more than 1/2; 4 of 7 voted, 4 were needed");
    ck_assert_int_eq(stage->last_outcome.state, QR_PROPOSAL_QUEUED);
    stage_at(stage, 1065000);
    ck_assert_int_eq(stage_execute(stage, 1, NULL), 0);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_EXECUTED);
    ck_assert_int_eq(stage->last_outcome.state, QR_PROPOSAL_EXECUTED);
    ck_assert_uint_eq(stage->executed, 1);
    ck_assert(!qr_governance_next_deadline(stage->state, &(int64_t){0}));
}
END_TEST

START_TEST(what_is_not_admitted_leaves_no_trace)
{
    struct qr_error error;
    stage->admit = QR_ENOT_ADMITTED;
    REFUSES(stage_propose(stage, "Ada", 1, &error), QR_ENOT_ADMITTED);
    ck_assert_str_eq(error.text, "not fit");
    stage->admit = 0;
    REFUSES(stage_propose(stage, "Eve", 1, NULL), QR_ENOT_A_MEMBER);
    struct qr_hash id = stage_hash(1);
    struct qr_propose propose = {.track = "upgrade", .title = ""};
    REFUSES(qr_governance_propose(&stage->governance, "Ada", &id, &propose, NULL), QR_EINPUT);
    memcpy(propose.title, "a\nb", 4);
    REFUSES(qr_governance_propose(&stage->governance, "Ada", &id, &propose, NULL), QR_EINPUT);
    memcpy(propose.title, "good", 5);
    memcpy(propose.track, "other", 6);
    REFUSES(qr_governance_propose(&stage->governance, "Ada", &id, &propose, NULL), QR_ENOT_FOUND);
    ck_assert_int_eq(stage_propose(stage, "Ada", 1, NULL), 0);
    REFUSES(stage_propose(stage, "Bob", 1, NULL), QR_EDUPLICATE);
}
END_TEST

START_TEST(a_member_has_so_many_live_proposals_and_no_more)
{
    stage_rule(stage, "live_proposals", "2");
    ck_assert_int_eq(stage_propose(stage, "Ada", 1, NULL), 0);
    ck_assert_int_eq(stage_propose(stage, "Ada", 2, NULL), 0);
    REFUSES(stage_propose(stage, "Ada", 3, NULL), QR_ELIMIT);
    ck_assert_int_eq(stage_propose(stage, "Bob", 3, NULL), 0);
    stage_at(stage, stage_proposal(stage, 1).review_ends_at);
    ck_assert_int_eq(stage_propose(stage, "Ada", 4, NULL), 0);
    ck_assert_uint_eq(stage_proposal(stage, 4).number, 4);
}
END_TEST

START_TEST(the_vote_opens_when_enough_members_agents_agree)
{
    stage_rule(stage, "reports", "2");
    ck_assert_int_eq(stage_propose(stage, "Ada", 1, NULL), 0);
    ck_assert_int_eq(stage_report(stage, "Ada", 1, 77), 0);
    REFUSES(stage_report(stage, "Ada", 1, 77), QR_EDUPLICATE); /* one member is one report */
    ck_assert_int_eq(stage_report(stage, "Bob", 1, 78), 0);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_REVIEW);
    REFUSES(stage_cast(stage, "Ada", 1, QR_CHOICE_YES), QR_EVOTING_CLOSED);
    ck_assert_int_eq(stage_report(stage, "Cyd", 1, 78), 0);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_VOTING);
    struct qr_hash agreed = stage_hash(78), recorded = stage_proposal(stage, 1).report;
    ck_assert(qr_hash_equal(&agreed, &recorded));
    REFUSES(stage_report(stage, "Ada", 1, 78), QR_EREFUSED);
    ck_assert_uint_eq(stage->reports, 3);
}
END_TEST

START_TEST(a_corrected_report_counts_instead_of_the_first)
{
    stage_rule(stage, "reports", "2");
    ck_assert_int_eq(stage_propose(stage, "Ada", 1, NULL), 0);
    ck_assert_int_eq(stage_report(stage, "Ada", 1, 77), 0);
    ck_assert_int_eq(stage_report(stage, "Ada", 1, 78), 0);
    ck_assert_int_eq(stage_report(stage, "Bob", 1, 77), 0);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_REVIEW);
    ck_assert_int_eq(stage_report(stage, "Bob", 1, 78), 0);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_VOTING);
}
END_TEST

START_TEST(reports_of_strangers_or_of_nothing_are_refused)
{
    ck_assert_int_eq(stage_propose(stage, "Ada", 1, NULL), 0);
    REFUSES(stage_report(stage, "Eve", 1, 77), QR_ENOT_A_MEMBER);
    REFUSES(stage_report(stage, "Ada", 2, 77), QR_ENOT_FOUND);
    struct qr_reported zero = {.proposal = stage_hash(1)};
    REFUSES(qr_governance_report(&stage->governance, "Ada", &(struct qr_public_key){{1}}, &zero, NULL), QR_EINPUT);
}
END_TEST

START_TEST(review_that_takes_too_long_expires)
{
    ck_assert_int_eq(stage_propose(stage, "Ada", 1, NULL), 0);
    stage_at(stage, 1099999);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_REVIEW);
    stage_at(stage, 1100000);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_EXPIRED);
    ck_assert_int_eq(stage->last_outcome.state, QR_PROPOSAL_EXPIRED);
    REFUSES(stage_report(stage, "Ada", 1, 77), QR_EREFUSED);
    REFUSES(stage_execute(stage, 1, NULL), QR_EEXPIRED);
}
END_TEST

static void open_vote(unsigned id)
{
    ck_assert_int_eq(stage_propose(stage, "Ada", id, NULL), 0);
    ck_assert_int_eq(stage_report(stage, "Ada", id, 77), 0);
}

START_TEST(the_last_ballot_counts_and_every_one_is_kept)
{
    open_vote(1);
    ck_assert_int_eq(stage_cast(stage, "Cyd", 1, QR_CHOICE_YES), 0);
    ck_assert_int_eq(stage_cast(stage, "Cyd", 1, QR_CHOICE_NO), 0);
    ck_assert_int_eq(stage_cast(stage, "Cyd", 1, QR_CHOICE_NO), 0);
    ck_assert_int_eq(stage_cast(stage, "Bob", 1, QR_CHOICE_ABSTAIN), 0);
    struct qr_tally tally = stage_proposal(stage, 1).tally, expected = {{0, 4, 2, 0}};
    ck_assert_mem_eq(&tally, &expected, sizeof tally);
    ck_assert_uint_eq(stage->ballots, 4);
    struct qr_ballot ballot = {0};
    struct qr_hash id = stage_hash(1);
    ck_assert(qr_ballot_next(stage->state, &id, ballot.member, &ballot));
    ck_assert_str_eq(ballot.member, "Bob");
    ck_assert(qr_ballot_next(stage->state, &id, ballot.member, &ballot));
    ck_assert_str_eq(ballot.member, "Cyd");
    ck_assert_int_eq(ballot.choice, QR_CHOICE_NO);
    ck_assert(!qr_ballot_next(stage->state, &id, ballot.member, &ballot));
}
END_TEST

START_TEST(a_vote_ends_at_its_time_to_the_millisecond)
{
    open_vote(1);
    int64_t closes = stage_proposal(stage, 1).closes_at;
    stage_at(stage, closes - 1);
    ck_assert_int_eq(stage_cast(stage, "Cyd", 1, QR_CHOICE_YES), 0);
    stage->governance.time = closes;
    REFUSES(stage_cast(stage, "Ada", 1, QR_CHOICE_NO), QR_EVOTING_CLOSED);
    stage_at(stage, closes);
    REFUSES(stage_cast(stage, "Ada", 1, QR_CHOICE_NO), QR_EVOTING_CLOSED);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_QUEUED);
}
END_TEST

START_TEST(a_ballot_is_on_the_report_that_was_recorded)
{
    open_vote(1);
    struct qr_cast cast = {.proposal = stage_hash(1), .choice = QR_CHOICE_YES, .report = stage_hash(78)};
    REFUSES(qr_governance_cast(&stage->governance, "Ada", &cast, NULL), QR_EMISMATCH);
    cast.report = stage_hash(77);
    ck_assert_int_eq(qr_governance_cast(&stage->governance, "Ada", &cast, NULL), 0);
}
END_TEST

START_TEST(a_veto_carries_a_reason)
{
    open_vote(1);
    struct qr_cast cast = {.proposal = stage_hash(1), .choice = QR_CHOICE_VETO, .report = stage_hash(77)};
    REFUSES(qr_governance_cast(&stage->governance, "Cyd", &cast, NULL), QR_EINPUT);
    memcpy(cast.reason, "a\tb", 4);
    REFUSES(qr_governance_cast(&stage->governance, "Cyd", &cast, NULL), QR_EINPUT);
    memcpy(cast.reason, "why", 4);
    ck_assert_int_eq(qr_governance_cast(&stage->governance, "Cyd", &cast, NULL), 0);
    ck_assert_int_eq(stage_cast(stage, "Ada", 1, QR_CHOICE_YES), 0);
    ck_assert_int_eq(stage_cast(stage, "Bob", 1, QR_CHOICE_YES), 0);
    stage_at(stage, stage_proposal(stage, 1).closes_at);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_DEFEATED);
    ck_assert_str_eq(stage->last_outcome.reason, "vetoed with 4 of 7, where 3 suffice");
}
END_TEST

/* Beanstalk 2022, Aragon #338: weights and members are those of the opening, and so is the total that the quorum
 * is a share of. */
START_TEST(weight_that_arrives_after_the_opening_does_not_count)
{
    open_vote(1);
    stage_member(stage, "Ada", 1000);
    stage_member(stage, "Eve", 1000);
    REFUSES(stage_cast(stage, "Eve", 1, QR_CHOICE_YES), QR_ENOT_A_MEMBER);
    ck_assert_int_eq(stage_cast(stage, "Ada", 1, QR_CHOICE_YES), 0);
    ck_assert_int_eq(stage->last_ballot.weight, 1);
    ck_assert_int_eq(stage_cast(stage, "Cyd", 1, QR_CHOICE_YES), 0);
    ck_assert_int_eq(stage_proposal(stage, 1).total, 7);
    stage_at(stage, stage_proposal(stage, 1).closes_at);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_QUEUED);
    open_vote(2);
    ck_assert_int_eq(stage_proposal(stage, 2).total, 2006);
}
END_TEST

/* CVE-2022-31198: a lower quorum revives nothing and changes no vote that is open; terminal means terminal. */
START_TEST(rules_are_frozen_when_the_vote_opens)
{
    open_vote(1);
    open_vote(2);
    struct qr_hash frozen = stage_proposal(stage, 1).rules;
    ck_assert_int_eq(stage_cast(stage, "Bob", 1, QR_CHOICE_YES), 0);
    stage_at(stage, stage_proposal(stage, 1).closes_at);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_DEFEATED);
    open_vote(3);
    stage_rule(stage, "quorum", "1/1000");
    stage_rule(stage, "voting_seconds", "1");
    struct qr_track rules;
    struct qr_proposal third = stage_proposal(stage, 3);
    ck_assert_int_eq(qr_proposal_rules(stage->state, &third, &rules, NULL), 0);
    struct qr_hash hash = qr_track_hash(&rules);
    ck_assert(qr_hash_equal(&hash, &frozen));
    ck_assert_int_eq(stage_cast(stage, "Bob", 3, QR_CHOICE_YES), 0);
    stage_at(stage, third.closes_at);
    ck_assert_int_eq(state_of(3), QR_PROPOSAL_DEFEATED);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_DEFEATED);
    REFUSES(stage_execute(stage, 1, NULL), QR_EREFUSED);
    REFUSES(stage_cast(stage, "Cyd", 1, QR_CHOICE_YES), QR_EVOTING_CLOSED);
}
END_TEST

START_TEST(execution_waits_for_the_timelock_and_ends_with_the_grace)
{
    REFUSES(stage_execute(stage, 1, NULL), QR_ENOT_FOUND);
    open_vote(1);
    REFUSES(stage_execute(stage, 1, NULL), QR_ENOT_DUE);
    stage_queue(stage, 2);
    struct qr_proposal queued = stage_proposal(stage, 2);
    stage_at(stage, queued.executable_at - 1);
    REFUSES(stage_execute(stage, 2, NULL), QR_ENOT_DUE);
    stage_at(stage, queued.expires_at - 1);
    ck_assert_int_eq(stage_execute(stage, 2, NULL), 0);
    REFUSES(stage_execute(stage, 2, NULL), QR_EREFUSED);
    stage_queue(stage, 3);
    stage_at(stage, stage_proposal(stage, 3).expires_at);
    ck_assert_int_eq(state_of(3), QR_PROPOSAL_EXPIRED);
    REFUSES(stage_execute(stage, 3, NULL), QR_EEXPIRED);
    ck_assert_uint_eq(stage->executed, 1);
}
END_TEST

/* A block that comes late closes the vote late, and the timelock is not shorter for it. */
START_TEST(the_timelock_counts_from_the_block_that_closed_the_vote)
{
    open_vote(1);
    ck_assert_int_eq(stage_cast(stage, "Cyd", 1, QR_CHOICE_YES), 0);
    stage_at(stage, stage_proposal(stage, 1).closes_at + 500000);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_QUEUED);
    ck_assert_int_eq(stage_proposal(stage, 1).executable_at, stage->governance.time + 10000);
}
END_TEST

START_TEST(a_failed_execution_is_recorded_and_changes_nothing_else)
{
    struct qr_span value;
    struct qr_error error = {0};
    stage_queue(stage, 1);
    stage_at(stage, stage_proposal(stage, 1).executable_at);
    stage->execute = QR_ENOT_FOUND;
    ck_assert_int_eq(stage_execute(stage, 1, &error), 0);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_FAILED);
    ck_assert_str_eq(stage_proposal(stage, 1).reason, "the model is gone");
    ck_assert_int_eq(stage->last_outcome.state, QR_PROPOSAL_FAILED);
    ck_assert(!qr_state_get(stage->state, "m/a", 3, &value)); /* what the host had put is gone */
    stage->execute = 0;
    REFUSES(stage_execute(stage, 1, NULL), QR_EREFUSED);
}
END_TEST

/* Both were reported against the model that was active; when one has replaced it, the other's report is void. */
START_TEST(of_two_that_race_the_second_fails)
{
    open_vote(1);
    open_vote(2);
    for (unsigned id = 1; id <= 2; id++)
        ck_assert_int_eq(stage_cast(stage, "Cyd", id, QR_CHOICE_YES), 0);
    stage_at(stage, stage_proposal(stage, 1).closes_at);
    stage_at(stage, stage_proposal(stage, 1).executable_at);
    ck_assert_int_eq(stage_execute(stage, 2, NULL), 0);
    ck_assert_int_eq(stage_execute(stage, 1, NULL), 0);
    ck_assert_int_eq(state_of(2), QR_PROPOSAL_EXECUTED);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_FAILED);
    ck_assert_uint_eq(stage->executed, 1);
}
END_TEST

/* ---- validators ---- */

START_TEST(the_vote_on_a_validator_opens_at_once)
{
    stage_validators(stage);
    ck_assert_int_eq(stage_propose_validator(stage, "Ada", 1, NULL), 0);
    struct qr_proposal open = stage_proposal(stage, 1);
    ck_assert_int_eq(open.state, QR_PROPOSAL_VOTING);
    ck_assert_int_eq(open.opened_at, 1000000);
    ck_assert_int_eq(open.closes_at, 1050000);
    ck_assert_int_eq(open.executable_at, 1060000);
    ck_assert_int_eq(open.total, 7);
    ck_assert(qr_hash_is_zero(&open.report) && qr_hash_is_zero(&open.model) && qr_hash_is_zero(&open.against));
    ck_assert_str_eq(open.validator.name, "delta");
    ck_assert_int_eq(open.validator.power, 3);
    REFUSES(stage_report(stage, "Ada", 1, 77), QR_EREFUSED);
    struct qr_cast cast = {.proposal = stage_hash(1), .choice = QR_CHOICE_YES, .report = stage_hash(5)};
    REFUSES(qr_governance_cast(&stage->governance, "Cyd", &cast, NULL), QR_EMISMATCH);
    ck_assert_int_eq(stage_cast(stage, "Bob", 1, QR_CHOICE_YES), 0);
    ck_assert_int_eq(stage_cast(stage, "Cyd", 1, QR_CHOICE_YES), 0);
    stage_at(stage, 1050000);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_QUEUED);
    REFUSES(stage_execute(stage, 1, NULL), QR_ENOT_DUE);
    stage_at(stage, 1060000);
    ck_assert_int_eq(stage_execute(stage, 1, NULL), 0);
    ck_assert_int_eq(state_of(1), QR_PROPOSAL_EXECUTED);
    ck_assert_uint_eq(stage->executed, 1);
    ck_assert_uint_eq(stage->reports, 0);
}
END_TEST

/* A change of validators says nothing about the model, nor the other way round. */
START_TEST(an_upgrade_meanwhile_leaves_a_validator_alone)
{
    stage_validators(stage);
    ck_assert_int_eq(stage_propose_validator(stage, "Ada", 2, NULL), 0);
    stage_queue(stage, 1);
    stage_at(stage, stage_proposal(stage, 1).executable_at);
    ck_assert_int_eq(stage_execute(stage, 1, NULL), 0);
    ck_assert_int_eq(stage_propose_validator(stage, "Ada", 3, NULL), 0);
    ck_assert_int_eq(stage_cast(stage, "Bob", 3, QR_CHOICE_YES), 0);
    ck_assert_int_eq(stage_cast(stage, "Cyd", 3, QR_CHOICE_YES), 0);
    stage->mandate = stage_hash(555);
    stage_at(stage, stage_proposal(stage, 3).closes_at);
    stage_at(stage, stage_proposal(stage, 3).executable_at);
    ck_assert_int_eq(stage_execute(stage, 3, NULL), 0);
    ck_assert_int_eq(state_of(3), QR_PROPOSAL_EXECUTED);
    ck_assert_int_eq(state_of(2), QR_PROPOSAL_DEFEATED); /* nobody voted */
}
END_TEST

START_TEST(a_track_takes_its_own_kind_of_proposal)
{
    struct qr_error error = {0};
    struct qr_hash id = stage_hash(1);
    REFUSES(stage_propose_validator(stage, "Ada", 1, &error), QR_EREFUSED);
    ck_assert_ptr_nonnull(strstr(error.text, "solo"));
    stage_validators(stage);
    struct qr_propose propose = {.track = "validators", .title = "Newer"};
    REFUSES(qr_governance_propose(&stage->governance, "Ada", &id, &propose, NULL), QR_EINPUT);
    struct qr_propose_validator validator = {.track = "upgrade", .title = "More", .validator = {.act = QR_VALIDATOR_ADD}};
    REFUSES(qr_governance_propose_validator(&stage->governance, "Ada", &id, &validator, NULL), QR_EINPUT);
    stage->admit = QR_EDUPLICATE;
    REFUSES(stage_propose_validator(stage, "Ada", 1, NULL), QR_EDUPLICATE);
    stage->admit = 0;
    REFUSES(stage_propose_validator(stage, "Eve", 1, NULL), QR_ENOT_A_MEMBER);
    for (unsigned i = 1; i <= 8; i++)
        ck_assert_int_eq(stage_propose_validator(stage, "Ada", i, NULL), 0);
    REFUSES(stage_propose_validator(stage, "Ada", 9, NULL), QR_ELIMIT);
}
END_TEST

START_TEST(the_next_deadline_is_the_earliest)
{
    int64_t time = 0;
    ck_assert(!qr_governance_next_deadline(stage->state, &time));
    ck_assert_int_eq(stage_propose(stage, "Ada", 1, NULL), 0);
    stage_at(stage, 1001000);
    ck_assert_int_eq(stage_propose(stage, "Ada", 2, NULL), 0);
    ck_assert(qr_governance_next_deadline(stage->state, &time));
    ck_assert_int_eq(time, 1100000);
    ck_assert_int_eq(stage_report(stage, "Ada", 2, 77), 0);
    ck_assert(qr_governance_next_deadline(stage->state, &time));
    ck_assert_int_eq(time, 1051000);
    stage_at(stage, 2000000);
    ck_assert(!qr_governance_next_deadline(stage->state, &time));
}
END_TEST

START_TEST(listing_gives_proposals_in_the_order_they_came)
{
    struct qr_proposal proposal;
    for (unsigned id = 1; id <= 5; id++)
        ck_assert_int_eq(stage_propose(stage, "Bob", 100 - id, NULL), 0);
    for (uint64_t number = 1; number <= 5; number++) {
        struct qr_hash expected = stage_hash((unsigned)(100 - number));
        ck_assert(qr_proposal_next(stage->state, number, &proposal));
        ck_assert_uint_eq(proposal.number, number);
        ck_assert(qr_hash_equal(&proposal.id, &expected));
    }
    ck_assert(!qr_proposal_next(stage->state, 6, &proposal));
    ck_assert_uint_eq(qr_proposal_count(stage->state), 5);
}
END_TEST

/* ---- everything at once, at random ---- */

static struct qr_tally recount(const struct qr_proposal *proposal)
{
    struct qr_tally tally = {0};
    struct qr_ballot ballot = {0};
    while (qr_ballot_next(stage->state, &proposal->id, ballot.member, &ballot)) {
        struct qr_member member = {0};
        bool found = false;
        while (!found && qr_snapshot_next(stage->state, &proposal->id, member.name, &member))
            found = strcmp(member.name, ballot.member) == 0;
        ck_assert(found);
        tally.weight[ballot.choice] += member.weight;
    }
    return tally;
}

static void check_everything(enum qr_proposal_state *last, unsigned n)
{
    int64_t earliest = INT64_MAX, next = INT64_MAX;
    for (unsigned id = 1; id <= n; id++) {
        struct qr_proposal proposal = stage_proposal(stage, id);
        struct qr_tally tally = recount(&proposal);
        ck_assert_mem_eq(&tally, &proposal.tally, sizeof tally);
        ck_assert(!qr_proposal_state_final(last[id]) || proposal.state == last[id]);
        ck_assert_int_eq(qr_proposal_state_final(proposal.state), proposal.ended_at != 0);
        ck_assert_int_eq(qr_proposal_state_final(proposal.state), proposal.ended_height != 0);
        int64_t deadline = qr_proposal_deadline(&proposal);
        if (deadline != 0 && deadline < earliest)
            earliest = deadline;
        last[id] = proposal.state;
    }
    (void)qr_governance_next_deadline(stage->state, &next);
    ck_assert_int_eq(next, earliest);
    ck_assert_int_gt(earliest, stage->governance.time);
}

START_TEST(random_histories_keep_every_invariant)
{
    static const char *const names[] = {"Ada", "Bob", "Cyd", "Eve", "Joe"};
    enum { MOST = 12 };
    uint64_t seed = stage_seed();
    for (int history = 0; history < 40; history++) {
        enum qr_proposal_state last[MOST + 2] = {0};
        unsigned n = 0;
        teardown();
        setup();
        stage_validators(stage);
        stage_rule(stage, "reports", stage_below(&seed, 2) ? "1" : "2");
        for (int step = 0; step < 250; step++) {
            struct qr_hash before = qr_state_digest(stage->state);
            unsigned leaves = stage->leaves, id = 1 + stage_below(&seed, n + 1);
            const char *name = names[stage_below(&seed, 5)];
            int rc = -1;
            switch (stage_below(&seed, 8)) {
            case 0:
                if (n < MOST)
                    rc = (stage_below(&seed, 2) ? stage_propose : stage_propose_validator)(stage, name, n + 1, NULL);
                n += rc == 0;
                break;
            case 1:
                rc = stage_report(stage, name, id, 70 + stage_below(&seed, 2));
                break;
            case 2:
                stage->execute = stage_below(&seed, 4) == 0 ? QR_ENOT_FOUND : 0;
                rc = stage_execute(stage, id, NULL);
                break;
            case 3:
                stage_at(stage, stage->governance.time + stage_below(&seed, 30000));
                rc = 0;
                break;
            case 4:
                stage_member(stage, name, 1 + stage_below(&seed, 9));
                rc = 0;
                break;
            default:
                rc = stage_cast(stage, name, id, (enum qr_choice)stage_below(&seed, QR_CHOICES));
            }
            if (rc < 0) {
                struct qr_hash after = qr_state_digest(stage->state);
                ck_assert(qr_hash_equal(&before, &after));
                ck_assert_uint_eq(leaves, stage->leaves);
            }
            check_everything(last, n);
        }
    }
}
END_TEST

/* The same history gives the same state and the same leaves, whatever was undone in between. */
START_TEST(undone_attempts_leave_no_difference)
{
    struct stage *other = stage_new();
    stage_queue(stage, 1);
    size_t mark = qr_state_mark(other->state);
    stage_queue(other, 5);
    qr_state_rollback(other->state, mark);
    other->governance.height = 1;
    other->governance.time = 1000000;
    stage_queue(other, 1);
    struct qr_hash a = qr_state_digest(stage->state), b = qr_state_digest(other->state);
    ck_assert(qr_hash_equal(&a, &b));
    stage_free(other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("governance/governance");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 60);
    tcase_add_test(all, a_proposal_goes_from_review_to_execution);
    tcase_add_test(all, what_is_not_admitted_leaves_no_trace);
    tcase_add_test(all, a_member_has_so_many_live_proposals_and_no_more);
    tcase_add_test(all, the_vote_opens_when_enough_members_agents_agree);
    tcase_add_test(all, a_corrected_report_counts_instead_of_the_first);
    tcase_add_test(all, reports_of_strangers_or_of_nothing_are_refused);
    tcase_add_test(all, review_that_takes_too_long_expires);
    tcase_add_test(all, the_last_ballot_counts_and_every_one_is_kept);
    tcase_add_test(all, a_vote_ends_at_its_time_to_the_millisecond);
    tcase_add_test(all, a_ballot_is_on_the_report_that_was_recorded);
    tcase_add_test(all, a_veto_carries_a_reason);
    tcase_add_test(all, weight_that_arrives_after_the_opening_does_not_count);
    tcase_add_test(all, rules_are_frozen_when_the_vote_opens);
    tcase_add_test(all, execution_waits_for_the_timelock_and_ends_with_the_grace);
    tcase_add_test(all, the_timelock_counts_from_the_block_that_closed_the_vote);
    tcase_add_test(all, a_failed_execution_is_recorded_and_changes_nothing_else);
    tcase_add_test(all, of_two_that_race_the_second_fails);
    tcase_add_test(all, the_vote_on_a_validator_opens_at_once);
    tcase_add_test(all, an_upgrade_meanwhile_leaves_a_validator_alone);
    tcase_add_test(all, a_track_takes_its_own_kind_of_proposal);
    tcase_add_test(all, the_next_deadline_is_the_earliest);
    tcase_add_test(all, listing_gives_proposals_in_the_order_they_came);
    tcase_add_test(all, random_histories_keep_every_invariant);
    tcase_add_test(all, undone_attempts_leave_no_difference);
    suite_add_tcase(suite, all);
    return stage_run(suite);
}
