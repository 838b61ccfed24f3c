/* quorate load: requests as many customers send them, and how long each took.
 *
 * With --rate the moments of sending are planned beforehand (an open loop), and a latency counts from the planned
 * moment, so that a stall shows in everything that it held up. With --clients each client sends its next request when
 * it has its answer: a stall then also stops the sending, and the percentiles hide it; the answer says which loop it
 * was. */
#include "cli/load.h"

#include <poll.h>

#include "cli/commands.h"
#include "common/clock.h"
#include "common/fixed.h"

enum {
    RATE_MOST = 1000000,
    CLIENTS_MOST = 10000,
    DURATION_MOST = 86400,
    LINE_EVERY_US = 500000,
    RECORDING_OFF_MOST = 600,
    INTERRUPTED_STATUS = 130,
};

static const char *const operation_names[LOAD_OPERATIONS] = {"search", "book", "vote"};

struct run {
    struct load load;
    int64_t rate, clients, duration;
    unsigned mix[LOAD_OPERATIONS], mix_total;
    bool vote_asked_for, ledger_off;
    int64_t start, end, ended; /* monotonic, us */
    uint64_t planned;
    int64_t next_line;
};

/* ---- What was asked ---- */

static int parse_share(struct run *run, const char *part, size_t size, struct qr_error *error)
{
    const char *colon = memchr(part, ':', size);
    if (!colon)
        return qr_fail(error, QR_EINPUT, "--mix: %.*s is not OPERATION:SHARE", (int)size, part);
    char share[16];
    int64_t value = 0;
    snprintf(share, sizeof share, "%.*s", (int)(part + size - colon - 1), colon + 1);
    int failed = qr_integer_parse(share, "--mix", 0, 1000000, &value, error);
    if (failed)
        return failed;
    for (int i = 0; i < LOAD_OPERATIONS; i++) {
        if (strlen(operation_names[i]) != (size_t)(colon - part) ||
            memcmp(operation_names[i], part, (size_t)(colon - part)) != 0)
            continue;
        run->mix[i] = (unsigned)value;
        return 0;
    }
    return qr_fail(error, QR_EINPUT, "--mix: %.*s is no operation; there are search, book and vote",
                   (int)(colon - part), part);
}

static int parse_mix(struct run *run, struct qr_error *error)
{
    const char *mix = cli_value(run->load.cli, "mix");
    run->vote_asked_for = mix && strstr(mix, "vote");
    if (!mix)
        mix = "search:80,book:15,vote:5";
    for (const char *part = mix; part;) {
        size_t size = strcspn(part, ",");
        int failed = parse_share(run, part, size, error);
        if (failed)
            return failed;
        part = part[size] ? part + size + 1 : NULL;
    }
    for (int i = 0; i < LOAD_OPERATIONS; i++)
        run->mix_total += run->mix[i];
    return run->mix_total ? 0 : qr_fail(error, QR_EINPUT, "--mix leaves nothing to do");
}

static int parse(struct run *run, struct qr_error *error)
{
    struct cli *cli = run->load.cli;
    const char *ledger = cli_value(cli, "ledger");
    bool on = !ledger || !strcmp(ledger, "on");
    if (!on && strcmp(ledger, "off") != 0)
        return qr_fail(error, QR_EUSAGE, "--ledger is on or off, not %s", ledger);
    if (cli_flag(cli, "rate") && cli_flag(cli, "clients"))
        return qr_fail(error, QR_EUSAGE, "either --rate or --clients, not both");
    run->ledger_off = !on;
    int failed = cli_integer(cli, "rate", 1, RATE_MOST, 0, &run->rate, error);
    if (!failed)
        failed = cli_integer(cli, "clients", 1, CLIENTS_MOST, run->rate ? 0 : 1, &run->clients, error);
    if (!failed)
        failed =
            cli_integer(cli, "duration", 1, on ? DURATION_MOST : RECORDING_OFF_MOST - 30, 10, &run->duration, error);
    return failed ? failed : parse_mix(run, error);
}

/* ---- Recording ---- */

static int set_recording(struct run *run, int64_t off_seconds, struct qr_error *error)
{
    Quorate__RecordingRequest body = QUORATE__RECORDING_REQUEST__INIT;
    body.off_seconds = (uint32_t)off_seconds;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_RECORDING;
    request.recording = &body;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    return cli_call(run->load.cli, QR_SERVICE_PRICING, &request, &reply, error);
}

/* ---- Sending ---- */

static enum load_operation choose(struct run *run)
{
    uint64_t at = load_random(&run->load, run->mix_total);
    int i = 0;
    while (at >= run->mix[i])
        at -= run->mix[i++];
    return (enum load_operation)i;
}

static bool is_over(const struct run *run)
{
    return cli_interrupted() || qr_clock_monotonic() >= run->end;
}

static void launch(struct run *run, int64_t planned)
{
    run->planned++;
    load_launch(&run->load, choose(run), planned);
}

/* A client of the closed loop sends again. */
static void next_of_client(struct load *load)
{
    struct run *run = (struct run *)(void *)((uint8_t *)load - offsetof(struct run, load));
    if (!is_over(run))
        launch(run, qr_clock_monotonic());
}

static int64_t planned_at(const struct run *run, uint64_t i)
{
    return run->start + (int64_t)(i * 1000000 / (uint64_t)run->rate);
}

/* Waits for answers until `until`, to the microsecond: a client's own wait counts in milliseconds. */
static void wait_for_answers(struct run *run, int64_t until)
{
    int64_t left = until - qr_clock_monotonic();
    if (left > 0) {
        struct pollfd polled = {.fd = qr_client_fd(run->load.client), .events = POLLIN};
        struct timespec timeout = {.tv_sec = left / 1000000, .tv_nsec = left % 1000000 * 1000};
        (void)ppoll(&polled, 1, &timeout, NULL);
    }
    qr_client_process(run->load.client);
}

static void total(const struct run *run, struct load_counts *ret_total)
{
    for (int i = 0; i < LOAD_OPERATIONS; i++) {
        qr_histogram_merge(&ret_total->latency, &run->load.counts[i].latency);
        for (int code = 0; code < LOAD_CODES; code++)
            ret_total->errors[code] += run->load.counts[i].errors[code];
    }
}

static uint64_t errors_of(const struct load_counts *counts)
{
    uint64_t n = 0;
    for (int code = 0; code < LOAD_CODES; code++)
        n += counts->errors[code];
    return n;
}

static void show_line(struct run *run)
{
    enum { P50 = 500000, P99 = 990000 };
    int64_t now = qr_clock_monotonic();
    if (now < run->next_line || !cli_notes_on_terminal(run->load.cli))
        return;
    run->next_line = now + LINE_EVERY_US;
    QR_CLEANUP(qr_freep) struct load_counts *all = qr_alloc(1, sizeof *all);
    total(run, all);
    double seconds = (double)(now - run->start) / 1e6;
    cli_note(run->load.cli, "\r%4.0f s  %8.0f/s  p50 %" PRId64 " us  p99 %" PRId64 " us  errors %" PRIu64 "   ",
             seconds, (double)all->latency.total / (seconds > 0 ? seconds : 1), qr_histogram_at(&all->latency, P50),
             qr_histogram_at(&all->latency, P99), errors_of(all));
}

static void run_open(struct run *run)
{
    while (!is_over(run)) {
        int64_t now = qr_clock_monotonic();
        while (planned_at(run, run->planned) <= now && planned_at(run, run->planned) < run->end)
            launch(run, planned_at(run, run->planned));
        int64_t next = planned_at(run, run->planned);
        wait_for_answers(run, next < run->next_line || !cli_notes_on_terminal(run->load.cli) ? next : run->next_line);
        show_line(run);
    }
}

static void run_closed(struct run *run)
{
    run->load.finished = next_of_client;
    for (int64_t i = 0; i < run->clients; i++)
        launch(run, qr_clock_monotonic());
    while (!is_over(run)) {
        int64_t soon = qr_clock_monotonic() + LINE_EVERY_US;
        wait_for_answers(run, soon < run->end ? soon : run->end);
        show_line(run);
    }
}

static void run_load(struct run *run)
{
    cli_catch_interrupt();
    run->start = qr_clock_monotonic();
    run->end = run->start + run->duration * 1000000;
    run->next_line = run->start + LINE_EVERY_US;
    if (run->rate) {
        run_open(run);
    } else {
        run_closed(run);
    }
    while (qr_client_in_flight(run->load.client))
        wait_for_answers(run, qr_clock_monotonic() + LINE_EVERY_US);
    run->ended = qr_clock_monotonic();
    if (cli_notes_on_terminal(run->load.cli))
        cli_note(run->load.cli, "\n");
}

/* ---- The answer ---- */

static json_t *latency_json(const struct qr_histogram *latency)
{
    return json_pack("{s:I,s:I,s:I,s:I,s:I}", "p50", (json_int_t)qr_histogram_at(latency, 500000), "p90",
                     (json_int_t)qr_histogram_at(latency, 900000), "p99", (json_int_t)qr_histogram_at(latency, 990000),
                     "p999", (json_int_t)qr_histogram_at(latency, 999000), "max", (json_int_t)latency->largest);
}

static json_t *errors_json(const struct load_counts *counts)
{
    json_t *errors = json_object();
    for (int code = 0; code < LOAD_CODES; code++) {
        if (!counts->errors[code])
            continue;
        json_object_set_new(errors, qr_code_word((enum qr_code) - code),
                            json_integer((json_int_t)counts->errors[code]));
    }
    return errors;
}

static double seconds_of(const struct run *run)
{
    return (double)(run->ended - run->start) / 1e6;
}

/* A figure as it is worth: three decimals. */
static json_t *figure_json(double figure)
{
    return json_real((double)(int64_t)(figure * 1000 + 0.5) / 1000);
}

static json_t *counts_json(const struct run *run, const struct load_counts *counts)
{
    return json_pack("{s:I,s:o,s:o,s:o}", "completed", (json_int_t)counts->latency.total, "errors", errors_json(counts),
                     "throughput", figure_json((double)counts->latency.total / seconds_of(run)), "latency_us",
                     latency_json(&counts->latency));
}

static json_t *answer_json(const struct run *run, const struct load_counts *all)
{
    json_t *document = counts_json(run, all), *operations = json_object();
    for (int i = 0; i < LOAD_OPERATIONS; i++) {
        if (run->mix[i])
            json_object_set_new(operations, operation_names[i], counts_json(run, &run->load.counts[i]));
    }
    json_object_set_new(document, "planned", json_integer((json_int_t)run->planned));
    json_object_set_new(document, "loop", json_string(run->rate ? "open" : "closed"));
    json_object_set_new(document, "seconds", figure_json(seconds_of(run)));
    json_object_set_new(document, "recorded", json_boolean(!run->ledger_off));
    json_object_set_new(document, "interrupted", json_boolean(cli_interrupted()));
    json_object_set_new(document, "operations", operations);
    return document;
}

static void add_row(struct cli_table *table, const struct run *run, const char *name, const struct load_counts *counts)
{
    static const unsigned parts[] = {500000, 900000, 990000, 999000};
    cli_table_cell(table, CLI_PLAIN, "%s", name);
    cli_table_cell(table, CLI_PLAIN, "%" PRIu64, counts->latency.total);
    cli_table_cell(table, CLI_PLAIN, "%.0f", (double)counts->latency.total / seconds_of(run));
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        cli_table_cell(table, CLI_PLAIN, "%" PRId64, qr_histogram_at(&counts->latency, parts[i]));
    }
    cli_table_cell(table, CLI_PLAIN, "%" PRId64, counts->latency.largest);
    cli_table_cell(table, errors_of(counts) ? CLI_BAD : CLI_PLAIN, "%" PRIu64, errors_of(counts));
}

static void print_errors(struct cli *cli, const struct load_counts *all)
{
    for (int code = 0; code < LOAD_CODES; code++) {
        if (all->errors[code])
            cli_print(cli, "%s: %" PRIu64 "\n", qr_code_word((enum qr_code) - code), all->errors[code]);
    }
}

static void answer_text(struct run *run, const struct load_counts *all)
{
    struct cli *cli = run->load.cli;
    QR_CLEANUP(cli_table_freep)
    struct cli_table *table = cli_table_new("OPERATION", ">DONE", ">PER SECOND", ">P50 us", ">P90", ">P99", ">P99.9",
                                            ">MAX", ">ERRORS", NULL);
    for (int i = 0; i < LOAD_OPERATIONS; i++) {
        if (run->mix[i])
            add_row(table, run, operation_names[i], &run->load.counts[i]);
    }
    add_row(table, run, "all", all);
    cli_table_print(cli, table);
    print_errors(cli, all);
    if (!run->rate)
        cli_note(
            cli,
            "closed loop: requests that a stall kept from being sent are not in these figures; --rate shows them\n");
}

/* Nothing answered: the run failed for the reason that most requests did. */
static int fail_if_nothing(const struct load_counts *all, struct qr_error *error)
{
    int most = 0;
    for (int code = 1; code < LOAD_CODES; code++) {
        if (all->errors[code] > all->errors[most])
            most = code;
    }
    if (all->latency.total || !most)
        return 0;
    return qr_fail(error, (enum qr_code) - most, "all %" PRIu64 " requests failed, most as %s", errors_of(all),
                   qr_code_word((enum qr_code) - most));
}

/* ---- The whole ---- */

static int prepare(struct run *run, struct qr_error *error)
{
    int failed = load_prepare(&run->load, error);
    if (failed || !run->mix[LOAD_VOTE])
        return failed;
    failed = load_prepare_votes(&run->load, error);
    if (!failed || run->vote_asked_for || failed != QR_ENOT_FOUND)
        return failed;
    cli_note(run->load.cli, "no proposal is open: this run casts no ballots\n");
    run->mix_total -= run->mix[LOAD_VOTE];
    run->mix[LOAD_VOTE] = 0;
    return 0;
}

static int run_and_answer(struct run *run, struct qr_error *error)
{
    enum { SPARE_SECONDS = 20 };
    int failed = prepare(run, error);
    if (!failed && run->ledger_off)
        failed = set_recording(run, run->duration + SPARE_SECONDS, error);
    if (failed)
        return failed;
    run_load(run);
    if (run->ledger_off)
        failed = set_recording(run, 0, error);
    QR_CLEANUP(qr_freep) struct load_counts *all = qr_alloc(1, sizeof *all);
    total(run, all);
    if (!failed)
        failed = fail_if_nothing(all, error);
    if (failed)
        return failed;
    if (cli_interrupted())
        cli_exit_with(run->load.cli, INTERRUPTED_STATUS);
    if (cli_wants_json(run->load.cli))
        return cli_json(run->load.cli, answer_json(run, all), error);
    answer_text(run, all);
    return 0;
}

static int run(struct cli *cli, struct qr_error *error)
{
    struct run run = {.load = {.cli = cli}};
    int failed = parse(&run, error);
    if (!failed)
        failed = run_and_answer(&run, error);
    load_done(&run.load);
    return failed;
}

static const struct cli_option options[] = {
    {.name = "rate", .value = "PER_SECOND", .help = "open loop: send this many a second, whatever the answers do"},
    {.name = "clients", .value = "N", .help = "closed loop: N clients, each waits for its answer (1)"},
    {.name = "duration", .value = "SECONDS", .help = "how long (10)"},
    {.name = "mix", .value = "search:80,book:15,vote:5", .help = "shares of the operations"},
    {.name = "ledger", .value = "on|off", .help = "off: decisions are not recorded meanwhile, for comparison"},
    {0},
};

const struct cli_command cli_load = {
    .name = "load",
    .summary = "search, book and vote as many customers do, and measure how long it takes",
    .usage = "",
    .options = options,
    .example = "quorate load --rate 2000 --duration 30 # latencies from the planned start",
    .about = "Sells seats of this home and casts ballots on an open proposal. Under --rate a latency counts\n"
             "from the planned start, so a stall is not hidden. Ctrl-C ends the run and reports.",
    .run = run,
};
