#include "tests/unit/services/sample_home.h"

#include <check.h>
#include <sqlite3.h>

#include "common/clock.h"
#include "common/file.h"
#include "node/actions.h"

/* governd beside a real ledgerd: what it promises to people, and that no crash of it loses or doubles anything. */

enum { WAIT_MS = 30000 };

static struct sample_home *home;

static void start(const char *voting, const char *timelock, const char *grace)
{
    const char *const settings[] = {"upgrade.voting_seconds",
                                    voting,
                                    "upgrade.timelock_seconds",
                                    timelock,
                                    "upgrade.grace_seconds",
                                    grace,
                                    "upgrade.review_seconds",
                                    "30",
                                    NULL};
    home = sample_home_new(settings);
    sample_home_start(home, QR_SERVICE_LEDGER);
    sample_home_start(home, QR_SERVICE_GOVERNANCE);
    sample_home_publish(home, 0, qr_model_bytes(home->second));
}

static void teardown(void)
{
    sample_home_free(home);
}

static struct qr_hash propose(unsigned member)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_hash id;
    qr_propose_encode(&(struct qr_propose){"upgrade", "Second model", *qr_model_hash(home->second), home->baseline},
                      &payload);
    ck_assert_int_eq(sample_home_submit(home, member, QR_ACTION_PROPOSE, &payload, &id), 0);
    return id;
}

static Quorate__Reply *proposal_of(const struct qr_hash *id)
{
    Quorate__ProposalRequest body = QUORATE__PROPOSAL_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    body.id = qr_wire_bytes(id->bytes, 6);
    request.body_case = QUORATE__REQUEST__BODY_PROPOSAL;
    request.proposal = &body;
    return sample_home_ask(home, QR_SERVICE_GOVERNANCE, &request);
}

static void await(const struct qr_hash *id, const char *state)
{
    int64_t last = qr_clock_now() + WAIT_MS;
    for (;;) {
        QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = proposal_of(id);
        if (strcmp(reply->proposal->state, state) == 0)
            return;
        ck_assert_msg(qr_clock_now() < last, "the proposal is %s, not %s: %s", reply->proposal->state, state,
                      reply->proposal->reason);
        (void)usleep(10000);
    }
}

/* The same, while there is no governd to ask. */
static void await_on_ledger(const struct qr_hash *id, enum qr_proposal_state state)
{
    int64_t last = qr_clock_now() + WAIT_MS;
    struct qr_proposal proposal = {0};
    while (proposal.state != state) {
        Quorate__LedgerStateRequest body = QUORATE__LEDGER_STATE_REQUEST__INIT;
        Quorate__Request request = QUORATE__REQUEST__INIT;
        body.prefix = qr_wire_bytes("g/p/", 4);
        body.most = 1;
        request.body_case = QUORATE__REQUEST__BODY_LEDGER_STATE;
        request.ledger_state = &body;
        QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = sample_home_ask(home, QR_SERVICE_LEDGER, &request);
        ck_assert_uint_eq(reply->ledger_state->n_entries, 1);
        ProtobufCBinaryData record = reply->ledger_state->entries[0]->value;
        ck_assert_int_eq(qr_proposal_decode(id, record.data, record.len, &proposal, NULL), 0);
        ck_assert(qr_clock_now() < last);
        (void)usleep(20000);
    }
}

static int cast(unsigned member, const struct qr_hash *id, enum qr_choice choice)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = proposal_of(id);
    struct qr_hash transaction;
    struct qr_cast ballot = {.proposal = *id, .choice = choice, .reason = "because"};
    if (reply->proposal->report.len > 0)
        ck_assert_int_eq(qr_hash_from_wire(reply->proposal->report, "report", &ballot.report, NULL), 0);
    qr_cast_encode(&ballot, &payload);
    return sample_home_submit(home, member, QR_ACTION_BALLOT, &payload, &transaction);
}

static void all_vote_yes(const struct qr_hash *id)
{
    for (unsigned i = 0; i < SAMPLE_MEMBERS; i++)
        ck_assert_int_eq(cast(i, id, QR_CHOICE_YES), 0);
}

static int execute(const struct qr_hash *id)
{
    Quorate__ExecuteRequest body = QUORATE__EXECUTE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    body.proposal = qr_wire_hash(id);
    request.body_case = QUORATE__REQUEST__BODY_EXECUTE;
    request.execute = &body;
    return qr_client_call(home->client, QR_SERVICE_GOVERNANCE, &request, 20000, &reply, NULL);
}

/* Whether the active mandate names this proposal. */
static bool active(const struct qr_hash *id)
{
    Quorate__LedgerMandateRequest body = QUORATE__LEDGER_MANDATE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_MANDATE;
    request.ledger_mandate = &body;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = sample_home_ask(home, QR_SERVICE_LEDGER, &request);
    ProtobufCBinaryData proposal = reply->ledger_mandate->proposal;
    return proposal.len == sizeof id->bytes && memcmp(proposal.data, id->bytes, sizeof id->bytes) == 0;
}

/* The report that governd gives is the recorded one, and its bytes are what the hash says. */
static void check_report(const struct qr_hash *id)
{
    Quorate__ReportRequest report = QUORATE__REPORT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    report.proposal = qr_wire_hash(id);
    request.body_case = QUORATE__REQUEST__BODY_REPORT;
    request.report = &report;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *read = sample_home_ask(home, QR_SERVICE_GOVERNANCE, &request);
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *shown = proposal_of(id);
    struct qr_hash hash = qr_tagged_hash(QR_DOMAIN_REPORT, read->report->report.data, read->report->report.len);
    ck_assert_uint_eq(shown->proposal->report.len, QR_HASH_SIZE);
    ck_assert_mem_eq(read->report->hash.data, shown->proposal->report.data, QR_HASH_SIZE);
    ck_assert_mem_eq(read->report->hash.data, hash.bytes, QR_HASH_SIZE);
}

START_TEST(an_upgrade_goes_by_itself_from_proposal_to_execution)
{
    start("2", "1", "60");
    struct qr_hash id = propose(2);
    await(&id, "voting");
    all_vote_yes(&id);
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = proposal_of(&id);
    ck_assert_uint_eq(reply->proposal->tally->yes, 3); /* what was just cast is seen */
    ck_assert_uint_eq(reply->proposal->n_ballots, 3);
    ck_assert_uint_eq(reply->proposal->n_missing, 0);
    ck_assert_uint_eq(reply->proposal->quorum, 2);
    ck_assert_int_eq(execute(&id), QR_ENOT_DUE);
    await(&id, "executed");
    ck_assert(active(&id));
    ck_assert_int_eq(execute(&id), QR_EREFUSED);
}
END_TEST

START_TEST(members_and_reports_can_be_read)
{
    start("60", "1", "60");
    Quorate__MembersRequest members = QUORATE__MEMBERS_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_MEMBERS;
    request.members = &members;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *listed = sample_home_ask(home, QR_SERVICE_GOVERNANCE, &request);
    ck_assert_uint_eq(listed->members->n_members, SAMPLE_MEMBERS);
    ck_assert_str_eq(listed->members->members[1]->name, "Indigo");
    struct qr_hash id = propose(0);
    await(&id, "voting");
    check_report(&id);
}
END_TEST

START_TEST(a_veto_and_a_majority_against_defeat)
{
    start("2", "1", "60");
    struct qr_hash vetoed = propose(0), outvoted = propose(1), ignored = propose(2);
    await(&vetoed, "voting");
    await(&outvoted, "voting");
    await(&ignored, "voting");
    ck_assert_int_eq(cast(0, &vetoed, QR_CHOICE_VETO), 0);
    ck_assert_int_eq(cast(1, &vetoed, QR_CHOICE_YES), 0);
    ck_assert_int_eq(cast(2, &vetoed, QR_CHOICE_YES), 0);
    ck_assert_int_eq(cast(0, &outvoted, QR_CHOICE_YES), 0);
    ck_assert_int_eq(cast(0, &outvoted, QR_CHOICE_NO), 0);
    ck_assert_int_eq(cast(1, &outvoted, QR_CHOICE_YES), 0);
    await(&vetoed, "defeated");
    await(&outvoted, "defeated");
    await(&ignored, "defeated");
    ck_assert_int_eq(cast(1, &vetoed, QR_CHOICE_YES), QR_EVOTING_CLOSED);
    ck_assert_int_eq(execute(&vetoed), QR_EREFUSED);
}
END_TEST

START_TEST(of_two_that_race_one_is_executed_and_one_fails)
{
    start("2", "1", "60");
    struct qr_hash one = propose(0), two = propose(1);
    await(&one, "voting");
    await(&two, "voting");
    all_vote_yes(&one);
    all_vote_yes(&two);
    await(&one, "executed");
    await(&two, "failed");
    ck_assert(active(&one));
}
END_TEST

/* Without governd nothing is executed, and the grace ends. */
START_TEST(what_nobody_executes_expires)
{
    start("2", "1", "1");
    struct qr_hash id = propose(0);
    await(&id, "voting");
    all_vote_yes(&id);
    sample_home_kill(home, QR_SERVICE_GOVERNANCE, SIGKILL);
    await_on_ledger(&id, QR_PROPOSAL_EXPIRED);
    sample_home_start(home, QR_SERVICE_GOVERNANCE);
    await(&id, "expired");
    ck_assert_int_eq(execute(&id), QR_EEXPIRED);
    ck_assert(!active(&id));
}
END_TEST

/* Killed after each step, and at random in between, it takes up where the ledger stands. */
START_TEST(kill_minus_nine_at_every_step_changes_nothing)
{
    start("6", "2", "60");
    struct qr_hash id = propose(0);
    for (int i = 0; i < 5; i++) { /* somewhere in fetching, computing, storing, recording */
        sample_home_kill(home, QR_SERVICE_GOVERNANCE, SIGKILL);
        sample_home_start(home, QR_SERVICE_GOVERNANCE);
        (void)usleep((useconds_t)(i * 20000));
    }
    await(&id, "voting");
    sample_home_kill(home, QR_SERVICE_GOVERNANCE, SIGKILL);
    sample_home_start(home, QR_SERVICE_GOVERNANCE);
    all_vote_yes(&id);
    sample_home_kill(home, QR_SERVICE_LEDGER, SIGKILL);
    sample_home_start(home, QR_SERVICE_LEDGER);
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *kept = proposal_of(&id);
    ck_assert_uint_eq(kept->proposal->tally->yes, 3);
    await(&id, "queued");
    for (int i = 0; i < 5; i++) {
        sample_home_kill(home, QR_SERVICE_GOVERNANCE, SIGKILL);
        sample_home_start(home, QR_SERVICE_GOVERNANCE);
        (void)usleep((useconds_t)(i * 60000));
    }
    await(&id, "executed");
    ck_assert(active(&id));
}
END_TEST

/* governd.db is a cache: it can go, and what is damaged in it is made again. */
START_TEST(its_database_can_be_deleted_and_damaged)
{
    start("60", "1", "60");
    struct qr_hash id = propose(0);
    await(&id, "voting");
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home->path, "governd.db");
    sample_home_kill(home, QR_SERVICE_GOVERNANCE, SIGTERM);
    ck_assert_int_eq(unlink(path), 0);
    sample_home_start(home, QR_SERVICE_GOVERNANCE);
    check_report(&id);
    sample_home_kill(home, QR_SERVICE_GOVERNANCE, SIGTERM);
    sqlite3 *database;
    ck_assert_int_eq(sqlite3_open(path, &database), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(database, "UPDATE report SET bytes = x'00'", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_changes(database), 1);
    sqlite3_close(database);
    sample_home_start(home, QR_SERVICE_GOVERNANCE);
    check_report(&id);
}
END_TEST

START_TEST(notices_tell_each_thing_once)
{
    start("2", "1", "60");
    struct qr_hash id = propose(2);
    await(&id, "voting");
    all_vote_yes(&id);
    await(&id, "executed");
    sample_home_kill(home, QR_SERVICE_GOVERNANCE, SIGKILL);
    sample_home_start(home, QR_SERVICE_GOVERNANCE);
    await(&id, "executed");
    Quorate__NoticesRequest notices = QUORATE__NOTICES_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    notices.most = 100;
    request.body_case = QUORATE__REQUEST__BODY_NOTICES;
    request.notices = &notices;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = sample_home_ask(home, QR_SERVICE_GOVERNANCE, &request);
    unsigned executed = 0;
    for (size_t i = 0; i < reply->notices->n_notices; i++)
        executed += strstr(reply->notices->notices[i]->text, "was executed") != NULL;
    ck_assert_uint_eq(executed, 1);
    ck_assert_uint_ge(reply->notices->n_notices, 3);
}
END_TEST

START_TEST(rubbish_is_answered_with_a_sentence)
{
    start("60", "1", "60");
    const struct {
        const char *bytes;
        size_t size;
        int code;
    } rows[] = {{"ab", 2, QR_EINPUT}, {"abc", 3, QR_ENOT_FOUND}, {"0123456789abcdef0123456789abcdef0", 33, QR_EINPUT}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        Quorate__ProposalRequest body = QUORATE__PROPOSAL_REQUEST__INIT;
        Quorate__Request request = QUORATE__REQUEST__INIT;
        Quorate__Reply *reply = NULL;
        struct qr_error error = {0};
        body.id = qr_wire_bytes(rows[i].bytes, rows[i].size);
        request.body_case = QUORATE__REQUEST__BODY_PROPOSAL;
        request.proposal = &body;
        ck_assert_int_eq(qr_client_call(home->client, QR_SERVICE_GOVERNANCE, &request, 5000, &reply, &error),
                         rows[i].code);
        ck_assert_uint_gt(strlen(error.text), 0);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("services/governd");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, NULL, teardown);
    tcase_set_timeout(all, 120);
    tcase_add_test(all, an_upgrade_goes_by_itself_from_proposal_to_execution);
    tcase_add_test(all, members_and_reports_can_be_read);
    tcase_add_test(all, a_veto_and_a_majority_against_defeat);
    tcase_add_test(all, of_two_that_race_one_is_executed_and_one_fails);
    tcase_add_test(all, what_nobody_executes_expires);
    tcase_add_test(all, kill_minus_nine_at_every_step_changes_nothing);
    tcase_add_test(all, its_database_can_be_deleted_and_damaged);
    tcase_add_test(all, notices_tell_each_thing_once);
    tcase_add_test(all, rubbish_is_answered_with_a_sentence);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
