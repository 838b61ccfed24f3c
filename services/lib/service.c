#include "services/lib/service.h"

#include <getopt.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "common/file.h"
#include "common/key.h"
#include "services/lib/client_context.h"
#include "services/lib/daemon.h"
#include "services/lib/lock.h"
#include "services/lib/transport.h"

const char *qr_daemon_home(const struct qr_daemon *daemon)
{
    return daemon->home;
}

void qr_daemon_end(struct qr_daemon *daemon, int status)
{
    if (!daemon->ending)
        daemon->exit_status = status;
    daemon->ending = true;
}

void qr_daemon_set_state(struct qr_daemon *daemon, const char *word, const char *format, ...)
{
    bool changed = strcmp(daemon->state_word, word) != 0;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(daemon->state_detail, sizeof daemon->state_detail, format, arguments);
    va_end(arguments);
    qr_copy_text(daemon->state_word, sizeof daemon->state_word, word);
    if (changed)
        qr_log(QR_LOG_INFO, "%s%s%s", word, daemon->state_detail[0] ? ": " : "", daemon->state_detail);
}

int qr_daemon_settle(struct qr_daemon *daemon)
{
    if (daemon->role->settle)
        daemon->role->settle(daemon->role_context);
    return daemon->ending ? -1 : 0;
}

/* ---- Timers ---- */

struct qr_timer {
    struct qr_timer *next;
    struct qr_daemon *daemon;
    int id;
    bool repeats;
    qr_timer_callback *callback;
    void *context;
};

static void forget_timer(struct qr_daemon *daemon, int id)
{
    for (struct qr_timer **at = &daemon->timers; *at; at = &(*at)->next) {
        if ((*at)->id != id)
            continue;
        struct qr_timer *timer = *at;
        *at = timer->next;
        free(timer);
        return;
    }
}

static int timer_due(zloop_t *loop, int id, void *context)
{
    (void)loop;
    struct qr_timer timer = *(struct qr_timer *)context; /* a copy: the callback may cancel it */
    if (!timer.repeats)
        forget_timer(timer.daemon, id);
    timer.callback(timer.context);
    return qr_daemon_settle(timer.daemon);
}

static int add_timer(struct qr_daemon *daemon, int64_t delay_ms, bool repeats, qr_timer_callback *callback,
                     void *context)
{
    struct qr_timer *timer = qr_alloc(1, sizeof *timer);
    *timer = (struct qr_timer){
        .next = daemon->timers, .daemon = daemon, .repeats = repeats, .callback = callback, .context = context};
    timer->id = zloop_timer(daemon->loop, (size_t)(delay_ms < 0 ? 0 : delay_ms), repeats ? 0 : 1, timer_due, timer);
    if (timer->id < 0)
        abort();
    daemon->timers = timer;
    return timer->id;
}

int qr_daemon_after(struct qr_daemon *daemon, int64_t delay_ms, qr_timer_callback *callback, void *context)
{
    return add_timer(daemon, delay_ms, false, callback, context);
}

int qr_daemon_every(struct qr_daemon *daemon, int64_t delay_ms, qr_timer_callback *callback, void *context)
{
    return add_timer(daemon, delay_ms, true, callback, context);
}

void qr_daemon_cancel(struct qr_daemon *daemon, int timer)
{
    zloop_timer_end(daemon->loop, timer);
    forget_timer(daemon, timer);
}

/* ---- Descriptors in the loop ---- */

static void watch(struct qr_daemon *daemon, int fd, zloop_fn *ready)
{
    zmq_pollitem_t item = {.fd = fd, .events = ZMQ_POLLIN};
    if (zloop_poller(daemon->loop, &item, ready, daemon))
        abort();
}

struct qr_watch {
    struct qr_watch *next;
    struct qr_daemon *daemon;
    zmq_pollitem_t item;
    qr_ready_callback *callback;
    void *context;
};

static int watched_ready(zloop_t *loop, zmq_pollitem_t *item, void *context)
{
    (void)loop, (void)item;
    struct qr_watch watch = *(struct qr_watch *)context; /* a copy: the callback may end it */
    watch.callback(watch.context);
    return qr_daemon_settle(watch.daemon);
}

void qr_daemon_watch(struct qr_daemon *daemon, int fd, bool writable, qr_ready_callback *callback, void *context)
{
    qr_daemon_unwatch(daemon, fd);
    struct qr_watch *new = qr_alloc(1, sizeof *new);
    short events = (short)(writable ? ZMQ_POLLIN | ZMQ_POLLOUT : ZMQ_POLLIN);
    *new = (struct qr_watch){.next = daemon->watches,
                             .daemon = daemon,
                             .item = {.fd = fd, .events = events},
                             .callback = callback,
                             .context = context};
    if (zloop_poller(daemon->loop, &new->item, watched_ready, new))
        abort();
    zloop_poller_set_tolerant(daemon->loop, &new->item); /* a closed peer is the callback's to notice */
    daemon->watches = new;
}

void qr_daemon_unwatch(struct qr_daemon *daemon, int fd)
{
    for (struct qr_watch **at = &daemon->watches; *at; at = &(*at)->next) {
        struct qr_watch *watch = *at;
        if (watch->item.fd != fd)
            continue;
        zloop_poller_end(daemon->loop, &watch->item);
        *at = watch->next;
        free(watch);
        return;
    }
}

const struct qr_run_folder *qr_daemon_folder(const struct qr_daemon *daemon)
{
    return daemon->folder;
}

const struct qr_config *qr_daemon_config(const struct qr_daemon *daemon)
{
    return daemon->config;
}

static int signal_ready(zloop_t *loop, zmq_pollitem_t *item, void *context)
{
    (void)loop, (void)item;
    struct qr_daemon *daemon = context;
    struct signalfd_siginfo signal;
    if (read(daemon->signals, &signal, sizeof signal) != sizeof signal)
        return 0;
    qr_log(QR_LOG_INFO, "ending: %s", signal.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT");
    qr_daemon_end(daemon, 0);
    return -1;
}

static int client_ready(zloop_t *loop, zmq_pollitem_t *item, void *context)
{
    (void)loop, (void)item;
    struct qr_daemon *daemon = context;
    qr_client_process(daemon->client);
    return qr_daemon_settle(daemon);
}

static int pool_ready(zloop_t *loop, zmq_pollitem_t *item, void *context)
{
    (void)loop, (void)item;
    struct qr_daemon *daemon = context;
    qr_pool_collect(daemon->pool);
    return qr_daemon_settle(daemon);
}

struct qr_client *qr_daemon_client(struct qr_daemon *daemon)
{
    return daemon->client;
}

size_t qr_daemon_table_bytes(const struct qr_daemon *daemon)
{
    return (size_t)qr_config_integer(daemon->config, "services", "table_memory") << 20;
}

static int leader_ready(zloop_t *loop, zmq_pollitem_t *item, void *context)
{
    (void)loop, (void)item;
    struct qr_daemon *daemon = context;
    qr_client_process(daemon->leader);
    return qr_daemon_settle(daemon);
}

const char *qr_daemon_follow(const struct qr_daemon *daemon)
{
    return daemon->follow;
}

static bool is_tcp(const char *address)
{
    return strncmp(address, "tcp://", 6) == 0;
}

/* Settings that say where the ledger is. */
static int leader_config(const struct qr_daemon *daemon, struct qr_config **ret_config, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    const char *key = qr_config_text(daemon->config, "ledgerd", "follow_key");
    qr_buffer_text(&text, "[connect]\nledgerd = %s\n", daemon->follow);
    if (*key)
        qr_buffer_text(&text, "ledgerd_key = %s\n", key);
    return qr_config_parse(qr_buffer_string(&text), "follow", ret_config, error);
}

int qr_daemon_leader(struct qr_daemon *daemon, struct qr_client **ret_client, struct qr_error *error)
{
    struct qr_config *config = NULL;
    struct qr_address address;
    int failed = 0;
    if (is_tcp(daemon->follow)) {
        failed = leader_config(daemon, &config, error);
        if (!failed) /* said now rather than at each request */
            failed = qr_address_of(config, daemon->folder, QR_SERVICE_LEDGER, QR_CHANNEL_REQUESTS, &address, error);
        if (failed)
            qr_config_free(config);
        else
            failed = qr_client_new_with(daemon->context, daemon->home, config, &daemon->leader, error);
    } else {
        failed = qr_client_new_in(daemon->context, daemon->follow, &daemon->leader, error);
    }
    if (failed)
        return qr_prefix(error, "cannot follow %s", daemon->follow);
    watch(daemon, qr_client_fd(daemon->leader), leader_ready);
    *ret_client = daemon->leader;
    return 0;
}

static size_t pool_threads(const struct qr_daemon *daemon)
{
    enum { DEFAULT_MOST = 8 };
    int64_t threads = qr_config_integer(daemon->config, "services", "threads");
    if (threads)
        return (size_t)threads;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > DEFAULT_MOST ? DEFAULT_MOST : (size_t)processors;
}

void qr_daemon_work(struct qr_daemon *daemon, qr_task_callback *work, qr_task_callback *done, void *task)
{
    if (!daemon->pool) {
        daemon->pool = qr_pool_new(pool_threads(daemon));
        watch(daemon, qr_pool_fd(daemon->pool), pool_ready);
    }
    qr_pool_add(daemon->pool, work, done, task);
}

/* ---- Starting and ending ---- */

static void count_everything(struct qr_daemon *daemon)
{
    daemon->counted_requests = qr_daemon_metric(daemon, "quorate_requests_total", "Requests received.");
    daemon->counted_refused =
        qr_daemon_metric(daemon, "quorate_requests_refused_total", "Requests answered with an error.");
    daemon->counted_late =
        qr_daemon_metric(daemon, "quorate_requests_late_total", "Requests dropped after their deadline.");
    daemon->counted_malformed =
        qr_daemon_metric(daemon, "quorate_requests_malformed_total", "Frames that were no request.");
    daemon->counted_events = qr_daemon_metric(daemon, "quorate_events_total", "Events published.");
}

static int log_level_of(const struct qr_config *config)
{
    static const char *const words[] = {"debug", "info", "warning", "error"};
    const char *word = qr_config_text(config, "services", "log_level");
    for (int i = 0; i < 4; i++) {
        if (!strcmp(words[i], word))
            return i;
    }
    return QR_LOG_INFO;
}

static int open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* What quorate.ini says: a folder is seen from the home, so that both can be moved together. */
static char *configured_follow(const struct qr_daemon *daemon)
{
    const char *where = daemon->role->follows ? qr_config_text(daemon->config, "ledgerd", "follow") : "";
    if (!*where || is_tcp(where))
        return qr_strdup(where);
    char *joined = *where == '/' ? qr_strdup(where) : qr_path_join(daemon->home, where);
    char *plain = realpath(joined, NULL);
    if (plain)
        free(joined);
    return plain ? plain : joined;
}

static int prepare(struct qr_daemon *daemon, struct qr_error *error)
{
    int failed = qr_config_load(daemon->home, &daemon->config, error);
    if (!failed)
        failed = qr_run_folder_open(daemon->home, true, &daemon->folder, error);
    if (!failed)
        failed = qr_lock_take(daemon->home, qr_service_name(daemon->role->service), error);
    if (failed)
        return failed;
    qr_log_open(qr_service_name(daemon->role->service), (enum qr_log_level)log_level_of(daemon->config));
    if (!daemon->follow)
        daemon->follow = configured_follow(daemon);
    zsys_handler_set(NULL);
    daemon->context = zsys_init();
    daemon->loop = zloop_new();
    daemon->signals = open_signals();
    if (!daemon->context || !daemon->loop || daemon->signals < 0)
        return qr_fail(error, QR_EINTERNAL, "cannot start ZeroMQ");
    watch(daemon, daemon->signals, signal_ready);
    failed = qr_client_new_in(daemon->context, daemon->home, &daemon->client, error);
    if (!failed)
        watch(daemon, qr_client_fd(daemon->client), client_ready);
    return failed;
}

static int serve(struct qr_daemon *daemon, struct qr_error *error)
{
    int failed = prepare(daemon, error);
    if (!failed)
        failed = daemon->role->start(daemon, &daemon->role_context, error);
    if (failed)
        return failed;
    failed = qr_daemon_bind(daemon, error);
    if (!failed)
        failed = qr_metrics_server_start(daemon, error);
    if (!failed && !daemon->ending) {
        qr_log(QR_LOG_INFO, "ready, version %s, process %d", PACKAGE_VERSION, (int)getpid());
        qr_daemon_settle(daemon);
        zloop_start(daemon->loop);
    }
    qr_daemon_end(daemon, 0);
    qr_pool_free(daemon->pool);
    daemon->role->stop(daemon->role_context);
    return failed;
}

static void release(struct qr_daemon *daemon)
{
    qr_metrics_server_stop(daemon);
    qr_daemon_unbind(daemon);
    qr_client_free(daemon->client);
    qr_client_free(daemon->leader);
    while (daemon->timers)
        forget_timer(daemon, daemon->timers->id);
    while (daemon->watches)
        qr_daemon_unwatch(daemon, daemon->watches->item.fd);
    if (daemon->loop)
        zloop_destroy(&daemon->loop);
    if (daemon->context)
        zsys_shutdown();
    qr_run_folder_free(daemon->folder);
    qr_config_free(daemon->config);
    free(daemon->follow);
}

static int run(const struct qr_role *role, char *home, const char *follow)
{
    QR_CLEANUP(qr_freep) struct qr_daemon *daemon = qr_alloc(1, sizeof *daemon);
    daemon->role = role;
    daemon->home = home;
    daemon->follow = follow ? qr_strdup(follow) : NULL;
    daemon->started_ms = qr_clock_now();
    qr_copy_text(daemon->state_word, sizeof daemon->state_word, "running");
    count_everything(daemon);
    struct qr_error error = {0};
    int failed = serve(daemon, &error);
    if (failed)
        qr_log_error("cannot start", &error);
    release(daemon);
    if (!failed)
        qr_log(QR_LOG_INFO, "ended");
    return failed ? qr_code_exit_status(error.code) : daemon->exit_status;
}

/* As many open files as the system allows: each connection is one, and ZeroMQ ends the process when it cannot accept another on a local
 * socket. */
static void raise_descriptors(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    limit.rlim_cur = limit.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

/* The C library would learn from a freed large block to keep the next ones: then what a rare large message took stays with the process. */
static void give_memory_back(void)
{
#ifdef M_MMAP_THRESHOLD
    enum { LARGE = 1 << 20, SPARE = 4 << 20 };
    (void)mallopt(M_MMAP_THRESHOLD, LARGE);
    (void)mallopt(M_TRIM_THRESHOLD, SPARE);
#endif
}

/* ---- The command line ---- */

static void print_help(const struct qr_role *role)
{
    printf("quorate-%s: %s\n\n"
           "Usage: quorate-%s --home DIR\n\n"
           "Runs in the foreground and logs to standard error until SIGTERM or SIGINT. `quorate up` runs\n"
           "all four services of a home. Settings: DIR/quorate.ini.\n\n"
           "  --home DIR        the home to serve\n"
           "%s"
           "  --help            this text\n"
           "  --version         the version\n",
           qr_service_name(role->service), role->summary, qr_service_name(role->service),
           role->follows ? "  --follow ADDRESS  repeat and co-sign the ledger of another home: its folder, or tcp://ADDRESS:PORT\n" : "");
}

static int bad_usage(const struct qr_role *role, const char *what)
{
    fprintf(stderr, "quorate-%s: %s\nTry: quorate-%s --help\n", qr_service_name(role->service), what,
            qr_service_name(role->service));
    return qr_code_exit_status(QR_EUSAGE);
}

/* The home as an absolute path, so that a daemon does not depend on where it was started. */
static int run_in(const struct qr_role *role, const char *home, const char *follow)
{
    QR_CLEANUP(qr_freep) char *path = realpath(home, NULL);
    QR_CLEANUP(qr_freep) char *other = follow && !is_tcp(follow) ? realpath(follow, NULL) : NULL;
    if (path && (!follow || other || is_tcp(follow)))
        return run(role, path, other ? other : follow);
    if (path) {
        fprintf(stderr, "quorate-%s: there is no home at %s to follow\n", qr_service_name(role->service), follow);
        return qr_code_exit_status(QR_ENO_HOME);
    }
    fprintf(stderr, "quorate-%s: there is no home at %s\nMake one with: quorate init\n", qr_service_name(role->service),
            home);
    return qr_code_exit_status(QR_ENO_HOME);
}

int qr_daemon_main(const struct qr_role *role, int argc, char **argv)
{
    static const struct option options[] = {{"home", required_argument, NULL, 'H'},
                                            {"follow", required_argument, NULL, 'F'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {0}};
    const char *home = NULL, *follow = NULL;
    for (int option; (option = getopt_long(argc, argv, "h", options, NULL)) != -1;) {
        if (option == 'h')
            return print_help(role), 0;
        if (option == 'V')
            return printf("quorate-%s %s\n", qr_service_name(role->service), PACKAGE_VERSION), 0;
        if (option == 'F' && role->follows && *optarg)
            follow = optarg;
        else if (option == 'H')
            home = optarg;
        else
            return bad_usage(role, option == 'F' && role->follows ? "--follow needs an address" : "unknown option");
    }
    if (optind < argc)
        return bad_usage(role, "it takes no arguments");
    if (!home)
        return bad_usage(role, "--home DIR is missing");
    umask(077);
    raise_descriptors();
    give_memory_back();
    qr_crypto_init();
    return run_in(role, home, follow);
}
