#include "tui/app.h"
#include "tui/dialog.h"
#include "tui/help.h"
#include "tui/place.h"

/* What every screen can do. */

static struct tui_place *focused_place(struct tui_app *app)
{
    return tui_app_place(app, app->states[app->view].focus);
}

static void move(struct tui_app *app, int by)
{
    const struct tui_pane *pane = tui_app_pane(app);
    if (pane)
        tui_place_move(app, pane, focused_place(app), by);
}

static void go_up(struct tui_app *app, const char *argument)
{
    (void)argument;
    move(app, -1);
}

static void go_down(struct tui_app *app, const char *argument)
{
    (void)argument;
    move(app, 1);
}

static void page_up(struct tui_app *app, const char *argument)
{
    (void)argument;
    move(app, -focused_place(app)->rows);
}

static void page_down(struct tui_app *app, const char *argument)
{
    (void)argument;
    move(app, focused_place(app)->rows);
}

static void go_first(struct tui_app *app, const char *argument)
{
    (void)argument;
    move(app, -TUI_PLACE_END);
}

static void go_last(struct tui_app *app, const char *argument)
{
    (void)argument;
    move(app, TUI_PLACE_END - 1);
}

static void open_selected(struct tui_app *app, const char *argument)
{
    (void)argument;
    tui_app_focus(app, app->states[app->view].focus + 1);
}

static const char *nothing_to_open(const struct tui_app *app)
{
    const struct tui_view *view = tui_app_view(app);
    const struct tui_view_state *state = &app->states[app->view];
    if (state->focus + 1 >= view->n_panes)
        return "there is nothing further to open here";
    return view->panes[state->focus].count && state->places[state->focus].n == 0 ? "nothing is selected" : NULL;
}

static void go_back(struct tui_app *app, const char *argument)
{
    (void)argument;
    struct tui_view_state *state = &app->states[app->view];
    if (tui_app_pane(app) && focused_place(app)->filter[0])
        focused_place(app)->filter[0] = '\0';
    else if (state->focus > 0)
        tui_app_focus(app, state->focus - 1);
}

static void next_pane(struct tui_app *app, const char *argument)
{
    (void)argument;
    const struct tui_view *view = tui_app_view(app);
    if (view->n_panes > 0)
        tui_app_focus(app, (app->states[app->view].focus + 1) % view->n_panes);
}

static const char *filter_submit(struct tui_app *app, struct tui_dialog *dialog)
{
    char value[TUI_VALUE_MAX];
    qr_copy_text(focused_place(app)->filter, TUI_FILTER_MAX, tui_dialog_value(dialog, 0, value));
    return NULL;
}

static void filter_changed(struct tui_app *app, struct tui_dialog *dialog)
{
    filter_submit(app, dialog);
}

static void filter(struct tui_app *app, const char *argument)
{
    struct tui_dialog *dialog = tui_dialog_new("Filter", "Rows that hold every word; !word leaves rows out.", filter_submit);
    dialog->changed = filter_changed;
    tui_dialog_text(dialog, "Words", *argument ? argument : focused_place(app)->filter, TUI_FILTER_MAX - 1);
    tui_app_open(app, &dialog->overlay);
}

static const char *no_list(const struct tui_app *app)
{
    const struct tui_pane *pane = tui_app_pane(app);
    return pane && pane->count ? NULL : "there is no list here to filter";
}

/* The id that is selected in the focused pane, or in the nearest one before it. */
static const char *selected_id(const struct tui_app *app)
{
    const struct tui_view *view = tui_app_view(app);
    const struct tui_view_state *state = &app->states[app->view];
    if (view->n_panes == 0)
        return "";
    for (size_t i = state->focus + 1; i-- > 0;)
        if (view->panes[i].count && state->places[i].n > 0)
            return state->places[i].id;
    return "";
}

static void copy_id(struct tui_app *app, const char *argument)
{
    (void)argument;
    const char *id = selected_id(app);
    if (app->clipboard && app->clipboard(app->clipboard_context, id))
        tui_app_say(app, TUI_GOOD, "sent to the terminal's clipboard: %s", id);
    else
        tui_app_say(app, TUI_TEXT, "%s", id);
}

static const char *no_id(const struct tui_app *app)
{
    return *selected_id(app) ? NULL : "nothing is selected";
}

static void change_zone(struct tui_app *app, const char *argument)
{
    (void)argument;
    app->utc = !app->utc;
    tui_app_say(app, TUI_TEXT, app->utc ? "times are UTC" : "times are local");
}

static void logs(struct tui_app *app, const char *argument)
{
    (void)argument;
    tui_logs_open(app);
}

static void help(struct tui_app *app, const char *argument)
{
    (void)argument;
    tui_help_open(app);
}

static void palette(struct tui_app *app, const char *argument)
{
    tui_palette_open(app, argument);
}

static void quit(struct tui_app *app, const char *argument)
{
    (void)argument;
    app->quit = true;
}

static void repaint(struct tui_app *app, const char *argument)
{
    (void)argument;
    app->repaint = true;
}

#define GO(function, view_name) \
    static void function(struct tui_app *app, const char *argument) \
    { \
        (void)argument; \
        tui_app_go(app, view_name); \
    }
GO(go_overview, "Overview")
GO(go_ledger, "Ledger")
GO(go_governance, "Governance")
GO(go_decisions, "Decisions")
GO(go_fares, "Fares")

static const struct tui_operation items[] = {
    {TUI_KEY_ENTER, 0, "open", "open", "open what is selected", 0, open_selected, nothing_to_open},
    {TUI_KEY_ESCAPE, TUI_KEY_BACKSPACE, "back", NULL, "clear the filter, or go back", 0, go_back, NULL},
    {'/', 0, "filter", "filter", "show the rows that hold these words", 0, filter, no_list},
    {TUI_KEY_TAB, 0, "next pane", NULL, "move to the next pane", 0, next_pane, NULL},
    {'y', 0, "copy", "copy id", "copy the selected id to the terminal's clipboard", 0, copy_id, no_id},
    {':', 0, "commands", "commands", "run anything by its name", 0, palette, NULL},
    {'L', 0, "logs", "logs", "read the end of a process's log", 0, logs, NULL},
    {'z', 0, "zone", "zone", "change between local time and UTC", 0, change_zone, NULL},
    {'1', 0, "go overview", NULL, "services, head of the ledger, rates, latest events", 0, go_overview, NULL},
    {'2', 0, "go ledger", NULL, "blocks, their transactions, one transaction", 0, go_ledger, NULL},
    {'3', 0, "go governance", NULL, "proposals, their impact, the vote", 0, go_governance, NULL},
    {'4', 0, "go decisions", NULL, "fares as they are decided, and why", 0, go_decisions, NULL},
    {'5', 0, "go fares", NULL, "search, offers, orders", 0, go_fares, NULL},
    {TUI_KEY_UP, 'k', "up", NULL, "up", 0, go_up, NULL},
    {TUI_KEY_DOWN, 'j', "down", NULL, "down", 0, go_down, NULL},
    {TUI_KEY_PAGE_UP, 0, "page up", NULL, "a page up", 0, page_up, NULL},
    {TUI_KEY_PAGE_DOWN, ' ', "page down", NULL, "a page down", 0, page_down, NULL},
    {TUI_KEY_HOME, 'g', "first", NULL, "to the first row, and stay with what is newest", 0, go_first, NULL},
    {TUI_KEY_END, 'G', "last", NULL, "to the last row", 0, go_last, NULL},
    {TUI_KEY_REPAINT, 0, "repaint", NULL, "paint the screen again", 0, repaint, NULL},
    {'?', 0, "help", "help", "the keys of this screen", 0, help, NULL},
    {'q', 0, "quit", "quit", "leave the dashboard; the services stay", 0, quit, NULL},
};

const struct tui_operations tui_common_operations = {items, sizeof items / sizeof items[0]};
