/* One command line from its words to its exit status. */
#include "cli/run.h"

#include <poll.h>
#include <sys/stat.h>

#include "common/file.h"
#include "services/lib/supervisor.h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    interrupted = 1;
}

bool cli_interrupted(void)
{
    return interrupted;
}

void cli_exit_with(struct cli *cli, int status)
{
    cli->exit_status = status;
}

/* ---- Home and services ---- */

static char *default_home(void)
{
    const char *home = getenv("QUORATE_HOME");
    if (home && *home)
        return qr_strdup(home);
    const char *state = getenv("XDG_STATE_HOME");
    if (state && *state)
        return qr_path_join(state, "quorate");
    const char *user = getenv("HOME");
    return qr_path_join(user && *user ? user : ".", ".local/state/quorate");
}

const char *cli_home(const struct cli *cli)
{
    return cli->home;
}

int cli_need_home(const struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *genesis = qr_path_join(cli->home, "genesis.qrg");
    if (!access(genesis, F_OK))
        return 0;
    if (errno == EACCES)
        return qr_fail_errno(error, "open", genesis);
    QR_CLEANUP(qr_freep) char *keys = qr_path_join(cli->home, "keys");
    if (!access(keys, F_OK)) {
        qr_fail(error, QR_ENO_HOME, "the home at %s has no genesis.qrg", cli->home);
        return qr_hint(error, "put a copy of it in its place; it is the same in every home of the ledger");
    }
    qr_fail(error, QR_ENO_HOME, "there is no home at %s", cli->home);
    return qr_hint(error, "make one with: quorate init");
}

int cli_client(struct cli *cli, struct qr_client **ret_client, struct qr_error *error)
{
    if (!cli->client) {
        int failed = cli_need_home(cli, error);
        if (!failed)
            failed = qr_client_new(cli->home, &cli->client, error);
        if (failed)
            return failed;
    }
    *ret_client = cli->client;
    return 0;
}

int cli_call_within(struct cli *cli, enum qr_service service, Quorate__Request *request, int64_t timeout_ms,
                    Quorate__Reply **ret_reply, struct qr_error *error)
{
    struct qr_client *client = NULL;
    int failed = cli_client(cli, &client, error);
    if (!failed)
        failed = qr_client_call(client, service, request, timeout_ms, ret_reply, error);
    if (failed != QR_EUNREACHABLE || (unsigned)service < qr_supervised_services(cli->home))
        return failed;
    /* `quorate up`, which the client advises, would not start it */
    qr_fail(error, QR_EUNREACHABLE, "this home follows another one, and runs no quorate-%s", qr_supervised_name(service));
    return qr_hint(error, "ask the one that it follows: quorate --home DIR");
}

int cli_call(struct cli *cli, enum qr_service service, Quorate__Request *request, Quorate__Reply **ret_reply,
             struct qr_error *error)
{
    return cli_call_within(cli, service, request, QR_CALL_TIMEOUT_MS, ret_reply, error);
}

static void note_if_others_may_read(struct cli *cli, const char *path)
{
    struct stat status;
    if (stat(path, &status) == 0 && (status.st_mode & (S_IRWXG | S_IRWXO)))
        cli_note(cli, "note: others on this machine may read %s; chmod 600 keeps it yours\n", path);
}

int cli_member_key(struct cli *cli, struct qr_key **ret_key, struct qr_error *error)
{
    const char *name = cli_value(cli, "as");
    if (!name)
        return qr_fail(error, QR_EUSAGE, "--as MEMBER is needed: who signs"),
               qr_hint(error, "see: quorate member list");
    int failed = cli_need_home(cli, error);
    if (failed)
        return failed;
    if (!qr_name_valid(name))
        return qr_fail(error, QR_ENOT_A_MEMBER, "%.70s is no member's name", name),
               qr_hint(error, "see: quorate member list");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer path = {0};
    qr_buffer_text(&path, "%s/keys/%s.key", cli->home, name);
    failed = qr_key_load(qr_buffer_string(&path), ret_key, error);
    if (failed == 0)
        note_if_others_may_read(cli, qr_buffer_string(&path));
    if (failed != QR_ENO_FILE)
        return failed;
    qr_fail(error, QR_ENOT_A_MEMBER, "this home holds no key of a member %s", name);
    return qr_hint(error, "see: quorate member list");
}

/* ---- Running ---- */

static int print_error(struct cli *cli, const struct qr_error *error)
{
    if (cli->json) {
        struct qr_error none = {0};
        json_t *inner =
            json_pack("{s:s,s:s,s:s}", "code", qr_code_word(error->code), "text", error->text, "hint", error->hint);
        int failed = cli_json_line(cli, json_pack("{s:o}", "error", inner), &none);
        return qr_code_exit_status(failed ? none.code : error->code);
    }
    fprintf(cli->notes, "quorate: %s%s%s\n", cli_style(cli, CLI_BAD), error->text, cli_style(cli, CLI_PLAIN));
    if (error->hint[0])
        fprintf(cli->notes, "%s\n", error->hint);
    return qr_code_exit_status(error->code);
}

static int decide_colour(struct cli *cli, struct qr_error *error)
{
    const char *when = cli_value(cli, "color");
    const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
    bool may = isatty(fileno(cli->out)) && !(no_colour && *no_colour) && !(term && !strcmp(term, "dumb"));
    if (when && strcmp(when, "auto") != 0 && strcmp(when, "always") != 0 && strcmp(when, "never") != 0) {
        return qr_fail(error, QR_EUSAGE, "--color is auto, always or never, not %s", when);
    }
    cli->colour = !cli->json && (!when || !strcmp(when, "auto") ? may : !strcmp(when, "always"));
    return 0;
}

static int run_command(struct cli *cli, struct qr_error *error)
{
    int failed = cli_check_usage(cli, error);
    return failed ? failed : cli->command->run(cli, error);
}

static bool print_what_was_asked(struct cli *cli)
{
    if (cli->help && cli->command) {
        cli_print_help(cli, cli->group, cli->command);
    } else if (cli->help) {
        cli_print_overview(cli, cli->out);
    } else if (cli->version) {
        fprintf(cli->out, "quorate %s\n", PACKAGE_VERSION);
    } else {
        return false;
    }
    return true;
}

static int parse_and_run(struct cli *cli, int argc, char **argv, struct qr_error *error)
{
    int failed = cli_parse(cli, argc, argv, error);
    int bad_colour = decide_colour(cli, failed ? NULL : error);
    if ((!failed || cli->help) && print_what_was_asked(cli))
        return 0;
    if (failed || bad_colour)
        return failed ? failed : bad_colour;
    const char *home = cli_value(cli, "home");
    if (home && !*home)
        return qr_fail(error, QR_EUSAGE, "--home needs a folder");
    cli->home = home ? qr_strdup(home) : default_home();
    return run_command(cli, error);
}

/* Whether whoever read the answer went away, as `head` does: no error, whatever the command made of it. */
static bool reader_gone(const struct cli *cli)
{
    struct pollfd reader = {.fd = fileno(cli->out), .events = POLLOUT};
    return ferror(cli->out) && poll(&reader, 1, 0) == 1 && (reader.revents & POLLERR);
}

/* Whether the answer was written whole. */
static int flush(struct cli *cli, struct qr_error *error)
{
    errno = 0;
    if (!fflush(cli->out) && !ferror(cli->out))
        return 0;
    return qr_fail(error, errno == ENOSPC ? QR_EDISK_FULL : QR_EIO, "the answer could not be written to standard output");
}

/* Ctrl-C ends a command as it ends any program, but for those that ask cli_interrupted. */
void cli_catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

int cli_main(int argc, char **argv, FILE *out, FILE *notes)
{
    struct cli cli = {.out = out, .notes = notes};
    struct qr_error error = {0};
    signal(SIGPIPE, SIG_IGN);
    qr_crypto_init();
    int failed = parse_and_run(&cli, argc, argv, &error);
    int status = cli.exit_status;
    if (failed && !reader_gone(&cli))
        status = print_error(&cli, &error);
    bool whole = flush(&cli, &error) == 0;
    if (!whole && !failed && !reader_gone(&cli)) {
        cli.json = false;
        status = print_error(&cli, &error);
    }
    qr_client_free(cli.client);
    free(cli.home);
    return status;
}
