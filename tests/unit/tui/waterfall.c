#include <locale.h>

#include "tests/unit/tui/fixture.h"
#include "tests/unit/unit.h"
#include "tui/impact.h"
#include "tui/waterfall.h"

static struct fixture fixture;
static struct tui_waterfall waterfall;

static void setup(void)
{
    fixture_open(&fixture, 24, 80);
}

static void teardown(void)
{
    fixture_close(&fixture);
}

static void make(size_t named)
{
    ck_assert(tui_waterfall_of(&fixture.data->decisions.items[0], &fixture.data->mandates.items[0].schema, named, &waterfall));
}

START_TEST(the_lines_sum_to_the_fare_however_many_are_named)
{
    make((size_t)_i);
    int64_t sum = 0;
    for (size_t i = 0; i + 1 < waterfall.n; i++)
        sum += waterfall.lines[i].amount;
    ck_assert_int_eq(sum, waterfall.fare);
    ck_assert(waterfall.exact);
    ck_assert_int_eq(waterfall.lines[waterfall.n - 1].amount, waterfall.fare);
}
END_TEST

START_TEST(the_largest_stand_first_and_zero_has_no_line)
{
    make(QR_FEATURES_MAX);
    ck_assert_str_eq(waterfall.lines[1].name, "days_left");
    ck_assert_str_eq(waterfall.lines[1].value, "3");
    for (size_t i = 2; i < waterfall.n && waterfall.lines[i].kind == TUI_LINE_FEATURE; i++) {
        ck_assert_int_le(llabs(waterfall.lines[i].amount), llabs(waterfall.lines[i - 1].amount));
        ck_assert_int_ne(waterfall.lines[i].amount, 0);
    }
    make(3);
    ck_assert_int_eq(waterfall.lines[4].kind, TUI_LINE_OTHERS);
    ck_assert_str_eq(waterfall.lines[4].name, "5 others");
    ck_assert_str_eq(waterfall.lines[5].name, "rule: cap");
}
END_TEST

START_TEST(bars_lie_within_their_width_and_are_seen)
{
    make(QR_FEATURES_MAX);
    for (int width = 1; width < 120; width++)
        for (size_t i = 0; i < waterfall.n; i++) {
            int from, to;
            tui_waterfall_bar(&waterfall, &waterfall.lines[i], width, &from, &to);
            if (from < 0 || to > width || from >= to)
                ck_abort_msg("line %zu covers %d to %d of %d", i, from, to, width);
        }
    ck_assert_int_eq(waterfall.low, 600000);
    ck_assert_int_eq(waterfall.high, 1300000);
}
END_TEST

START_TEST(a_report_gives_its_largest_shifts)
{
    struct tui_impacts impacts;
    ck_assert(tui_impacts_of(
        "{\"rows\":9,\"fares\":{\"mean_before\":100,\"mean_after\":150},\"segments\":[{\"name\":\"route\",\"segments\":["
        "{\"value\":\"a\",\"change_bp\":5},{\"value\":\"b\",\"change_bp\":-2000},{\"value\":\"c\",\"change_bp\":7},"
        "{\"value\":\"d\",\"change_bp\":6}]}],\"rules\":[{\"breaches_before\":1,\"breaches_after\":3}]}", &impacts));
    ck_assert_uint_eq(impacts.n, 5);
    ck_assert_int_eq(impacts.items[0].change, 5000);
    ck_assert_int_eq(impacts.items[1].change, 2);
    ck_assert(impacts.items[1].alarm);
    ck_assert_str_eq(impacts.items[2].label, "mean fare b");
    ck_assert(impacts.items[2].alarm);
    ck_assert_str_eq(impacts.items[3].label, "mean fare c");
    ck_assert_str_eq(impacts.items[4].label, "mean fare d");
    ck_assert(!tui_impacts_of("[]", &impacts));
    ck_assert(!tui_impacts_of("{", &impacts));
}
END_TEST

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    Suite *suite = suite_create("waterfall");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_loop_test(all, the_lines_sum_to_the_fare_however_many_are_named, 0, 10);
    tcase_add_test(all, the_largest_stand_first_and_zero_has_no_line);
    tcase_add_test(all, bars_lie_within_their_width_and_are_seen);
    tcase_add_test(all, a_report_gives_its_largest_shifts);
    suite_add_tcase(suite, all);
    return fixture_run(suite);
}
