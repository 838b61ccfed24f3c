#include "common/clock.h"
#include "tui/dialog.h"
#include "tui/views/views.h"

/* Fares: search, offers with why they cost what they cost, booking, the latest orders. */

enum { LIST, DETAIL };

static void list_title(const struct tui_app *app, struct qr_buffer *out)
{
    const struct tui_offers *offers = &app->data->offers;
    char date[QR_TIME_TEXT];
    if (app->orders)
        qr_buffer_text(out, "Latest orders");
    else if (offers->at_ms || offers->searching)
        qr_buffer_text(out, "%s-%s %s %s%s", offers->query.from, offers->query.to,
                       qr_date_format((struct qr_date){offers->query.date}, date), offers->query.cabin,
                       offers->searching ? ", searching" : "");
    else
        qr_buffer_text(out, "Offers");
}

static int list_head(const struct tui_app *app, struct tui_area area)
{
    tui_put(area, 0, 1, TUI_DIM, app->orders ? "locator  flight   route    departs               fare  state"
                                             : "flight   departs          stops  seats          fare  expires");
    return 1;
}

static size_t list_count(const struct tui_app *app)
{
    return app->orders ? app->data->orders.n : app->data->offers.n;
}

static void list_id(const struct tui_app *app, size_t i, char id[TUI_ID_TEXT])
{
    if (app->orders)
        snprintf(id, TUI_ID_TEXT, "%s", app->data->orders.items[i].locator);
    else
        qr_hex(app->data->offers.items[i].id, sizeof app->data->offers.items[i].id, id);
}

static void list_text(const struct tui_app *app, size_t i, struct qr_buffer *out)
{
    const struct tui_order *order = &app->data->orders.items[i];
    const struct tui_offer *offer = &app->data->offers.items[i];
    if (app->orders)
        qr_buffer_text(out, "%s %s %s-%s %s", order->locator, order->flight, order->from, order->to, order->state);
    else
        qr_buffer_text(out, "%s %s %s-%s %s", offer->flight, offer->airline, offer->from, offer->to, offer->cabin);
}

static void expiry(const struct tui_app *app, const struct tui_offer *offer, char text[TUI_FORMAT])
{
    char span[TUI_FORMAT];
    if (offer->expires_ms > app->now_ms)
        snprintf(text, TUI_FORMAT, "in %.20s", tui_span(offer->expires_ms - app->now_ms, span));
    else
        snprintf(text, TUI_FORMAT, "expired");
}

static void offer_row(const struct tui_app *app, const struct tui_offer *offer, struct tui_area area, int row)
{
    char text[TUI_FORMAT];
    bool live = offer->expires_ms > app->now_ms;
    tui_fit(area, row, 1, 8, TUI_LEFT, TUI_STRONG, offer->flight);
    tui_put(area, row, 10, TUI_TEXT, tui_local_time(offer->departs_ms, offer->departs_offset, text));
    tui_print(area, row, 27, offer->stops ? TUI_TEXT : TUI_DIM, "%5u", offer->stops);
    tui_print(area, row, 34, offer->seats_left < 4 ? TUI_WARN : TUI_TEXT, "%u%s", offer->seats_left, offer->seats_left >= 9 ? "+" : " ");
    tui_fit(area, row, 38, 13, TUI_RIGHT, live ? TUI_STRONG : TUI_DIM, tui_money(offer->fare, offer->minor_digits, text));
    expiry(app, offer, text);
    tui_fit(area, row, 53, area.cols > 70 ? 10 : area.cols - 54, TUI_LEFT, live ? TUI_DIM : TUI_WARN, text);
    if (area.cols > 70)
        tui_fit(area, row, 64, area.cols - 65, TUI_LEFT, TUI_DIM, offer->airline);
}

static void order_row(const struct tui_order *order, struct tui_area area, int row)
{
    char text[TUI_FORMAT];
    tui_fit(area, row, 1, 8, TUI_LEFT, TUI_STRONG, order->locator);
    tui_fit(area, row, 10, 8, TUI_LEFT, TUI_TEXT, order->flight);
    tui_print(area, row, 19, TUI_TEXT, "%s-%s", order->from, order->to);
    tui_put(area, row, 28, TUI_TEXT, tui_local_time(order->departs_ms, order->departs_offset, text));
    tui_fit(area, row, 41, 13, TUI_RIGHT, TUI_STRONG, tui_money(order->fare, order->minor_digits, text));
    bool confirmed = strcmp(order->state, "confirmed") == 0;
    tui_fit(area, row, 56, area.cols - 57, TUI_LEFT, confirmed ? TUI_GOOD : TUI_DIM, order->state);
}

static void list_row(const struct tui_app *app, size_t i, struct tui_area area, int row)
{
    if (app->orders)
        order_row(&app->data->orders.items[i], area, row);
    else
        offer_row(app, &app->data->offers.items[i], area, row);
}

/* ---- The selected one ---- */

static const struct tui_offer *selected_offer(const struct tui_app *app)
{
    const struct tui_place *place = tui_app_place_of(app, &tui_fares, LIST);
    bool any = !app->orders && place && place->n > 0 && place->item < app->data->offers.n;
    return any ? &app->data->offers.items[place->item] : NULL;
}

static const struct tui_order *selected_order(const struct tui_app *app)
{
    const struct tui_place *place = tui_app_place_of(app, &tui_fares, LIST);
    bool any = app->orders && place && place->n > 0 && place->item < app->data->orders.n;
    return any ? &app->data->orders.items[place->item] : NULL;
}

static const struct qr_hash *selected_decision(const struct tui_app *app)
{
    const struct tui_offer *offer = selected_offer(app);
    const struct tui_order *order = selected_order(app);
    return offer ? &offer->decision : order ? &order->decision : NULL;
}

static void detail_title(const struct tui_app *app, struct qr_buffer *out)
{
    const struct tui_offer *offer = selected_offer(app);
    const struct tui_order *order = selected_order(app);
    char departs[TUI_FORMAT], arrives[TUI_FORMAT];
    if (offer)
        qr_buffer_text(out, "%s %s-%s  %s to %s", offer->flight, offer->from, offer->to,
                       tui_local_time(offer->departs_ms, offer->departs_offset, departs),
                       tui_local_time(offer->arrives_ms, offer->arrives_offset, arrives));
    else if (order)
        qr_buffer_text(out, "Order %s  %s %s-%s  %s", order->locator, order->flight, order->from, order->to,
                       tui_local_time(order->departs_ms, order->departs_offset, departs));
    else
        qr_buffer_text(out, "Why it costs what it costs");
}

static int detail_page(const struct tui_app *app, struct tui_area area)
{
    const struct qr_hash *id = selected_decision(app);
    if (!id) {
        tui_put(area, 1, 1, TUI_DIM, "nothing is selected");
        return 2;
    }
    const struct tui_decision *decision = tui_decision_find(app->data, id);
    if (decision)
        return tui_draw_waterfall(app, area, decision);
    tui_put(area, 1, 1, TUI_DIM, "fetching the decision behind it");
    return 2;
}

/* ---- Searching ---- */

static bool parse_date(const char *text, int64_t now_ms, int32_t *ret_days)
{
    struct qr_date date;
    if (text[0] == '+') {
        char *end;
        long days = strtol(text + 1, &end, 10);
        if (*end || end == text + 1 || days < 0 || days > 400)
            return false;
        *ret_days = qr_date_of(now_ms, 0).days + (int32_t)days;
        return true;
    }
    if (qr_date_parse(text, &date, NULL) != QR_OK)
        return false;
    *ret_days = date.days;
    return true;
}

static bool parse_airport(const char *text, char ret_code[4])
{
    if (strlen(text) != 3)
        return false;
    for (int i = 0; i < 3; i++) {
        if (!isalpha((unsigned char)text[i]))
            return false;
        ret_code[i] = (char)toupper((unsigned char)text[i]);
    }
    ret_code[3] = '\0';
    return true;
}

static const char *search(struct tui_app *app, const char *from, const char *to, const char *date, const char *cabin)
{
    struct tui_query query = {0};
    if (!parse_airport(from, query.from) || !parse_airport(to, query.to))
        return "an airport is three letters: DEL";
    if (!parse_date(date, app->now_ms, &query.date))
        return "a date is 2026-11-30, or +7 for in seven days";
    if (strcmp(cabin, "economy") != 0 && strcmp(cabin, "business") != 0)
        return "a cabin is economy or business";
    qr_copy_text(query.cabin, sizeof query.cabin, cabin);
    app->orders = false;
    tui_app_focus(app, LIST);
    app->states[app->view].places[LIST] = (struct tui_place){0};
    app->source.search(app->source.context, &query);
    return NULL;
}

static const char *search_submit(struct tui_app *app, struct tui_dialog *dialog)
{
    char values[4][TUI_VALUE_MAX];
    for (size_t i = 0; i < 4; i++)
        tui_dialog_value(dialog, i, values[i]);
    return search(app, values[0], values[1], values[2], values[3]);
}

static void search_open(struct tui_app *app, const char *argument)
{
    char from[8] = "DEL", to[8] = "BOM", date[24] = "+7", cabin[16] = "economy";
    tui_app_go(app, "Fares");
    const struct tui_query *last = &app->data->offers.query;
    if (last->from[0] && !*argument) {
        char text[QR_TIME_TEXT];
        qr_copy_text(from, sizeof from, last->from);
        qr_copy_text(to, sizeof to, last->to);
        qr_copy_text(date, sizeof date, qr_date_format((struct qr_date){last->date}, text));
        qr_copy_text(cabin, sizeof cabin, last->cabin);
    }
    if (*argument && sscanf(argument, "%7s %7s %23s %15s", from, to, date, cabin) >= 3) {
        const char *problem = search(app, from, to, date, cabin);
        if (problem)
            tui_app_say(app, TUI_WARN, "%s", problem);
        return;
    }
    struct tui_dialog *dialog = tui_dialog_new("Search", "", search_submit);
    tui_dialog_text(dialog, "From", from, 3);
    tui_dialog_text(dialog, "To", to, 3);
    tui_dialog_text(dialog, "Date", date, 10);
    struct tui_field *field = tui_dialog_choice(dialog, "Cabin", strcmp(cabin, "business") == 0);
    tui_field_add(field, "economy");
    tui_field_add(field, "business");
    tui_app_open(app, &dialog->overlay);
}

static const char *search_why_not(const struct tui_app *app)
{
    return tui_data_runs(app->data, QR_SERVICE_RESERVATION) ? NULL : "this home follows another's ledger and sells nothing itself";
}

/* ---- Booking ---- */

static const char *book_why_not(const struct tui_app *app)
{
    const struct tui_offer *offer = selected_offer(app);
    if (search_why_not(app))
        return search_why_not(app);
    if (app->readonly)
        return "the dashboard was opened read-only";
    if (!offer)
        return "no offer is selected";
    return offer->expires_ms <= app->now_ms ? "the offer has expired; search again" : NULL;
}

static const char *book_submit(struct tui_app *app, struct tui_dialog *dialog)
{
    struct tui_booking booking;
    char value[TUI_VALUE_MAX];
    memcpy(&booking, dialog->about, sizeof booking);
    qr_copy_text(booking.surname, sizeof booking.surname, tui_dialog_value(dialog, 0, value));
    qr_copy_text(booking.given_name, sizeof booking.given_name, tui_dialog_value(dialog, 1, value));
    if (!booking.surname[0] || !booking.given_name[0])
        return "both names are needed";
    app->source.book(app->source.context, &booking);
    tui_app_say(app, TUI_DIM, "booking");
    return NULL;
}

static void book_open(struct tui_app *app, const char *argument)
{
    (void)argument;
    const struct tui_offer *offer = selected_offer(app);
    struct tui_booking booking = {0};
    char text[QR_ERROR_TEXT_MAX], departs[TUI_FORMAT], fare[TUI_FORMAT];
    memcpy(booking.offer, offer->id, sizeof booking.offer);
    snprintf(text, sizeof text, "%s %s-%s, %s, %s, %s %s", offer->flight, offer->from, offer->to,
             tui_local_time(offer->departs_ms, offer->departs_offset, departs), offer->cabin, offer->currency,
             tui_money(offer->fare, offer->minor_digits, fare));
    struct tui_dialog *dialog = tui_dialog_new("Book", text, book_submit);
    memcpy(dialog->about, &booking, sizeof booking);
    tui_dialog_text(dialog, "Surname", "", 64);
    tui_dialog_text(dialog, "Given name", "", 64);
    tui_app_open(app, &dialog->overlay);
}

static void toggle_orders(struct tui_app *app, const char *argument)
{
    (void)argument;
    app->orders = !app->orders;
    app->states[app->view].places[LIST] = (struct tui_place){0};
    tui_app_focus(app, LIST);
}

static void verify(struct tui_app *app, const char *argument)
{
    (void)argument;
    tui_app_focus(app, DETAIL);
    tui_verify(app, selected_decision(app));
}

static const char *verify_why_not(const struct tui_app *app)
{
    return selected_decision(app) ? NULL : "nothing is selected";
}

static void others(struct tui_app *app, const char *argument)
{
    (void)argument;
    app->all_lines = !app->all_lines;
}

static const struct tui_operation items[] = {
    {'s', 0, "search", "search", "find flights: search DEL BOM +7 economy", 0, search_open, search_why_not},
    {'b', 0, "book", "book", "turn the selected offer into an order", 0, book_open, book_why_not},
    {'t', 0, "orders", "orders", "change between offers and the latest orders", 0, toggle_orders, NULL},
    {'r', 0, "verify", "verify", "fetch the receipt of its decision and check it", 1u << DETAIL, verify, verify_why_not},
    {'o', 0, "others", "others", "show every line, or the small ones together", 1u << DETAIL, others, NULL},
};

static const struct tui_pane panes[] = {
    [LIST] = {.name = "offers", .from = QR_SERVICE_RESERVATION, .title = list_title, .page = list_head, .count = list_count,
              .id = list_id, .text = list_text, .row = list_row, .empty = "nothing here yet; s searches"},
    [DETAIL] = {.name = "why", .from = QR_SERVICE_RESERVATION, .title = detail_title, .page = detail_page},
};

static void want(struct tui_app *app)
{
    const struct qr_hash *id = selected_decision(app);
    bool beside = app->layout.shape == TUI_TWO_PANES;
    if (id && (beside || app->states[app->view].focus == DETAIL))
        tui_want_decision(app, id);
}

const struct tui_view tui_fares = {
    .name = "Fares",
    .key = '5',
    .sets = TUI_SET_ORDERS | TUI_SET_NETWORK,
    .n_panes = 2,
    .panes = panes,
    .operations = {items, sizeof items / sizeof items[0]},
    .want = want,
};
