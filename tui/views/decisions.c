#include "tui/views/views.h"
#include "tui/waterfall.h"

/* Decisions: fares as they are made and recorded, and why one costs what it costs. */

enum { LIST, DETAIL };
enum { NAME_COL = 1, NAME_COLS = 12, VALUE_COL = 14, VALUE_COLS = 14, BAR_COL = 29, AMOUNT_COLS = 14 };

/* ---- Asking ---- */

void tui_want_decision(struct tui_app *app, const struct qr_hash *id)
{
    const struct tui_decision *decision = tui_decision_find(app->data, id);
    if (!decision || strcmp(decision->state, "pending") == 0)
        app->source.decision(app->source.context, id);
    if (!decision)
        return;
    const struct tui_mandate *mandate = tui_mandate_of(app->data, &decision->mandate);
    if (!mandate || !mandate->described)
        app->source.mandate(app->source.context, &decision->mandate);
}

void tui_verify(struct tui_app *app, const struct qr_hash *id)
{
    const struct tui_verdict *verdict = &app->data->verdict;
    if (!(verdict->running && qr_hash_equal(&verdict->decision, id)))
        app->source.verify(app->source.context, id);
}

/* ---- The list ---- */

static void list_title(const struct tui_app *app, struct qr_buffer *out)
{
    (void)app;
    qr_buffer_text(out, "Decisions, newest first");
}

static int list_head(const struct tui_app *app, struct tui_area area)
{
    (void)app;
    tui_put(area, 0, 1, TUI_DIM, "time         id              fare  state");
    if (area.cols > 66)
        tui_put(area, 0, 49, TUI_DIM, "what");
    return 1;
}

static size_t list_count(const struct tui_app *app)
{
    return app->data->decisions.n;
}

static void list_id(const struct tui_app *app, size_t i, char id[TUI_ID_TEXT])
{
    snprintf(id, TUI_ID_TEXT, "%s", qr_hash_text(&app->data->decisions.items[i].id).text);
}

static void list_text(const struct tui_app *app, size_t i, struct qr_buffer *out)
{
    const struct tui_decision *decision = &app->data->decisions.items[i];
    qr_buffer_text(out, "%s %s %s", qr_hash_text(&decision->id).text, decision->state, decision->what);
}

static unsigned digits_of(const struct tui_app *app, const struct qr_hash *mandate_id, const char **ret_unit)
{
    const struct tui_mandate *mandate = tui_mandate_of(app->data, mandate_id);
    *ret_unit = mandate && mandate->described ? mandate->schema.output.unit : "";
    return mandate && mandate->described ? mandate->schema.output.minor_digits : 2;
}

static void state_text(const struct tui_decision *decision, char text[TUI_FORMAT])
{
    char number[TUI_FORMAT];
    if (decision->height > 0)
        snprintf(text, TUI_FORMAT, "block %.20s%s", tui_number(decision->height, number), decision->late ? " late" : "");
    else
        snprintf(text, TUI_FORMAT, "%.30s", decision->state);
}

static void list_row(const struct tui_app *app, size_t i, struct tui_area area, int row)
{
    const struct tui_decision *decision = &app->data->decisions.items[i];
    const char *unit;
    unsigned digits = digits_of(app, &decision->mandate, &unit);
    char text[TUI_FORMAT];
    bool wide = area.cols > 66;
    tui_fit(area, row, 1, 12, TUI_LEFT, TUI_DIM, tui_clock(app, decision->time_ms, text));
    tui_put(area, row, 14, TUI_DIM, tui_short_hash(&decision->id, text));
    tui_fit(area, row, 23, 11, TUI_RIGHT, TUI_STRONG, tui_money(decision->fare, digits, text));
    state_text(decision, text);
    tui_fit(area, row, 36, wide ? 12 : area.cols - 37, TUI_LEFT, decision->height ? TUI_GOOD : TUI_WARN, text);
    if (wide)
        tui_fit(area, row, 49, area.cols - 49, TUI_LEFT, TUI_TEXT, decision->what);
}

/* ---- The waterfall ---- */

static int draw_heading(struct tui_area area, const struct tui_decision *decision, const struct tui_mandate *mandate)
{
    char id[TUI_FORMAT], line[4 * TUI_FORMAT];
    char by[2 * TUI_FORMAT] = "genesis";
    if (!qr_hash_is_zero(&mandate->proposal))
        snprintf(by, sizeof by, "proposal %.16s", tui_short_hash(&mandate->proposal, id));
    snprintf(line, sizeof line, "model %.16s, %.40s, rules %" PRIu64, tui_short_hash(&mandate->model, id), by,
             mandate->rules_version);
    tui_fit(area, 0, 1, area.cols - 2, TUI_LEFT, TUI_STRONG, decision->what);
    tui_fit(area, 1, 1, area.cols - 2, TUI_LEFT, TUI_DIM, line);
    return 2;
}

/* Columns for bars; 0 where there is no room. */
static int bar_width(struct tui_area area)
{
    int width = area.cols - BAR_COL - AMOUNT_COLS - 2;
    return width < 8 ? 0 : width > 80 ? 80 : width;
}

static int amount_col(struct tui_area area)
{
    int width = bar_width(area);
    return width ? BAR_COL + width + 1 : area.cols - AMOUNT_COLS - 1;
}

static void draw_scale(struct tui_area area, int row, const struct tui_waterfall *waterfall, const struct qr_output *output)
{
    char low[TUI_FORMAT], high[TUI_FORMAT];
    int width = bar_width(area);
    tui_put(area, row, NAME_COL, TUI_DIM, "line");
    tui_put(area, row, VALUE_COL, TUI_DIM, "value");
    if (width) {
        tui_put(area, row, BAR_COL, TUI_DIM, tui_money(waterfall->low, output->minor_digits, low));
        tui_fit(area, row, BAR_COL + width / 2, width - width / 2, TUI_RIGHT, TUI_DIM,
                tui_money(waterfall->high, output->minor_digits, high));
    }
    tui_fit(area, row, amount_col(area), AMOUNT_COLS, TUI_RIGHT, TUI_DIM, output->unit);
}

static void draw_line(struct tui_area area, int row, const struct tui_waterfall *waterfall, const struct tui_line *line,
                      unsigned digits)
{
    char text[TUI_FORMAT];
    bool sum = line->kind == TUI_LINE_BASE || line->kind == TUI_LINE_FARE;
    enum tui_role role = sum ? TUI_STRONG : line->amount > 0 ? TUI_RISE : line->amount < 0 ? TUI_FALL : TUI_DIM;
    int width = bar_width(area);
    tui_fit(area, row, NAME_COL, NAME_COLS, TUI_LEFT, sum ? TUI_STRONG : TUI_TEXT, line->name);
    tui_fit(area, row, VALUE_COL, VALUE_COLS, TUI_LEFT, TUI_DIM, line->value);
    if (width && (line->amount != 0 || sum)) {
        int from, to;
        tui_waterfall_bar(waterfall, line, width, &from, &to);
        tui_repeat(area, row, BAR_COL + from, to - from, role, sum ? '|' : line->amount > 0 ? '+' : '-');
    }
    if (sum)
        tui_money(line->amount, digits, text);
    else
        tui_signed_money(line->amount, digits, text);
    tui_fit(area, row, amount_col(area), AMOUNT_COLS, TUI_RIGHT, role, text);
}

static int draw_verdict(const struct tui_app *app, struct tui_area area, int row, const struct tui_decision *decision)
{
    const struct tui_verdict *verdict = &app->data->verdict;
    if (!qr_hash_equal(&verdict->decision, &decision->id) || !(verdict->running || verdict->done)) {
        tui_put(area, row, 1, TUI_DIM, "receipt not checked yet: r checks it");
        return row + 1;
    }
    if (verdict->running) {
        tui_put(area, row, 1, TUI_DIM, "checking the receipt");
        return row + 1;
    }
    if (verdict->problem[0])
        return row + tui_wrap(area, row, 1, area.cols - 2, TUI_WARN, verdict->problem);
    int col = tui_put(area, row, 1, verdict->valid ? TUI_GOOD : TUI_BAD, verdict->valid ? "receipt valid" : "receipt INVALID");
    tui_print(area, row++, col + 2, TUI_DIM, "signed by %u pinned node%s%s", verdict->signatures,
              verdict->signatures == 1 ? "" : "s", strcmp(app->data->head.custody, "shared") == 0 ? ", custody: shared" : "");
    col = 1;
    for (size_t i = 0; i < verdict->n; i++) {
        const struct tui_check *check = &verdict->checks[i];
        bool ok = strcmp(check->result, "ok") == 0;
        enum tui_role role = ok ? TUI_GOOD : strcmp(check->result, "failed") == 0 ? TUI_BAD : TUI_DIM;
        int width = tui_text_width(check->name) + tui_text_width(check->result) + 3;
        if (col + width > area.cols - 1) {
            row++;
            col = 1;
        }
        col = tui_print(area, row, col, TUI_DIM, "%s ", check->name);
        col = tui_put(area, row, col, role, check->result) + 2;
    }
    row++;
    for (size_t i = 0; i < verdict->n; i++)
        if (strcmp(verdict->checks[i].result, "failed") == 0)
            row += tui_wrap(area, row, 3, area.cols - 4, TUI_BAD, verdict->checks[i].text);
    return row;
}

static int draw_sum(const struct tui_app *app, struct tui_area area, int row, const struct tui_decision *decision,
                    const struct tui_waterfall *waterfall)
{
    char state[TUI_FORMAT], at[TUI_FORMAT], zone[TUI_FORMAT];
    int col = tui_put(area, row, 1, waterfall->exact ? TUI_GOOD : TUI_BAD, waterfall->exact ? "exact sum" : "THE LINES DO NOT SUM TO THE FARE");
    state_text(decision, state);
    tui_print(area, row++, col + 2, TUI_DIM, "made %s %s, %s", tui_date_time(app, decision->time_ms, at),
              tui_zone(app, decision->time_ms, zone), state);
    row = draw_verdict(app, area, row, decision);
    tui_fit(area, row, 1, area.cols - 2, TUI_LEFT, TUI_DIM, qr_hash_text(&decision->id).text);
    return row + 1;
}

int tui_draw_waterfall(const struct tui_app *app, struct tui_area area, const struct tui_decision *decision)
{
    enum { OTHER_ROWS = 14, NAMED_LEAST = 5 };
    const struct tui_mandate *mandate = tui_mandate_of(app->data, &decision->mandate);
    if (!mandate || !mandate->described) {
        tui_put(area, 1, 1, TUI_DIM, "fetching the model that made it");
        return 2;
    }
    int room = area.rows - OTHER_ROWS;
    size_t named = app->all_lines ? QR_FEATURES_MAX : room > NAMED_LEAST ? (size_t)room : NAMED_LEAST;
    QR_CLEANUP(qr_freep) struct tui_waterfall *waterfall = qr_alloc(1, sizeof *waterfall);
    if (!tui_waterfall_of(decision, &mandate->schema, named, waterfall)) {
        tui_put(area, 1, 1, TUI_BAD, "this decision cannot be read");
        return 2;
    }
    int row = draw_heading(area, decision, mandate) + 1;
    draw_scale(area, row++, waterfall, &mandate->schema.output);
    for (size_t i = 0; i < waterfall->n; i++)
        draw_line(area, row++, waterfall, &waterfall->lines[i], mandate->schema.output.minor_digits);
    return draw_sum(app, area, row + 1, decision, waterfall);
}

static const struct tui_decision *selected(const struct tui_app *app)
{
    struct qr_hash id;
    return tui_selected_hash(app, &tui_decisions, LIST, &id) ? tui_decision_find(app->data, &id) : NULL;
}

static void detail_title(const struct tui_app *app, struct qr_buffer *out)
{
    const struct tui_decision *decision = selected(app);
    char text[TUI_FORMAT];
    qr_buffer_text(out, "Decision %s", decision ? tui_short_hash(&decision->id, text) : "");
}

static int detail_page(const struct tui_app *app, struct tui_area area)
{
    const struct tui_decision *decision = selected(app);
    if (decision)
        return tui_draw_waterfall(app, area, decision);
    tui_put(area, 1, 1, TUI_DIM, "no decision is selected");
    return 2;
}

static const struct tui_pane panes[] = {
    [LIST] = {.name = "decisions", .from = QR_SERVICE_PRICING, .title = list_title, .page = list_head, .count = list_count,
              .id = list_id, .text = list_text, .row = list_row, .empty = "no fare was asked for yet; search one on screen 5"},
    [DETAIL] = {.name = "decision", .from = QR_SERVICE_PRICING, .title = detail_title, .page = detail_page},
};

/* ---- Operations ---- */

static void verify(struct tui_app *app, const char *argument)
{
    (void)argument;
    struct qr_hash id;
    if (tui_selected_hash(app, &tui_decisions, LIST, &id)) {
        tui_app_focus(app, DETAIL);
        tui_verify(app, &id);
    }
}

static const char *verify_why_not(const struct tui_app *app)
{
    const struct tui_decision *decision = selected(app);
    if (!decision)
        return "no decision is selected";
    return decision->height == 0 ? "it is not in a block yet, so there is no receipt" : NULL;
}

static void others(struct tui_app *app, const char *argument)
{
    (void)argument;
    app->all_lines = !app->all_lines;
}

static const struct tui_operation items[] = {
    {'r', 0, "verify", "verify", "fetch the receipt and check it against the pin, the model and the baseline", 0, verify, verify_why_not},
    {'o', 0, "others", "others", "show every line, or the small ones together", 1u << DETAIL, others, NULL},
};

/* Every mandate that the list names is described, so that its rows say what they are. */
static void want(struct tui_app *app)
{
    for (size_t i = 0; i < app->data->decisions.n; i++) {
        const struct tui_decision *decision = &app->data->decisions.items[i];
        const struct tui_mandate *mandate = tui_mandate_of(app->data, &decision->mandate);
        if (!mandate || !mandate->described) {
            app->source.mandate(app->source.context, &decision->mandate);
            return;
        }
    }
}

const struct tui_view tui_decisions = {
    .name = "Decisions",
    .key = '4',
    .sets = TUI_SET_DECISIONS,
    .n_panes = 2,
    .panes = panes,
    .operations = {items, sizeof items / sizeof items[0]},
    .want = want,
};
