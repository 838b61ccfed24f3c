/* quorate up, down and status: the four services of a home, and CometBFT, under their supervisor. */
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "cli/cometbft_program.h"
#include "cli/commands.h"
#include "common/clock.h"
#include "common/file.h"
#include "services/lib/supervisor.h"

enum { UP_MS = 60000, ASK_MS = 1000, PAUSE_US = 20000 };

/* ---- What the services say ---- */

struct answers {
    int n; /* services that this home runs: the first ones */
    Quorate__Reply *reply[QR_SERVICES]; /* NULL: it does not answer */
    bool cometbft;                      /* whether its RPC takes connections */
};

static void answers_done(struct answers *answers)
{
    for (int i = 0; i < answers->n; i++)
        qr_reply_free(answers->reply[i]);
}

static void answered(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    Quorate__Reply **place = context;
    (void)error;
    *place = reply;
}

static bool cometbft_answers(const char *home)
{
    struct qr_run_folder *folder = NULL;
    char socket[QR_SOCKET_PATH_MAX];
    if (qr_run_folder_open(home, false, &folder, NULL))
        return false;
    bool answers = qr_socket_answers(qr_run_folder_rpc(folder, socket));
    qr_run_folder_free(folder);
    return answers;
}

/* Asks all at once. */
static void ask(struct qr_client *client, const char *home, struct answers *ret_answers)
{
    ret_answers->n = (int)qr_supervised_services(home);
    for (int i = 0; i < ret_answers->n; i++) {
        Quorate__StatusRequest status = QUORATE__STATUS_REQUEST__INIT;
        Quorate__Request request = QUORATE__REQUEST__INIT;
        request.body_case = QUORATE__REQUEST__BODY_STATUS;
        request.status = &status;
        ret_answers->reply[i] = NULL;
        if (qr_client_send(client, (enum qr_service)i, &request, ASK_MS, answered, &ret_answers->reply[i], NULL))
            continue;
    }
    while (qr_client_in_flight(client))
        qr_client_wait(client, ASK_MS);
    ret_answers->cometbft = cometbft_answers(home);
}

/* ---- The supervisor's process ---- */

/* The folder with the daemons: beside this program, else where they were installed. */
static char *program_folder(char path[PATH_MAX])
{
    ssize_t size = readlink("/proc/self/exe", path, PATH_MAX - 1);
    path[size > 0 ? size : 0] = 0;
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = 0;
    QR_CLEANUP(qr_freep) char *ledgerd = qr_path_join(path, "quorate-ledgerd");
    if (!slash || access(ledgerd, X_OK))
        qr_copy_text(path, PATH_MAX, BINDIR);
    return path;
}

static int open_supervisor_log(const char *home)
{
    QR_CLEANUP(qr_freep) char *folder = qr_path_join(home, "log");
    QR_CLEANUP(qr_freep) char *path = qr_path_join(folder, "supervisor.log");
    (void)mkdir(folder, 0700);
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* Runs in the child: `quorate up --foreground` in a session of its own, detached from the terminal. */
static void detach(const char *home)
{
    setsid();
    int input = open("/dev/null", O_RDONLY), log = open_supervisor_log(home);
    dup2(input, STDIN_FILENO);
    dup2(log >= 0 ? log : input, STDOUT_FILENO);
    dup2(log >= 0 ? log : input, STDERR_FILENO);
    if (chdir("/"))
        _exit(1);
    closefrom(STDERR_FILENO + 1);
    execl("/proc/self/exe", "quorate", "--home", home, "up", "--foreground", (char *)NULL);
    _exit(1);
}

/* It outlives this process, and is its child until then, so that its end is noticed. */
static int start_supervisor(const char *home, pid_t *ret_pid, struct qr_error *error)
{
    pid_t pid = fork();
    if (pid < 0)
        return qr_fail(error, QR_EINTERNAL, "cannot start the supervisor: %s", strerror(errno));
    if (!pid)
        detach(home);
    *ret_pid = pid;
    return 0;
}

/* Fails when the supervisor that was started has ended, unless another one was faster and runs instead. */
static int check_supervisor(const char *home, pid_t *pid, struct qr_error *error)
{
    int how;
    if (*pid == 0 || waitpid(*pid, &how, WNOHANG) != *pid)
        return 0;
    *pid = 0;
    if (qr_supervisor_pid(home))
        return 0;
    if (WIFEXITED(how))
        qr_fail(error, QR_EUNREACHABLE, "the supervisor ended at once, with status %d", WEXITSTATUS(how));
    else
        qr_fail(error, QR_EUNREACHABLE, "the supervisor was killed by signal %d", WTERMSIG(how));
    return qr_hint(error, "`quorate up --foreground` shows why");
}

/* ---- up ---- */

static bool is_in_state(const Quorate__Reply *reply, const char *state)
{
    return reply && !strcmp(reply->status->state, state);
}

/* Runs, or waits for others than this home's processes: for the other validators, for a member to appoint its keys, or for the ledger that
 * this home follows. A follower that stopped serves what it knows, and says what it saw. */
static bool serves(const struct answers *answers, enum qr_service service)
{
    const Quorate__Reply *reply = answers->reply[service];
    static const char *const following[] = {"catching_up",       "waiting_for_leader",       "leader_behind",
                                            "waiting_for_clock", "stopped_by_invalid_block", "diverged"};
    for (size_t i = 0; i < sizeof following / sizeof following[0]; i++)
        if (is_in_state(reply, following[i]))
            return true;
    return is_in_state(reply, "running") || is_in_state(reply, "waiting_for_cometbft") ||
           is_in_state(reply, "waiting_for_appointment") ||
           (is_in_state(reply, "waiting_for_pricing") &&
            is_in_state(answers->reply[QR_SERVICE_PRICING], "waiting_for_appointment"));
}

static bool all_serve(const struct answers *answers, bool with_cometbft)
{
    size_t n = 0;
    for (int i = 0; i < answers->n; i++)
        n += serves(answers, (enum qr_service)i);
    return n == (size_t)answers->n && (answers->cometbft || !with_cometbft);
}

static void note_waiting(struct cli *cli, const struct answers *answers)
{
    for (int i = 0; i < answers->n; i++)
        if (!is_in_state(answers->reply[i], "running"))
            cli_note(cli, "%s: %s\n", qr_service_name((enum qr_service)i), answers->reply[i]->status->detail);
}

/* The first process that cannot start, or QR_SUPERVISED. */
static unsigned failing(const char *home, struct qr_supervised facts[QR_SUPERVISED])
{
    unsigned i = 0;
    qr_supervisor_read(home, facts);
    while (i < QR_SUPERVISED && facts[i].failures < QR_FAILURES_TOLD)
        i++;
    return i;
}

static int fail_process(unsigned process, const char *why, struct qr_error *error)
{
    const char *name = qr_supervised_name(process);
    qr_fail(error, QR_EUNREACHABLE, "%s%s does not start: %s", process < QR_SERVICES ? "quorate-" : "", name, why);
    return qr_hint(error, "mend it, or end the others with `quorate down`; its log is in HOME/log/%s.log", name);
}

static int fail_late(const struct answers *answers, const struct qr_supervised facts[QR_SUPERVISED], bool with_cometbft,
                     struct qr_error *error)
{
    for (unsigned i = 0; i < (unsigned)answers->n; i++) {
        if (!answers->reply[i])
            return fail_process(i, *facts[i].reason ? facts[i].reason : "it does not answer", error);
        const Quorate__Status *status = answers->reply[i]->status;
        if (!serves(answers, (enum qr_service)i))
            return fail_process(i, *status->detail ? status->detail : status->state, error);
    }
    const char *reason = facts[QR_SUPERVISED_COMETBFT].reason;
    return with_cometbft && !answers->cometbft
               ? fail_process(QR_SUPERVISED_COMETBFT, *reason ? reason : "its RPC does not answer", error)
               : 0;
}

/* `supervisor` is the one that was started, or 0. */
static int wait_until_up(struct cli *cli, const char *home, bool with_cometbft, pid_t supervisor, struct qr_error *error)
{
    struct qr_client *client = NULL;
    int failed = cli_client(cli, &client, error);
    if (failed)
        return failed;
    for (int64_t end = qr_clock_monotonic() / 1000 + UP_MS;; usleep(PAUSE_US)) {
        struct qr_supervised facts[QR_SUPERVISED];
        QR_CLEANUP(answers_done) struct answers answers = {0};
        ask(client, home, &answers);
        if (all_serve(&answers, with_cometbft) && qr_supervisor_pid(home)) {
            note_waiting(cli, &answers);
            return 0;
        }
        failed = check_supervisor(home, &supervisor, error);
        if (failed)
            return failed;
        unsigned bad = failing(home, facts);
        if (bad != QR_SUPERVISED)
            return fail_process(bad, facts[bad].reason, error);
        if (qr_clock_monotonic() / 1000 >= end)
            return fail_late(&answers, facts, with_cometbft, error);
    }
}

static int answer_up(struct cli *cli, const char *home, bool already, struct qr_error *error)
{
    int pid = (int)qr_supervisor_pid(home);
    if (cli_wants_json(cli)) {
        return cli_json(cli, json_pack("{s:{s:i},s:b}", "supervisor", "pid", pid, "already_up", already), error);
    }
    cli_print(cli, "%s, supervisor process %d\n", already ? "The services were up already" : "The services are up",
              pid);
    return 0;
}

static int run_up(struct cli *cli, struct qr_error *error)
{
    char folder[PATH_MAX], cometbft[PATH_MAX];
    bool with_cometbft = false;
    pid_t supervisor = 0;
    int failed = cli_need_home(cli, error);
    if (failed)
        return failed;
    QR_CLEANUP(qr_freep) char *home = realpath(cli_home(cli), NULL);
    if (!home)
        return qr_fail_errno(error, "find", cli_home(cli));
    failed = cli_cometbft_needed(home, &with_cometbft, error);
    bool already = qr_supervisor_pid(home) != 0;
    if (!failed && with_cometbft && !already)
        failed = cli_cometbft_find(program_folder(folder), cometbft, error);
    if (!failed && with_cometbft && !already)
        failed = cli_cometbft_check(cometbft, error);
    if (!failed && cli_flag(cli, "foreground"))
        return qr_supervisor_run(home, program_folder(folder), with_cometbft ? cometbft : NULL, error);
    if (!failed && !already)
        failed = start_supervisor(home, &supervisor, error);
    if (!failed)
        failed = wait_until_up(cli, home, with_cometbft, supervisor, error);
    return failed ? failed : answer_up(cli, home, already, error);
}

/* ---- down ---- */

static int run_down(struct cli *cli, struct qr_error *error)
{
    bool any = false;
    int failed = cli_need_home(cli, error);
    if (!failed)
        failed = qr_supervisor_end(cli_home(cli), &any, error);
    if (failed)
        return failed;
    if (cli_wants_json(cli))
        return cli_json(cli, json_pack("{s:b}", "was_up", any), error);
    cli_print(cli, any ? "The services are down\n" : "Nothing was up\n");
    return 0;
}

/* ---- status ---- */

static const char *state_of(const struct qr_supervised *facts, const Quorate__Reply *reply)
{
    if (reply)
        return reply->status->state;
    if (facts->pid)
        return "starting";
    return facts->failures ? "failed" : "down";
}

static const char *detail_of(const struct qr_supervised *facts, const Quorate__Reply *reply)
{
    return reply ? reply->status->detail : facts->reason;
}

static int64_t pid_of(const struct qr_supervised *facts, const Quorate__Reply *reply)
{
    return reply ? reply->status->pid : facts->pid;
}

static json_t *metrics_json(const Quorate__Status *status)
{
    json_t *metrics = json_object();
    for (size_t i = 0; i < status->n_metrics; i++) {
        json_object_set_new(metrics, status->metrics[i]->name, json_integer((json_int_t)status->metrics[i]->value));
    }
    return metrics;
}

static json_t *process_json(const char *name, const char *state, const struct qr_supervised *facts, const char *detail,
                            int64_t pid)
{
    json_t *document = json_pack("{s:s,s:s,s:I,s:s}", "name", name, "state", state, "restarts", (json_int_t)facts->restarts,
                                 "detail", detail);
    json_object_set_new(document, "pid", pid ? json_integer((json_int_t)pid) : json_null());
    return document;
}

static json_t *service_json(enum qr_service service, const struct qr_supervised *facts, const Quorate__Reply *reply)
{
    json_t *document = process_json(qr_service_name(service), state_of(facts, reply), facts, detail_of(facts, reply),
                                    pid_of(facts, reply));
    if (reply) {
        json_object_set_new(document, "version", json_string(reply->status->version));
        json_object_set_new(document, "started_at", cli_json_time(reply->status->started_ms));
        json_object_set_new(document, "metrics", metrics_json(reply->status));
    }
    return document;
}

static const char *cometbft_state(const struct qr_supervised *facts, bool answers)
{
    return answers ? "running" : state_of(facts, NULL);
}

static int status_json(struct cli *cli, const struct qr_supervised *facts, const struct answers *answers,
                       bool with_cometbft, struct qr_error *error)
{
    int pid = (int)qr_supervisor_pid(cli_home(cli));
    json_t *services = json_array();
    for (int i = 0; i < answers->n; i++)
        json_array_append_new(services, service_json((enum qr_service)i, &facts[i], answers->reply[i]));
    const struct qr_supervised *cometbft = &facts[QR_SUPERVISED_COMETBFT];
    if (with_cometbft)
        json_array_append_new(services,
                              process_json(qr_supervised_name(QR_SUPERVISED_COMETBFT),
                                           cometbft_state(cometbft, answers->cometbft), cometbft,
                                           answers->cometbft ? "" : cometbft->reason, (int64_t)cometbft->pid));
    json_t *supervisor = pid ? json_pack("{s:i}", "pid", pid) : json_null();
    return cli_json(cli, json_pack("{s:o,s:o}", "supervisor", supervisor, "services", services), error);
}

static void duration_text(int64_t ms, char text[32])
{
    int64_t s = ms / 1000;
    if (s < 120) {
        snprintf(text, 32, "%" PRId64 " s", s);
    } else if (s < 7200) {
        snprintf(text, 32, "%" PRId64 " min", s / 60);
    } else {
        snprintf(text, 32, "%" PRId64 " h", s / 3600);
    }
}

static void status_row(struct cli_table *table, const char *name, const char *state, int64_t pid, const char *since,
                       unsigned restarts, const char *detail)
{
    cli_table_cell(table, CLI_PLAIN, "%s", name);
    cli_table_cell(table, !strcmp(state, "running") ? CLI_GOOD : CLI_BAD, "%s", state);
    if (pid)
        cli_table_cell(table, CLI_PLAIN, "%" PRId64, pid);
    else
        cli_table_cell(table, CLI_PLAIN, "%s", "");
    cli_table_cell(table, CLI_PLAIN, "%s", since);
    cli_table_cell(table, CLI_PLAIN, "%u", restarts);
    cli_table_cell(table, CLI_DIM, "%s", detail);
}

static void service_row(struct cli_table *table, enum qr_service service, const struct qr_supervised *facts,
                        const Quorate__Reply *reply)
{
    char since[32] = "";
    if (reply)
        duration_text(qr_clock_now() - reply->status->started_ms, since);
    status_row(table, qr_service_name(service), state_of(facts, reply), pid_of(facts, reply), since, facts->restarts,
               detail_of(facts, reply));
}

static void status_text(struct cli *cli, const struct qr_supervised *facts, const struct answers *answers,
                        bool with_cometbft)
{
    int pid = (int)qr_supervisor_pid(cli_home(cli));
    QR_CLEANUP(cli_table_freep)
    struct cli_table *table = cli_table_new("SERVICE", "STATE", ">PID", ">UP FOR", ">RESTARTS", "", NULL);
    for (int i = 0; i < answers->n; i++)
        service_row(table, (enum qr_service)i, &facts[i], answers->reply[i]);
    const struct qr_supervised *cometbft = &facts[QR_SUPERVISED_COMETBFT];
    if (with_cometbft)
        status_row(table, qr_supervised_name(QR_SUPERVISED_COMETBFT), cometbft_state(cometbft, answers->cometbft),
                   (int64_t)cometbft->pid, "", cometbft->restarts, answers->cometbft ? "" : cometbft->reason);
    cli_table_print(cli, table);
    if (pid) {
        cli_print(cli, "supervisor: process %d\n", pid);
    } else {
        cli_note(cli, "no supervisor runs; start the services with: quorate up\n");
    }
}

static int run_status(struct cli *cli, struct qr_error *error)
{
    enum { UNREACHABLE_STATUS = 3 };
    struct qr_client *client = NULL;
    bool with_cometbft = false;
    int failed = cli_client(cli, &client, error);
    if (failed)
        return failed;
    struct qr_supervised facts[QR_SUPERVISED];
    QR_CLEANUP(answers_done) struct answers answers = {0};
    if (cli_cometbft_needed(cli_home(cli), &with_cometbft, NULL))
        with_cometbft = false; /* whoever cannot read the genesis says so: ledgerd */
    ask(client, cli_home(cli), &answers);
    qr_supervisor_read(cli_home(cli), facts);
    size_t n = 0;
    for (int i = 0; i < answers.n; i++)
        n += answers.reply[i] != NULL || facts[i].pid;
    if (!n)
        cli_exit_with(cli, UNREACHABLE_STATUS);
    if (cli_wants_json(cli))
        return status_json(cli, facts, &answers, with_cometbft, error);
    status_text(cli, facts, &answers, with_cometbft);
    return 0;
}

static const struct cli_option up_options[] = {
    {.name = "foreground", .help = "supervise in this process, until Ctrl-C"},
    {0},
};

const struct cli_command cli_up = {
    .name = "up",
    .summary = "start the four services of this home, and watch over them",
    .usage = "",
    .options = up_options,
    .example = "quorate up # returns when all answer",
    .about = "A supervisor process runs the services, and starts again what ends. Their logs are in HOME/log.\n"
             "When they are up already, nothing is changed. Where the engine is CometBFT, it runs that too: the\n"
             "program that QUORATE_COMETBFT names, else one beside quorate, on the PATH or in Go's folder. It has to be\n"
             "of v0.38.",
    .run = run_up,
};

const struct cli_command cli_down = {
    .name = "down",
    .summary = "end the services of this home",
    .usage = "",
    .example = "quorate down # returns when all have ended",
    .run = run_down,
};

const struct cli_command cli_status = {
    .name = "status",
    .summary = "which services of this home run, and what they say of themselves",
    .usage = "",
    .example = "quorate status --json # with every metric",
    .about = "The exit status is 3 when all services are down.",
    .run = run_status,
};
