#include "services/lib/supervisor.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "common/file.h"
#include "services/lib/config.h"
#include "services/lib/lock.h"
#include "services/lib/log.h"

enum {
    RESTART_MS = 100,       /* after a signal */
    BACKOFF_FIRST_MS = 250, /* after ending by itself */
    BACKOFF_MOST_MS = 30000,
    STABLE_MS = 10000,      /* a run this long is no failure to start */
    END_MS = 10000,         /* what a service has to end in before it is killed */
    DOWN_MS = 45000,        /* what the supervisor has */
    FOLLOW_MS = 2000,       /* what CometBFT has to end in once ledgerd is away */
    LISTEN_MS = 20,         /* how often it is asked whether ledgerd listens for CometBFT */
    LOG_SIZE_MAX = 8 << 20, /* a longer log is moved aside before a start */
    LOG_TAIL = 16384,       /* as long as what Go tells of a panic */
    STATE_SIZE_MAX = 4096,
};

static const char lock_name[] = "supervisor";

struct child {
    struct qr_supervised facts;
    int fd;               /* pidfd, -1: does not run */
    bool adopted;         /* no child of ours: its end has no status */
    bool told;            /* to end: its end is no failure */
    int64_t started, due; /* monotonic, ms */
    int64_t kill_at;      /* when it is killed, once told */
};

struct supervisor {
    const char *home, *folder;
    const char *cometbft; /* the program; NULL: not of this home */
    struct qr_run_folder *run;
    int signals;
    bool ending;
    unsigned n; /* processes */
    struct child children[QR_SUPERVISED];
};

static int64_t now_ms(void)
{
    return qr_clock_monotonic() / 1000;
}

const char *qr_supervised_name(unsigned process)
{
    return process == QR_SUPERVISED_COMETBFT ? "cometbft" : qr_service_name((enum qr_service)process);
}

unsigned qr_supervised_services(const char *home)
{
    QR_CLEANUP(qr_config_freep) struct qr_config *config = NULL;
    bool follows = qr_config_load(home, &config, NULL) == 0 && *qr_config_text(config, "ledgerd", "follow");
    return follows ? QR_SERVICE_GOVERNANCE + 1 : QR_SERVICES; /* who cannot read its settings says so itself */
}

static unsigned process_named(const char *name)
{
    unsigned i = 0;
    while (i < QR_SUPERVISED && strcmp(qr_supervised_name(i), name) != 0)
        i++;
    return i;
}

static char *path_of(const char *home, const char *folder, const char *name, const char *suffix)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer path = {0};
    qr_buffer_text(&path, "%s/%s/%s%s", home, folder, name, suffix);
    return qr_strdup(qr_buffer_string(&path));
}

/* ---- What others read: the supervisor's process, then for each process name, process, restarts, failures, reason ----
 */

static void write_state(const struct supervisor *supervisor)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    qr_buffer_text(&text, "%d\n", (int)getpid());
    for (unsigned i = 0; i < supervisor->n; i++) {
        const struct qr_supervised *facts = &supervisor->children[i].facts;
        qr_buffer_text(&text, "%s %d %u %u %s\n", qr_supervised_name(i), (int)facts->pid, facts->restarts, facts->failures,
                       facts->reason);
    }
    QR_CLEANUP(qr_freep) char *path = path_of(supervisor->home, "run", lock_name, "");
    struct qr_error error;
    if (qr_file_write(path, text.data, text.size, 0600, &error))
        qr_log_error("cannot tell how the services do", &error);
}

static void read_line(const char *line, struct qr_supervised *processes)
{
    char name[32];
    int pid = 0, at = 0;
    unsigned restarts = 0, failures = 0;
    if (sscanf(line, "%31s %d %u %u%n", name, &pid, &restarts, &failures, &at) != 4)
        return;
    unsigned process = process_named(name);
    if (process == QR_SUPERVISED)
        return;
    struct qr_supervised *facts = &processes[process];
    *facts = (struct qr_supervised){.pid = pid, .restarts = restarts, .failures = failures};
    const char *reason = line + at + strspn(line + at, " ");
    snprintf(facts->reason, sizeof facts->reason, "%.*s", (int)strcspn(reason, "\n"), reason);
}

pid_t qr_supervisor_pid(const char *home)
{
    return qr_lock_holder(home, lock_name);
}

void qr_supervisor_read(const char *home, struct qr_supervised ret_processes[QR_SUPERVISED])
{
    memset(ret_processes, 0, QR_SUPERVISED * sizeof ret_processes[0]);
    QR_CLEANUP(qr_freep) char *path = path_of(home, "run", lock_name, "");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    pid_t pid = qr_supervisor_pid(home);
    if (pid && !qr_file_read(path, STATE_SIZE_MAX, &text, NULL) && strtol(qr_buffer_string(&text), NULL, 10) == pid) {
        for (const char *line = qr_buffer_string(&text); line;
             line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
            read_line(line, ret_processes);
        }
        return;
    }
    for (unsigned i = 0; i < QR_SUPERVISED; i++)
        ret_processes[i].pid = qr_lock_holder(home, qr_supervised_name(i));
}

/* ---- Why a service ended ---- */

/* The last line that tells of an error, else the last of all. */
static char *telling_line(char *lines)
{
    char *last = lines, *error = NULL;
    for (char *line = lines, *next; line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        last = line;
        if (strstr(line, "level=error") || strncmp(line, "panic: ", 7) == 0) /* a stack comes after it */
            error = line;
    }
    return error ? error : last;
}

/* The sentence of that line: what stands in msg="...". */
static void last_sentence(const char *home, const char *name, char *text, size_t capacity)
{
    QR_CLEANUP(qr_freep) char *path = path_of(home, "log", name, ".log");
    char tail[LOG_TAIL + 1];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    off_t size = fd < 0 ? 0 : lseek(fd, 0, SEEK_END);
    ssize_t got = fd < 0 ? 0 : pread(fd, tail, LOG_TAIL, size > LOG_TAIL ? size - LOG_TAIL : 0);
    if (fd >= 0)
        close(fd);
    tail[got > 0 ? got : 0] = 0;
    while (got > 0 && tail[got - 1] == '\n')
        tail[--got] = 0;
    const char *line = telling_line(tail), *message = strstr(line, "msg=\"");
    snprintf(text, capacity, "%s", message ? message + 5 : line);
    size_t end = strlen(text);
    if (message && end && text[end - 1] == '"')
        text[end - 1] = 0;
}

static void set_reason(struct supervisor *supervisor, unsigned process, const siginfo_t *how)
{
    struct child *child = &supervisor->children[process];
    char sentence[QR_SUPERVISED_TEXT_MAX - 40];
    last_sentence(supervisor->home, qr_supervised_name(process), sentence, sizeof sentence);
    if (child->adopted) {
        snprintf(child->facts.reason, sizeof child->facts.reason, "ended: %s", sentence);
    } else if (how->si_code == CLD_EXITED) {
        snprintf(child->facts.reason, sizeof child->facts.reason, "ended with status %d: %s", how->si_status, sentence);
    } else {
        snprintf(child->facts.reason, sizeof child->facts.reason, "killed by signal %d", how->si_status);
    }
}

/* ---- Starting ---- */

static int open_log(const struct supervisor *supervisor, const char *name)
{
    QR_CLEANUP(qr_freep) char *folder = qr_path_join(supervisor->home, "log");
    QR_CLEANUP(qr_freep) char *path = path_of(supervisor->home, "log", name, ".log");
    QR_CLEANUP(qr_freep) char *old = path_of(supervisor->home, "log", name, ".log.1");
    struct stat facts;
    mkdir(folder, 0700);
    if (!stat(path, &facts) && facts.st_size > LOG_SIZE_MAX)
        rename(path, old);
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void become_service(const struct supervisor *supervisor, const char *name)
{
    QR_CLEANUP(qr_freep) char *program = path_of(supervisor->folder, ".", "quorate-", name);
    execl(program, program, "--home", supervisor->home, (char *)NULL);
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", program, strerror(errno));
}

/* The lock names the process to whoever looks for it, the next supervisor for one. A socket left behind would keep it
 * from listening. */
static void become_cometbft(const struct supervisor *supervisor, const char *name)
{
    QR_CLEANUP(qr_freep) char *folder = qr_path_join(supervisor->home, name);
    char socket[QR_SOCKET_PATH_MAX];
    struct qr_error error;
    if (qr_lock_take_for_program(supervisor->home, name, &error)) {
        dprintf(STDERR_FILENO, "%s\n", error.text);
        return;
    }
    unlink(qr_run_folder_rpc(supervisor->run, socket));
    if (chdir(folder) == 0)
        execl(supervisor->cometbft, name, "start", "--home", ".", (char *)NULL);
    dprintf(STDERR_FILENO, "cannot run %s in %s: %s\n", supervisor->cometbft, folder, strerror(errno));
}

static void become(const struct supervisor *supervisor, unsigned process, int log)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int input = open("/dev/null", O_RDONLY);
    dup2(input, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    if (process == QR_SUPERVISED_COMETBFT)
        become_cometbft(supervisor, qr_supervised_name(process));
    else
        become_service(supervisor, qr_supervised_name(process));
    _exit(126);
}

static void start(struct supervisor *supervisor, unsigned process)
{
    struct child *child = &supervisor->children[process];
    const char *name = qr_supervised_name(process);
    int log = open_log(supervisor, name);
    pid_t pid = fork();
    if (!pid)
        become(supervisor, process, log);
    if (log >= 0)
        close(log);
    child->started = now_ms();
    child->adopted = child->told = false;
    if (pid < 0 || (child->fd = pidfd_open(pid, 0)) < 0) {
        snprintf(child->facts.reason, sizeof child->facts.reason, "cannot start: %s", strerror(errno));
        if (pid > 0) { /* nobody would watch it, and its lock would keep the next one from starting */
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
        }
        child->due = now_ms() + BACKOFF_MOST_MS;
        return;
    }
    child->facts.pid = pid;
    qr_log(QR_LOG_INFO, "started %s, process %d", name, (int)pid);
}

/* A process that a killed supervisor left. */
static bool adopt(struct supervisor *supervisor, unsigned process)
{
    struct child *child = &supervisor->children[process];
    const char *name = qr_supervised_name(process);
    pid_t pid = qr_lock_holder(supervisor->home, name);
    child->fd = pid ? pidfd_open(pid, 0) : -1;
    if (child->fd < 0)
        return false;
    child->facts.pid = pid;
    child->adopted = true;
    child->started = now_ms();
    qr_log(QR_LOG_INFO, "adopted %s, process %d", name, (int)pid);
    return true;
}

/* ---- Ending and starting again ---- */

static bool runs(const struct child *child)
{
    return child->fd >= 0;
}

static void tell_to_end(struct child *child, int64_t within_ms)
{
    pidfd_send_signal(child->fd, SIGTERM, NULL, 0);
    child->told = true;
    child->kill_at = now_ms() + within_ms;
}

/* Kills what was told to end and does not. */
static void kill_late(struct supervisor *supervisor)
{
    for (unsigned i = 0; i < supervisor->n; i++) {
        struct child *child = &supervisor->children[i];
        if (runs(child) && child->told && now_ms() >= child->kill_at) {
            pidfd_send_signal(child->fd, SIGKILL, NULL, 0);
            child->kill_at = now_ms() + END_MS;
        }
    }
}

static int64_t backoff(unsigned failures)
{
    int64_t delay = BACKOFF_FIRST_MS;
    while (--failures && delay < BACKOFF_MOST_MS)
        delay *= 2;
    return delay < BACKOFF_MOST_MS ? delay : BACKOFF_MOST_MS;
}

static void ended(struct supervisor *supervisor, unsigned process)
{
    struct child *child = &supervisor->children[process];
    struct child *cometbft = &supervisor->children[QR_SUPERVISED_COMETBFT];
    siginfo_t how = {0};
    if (!child->adopted)
        waitid(P_PIDFD, (id_t)child->fd, &how, WEXITED);
    close(child->fd);
    child->fd = -1;
    child->facts.pid = 0;
    set_reason(supervisor, process, &how);
    bool by_itself = !child->adopted && !child->told && how.si_code == CLD_EXITED;
    bool soon = now_ms() - child->started < STABLE_MS;
    child->facts.failures = by_itself && soon ? child->facts.failures + 1 : 0;
    child->due = now_ms() + (child->facts.failures ? backoff(child->facts.failures) : RESTART_MS);
    if (!supervisor->ending)
        qr_log(QR_LOG_WARNING, "%s %s", qr_supervised_name(process), child->facts.reason);
    if (process == QR_SERVICE_LEDGER && runs(cometbft) && !cometbft->told)
        tell_to_end(cometbft, FOLLOW_MS);
}

/* CometBFT waits for ledgerd; a service for nobody. */
static bool may_start(const struct supervisor *supervisor, unsigned process)
{
    char socket[QR_SOCKET_PATH_MAX];
    return process != QR_SUPERVISED_COMETBFT || (runs(&supervisor->children[QR_SERVICE_LEDGER]) &&
                                                 qr_socket_answers(qr_run_folder_abci(supervisor->run, socket)));
}

static void start_due(struct supervisor *supervisor)
{
    for (unsigned i = 0; i < supervisor->n; i++) {
        struct child *child = &supervisor->children[i];
        if (runs(child) || now_ms() < child->due || !may_start(supervisor, i))
            continue;
        child->facts.restarts += child->started != 0;
        start(supervisor, i);
        write_state(supervisor);
    }
}

/* A run that lasted is no failure any more; returns whether any became so. */
static bool forgive_stable(struct supervisor *supervisor)
{
    bool any = false;
    for (unsigned i = 0; i < supervisor->n; i++) {
        struct child *child = &supervisor->children[i];
        if (!runs(child) || !child->facts.failures || now_ms() - child->started < STABLE_MS)
            continue;
        child->facts.failures = 0;
        any = true;
    }
    return any;
}

static int wait_time(const struct supervisor *supervisor)
{
    enum { TICK_MS = 1000 };
    int64_t wait = TICK_MS;
    for (unsigned i = 0; i < supervisor->n; i++) {
        const struct child *child = &supervisor->children[i];
        int64_t left = (runs(child) ? child->kill_at : child->due) - now_ms();
        int64_t least = !runs(child) && i == QR_SUPERVISED_COMETBFT ? LISTEN_MS : 0;
        if (runs(child) ? !child->told : supervisor->ending)
            continue;
        left = left < least ? least : left;
        wait = left < wait ? left : wait;
    }
    return (int)wait;
}

/* Waits for signals and for the end of processes. */
static void wait_once(struct supervisor *supervisor)
{
    struct pollfd polled[QR_SUPERVISED + 1] = {[QR_SUPERVISED] = {.fd = supervisor->signals, .events = POLLIN}};
    for (int i = 0; i < QR_SUPERVISED; i++)
        polled[i] = (struct pollfd){.fd = supervisor->children[i].fd, .events = POLLIN};
    int ready = poll(polled, QR_SUPERVISED + 1, wait_time(supervisor));
    kill_late(supervisor);
    if (ready <= 0)
        return;
    for (unsigned i = 0; i < QR_SUPERVISED; i++) {
        if (polled[i].fd < 0 || !polled[i].revents)
            continue;
        ended(supervisor, i);
        write_state(supervisor);
    }
    struct signalfd_siginfo signal;
    if (polled[QR_SUPERVISED].revents && read(supervisor->signals, &signal, sizeof signal) > 0)
        supervisor->ending = true;
}

/* Ends processes `first` to `last`, and waits. */
static void end_all(struct supervisor *supervisor, unsigned first, unsigned last)
{
    for (unsigned i = first; i <= last; i++)
        if (runs(&supervisor->children[i]))
            tell_to_end(&supervisor->children[i], END_MS);
    for (unsigned i = first; i <= last; i++)
        while (runs(&supervisor->children[i]))
            wait_once(supervisor);
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
    return signalfd(-1, &set, SFD_CLOEXEC);
}

static void supervise(struct supervisor *supervisor)
{
    for (unsigned i = 0; i < supervisor->n; i++)
        adopt(supervisor, i);
    start_due(supervisor);
    write_state(supervisor);
    while (!supervisor->ending) {
        wait_once(supervisor);
        if (supervisor->ending)
            break;
        start_due(supervisor);
        if (forgive_stable(supervisor))
            write_state(supervisor);
    }
    qr_log(QR_LOG_INFO, "ending");
    end_all(supervisor, QR_SERVICE_GOVERNANCE, QR_SERVICE_RESERVATION);
    end_all(supervisor, QR_SUPERVISED_COMETBFT, QR_SUPERVISED_COMETBFT);
    end_all(supervisor, QR_SERVICE_LEDGER, QR_SERVICE_LEDGER);
}

int qr_supervisor_run(const char *home, const char *folder, const char *cometbft, struct qr_error *error)
{
    struct supervisor supervisor = {
        .home = home, .folder = folder, .cometbft = cometbft, .n = cometbft ? QR_SUPERVISED : qr_supervised_services(home)};
    for (int i = 0; i < QR_SUPERVISED; i++)
        supervisor.children[i].fd = -1;
    supervisor.signals = open_signals(); /* before the lock names this process to whoever wants to end it */
    int failed = qr_lock_take(home, lock_name, error);
    if (!failed)
        failed = qr_run_folder_open(home, true, &supervisor.run, error);
    if (!failed) {
        qr_log_open(lock_name, QR_LOG_INFO);
        supervise(&supervisor);
    }
    qr_run_folder_free(supervisor.run);
    close(supervisor.signals);
    return failed;
}

/* ---- Ending from outside ---- */

static int end_process(pid_t pid, const char *name, int64_t timeout_ms, struct qr_error *error)
{
    int fd = pidfd_open(pid, 0);
    if (fd < 0)
        return errno == ESRCH
                   ? 0
                   : qr_fail(error, QR_EIO, "cannot end %s, process %d: %s", name, (int)pid, strerror(errno));
    struct pollfd polled = {.fd = fd, .events = POLLIN};
    pidfd_send_signal(fd, SIGTERM, NULL, 0);
    int ready = poll(&polled, 1, (int)timeout_ms);
    close(fd);
    if (ready > 0)
        return 0;
    qr_fail(error, QR_ETIMEOUT, "%s, process %d, does not end", name, (int)pid);
    return qr_hint(error, "see HOME/log; to end it at once: kill -9 %d", (int)pid);
}

int qr_supervisor_end(const char *home, bool *ret_any, struct qr_error *error)
{
    bool any = false;
    pid_t pid = qr_supervisor_pid(home);
    int failed = pid ? end_process(pid, "the supervisor", DOWN_MS, error) : 0;
    any = pid != 0;
    static const unsigned order[QR_SUPERVISED] = {QR_SERVICE_RESERVATION, QR_SERVICE_PRICING, QR_SERVICE_GOVERNANCE,
                                                  QR_SUPERVISED_COMETBFT, QR_SERVICE_LEDGER};
    for (unsigned i = 0; i < QR_SUPERVISED && !failed; i++) {
        const char *name = qr_supervised_name(order[i]);
        pid = qr_lock_holder(home, name);
        if (!pid)
            continue;
        any = true;
        failed = end_process(pid, name, END_MS, error);
    }
    if (!failed)
        *ret_any = any;
    return failed;
}
