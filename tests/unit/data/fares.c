#include <check.h>

#include "common/file.h"
#include "data/fares.h"
#include "tests/unit/data/real.h"

#define HEADER ",airline,flight,source_city,departure_time,stops,arrival_time,destination_city,class,duration,days_left,price\r\n"
#define LINE "0,SpiceJet,SG-8709,Delhi,Evening,zero,Night,Mumbai,Economy,2.17,1,5953\r\n"

static char path[] = "/tmp/quorate-fares-test-XXXXXX";

static void write_text(const char *text)
{
    struct qr_error error = {0};
    ck_assert_msg(qr_file_write(path, text, strlen(text), 0600, &error) == 0, "%s", error.text);
}

static int build(const char *text, struct qr_network *network, struct qr_error *error)
{
    write_text(text);
    return qr_fares_network(path, NULL, NULL, network, error);
}

static void refuse(const char *text, const char *wanted)
{
    struct qr_network network = {0};
    struct qr_error error = {0};
    ck_assert_int_eq(build(text, &network, &error), QR_EINPUT);
    ck_assert_msg(strstr(error.text, wanted) != NULL, "\"%s\" does not say \"%s\"", error.text, wanted);
    ck_assert_uint_eq(network.n_airports, 0);
}

START_TEST(test_flight_of_a_file)
{
    struct qr_network network = {0};
    struct qr_error error = {0};
    ck_assert_msg(build(HEADER LINE, &network, &error) == 0, "%s", error.text);
    ck_assert_uint_eq(network.n_flights, 1);
    const struct qr_flight *flight = &network.flights[0];
    ck_assert_str_eq(flight->code, "SG-8709");
    ck_assert_str_eq(network.airports[flight->origin].code, "DEL");
    ck_assert_str_eq(network.airports[flight->destination].code, "BOM");
    ck_assert_str_eq(network.airlines[flight->airline].name, "SpiceJet");
    ck_assert_int_eq(flight->minutes, 130);
    ck_assert_int_eq(qr_fare_part(flight->departure), 3);
    ck_assert_int_eq(qr_fare_part((flight->departure + flight->minutes) % 1440), 4);
    ck_assert_int_eq(flight->seats[QR_ECONOMY], 157);
    ck_assert_int_eq(flight->seats[QR_BUSINESS], 0);
    qr_network_done(&network);
}
END_TEST

/* The itinerary seen most often stands for the flight; a fare in business gives it a business cabin. */
START_TEST(test_most_seen_itinerary)
{
    struct qr_network network = {0};
    struct qr_error error = {0};
    int code = build("price,class,airline,flight,source_city,departure_time,stops,arrival_time,destination_city,duration,days_left\n"
                     "5000,Economy,Vistara,UK-995,Delhi,Morning,one,Night,Kolkata,9.5,1\n"
                     "5000,Economy,Vistara,UK-995,Delhi,Morning,one,Night,Kolkata,12.25,1\n"
                     "5000,Economy,Vistara,UK-995,Delhi,Morning,one,Night,Kolkata,12.25,2\n"
                     "50000,\"Business\",Vistara,UK-995,Delhi,Morning,one,Night,Kolkata,9.5,1\n"
                     "5000,Economy,Vistara,UK-995,Delhi,Evening,one,Night,Kolkata,4,1",
                     &network, &error);
    ck_assert_msg(code == 0, "%s", error.text);
    ck_assert_uint_eq(network.n_flights, 2);
    ck_assert_int_eq(network.flights[0].minutes, 570);
    ck_assert_int_eq(network.flights[0].seats[QR_BUSINESS], 8);
    ck_assert_int_eq(network.flights[1].minutes, 240);
    ck_assert_int_eq(network.flights[1].seats[QR_BUSINESS], 0);
    qr_network_done(&network);
}
END_TEST

START_TEST(test_bad_lines_are_named)
{
    refuse("", "is empty");
    refuse(HEADER, "has no fares");
    refuse("a,b,c\n", "has no column airline");
    refuse("\x1f\x8b\x08", "is compressed");
    refuse(HEADER LINE "1,SpiceJet,SG-1\n", "line 3: has fewer fields");
    refuse(HEADER LINE "\n", "line 3: has fewer fields");
    refuse(HEADER "0,Lufthansa,LH-1,Delhi,Evening,zero,Night,Mumbai,Economy,2.17,1,5953\n", "line 2, column airline: \"Lufthansa\"");
    refuse(HEADER "0,SpiceJet,AI-1,Delhi,Evening,zero,Night,Mumbai,Economy,2.17,1,5953\n", "line 2, column flight: not a flight");
    refuse(HEADER "0,SpiceJet,SG-,Delhi,Evening,zero,Night,Mumbai,Economy,2.17,1,5953\n", "line 2, column flight: not a flight");
    refuse(HEADER "0,SpiceJet,SG-1,Paris,Evening,zero,Night,Mumbai,Economy,2.17,1,5953\n", "line 2, column source_city: \"Paris\"");
    refuse(HEADER "0,SpiceJet,SG-1,Delhi,Noon,zero,Night,Mumbai,Economy,2.17,1,5953\n", "line 2, column departure_time");
    refuse(HEADER "0,SpiceJet,SG-1,Delhi,Evening,three,Night,Mumbai,Economy,2.17,1,5953\n", "line 2, column stops");
    refuse(HEADER "0,SpiceJet,SG-1,Delhi,Evening,zero,Night,Delhi,Economy,2.17,1,5953\n", "line 2, column destination_city");
    refuse(HEADER "0,SpiceJet,SG-1,Delhi,Evening,zero,Night,Mumbai,First,2.17,1,5953\n", "line 2, column class");
    refuse(HEADER "0,SpiceJet,SG-1,Delhi,Evening,zero,Night,Mumbai,Economy,nan,1,5953\n", "line 2, column duration: not a number");
    refuse(HEADER "0,SpiceJet,SG-1,Delhi,Evening,zero,Night,Mumbai,Economy,0,1,5953\n", "line 2, column duration: out of range");
    refuse(HEADER "0,SpiceJet,SG-1,Delhi,Evening,zero,Night,Mumbai,Economy,2.17,,5953\n", "line 2, column days_left: blank");
    refuse(HEADER "0,SpiceJet,SG-1,Delhi,Evening,zero,Night,Mumbai,Economy,2.17,1,-5\n", "line 2, column price: out of range");
    refuse(HEADER "0,\"SpiceJet,SG-1,Delhi,Evening,zero,Night,Mumbai,Economy,2.17,1,5\n", "line 2: a double quote");
    refuse(HEADER "0,Spice\"Jet,SG-1,Delhi,Evening,zero,Night,Mumbai,Economy,2.17,1,5\n", "line 2: a double quote");
    char *lengthy = qr_alloc(2, QR_FARE_LINE_MAX);
    memset(lengthy, 'x', 2 * QR_FARE_LINE_MAX - 1);
    refuse(lengthy, "line 1: longer than");
    free(lengthy);
}
END_TEST

START_TEST(test_zero_byte)
{
    struct qr_network network = {0};
    struct qr_error error = {0};
    static const char bytes[] = HEADER "0,SpiceJet\0,SG-1\n" LINE;
    ck_assert_int_eq(qr_file_write(path, bytes, sizeof bytes - 1, 0600, &error), 0);
    ck_assert_int_eq(qr_fares_network(path, NULL, NULL, &network, &error), QR_EINPUT);
    ck_assert_ptr_nonnull(strstr(error.text, "line 2"));
}
END_TEST

static void count_progress(void *context, size_t records)
{
    size_t *last = context;
    ck_assert_uint_gt(records, *last);
    *last = records;
}

START_TEST(test_real_file)
{
    char *real = unpack_real_fares();
    if (!real) {
        printf("no real fares beside the sources: skipped\n");
        return;
    }
    struct qr_network network = {0};
    struct qr_error error = {0};
    size_t progress = 0;
    int code = qr_fares_network(real, count_progress, &progress, &network, &error);
    unlink(real);
    ck_assert_msg(code == 0, "%s", error.text);
    ck_assert_uint_ge(progress, 300000);
    ck_assert_uint_eq(network.n_flights, 4123); /* distinct flight, route and part of departure, counted beforehand */
    size_t agreeing = 0;
    for (uint32_t from = 0; from < 6; from++) {
        for (uint32_t to = 0; to < 6; to++) {
            size_t first, n = from == to ? 8 : qr_network_route(&network, from, to, &first);
            ck_assert_uint_ge(n, 8);
        }
    }
    for (size_t i = 0; i < network.n_flights; i++) {
        const struct qr_flight *flight = &network.flights[i];
        const char *airline = network.airlines[flight->airline].name;
        bool two_cabins = strcmp(airline, "Vistara") == 0 || strcmp(airline, "Air_India") == 0;
        ck_assert(two_cabins || flight->seats[QR_BUSINESS] == 0);
        agreeing += flight->seats[QR_BUSINESS] > 0;
    }
    ck_assert_uint_gt(agreeing, 1000);
    qr_network_done(&network);
    free(real);
}
END_TEST

static void make_path(void)
{
    int file = mkstemp(path);
    ck_assert_int_ge(file, 0);
    close(file);
}

static void remove_path(void)
{
    unlink(path);
}

int main(void)
{
    Suite *suite = suite_create("data/fares");
    TCase *tests = tcase_create("fares");
    tcase_set_timeout(tests, 60);
    tcase_add_unchecked_fixture(tests, make_path, remove_path);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, test_flight_of_a_file);
    tcase_add_test(tests, test_most_seen_itinerary);
    tcase_add_test(tests, test_bad_lines_are_named);
    tcase_add_test(tests, test_zero_byte);
    tcase_add_test(tests, test_real_file);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
