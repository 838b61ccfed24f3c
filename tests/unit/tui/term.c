#include <fcntl.h>
#include <locale.h>

#include "tests/unit/tui/fixture.h"
#include "tests/unit/unit.h"
#include "tui/term/term.h"

/* What reaches a terminal, counted in bytes of a file that stands for it. */

static char path[] = "/tmp/qr-term-XXXXXX";
static struct tui_term *term;
static struct fixture fixture;
static int watch;

static int64_t bytes(void)
{
    return lseek(watch, 0, SEEK_END);
}

static void open_at(int rows, int cols)
{
    char text[16];
    struct qr_error error;
    snprintf(text, sizeof text, "%d", rows);
    setenv("LINES", text, 1);
    snprintf(text, sizeof text, "%d", cols);
    setenv("COLUMNS", text, 1);
    watch = mkstemp(path);
    const struct tui_term_options options = {.device = path, .type = "xterm-256color"};
    unit_ok(tui_term_open(&options, &term, &error), error);
    fixture_open(&fixture, rows, cols);
}

static void close_all(void)
{
    fixture_close(&fixture);
    tui_term_closep(&term);
    close(watch);
    unlink(path);
}

static void paint(void)
{
    tui_app_update(&fixture.app);
    tui_app_draw(&fixture.app, &fixture.screen);
    tui_term_show(term, &fixture.screen, false);
}

static void check_budget(int rows, int cols, int64_t whole)
{
    open_at(rows, cols);
    int64_t start = bytes();
    paint();
    ck_assert_int_le(bytes() - start, whole);
    ck_assert_int_gt(bytes() - start, 200);
    for (size_t view = 1; view < tui_views_n; view++) {
        tui_app_go(&fixture.app, tui_views[view]->name);
        start = bytes();
        paint();
        ck_assert_int_le(bytes() - start, whole);
    }
    close_all();
}

START_TEST(a_full_repaint_is_within_its_budget)
{
    if (_i == 0)
        check_budget(24, 80, 4 << 10);
    else
        check_budget(60, 200, 24 << 10);
}
END_TEST

START_TEST(nothing_changed_costs_nothing)
{
    open_at(24, 80);
    paint();
    int64_t before = bytes();
    uint64_t frames = tui_term_frames(term);
    for (int i = 0; i < 10; i++) {
        tui_data_touch(fixture.data);
        paint();
    }
    ck_assert_int_eq(bytes(), before);
    ck_assert_uint_eq(tui_term_frames(term), frames);
    close_all();
}
END_TEST

START_TEST(a_move_of_the_selection_is_within_its_budget)
{
    open_at(24, 80);
    tui_app_go(&fixture.app, "Ledger");
    paint();
    for (int i = 0; i < 15; i++) {
        int64_t before = bytes();
        fixture_key(&fixture, TUI_KEY_DOWN);
        paint();
        if (bytes() - before > 600)
            ck_abort_msg("moving down took %" PRId64 " bytes", bytes() - before);
    }
    close_all();
}
END_TEST

START_TEST(an_unknown_terminal_is_an_error)
{
    struct qr_error error;
    struct tui_term *none = NULL;
    const struct tui_term_options options = {.device = "/dev/null", .type = "no-such-terminal"};
    unit_fails(tui_term_open(&options, &none, &error), QR_EUSAGE, error);
    const struct tui_term_options missing = {.device = "/no/such/device", .type = "xterm"};
    unit_fails(tui_term_open(&missing, &none, &error), QR_EUSAGE, error);
}
END_TEST

int main(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    setenv("TZ", "UTC", 1);
    Suite *suite = suite_create("term");
    TCase *all = tcase_create("all");
    tcase_add_loop_test(all, a_full_repaint_is_within_its_budget, 0, 2);
    tcase_add_test(all, nothing_changed_costs_nothing);
    tcase_add_test(all, a_move_of_the_selection_is_within_its_budget);
    tcase_add_test(all, an_unknown_terminal_is_an_error);
    suite_add_tcase(suite, all);
    return fixture_run(suite);
}
