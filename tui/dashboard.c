#include "cli/dashboard.h"

#include <locale.h>
#include <poll.h>

#include "common/clock.h"
#include "tui/live.h"
#include "tui/term/term.h"
#include "tui/views/views.h"

/* The loop: it sleeps in poll on the terminal, its signals and the services' sockets. A key is painted at once; data at most
 * ten times a second; and nothing at all reaches the terminal while nothing has changed. */

enum { DATA_FRAME_MS = 100, SLOW_FRAME_MS = 2000, KEYS_A_TURN = 256, LONGEST_SLEEP_MS = 60000 };

struct dashboard {
    struct tui_app app;
    struct tui_screen screen;
    struct tui_data *data;
    struct tui_live *live;
    struct tui_term *term;
    uint64_t revision; /* of the data that was painted */
    int64_t painted_ms;
    int64_t painted_second;
    int frame_ms;
};

static bool copy(void *context, const char *text)
{
    return tui_term_clipboard(context, text);
}

static void take_size(struct dashboard *dashboard)
{
    int rows, cols;
    tui_term_get_size(dashboard->term, &rows, &cols);
    tui_app_size(&dashboard->app, rows, cols);
}

/* Returns whether there was a key. */
static bool take_keys(struct dashboard *dashboard)
{
    bool any = false;
    for (int i = 0; i < KEYS_A_TURN; i++) {
        int key = tui_term_key(dashboard->term);
        if (key == TUI_KEY_NONE)
            break;
        any = true;
        if (key == TUI_KEY_RESIZE || key == TUI_KEY_REPAINT)
            take_size(dashboard);
        if (key != TUI_KEY_RESIZE)
            tui_app_key(&dashboard->app, key);
        if (dashboard->app.quit)
            break;
    }
    return any;
}

static void paint(struct dashboard *dashboard)
{
    struct tui_app *app = &dashboard->app;
    dashboard->revision = dashboard->data->revision;
    tui_app_update(app);
    tui_app_draw(app, &dashboard->screen);
    tui_term_show(dashboard->term, &dashboard->screen, app->repaint);
    app->repaint = false;
    dashboard->painted_ms = app->now_ms;
    dashboard->painted_second = app->now_ms / 1000;
}

/* How long until data that has changed, or a clock that is shown, must be painted; below 1: now. */
static int64_t paint_in(const struct dashboard *dashboard)
{
    const struct tui_app *app = &dashboard->app;
    int64_t paced = dashboard->painted_ms + dashboard->frame_ms - app->now_ms;
    bool ticked = app->now_ms / 1000 != dashboard->painted_second;
    int next_change = tui_app_next_change(app);
    if (dashboard->revision != dashboard->data->revision || (next_change >= 0 && ticked))
        return paced;
    return next_change >= 0 ? next_change : LONGEST_SLEEP_MS;
}

/* Sleeps until there is something to do. False when the terminal is gone. */
static bool sleep_until_news(struct dashboard *dashboard, int64_t longest_ms)
{
    int fds[TUI_TERM_FDS];
    tui_term_fds(dashboard->term, fds);
    struct pollfd polled[] = {
        {.fd = fds[0], .events = POLLIN},
        {.fd = fds[1], .events = POLLIN},
        {.fd = qr_client_fd(tui_live_client(dashboard->live)), .events = POLLIN},
    };
    int64_t timeout = longest_ms < 0 ? 0 : longest_ms < LONGEST_SLEEP_MS ? longest_ms : LONGEST_SLEEP_MS;
    if (poll(polled, sizeof polled / sizeof polled[0], (int)timeout) < 0)
        return errno == EINTR;
    if (polled[2].revents)
        qr_client_process(tui_live_client(dashboard->live));
    return !(polled[0].revents & (POLLHUP | POLLERR | POLLNVAL));
}

static void run(struct dashboard *dashboard)
{
    struct tui_app *app = &dashboard->app;
    bool there = true;
    while (there && !app->quit) {
        app->now_ms = qr_clock_now();
        int tick = tui_live_tick(dashboard->live, app->now_ms);
        bool keyed = take_keys(dashboard);
        if (app->quit)
            break;
        if (keyed || paint_in(dashboard) < 1)
            paint(dashboard);
        int64_t wait = paint_in(dashboard);
        there = sleep_until_news(dashboard, wait < tick ? wait : tick);
    }
}

static int open_all(struct dashboard *dashboard, const struct qr_dashboard_options *options, struct qr_error *error)
{
    const struct tui_term_options terminal = {.monochrome = options->monochrome};
    dashboard->data = tui_data_new();
    dashboard->frame_ms = options->slow ? SLOW_FRAME_MS : DATA_FRAME_MS;
    /* The terminal first: it blocks the signals that the client's threads inherit. */
    int failed = tui_term_open(&terminal, &dashboard->term, error);
    if (!failed)
        failed = tui_live_new(options->home, dashboard->data, &dashboard->live, error);
    return failed;
}

static void close_all(struct dashboard *dashboard)
{
    tui_app_done(&dashboard->app);
    tui_screen_done(&dashboard->screen);
    tui_term_closep(&dashboard->term);
    tui_live_free(dashboard->live);
    tui_data_free(dashboard->data);
}

int qr_dashboard_run(const struct qr_dashboard_options *options, struct qr_error *error)
{
    struct dashboard dashboard = {0};
    struct tui_app *app = &dashboard.app;
    setlocale(LC_ALL, "");
    int failed = open_all(&dashboard, options, error);
    if (!failed) {
        tui_app_init(app, dashboard.data, tui_live_source(dashboard.live));
        app->views = tui_views;
        app->n_views = tui_views_n;
        app->readonly = options->readonly;
        app->ascii = !tui_term_utf8(dashboard.term);
        app->clipboard = copy;
        app->clipboard_context = dashboard.term;
        app->now_ms = qr_clock_now();
        take_size(&dashboard);
        tui_app_go(app, tui_views[0]->name);
        paint(&dashboard);
        run(&dashboard);
    }
    close_all(&dashboard);
    return failed;
}
