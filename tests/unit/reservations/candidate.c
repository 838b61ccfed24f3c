#include "tests/unit/reservations/fixture.h"

#include "reservations/feature.h"

/* Candidates of a search, and what a model sees of them. */

static size_t find(struct qr_reservations *store, const char *from, const char *to, int day, enum qr_cabin cabin,
                   struct qr_candidate *candidates)
{
    size_t count;
    struct qr_error error;
    struct qr_search search = {
        .from = from, .to = to, .date = {qr_date_of(NOW, OFFSET).days + day}, .cabin = cabin, .now = NOW};
    ck_assert_msg(qr_candidates_find(store, &search, candidates, &count, &error) == 0, "%s", error.text);
    return count;
}

START_TEST(finds_departures_of_a_cabin)
{
    struct qr_candidate found[QR_CANDIDATES_MAX];
    struct fixture fixture = fixture_new();
    ck_assert_uint_eq(find(fixture.store, "del", "BOM", 40, QR_ECONOMY, found), 2);
    char text[QR_TIME_TEXT];
    ck_assert_str_eq(qr_time_format_offset(found[0].departs, OFFSET, text), "2027-01-04T08:00:00+05:30");
    ck_assert_int_eq(found[0].days_left, 40);
    ck_assert_int_eq(found[0].weekday, 0);
    ck_assert_int_eq(found[0].departs_in, QR_MORNING);
    ck_assert_int_eq(found[0].arrives_in, QR_MORNING);
    ck_assert_int_eq(found[0].seats_left, QR_SEATS_SHOWN_MAX);
    ck_assert_int_eq(found[1].departs_in, QR_NIGHT);
    ck_assert_int_le(found[1].seats_left, 2);
    ck_assert_uint_eq(find(fixture.store, "DEL", "BOM", 40, QR_BUSINESS, found), 1);
    ck_assert_uint_eq(find(fixture.store, "DEL", "BOM", 40, QR_CABINS, found), 3);
    ck_assert_uint_eq(find(fixture.store, "BOM", "DXB", 40, QR_ECONOMY, found), 0);
    fixture_done(&fixture);
}
END_TEST

START_TEST(leaves_out_what_has_left_or_is_full)
{
    struct qr_error error;
    struct qr_candidate found[QR_CANDIDATES_MAX];
    struct fixture fixture = fixture_new();
    size_t today = find(fixture.store, "DEL", "BOM", 0, QR_ECONOMY, found); /* NOW is 09:30: only 21:30 is left */
    for (size_t i = 0; i < today; i++)
        ck_assert_int_gt(found[i].departs, NOW);
    struct qr_departure departure = departure_of(fixture.store, "6E-201", 40, QR_ECONOMY);
    begin(fixture.store);
    while (qr_inventory_sell(fixture.store, &departure, &error) == 0)
        ;
    commit(fixture.store);
    ck_assert_uint_eq(find(fixture.store, "DEL", "BOM", 40, QR_ECONOMY, found), 1);
    fixture_done(&fixture);
}
END_TEST

START_TEST(refuses_what_cannot_be_searched)
{
    size_t count;
    struct qr_error error;
    struct qr_candidate found[QR_CANDIDATES_MAX];
    struct fixture fixture = fixture_new();
    int32_t today = qr_date_of(NOW, OFFSET).days;
    struct qr_search search = {.from = "XYZ", .to = "BOM", .date = {today + 1}, .now = NOW};
    ck_assert_int_eq(qr_candidates_find(fixture.store, &search, found, &count, &error), QR_EINPUT);
    ck_assert_ptr_nonnull(strstr(error.hint, "DEL BOM DXB"));
    search.from = "BOM";
    ck_assert_int_eq(qr_candidates_find(fixture.store, &search, found, &count, &error), QR_EINPUT);
    search.from = "DEL";
    search.date.days = today - 1;
    ck_assert_int_eq(qr_candidates_find(fixture.store, &search, found, &count, &error), QR_ERANGE);
    search.date.days = today + QR_HORIZON_DAYS + 2;
    ck_assert_int_eq(qr_candidates_find(fixture.store, &search, found, &count, &error), QR_ERANGE);
    fixture_done(&fixture);
}
END_TEST

static const char *const cabins[] = {"economy", "business"};
static const char *const airlines[] = {"Indigo", "Air_India"};
static const char *const airports[] = {"BOM", "DEL"};
static const char *const parts[] = {"early_morning", "morning", "afternoon", "evening", "night", "late_night"};
static const char *const weekdays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

static const struct qr_feature_spec all_specs[] = {
    {.name = "duration", .scale = 100, .min = 0, .max = 6000},
    {.name = "cabin", .categories = cabins, .n_categories = 2},
    {.name = "airline", .categories = airlines, .n_categories = 2},
    {.name = "from", .categories = airports, .n_categories = 2},
    {.name = "to", .categories = airports, .n_categories = 2},
    {.name = "stops", .scale = 1, .min = 0, .max = 2},
    {.name = "departure", .categories = parts, .n_categories = 6},
    {.name = "arrival", .categories = parts, .n_categories = 6},
    {.name = "days_left", .scale = 1, .min = 0, .max = 365},
    {.name = "weekday", .categories = weekdays, .n_categories = 7},
    {.name = "seats_left", .scale = 1, .min = 0, .max = 9},
};
enum { ALL = sizeof all_specs / sizeof all_specs[0] };

START_TEST(answers_features_by_name)
{
    int32_t row[ALL];
    struct qr_error error;
    struct qr_candidate found[QR_CANDIDATES_MAX];
    struct fixture fixture = fixture_new();
    QR_CLEANUP(qr_features_freep) struct qr_features *features = NULL;
    ck_assert_uint_eq(find(fixture.store, "DEL", "BOM", 40, QR_ECONOMY, found), 2);
    ck_assert_int_eq(qr_features_bind(qr_reservations_network(fixture.store), all_specs, ALL, &features, &error), 0);
    ck_assert_uint_eq(qr_features_count(features), ALL);
    ck_assert_msg(qr_features_row(features, &found[0], row, &error) == 0, "%s", error.text);
    static const int32_t expected[ALL] = {225, 0, 1, 1, 0, 0, 1, 1, 40, 0, 9};
    for (int i = 0; i < ALL; i++)
        ck_assert_msg(row[i] == expected[i], "%s is %d, not %d", all_specs[i].name, row[i], expected[i]);
    ck_assert_int_eq(qr_features_row(features, &found[1], row, &error), 0);
    ck_assert_int_eq(row[0], 233); /* 140 minutes are 2.333 hours */
    fixture_done(&fixture);
}
END_TEST

START_TEST(refuses_features_it_does_not_have)
{
    struct qr_error error;
    struct fixture fixture = fixture_new();
    struct qr_features *features = NULL;
    const struct qr_network *network = qr_reservations_network(fixture.store);
    struct qr_feature_spec spec = {.name = "passenger_age", .scale = 1, .min = 0, .max = 120};
    ck_assert_int_eq(qr_features_bind(network, &spec, 1, &features, &error), QR_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(error.text, "passenger_age"));
    spec.name = "airline"; /* as a number */
    ck_assert_int_eq(qr_features_bind(network, &spec, 1, &features, &error), QR_EUNSUPPORTED);
    fixture_done(&fixture);
}
END_TEST

START_TEST(refuses_values_the_model_does_not_know)
{
    int32_t row[1];
    struct qr_error error;
    struct qr_candidate found[QR_CANDIDATES_MAX];
    struct fixture fixture = fixture_new();
    static const char *const others[] = {"SpiceJet"};
    const struct qr_feature_spec specs[] = {{.name = "airline", .categories = others, .n_categories = 1},
                                            {.name = "days_left", .scale = 1, .min = 0, .max = 30}};
    find(fixture.store, "DEL", "BOM", 40, QR_ECONOMY, found);
    for (int i = 0; i < 2; i++) {
        QR_CLEANUP(qr_features_freep) struct qr_features *features = NULL;
        ck_assert_int_eq(qr_features_bind(qr_reservations_network(fixture.store), &specs[i], 1, &features, &error), 0);
        ck_assert_int_eq(qr_features_row(features, &found[0], row, &error), QR_EUNSUPPORTED);
        ck_assert_ptr_nonnull(strstr(error.text, specs[i].name));
    }
    fixture_done(&fixture);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("candidate");
    TCase *tests = tcase_create("candidate");
    tcase_add_test(tests, finds_departures_of_a_cabin);
    tcase_add_test(tests, leaves_out_what_has_left_or_is_full);
    tcase_add_test(tests, refuses_what_cannot_be_searched);
    tcase_add_test(tests, answers_features_by_name);
    tcase_add_test(tests, refuses_features_it_does_not_have);
    tcase_add_test(tests, refuses_values_the_model_does_not_know);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
