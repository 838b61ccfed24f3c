#ifndef QR_TUI_LAYOUT_H
#define QR_TUI_LAYOUT_H

#include "common/prelude.h"

/* Where things stand on a screen of a given size. A pure function, right at every size from 1x1 on.
 *
 *     one line    below 40x10    the title line says what matters; nothing else is shown
 *     one pane    from 40x10     title, pane, message, hints
 *     two panes   from 140x24    list of 60 columns, a rule, detail; from 40 rows on the latest events below */

enum tui_shape { TUI_ONE_LINE, TUI_ONE_PANE, TUI_TWO_PANES };

struct tui_rect {
    int row, col, rows, cols; /* empty when rows or cols is 0 */
};

struct tui_layout {
    enum tui_shape shape;
    struct tui_rect title;   /* 1 row */
    struct tui_rect list;    /* one pane: list and detail are the same rectangle */
    struct tui_rect rule;    /* 1 column between list and detail; empty in one pane */
    struct tui_rect detail;
    struct tui_rect events;  /* empty unless there is room */
    struct tui_rect message; /* 1 row */
    struct tui_rect hints;   /* 1 row */
};

enum {
    TUI_PANE_COLS = 40, /* least for a pane */
    TUI_PANE_ROWS = 10,
    TUI_WIDE_COLS = 140, /* least for two */
    TUI_WIDE_ROWS = 24,
    TUI_EVENTS_FROM_ROWS = 40,
    TUI_EVENTS_ROWS = 9,
    TUI_LIST_COLS = 60,
};

struct tui_layout tui_layout_of(int rows, int cols);

/* A dialog of the wanted size in the middle of the screen, made smaller where it does not fit. */
struct tui_rect tui_layout_dialog(int rows, int cols, int want_rows, int want_cols);

#endif
