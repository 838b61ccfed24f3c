#include "cli/cli.h"

#include "common/clock.h"
#include "common/fixed.h"

/* quorate search: fares for a route on a date. */

enum { DAYS_AHEAD_MAX = 3650 };

/* "+7" is a week from today, by this machine's calendar; else an ISO date. */
static int read_date(const char *text, int32_t *ret_days, struct qr_error *error)
{
    int64_t ahead;
    struct qr_date date;
    if (text[0] == '+') {
        int code = qr_integer_parse(text + 1, "days ahead", 0, DAYS_AHEAD_MAX, &ahead, error);
        if (code)
            return code;
        struct tm local;
        time_t now = (time_t)(qr_clock_now() / 1000);
        localtime_r(&now, &local);
        *ret_days = qr_date_of(qr_clock_now(), (int)(local.tm_gmtoff / 60)).days + (int32_t)ahead;
        return 0;
    }
    int code = qr_date_parse(text, &date, error);
    if (code)
        return qr_hint(error, "write a date as 2026-11-30, or +7 for a week from today");
    *ret_days = date.days;
    return 0;
}

static json_t *offer_json(const Quorate__Offer *offer)
{
    return json_pack("{s:o,s:s,s:s,s:s,s:s,s:o,s:o,s:s,s:I,s:I,s:s,s:I,s:I,s:o,s:o,s:o}", "offer",
                     cli_json_hex(offer->offer), "flight", offer->flight, "airline", offer->airline, "from",
                     offer->from, "to", offer->to, "departs", cli_json_time(offer->departs_ms), "arrives",
                     cli_json_time(offer->arrives_ms), "cabin", offer->cabin, "stops", (json_int_t)offer->stops, "fare",
                     (json_int_t)offer->fare, "currency", offer->currency, "minor_digits",
                     (json_int_t)offer->minor_digits, "seats_left", (json_int_t)offer->seats_left, "expires_at",
                     cli_json_time(offer->expires_ms), "decision", cli_json_hex(offer->decision), "mandate",
                     cli_json_hex(offer->mandate));
}

static int print_json(struct cli *cli, const Quorate__Offers *offers, struct qr_error *error)
{
    json_t *list = json_array();
    for (size_t i = 0; i < offers->n_offers; i++)
        json_array_append_new(list, offer_json(offers->offers[i]));
    return cli_json(cli, json_pack("{s:o}", "offers", list), error);
}

static void print_row(struct cli_table *table, const Quorate__Offer *offer)
{
    char departs[QR_TIME_TEXT], arrives[QR_TIME_TEXT], money[CLI_MONEY_TEXT], id[CLI_SHORT_ID], decision[CLI_SHORT_ID];
    qr_time_format_offset(offer->departs_ms, offer->departs_offset, departs);
    qr_time_format_offset(offer->arrives_ms, offer->arrives_offset, arrives);
    cli_table_cell(table, CLI_BOLD, "%s", cli_short_id(offer->offer, id));
    cli_table_cell(table, CLI_PLAIN, "%s", offer->flight);
    cli_table_cell(table, CLI_PLAIN, "%.10s %.5s", departs, departs + 11);
    cli_table_cell(table, CLI_PLAIN, "%.5s", arrives + 11);
    cli_table_cell(table, CLI_PLAIN, "%u", offer->stops);
    cli_table_cell(table, offer->seats_left < 4 ? CLI_WARN : CLI_PLAIN, "%u%s", offer->seats_left,
                   offer->seats_left >= 9 ? "+" : "");
    cli_table_cell(table, CLI_BOLD, "%s", cli_money(offer->fare, offer->minor_digits, offer->currency, money));
    cli_table_cell(table, CLI_DIM, "%s", cli_short_id(offer->decision, decision));
}

static int print_text(struct cli *cli, const Quorate__Offers *offers)
{
    if (offers->n_offers == 0) {
        cli_note(cli, "no flight with a free seat on that date\n");
        return 0;
    }
    QR_CLEANUP(cli_table_freep)
    struct cli_table *table =
        cli_table_new("OFFER", "FLIGHT", "DEPARTS", "ARRIVES", ">STOPS", ">SEATS", ">FARE", "DECISION", NULL);
    for (size_t i = 0; i < offers->n_offers; i++)
        print_row(table, offers->offers[i]);
    cli_table_print(cli, table);
    char expires[QR_TIME_TEXT];
    const Quorate__Offer *first = offers->offers[0];
    qr_time_format_offset(first->expires_ms, first->departs_offset, expires);
    cli_note(cli, "times are local; the offers hold until %.8s in %s\n", expires + 11, first->from);
    return 0;
}

static int run(struct cli *cli, struct qr_error *error)
{
    Quorate__SearchRequest search = QUORATE__SEARCH_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    const char *cabin = cli_value(cli, "cabin");
    search.from = (char *)(uintptr_t)cli_argument(cli, 0);
    search.to = (char *)(uintptr_t)cli_argument(cli, 1);
    search.cabin = (char *)(uintptr_t)(cabin ? cabin : "economy");
    int code = read_date(cli_argument(cli, 2), &search.date, error);
    if (code)
        return code;
    request.body_case = QUORATE__REQUEST__BODY_SEARCH;
    request.search = &search;
    code = cli_call(cli, QR_SERVICE_RESERVATION, &request, &reply, error);
    if (code)
        return code;
    return cli_wants_json(cli) ? print_json(cli, reply->offers, error) : print_text(cli, reply->offers);
}

static const struct cli_option options[] = {
    {.name = "cabin", .value = "economy|business", .help = "which cabin; economy unless given"},
    {0},
};

const struct cli_command cli_search = {
    .name = "search",
    .summary = "find flights and their fares",
    .usage = "FROM TO DATE",
    .least = 3,
    .most = 3,
    .options = options,
    .example = "quorate search DEL BOM +7 --cabin business  # a week from today",
    .about = "FROM and TO are IATA codes; DATE is 2026-11-30, or +7 for seven days from today. Offers come\n"
             "cheapest first. Each holds its fare until it expires, but no seat; SEATS shows at most 9. The\n"
             "decision behind a fare explains it: see `quorate explain`.",
    .run = run,
};
