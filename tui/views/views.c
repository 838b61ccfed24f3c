#include "tui/views/views.h"

const struct tui_view *const tui_views[] = {&tui_overview, &tui_ledger, &tui_governance, &tui_decisions, &tui_fares};
const size_t tui_views_n = sizeof tui_views / sizeof tui_views[0];

bool tui_selected_hash(const struct tui_app *app, const struct tui_view *view, size_t pane, struct qr_hash *ret_hash)
{
    const struct tui_place *place = tui_app_place_of(app, view, pane);
    return place && place->n > 0 && qr_hash_from_hex(place->id, "id", ret_hash, NULL) == QR_OK;
}
