#ifndef QR_TUI_CANVAS_H
#define QR_TUI_CANVAS_H

#include "common/buffer.h"
#include "tui/text.h"

/* What screens draw on: a grid of cells in memory, each a character and a role. Roles are meanings; term/ gives them
 * colours, or attributes where there are none. A meaning that matters is always in the text too (a sign, a word), so a
 * monochrome screen says the same. Screens draw without knowing a terminal, and tests read the grid as text. */

enum tui_role {
    TUI_TEXT,
    TUI_DIM,    /* secondary: units, ages, ids */
    TUI_STRONG, /* what the eye should find first */
    TUI_TITLE,  /* the title bar and the hint bar's ground */
    TUI_TAB,    /* the open screen in the title bar */
    TUI_HEAD,   /* column heads and pane titles */
    TUI_KEY,    /* a key that can be pressed */
    TUI_RULE,   /* rules between panes, frames of dialogs */
    TUI_GOOD,
    TUI_WARN,
    TUI_BAD,
    TUI_RISE, /* amounts that raise a fare */
    TUI_FALL, /* and that lower it */
    TUI_FIELD, /* input */
    TUI_ROLES
};

struct tui_cell {
    uint32_t character; /* 0: the right half of a wide character */
    uint8_t role;
    bool selected; /* shown reversed */
};

struct tui_canvas {
    int rows, cols;
    bool ascii;               /* characters beyond ASCII are put as their stand-ins */
    int cursor_row, cursor_col; /* where the cursor shows; row -1: nowhere */
    struct tui_cell *cells;   /* rows * cols */
};

enum { TUI_CANVAS_ROWS_MAX = 1000, TUI_CANVAS_COLS_MAX = 1000 };

/* A zeroed canvas is empty. Sizing clears; sizes are clamped to 0..MAX. */
void tui_canvas_size(struct tui_canvas *canvas, int rows, int cols);
void tui_canvas_clear(struct tui_canvas *canvas);
void tui_canvas_done(struct tui_canvas *canvas);
bool tui_canvas_equal(const struct tui_canvas *a, const struct tui_canvas *b);
void tui_canvas_copy(struct tui_canvas *to, const struct tui_canvas *from);

/* The grid as text: one line a row, blanks at the end left out. Appended. */
void tui_canvas_text(const struct tui_canvas *canvas, struct qr_buffer *out);

/* A rectangle of a canvas with rows and columns of its own; nothing is drawn outside it. `skip` rows are scrolled off
 * its top: row `skip` is the first that shows. */
struct tui_area {
    struct tui_canvas *canvas;
    int row, col, rows, cols, skip;
};

struct tui_area tui_area_of(struct tui_canvas *canvas);
struct tui_area tui_area_part(struct tui_area area, int row, int col, int rows, int cols); /* clipped to the area */

/* All positions are the area's. Putting returns the column after the last cell. */
int tui_put(struct tui_area area, int row, int col, enum tui_role role, const char *text);
int tui_print(struct tui_area area, int row, int col, enum tui_role role, const char *format, ...) QR_PRINTF(5, 6);
void tui_repeat(struct tui_area area, int row, int col, int n, enum tui_role role, uint32_t character);

/* Exactly `width` cells: cut with an ellipsis, padded with blanks. Returns col + width. */
enum tui_align { TUI_LEFT, TUI_RIGHT };
int tui_fit(struct tui_area area, int row, int col, int width, enum tui_align align, enum tui_role role, const char *text);

/* A paragraph broken at blanks into lines of `width` cells. Returns the rows it took. */
int tui_wrap(struct tui_area area, int row, int col, int width, enum tui_role role, const char *text);

/* Shows what was drawn in a row as selected, from edge to edge. */
void tui_select(struct tui_area area, int row);

/* A frame around the area with a title in its upper edge. */
void tui_frame(struct tui_area area, const char *title);

/* Blanks a row of the area with a role as its ground. */
void tui_ground(struct tui_area area, int row, enum tui_role role);

#endif
