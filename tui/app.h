#ifndef QR_TUI_APP_H
#define QR_TUI_APP_H

#include "tui/canvas.h"
#include "tui/key.h"
#include "tui/layout.h"
#include "tui/source.h"

/* The dashboard without a terminal: what is open, what is selected, what a key does, what the screen looks like. Keys go in,
 * canvases come out; a test drives it like a person. */

struct tui_app;

/* ---- Operations ----
 * Everything a person can do is one row of a table. Key bindings, the hint bar, help (?) and the palette (:) are made from it. */
struct tui_operation {
    int key;          /* enum tui_key or a character; 0: the palette alone */
    int other_key;    /* 0: none */
    const char *name; /* what the palette calls it: "vote", "go ledger" */
    const char *hint; /* one or two words for the hint bar; NULL: not shown there */
    const char *help; /* one line, starts in lower case */
    unsigned panes;   /* bit i: while pane i of the screen has the focus; 0: always */
    void (*run)(struct tui_app *app, const char *argument); /* argument: the words after the name in the palette; "" by key */
    const char *(*why_not)(const struct tui_app *app);      /* a sentence why it cannot be done now; NULL, or returns NULL: it can */
};

struct tui_operations {
    const struct tui_operation *items;
    size_t n;
};

/* ---- Screens ----
 * A screen is up to three panes: a list, what is open in it, and what is open in that. One pane of it shows at 80x24, a list and
 * a detail side by side on a wide terminal. A pane is a list of rows that have ids, or a page of lines, or lines above a list. */
enum { TUI_ID_TEXT = 80, TUI_FILTER_MAX = 64, TUI_PANES_MAX = 3 };

struct tui_pane {
    const char *name;
    enum qr_service from; /* whose data it shows: it is stale while that service is away */
    void (*title)(const struct tui_app *app, struct qr_buffer *out);
    /* Lines above the rows, or the whole page when `count` is NULL. Returns how many lines it takes. */
    int (*page)(const struct tui_app *app, struct tui_area area);
    size_t (*count)(const struct tui_app *app);
    void (*id)(const struct tui_app *app, size_t i, char id[TUI_ID_TEXT]);
    void (*text)(const struct tui_app *app, size_t i, struct qr_buffer *out); /* what a filter looks into */
    void (*row)(const struct tui_app *app, size_t i, struct tui_area area, int row);
    const char *empty; /* shown when there are no rows */
};

struct tui_view {
    const char *name;
    int key;
    unsigned sets; /* enum tui_set: what it shows */
    size_t n_panes;
    const struct tui_pane *panes;
    struct tui_operations operations;
    /* Asks the source for what is selected. Called when the selection or the data changed; may be NULL. */
    void (*want)(struct tui_app *app);
    /* A screen without panes of the usual kind draws its whole body itself; NULL otherwise. */
    int (*whole)(const struct tui_app *app, struct tui_area area);
};

/* Where a person is in a pane. The selection is an id: rows that come and go around it do not move it. Until something was
 * chosen, the first row is selected, whichever that is. */
struct tui_place {
    char id[TUI_ID_TEXT];
    bool chosen;
    size_t index;  /* among the rows that match */
    size_t n;      /* how many match */
    size_t offset; /* the first that shows */
    size_t item;   /* the view's index of the selected row; meaningless when n is 0 */
    char filter[TUI_FILTER_MAX];
    int rows;       /* rows that show */
    int page_lines; /* of a page */
    int scroll;     /* lines of a page that are above the pane */
};

struct tui_view_state {
    size_t focus;
    struct tui_place places[TUI_PANES_MAX];
};

/* ---- Overlays: help, palette, dialogs ---- */
struct tui_overlay;
struct tui_overlay_kind {
    void (*size)(const struct tui_app *app, const struct tui_overlay *overlay, int *ret_rows, int *ret_cols);
    void (*draw)(const struct tui_app *app, struct tui_overlay *overlay, struct tui_area area);
    void (*key)(struct tui_app *app, struct tui_overlay *overlay, int key);
    bool (*takes_text)(const struct tui_overlay *overlay); /* pasted text may go in */
    void (*free)(struct tui_overlay *overlay);
};
/* The first member of each kind's own struct. */
struct tui_overlay {
    const struct tui_overlay_kind *kind;
    bool closed; /* taken away after the key */
};

enum { TUI_OVERLAYS_MAX = 4, TUI_VIEWS_MAX = 12 };

struct tui_app {
    struct tui_data *data;
    struct tui_source source;
    const struct tui_view *const *views; /* n_views */
    size_t n_views;
    size_t view;
    struct tui_view_state states[TUI_VIEWS_MAX];
    struct tui_overlay *overlays[TUI_OVERLAYS_MAX];
    size_t n_overlays;
    /* Hands text to the terminal's clipboard; false where the terminal has none. */
    bool (*clipboard)(void *context, const char *text);
    void *clipboard_context;
    int64_t now_ms;
    int rows, cols;
    struct tui_layout layout;
    bool ascii, utc, readonly;
    bool quit;
    bool repaint; /* the terminal must be painted from nothing */
    bool pasting;
    bool all_lines; /* a waterfall shows every line */
    bool orders;    /* the fares screen lists orders, not offers */
    char message[QR_ERROR_TEXT_MAX + QR_ERROR_HINT_MAX];
    enum tui_role message_role;
    uint64_t said; /* of data->said that was shown */
};

void tui_app_init(struct tui_app *app, struct tui_data *data, struct tui_source source);
void tui_app_done(struct tui_app *app);

void tui_app_size(struct tui_app *app, int rows, int cols);
void tui_app_key(struct tui_app *app, int key);
/* Takes in what changed in the data. */
void tui_app_update(struct tui_app *app);
/* Milliseconds after which the screen changes by itself (an age, a countdown); -1: never. */
int tui_app_next_change(const struct tui_app *app);

/* What shows: the base, and dialogs above it. */
struct tui_layer {
    struct tui_canvas canvas;
    int row, col;
};
struct tui_screen {
    struct tui_canvas base;
    size_t n_layers;
    struct tui_layer layers[TUI_OVERLAYS_MAX];
};
void tui_app_draw(struct tui_app *app, struct tui_screen *screen);
void tui_screen_done(struct tui_screen *screen);
/* Everything laid over one another, as text. Appended. */
void tui_screen_text(const struct tui_screen *screen, struct qr_buffer *out);

/* ---- For screens and operations ---- */
const struct tui_view *tui_app_view(const struct tui_app *app);
const struct tui_pane *tui_app_pane(const struct tui_app *app);  /* with the focus; NULL: none */
struct tui_place *tui_app_place(struct tui_app *app, size_t pane); /* of the open screen */
const struct tui_place *tui_app_place_of(const struct tui_app *app, const struct tui_view *view, size_t pane);
void tui_app_focus(struct tui_app *app, size_t pane);
void tui_app_go(struct tui_app *app, const char *view_name);
void tui_app_say(struct tui_app *app, enum tui_role role, const char *format, ...) QR_PRINTF(3, 4);
/* Opens an overlay and owns it from then on. One too many is freed instead. */
void tui_app_open(struct tui_app *app, struct tui_overlay *overlay);
/* The operation of a key on the open screen; NULL: none. The screen's own come before the common ones. */
const struct tui_operation *tui_app_operation(const struct tui_app *app, int key);
/* Runs it, or says why not. One of another screen opens that screen first. */
void tui_app_run(struct tui_app *app, const struct tui_operation *operation, const char *argument);
/* The i-th operation of the open screen, then the common ones, then those of other screens under names not seen before; NULL past
 * the last. With `focused`, those of other panes and other screens are left out. */
const struct tui_operation *tui_app_operation_at(const struct tui_app *app, size_t i, bool focused);
extern const struct tui_operations tui_common_operations;
/* The latest events, newest first, as many as the area has rows. */
void tui_draw_events(const struct tui_app *app, struct tui_area area);

#endif
