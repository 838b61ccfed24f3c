#include "tests/unit/reservations/fixture.h"

/* Seats, and the days on which they can be sold. */

START_TEST(loads_every_day_of_the_horizon)
{
    struct fixture fixture = fixture_new();
    for (int day = 0; day <= QR_HORIZON_DAYS; day++) {
        ck_assert_int_ge(seats_left(fixture.store, departure_of(fixture.store, "AI-101", day, QR_ECONOMY)), 0);
        ck_assert_int_ge(seats_left(fixture.store, departure_of(fixture.store, "AI-101", day, QR_BUSINESS)), 0);
    }
    fixture_done(&fixture);
}
END_TEST

START_TEST(keeps_weekdays_and_cabins)
{
    struct qr_seats seats;
    struct qr_error error;
    struct fixture fixture = fixture_new();
    struct qr_departure none = departure_of(fixture.store, "6E-201", 3, QR_BUSINESS);
    ck_assert_int_eq(qr_inventory_seats(fixture.store, &none, &seats, &error), QR_ENOT_FOUND);
    for (int day = 0; day < 7; day++) { /* Mondays, Wednesdays, Fridays and Sundays */
        struct qr_departure departure = departure_of(fixture.store, "AI-995", day, QR_ECONOMY);
        bool operates = qr_date_weekday(departure.date) % 2 == 0;
        ck_assert_int_eq(qr_inventory_seats(fixture.store, &departure, &seats, &error), operates ? 0 : QR_ENOT_FOUND);
    }
    fixture_done(&fixture);
}
END_TEST

START_TEST(rolls_day_by_day)
{
    size_t added;
    struct qr_error error;
    struct fixture fixture = fixture_new();
    ck_assert_int_eq(qr_inventory_roll(fixture.store, NOW, QR_HORIZON_DAYS, &added, &error), 0);
    ck_assert_uint_eq(added, 0);
    begin(fixture.store);
    struct qr_departure tomorrow = departure_of(fixture.store, "AI-101", 1, QR_BUSINESS);
    int before = seats_left(fixture.store, tomorrow), sold = 0;
    if (before > 0) {
        ck_assert_int_eq(qr_inventory_sell(fixture.store, &tomorrow, &error), 0);
        sold = 1;
    }
    commit(fixture.store);
    ck_assert_int_eq(qr_inventory_roll(fixture.store, NOW + 3 * INT64_C(86400000), QR_HORIZON_DAYS, &added, &error), 0);
    ck_assert_uint_gt(added, 3 * 5);
    ck_assert_int_ge(seats_left(fixture.store, departure_of(fixture.store, "AI-101", 63, QR_ECONOMY)), 0);
    ck_assert_int_eq(seats_left(fixture.store, tomorrow), before - sold);
    fixture_done(&fixture);
}
END_TEST

START_TEST(sells_what_there_is_and_no_more)
{
    struct qr_error error;
    struct fixture fixture = fixture_new();
    struct qr_departure departure = departure_of(fixture.store, "AI-101", 30, QR_BUSINESS);
    int left = seats_left(fixture.store, departure);
    ck_assert_int_gt(left, 0);
    begin(fixture.store);
    for (int i = 0; i < left; i++)
        ck_assert_int_eq(qr_inventory_sell(fixture.store, &departure, &error), 0);
    ck_assert_int_eq(qr_inventory_sell(fixture.store, &departure, &error), QR_ESOLD_OUT);
    ck_assert_int_eq(qr_inventory_give_back(fixture.store, &departure, &error), 0);
    ck_assert_int_eq(qr_inventory_sell(fixture.store, &departure, &error), 0);
    qr_reservations_rollback(fixture.store);
    ck_assert_int_eq(seats_left(fixture.store, departure), left);
    fixture_done(&fixture);
}
END_TEST

START_TEST(presold_follows_the_curve_and_differs)
{
    const char *codes[] = {"AI-101", "6E-201", "UK-9"};
    double share[2] = {0, 0};
    int distinct = 0, last = -1;
    for (int day = 20000; day < 20400; day++) {
        for (size_t flight = 0; flight < 3; flight++) {
            struct qr_departure departure = {.flight = (uint32_t)flight, .date = {day}, .cabin = QR_ECONOMY};
            int near = qr_inventory_presold(codes[flight], &departure, 150, 1);
            int far = qr_inventory_presold(codes[flight], &departure, 150, 60);
            ck_assert(near >= 0 && near <= 150 && far >= 0 && far <= 150);
            ck_assert_int_eq(near, qr_inventory_presold(codes[flight], &departure, 150, 1));
            share[0] += near / 150.0 / 1200;
            share[1] += far / 150.0 / 1200;
            distinct += near != last;
            last = near;
        }
    }
    ck_assert_double_gt(share[0], 0.8);
    ck_assert_double_lt(share[1], 0.2);
    ck_assert_int_gt(distinct, 600);
}
END_TEST

START_TEST(packs_departures_in_order)
{
    struct qr_departure last = {0};
    for (int day = 20000; day < 20003; day++) {
        for (uint32_t flight = 0; flight < QR_FLIGHTS_MAX; flight += 777) {
            for (int cabin = 0; cabin < QR_CABINS; cabin++) {
                struct qr_departure departure = {.flight = flight, .date = {day}, .cabin = (enum qr_cabin)cabin};
                ck_assert_int_gt(qr_departure_pack(&departure), qr_departure_pack(&last));
                struct qr_departure back = qr_departure_unpack(qr_departure_pack(&departure));
                ck_assert(back.flight == flight && back.date.days == day && back.cabin == departure.cabin);
                last = departure;
            }
        }
    }
}
END_TEST

START_TEST(refuses_a_path_that_is_taken)
{
    struct qr_error error;
    struct fixture fixture = fixture_new();
    uint8_t secret[QR_SECRET_SIZE] = {0};
    struct qr_network network = parse_network(network_text);
    ck_assert_int_eq(qr_reservations_create(fixture.path, &network, NOW, 60, secret, &error), QR_EHOME_EXISTS);
    fixture_reopen(&fixture); /* and it is untouched */
    qr_network_done(&network);
    fixture_done(&fixture);
}
END_TEST

START_TEST(says_when_the_file_is_no_store)
{
    struct qr_error error;
    struct qr_reservations *store = NULL;
    struct fixture fixture = fixture_new();
    char path[128];
    snprintf(path, sizeof path, "%s/other.db", fixture.folder);
    FILE *file = fopen(path, "w");
    fputs("this is not a database, but long enough to be taken for one, if nobody looked at how it begins", file);
    fclose(file);
    ck_assert_int_eq(qr_reservations_open(path, &store, &error), QR_ECORRUPT);
    unlink(path);
    ck_assert_int_eq(qr_reservations_open(path, &store, &error), QR_ENO_FILE);
    fixture_done(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("inventory");
    TCase *tests = tcase_create("inventory");
    tcase_add_test(tests, loads_every_day_of_the_horizon);
    tcase_add_test(tests, keeps_weekdays_and_cabins);
    tcase_add_test(tests, rolls_day_by_day);
    tcase_add_test(tests, sells_what_there_is_and_no_more);
    tcase_add_test(tests, presold_follows_the_curve_and_differs);
    tcase_add_test(tests, packs_departures_in_order);
    tcase_add_test(tests, refuses_a_path_that_is_taken);
    tcase_add_test(tests, says_when_the_file_is_no_store);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
