#ifndef QR_TUI_TEXT_H
#define QR_TUI_TEXT_H

#include "common/prelude.h"

/* Text as a terminal shows it: UTF-8 decoded and measured in cells. Text may come from anywhere, so what a terminal could
 * obey or what has no shape of its own never reaches it: control characters, bidirectional marks and bytes that are
 * no UTF-8 become '?', combining marks are left out. Widths are wcwidth's and need a UTF-8 locale for other than ASCII. */

/* The next character of *text, moving past it; 0 at the end. ret_width: 1 or 2 cells. */
uint32_t tui_text_next(const char **text, int *ret_width);

/* Cells that the text takes. */
int tui_text_width(const char *text);

/* What stands for a character where only ASCII can be shown: '-' for a line, '#' for a bar, '?' for the unknown. */
uint32_t tui_text_ascii(uint32_t character);

/* UTF-8 of one character, zero-terminated: text holds 5. Returns its length. */
size_t tui_text_encode(uint32_t character, char text[5]);

#endif
