#include "tui/app.h"
#include "tui/format.h"
#include "tui/place.h"

/* The screen from its parts: title, panes, latest events, message, hints, and dialogs above them. */

static struct tui_area area_of(struct tui_screen *screen, struct tui_rect rect)
{
    return tui_area_part(tui_area_of(&screen->base), rect.row, rect.col, rect.rows, rect.cols);
}

static void draw_state(const struct tui_app *app, struct tui_area area, int from)
{
    char number[TUI_FORMAT], zone[TUI_FORMAT], text[3 * TUI_FORMAT];
    unsigned away = tui_data_away(app->data);
    const char *height = tui_number(app->data->head.height, number);
    tui_zone(app, app->now_ms, zone);
    if (away > 0)
        snprintf(text, sizeof text, "%u away %s ", away, zone);
    else
        snprintf(text, sizeof text, "#%s %s ", height, zone);
    int col = area.cols - tui_text_width(text);
    if (col > from)
        tui_put(area, 0, col, away > 0 ? TUI_TAB : TUI_TITLE, text);
}

static int draw_tab(const struct tui_app *app, struct tui_area area, int col, size_t i)
{
    const struct tui_view *view = app->views[i];
    return tui_print(area, 0, col, i == app->view ? TUI_TAB : TUI_TITLE, " %c %s ", view->key, view->name);
}

static void draw_title(const struct tui_app *app, struct tui_area area)
{
    int width = 9;
    for (size_t i = 0; i < app->n_views; i++)
        width += 4 + tui_text_width(app->views[i]->name);
    tui_ground(area, 0, TUI_TITLE);
    int col = tui_put(area, 0, 0, TUI_TITLE, " Quorate ");
    if (width > area.cols) {
        col = draw_tab(app, area, col, app->view);
    } else {
        for (size_t i = 0; i < app->n_views; i++)
            col = draw_tab(app, area, col, i);
    }
    draw_state(app, area, col);
}

/* Below the least size of a pane: what matters in one line. */
static void draw_line(const struct tui_app *app, struct tui_area area)
{
    char number[TUI_FORMAT];
    unsigned away = tui_data_away(app->data);
    if (away > 0)
        tui_print(area, 0, 0, TUI_BAD, "%u of %u away, q quits", away, tui_data_processes(app->data));
    else
        tui_print(area, 0, 0, TUI_TEXT, "#%s, all up, q quits", tui_number(app->data->head.height, number));
}

/* "stale 14 s" or where in the list one is, at the right end of a pane's title. */
static void draw_pane_state(const struct tui_app *app, const struct tui_pane *pane, const struct tui_place *place,
                            struct tui_area area)
{
    char span[TUI_FORMAT];
    char text[4 * TUI_FORMAT] = "";
    enum qr_service from = tui_data_runs(app->data, pane->from) ? pane->from : QR_SERVICE_LEDGER;
    int64_t stale = tui_data_stale(app->data, from, app->now_ms);
    enum tui_role role = TUI_DIM;
    if (stale >= 0) {
        snprintf(text, sizeof text, " %s away, stale %s ", qr_service_name(from), tui_span(stale, span));
        role = TUI_WARN;
    } else if (pane->count && place->n > 0) {
        snprintf(text, sizeof text, " %zu/%zu ", place->index + 1, place->n);
    }
    int col = area.cols - tui_text_width(text);
    if (col > 0)
        tui_put(area, 0, col, role, text);
}

static void draw_pane_title(const struct tui_app *app, const struct tui_pane *pane, const struct tui_place *place,
                            struct tui_area area, bool focused)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer title = {0};
    pane->title(app, &title);
    int col = tui_fit(area, 0, 0, 1, TUI_LEFT, TUI_HEAD, " ");
    col = tui_put(area, 0, col, focused ? TUI_HEAD : TUI_DIM, qr_buffer_string(&title));
    if (place->filter[0])
        tui_print(area, 0, col + 2, TUI_WARN, "/%s", place->filter);
    draw_pane_state(app, pane, place, area);
}

static void draw_nothing(const struct tui_app *app, const struct tui_pane *pane, const struct tui_place *place, struct tui_area area)
{
    char text[TUI_LINE];
    snprintf(text, sizeof text, "this home follows another's ledger: %s does not run here", qr_service_name(pane->from));
    const char *why = tui_data_runs(app->data, pane->from) ? pane->empty : text;
    tui_wrap(area, 1, 2, area.cols - 4, TUI_DIM, place->filter[0] ? "nothing matches the filter; Esc clears it" : why);
}

static void draw_rows(struct tui_app *app, const struct tui_pane *pane, struct tui_place *place, struct tui_area area,
                      bool focused)
{
    tui_place_fit(place, area.rows);
    if (place->n == 0) {
        draw_nothing(app, pane, place, area);
        return;
    }
    size_t n = pane->count(app);
    size_t matching = 0;
    for (size_t i = 0; i < n && matching < place->offset + (size_t)area.rows; i++) {
        if (!tui_place_matches(app, pane, place, i))
            continue;
        if (matching >= place->offset) {
            int row = (int)(matching - place->offset);
            pane->row(app, i, area, row);
            if (matching == place->index && focused)
                tui_select(area, row);
            else if (matching == place->index)
                tui_repeat(area, row, 0, 1, TUI_KEY, 0x25b8);
        }
        matching++;
    }
}

static void draw_page(struct tui_app *app, const struct tui_pane *pane, struct tui_place *place, struct tui_area area)
{
    place->rows = area.rows;
    area.skip = place->scroll;
    place->page_lines = pane->page(app, area);
    tui_place_move(app, pane, place, 0);
    if (place->page_lines > place->scroll + place->rows && area.rows > 0) {
        area.skip = 0;
        tui_put(area, area.rows - 1, area.cols - 6, TUI_DIM, " more ");
    }
}

static void draw_pane(struct tui_app *app, size_t i, struct tui_area area, bool focused)
{
    const struct tui_pane *pane = &tui_app_view(app)->panes[i];
    struct tui_place *place = tui_app_place(app, i);
    struct tui_area body = tui_area_part(area, 1, 0, area.rows - 1, area.cols);
    draw_pane_title(app, pane, place, area, focused);
    if (!pane->count) {
        draw_page(app, pane, place, body);
        return;
    }
    int above = pane->page ? pane->page(app, body) : 0;
    draw_rows(app, pane, place, tui_area_part(body, above, 0, body.rows - above, body.cols), focused);
}

static void draw_rule(struct tui_area area)
{
    for (int row = 0; row < area.rows; row++)
        tui_repeat(area, row, 0, 1, TUI_RULE, 0x2502);
}

static void draw_panes(struct tui_app *app, struct tui_screen *screen)
{
    const struct tui_layout *layout = &app->layout;
    const struct tui_view *view = tui_app_view(app);
    size_t focus = app->states[app->view].focus;
    if (view->whole) {
        struct tui_rect all = layout->list;
        all.cols = app->cols;
        view->whole(app, area_of(screen, all));
    } else if (layout->shape == TUI_ONE_PANE || view->n_panes == 1) {
        draw_pane(app, focus, area_of(screen, layout->list), true);
    } else {
        draw_pane(app, 0, area_of(screen, layout->list), focus == 0);
        draw_rule(area_of(screen, layout->rule));
        draw_pane(app, focus > 0 ? focus : 1, area_of(screen, layout->detail), focus > 0);
    }
}

static enum tui_role event_role(enum tui_level level)
{
    switch (level) {
    case TUI_INFO:
        return TUI_TEXT;
    case TUI_WARNING:
        return TUI_WARN;
    case TUI_ALARM:
        return TUI_BAD;
    }
    return TUI_TEXT;
}

void tui_draw_events(const struct tui_app *app, struct tui_area area)
{
    const struct tui_events *events = &app->data->events;
    for (int row = 0; row < area.rows && (size_t)row < events->n; row++) {
        const struct tui_event *event = &events->items[row];
        char at[TUI_FORMAT];
        tui_fit(area, row, 1, 12, TUI_LEFT, TUI_DIM, tui_clock(app, event->time_ms, at));
        tui_fit(area, row, 14, 11, TUI_LEFT, TUI_DIM, event->from);
        tui_fit(area, row, 26, area.cols - 27, TUI_LEFT, event_role(event->level), event->text);
    }
    if (events->n == 0)
        tui_put(area, 0, 1, TUI_DIM, "nothing has happened since the dashboard was opened");
}

static void draw_events(const struct tui_app *app, struct tui_area area)
{
    if (area.rows < 2)
        return;
    tui_repeat(area, 0, 0, area.cols, TUI_RULE, 0x2500);
    tui_put(area, 0, 1, TUI_HEAD, " Latest ");
    tui_draw_events(app, tui_area_part(area, 1, 0, area.rows - 1, area.cols));
}

static int hint_width(const struct tui_operation *operation)
{
    char key[TUI_KEY_TEXT];
    return tui_text_width(tui_key_name(operation->key, key)) + 1 + tui_text_width(operation->hint) + 2;
}

static int draw_hint(const struct tui_app *app, struct tui_area area, int col, const struct tui_operation *operation)
{
    char key[TUI_KEY_TEXT];
    bool refused = operation->why_not && operation->why_not(app);
    col = tui_put(area, 0, col, refused ? TUI_DIM : TUI_KEY, tui_key_name(operation->key, key));
    return tui_put(area, 0, col + 1, refused ? TUI_DIM : TUI_TEXT, operation->hint) + 2;
}

/* As many as fit; help and quit always stand at the right end. */
static void draw_hints(const struct tui_app *app, struct tui_area area)
{
    const struct tui_operation *operation;
    int col = 1;
    int end = area.cols - 17;
    for (size_t i = 0; (operation = tui_app_operation_at(app, i, true)); i++)
        if (operation->hint && operation->key != '?' && operation->key != 'q' && col + hint_width(operation) <= end)
            col = draw_hint(app, area, col, operation);
    col = end + 1;
    for (size_t i = 0; (operation = tui_app_operation_at(app, i, true)); i++)
        if (operation->key == '?' || operation->key == 'q')
            col = draw_hint(app, area, col, operation);
}

static void draw_overlay(struct tui_app *app, struct tui_overlay *overlay, struct tui_layer *layer)
{
    int rows, cols;
    overlay->kind->size(app, overlay, &rows, &cols);
    struct tui_rect rect = tui_layout_dialog(app->rows, app->cols, rows, cols);
    layer->row = rect.row;
    layer->col = rect.col;
    layer->canvas.ascii = app->ascii;
    tui_canvas_size(&layer->canvas, rect.rows, rect.cols);
    overlay->kind->draw(app, overlay, tui_area_of(&layer->canvas));
}

void tui_app_draw(struct tui_app *app, struct tui_screen *screen)
{
    screen->base.ascii = app->ascii;
    tui_canvas_size(&screen->base, app->rows, app->cols);
    screen->n_layers = 0;
    if (app->layout.shape == TUI_ONE_LINE) {
        draw_line(app, area_of(screen, app->layout.title));
        return;
    }
    draw_title(app, area_of(screen, app->layout.title));
    draw_panes(app, screen);
    draw_events(app, area_of(screen, app->layout.events));
    tui_fit(area_of(screen, app->layout.message), 0, 1, app->cols - 2, TUI_LEFT, app->message_role, app->message);
    draw_hints(app, area_of(screen, app->layout.hints));
    for (size_t i = 0; i < app->n_overlays; i++)
        draw_overlay(app, app->overlays[i], &screen->layers[screen->n_layers++]);
}

void tui_screen_done(struct tui_screen *screen)
{
    tui_canvas_done(&screen->base);
    for (size_t i = 0; i < TUI_OVERLAYS_MAX; i++)
        tui_canvas_done(&screen->layers[i].canvas);
}

static void lay_over(struct tui_canvas *base, const struct tui_layer *layer)
{
    for (int row = 0; row < layer->canvas.rows; row++)
        memcpy(base->cells + (size_t)(layer->row + row) * (size_t)base->cols + (size_t)layer->col,
               layer->canvas.cells + (size_t)row * (size_t)layer->canvas.cols,
               (size_t)layer->canvas.cols * sizeof *base->cells);
}

void tui_screen_text(const struct tui_screen *screen, struct qr_buffer *out)
{
    struct tui_canvas all = {0};
    tui_canvas_copy(&all, &screen->base);
    for (size_t i = 0; i < screen->n_layers; i++)
        lay_over(&all, &screen->layers[i]);
    tui_canvas_text(&all, out);
    tui_canvas_done(&all);
}
