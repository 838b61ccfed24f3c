#include "tui/views/views.h"

/* Overview: services, head of the ledger, what is due, rates, latest events. */

/* What keeps a service from its work: beside its state where it fits, else below. Returns the next row. */
static int draw_detail(struct tui_area area, int row, int column, const char *detail)
{
    if (column + tui_text_width(detail) < area.cols) {
        tui_put(area, row, column, TUI_WARN, detail);
        return row + 1;
    }
    return row + 1 + tui_wrap(area, row + 1, 3, area.cols - 4, TUI_WARN, detail);
}

static int draw_service(struct tui_area area, int row, const char *name, const struct tui_service *service, int64_t stale)
{
    enum { STATE = 14, BESIDE = 26 };
    char span[TUI_FORMAT];
    bool running = service->up && strcmp(service->state, "running") == 0;
    tui_put(area, row, 1, running ? TUI_GOOD : TUI_BAD, running ? "\u25cf" : "\u25cb");
    tui_fit(area, row, 3, 10, TUI_LEFT, TUI_STRONG, name);
    if (!service->up && stale >= 0) {
        tui_print(area, row, STATE, TUI_WARN, "away, stale %s", tui_span(stale, span));
        return row + 1;
    }
    if (!service->up && !service->asked_ms) {
        tui_put(area, row, STATE, TUI_DIM, "asking");
        return row + 1;
    }
    if (!service->up)
        return draw_detail(area, row, tui_put(area, row, STATE, TUI_BAD, "away") + 2, service->detail);
    tui_fit(area, row, STATE, area.cols - STATE - 1, TUI_LEFT, running ? TUI_TEXT : TUI_WARN, service->state);
    if (!running)
        return draw_detail(area, row, STATE + (int)strlen(service->state) + 2, service->detail);
    tui_print(area, row, BESIDE, TUI_DIM, "pid %" PRId64, service->pid);
    return row + 1;
}

static int draw_services(const struct tui_app *app, struct tui_area area, int row)
{
    tui_put(area, row++, 1, TUI_HEAD, "Services");
    for (unsigned i = 0; i < app->data->n_services; i++) {
        enum qr_service service = (enum qr_service)i;
        row = draw_service(area, row, qr_service_name(service), &app->data->services[i],
                           tui_data_stale(app->data, service, app->now_ms));
    }
    return app->data->has_cometbft ? draw_service(area, row, "cometbft", &app->data->cometbft, -1) : row;
}

static void fact(struct tui_area area, int row, const char *name, enum tui_role role, const char *value)
{
    tui_fit(area, row, 1, 13, TUI_LEFT, TUI_DIM, name);
    tui_fit(area, row, 14, area.cols - 15, TUI_LEFT, role, value);
}

static int draw_head(const struct tui_app *app, struct tui_area area, int row)
{
    const struct tui_head *head = &app->data->head;
    char a[TUI_FORMAT], b[TUI_FORMAT], line[4 * TUI_FORMAT];
    int64_t stale = tui_data_stale(app->data, QR_SERVICE_LEDGER, app->now_ms);
    int col = tui_put(area, row, 1, TUI_HEAD, "Ledger");
    if (stale >= 0)
        tui_print(area, row, col + 2, TUI_WARN, "stale %s", tui_span(stale, a));
    row++;
    if (head->at_ms == 0) {
        tui_put(area, row, 1, TUI_DIM, "not heard from yet");
        return row + 7;
    }
    snprintf(line, sizeof line, "%.20s  %s", tui_number(head->height, a), tui_clock(app, head->time_ms, b));
    fact(area, row++, "height", TUI_STRONG, line);
    fact(area, row++, "chain", TUI_TEXT, head->chain);
    fact(area, row++, "engine", TUI_TEXT, head->engine);
    snprintf(line, sizeof line, "%s%s", head->custody,
             strcmp(head->custody, "shared") == 0 ? ", on one machine" : "");
    fact(area, row++, "custody", strcmp(head->custody, "shared") == 0 ? TUI_WARN : TUI_TEXT, line);
    snprintf(line, sizeof line, "%.20s  root %.20s", tui_number(head->log_size, a), tui_short_hash(&head->log_root, b));
    fact(area, row++, "log leaves", TUI_TEXT, line);
    fact(area, row++, "decisions", TUI_TEXT, tui_number(head->decisions, a));
    const struct tui_mandate *mandate = tui_mandate_of(app->data, &head->mandate);
    if (mandate && mandate->known)
        snprintf(line, sizeof line, "%.20s  rules %" PRIu64, tui_short_hash(&mandate->model, a), mandate->rules_version);
    else
        snprintf(line, sizeof line, "-");
    fact(area, row++, "model", TUI_TEXT, line);
    return row;
}

static int draw_rates(const struct tui_app *app, struct tui_area area, int row)
{
    static const struct {
        const char *name;
        enum qr_service from;
    } rates[TUI_RATES] = {
        [TUI_RATE_QUOTES] = {"quotes/s", QR_SERVICE_PRICING},
        [TUI_RATE_RECORDED] = {"recorded/s", QR_SERVICE_LEDGER},
        [TUI_RATE_ORDERS] = {"orders/s", QR_SERVICE_RESERVATION},
        [TUI_RATE_BLOCKS] = {"blocks/s", QR_SERVICE_LEDGER},
    };
    int width = area.cols - 24;
    int col = tui_put(area, row, 1, TUI_HEAD, "Rates");
    tui_print(area, row++, col + 2, TUI_DIM, "mean of 10 s, last %d s", width < TUI_HISTORY ? width : TUI_HISTORY);
    for (int rate = 0; rate < TUI_RATES; rate++) {
        if (!tui_data_runs(app->data, rates[rate].from))
            continue;
        uint32_t counts[TUI_HISTORY];
        uint64_t mean = tui_rate_tenths(app->data, (enum tui_rate)rate, app->now_ms);
        char text[TUI_FORMAT];
        snprintf(text, sizeof text, "%" PRIu64 ".%" PRIu64, mean / 10, mean % 10);
        tui_fit(area, row, 1, 11, TUI_LEFT, TUI_DIM, rates[rate].name);
        tui_fit(area, row, 12, 9, TUI_RIGHT, mean ? TUI_STRONG : TUI_DIM, text);
        tui_rate_history(app->data, (enum tui_rate)rate, app->now_ms, counts);
        tui_sparkline(area, row++, 22, width, counts);
    }
    return row;
}

/* The next moment that matters of a proposal: 0 when there is none. */
static int64_t deadline(const struct tui_proposal *proposal, const char **ret_what)
{
    if (strcmp(proposal->state, "voting") == 0) {
        *ret_what = "closes";
        return proposal->closes_ms;
    }
    if (strcmp(proposal->state, "queued") == 0) {
        *ret_what = "executes";
        return proposal->executable_ms;
    }
    return 0;
}

static int draw_due(const struct tui_app *app, struct tui_area area, int row, int end)
{
    const struct tui_proposals *proposals = &app->data->proposals;
    int first = row + 1;
    tui_put(area, row++, 1, TUI_HEAD, "Due");
    for (size_t i = 0; i < proposals->n && row < end; i++) {
        const struct tui_proposal *proposal = &proposals->items[i];
        const char *what;
        char id[TUI_FORMAT], span[TUI_FORMAT], when[2 * TUI_FORMAT];
        int64_t at = deadline(proposal, &what);
        if (at == 0)
            continue;
        if (at > app->now_ms)
            snprintf(when, sizeof when, "%s in %.16s", what, tui_span(at - app->now_ms, span));
        else
            snprintf(when, sizeof when, "%s now", what);
        tui_put(area, row, 1, TUI_DIM, tui_short_hash(&proposal->id, id));
        tui_fit(area, row, 10, 18, TUI_LEFT, TUI_STRONG, when);
        tui_fit(area, row++, 28, area.cols - 29, TUI_LEFT, TUI_TEXT, proposal->title);
    }
    if (row == first)
        tui_put(area, row++, 1, TUI_DIM, "no vote is open");
    return row;
}

static int draw_whole(const struct tui_app *app, struct tui_area area)
{
    enum { TOP_ROWS = 15 };
    enum { TWO_COLUMNS = 70 };
    if (area.cols < TWO_COLUMNS) {
        draw_rates(app, area, draw_head(app, area, draw_services(app, area, 0)));
        return area.rows;
    }
    int half = area.cols / 2;
    struct tui_area left = tui_area_part(area, 0, 0, area.rows, half);
    struct tui_area right = tui_area_part(area, 0, half, area.rows, area.cols - half);
    int below = draw_rates(app, left, draw_services(app, left, 0) + 1);
    int due = draw_due(app, right, draw_head(app, right, 0) + 1, area.rows > 40 ? area.rows : TOP_ROWS - 2);
    below = due > below ? due : below;
    if (app->layout.events.rows == 0 && area.rows > below + 2) {
        tui_put(area, below + 1, 1, TUI_HEAD, "Latest");
        tui_draw_events(app, tui_area_part(area, below + 2, 0, area.rows - below - 2, area.cols));
    }
    return area.rows;
}

static void want(struct tui_app *app)
{
    const struct tui_head *head = &app->data->head;
    const struct tui_mandate *mandate = head->at_ms ? tui_mandate_of(app->data, &head->mandate) : NULL;
    if (head->at_ms && !(mandate && mandate->known))
        app->source.mandate(app->source.context, &head->mandate);
}

const struct tui_view tui_overview = {
    .name = "Overview",
    .key = '1',
    .sets = TUI_SET_PROPOSALS,
    .whole = draw_whole,
    .want = want,
};
