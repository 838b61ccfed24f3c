#include "tests/unit/reservations/fixture.h"

/* What waits for the ledger: nothing is forgotten, nothing is cut twice. */

static void make_orders(struct qr_reservations *store, int count)
{
    for (int i = 0; i < count; i++) {
        char key[16];
        struct qr_order order;
        snprintf(key, sizeof key, "order %d", i);
        struct qr_departure departure = departure_of(store, "AI-101", 40, QR_ECONOMY);
        ck_assert_int_eq(book(store, booking_of(new_offer(store, departure), key, "RAO/ASHA"), &order), 0);
    }
}

START_TEST(decisions_stay_until_they_have_a_height)
{
    size_t count;
    struct qr_error error;
    struct qr_outbox_decision decisions[10];
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaves = {0};
    struct fixture fixture = fixture_new();
    make_orders(fixture.store, 5);
    ck_assert_int_eq(qr_outbox_decisions(fixture.store, 0, 3, &leaves, decisions, &count, &error), 0);
    ck_assert_uint_eq(count, 3);
    for (size_t i = 0; i < count; i++) {
        struct qr_hash hash = qr_sha256(decisions[i].leaf.bytes, decisions[i].leaf.size);
        ck_assert(qr_hash_equal(&hash, &decisions[i].decision));
    }
    begin(fixture.store);
    ck_assert_int_eq(qr_outbox_decision_recorded(fixture.store, decisions[1].order, 12, &error), 0);
    commit(fixture.store);
    fixture_reopen(&fixture);
    uint64_t first = decisions[0].order, second = decisions[1].order;
    ck_assert_int_eq(qr_outbox_decisions(fixture.store, 0, 10, &leaves, decisions, &count, &error), 0);
    ck_assert_uint_eq(count, 4);
    ck_assert_uint_eq(decisions[0].order, first);
    ck_assert_int_eq(qr_outbox_decisions(fixture.store, second, 10, &leaves, decisions, &count, &error), 0);
    ck_assert_uint_eq(count, 3);
    fixture_done(&fixture);
}
END_TEST

START_TEST(orders_tell_their_height)
{
    size_t count;
    struct qr_error error;
    struct qr_order orders[2];
    struct fixture fixture = fixture_new();
    make_orders(fixture.store, 1);
    ck_assert_int_eq(qr_order_list(fixture.store, 2, orders, &count, &error), 0);
    ck_assert_uint_eq(orders[0].height, 0);
    begin(fixture.store);
    ck_assert_int_eq(qr_outbox_decision_recorded(fixture.store, orders[0].number, 12, &error), 0);
    ck_assert_int_eq(qr_outbox_decision_recorded(fixture.store, orders[0].number, 12, &error), 0);
    commit(fixture.store);
    ck_assert_int_eq(qr_order_list(fixture.store, 2, orders, &count, &error), 0);
    ck_assert_uint_eq(orders[0].height, 12);
    fixture_done(&fixture);
}
END_TEST

START_TEST(submissions_keep_their_bytes)
{
    size_t count;
    uint64_t sequence;
    struct qr_error error;
    struct qr_outbox_event events[10];
    struct qr_outbox_backlog backlog;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct fixture fixture = fixture_new();
    make_orders(fixture.store, 5);
    ck_assert_int_eq(qr_outbox_submission(fixture.store, 0, &sequence, &bytes, &error), QR_ENOT_FOUND);
    ck_assert_int_eq(qr_outbox_events(fixture.store, 3, events, &count, &error), 0);
    ck_assert_uint_eq(count, 3);
    begin(fixture.store);
    ck_assert_int_eq(qr_outbox_submit(fixture.store, 1, events[2].number, "first", 5, &error), 0);
    commit(fixture.store);
    fixture_reopen(&fixture);
    ck_assert_int_eq(qr_outbox_last_sequence(fixture.store, &sequence, &error), 0);
    ck_assert_uint_eq(sequence, 1);
    ck_assert_int_eq(qr_outbox_events(fixture.store, 10, events, &count, &error), 0);
    ck_assert_uint_eq(count, 2);
    begin(fixture.store);
    ck_assert_int_eq(qr_outbox_submit(fixture.store, 2, events[1].number, "second", 6, &error), 0);
    commit(fixture.store);
    ck_assert_int_eq(qr_outbox_backlog(fixture.store, &backlog, &error), 0);
    ck_assert(backlog.decisions == 5 && backlog.events == 0 && backlog.submissions == 2);
    ck_assert_int_eq(qr_outbox_submission(fixture.store, 0, &sequence, &bytes, &error), 0);
    ck_assert(sequence == 1 && bytes.size == 5 && memcmp(bytes.data, "first", 5) == 0);
    begin(fixture.store);
    ck_assert_int_eq(qr_outbox_submission_recorded(fixture.store, 1, &error), 0);
    commit(fixture.store);
    ck_assert_int_eq(qr_outbox_submission(fixture.store, 0, &sequence, &bytes, &error), 0);
    ck_assert(sequence == 2 && bytes.size == 6);
    make_orders(fixture.store, 0);
    fixture_done(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("outbox");
    TCase *tests = tcase_create("outbox");
    tcase_add_test(tests, decisions_stay_until_they_have_a_height);
    tcase_add_test(tests, orders_tell_their_height);
    tcase_add_test(tests, submissions_keep_their_bytes);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
