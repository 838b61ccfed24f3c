#include "tests/unit/governance/stage.h"

static struct qr_track rules_of(struct qr_ratio quorum, struct qr_ratio threshold, struct qr_ratio veto)
{
    struct qr_track rules;
    qr_track_upgrade(&rules);
    rules.quorum = quorum;
    rules.threshold = threshold;
    rules.veto = veto;
    return rules;
}

static struct qr_tally tally_of(int64_t yes, int64_t no, int64_t abstain, int64_t veto)
{
    return (struct qr_tally){{yes, no, abstain, veto}};
}

START_TEST(quorum_is_reached_at_equality)
{
    struct qr_track rules = rules_of((struct qr_ratio){1, 2}, (struct qr_ratio){1, 2}, (struct qr_ratio){1, 1});
    struct qr_tally just = tally_of(3, 0, 2, 0), short_of = tally_of(3, 0, 1, 0);
    ck_assert_int_eq(qr_tally_verdict(&just, 10, &rules), QR_VERDICT_PASSED);
    ck_assert_int_eq(qr_tally_verdict(&short_of, 10, &rules), QR_VERDICT_NO_QUORUM);
    ck_assert_int_eq(qr_tally_verdict(&just, 11, &rules), QR_VERDICT_NO_QUORUM);
}
END_TEST

START_TEST(threshold_must_be_exceeded)
{
    struct qr_track rules = rules_of((struct qr_ratio){1, 10}, (struct qr_ratio){2, 3}, (struct qr_ratio){1, 1});
    struct qr_tally equal = tally_of(20, 10, 50, 0), above = tally_of(21, 10, 50, 0), tie = tally_of(1, 1, 0, 0);
    ck_assert_int_eq(qr_tally_verdict(&equal, 100, &rules), QR_VERDICT_OUTVOTED);
    ck_assert_int_eq(qr_tally_verdict(&above, 100, &rules), QR_VERDICT_PASSED);
    rules.threshold = (struct qr_ratio){1, 2};
    ck_assert_int_eq(qr_tally_verdict(&tie, 2, &rules), QR_VERDICT_OUTVOTED);
}
END_TEST

START_TEST(abstaining_counts_for_the_quorum_alone)
{
    struct qr_track rules = rules_of((struct qr_ratio){1, 2}, (struct qr_ratio){1, 2}, (struct qr_ratio){1, 1});
    struct qr_tally one_yes = tally_of(1, 0, 99, 0), nobody = tally_of(0, 0, 100, 0);
    ck_assert_int_eq(qr_tally_verdict(&one_yes, 100, &rules), QR_VERDICT_PASSED);
    ck_assert_int_eq(qr_tally_verdict(&nobody, 100, &rules), QR_VERDICT_OUTVOTED);
}
END_TEST

START_TEST(veto_stops_at_equality_and_else_counts_as_no)
{
    struct qr_track rules = rules_of((struct qr_ratio){1, 2}, (struct qr_ratio){1, 2}, (struct qr_ratio){1, 3});
    struct qr_tally stopped = tally_of(20, 0, 0, 10), below = tally_of(21, 0, 0, 9), outvoted = tally_of(9, 0, 12, 9);
    ck_assert_int_eq(qr_tally_verdict(&stopped, 30, &rules), QR_VERDICT_VETOED);
    ck_assert_int_eq(qr_tally_verdict(&below, 30, &rules), QR_VERDICT_PASSED);
    ck_assert_int_eq(qr_tally_verdict(&outvoted, 30, &rules), QR_VERDICT_OUTVOTED);
}
END_TEST

START_TEST(no_members_decide_nothing)
{
    struct qr_track rules = rules_of((struct qr_ratio){1, 2}, (struct qr_ratio){1, 2}, (struct qr_ratio){1, 3});
    struct qr_tally none = {0};
    ck_assert_int_eq(qr_tally_verdict(&none, 0, &rules), QR_VERDICT_NO_QUORUM);
}
END_TEST

/* The largest weights and ratios that the bounds allow: a product of 70 bits. */
START_TEST(the_largest_numbers_compare_exactly)
{
    const int64_t total = QR_MEMBER_WEIGHT_MAX * QR_MEMBERS_MAX, den = QR_TRACK_RATIO_MAX;
    struct qr_track rules =
        rules_of((struct qr_ratio){den - 1, den}, (struct qr_ratio){den - 1, den}, (struct qr_ratio){1, 1});
    int64_t need = qr_tally_quorum_need(total, &rules);
    struct qr_tally just = tally_of(need, 0, 0, 0), short_of = tally_of(need - 1, 0, 0, 0);
    ck_assert_int_eq(qr_tally_verdict(&just, total, &rules), QR_VERDICT_PASSED);
    ck_assert_int_eq(qr_tally_verdict(&short_of, total, &rules), QR_VERDICT_NO_QUORUM);
    /* With all of the weight cast, yes must be more than total - total / den, rounded down. */
    int64_t line = total - total / den - (total % den != 0);
    struct qr_tally on_line = tally_of(line, total - line, 0, 0), above = tally_of(line + 1, total - line - 1, 0, 0);
    ck_assert_int_eq(qr_tally_verdict(&on_line, total, &rules), QR_VERDICT_OUTVOTED);
    ck_assert_int_eq(qr_tally_verdict(&above, total, &rules), QR_VERDICT_PASSED);
}
END_TEST

START_TEST(sums_beyond_the_bounds_are_refused)
{
    struct qr_tally tally = tally_of(INT64_MAX - 5, 0, 0, 0);
    ck_assert(qr_tally_add(&tally, QR_CHOICE_NO, 5));
    ck_assert(!qr_tally_add(&tally, QR_CHOICE_VETO, 1));
    ck_assert(!qr_tally_add(&tally, QR_CHOICE_VETO, -1));
    ck_assert(!qr_tally_remove(&tally, QR_CHOICE_NO, 6));
    ck_assert_int_eq(qr_tally_cast(&tally), INT64_MAX);
    ck_assert_int_eq(tally.weight[QR_CHOICE_VETO], 0);
}
END_TEST

/* What is needed is what decides: the least number for which the verdict turns, found by trying them all. */
START_TEST(needs_are_where_the_verdict_turns)
{
    uint64_t seed = stage_seed();
    for (int round = 0; round < 500; round++) {
        int64_t den = 1 + stage_below(&seed, 40), total = 1 + stage_below(&seed, 60), yes = 0;
        struct qr_track rules = rules_of((struct qr_ratio){1 + stage_below(&seed, (unsigned)den), den},
                                         (struct qr_ratio){20 + stage_below(&seed, 20), 40},
                                         (struct qr_ratio){1 + stage_below(&seed, (unsigned)den), den});
        struct qr_tally tally = {0};
        while (qr_tally_verdict(&tally, total, &rules) == QR_VERDICT_NO_QUORUM)
            tally.weight[QR_CHOICE_ABSTAIN]++;
        ck_assert_int_eq(tally.weight[QR_CHOICE_ABSTAIN], qr_tally_quorum_need(total, &rules));
        tally = (struct qr_tally){0};
        while (qr_tally_verdict(&tally, total, &rules) != QR_VERDICT_VETOED)
            tally.weight[QR_CHOICE_VETO]++;
        ck_assert_int_eq(tally.weight[QR_CHOICE_VETO], qr_tally_veto_need(total, &rules));
        do
            tally = tally_of(yes, total - yes, 0, 0);
        while (qr_tally_verdict(&tally, total, &rules) != QR_VERDICT_PASSED && yes++ < total);
        ck_assert_int_eq(yes, qr_tally_yes_need(&tally, &rules));
    }
}
END_TEST

/* Members cast and recast at random; the incremental tally equals a recount of everyone's last ballot. */
START_TEST(a_tally_equals_a_recount)
{
    enum { MEMBERS = 20 };
    uint64_t seed = stage_seed();
    int64_t weight[MEMBERS];
    int last[MEMBERS];
    struct qr_tally tally = {0};
    for (int i = 0; i < MEMBERS; i++) {
        weight[i] = 1 + (int64_t)(stage_random(&seed) % (uint64_t)QR_MEMBER_WEIGHT_MAX);
        last[i] = -1;
    }
    for (int step = 0; step < 5000; step++) {
        unsigned who = stage_below(&seed, MEMBERS);
        if (last[who] >= 0)
            ck_assert(qr_tally_remove(&tally, (enum qr_choice)last[who], weight[who]));
        last[who] = (int)stage_below(&seed, QR_CHOICES);
        ck_assert(qr_tally_add(&tally, (enum qr_choice)last[who], weight[who]));
        struct qr_tally recount = {0};
        for (int i = 0; i < MEMBERS; i++)
            if (last[i] >= 0)
                recount.weight[last[i]] += weight[i];
        ck_assert_mem_eq(&tally, &recount, sizeof tally);
    }
}
END_TEST

START_TEST(outcomes_are_explained_with_their_arithmetic)
{
    struct qr_track rules = rules_of((struct qr_ratio){1, 2}, (struct qr_ratio){1, 2}, (struct qr_ratio){1, 3});
    const struct {
        struct qr_tally tally;
        const char *text;
    } rows[] = {
        {{{51, 18, 6, 0}}, "yes 51 of 69 is more than 1/2; 75 of 100 voted, 50 were needed"},
        {{{30, 30, 6, 0}}, "yes 30 of 60 is not more than 1/2"},
        {{{30, 10, 6, 0}}, "no quorum: 46 of 100 voted, 50 were needed"},
        {{{60, 0, 6, 34}}, "vetoed with 34 of 100, where 34 suffice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
        qr_tally_explain(&rows[i].tally, 100, &rules, &text);
        ck_assert_str_eq(qr_buffer_string(&text), rows[i].text);
    }
}
END_TEST

START_TEST(choices_have_words)
{
    enum qr_choice choice;
    for (unsigned i = 0; i < QR_CHOICES; i++) {
        ck_assert(qr_choice_from_word(qr_choice_word((enum qr_choice)i), &choice));
        ck_assert_uint_eq(choice, i);
    }
    ck_assert(!qr_choice_from_word("maybe", &choice));
    ck_assert(!qr_choice_from_word("", &choice));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("governance/tally");
    TCase *all = tcase_create("all");
    tcase_add_test(all, quorum_is_reached_at_equality);
    tcase_add_test(all, threshold_must_be_exceeded);
    tcase_add_test(all, abstaining_counts_for_the_quorum_alone);
    tcase_add_test(all, veto_stops_at_equality_and_else_counts_as_no);
    tcase_add_test(all, no_members_decide_nothing);
    tcase_add_test(all, the_largest_numbers_compare_exactly);
    tcase_add_test(all, sums_beyond_the_bounds_are_refused);
    tcase_add_test(all, needs_are_where_the_verdict_turns);
    tcase_add_test(all, a_tally_equals_a_recount);
    tcase_add_test(all, outcomes_are_explained_with_their_arithmetic);
    tcase_add_test(all, choices_have_words);
    suite_add_tcase(suite, all);
    return stage_run(suite);
}
