#ifndef QR_SERVICES_LIB_SERVICE_H
#define QR_SERVICES_LIB_SERVICE_H

#include "common/error.h"
#include "services/lib/client.h"
#include "services/lib/config.h"
#include "services/lib/endpoint.h"
#include "services/lib/log.h"
#include "wire/message.h"

/* The skeleton of a daemon: options, quorate.ini, one event loop, the sockets, events, timers, metrics, a clean end.
 *
 *     static const struct qr_role role = { .service = QR_SERVICE_PRICING, .summary = "...", .start = start, .request =
 * request, .settle = settle, .stop = stop }; int main(int argc, char **argv) { return qr_daemon_main(&role, argc,
 * argv); }
 *
 * Everything below runs in the loop's thread, except the `work` of a pool. Two daemons of one service never share a
 * home: a lock on HOME/run/NAME.lock sees to that, and sockets left by a killed one are replaced. */
struct qr_daemon;
struct qr_request;

struct qr_role {
    enum qr_service service;
    const char *summary; /* one line for --help */
    bool follows;        /* takes --follow ADDRESS: whose work it repeats */
    /* Opens what the service owns. Sockets answer only after it returned; slow work belongs into a timer or a pool,
     * with qr_daemon_set_state telling why requests are refused meanwhile. Failing ends the process with the error's
     * exit status. */
    int (*start)(struct qr_daemon *daemon, void **ret_context, struct qr_error *error);
    /* Takes the request: answers it now, or keeps it and answers it later. A `status` request never comes here. */
    void (*request)(void *context, struct qr_request *request);
    /* After each run of requests taken from the socket without waiting (at most QR_RUN_MAX), and after each timer,
     * client callback and pool result: the place for one commit or one write for all of them. May be NULL. */
    void (*settle)(void *context);
    /* Before the end: no request comes any more, those kept may still be answered, the loop does not run again. */
    void (*stop)(void *context);
};

enum { QR_RUN_MAX = 256 };

/* Runs until SIGTERM or SIGINT. Returns the exit status. */
int qr_daemon_main(const struct qr_role *role, int argc, char **argv);

const char *qr_daemon_home(const struct qr_daemon *daemon);
const struct qr_run_folder *qr_daemon_folder(const struct qr_daemon *daemon);
size_t qr_daemon_table_bytes(const struct qr_daemon *daemon); /* of one model: the setting table_memory */

/* Ends the loop, and the process with `status`: for a store that failed. The first call counts. */
void qr_daemon_end(struct qr_daemon *daemon, int status);

/* The word and sentence that `status` shows: "running" and "", until told otherwise. Logged when the word changes. */
void qr_daemon_set_state(struct qr_daemon *daemon, const char *word, const char *format, ...) QR_PRINTF(3, 4);

/* ---- Requests ---- */

/* Valid until the request is answered or dropped. body_case is never 0: an unknown body was refused before. */
const Quorate__Request *qr_request_message(const struct qr_request *request);
bool qr_request_expired(const struct qr_request *request); /* nobody waits for the answer any more */
bool qr_request_local(const struct qr_request *request);   /* it came through the socket of this home */

/* Each ends the request, once. An answer to an expired request is not sent. The reply's id is filled in; the message is
 * encoded at once and stays the caller's. A reply larger than QR_FRAME_MAX becomes the error limit_exceeded. */
void qr_request_answer(struct qr_request *request, Quorate__Reply *reply);
void qr_request_refuse(struct qr_request *request, const struct qr_error *error);
void qr_request_drop(struct qr_request *request);

/* ---- Events ----
 * Fills in sequence, started_ms and time_ms, and sends to whoever listens; a slow subscriber loses events, and notices.
 */
void qr_daemon_publish(struct qr_daemon *daemon, Quorate__Event *event);

/* ---- Timers ---- */

typedef void qr_timer_callback(void *context);
/* Calls back after delay_ms, once or every delay_ms. Returns what qr_daemon_cancel takes. A timer that ran once is
 * gone. */
int qr_daemon_after(struct qr_daemon *daemon, int64_t delay_ms, qr_timer_callback *callback, void *context);
int qr_daemon_every(struct qr_daemon *daemon, int64_t delay_ms, qr_timer_callback *callback, void *context);
void qr_daemon_cancel(struct qr_daemon *daemon, int timer);

/* ---- Descriptors ----
 * Calls back whenever the descriptor can be read, `writable` as well when it can be written, or has failed. One watch a
 * descriptor; watching again changes it. Unwatch before it is closed. */
typedef void qr_ready_callback(void *context);
void qr_daemon_watch(struct qr_daemon *daemon, int fd, bool writable, qr_ready_callback *callback, void *context);
void qr_daemon_unwatch(struct qr_daemon *daemon, int fd);

/* ---- Settings ----
 * Of quorate.ini (services/lib/config.h). */
const struct qr_config *qr_daemon_config(const struct qr_daemon *daemon);

/* ---- Other services ----
 * A client whose callbacks run in this loop. Blocking calls on it are for `start` alone. */
struct qr_client *qr_daemon_client(struct qr_daemon *daemon);
/* The address that it follows, of --follow or of quorate.ini: another home's folder as an absolute path, or tcp://ADDRESS:PORT; "" for
 * none. And a client of the services there, whose callbacks run in this loop as well. */
const char *qr_daemon_follow(const struct qr_daemon *daemon);
QR_MUST_USE int qr_daemon_leader(struct qr_daemon *daemon, struct qr_client **ret_client, struct qr_error *error);

/* ---- Threads ----
 * Runs work(task) in a pool of threads, then done(task) in the loop. The pool is made at the first call, with `threads`
 * of the [services] section of quorate.ini. Before `stop` is called, all work that was given has been done. */
typedef void qr_task_callback(void *task);
void qr_daemon_work(struct qr_daemon *daemon, qr_task_callback *work, qr_task_callback *done, void *task);

/* ---- Metrics ----
 * A number under a Prometheus name, "quorate_priced_quotes_total", shown by `status` and, where metrics_port is set, at
 * http://127.0.0.1:PORT/metrics. The names of one daemon stay in the order in which they were made. Increase it through
 * the pointer, in the loop's thread. */
int64_t *qr_daemon_metric(struct qr_daemon *daemon, const char *name, const char *help);

#endif
