#include "cli/dashboard.h"

#include "cli/cli.h"

/* quorate dashboard */

static const struct cli_option options[] = {
    {.name = "readonly", .help = "no vote, no booking, no execution"},
    {.name = "slow", .help = "show new data at most once in two seconds"},
    {0},
};

/* For those whom a redrawn screen does not serve: what answers the same questions line by line. */
static void print_equivalents(struct cli *cli)
{
    cli_print(cli,
              "The dashboard redraws a screen. These commands give the same as lines of text:\n"
              "1. services: quorate status\n"
              "2. ledger: quorate ledger head, quorate ledger show HEIGHT\n"
              "3. proposals: quorate proposal list, quorate proposal show ID, quorate vote ID yes --as MEMBER\n"
              "4. decisions: quorate explain DECISION, quorate receipt DECISION -o FILE, quorate verify FILE --pin PINFILE\n"
              "5. fares: quorate search FROM TO DATE, quorate book OFFER --name SURNAME/GIVEN\n");
}

static int run(struct cli *cli, struct qr_error *error)
{
    const char *accessible = getenv("ACCESSIBLE");
    int failed = cli_need_home(cli, error);
    if (failed)
        return failed;
    if (accessible && *accessible && strcmp(accessible, "0") != 0) {
        print_equivalents(cli);
        return QR_OK;
    }
    const char *no_color = getenv("NO_COLOR");
    const char *color = cli_value(cli, "color");
    bool asked = color && strcmp(color, "always") == 0;
    bool never = (color && strcmp(color, "never") == 0) || (no_color && *no_color && !asked);
    const struct qr_dashboard_options dashboard = {
        .home = cli_home(cli),
        .monochrome = never,
        .readonly = cli_flag(cli, "readonly"),
        .slow = cli_flag(cli, "slow"),
    };
    return qr_dashboard_run(&dashboard, error);
}

const struct cli_command cli_dashboard = {
    .name = "dashboard",
    .summary = "watch the services, fares, decisions, votes and blocks, and act on them",
    .usage = "",
    .options = options,
    .example = "quorate dashboard  # then ? lists the keys, : the commands, q leaves",
    .about = "Five screens: overview, ledger, governance, decisions, fares; the keys 1 to 5 choose. It runs without\n"
             "services too: what they said last is shown as stale until they are back. With ACCESSIBLE=1 it names\n"
             "the commands that give the same as lines of text.",
    .run = run,
};
