#ifndef QR_TUI_TERM_TERM_H
#define QR_TUI_TERM_TERM_H

#include "tui/app.h"

/* The terminal: the one place that knows curses. It shows screens, reads keys, and is left as it was found, however the
 * process ends: by tui_term_close, by SIGTERM, SIGHUP or SIGINT (which come as keys), or by a crash (a handler that restores
 * the saved mode with write and tcsetattr alone and lets the signal kill the process). One thread uses it. */
struct tui_term;

struct tui_term_options {
    const char *device;  /* NULL: /dev/tty. Tests give /dev/null or a file */
    const char *type;    /* NULL: TERM */
    bool monochrome;     /* NO_COLOR, --color=never */
};

/* Call setlocale first. Fails with QR_EUSAGE when there is no terminal or its type is unknown. SIGTERM, SIGHUP, SIGINT, SIGCONT and
 * SIGWINCH are blocked in this thread from then on and read through a descriptor. */
QR_MUST_USE int tui_term_open(const struct tui_term_options *options, struct tui_term **ret_term, struct qr_error *error);
void tui_term_close(struct tui_term *term);
void tui_term_closep(struct tui_term **term);

bool tui_term_utf8(const struct tui_term *term);
void tui_term_get_size(const struct tui_term *term, int *ret_rows, int *ret_cols);

/* Descriptors to poll for POLLIN: the terminal's input and its signals. */
enum { TUI_TERM_FDS = 2 };
void tui_term_fds(const struct tui_term *term, int fds[TUI_TERM_FDS]);

/* The next key, without waiting: TUI_KEY_NONE when there is none, TUI_KEY_GONE when the terminal was closed or a signal ends the
 * process. TUI_KEY_RESIZE is the only way in which the size changes. */
int tui_term_key(struct tui_term *term);

/* Shows a screen: only cells that differ from what is there reach the terminal, and a screen that is equal costs nothing. With
 * `whole`, everything is painted again. */
void tui_term_show(struct tui_term *term, const struct tui_screen *screen, bool whole);

/* Screens that reached the terminal. */
uint64_t tui_term_frames(const struct tui_term *term);

/* Gives text to the terminal's clipboard (OSC 52). False when the terminal is not known to have one. */
bool tui_term_clipboard(struct tui_term *term, const char *text);

#endif
