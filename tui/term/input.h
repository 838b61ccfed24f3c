#ifndef QR_TUI_TERM_INPUT_H
#define QR_TUI_TERM_INPUT_H

#include "tui/canvas.h"

/* One line of input, edited by the form library: insertion in the middle, wide characters, scrolling when it is longer than
 * it is wide. It lives off the screen and is copied to a canvas, so dialogs stay plain cells. A terminal must be open
 * (term.h); one on /dev/null will do. */
struct tui_input;

/* width: cells that show; most: characters that it takes. */
struct tui_input *tui_input_new(int width, int most);
void tui_input_free(struct tui_input *input);

void tui_input_set(struct tui_input *input, const char *text);
/* Without blanks at the ends. */
void tui_input_get(struct tui_input *input, char *ret_text, size_t capacity);

/* An editing key or a character; others are left alone. Returns whether it was taken. */
bool tui_input_key(struct tui_input *input, int key);

/* Draws the field; with `focused`, the canvas's cursor is put where the next character goes. */
void tui_input_draw(struct tui_input *input, struct tui_area area, int row, int col, bool focused);

#endif
