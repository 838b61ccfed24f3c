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
#include "services/lib/lock.h"
#include "services/lib/log.h"

enum {
    RESTART_MS = 100,       /* after a signal */
    BACKOFF_FIRST_MS = 250, /* after ending by itself */
    BACKOFF_MOST_MS = 30000,
    STABLE_MS = 10000,      /* a run this long is no failure to start */
    END_MS = 10000,         /* what a service has to end in before it is killed */
    DOWN_MS = 45000,        /* what the supervisor has */
    LOG_SIZE_MAX = 8 << 20, /* a longer log is moved aside before a start */
    LOG_TAIL = 4096,
    STATE_SIZE_MAX = 4096,
};

static const char lock_name[] = "supervisor";

struct child {
    struct qr_supervised facts;
    int fd;               /* pidfd, -1: does not run */
    bool adopted;         /* no child of ours: its end has no status */
    int64_t started, due; /* monotonic, ms */
};

struct supervisor {
    const char *home, *folder;
    int signals;
    bool ending;
    struct child children[QR_SERVICES];
};

static int64_t now_ms(void)
{
    return qr_clock_monotonic() / 1000;
}

static char *path_of(const char *home, const char *folder, const char *name, const char *suffix)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer path = {0};
    qr_buffer_text(&path, "%s/%s/%s%s", home, folder, name, suffix);
    return qr_strdup(qr_buffer_string(&path));
}

/* ---- What others read: the supervisor's process, then for each service name, process, restarts, failures, reason ----
 */

static void write_state(const struct supervisor *supervisor)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    qr_buffer_text(&text, "%d\n", (int)getpid());
    for (int i = 0; i < QR_SERVICES; i++) {
        const struct qr_supervised *facts = &supervisor->children[i].facts;
        qr_buffer_text(&text, "%s %d %u %u %s\n", qr_service_name((enum qr_service)i), (int)facts->pid, facts->restarts,
                       facts->failures, facts->reason);
    }
    QR_CLEANUP(qr_freep) char *path = path_of(supervisor->home, "run", lock_name, "");
    struct qr_error error;
    if (qr_file_write(path, text.data, text.size, 0600, &error))
        qr_log_error("cannot tell how the services do", &error);
}

static void read_line(const char *line, struct qr_supervised *services)
{
    char name[32];
    int pid = 0, at = 0;
    unsigned restarts = 0, failures = 0;
    if (sscanf(line, "%31s %d %u %u%n", name, &pid, &restarts, &failures, &at) != 4)
        return;
    enum qr_service service = qr_service_from_name(name);
    if (service == QR_SERVICES)
        return;
    struct qr_supervised *facts = &services[service];
    *facts = (struct qr_supervised){.pid = pid, .restarts = restarts, .failures = failures};
    const char *reason = line + at + strspn(line + at, " ");
    snprintf(facts->reason, sizeof facts->reason, "%.*s", (int)strcspn(reason, "\n"), reason);
}

pid_t qr_supervisor_pid(const char *home)
{
    return qr_lock_holder(home, lock_name);
}

void qr_supervisor_read(const char *home, struct qr_supervised ret_services[QR_SERVICES])
{
    memset(ret_services, 0, QR_SERVICES * sizeof ret_services[0]);
    QR_CLEANUP(qr_freep) char *path = path_of(home, "run", lock_name, "");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    pid_t pid = qr_supervisor_pid(home);
    if (pid && !qr_file_read(path, STATE_SIZE_MAX, &text, NULL) && strtol(qr_buffer_string(&text), NULL, 10) == pid) {
        for (const char *line = qr_buffer_string(&text); line;
             line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
            read_line(line, ret_services);
        }
        return;
    }
    for (int i = 0; i < QR_SERVICES; i++)
        ret_services[i].pid = qr_lock_holder(home, qr_service_name((enum qr_service)i));
}

/* ---- Why a service ended ---- */

/* The sentence of the last log line: what stands in msg="...". */
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
    const char *line = strrchr(tail, '\n');
    line = line ? line + 1 : tail;
    const char *message = strstr(line, "msg=\"");
    snprintf(text, capacity, "%s", message ? message + 5 : line);
    size_t end = strlen(text);
    if (message && end && text[end - 1] == '"')
        text[end - 1] = 0;
}

static void set_reason(struct supervisor *supervisor, enum qr_service service, const siginfo_t *how)
{
    struct child *child = &supervisor->children[service];
    char sentence[QR_SUPERVISED_TEXT_MAX - 40];
    last_sentence(supervisor->home, qr_service_name(service), sentence, sizeof sentence);
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

static void become(const struct supervisor *supervisor, const char *name, int log)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int input = open("/dev/null", O_RDONLY);
    dup2(input, STDIN_FILENO);
    dup2(log, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    QR_CLEANUP(qr_freep) char *program = path_of(supervisor->folder, ".", "quorate-", name);
    execl(program, program, "--home", supervisor->home, (char *)NULL);
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", program, strerror(errno));
    _exit(126);
}

static void start(struct supervisor *supervisor, enum qr_service service)
{
    struct child *child = &supervisor->children[service];
    const char *name = qr_service_name(service);
    int log = open_log(supervisor, name);
    pid_t pid = fork();
    if (!pid)
        become(supervisor, name, log);
    if (log >= 0)
        close(log);
    child->started = now_ms();
    child->adopted = false;
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

/* A service that a killed supervisor left. */
static bool adopt(struct supervisor *supervisor, enum qr_service service)
{
    struct child *child = &supervisor->children[service];
    pid_t pid = qr_lock_holder(supervisor->home, qr_service_name(service));
    child->fd = pid ? pidfd_open(pid, 0) : -1;
    if (child->fd < 0)
        return false;
    child->facts.pid = pid;
    child->adopted = true;
    child->started = now_ms();
    qr_log(QR_LOG_INFO, "adopted %s, process %d", qr_service_name(service), (int)pid);
    return true;
}

/* ---- Ending and starting again ---- */

static int64_t backoff(unsigned failures)
{
    int64_t delay = BACKOFF_FIRST_MS;
    while (--failures && delay < BACKOFF_MOST_MS)
        delay *= 2;
    return delay < BACKOFF_MOST_MS ? delay : BACKOFF_MOST_MS;
}

static void ended(struct supervisor *supervisor, enum qr_service service)
{
    struct child *child = &supervisor->children[service];
    siginfo_t how = {0};
    if (!child->adopted)
        waitid(P_PIDFD, (id_t)child->fd, &how, WEXITED);
    close(child->fd);
    child->fd = -1;
    child->facts.pid = 0;
    set_reason(supervisor, service, &how);
    bool by_itself = !child->adopted && how.si_code == CLD_EXITED;
    bool soon = now_ms() - child->started < STABLE_MS;
    child->facts.failures = by_itself && soon ? child->facts.failures + 1 : 0;
    child->due = now_ms() + (child->facts.failures ? backoff(child->facts.failures) : RESTART_MS);
    if (!supervisor->ending)
        qr_log(QR_LOG_WARNING, "%s %s", qr_service_name(service), child->facts.reason);
}

static void restart_due(struct supervisor *supervisor)
{
    for (int i = 0; i < QR_SERVICES; i++) {
        struct child *child = &supervisor->children[i];
        if (child->fd >= 0 || now_ms() < child->due)
            continue;
        child->facts.restarts++;
        start(supervisor, (enum qr_service)i);
        write_state(supervisor);
    }
}

/* A run that lasted is no failure any more; returns whether any became so. */
static bool forgive_stable(struct supervisor *supervisor)
{
    bool any = false;
    for (int i = 0; i < QR_SERVICES; i++) {
        struct child *child = &supervisor->children[i];
        if (child->fd < 0 || !child->facts.failures || now_ms() - child->started < STABLE_MS)
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
    for (int i = 0; i < QR_SERVICES; i++) {
        const struct child *child = &supervisor->children[i];
        int64_t left = child->due - now_ms();
        if (child->fd < 0 && left < wait)
            wait = left < 0 ? 0 : left;
    }
    return (int)wait;
}

/* Waits for signals and for the end of services. */
static void wait_once(struct supervisor *supervisor, int timeout_ms)
{
    struct pollfd polled[QR_SERVICES + 1] = {[QR_SERVICES] = {.fd = supervisor->signals, .events = POLLIN}};
    for (int i = 0; i < QR_SERVICES; i++)
        polled[i] = (struct pollfd){.fd = supervisor->children[i].fd, .events = POLLIN};
    if (poll(polled, QR_SERVICES + 1, timeout_ms) <= 0)
        return;
    for (int i = 0; i < QR_SERVICES; i++) {
        if (polled[i].fd < 0 || !polled[i].revents)
            continue;
        ended(supervisor, (enum qr_service)i);
        write_state(supervisor);
    }
    struct signalfd_siginfo signal;
    if (polled[QR_SERVICES].revents && read(supervisor->signals, &signal, sizeof signal) > 0)
        supervisor->ending = true;
}

/* Ends services `first` to the last, and waits. */
static void end_from(struct supervisor *supervisor, int first)
{
    int64_t deadline = now_ms() + END_MS;
    for (int i = first; i < QR_SERVICES; i++) {
        if (supervisor->children[i].fd >= 0)
            pidfd_send_signal(supervisor->children[i].fd, SIGTERM, NULL, 0);
    }
    for (bool killed = false;;) {
        bool any = false;
        for (int i = first; i < QR_SERVICES; i++)
            any = any || supervisor->children[i].fd >= 0;
        if (!any)
            return;
        if (!killed && now_ms() >= deadline) {
            for (int i = first; i < QR_SERVICES; i++) {
                if (supervisor->children[i].fd >= 0)
                    pidfd_send_signal(supervisor->children[i].fd, SIGKILL, NULL, 0);
            }
            killed = true;
        }
        wait_once(supervisor, 100);
    }
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

int qr_supervisor_run(const char *home, const char *folder, struct qr_error *error)
{
    struct supervisor supervisor = {.home = home, .folder = folder};
    supervisor.signals = open_signals(); /* before the lock names this process to whoever wants to end it */
    int failed = qr_lock_take(home, lock_name, error);
    if (failed) {
        close(supervisor.signals);
        return failed;
    }
    qr_log_open(lock_name, QR_LOG_INFO);
    for (int i = 0; i < QR_SERVICES; i++) {
        if (!adopt(&supervisor, (enum qr_service)i))
            start(&supervisor, (enum qr_service)i);
    }
    write_state(&supervisor);
    while (!supervisor.ending) {
        wait_once(&supervisor, wait_time(&supervisor));
        if (supervisor.ending)
            break;
        restart_due(&supervisor);
        if (forgive_stable(&supervisor))
            write_state(&supervisor);
    }
    qr_log(QR_LOG_INFO, "ending");
    end_from(&supervisor, QR_SERVICE_GOVERNANCE);
    end_from(&supervisor, QR_SERVICE_LEDGER);
    close(supervisor.signals);
    return 0;
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
    for (int i = QR_SERVICES - 1; i >= 0 && !failed; i--) {
        const char *name = qr_service_name((enum qr_service)i);
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
