#ifndef QR_TESTS_ECHO_H
#define QR_TESTS_ECHO_H

/* A daemon for the tests: priced's sockets, and answers that the tests choose. */
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/buffer.h"
#include "common/clock.h"
#include "services/lib/service.h"

/* What the number of rows wanted in a RecentDecisionsRequest makes it do. */
enum {
    ECHO_ANSWER = 1,
    ECHO_REFUSE = 2,
    ECHO_NEVER = 3,
    ECHO_WRONG_BODY = 4,
    ECHO_LATER = 5,
    ECHO_PUBLISH = 6,
    ECHO_WORK = 7,
    ECHO_HUGE = 8
};

static struct qr_daemon *echo_daemon;
static int64_t *echo_count;

static int echo_start(struct qr_daemon *daemon, void **ret_context, struct qr_error *error)
{
    (void)error;
    echo_daemon = daemon;
    echo_count = qr_daemon_metric(daemon, "quorate_echo_total", "Requests that reached the role.");
    *ret_context = daemon;
    return 0;
}

static void echo_answer(struct qr_request *request)
{
    Quorate__RecentDecisions decisions = QUORATE__RECENT_DECISIONS__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    reply.body_case = QUORATE__REPLY__BODY_RECENT_DECISIONS;
    reply.recent_decisions = &decisions;
    qr_request_answer(request, &reply);
}

static void echo_later(void *context)
{
    echo_answer(context);
}
static void echo_work(void *context)
{
    (void)context;
}

static void echo_publish(void)
{
    Quorate__DecisionsEvent decisions = QUORATE__DECISIONS_EVENT__INIT;
    decisions.n = 1;
    Quorate__Event event = QUORATE__EVENT__INIT;
    event.body_case = QUORATE__EVENT__BODY_DECISIONS;
    event.decisions = &decisions;
    qr_daemon_publish(echo_daemon, &event);
}

static void echo_wrong_body(struct qr_request *request)
{
    Quorate__LedgerPin pin = QUORATE__LEDGER_PIN__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_PIN;
    reply.ledger_pin = &pin;
    qr_request_answer(request, &reply);
}

static void echo_huge(struct qr_request *request)
{
    QR_CLEANUP(qr_freep) char *text = qr_alloc(1, QR_FRAME_MAX + 1);
    memset(text, 'a', QR_FRAME_MAX);
    Quorate__LedgerPin pin = QUORATE__LEDGER_PIN__INIT;
    pin.json = text;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    reply.body_case = QUORATE__REPLY__BODY_LEDGER_PIN;
    reply.ledger_pin = &pin;
    qr_request_answer(request, &reply);
}

static void echo_request(void *context, struct qr_request *request)
{
    (void)context;
    ++*echo_count;
    const Quorate__Request *message = qr_request_message(request);
    if (message->body_case != QUORATE__REQUEST__BODY_RECENT_DECISIONS) {
        struct qr_error error;
        qr_fail(&error, QR_EUNSUPPORTED, "only recent_decisions");
        qr_request_refuse(request, &error);
        return;
    }
    switch (message->recent_decisions->most) {
    case ECHO_REFUSE: {
        struct qr_error error;
        qr_fail(&error, QR_ESOLD_OUT, "no seat is left");
        qr_hint(&error, "try another day");
        qr_request_refuse(request, &error);
        break;
    }
    case ECHO_NEVER:
        qr_request_drop(request);
        break;
    case ECHO_WRONG_BODY:
        echo_wrong_body(request);
        break;
    case ECHO_LATER:
        qr_daemon_after(echo_daemon, 50, echo_later, request);
        break;
    case ECHO_PUBLISH:
        echo_publish();
        echo_answer(request);
        break;
    case ECHO_WORK:
        qr_daemon_work(echo_daemon, echo_work, echo_later, request);
        break;
    case ECHO_HUGE:
        echo_huge(request);
        break;
    default:
        echo_answer(request);
    }
}

static void echo_stop(void *context)
{
    (void)context;
}

static const struct qr_role echo_role = {
    .service = QR_SERVICE_PRICING,
    .summary = "echo",
    .start = echo_start,
    .request = echo_request,
    .stop = echo_stop,
};

/* A child process that serves the home; killed with the test's signals. */
static inline pid_t echo_run(const char *home)
{
    pid_t pid = fork();
    if (pid)
        return pid;
    char *arguments[] = {(char *)"quorate-priced", (char *)"--home", (char *)(uintptr_t)home, NULL};
    if (!freopen("/dev/null", "w", stderr))
        exit(9);
    exit(qr_daemon_main(&echo_role, 3, arguments));
}

static inline int echo_end(pid_t pid, int signal)
{
    int status = -1;
    kill(pid, signal);
    waitpid(pid, &status, 0);
    return status;
}

static inline void echo_wait(struct qr_client *client)
{
    int64_t end = qr_clock_now() + 5000;
    while (!qr_client_reachable(client, QR_SERVICE_PRICING) && qr_clock_now() < end)
        usleep(2000);
}

/* One call; its code. */
static inline int echo_call(struct qr_client *client, unsigned most, int64_t timeout_ms, struct qr_error *error)
{
    Quorate__RecentDecisionsRequest recent = QUORATE__RECENT_DECISIONS_REQUEST__INIT;
    recent.most = most;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_RECENT_DECISIONS;
    request.recent_decisions = &recent;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    return qr_client_call(client, QR_SERVICE_PRICING, &request, timeout_ms, &reply, error);
}

#endif
