#include <check.h>

#include "tui/layout.h"

/* At every size from 1x1 to 300x100: nothing reaches beyond the screen, nothing covers another, every row of a full screen has
 * an owner. */

enum { ROWS = 100, COLS = 300 };

static uint8_t owner[ROWS][COLS];

static void own(struct tui_rect rect, int rows, int cols)
{
    ck_assert(rect.rows >= 0 && rect.cols >= 0);
    for (int row = rect.row; row < rect.row + rect.rows; row++)
        for (int col = rect.col; col < rect.col + rect.cols; col++) {
            if (row < 0 || row >= rows || col < 0 || col >= cols)
                ck_abort_msg("a part reaches beyond %dx%d", cols, rows);
            if (owner[row][col]++)
                ck_abort_msg("two parts share a cell at %dx%d", cols, rows);
        }
}

static void check_size(int rows, int cols)
{
    struct tui_layout layout = tui_layout_of(rows, cols);
    memset(owner, 0, sizeof owner);
    own(layout.title, rows, cols);
    own(layout.list, rows, cols);
    own(layout.rule, rows, cols);
    if (layout.shape == TUI_TWO_PANES)
        own(layout.detail, rows, cols);
    own(layout.events, rows, cols);
    own(layout.message, rows, cols);
    own(layout.hints, rows, cols);
    for (int row = 0; row < rows && layout.shape != TUI_ONE_LINE; row++)
        for (int col = 0; col < cols; col++)
            if (!owner[row][col])
                ck_abort_msg("no part owns %d,%d at %dx%d", row, col, cols, rows);
    ck_assert_int_eq(layout.shape == TUI_ONE_LINE, rows < 10 || cols < 40);
}

START_TEST(every_size)
{
    for (int rows = 1; rows <= ROWS; rows++)
        for (int cols = 1; cols <= COLS; cols++)
            check_size(rows, cols);
}
END_TEST

START_TEST(dialogs_stay_on_the_screen)
{
    for (int rows = 1; rows <= ROWS; rows += 3)
        for (int cols = 1; cols <= COLS; cols += 7) {
            struct tui_rect rect = tui_layout_dialog(rows, cols, 20, 64);
            ck_assert(rect.row >= 0 && rect.col >= 0 && rect.row + rect.rows <= rows && rect.col + rect.cols <= cols);
        }
}
END_TEST

START_TEST(shapes)
{
    ck_assert_int_eq(tui_layout_of(24, 80).shape, TUI_ONE_PANE);
    ck_assert_int_eq(tui_layout_of(60, 200).shape, TUI_TWO_PANES);
    ck_assert_int_eq(tui_layout_of(60, 200).list.cols, 60);
    ck_assert_int_gt(tui_layout_of(60, 200).events.rows, 0);
    ck_assert_int_eq(tui_layout_of(9, 80).shape, TUI_ONE_LINE);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("layout");
    TCase *all = tcase_create("all");
    tcase_add_test(all, every_size);
    tcase_add_test(all, dialogs_stay_on_the_screen);
    tcase_add_test(all, shapes);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
