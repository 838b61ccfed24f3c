#ifndef QR_TUI_HELP_H
#define QR_TUI_HELP_H

#include "tui/app.h"

/* Help (?): the keys of this screen. Typing narrows it, Enter runs what is selected. */
void tui_help_open(struct tui_app *app);

/* The palette (:): operations by name, with words after it: "search DEL BOM +7". Tab completes. */
void tui_palette_open(struct tui_app *app, const char *text);

/* The end of a process's log; left and right change the process. */
void tui_logs_open(struct tui_app *app);

#endif
