#define NCURSES_WIDECHAR 1
#include "tui/term/term.h"

#include <curses.h>
#include <fcntl.h>
#include <langinfo.h>
#include <panel.h>
#include <sodium.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <term.h>

#include "tui/term/crash.h"

#ifdef __has_feature
#define FEATURE(name) __has_feature(name)
#else
#define FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || FEATURE(address_sanitizer)
/* The panel library keeps one panel a screen until the process ends. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libpanelw"; /* by the library, so that it works without a symbolizer too */
}
#endif

/* Keys that terminfo names only in its extended part. */
enum { CODE_PASTE_BEGIN = KEY_MAX + 1, CODE_PASTE_END };

struct layer {
    PANEL *panel;
    struct tui_canvas shown;
    int row, col;
};

struct tui_term {
    SCREEN *screen;
    FILE *stream;
    int fd;
    int signals;
    sigset_t mask; /* as it was */
    WINDOW *keys;  /* a pad: reading from it never draws */
    bool utf8, colours, gone;
    attr_t attributes[TUI_ROLES];
    struct layer base;
    struct layer layers[TUI_OVERLAYS_MAX];
    size_t n_layers;
    uint64_t frames;
};

/* ---- Roles ---- */

struct look {
    short colour; /* -1: the terminal's own */
    attr_t attributes;
    attr_t monochrome;
};

static const struct look looks[TUI_ROLES] = {
    [TUI_TEXT] = {-1, A_NORMAL, A_NORMAL},
    [TUI_DIM] = {-1, A_DIM, A_NORMAL},
    [TUI_STRONG] = {-1, A_BOLD, A_BOLD},
    [TUI_TITLE] = {COLOR_CYAN, A_REVERSE, A_REVERSE},
    [TUI_TAB] = {COLOR_CYAN, A_BOLD, A_BOLD},
    [TUI_HEAD] = {COLOR_CYAN, A_BOLD, A_BOLD | A_UNDERLINE},
    [TUI_KEY] = {COLOR_CYAN, A_BOLD, A_BOLD},
    [TUI_RULE] = {COLOR_CYAN, A_DIM, A_NORMAL},
    [TUI_GOOD] = {COLOR_GREEN, A_NORMAL, A_NORMAL},
    [TUI_WARN] = {COLOR_YELLOW, A_NORMAL, A_BOLD},
    [TUI_BAD] = {COLOR_RED, A_BOLD, A_BOLD},
    [TUI_RISE] = {COLOR_YELLOW, A_NORMAL, A_NORMAL},
    [TUI_FALL] = {COLOR_GREEN, A_NORMAL, A_NORMAL},
    [TUI_FIELD] = {-1, A_UNDERLINE, A_UNDERLINE},
};

static void set_looks(struct tui_term *term, bool monochrome)
{
    term->colours = !monochrome && has_colors() && start_color() == OK && COLORS >= 8;
    if (term->colours)
        use_default_colors();
    for (short role = 0; role < TUI_ROLES; role++) {
        const struct look *look = &looks[role];
        term->attributes[role] = term->colours ? look->attributes : look->monochrome;
        if (!term->colours || look->colour < 0)
            continue;
        init_pair((short)(role + 1), look->colour, -1);
        term->attributes[role] |= COLOR_PAIR(role + 1);
    }
}

/* ---- Opening ---- */

static const char *capability(const char *name)
{
    char copy[16];
    qr_copy_text(copy, sizeof copy, name);
    char *text = tigetstr(copy);
    return text && text != (char *)-1 ? text : "";
}

static void emit(struct tui_term *term, const char *text)
{
    if (*text) {
        fputs(text, term->stream);
        fflush(term->stream);
    }
}

static void block_signals(struct tui_term *term)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGHUP);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGCONT);
    sigaddset(&set, SIGWINCH);
    pthread_sigmask(SIG_BLOCK, &set, &term->mask);
    term->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void set_modes(struct tui_term *term)
{
    cbreak();
    noecho();
    nonl();
    if (!getenv("ESCDELAY"))
        set_escdelay(25);
    typeahead(-1);
    curs_set(0);
    term->keys = newpad(1, 1);
    keypad(term->keys, TRUE);
    nodelay(term->keys, TRUE);
    if (*capability("PS") && *capability("PE")) {
        define_key(capability("PS"), CODE_PASTE_BEGIN);
        define_key(capability("PE"), CODE_PASTE_END);
        emit(term, capability("BE"));
    }
}

/* What brings the terminal back, known before it is changed. */
static void guard(struct tui_term *term)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    const char *const names[] = {"BD", "sgr0", "cnorm", "rmkx", "rmcup"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        qr_buffer_text(&text, "%s", capability(names[i]));
    tui_crash_guard(term->fd, qr_buffer_string(&text));
}

int tui_term_open(const struct tui_term_options *options, struct tui_term **ret_term, struct qr_error *error)
{
    const char *device = options->device ? options->device : "/dev/tty";
    FILE *stream = fopen(device, "r+e");
    if (!stream)
        return qr_fail(error, QR_EUSAGE, "the dashboard needs a terminal, and %s cannot be opened", device);
    if (isatty(fileno(stream))) {
        unsetenv("LINES");
        unsetenv("COLUMNS");
    }
    struct tui_term *term = qr_alloc(1, sizeof *term);
    term->stream = stream;
    term->fd = fileno(stream);
    int known;
    const char *type = options->type ? options->type : getenv("TERM");
    if (setupterm((char *)(uintptr_t)type, term->fd, &known) == OK) {
        TERMINAL *before = cur_term;
        guard(term);
        term->screen = newterm(type, stream, stream);
        if (cur_term != before)
            del_curterm(before);
    }
    if (!term->screen) {
        tui_crash_unguard();
        fclose(stream);
        free(term);
        qr_fail(error, QR_EUSAGE, "the terminal type %s is not known here", type ? type : "(none)");
        return qr_hint(error, "set TERM, for example TERM=vt100");
    }
    term->utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    block_signals(term);
    set_modes(term);
    set_looks(term, options->monochrome);
    *ret_term = term;
    return QR_OK;
}

static void layer_done(struct layer *layer)
{
    if (layer->panel) {
        WINDOW *window = panel_window(layer->panel);
        del_panel(layer->panel);
        delwin(window);
    }
    tui_canvas_done(&layer->shown);
    *layer = (struct layer){0};
}

void tui_term_close(struct tui_term *term)
{
    if (!term)
        return;
    for (size_t i = 0; i < TUI_OVERLAYS_MAX; i++)
        layer_done(&term->layers[i]);
    layer_done(&term->base);
    delwin(term->keys);
    emit(term, capability("BD"));
    endwin();
    tui_crash_unguard();
    delscreen(term->screen);
    close(term->signals);
    pthread_sigmask(SIG_SETMASK, &term->mask, NULL);
    fclose(term->stream);
    free(term);
}

void tui_term_closep(struct tui_term **term)
{
    tui_term_close(*term);
    *term = NULL;
}

bool tui_term_utf8(const struct tui_term *term)
{
    return term->utf8;
}

void tui_term_get_size(const struct tui_term *term, int *ret_rows, int *ret_cols)
{
    (void)term;
    *ret_rows = LINES;
    *ret_cols = COLS;
}

void tui_term_fds(const struct tui_term *term, int fds[TUI_TERM_FDS])
{
    fds[0] = term->fd;
    fds[1] = term->signals;
}

/* ---- Keys ---- */

/* Makes the new size known to curses, which answers with KEY_RESIZE. */
static void take_size(struct tui_term *term)
{
    struct winsize size;
    if (ioctl(term->fd, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
}

static int signal_key(struct tui_term *term)
{
    struct signalfd_siginfo info;
    if (read(term->signals, &info, sizeof info) != (ssize_t)sizeof info)
        return TUI_KEY_NONE;
    if (info.ssi_signo == SIGWINCH) {
        take_size(term);
        return TUI_KEY_RESIZE;
    }
    if (info.ssi_signo == SIGCONT) {
        take_size(term);
        return TUI_KEY_REPAINT;
    }
    term->gone = true;
    return TUI_KEY_GONE;
}

static int special_key(wint_t code)
{
    static const struct {
        wint_t code;
        int key;
    } keys[] = {
        {KEY_UP, TUI_KEY_UP},
        {KEY_DOWN, TUI_KEY_DOWN},
        {KEY_LEFT, TUI_KEY_LEFT},
        {KEY_RIGHT, TUI_KEY_RIGHT},
        {KEY_PPAGE, TUI_KEY_PAGE_UP},
        {KEY_NPAGE, TUI_KEY_PAGE_DOWN},
        {KEY_HOME, TUI_KEY_HOME},
        {KEY_END, TUI_KEY_END},
        {KEY_BACKSPACE, TUI_KEY_BACKSPACE},
        {KEY_DC, TUI_KEY_DELETE},
        {KEY_BTAB, TUI_KEY_BACKTAB},
        {KEY_ENTER, TUI_KEY_ENTER},
        {KEY_RESIZE, TUI_KEY_RESIZE},
        {CODE_PASTE_BEGIN, TUI_KEY_PASTE_BEGIN},
        {CODE_PASTE_END, TUI_KEY_PASTE_END},
    };
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (keys[i].code == code)
            return keys[i].key;
    return TUI_KEY_NONE;
}

static int character_key(wint_t code)
{
    switch (code) {
    case '\r':
    case '\n':
        return TUI_KEY_ENTER;
    case '\t':
        return TUI_KEY_TAB;
    case 0x1b:
        return TUI_KEY_ESCAPE;
    case 0x7f:
    case '\b':
        return TUI_KEY_BACKSPACE;
    }
    return (int)code;
}

/* Input that is ready but holds nothing is the end of the terminal. */
static bool hung_up(const struct tui_term *term)
{
    int ready = 0;
    return isatty(term->fd) ? ioctl(term->fd, FIONREAD, &ready) != 0 : false;
}

int tui_term_key(struct tui_term *term)
{
    if (term->gone)
        return TUI_KEY_GONE;
    int key = signal_key(term);
    if (key != TUI_KEY_NONE)
        return key;
    wint_t code;
    errno = 0;
    int kind = wget_wch(term->keys, &code);
    if (kind == KEY_CODE_YES)
        return special_key(code);
    if (kind == OK)
        return character_key(code);
    term->gone = errno == EIO || hung_up(term);
    return term->gone ? TUI_KEY_GONE : TUI_KEY_NONE;
}

/* ---- Showing ---- */

static void put_cell(const struct tui_term *term, WINDOW *window, int row, int col, const struct tui_cell *cell)
{
    wchar_t text[2] = {(wchar_t)cell->character, 0};
    cchar_t shown;
    attr_t attributes = term->attributes[cell->role];
    if (cell->selected)
        attributes = (attributes & ~A_DIM) | A_REVERSE;
    setcchar(&shown, text, attributes & ~A_COLOR, (short)PAIR_NUMBER(attributes), NULL);
    mvwadd_wch(window, row, col, &shown);
}

static void paint(const struct tui_term *term, WINDOW *window, const struct tui_canvas *canvas)
{
    for (int row = 0; row < canvas->rows; row++)
        for (int col = 0; col < canvas->cols; col++) {
            const struct tui_cell *cell = &canvas->cells[(size_t)row * (size_t)canvas->cols + (size_t)col];
            if (cell->character)
                put_cell(term, window, row, col, cell);
        }
}

/* A panel of the layer's size in its place. Returns whether anything changed. */
static bool show_layer(struct tui_term *term, struct layer *layer, const struct tui_canvas *canvas, int row, int col)
{
    bool resized = !layer->panel || layer->shown.rows != canvas->rows || layer->shown.cols != canvas->cols;
    if (!resized && layer->row == row && layer->col == col && tui_canvas_equal(&layer->shown, canvas))
        return false;
    if (canvas->rows == 0 || canvas->cols == 0)
        return false;
    if (resized)
        layer_done(layer);
    if (!layer->panel) {
        WINDOW *window = newwin(canvas->rows, canvas->cols, row, col);
        if (!window)
            return false;
        layer->panel = new_panel(window);
    } else if (layer->row != row || layer->col != col) {
        move_panel(layer->panel, row, col);
    }
    layer->row = row;
    layer->col = col;
    paint(term, panel_window(layer->panel), canvas);
    tui_canvas_copy(&layer->shown, canvas);
    return true;
}

static void place_cursor(const struct tui_term *term, const struct tui_screen *screen)
{
    const struct tui_layer *top = screen->n_layers ? &screen->layers[screen->n_layers - 1] : NULL;
    if (!top || top->canvas.cursor_row < 0) {
        curs_set(0);
        return;
    }
    curs_set(1);
    wmove(panel_window(term->layers[screen->n_layers - 1].panel), top->canvas.cursor_row, top->canvas.cursor_col);
    wnoutrefresh(panel_window(term->layers[screen->n_layers - 1].panel));
}

void tui_term_show(struct tui_term *term, const struct tui_screen *screen, bool whole)
{
    bool changed = show_layer(term, &term->base, &screen->base, 0, 0);
    for (size_t i = 0; i < screen->n_layers; i++)
        changed |= show_layer(term, &term->layers[i], &screen->layers[i].canvas, screen->layers[i].row, screen->layers[i].col);
    for (; term->n_layers > screen->n_layers; term->n_layers--) {
        layer_done(&term->layers[term->n_layers - 1]);
        changed = true;
    }
    term->n_layers = screen->n_layers;
    if ((!changed && !whole) || !term->base.panel)
        return;
    bottom_panel(term->base.panel);
    if (whole)
        clearok(curscr, TRUE);
    update_panels();
    place_cursor(term, screen);
    doupdate();
    term->frames++;
}

uint64_t tui_term_frames(const struct tui_term *term)
{
    return term->frames;
}

/* ---- Clipboard ---- */

bool tui_term_clipboard(struct tui_term *term, const char *text)
{
    char *format = (char *)(uintptr_t)capability("Ms");
    char encoded[512];
    if (!*format || strlen(text) > 256)
        return false;
    sodium_bin2base64(encoded, sizeof encoded, (const unsigned char *)text, strlen(text), sodium_base64_VARIANT_ORIGINAL);
    emit(term, tiparm(format, "c", encoded));
    return true;
}
