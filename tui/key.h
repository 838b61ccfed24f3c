#ifndef QR_TUI_KEY_H
#define QR_TUI_KEY_H

#include "common/prelude.h"

/* What a person pressed: a Unicode character, or one of these. Ctrl and a letter is the control character: 0x0c is Ctrl-L.
 * Enter, Tab, Backspace and Esc come as their names, whatever the terminal sends for them. */
enum tui_key {
    TUI_KEY_NONE = 0,
    TUI_KEY_REPAINT = 0x0c,
    TUI_KEY_SPECIAL = 0x200000, /* above every character */
    TUI_KEY_ENTER,
    TUI_KEY_ESCAPE,
    TUI_KEY_TAB,
    TUI_KEY_BACKTAB,
    TUI_KEY_BACKSPACE,
    TUI_KEY_DELETE,
    TUI_KEY_UP,
    TUI_KEY_DOWN,
    TUI_KEY_LEFT,
    TUI_KEY_RIGHT,
    TUI_KEY_PAGE_UP,
    TUI_KEY_PAGE_DOWN,
    TUI_KEY_HOME,
    TUI_KEY_END,
    TUI_KEY_PASTE_BEGIN, /* what follows was pasted, not typed */
    TUI_KEY_PASTE_END,
    TUI_KEY_RESIZE,
    TUI_KEY_GONE, /* the terminal was closed */
};

/* "Enter", "Esc", "^L", "v": how hints and help call it. Returns text. */
enum { TUI_KEY_TEXT = 12 };
char *tui_key_name(int key, char text[TUI_KEY_TEXT]);

#endif
