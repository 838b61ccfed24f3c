#include <check.h>
#include <locale.h>

#include "tui/canvas.h"

static struct tui_canvas canvas;

static void check_text(const char *expected)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    tui_canvas_text(&canvas, &text);
    ck_assert_str_eq(qr_buffer_string(&text), expected);
}

static void setup(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    canvas = (struct tui_canvas){0};
    tui_canvas_size(&canvas, 3, 10);
}

static void teardown(void)
{
    tui_canvas_done(&canvas);
}

START_TEST(nothing_is_drawn_outside_an_area)
{
    struct tui_area area = tui_area_part(tui_area_of(&canvas), 1, 2, 1, 4);
    tui_put(area, 0, -2, TUI_TEXT, "abcdefghij");
    tui_put(area, -1, 0, TUI_TEXT, "above");
    tui_put(area, 1, 0, TUI_TEXT, "below");
    check_text("\n  cdef\n\n");
}
END_TEST

START_TEST(what_a_terminal_could_obey_is_neutralised)
{
    tui_put(tui_area_of(&canvas), 0, 0, TUI_TEXT, "a\033[2Jb\x7f");
    tui_put(tui_area_of(&canvas), 1, 0, TUI_TEXT, "x\u202ey\xc2\x9bz");
    tui_put(tui_area_of(&canvas), 2, 0, TUI_TEXT, "\xff\xc0\x80k");
    check_text("a?[2Jb?\nx?y?z\n???k\n");
}
END_TEST

START_TEST(wide_characters_keep_the_columns)
{
    ck_assert_int_eq(tui_text_width("東京"), 4);
    tui_fit(tui_area_of(&canvas), 0, 0, 5, TUI_LEFT, TUI_TEXT, "東京都");
    tui_put(tui_area_of(&canvas), 0, 5, TUI_TEXT, "|");
    tui_fit(tui_area_of(&canvas), 1, 0, 6, TUI_RIGHT, TUI_TEXT, "東");
    check_text("東京…|\n    東\n\n");
    ck_assert_uint_eq(canvas.cells[1].character, 0);
}
END_TEST

START_TEST(text_is_cut_with_an_ellipsis)
{
    tui_fit(tui_area_of(&canvas), 0, 0, 4, TUI_LEFT, TUI_TEXT, "abcdef");
    tui_fit(tui_area_of(&canvas), 1, 0, 6, TUI_RIGHT, TUI_TEXT, "abc");
    check_text("abc…\n   abc\n\n");
}
END_TEST

START_TEST(ascii_has_a_stand_in_for_everything)
{
    canvas.ascii = true;
    tui_put(tui_area_of(&canvas), 0, 0, TUI_TEXT, "█─│…東●é");
    for (int i = 0; i < 10; i++)
        ck_assert_uint_lt(canvas.cells[i].character, 0x80);
    check_text("#-|~?*?\n\n\n");
}
END_TEST

START_TEST(paragraphs_break_at_blanks)
{
    ck_assert_int_eq(tui_wrap(tui_area_of(&canvas), 0, 0, 9, TUI_TEXT, "one two three"), 2);
    check_text("one two\nthree\n\n");
}
END_TEST

START_TEST(rows_scroll_off_the_top)
{
    struct tui_area area = tui_area_of(&canvas);
    area.skip = 1;
    for (int row = 0; row < 5; row++)
        tui_print(area, row, 0, TUI_TEXT, "%d", row);
    check_text("1\n2\n3\n");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("canvas");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_add_test(all, nothing_is_drawn_outside_an_area);
    tcase_add_test(all, what_a_terminal_could_obey_is_neutralised);
    tcase_add_test(all, wide_characters_keep_the_columns);
    tcase_add_test(all, text_is_cut_with_an_ellipsis);
    tcase_add_test(all, ascii_has_a_stand_in_for_everything);
    tcase_add_test(all, paragraphs_break_at_blanks);
    tcase_add_test(all, rows_scroll_off_the_top);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
