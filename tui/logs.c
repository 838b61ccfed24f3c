#include "tui/help.h"

/* The end of one service's log, newest line last. */

struct logs {
    struct tui_overlay overlay;
    enum qr_service service;
    int back; /* lines scrolled up from the end */
};

static void logs_size(const struct tui_app *app, const struct tui_overlay *overlay, int *ret_rows, int *ret_cols)
{
    (void)overlay;
    *ret_rows = app->rows - 2;
    *ret_cols = app->cols - 4;
}

static int count_lines(const char *text)
{
    int n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void draw_lines(const char *text, int skip, struct tui_area area)
{
    for (int row = 0; *text && row < skip + area.rows; row++) {
        char line[512];
        size_t size = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(size < sizeof line ? size : sizeof line - 1), text);
        if (row >= skip)
            tui_fit(area, row - skip, 0, area.cols, TUI_LEFT, TUI_TEXT, line);
        text += size + (text[size] == '\n');
    }
}

static void logs_draw(const struct tui_app *app, struct tui_overlay *overlay, struct tui_area area)
{
    struct logs *logs = (void *)overlay;
    char title[TUI_NAME];
    const char *text = app->data->log && app->data->log_of == logs->service ? app->data->log : NULL;
    snprintf(title, sizeof title, "Log of %s", qr_service_name(logs->service));
    tui_frame(area, title);
    struct tui_area body = tui_area_part(area, 1, 2, area.rows - 3, area.cols - 4);
    int most = text ? count_lines(text) - body.rows : 0;
    most = most > 0 ? most : 0;
    logs->back = logs->back < 0 ? 0 : logs->back > most ? most : logs->back;
    if (text && *text)
        draw_lines(text, most - logs->back, body);
    else
        tui_put(body, 0, 0, TUI_DIM, text ? "the log is empty" : "there is no log in this home");
    tui_put(area, area.rows - 2, 2, TUI_DIM, "< > other service   Up Down scroll   Esc close");
}

static void logs_ask(struct tui_app *app, struct logs *logs, int step)
{
    logs->service = (enum qr_service)(((int)logs->service + step + QR_SERVICES) % QR_SERVICES);
    logs->back = 0;
    app->source.log(app->source.context, logs->service);
}

static void logs_key(struct tui_app *app, struct tui_overlay *overlay, int key)
{
    struct logs *logs = (void *)overlay;
    if (key == TUI_KEY_ESCAPE || key == 'q' || key == 'L')
        overlay->closed = true;
    else if (key == TUI_KEY_RIGHT || key == TUI_KEY_TAB || key == 'l')
        logs_ask(app, logs, 1);
    else if (key == TUI_KEY_LEFT || key == 'h')
        logs_ask(app, logs, -1);
    else if (key == TUI_KEY_UP || key == 'k')
        logs->back++;
    else if (key == TUI_KEY_DOWN || key == 'j')
        logs->back--;
    else if (key == TUI_KEY_PAGE_UP)
        logs->back += app->rows / 2;
    else if (key == TUI_KEY_PAGE_DOWN)
        logs->back -= app->rows / 2;
}

static void logs_free(struct tui_overlay *overlay)
{
    free(overlay);
}

static const struct tui_overlay_kind logs_kind = {logs_size, logs_draw, logs_key, NULL, logs_free};

void tui_logs_open(struct tui_app *app)
{
    struct logs *logs = qr_alloc(1, sizeof *logs);
    logs->overlay.kind = &logs_kind;
    logs_ask(app, logs, 0);
    tui_app_open(app, &logs->overlay);
}
