#include "tests/unit/node/validating.h"

/* Several transactions that CometBFT takes for one. */

START_TEST(a_bundle_is_as_good_as_its_parts)
{
    struct qr_error error, results[2];
    now += 1000;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer first = appointment(1), second = appointment(2), forged = appointment(3);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer early = order_at(2), rubbish = {0};
    forged.data[forged.size - 1] ^= 1;
    qr_buffer_text(&rubbish, "rubbish");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer both = bundle_of((const struct qr_buffer *[]){&first, &second}, 2);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer twice = bundle_of((const struct qr_buffer *[]){&first, &first}, 2);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bad = bundle_of((const struct qr_buffer *[]){&first, &forged}, 2);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer cut = bundle_of((const struct qr_buffer *[]){&first, &rubbish}, 2);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer some = bundle_of((const struct qr_buffer *[]){&early, &second, &first}, 3);
    struct qr_span span = span_of(&both);
    ck_assert_int_eq(qr_cometbft_check(validators[0].comet, &span, false, now, &error), 0);
    ck_assert(accepted_by_all(&span, 1));

    span = span_of(&bad);
    unit_fails(qr_cometbft_check(validators[0].comet, &span, false, now, &error), QR_EBAD_SIGNATURE, error);
    ck_assert(!accepted_by_all(&span, 1));
    span = span_of(&cut);
    unit_fails(qr_cometbft_check(validators[0].comet, &span, false, now, &error), QR_EFORMAT, error);
    ck_assert(!accepted_by_all(&span, 1));
    span = span_of(&twice);
    ck_assert(!accepted_by_all(&span, 1));

    const struct qr_buffer *left[] = {&first, &first, &first}, *of[] = {&twice, &bad, &cut};
    for (size_t i = 0; i < 3; i++) { /* an honest proposer cuts out what offends */
        QR_CLEANUP(qr_candidate_done) struct qr_candidate candidate;
        span = span_of(of[i]);
        qr_cometbft_propose(validators[0].comet, now, &span, 1, 1 << 20, now, &candidate);
        ck_assert(candidate.n == 1 && same_bytes(&candidate.bundles[0], left[i]));
    }

    span = span_of(&first);
    decide(&span, 1, results);
    now += 1000;
    span = span_of(&both); /* the first stands, the second may still come */
    ck_assert_int_eq(qr_cometbft_check(validators[0].comet, &span, false, now, &error), 0);
    span = span_of(&some);
    QR_CLEANUP(qr_candidate_done) struct qr_candidate candidate;
    qr_cometbft_propose(validators[0].comet, now, &span, 1, 1 << 20, now, &candidate);
    ck_assert(candidate.n == 1 && same_bytes(&candidate.bundles[0], &second));
    decide(candidate.bundles, 1, results);
    span = span_of(&both);
    unit_fails(qr_cometbft_check(validators[0].comet, &span, false, now, &error), QR_EDUPLICATE, error);
}
END_TEST

START_TEST(what_a_rule_refused_does_not_come_again_in_a_bundle_that_was_cut)
{
    struct qr_error error, results[2];
    now += 1000;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer good = appointment(1), refused = refused_by_a_rule();
    QR_CLEANUP(qr_buffer_done) struct qr_buffer both = bundle_of((const struct qr_buffer *[]){&good, &refused}, 2);
    struct qr_span bundle = span_of(&both), alone = span_of(&good);
    decide(&alone, 1, results);
    now += 1000;
    ck_assert_int_eq(qr_cometbft_check(validators[0].comet, &bundle, true, now, &error), 0);
    QR_CLEANUP(qr_candidate_done) struct qr_candidate candidate;
    qr_cometbft_propose(validators[0].comet, now, &bundle, 1, 1 << 20, now, &candidate);
    ck_assert(candidate.n == 1 && same_bytes(&candidate.bundles[0], &refused));
    decide(candidate.bundles, 1, results);
    ck_assert_int_eq(results[0].code, QR_ENOT_FOUND);
    unit_fails(qr_cometbft_check(validators[0].comet, &bundle, true, now, &error), QR_EDUPLICATE, error);
    struct qr_span sent_again = span_of(&refused); /* by its sender: the rule may see it otherwise by now */
    ck_assert_int_eq(qr_cometbft_check(validators[0].comet, &sent_again, false, now, &error), 0);
}
END_TEST

START_TEST(a_result_tells_whether_anything_of_its_bundle_came_into_the_block)
{
    struct qr_error results[2];
    QR_CLEANUP(qr_buffer_done) struct qr_buffer good = appointment(1), refused = refused_by_a_rule(), again = {0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer both = bundle_of((const struct qr_buffer *[]){&refused, &good}, 2);
    qr_buffer_add(&again, refused.data, refused.size);
    struct qr_span spans[] = {span_of(&both), span_of(&again)};
    now += 1000;
    decide(spans, 2, results);
    ck_assert_int_eq(results[0].code, QR_OK);
    ck_assert_int_eq(results[1].code, QR_ENOT_FOUND);
}
END_TEST

START_TEST(a_node_bundles_what_waits_up_to_a_size)
{
    struct qr_cometbft *comet = validators[0].comet;
    size_t taken = 0, bundles = 0;
    while (sequence_of_orders < 450) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer one = order_at(++sequence_of_orders);
        submit(0, &one);
    }
    qr_cometbft_settle(comet, now);
    for (;;) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bundle = {0};
        size_t n = qr_cometbft_take(comet, now, &bundle);
        struct qr_span span = span_of(&bundle);
        struct qr_error error;
        if (n == 0)
            break;
        ck_assert_uint_le(bundle.size, QR_BUNDLE_BYTES);
        ck_assert_int_eq(qr_cometbft_check(validators[1].comet, &span, false, now, &error), 0);
        taken += n;
        bundles++;
    }
    ck_assert_uint_eq(taken, 450);
    ck_assert_uint_eq(bundles, 2);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_bundle_is_as_good_as_its_parts,
        what_a_rule_refused_does_not_come_again_in_a_bundle_that_was_cut,
        a_result_tells_whether_anything_of_its_bundle_came_into_the_block,
        a_node_bundles_what_waits_up_to_a_size,
    };
    return validating_run("bundle", tests, sizeof tests / sizeof tests[0]);
}
