#include "tests/unit/unit.h"

/* The oracle of the calendar: every day from 1970 to 9999, counted one by one. */
static bool is_leap(int year) { return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0; }

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

START_TEST(every_day_of_the_calendar_comes_back)
{
    int32_t count = 0;
    for (int year = 1970; year <= 9999; year++)
        for (int month = 1; month <= 12; month++)
            for (int day = 1; day <= days_of(year, month); day++, count++) {
                char expected[QR_TIME_TEXT], text[QR_TIME_TEXT];
                struct qr_date date;
                struct qr_error error;
                snprintf(expected, sizeof expected, "%04d-%02d-%02d", year, month, day);
                if (strcmp(qr_date_format((struct qr_date){count}, text), expected) != 0)
                    ck_abort_msg("day %d is %s, not %s", count, expected, text);
                unit_ok(qr_date_parse(expected, &date, &error), error);
                if (date.days != count || qr_date_weekday(date) != (count + 3) % 7)
                    ck_abort_msg("%s is day %d", expected, date.days);
            }
    ck_assert_int_eq((int64_t)count * 86400000 - 1, QR_TIME_MAX);
}
END_TEST

START_TEST(dates_that_are_none_are_refused)
{
    static const char *const texts[] = {"", "2026", "2026-11", "2026-11-31", "2026-00-10", "2026-13-01", "2026-02-29", "2100-02-29",
                                        "2026-01-00", "2026-1-1", "26-01-01", "1969-12-31", "2026-11-30 ", " 2026-11-30",
                                        "2026/11/30", "20261130", "2026-11-3x", "-026-11-30", "10000-01-01", "2026-11-30T"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct qr_date date = {42};
        struct qr_error error;
        unit_fails(qr_date_parse(texts[i], &date, &error), QR_EFORMAT, error);
        ck_assert_int_eq(date.days, 42);
    }
}
END_TEST

START_TEST(any_time_comes_back_in_any_zone)
{
    struct unit_random random = unit_random_start();
    for (int i = 0; i < 40000; i++) {
        int64_t time_ms = (int64_t)unit_random_below(&random, QR_TIME_MAX - 172800000) + 86400000, again;
        if (i % 2)
            time_ms -= time_ms % 1000;
        int offset = (int)unit_random_below(&random, 2161) - 1080;
        char text[QR_TIME_TEXT];
        struct qr_error error;
        unit_ok(qr_time_parse(qr_time_format(time_ms, text), &again, &error), error);
        unit_holds(again == time_ms);
        unit_holds((strchr(text, '.') != NULL) == (time_ms % 1000 != 0));
        unit_ok(qr_time_parse(qr_time_format_offset(time_ms, offset, text), &again, &error), error);
        unit_holds(again == time_ms);
    }
}
END_TEST

START_TEST(times_read_as_rfc_3339_says)
{
    static const struct {
        const char *text;
        int64_t time_ms;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"1985-04-12T23:20:50.52Z", 482196050520},
        {"1996-12-19T16:39:57-08:00", 851042397000},
        {"1937-01-01T12:00:27.87+00:20", -1},
        {"2026-11-30T15:00:00+05:30", 1796031000000},
        {"2026-11-30T09:30:00.2509999999Z", 1796031000250},
        {"9999-12-31T23:59:59.999Z", QR_TIME_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t time_ms = -1;
        struct qr_error error;
        int result = qr_time_parse(cases[i].text, &time_ms, &error);
        ck_assert_msg(time_ms == cases[i].time_ms, "%s is %" PRId64, cases[i].text, time_ms);
        ck_assert_int_eq(result, cases[i].time_ms < 0 ? QR_EFORMAT : QR_OK);
    }
}
END_TEST

START_TEST(times_that_are_none_are_refused)
{
    static const char *const texts[] = {
        "", "2026-11-30", "2026-11-30T09:30:00", "2026-11-30T09:30Z", "2026-11-30 09:30:00Z", "2026-11-30T24:00:00Z",
        "2026-11-30T09:60:00Z", "2026-11-30T09:30:60Z", "2026-11-30T09:30:00.Z", "2026-11-30T09:30:00+5:30",
        "2026-11-30T09:30:00+24:00", "2026-11-30T09:30:00+05:60", "2026-11-30T09:30:00Zx", "2026-11-31T09:30:00Z",
        "2026-11-30T09:30:00+0530", "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "2026-11-30T-9:30:00Z"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        int64_t time_ms = 42;
        struct qr_error error;
        unit_fails(qr_time_parse(texts[i], &time_ms, &error), QR_EFORMAT, error);
        ck_assert_int_eq(time_ms, 42);
    }
}
END_TEST

START_TEST(times_outside_the_calendar_are_shown_at_its_ends)
{
    static const int64_t beyond[] = {INT64_MIN, -1, INT64_MAX, QR_TIME_MAX + 1};
    for (size_t i = 0; i < sizeof beyond / sizeof beyond[0]; i++) {
        char text[QR_TIME_TEXT];
        ck_assert_str_eq(qr_time_format(beyond[i], text),
                         beyond[i] < 0 ? "1970-01-01T00:00:00Z" : "9999-12-31T23:59:59.999Z");
        qr_time_format_offset(beyond[i], 1080, text);
        ck_assert_uint_lt(strlen(text), QR_TIME_TEXT);
        qr_date_of(beyond[i], -1080);
    }
}
END_TEST

START_TEST(a_date_is_that_of_the_place)
{
    struct qr_date date = qr_date_of(INT64_C(1796063400000), 330); /* 2026-11-30T18:30:00Z is midnight in Delhi */
    char text[QR_TIME_TEXT];
    ck_assert_str_eq(qr_date_format(date, text), "2026-12-01");
    ck_assert_int_eq(qr_date_of(INT64_C(1796063399999), 330).days, date.days - 1);
    ck_assert_int_eq(qr_date_of(INT64_C(1796063400000), 0).days, date.days - 1);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_day_of_the_calendar_comes_back,
        dates_that_are_none_are_refused,
        any_time_comes_back_in_any_zone,
        times_read_as_rfc_3339_says,
        times_that_are_none_are_refused,
        times_outside_the_calendar_are_shown_at_its_ends,
        a_date_is_that_of_the_place,
    };
    return unit_run("clock", tests, sizeof tests / sizeof tests[0]);
}
