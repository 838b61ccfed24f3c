#include "tests/unit/reservations/fixture.h"

#include "reservations/misses.h"

/* Offers, orders, their keys, cancellation, and the passenger's data. */

static struct qr_departure some_departure(struct qr_reservations *store)
{
    return departure_of(store, "AI-101", 40, QR_ECONOMY);
}

START_TEST(books_an_offer)
{
    struct qr_order order;
    struct qr_error error;
    struct fixture fixture = fixture_new();
    struct qr_departure departure = some_departure(fixture.store);
    int left = seats_left(fixture.store, departure);
    struct qr_offer_id offer = new_offer(fixture.store, departure);
    ck_assert_int_eq(book(fixture.store, booking_of(offer, "key 1", " RAO / ASHA "), &order), 0);
    ck_assert(!order.replayed);
    ck_assert_int_eq(order.fare.minor, 610400);
    ck_assert_str_eq(order.currency, "INR");
    ck_assert_uint_eq(strlen(order.locator), 6);
    ck_assert_uint_eq(strspn(order.locator, "23456789ABCDEFGHJKMNPQRSTUVWXYZ"), 6);
    ck_assert_int_eq(seats_left(fixture.store, departure), left - 1);

    fixture_reopen(&fixture);
    struct qr_order shown;
    struct qr_order_question question = {.locator = order.locator, .surname = "rao", .now = NOW};
    ck_assert_int_eq(qr_order_show(fixture.store, &question, &shown, &error), 0);
    ck_assert_str_eq(shown.passenger.surname, "RAO");
    ck_assert_str_eq(shown.passenger.given, "ASHA");
    ck_assert(qr_hash_equal(&shown.decision, &order.decision));
    ck_assert_int_eq(shown.state, QR_CONFIRMED);
    ck_assert_int_eq(qr_reservations_check(fixture.store, &error), 0);
    fixture_done(&fixture);
}
END_TEST

START_TEST(replays_a_key)
{
    struct qr_order first, again;
    struct fixture fixture = fixture_new();
    struct qr_departure departure = some_departure(fixture.store);
    struct qr_offer_id offer = new_offer(fixture.store, departure), other = new_offer(fixture.store, departure);
    int left = seats_left(fixture.store, departure);
    ck_assert_int_eq(book(fixture.store, booking_of(offer, "k", "RAO/ASHA"), &first), 0);
    struct qr_booking late = booking_of(offer, "k", "RAO/ASHA");
    late.now = NOW + 3600000; /* the offer has expired and is used: the key comes first */
    ck_assert_int_eq(book(fixture.store, late, &again), 0);
    ck_assert(again.replayed);
    ck_assert_str_eq(again.locator, first.locator);
    ck_assert_int_eq(book(fixture.store, booking_of(other, "k", "RAO/ASHA"), &again), QR_EKEY_CONFLICT);
    ck_assert_int_eq(book(fixture.store, booking_of(offer, "k", "RAO/ASHOK"), &again), QR_EKEY_CONFLICT);
    ck_assert_int_eq(book(fixture.store, booking_of(offer, "K", "RAO/ASHA"), &again), QR_EOFFER_USED);
    ck_assert_int_eq(seats_left(fixture.store, departure), left - 1);
    fixture_done(&fixture);
}
END_TEST

START_TEST(replays_inside_one_transaction)
{
    struct qr_order first, again;
    struct qr_error error;
    struct fixture fixture = fixture_new();
    struct qr_departure departure = some_departure(fixture.store);
    struct qr_offer_id offer = new_offer(fixture.store, departure);
    int left = seats_left(fixture.store, departure);
    struct qr_booking booking = booking_of(offer, "k", "RAO/ASHA"), twice = booking_of(offer, "k", "RAO/ASHA");
    begin(fixture.store);
    ck_assert_int_eq(qr_order_book(fixture.store, &booking, &first, &error), 0);
    ck_assert_int_eq(qr_order_book(fixture.store, &twice, &again, &error), 0);
    commit(fixture.store);
    ck_assert(again.replayed);
    ck_assert_str_eq(again.locator, first.locator);
    ck_assert_int_eq(seats_left(fixture.store, departure), left - 1);
    fixture_done(&fixture);
}
END_TEST

START_TEST(refuses_keys_that_are_none)
{
    struct qr_order order;
    struct fixture fixture = fixture_new();
    struct qr_offer_id offer = new_offer(fixture.store, some_departure(fixture.store));
    char long_key[QR_ORDER_KEY_MAX + 2];
    memset(long_key, 'k', sizeof long_key - 1);
    long_key[sizeof long_key - 1] = 0;
    ck_assert_int_eq(book(fixture.store, booking_of(offer, "", "A/B"), &order), QR_EINPUT);
    ck_assert_int_eq(book(fixture.store, booking_of(offer, "a\nb", "A/B"), &order), QR_EINPUT);
    ck_assert_int_eq(book(fixture.store, booking_of(offer, long_key, "A/B"), &order), QR_EINPUT);
    fixture_done(&fixture);
}
END_TEST

START_TEST(checks_in_the_promised_order)
{
    struct qr_order order;
    struct qr_error error;
    struct fixture fixture = fixture_new();
    struct qr_departure departure = departure_of(fixture.store, "6E-201", 50, QR_ECONOMY);
    struct qr_offer_id bogus = {{1}};
    ck_assert_int_eq(book(fixture.store, booking_of(bogus, "a", "A/B"), &order), QR_ENOT_FOUND);

    begin(fixture.store);
    struct qr_offer_id offers[4];
    for (int i = 0; i < 4; i++)
        offers[i] = put_offer(fixture.store, departure, i < 2 ? 1 : 2, NOW + 1000);
    commit(fixture.store);
    ck_assert_int_eq(book(fixture.store, booking_of(offers[0], "a", "A/B"), &order), 0);
    begin(
        fixture
            .store); /* sold out, expired and revoked all at once: revoked is said first, then expired, then sold out */
    while (qr_inventory_sell(fixture.store, &departure, &error) == 0)
        ;
    struct qr_hash revoked = {{1}};
    ck_assert_int_eq(qr_offer_revoke_mandate(fixture.store, &revoked, &error), 0);
    commit(fixture.store);
    ck_assert_int_eq(book(fixture.store, booking_of(offers[2], "c", "A/B"), &order), QR_ESOLD_OUT);
    struct qr_booking late = booking_of(offers[0], "d", "A/B");
    late.now = NOW + 2000;
    ck_assert_int_eq(book(fixture.store, late, &order), QR_EOFFER_USED);
    late = booking_of(offers[1], "d", "A/B");
    late.now = NOW + 2000;
    ck_assert_int_eq(book(fixture.store, late, &order), QR_EREVOKED);
    late = booking_of(offers[3], "d", "A/B");
    late.now = NOW + 2000;
    ck_assert_int_eq(book(fixture.store, late, &order), QR_EEXPIRED);
    fixture_done(&fixture);
}
END_TEST

START_TEST(revokes_a_mandate_before_its_first_offer)
{
    struct qr_order order;
    struct qr_error error;
    struct fixture fixture = fixture_new();
    struct qr_hash mandate = {{9}};
    begin(fixture.store);
    ck_assert_int_eq(qr_offer_revoke_mandate(fixture.store, &mandate, &error), 0);
    struct qr_offer_id offer = put_offer(fixture.store, some_departure(fixture.store), 9, NOW + 1000);
    commit(fixture.store);
    ck_assert_int_eq(book(fixture.store, booking_of(offer, "a", "A/B"), &order), QR_EREVOKED);
    fixture_done(&fixture);
}
END_TEST

START_TEST(a_clock_that_steps_back_revives_nothing)
{
    struct qr_order order;
    struct fixture fixture = fixture_new();
    struct qr_offer_id offer = new_offer(fixture.store, some_departure(fixture.store)); /* expires at NOW + 60 s */
    struct qr_booking booking = booking_of(offer, "a", "A/B");
    booking.now = NOW + 60000;
    ck_assert_int_eq(book(fixture.store, booking, &order), QR_EEXPIRED);
    booking.now = NOW;
    ck_assert_int_eq(book(fixture.store, booking, &order), QR_EEXPIRED);
    fixture_reopen(&fixture); /* nor does a restart */
    ck_assert_int_eq(book(fixture.store, booking, &order), QR_EEXPIRED);
    fixture_done(&fixture);
}
END_TEST

START_TEST(an_offer_is_good_until_the_last_moment)
{
    struct qr_order order;
    struct fixture fixture = fixture_new();
    struct qr_booking booking = booking_of(new_offer(fixture.store, some_departure(fixture.store)), "a", "A/B");
    booking.now = NOW + 59999;
    ck_assert_int_eq(book(fixture.store, booking, &order), 0);
    fixture_done(&fixture);
}
END_TEST

START_TEST(ids_of_offers_cannot_be_made_up)
{
    struct fixture fixture = fixture_new();
    struct qr_offer_id id = new_offer(fixture.store, some_departure(fixture.store));
    uint64_t number;
    ck_assert(qr_offer_number(fixture.store, id, &number));
    for (int bit = 0; bit < 128; bit++) {
        struct qr_offer_id other = id;
        other.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        ck_assert(!qr_offer_number(fixture.store, other, &number));
    }
    fixture_done(&fixture);
}
END_TEST

START_TEST(prunes_expired_offers_and_never_gives_a_number_twice)
{
    size_t deleted;
    struct qr_order order;
    struct qr_error error;
    struct fixture fixture = fixture_new();
    struct qr_departure departure = some_departure(fixture.store);
    struct qr_offer_id used = new_offer(fixture.store, departure), unused = new_offer(fixture.store, departure);
    ck_assert_int_eq(book(fixture.store, booking_of(used, "a", "A/B"), &order), 0);
    begin(fixture.store);
    ck_assert_int_eq(qr_offer_prune(fixture.store, NOW + 60000, 10, &deleted, &error), 0);
    ck_assert_uint_eq(deleted, 0);
    ck_assert_int_eq(qr_offer_prune(fixture.store, NOW + 60001, 10, &deleted, &error), 0);
    ck_assert_uint_eq(deleted, 2);
    commit(fixture.store);
    ck_assert_int_eq(book(fixture.store, booking_of(used, "b", "A/B"), &order), QR_EOFFER_USED);
    ck_assert_int_eq(book(fixture.store, booking_of(unused, "b", "A/B"), &order), QR_EEXPIRED);
    ck_assert_int_eq(book(fixture.store, booking_of(used, "a", "A/B"), &order), 0);
    uint64_t before, after;
    ck_assert(qr_offer_number(fixture.store, unused, &before));
    fixture_reopen(&fixture);
    ck_assert(qr_offer_number(fixture.store, new_offer(fixture.store, departure), &after));
    ck_assert_uint_gt(after, before);
    fixture_done(&fixture);
}
END_TEST

START_TEST(numbers_taken_in_a_rolled_back_transaction_are_taken_again)
{
    struct fixture fixture = fixture_new();
    uint64_t lost, kept, next;
    begin(fixture.store);
    ck_assert(qr_offer_number(fixture.store, put_offer(fixture.store, some_departure(fixture.store), 1, NOW), &lost));
    qr_reservations_rollback(fixture.store);
    ck_assert(qr_offer_number(fixture.store, new_offer(fixture.store, some_departure(fixture.store)), &kept));
    ck_assert(qr_offer_number(fixture.store, new_offer(fixture.store, some_departure(fixture.store)), &next));
    ck_assert_uint_eq(next, kept + 1);
    struct qr_error error;
    struct qr_offer offer;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    ck_assert_int_eq(qr_offer_get(fixture.store, kept, &leaf, &offer, &error), 0);
    ck_assert_uint_eq(offer.leaf.size, 160);
    ck_assert_int_eq(offer.mandate.bytes[0], 7); /* not the mandate of the transaction that was rolled back */
    fixture_done(&fixture);
}
END_TEST

START_TEST(cancels_once)
{
    struct qr_order order;
    struct qr_error error;
    struct fixture fixture = fixture_new();
    struct qr_departure departure = some_departure(fixture.store);
    int left = seats_left(fixture.store, departure);
    ck_assert_int_eq(book(fixture.store, booking_of(new_offer(fixture.store, departure), "a", "RAO/ASHA"), &order), 0);
    struct qr_order_question question = {.locator = order.locator, .surname = "Rao", .now = NOW};
    for (int i = 0; i < 3; i++) {
        begin(fixture.store);
        ck_assert_int_eq(qr_order_cancel(fixture.store, &question, &order, &error), 0);
        commit(fixture.store);
        ck_assert_int_eq(order.state, QR_CANCELLED);
        ck_assert_int_eq(seats_left(fixture.store, departure), left);
    }
    struct qr_outbox_event events[8];
    size_t count;
    ck_assert_int_eq(qr_outbox_events(fixture.store, 8, events, &count, &error), 0);
    ck_assert_uint_eq(count, 2);
    ck_assert_int_eq(events[0].state, QR_CONFIRMED);
    ck_assert_int_eq(events[1].state, QR_CANCELLED);
    ck_assert_int_eq(qr_reservations_check(fixture.store, &error), 0);
    fixture_done(&fixture);
}
END_TEST

START_TEST(wrong_surname_and_unknown_locator_answer_alike)
{
    struct qr_order order;
    struct qr_error wrong, unknown, garbage;
    struct fixture fixture = fixture_new();
    ck_assert_int_eq(book(fixture.store,
                          booking_of(new_offer(fixture.store, some_departure(fixture.store)), "a", "RAO/ASHA"), &order),
                     0);
    struct qr_order_question question = {.locator = order.locator, .surname = "RA", .now = NOW};
    ck_assert_int_eq(qr_order_show(fixture.store, &question, &order, &wrong), QR_ENOT_FOUND);
    question.locator = strcmp(order.locator, "K7Q2MX") == 0 ? "K7Q2MZ" : "K7Q2MX";
    ck_assert_int_eq(qr_order_show(fixture.store, &question, &order, &unknown), QR_ENOT_FOUND);
    question.locator = "not a locator";
    ck_assert_int_eq(qr_order_show(fixture.store, &question, &order, &garbage), QR_ENOT_FOUND);
    ck_assert_str_eq(wrong.text, unknown.text);
    ck_assert_str_eq(wrong.hint, unknown.hint);
    ck_assert_str_eq(wrong.text, garbage.text);
    fixture_done(&fixture);
}
END_TEST

START_TEST(guessing_is_limited_and_forgiven)
{
    struct qr_order order, shown;
    struct qr_error error;
    struct fixture fixture = fixture_new();
    ck_assert_int_eq(book(fixture.store,
                          booking_of(new_offer(fixture.store, some_departure(fixture.store)), "a", "RAO/ASHA"), &order),
                     0);
    struct qr_order_question guess = {.locator = order.locator, .surname = "X", .now = NOW};
    for (int i = 0; i < QR_MISSES_PER_LOCATOR; i++)
        ck_assert_int_eq(qr_order_show(fixture.store, &guess, &shown, &error), QR_ENOT_FOUND);
    ck_assert_int_eq(qr_order_show(fixture.store, &guess, &shown, &error), QR_ERATE_LIMITED);
    guess.surname = "RAO"; /* also the right one, or a limit would tell which it is */
    ck_assert_int_eq(qr_order_show(fixture.store, &guess, &shown, &error), QR_ERATE_LIMITED);
    guess.now += QR_MISS_FORGIVEN_MS;
    ck_assert_int_eq(qr_order_show(fixture.store, &guess, &shown, &error), 0);
    fixture_done(&fixture);
}
END_TEST

static bool file_holds(const char *path, const char *text)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    static char content[16 << 20];
    size_t size = fread(content, 1, sizeof content, file);
    fclose(file);
    return memmem(content, size, text, strlen(text)) != NULL;
}

START_TEST(erasing_leaves_nothing_in_the_files)
{
    struct qr_order order;
    struct qr_error error;
    char log[128], name[64];
    struct fixture fixture = fixture_new();
    snprintf(log, sizeof log, "%s-wal", fixture.path);
    for (int i = 0; i < 40; i++) { /* enough for more than one page */
        char key[16];
        snprintf(key, sizeof key, "key %d", i);
        snprintf(name, sizeof name, "SURNAMEOF%04d/GIVEN", i);
        ck_assert_int_eq(
            book(fixture.store, booking_of(new_offer(fixture.store, some_departure(fixture.store)), key, name), &order),
            0);
    }
    ck_assert(file_holds(log, "SURNAMEOF0039") || file_holds(fixture.path, "SURNAMEOF0039"));
    struct qr_order_question question = {.locator = order.locator, .surname = "SurnameOf0039", .now = NOW};
    ck_assert_int_eq(qr_order_erase_passenger(fixture.store, &question, &error), 0);
    ck_assert(!file_holds(log, "SURNAMEOF0039"));
    ck_assert(!file_holds(fixture.path, "SURNAMEOF0039"));
    ck_assert(file_holds(fixture.path, "SURNAMEOF0038"));
    ck_assert_int_eq(qr_order_show(fixture.store, &question, &order, &error), QR_ENOT_FOUND);
    ck_assert_int_eq(qr_reservations_check(fixture.store, &error), 0);
    fixture_done(&fixture);
}
END_TEST

START_TEST(lists_the_latest_without_names)
{
    size_t count;
    struct qr_order order, list[3];
    struct qr_error error;
    struct fixture fixture = fixture_new();
    for (int i = 0; i < 5; i++) {
        char key[2] = {(char)('a' + i), 0};
        ck_assert_int_eq(book(fixture.store,
                              booking_of(new_offer(fixture.store, some_departure(fixture.store)), key, "RAO/A"),
                              &order),
                         0);
    }
    ck_assert_int_eq(qr_order_list(fixture.store, 3, list, &count, &error), 0);
    ck_assert_uint_eq(count, 3);
    ck_assert_str_eq(list[0].locator, order.locator);
    ck_assert_str_eq(list[0].passenger.surname, "");
    fixture_done(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("order");
    TCase *tests = tcase_create("order");
    tcase_add_test(tests, books_an_offer);
    tcase_add_test(tests, replays_a_key);
    tcase_add_test(tests, replays_inside_one_transaction);
    tcase_add_test(tests, refuses_keys_that_are_none);
    tcase_add_test(tests, checks_in_the_promised_order);
    tcase_add_test(tests, revokes_a_mandate_before_its_first_offer);
    tcase_add_test(tests, a_clock_that_steps_back_revives_nothing);
    tcase_add_test(tests, an_offer_is_good_until_the_last_moment);
    tcase_add_test(tests, ids_of_offers_cannot_be_made_up);
    tcase_add_test(tests, prunes_expired_offers_and_never_gives_a_number_twice);
    tcase_add_test(tests, numbers_taken_in_a_rolled_back_transaction_are_taken_again);
    tcase_add_test(tests, cancels_once);
    tcase_add_test(tests, wrong_surname_and_unknown_locator_answer_alike);
    tcase_add_test(tests, guessing_is_limited_and_forgiven);
    tcase_add_test(tests, erasing_leaves_nothing_in_the_files);
    tcase_add_test(tests, lists_the_latest_without_names);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
