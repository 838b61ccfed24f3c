#ifndef QR_TUI_TERM_CRASH_H
#define QR_TUI_TERM_CRASH_H

#include "common/prelude.h"

/* Puts a terminal back when the process crashes. Set before the terminal's mode changes; `restore` is what to write (leave the
 * alternate screen, show the cursor, plain text). Only write, tcsetattr and raise run in the handler. */
void tui_crash_guard(int fd, const char *restore);
void tui_crash_unguard(void);

#endif
