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
    /*               admitted (to vote) agree overdue passed lost executed failed grace over */
    /* draft */ {R, V, o, o, o, o, o, o, o},
    /* review */ {o, o, V, E, o, o, o, o, o},
    /* voting */ {o, o, o, o, Q, L, o, o, o},
    /* confirming */ {o, o, o, o, o, o, o, o, o},
    /* queued */ {o, o, o, o, o, o, X, F, E},
    /* executed */ {o, o, o, o, o, o, o, o, o},
    /* defeated */ {o, o, o, o, o, o, o, o, o},
    /* expired */ {o, o, o, o, o, o, o, o, o},
    /* withdrawn */ {o, o, o, o, o, o, o, o, o},
    /* failed */ {o, o, o, o, o, o, o, o, o},
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

static struct qr_public_key random_key(uint64_t *seed)
{
    struct qr_public_key key;
    struct qr_hash bytes = stage_hash(stage_below(seed, 1000));
    memcpy(key.bytes, bytes.bytes, sizeof key.bytes);
    return key;
}

static struct qr_validator_proposed random_validator(uint64_t *seed)
{
    bool adds = stage_below(seed, 2);
    struct qr_validator_proposed proposed = {
        .act = adds ? QR_VALIDATOR_ADD : QR_VALIDATOR_REMOVE, .name = "delta", .key = random_key(seed), .member = "Indigo"};
    if (adds) {
        proposed.power = (int64_t)(stage_random(seed) >> 1);
        proposed.node_key = random_key(seed);
    }
    return proposed;
}

static struct qr_proposal random_proposal(uint64_t *seed)
{
    struct qr_proposal proposal = {
        .id = stage_hash(stage_below(seed, 1000)),
        .number = stage_random(seed),
        .title = "Ein größeres Modell",
        .proposer = "Air_India",
        .state = (enum qr_proposal_state)stage_below(seed, QR_PROPOSAL_STATES),
        .height = stage_random(seed),
        .report = stage_hash(stage_below(seed, 1000)),
        .total = (int64_t)(stage_random(seed) >> 1),
        .reason = "no quorum: 46 of 100 voted, 50 were needed",
    };
    bool upgrade = stage_below(seed, 2);
    (void)qr_copy_text(proposal.track, sizeof proposal.track, upgrade ? "upgrade" : "validators");
    if (upgrade) {
        proposal.model = stage_hash(stage_below(seed, 1000));
        proposal.baseline = stage_hash(stage_below(seed, 1000));
        proposal.against = stage_hash(stage_below(seed, 1000));
    } else {
        proposal.validator = random_validator(seed);
    }
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

/* Ledgers hold such records: their bytes stay. */
START_TEST(an_upgrade_is_recorded_as_ever)
{
    static const char hex[] =
        "0107757067726164650541676169"
        "6e03416461"
        "0100000000000000000000000000000000000000000000000000000000000000"
        "0200000000000000000000000000000000000000000000000000000000000000"
        "0300000000000000000000000000000000000000000000000000000000000000"
        "02070801020304050009"
        "0400000000000000000000000000000000000000000000000000000000000000"
        "0500000000000000000000000000000000000000000000000000000000000000"
        "060302010002776f";
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    char text[2 * 256 + 1];
    struct qr_proposal proposal = {
        .number = 1, .track = "upgrade", .title = "Again", .proposer = "Ada", .model = {{1}}, .baseline = {{2}},
        .against = {{3}}, .state = QR_PROPOSAL_VOTING, .height = 7, .proposed_at = 8, .review_ends_at = 1,
        .opened_at = 2, .closes_at = 3, .executable_at = 4, .expires_at = 5, .ended_at = 0, .ended_height = 9,
        .rules = {{4}}, .report = {{5}}, .total = 6, .tally = {{3, 2, 1, 0}}, .reason = "wo"};
    qr_proposal_encode(&proposal, &bytes);
    ck_assert_uint_le(bytes.size, 256);
    qr_hex(bytes.data, bytes.size, text);
    ck_assert_str_eq(text, hex);
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
    struct qr_propose_validator validator = {.track = "validators", .title = "One less"}, validator_back;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer validator_bytes = {0};
    uint64_t seed = 3;
    for (int round = 0; round < 50; round++) {
        validator.validator = random_validator(&seed);
        qr_buffer_clear(&validator_bytes);
        qr_propose_validator_encode(&validator, &validator_bytes);
        ck_assert_int_eq(qr_propose_validator_decode(validator_bytes.data, validator_bytes.size, &validator_back, NULL), 0);
        qr_buffer_clear(&again);
        qr_propose_validator_encode(&validator_back, &again);
        ck_assert(again.size == validator_bytes.size && memcmp(again.data, validator_bytes.data, again.size) == 0);
    }
    cast_bytes.data[32] = QR_CHOICES;
    ck_assert_int_eq(qr_cast_decode(cast_bytes.data, cast_bytes.size, &cast_back, NULL), QR_EFORMAT);
    ballot_bytes.data[3] = '2';
    ck_assert_int_eq(qr_ballot_decode(ballot_bytes.data, ballot_bytes.size, &ballot_back, NULL), QR_EFORMAT);
}
END_TEST

/* What a removal does not say has one way to be left out. */
START_TEST(a_removal_gives_neither_power_nor_node_key)
{
    struct qr_propose_validator propose = {
        .track = "validators", .title = "Less", .validator = {.act = QR_VALIDATOR_REMOVE, .name = "a", .member = "A"}};
    struct qr_propose_validator back;
    const struct {
        uint8_t act;
        int64_t power;
        uint8_t node_key;
        int code;
    } rows[] = {
        {QR_VALIDATOR_REMOVE, 0, 0, 0},          {QR_VALIDATOR_REMOVE, 1, 0, QR_EFORMAT},
        {QR_VALIDATOR_REMOVE, 0, 1, QR_EFORMAT}, {QR_VALIDATOR_ADD, 1, 1, 0},
        {0, 0, 0, QR_EFORMAT},                   {3, 0, 0, QR_EFORMAT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        propose.validator.act = (enum qr_validator_act)rows[i].act;
        propose.validator.power = rows[i].power;
        propose.validator.node_key.bytes[0] = rows[i].node_key;
        qr_propose_validator_encode(&propose, &bytes);
        ck_assert_int_eq(qr_propose_validator_decode(bytes.data, bytes.size, &back, NULL), rows[i].code);
    }
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
    tcase_add_test(all, an_upgrade_is_recorded_as_ever);
    tcase_add_test(all, a_removal_gives_neither_power_nor_node_key);
    tcase_add_test(all, a_line_has_no_control_characters);
    suite_add_tcase(suite, all);
    return stage_run(suite);
}
