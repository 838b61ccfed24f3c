#ifndef QR_TUI_PLACE_H
#define QR_TUI_PLACE_H

#include "tui/app.h"

/* Selection, filter and scrolling of a pane, apart from what it shows. */

/* Finds the selected id among the rows that match and keeps it on the line of the screen where it was. An id that is gone
 * leaves the selection at its place in the order. */
void tui_place_update(const struct tui_app *app, const struct tui_pane *pane, struct tui_place *place);

/* Moves the selection, or scrolls a page. To the first row of all: it follows whatever is first again. */
void tui_place_move(const struct tui_app *app, const struct tui_pane *pane, struct tui_place *place, int by);
enum { TUI_PLACE_END = 1 << 20 };

/* Keeps the selection within `rows` lines. */
void tui_place_fit(struct tui_place *place, int rows);

/* Whether row i of the pane matches the place's filter: each of its words is in the row's text, whatever the case; a
 * word after "!" is not. */
bool tui_place_matches(const struct tui_app *app, const struct tui_pane *pane, const struct tui_place *place, size_t i);

#endif
