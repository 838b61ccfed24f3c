#include "tests/unit/reservations/fixture.h"

/* The text form, and the questions that a network answers. */

START_TEST(reads_all_kinds_of_lines)
{
    struct qr_network network = parse_network(network_text);
    ck_assert_uint_eq(network.n_airports, 3);
    ck_assert_uint_eq(network.n_airlines, 2);
    ck_assert_uint_eq(network.n_flights, 4);
    size_t first;
    uint32_t del, bom;
    ck_assert(qr_network_airport(&network, "del", &del) && qr_network_airport(&network, "BOM", &bom));
    ck_assert_uint_eq(qr_network_route(&network, del, bom, &first), 2);
    ck_assert_str_eq(network.flights[first].code, "AI-101");
    ck_assert_str_eq(network.flights[first + 1].code, "6E-201");
    ck_assert_int_eq(network.flights[first].departure, 8 * 60);
    ck_assert_int_eq(network.flights[first].seats[QR_BUSINESS], 20);
    ck_assert_uint_eq(network.flights[first].weekdays, 0x7f);
    uint32_t nowhere;
    ck_assert(!qr_network_airport(&network, "XXX", &nowhere));
    qr_network_done(&network);
}
END_TEST

static const struct {
    const char *line, *says;
} bad_lines[] = {
    {"airport,DE,Delhi,330", "three capital letters"},
    {"airport,del,Delhi,330", "three capital letters"},
    {"airport,DEL,Delhi", "4 fields"},
    {"airport,DEL,Delhi,99999", "minutes"},
    {"airport,BOM,Again,330", "twice"},
    {"airline,AI,Again", "twice"},
    {"airline,AI-,Dash", "capital letters and digits"},
    {"train,AI-101", "starts with"},
    {"flight,AI-1,AI,DEL,BOM,08:00,135,0,1234567,150", "11 fields"},
    {"flight,AI-1,ZZ,BOM,DXB,08:00,135,0,1234567,150,0", "no airline"},
    {"flight,AI-1,AI,BOM,LHR,08:00,135,0,1234567,150,0", "no airport"},
    {"flight,AI-1,AI,BOM,BOM,08:00,135,0,1234567,150,0", "ends where it starts"},
    {"flight,AI-1,AI,BOM,DXB,24:00,135,0,1234567,150,0", "time of day"},
    {"flight,AI-1,AI,BOM,DXB,8:00,135,0,1234567,150,0", "time of day"},
    {"flight,AI-1,AI,BOM,DXB,08:00,0,0,1234567,150,0", "minutes under way"},
    {"flight,AI-1,AI,BOM,DXB,08:00,135,0,8,150,0", "weekdays"},
    {"flight,AI-1,AI,BOM,DXB,08:00,135,0,,150,0", "weekdays"},
    {"flight,AI-1,AI,BOM,DXB,08:00,135,0,1,0,0", "no seats"},
    {"flight,AI-1,AI,BOM,DXB,08:00,135,0,1,1001,0", "seats"},
    {"flight,ai 1,AI,BOM,DXB,08:00,135,0,1,1,0", "flight's code"},
    {"flight,AI-101,AI,DEL,BOM,08:00,135,0,1234567,150,20\nflight,AI-101,AI,DEL,BOM,08:00,135,0,1,9,9", "twice"},
};

START_TEST(refuses_with_a_sentence)
{
    char text[1024];
    struct qr_error error;
    struct qr_network network = {0};
    int size =
        snprintf(text, sizeof text, "airport,BOM,Mumbai,330\nairport,DXB,Dubai,240\n%sairline,AI,Air_India\n%s\n",
                 strstr(bad_lines[_i].line, "DEL,BOM") ? "airport,DEL,Delhi,330\n" : "", bad_lines[_i].line);
    ck_assert_int_lt(qr_network_parse(text, (size_t)size, &network, &error), 0);
    ck_assert_msg(strstr(error.text, bad_lines[_i].says) != NULL, "`%s` says: %s", bad_lines[_i].line, error.text);
    qr_network_done(&network);
}
END_TEST

START_TEST(tells_times_across_zones)
{
    struct qr_error error;
    struct qr_network network = parse_network(network_text);
    struct qr_date date;
    ck_assert_int_eq(qr_date_parse("2026-11-30", &date, &error), 0);
    for (size_t i = 0; i < network.n_flights; i++) {
        const struct qr_flight *flight = &network.flights[i];
        if (strcmp(flight->code, "AI-995") != 0)
            continue;
        char departs[QR_TIME_TEXT], arrives[QR_TIME_TEXT];
        ck_assert_str_eq(qr_time_format(qr_flight_departs(&network, flight, date), departs), "2026-11-30T12:30:00Z");
        ck_assert_str_eq(qr_time_format_offset(qr_flight_arrives(&network, flight, date), 240, arrives),
                         "2026-11-30T20:15:00+04:00");
    }
    qr_network_done(&network);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("network");
    TCase *tests = tcase_create("network");
    tcase_add_test(tests, reads_all_kinds_of_lines);
    tcase_add_loop_test(tests, refuses_with_a_sentence, 0, sizeof bad_lines / sizeof bad_lines[0]);
    tcase_add_test(tests, tells_times_across_zones);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
