#include "tui/app.h"

#include "tui/place.h"

void tui_app_init(struct tui_app *app, struct tui_data *data, struct tui_source source)
{
    *app = (struct tui_app){.data = data, .source = source, .rows = 24, .cols = 80};
    app->layout = tui_layout_of(app->rows, app->cols);
}

static void drop_overlay(struct tui_app *app, size_t i)
{
    struct tui_overlay *overlay = app->overlays[i];
    memmove(app->overlays + i, app->overlays + i + 1, (app->n_overlays - i - 1) * sizeof app->overlays[0]);
    app->n_overlays--;
    overlay->kind->free(overlay);
}

void tui_app_done(struct tui_app *app)
{
    while (app->n_overlays > 0)
        drop_overlay(app, app->n_overlays - 1);
}

const struct tui_view *tui_app_view(const struct tui_app *app)
{
    return app->views[app->view];
}

const struct tui_pane *tui_app_pane(const struct tui_app *app)
{
    const struct tui_view *view = tui_app_view(app);
    return view->n_panes > 0 ? &view->panes[app->states[app->view].focus] : NULL;
}

struct tui_place *tui_app_place(struct tui_app *app, size_t pane)
{
    return &app->states[app->view].places[pane];
}

const struct tui_place *tui_app_place_of(const struct tui_app *app, const struct tui_view *view, size_t pane)
{
    for (size_t i = 0; i < app->n_views; i++)
        if (app->views[i] == view)
            return &app->states[i].places[pane];
    return NULL;
}

static void show_sets(struct tui_app *app)
{
    app->source.show(app->source.context, tui_app_view(app)->sets);
}

/* The first pane last: what is open in a row depends on the row. */
static void update_places(struct tui_app *app)
{
    const struct tui_view *view = tui_app_view(app);
    for (size_t i = 0; i < view->n_panes; i++)
        tui_place_update(app, &view->panes[i], tui_app_place(app, i));
    if (view->want)
        view->want(app);
}

void tui_app_focus(struct tui_app *app, size_t pane)
{
    if (pane >= tui_app_view(app)->n_panes)
        return;
    struct tui_view_state *state = &app->states[app->view];
    if (pane > state->focus) {
        state->places[pane].scroll = 0;
        /* What was opened stays selected, also when rows come in above it. */
        for (size_t i = 0; i < pane; i++)
            state->places[i].chosen = true;
    }
    state->focus = pane;
    update_places(app);
}

void tui_app_go(struct tui_app *app, const char *view_name)
{
    for (size_t i = 0; i < app->n_views; i++)
        if (strcasecmp(app->views[i]->name, view_name) == 0)
            app->view = i;
    show_sets(app);
    update_places(app);
}

void tui_app_say(struct tui_app *app, enum tui_role role, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(app->message, sizeof app->message, format, arguments);
    va_end(arguments);
    app->message_role = role;
}

void tui_app_open(struct tui_app *app, struct tui_overlay *overlay)
{
    if (app->n_overlays == TUI_OVERLAYS_MAX)
        overlay->kind->free(overlay);
    else
        app->overlays[app->n_overlays++] = overlay;
}

static bool belongs(const struct tui_app *app, const struct tui_operation *operation)
{
    return operation->panes == 0 || (operation->panes & 1u << app->states[app->view].focus);
}

static bool named(const struct tui_operations *operations, const char *name)
{
    for (size_t i = 0; i < operations->n; i++)
        if (strcmp(operations->items[i].name, name) == 0)
            return true;
    return false;
}

/* Whether a screen before `view` in the order of the palette, the open one first, has an operation of that name. */
static bool named_before(const struct tui_app *app, size_t view, const char *name)
{
    if (view == app->view)
        return false;
    bool found = named(&app->views[app->view]->operations, name) || named(&tui_common_operations, name);
    for (size_t i = 0; i < view && !found; i++)
        found = named(&app->views[i]->operations, name);
    return found;
}

const struct tui_operation *tui_app_operation_at(const struct tui_app *app, size_t wanted, bool focused)
{
    const struct tui_operations *tables[] = {&tui_app_view(app)->operations, &tui_common_operations};
    for (size_t t = 0; t < 2; t++)
        for (size_t i = 0; i < tables[t]->n; i++) {
            const struct tui_operation *operation = &tables[t]->items[i];
            if (focused && !belongs(app, operation))
                continue;
            if (wanted-- == 0)
                return operation;
        }
    for (size_t v = 0; v < app->n_views && !focused; v++)
        for (size_t i = 0; i < app->views[v]->operations.n && v != app->view; i++)
            if (!named_before(app, v, app->views[v]->operations.items[i].name) && wanted-- == 0)
                return &app->views[v]->operations.items[i];
    return NULL;
}

const struct tui_operation *tui_app_operation(const struct tui_app *app, int key)
{
    const struct tui_operation *operation;
    for (size_t i = 0; (operation = tui_app_operation_at(app, i, true)); i++)
        if (key != TUI_KEY_NONE && (operation->key == key || operation->other_key == key))
            return operation;
    return NULL;
}

/* The screen that an operation is of, when it is not the open one. */
static const struct tui_view *other_view(const struct tui_app *app, const struct tui_operation *operation)
{
    for (size_t v = 0; v < app->n_views; v++) {
        const struct tui_operations *operations = &app->views[v]->operations;
        if (v != app->view && operations->n > 0 && operation >= operations->items &&
            operation < operations->items + operations->n)
            return app->views[v];
    }
    return NULL;
}

void tui_app_run(struct tui_app *app, const struct tui_operation *operation, const char *argument)
{
    const struct tui_view *view = other_view(app, operation);
    if (view)
        tui_app_go(app, view->name);
    const char *why_not = operation->why_not ? operation->why_not(app) : NULL;
    if (why_not)
        tui_app_say(app, TUI_WARN, "%s", why_not);
    else
        operation->run(app, argument);
}

static void overlay_key(struct tui_app *app, int key)
{
    struct tui_overlay *top = app->overlays[app->n_overlays - 1];
    top->kind->key(app, top, key);
    for (size_t i = app->n_overlays; i-- > 0;)
        if (app->overlays[i]->closed)
            drop_overlay(app, i);
}

static bool takes_text(const struct tui_app *app)
{
    const struct tui_overlay *top = app->n_overlays ? app->overlays[app->n_overlays - 1] : NULL;
    return top && top->kind->takes_text && top->kind->takes_text(top);
}

/* Pasted keys never run anything: they go into an open field, without line ends, or nowhere. */
static void pasted_key(struct tui_app *app, int key)
{
    if (key < ' ' || key >= TUI_KEY_SPECIAL)
        return;
    if (takes_text(app))
        overlay_key(app, key);
    else
        tui_app_say(app, TUI_WARN, "pasted text is ignored outside input fields");
}

static void plain_key(struct tui_app *app, int key)
{
    app->message[0] = '\0';
    if (app->n_overlays > 0) {
        overlay_key(app, key);
        return;
    }
    const struct tui_operation *operation = tui_app_operation(app, key);
    if (operation)
        tui_app_run(app, operation, "");
}

void tui_app_key(struct tui_app *app, int key)
{
    if (key == TUI_KEY_GONE)
        app->quit = true;
    else if (key == TUI_KEY_REPAINT)
        app->repaint = true;
    else if (key == TUI_KEY_PASTE_BEGIN || key == TUI_KEY_PASTE_END)
        app->pasting = key == TUI_KEY_PASTE_BEGIN;
    else if (app->pasting)
        pasted_key(app, key);
    else
        plain_key(app, key);
    update_places(app);
}

void tui_app_size(struct tui_app *app, int rows, int cols)
{
    app->rows = rows;
    app->cols = cols;
    app->layout = tui_layout_of(rows, cols);
}

void tui_app_update(struct tui_app *app)
{
    if (app->said != app->data->said) {
        static const enum tui_role roles[] = {[TUI_INFO] = TUI_GOOD, [TUI_WARNING] = TUI_WARN, [TUI_ALARM] = TUI_BAD};
        app->said = app->data->said;
        tui_app_say(app, roles[app->data->said_level], "%s", app->data->said_text);
    }
    update_places(app);
}

/* Whether something of the last minute is still moving through a history. */
static bool rates_move(const struct tui_app *app)
{
    for (int rate = 0; rate < TUI_RATES; rate++) {
        uint32_t counts[TUI_HISTORY];
        tui_rate_history(app->data, (enum tui_rate)rate, app->now_ms, counts);
        for (int i = 0; i < TUI_HISTORY; i++)
            if (counts[i])
                return true;
    }
    return false;
}

static bool counts_down(const struct tui_app *app)
{
    for (int service = 0; service < QR_SERVICES; service++)
        if (tui_data_stale(app->data, (enum qr_service)service, app->now_ms) >= 0)
            return true;
    for (size_t i = 0; i < app->data->proposals.n; i++) {
        const struct tui_proposal *proposal = &app->data->proposals.items[i];
        if (proposal->closes_ms > app->now_ms || proposal->executable_ms > app->now_ms)
            return true;
    }
    for (size_t i = 0; i < app->data->offers.n; i++)
        if (app->data->offers.items[i].expires_ms > app->now_ms - 2000)
            return true;
    return false;
}

int tui_app_next_change(const struct tui_app *app)
{
    if (!rates_move(app) && !counts_down(app))
        return -1;
    return 1000 - (int)(app->now_ms % 1000);
}
