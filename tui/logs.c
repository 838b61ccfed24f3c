#include "tui/help.h"

#include "common/clock.h"
#include "tui/format.h"

/* The end of one process's log, newest line last: of each line the time, in the zone that is shown, and what it says. */

enum { LOG_LINE_MAX = 1024 };

struct logs {
    struct tui_overlay overlay;
    unsigned process; /* as the supervisor numbers them */
    int back;         /* rows scrolled up from the end */
};

static void logs_size(const struct tui_app *app, const struct tui_overlay *overlay, int *ret_rows, int *ret_cols)
{
    (void)overlay;
    *ret_rows = app->rows - 2;
    *ret_cols = app->cols - 4;
}

/* What stands between quotes, in place. */
static void unquote(char *text)
{
    char *to = text;
    for (; *text && *text != '"'; text++) {
        if (*text == '\\' && text[1])
            text++;
        *to++ = *text;
    }
    *to = '\0';
}

/* Returns the rows that it takes. A line that is not as services/lib/log.h writes them, of CometBFT for one, is shown as it is. */
static int draw_line(const struct tui_app *app, struct tui_area area, int row, char *line)
{
    char time[TUI_NAME], level[TUI_NAME], clock[TUI_FORMAT];
    int64_t time_ms;
    int at = 0;
    bool ours = sscanf(line, "time=%39s level=%39s service=%*s msg=\"%n", time, level, &at) == 2 && at > 0 &&
                qr_time_parse(time, &time_ms, NULL) == QR_OK;
    if (!ours)
        return tui_wrap(area, row, 0, area.cols, TUI_TEXT, line);
    bool warning = strcmp(level, "warning") == 0, error = strcmp(level, "error") == 0;
    int col = tui_put(area, row, 0, TUI_DIM, tui_clock(app, time_ms, clock)) + 1;
    unquote(line + at);
    if (error || warning)
        col = tui_print(area, row, col, error ? TUI_BAD : TUI_WARN, "%s:", level) + 1;
    return tui_wrap(area, row, col, area.cols - col, error ? TUI_BAD : warning ? TUI_WARN : TUI_TEXT, line + at);
}

/* Draws the lines from `row` on, which may be above the area. Returns the rows that they take. */
static int draw_lines(const struct tui_app *app, const char *text, int row, struct tui_area area)
{
    int first = row;
    while (*text) {
        char line[LOG_LINE_MAX];
        size_t size = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)(size < sizeof line ? size : sizeof line - 1), text);
        row += draw_line(app, area, row, line);
        text += size + (text[size] == '\n');
    }
    return row - first;
}

static void logs_draw(const struct tui_app *app, struct tui_overlay *overlay, struct tui_area area)
{
    struct logs *logs = (void *)overlay;
    char title[TUI_NAME];
    const char *text = app->data->log && app->data->log_of == logs->process ? app->data->log : NULL;
    snprintf(title, sizeof title, "Log of %s", qr_supervised_name(logs->process));
    tui_frame(area, title);
    struct tui_area body = tui_area_part(area, 1, 2, area.rows - 3, area.cols - 4);
    struct tui_area nowhere = tui_area_part(body, 0, 0, 0, body.cols);
    int most = text ? draw_lines(app, text, 0, nowhere) - body.rows : 0;
    most = most > 0 ? most : 0;
    logs->back = logs->back < 0 ? 0 : logs->back > most ? most : logs->back;
    if (text && *text)
        draw_lines(app, text, logs->back - most, body);
    else
        tui_put(body, 0, 0, TUI_DIM, text ? "the log is empty" : "there is no log in this home");
    tui_put(area, area.rows - 2, 2, TUI_DIM, "< > other log   Up Down scroll   Esc close");
}

/* The next process of this home: the services that it runs, then CometBFT where it has it. */
static unsigned next_process(const struct tui_data *data, unsigned process, int step)
{
    unsigned n = tui_data_processes(data);
    unsigned at = process == QR_SUPERVISED_COMETBFT ? n - 1 : process;
    at = (unsigned)((int)(at + n) + step) % n;
    return at < data->n_services ? at : QR_SUPERVISED_COMETBFT;
}

static void logs_ask(struct tui_app *app, struct logs *logs, int step)
{
    logs->process = next_process(app->data, logs->process, step);
    logs->back = 0;
    app->source.log(app->source.context, logs->process);
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
