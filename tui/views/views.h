#ifndef QR_TUI_VIEWS_VIEWS_H
#define QR_TUI_VIEWS_VIEWS_H

#include "tui/app.h"
#include "tui/format.h"

/* The screens, in the order of their keys. To add one: a file here, a row in views.c, and its name among the common
 * operations. Keys 6 to 9 are free. */
extern const struct tui_view tui_overview;
extern const struct tui_view tui_ledger;
extern const struct tui_view tui_governance;
extern const struct tui_view tui_decisions;
extern const struct tui_view tui_fares;

extern const struct tui_view *const tui_views[];
extern const size_t tui_views_n;

/* The waterfall of a decision: base, contributions by size, the rest together, rules, fare. Returns the lines it took. */
int tui_draw_waterfall(const struct tui_app *app, struct tui_area area, const struct tui_decision *decision);
/* Asks for what a waterfall needs: the decision, its mandate. */
void tui_want_decision(struct tui_app *app, const struct qr_hash *id);
/* Checks the receipt of a decision, when it is not being checked already. */
void tui_verify(struct tui_app *app, const struct qr_hash *id);

/* The selected id of a pane as a hash; false when nothing is selected. */
bool tui_selected_hash(const struct tui_app *app, const struct tui_view *view, size_t pane, struct qr_hash *ret_hash);

#endif
