#include "cli/order.h"

#include "common/clock.h"

/* quorate order: an order that was made, shown or cancelled. */

static json_t *order_json(const Quorate__Order *order)
{
    return json_pack("{s:s,s:s,s:I,s:s,s:I,s:o,s:o,s:s,s:s,s:s,s:o,s:s,s:s,s:o,s:b,s:o}", "locator", order->locator,
                     "state", order->state, "fare", (json_int_t)order->fare, "currency", order->currency,
                     "minor_digits", (json_int_t)order->minor_digits, "offer", cli_json_hex(order->offer), "decision",
                     cli_json_hex(order->decision), "flight", order->flight, "from", order->from, "to", order->to,
                     "departs", cli_json_time(order->departs_ms), "cabin", order->cabin, "name", order->name,
                     "created_at", cli_json_time(order->created_ms), "replayed", order->replayed, "height",
                     order->height ? json_integer((json_int_t)order->height) : json_null());
}

int order_print(struct cli *cli, const Quorate__Order *order, struct qr_error *error)
{
    char departs[QR_TIME_TEXT], money[CLI_MONEY_TEXT], decision[CLI_SHORT_ID];
    if (cli_wants_json(cli))
        return cli_json(cli, order_json(order), error);
    bool confirmed = strcmp(order->state, "confirmed") == 0;
    qr_time_format_offset(order->departs_ms, order->departs_offset, departs);
    cli_print(cli, "%s%s%s  %s%s%s%s\n", cli_style(cli, CLI_BOLD), order->locator, cli_style(cli, CLI_PLAIN),
              cli_style(cli, confirmed ? CLI_GOOD : CLI_BAD), order->state, cli_style(cli, CLI_PLAIN),
              order->replayed ? ", as before under this key" : "");
    cli_print(cli, "%s %s-%s, %s, %.10s %.5s\n", order->flight, order->from, order->to, order->cabin, departs,
              departs + 11);
    cli_print(cli, "%s\n", order->name);
    cli_print(cli, "%s, decision %s%s\n", cli_money(order->fare, order->minor_digits, order->currency, money),
              cli_short_id(order->decision, decision), order->height ? ", recorded" : "");
    return 0;
}

static int ask(struct cli *cli, bool cancel, struct qr_error *error)
{
    Quorate__OrderRequest order = QUORATE__ORDER_REQUEST__INIT;
    Quorate__CancelRequest cancellation = QUORATE__CANCEL_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    char *locator = (char *)(uintptr_t)cli_argument(cli, 0), *surname = (char *)(uintptr_t)cli_value(cli, "surname");
    if (!surname)
        return qr_fail(error, QR_EUSAGE, "an order answers to its locator and --surname together");
    order.locator = cancellation.locator = locator;
    order.surname = cancellation.surname = surname;
    if (cancel) {
        request.body_case = QUORATE__REQUEST__BODY_CANCEL;
        request.cancel = &cancellation;
    } else {
        request.body_case = QUORATE__REQUEST__BODY_ORDER;
        request.order = &order;
    }
    int code = cli_call(cli, QR_SERVICE_RESERVATION, &request, &reply, error);
    return code ? code : order_print(cli, reply->order, error);
}

static int show(struct cli *cli, struct qr_error *error)
{
    return ask(cli, false, error);
}

static int cancel(struct cli *cli, struct qr_error *error)
{
    return ask(cli, true, error);
}

static const struct cli_option options[] = {
    {.name = "surname", .value = "SURNAME", .help = "of the passenger; upper and lower case are alike"},
    {0},
};

static const struct cli_command order_show = {
    .name = "show",
    .summary = "show an order",
    .usage = "LOCATOR",
    .least = 1,
    .most = 1,
    .options = options,
    .example = "quorate order show K7Q2MX --surname Rao  # the locator that `quorate book` gave",
    .about = "A wrong surname and an unknown locator answer alike, and repeated misses are refused for a while.",
    .run = show,
};

static const struct cli_command order_cancel = {
    .name = "cancel",
    .summary = "cancel an order and give its seat back",
    .usage = "LOCATOR",
    .least = 1,
    .most = 1,
    .options = options,
    .example = "quorate order cancel K7Q2MX --surname Rao  # a second time changes nothing",
    .run = cancel,
};

static const struct cli_command *const subcommands[] = {&order_show, &order_cancel, NULL};

const struct cli_command cli_order = {
    .name = "order",
    .summary = "show or cancel an order",
    .usage = "show|cancel LOCATOR",
    .example = "quorate order show K7Q2MX --surname Rao  # what was booked",
    .subcommands = subcommands,
};
