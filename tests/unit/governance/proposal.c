#include "tests/unit/governance/stage.h"

enum {
    D = QR_PROPOSAL_DRAFT,
    R = QR_PROPOSAL_REVIEW,
    V = QR_PROPOSAL_VOTING,
    Q = QR_PROPOSAL_QUEUED,
    X = QR_PROPOSAL_EXECUTED,
    L = QR_PROPOSAL_DEFEATED,
    E = QR_PROPOSAL_EXPIRED,
    F = QR_PROPOSAL_FAILED,
    o = -1
};

/* Where each event leads from each state; o: it cannot happen there. Rows are states, in the order of their numbers. */
static const int expected[QR_PROPOSAL_STATES][QR_PROPOSAL_EVENTS] = {
    /*               admitted agree overdue passed lost executed failed grace over */
    /* draft */ {R, o, o, o, o, o, o, o},
    /* review */ {o, V, E, o, o, o, o, o},
    /* voting */ {o, o, o, Q, L, o, o, o},
    /* confirming */ {o, o, o, o, o, o, o, o},
    /* queued */ {o, o, o, o, o, X, F, E},
    /* executed */ {o, o, o, o, o, o, o, o},
    /* defeated */ {o, o, o, o, o, o, o, o},
    /* expired */ {o, o, o, o, o, o, o, o},
    /* withdrawn */ {o, o, o, o, o, o, o, o},
    /* failed */ {o, o, o, o, o, o, o, o},
};

START_TEST(only_the_transitions_of_the_table_exist)
{
    for (unsigned state = 0; state < QR_PROPOSAL_STATES; state++) {
        bool leads_on = false;
        for (unsigned event = 0; event < QR_PROPOSAL_EVENTS; event++) {
            enum qr_proposal_state to = QR_PROPOSAL_STATES;
            bool can = qr_proposal_after((enum qr_proposal_state)state, (enum qr_proposal_event)event, &to);
            ck_assert_int_eq(can ? (int)to : o, expected[state][event]);
            ck_assert(can || to == QR_PROPOSAL_STATES);
            leads_on = leads_on || can;
        }
        ck_assert_int_eq(qr_proposal_state_final((enum qr_proposal_state)state), !leads_on);
    }
}
END_TEST

START_TEST(states_have_the_words_of_the_interface)
{
    const char *const words[] = {"draft",    "review",   "voting",  "confirming", "queued",
                                 "executed", "defeated", "expired", "withdrawn",  "failed"};
    for (unsigned i = 0; i < QR_PROPOSAL_STATES; i++) {
        enum qr_proposal_state state;
        ck_assert_str_eq(qr_proposal_state_word((enum qr_proposal_state)i), words[i]);
        ck_assert(qr_proposal_state_from_word(words[i], &state));
        ck_assert_uint_eq(state, i);
    }
}
END_TEST

static struct qr_proposal random_proposal(uint64_t *seed)
{
    struct qr_proposal proposal = {
        .id = stage_hash(stage_below(seed, 1000)),
        .number = stage_random(seed),
        .track = "upgrade",
        .title = "Ein größeres Modell",
        .proposer = "Air_India",
        .model = stage_hash(stage_below(seed, 1000)),
        .baseline = stage_hash(stage_below(seed, 1000)),
        .against = stage_hash(stage_below(seed, 1000)),
        .state = (enum qr_proposal_state)stage_below(seed, QR_PROPOSAL_STATES),
        .height = stage_random(seed),
        .report = stage_hash(stage_below(seed, 1000)),
        .total = (int64_t)(stage_random(seed) >> 1),
        .reason = "no quorum: 46 of 100 voted, 50 were needed",
    };
    int64_t *const times[] = {&proposal.proposed_at, &proposal.review_ends_at, &proposal.opened_at,
                              &proposal.closes_at,   &proposal.executable_at,  &proposal.expires_at,
                              &proposal.ended_at};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        *times[i] = (int64_t)(stage_random(seed) >> (1 + stage_below(seed, 63)));
    for (unsigned i = 0; i < QR_CHOICES; i++)
        proposal.tally.weight[i] = (int64_t)(stage_random(seed) >> 3);
    return proposal;
}

START_TEST(records_come_back_as_they_were)
{
    uint64_t seed = stage_seed();
    for (int round = 0; round < 200; round++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0}, again = {0};
        struct qr_proposal proposal = random_proposal(&seed), decoded;
        qr_proposal_encode(&proposal, &bytes);
        ck_assert_int_eq(qr_proposal_decode(&proposal.id, bytes.data, bytes.size, &decoded, NULL), 0);
        qr_proposal_encode(&decoded, &again);
        ck_assert_uint_eq(bytes.size, again.size);
        ck_assert_mem_eq(bytes.data, again.data, bytes.size);
        ck_assert_str_eq(decoded.title, proposal.title);
        ck_assert_int_eq(decoded.expires_at, proposal.expires_at);
        ck_assert_mem_eq(&decoded.tally, &proposal.tally, sizeof proposal.tally);
        for (size_t size = 0; size < bytes.size; size++)
            ck_assert_int_eq(qr_proposal_decode(&proposal.id, bytes.data, size, &decoded, NULL), QR_EFORMAT);
    }
}
END_TEST

START_TEST(a_tally_that_overflows_is_no_record)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    uint64_t seed = 1;
    struct qr_proposal proposal = random_proposal(&seed), decoded;
    proposal.tally = (struct qr_tally){{INT64_MAX, 1, 0, 0}};
    qr_proposal_encode(&proposal, &bytes);
    ck_assert_int_eq(qr_proposal_decode(&proposal.id, bytes.data, bytes.size, &decoded, NULL), QR_EFORMAT);
}
END_TEST

/* Compared as bytes: the padding of a struct is free to differ. */
START_TEST(leaves_and_payloads_come_back_as_they_were)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer again = {0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer ballot_bytes = {0}, propose_bytes = {0}, cast_bytes = {0};
    struct qr_ballot ballot = {.proposal = stage_hash(1),
                               .member = "Indigo",
                               .choice = QR_CHOICE_VETO,
                               .weight = 5,
                               .report = stage_hash(2),
                               .height = 7,
                               .time = 9,
                               .reason = "über alles"};
    struct qr_ballot ballot_back;
    struct qr_propose propose = {"upgrade", "A title", stage_hash(3), stage_hash(4)}, propose_back;
    struct qr_cast cast = {stage_hash(5), QR_CHOICE_NO, stage_hash(6), "why not"}, cast_back;
    qr_ballot_encode(&ballot, &ballot_bytes);
    ck_assert_int_eq(qr_ballot_decode(ballot_bytes.data, ballot_bytes.size, &ballot_back, NULL), 0);
    qr_ballot_encode(&ballot_back, &again);
    ck_assert(again.size == ballot_bytes.size && memcmp(again.data, ballot_bytes.data, again.size) == 0);
    qr_propose_encode(&propose, &propose_bytes);
    ck_assert_int_eq(qr_propose_decode(propose_bytes.data, propose_bytes.size, &propose_back, NULL), 0);
    ck_assert_mem_eq(&propose, &propose_back, sizeof propose);
    qr_cast_encode(&cast, &cast_bytes);
    ck_assert_int_eq(qr_cast_decode(cast_bytes.data, cast_bytes.size, &cast_back, NULL), 0);
    qr_buffer_clear(&again);
    qr_cast_encode(&cast_back, &again);
    ck_assert(again.size == cast_bytes.size && memcmp(again.data, cast_bytes.data, again.size) == 0);
    cast_bytes.data[32] = QR_CHOICES;
    ck_assert_int_eq(qr_cast_decode(cast_bytes.data, cast_bytes.size, &cast_back, NULL), QR_EFORMAT);
    ballot_bytes.data[3] = '2';
    ck_assert_int_eq(qr_ballot_decode(ballot_bytes.data, ballot_bytes.size, &ballot_back, NULL), QR_EFORMAT);
}
END_TEST

START_TEST(a_line_has_no_control_characters)
{
    ck_assert(qr_line_valid(""));
    ck_assert(qr_line_valid("Übergröße, naïve 模型"));
    ck_assert(!qr_line_valid("two\nlines"));
    ck_assert(!qr_line_valid("\x1b[31mred"));
    ck_assert(!qr_line_valid("\x7f"));
    ck_assert(!qr_line_valid("\xc2\x9b"
                             "31m")); /* CSI as one character */
    ck_assert(!qr_line_valid("\xff"));
    ck_assert(!qr_line_valid("\xc2"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("governance/proposal");
    TCase *all = tcase_create("all");
    tcase_add_test(all, only_the_transitions_of_the_table_exist);
    tcase_add_test(all, states_have_the_words_of_the_interface);
    tcase_add_test(all, records_come_back_as_they_were);
    tcase_add_test(all, a_tally_that_overflows_is_no_record);
    tcase_add_test(all, leaves_and_payloads_come_back_as_they_were);
    tcase_add_test(all, a_line_has_no_control_characters);
    suite_add_tcase(suite, all);
    return stage_run(suite);
}
