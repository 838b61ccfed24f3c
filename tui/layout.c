#include "tui/layout.h"

static int at_least_0(int value)
{
    return value > 0 ? value : 0;
}

static struct tui_rect rect(int row, int col, int rows, int cols)
{
    return (struct tui_rect){row, col, at_least_0(rows), at_least_0(cols)};
}

static void split_body(struct tui_layout *layout, struct tui_rect body)
{
    layout->list = rect(body.row, body.col, body.rows, TUI_LIST_COLS);
    layout->rule = rect(body.row, TUI_LIST_COLS, body.rows, 1);
    layout->detail = rect(body.row, TUI_LIST_COLS + 1, body.rows, body.cols - TUI_LIST_COLS - 1);
}

struct tui_layout tui_layout_of(int rows, int cols)
{
    struct tui_layout layout = {.title = rect(0, 0, rows > 0 ? 1 : 0, cols)};
    if (rows < TUI_PANE_ROWS || cols < TUI_PANE_COLS)
        return layout;
    layout.message = rect(rows - 2, 0, 1, cols);
    layout.hints = rect(rows - 1, 0, 1, cols);
    struct tui_rect body = rect(1, 0, rows - 3, cols);
    if (rows < TUI_WIDE_ROWS || cols < TUI_WIDE_COLS) {
        layout.shape = TUI_ONE_PANE;
        layout.list = body;
        layout.detail = body;
        return layout;
    }
    layout.shape = TUI_TWO_PANES;
    if (rows >= TUI_EVENTS_FROM_ROWS) {
        body.rows -= TUI_EVENTS_ROWS;
        layout.events = rect(body.row + body.rows, 0, TUI_EVENTS_ROWS, cols);
    }
    split_body(&layout, body);
    return layout;
}

struct tui_rect tui_layout_dialog(int rows, int cols, int want_rows, int want_cols)
{
    int high = want_rows < rows ? want_rows : rows;
    int wide = want_cols < cols ? want_cols : cols;
    return rect((rows - high) / 2, (cols - wide) / 2, high, wide);
}
