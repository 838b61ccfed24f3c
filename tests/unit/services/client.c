/* The client against a real daemon skeleton in another process: answers, errors, silence, death, rubbish, events. */
#include "tests/unit/unit.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <zmq.h>

#include "services/lib/lock.h"
#include "tests/unit/services/echo.h"
#include "tests/unit/services/folder.h"

static char home[128];
static struct qr_client *client;
static pid_t daemon_pid;

static void make_home(void)
{
    snprintf(home, sizeof home, "/tmp/quorate-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(home));
    ck_assert_int_eq(qr_client_new(home, &client, NULL), 0);
}

static void make_daemon(void)
{
    make_home();
    daemon_pid = echo_run(home);
    echo_wait(client);
}

static void end_home(void)
{
    qr_client_free(client);
    ck_assert_int_eq(echo_end(daemon_pid, SIGTERM), 0);
    char command[160];
    snprintf(command, sizeof command, "%s/run/priced.sock", home);
    ck_assert_int_ne(access(command, F_OK), 0); /* a clean end leaves no socket */
    folder_remove(home);
}

START_TEST(an_absent_service_is_told_at_once)
{
    struct qr_error error;
    make_home();
    int64_t start = qr_clock_monotonic();
    ck_assert_int_eq(echo_call(client, ECHO_ANSWER, 5000, &error), QR_EUNREACHABLE);
    ck_assert_int_lt(qr_clock_monotonic() - start, 200000);
    ck_assert_ptr_nonnull(strstr(error.hint, "quorate up"));
    qr_client_free(client);
    folder_remove(home);
    ck_assert_int_eq(qr_client_new("/nonexistent/home", &client, &error), QR_ENO_HOME);
}
END_TEST

START_TEST(answers_errors_and_silence)
{
    struct qr_error error;
    make_daemon();
    ck_assert_int_eq(echo_call(client, ECHO_ANSWER, 5000, &error), 0);
    ck_assert_int_eq(echo_call(client, ECHO_LATER, 5000, &error), 0);
    ck_assert_int_eq(echo_call(client, ECHO_WORK, 5000, &error), 0);
    ck_assert_int_eq(echo_call(client, ECHO_REFUSE, 5000, &error), QR_ESOLD_OUT);
    ck_assert_str_eq(error.text, "no seat is left");
    ck_assert_str_eq(error.hint, "try another day");
    ck_assert_int_eq(echo_call(client, ECHO_WRONG_BODY, 5000, &error), QR_EINTERNAL);
    ck_assert_int_eq(echo_call(client, ECHO_HUGE, 5000, &error), QR_ELIMIT);
    int64_t start = qr_clock_monotonic();
    ck_assert_int_eq(echo_call(client, ECHO_NEVER, 300, &error), QR_ETIMEOUT);
    ck_assert_int_ge(qr_clock_monotonic() - start, 300000);
    ck_assert_int_lt(qr_clock_monotonic() - start, 1500000);
    ck_assert_uint_eq(qr_client_in_flight(client), 0);
    end_home();
}
END_TEST

START_TEST(a_request_too_large_is_refused_before_it_is_sent)
{
    struct qr_error error;
    make_daemon();
    QR_CLEANUP(qr_freep) uint8_t *bytes = qr_alloc(1, QR_FRAME_MAX);
    Quorate__QuoteRequest quote = QUORATE__QUOTE_REQUEST__INIT;
    quote.schema = qr_wire_bytes(bytes, QR_FRAME_MAX);
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_QUOTE;
    request.quote = &quote;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    ck_assert_int_eq(qr_client_call(client, QR_SERVICE_PRICING, &request, 1000, &reply, &error), QR_ELIMIT);
    ck_assert_int_eq(echo_call(client, ECHO_ANSWER, 5000, &error), 0);
    end_home();
}
END_TEST

static int answered;
static void count_answer(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    (void)context;
    answered += reply && !error;
    qr_reply_free(reply);
}

static void send_one(unsigned most, qr_client_done *done)
{
    Quorate__RecentDecisionsRequest recent = QUORATE__RECENT_DECISIONS_REQUEST__INIT;
    recent.most = most;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_RECENT_DECISIONS;
    request.recent_decisions = &recent;
    ck_assert_int_eq(qr_client_send(client, QR_SERVICE_PRICING, &request, 10000, done, NULL, NULL), 0);
}

static void wait_answers(int n)
{
    int64_t end = qr_clock_now() + 10000;
    while (answered < n && qr_clock_now() < end)
        qr_client_wait(client, 100);
    ck_assert_int_eq(answered, n);
}

START_TEST(thousands_in_flight_are_each_answered_once)
{
    enum { N = QR_CLIENT_IN_FLIGHT_MAX };
    make_daemon();
    answered = 0;
    for (int i = 0; i < N; i++)
        send_one(ECHO_ANSWER, count_answer);
    Quorate__Request request = QUORATE__REQUEST__INIT;
    ck_assert_int_eq(qr_client_send(client, QR_SERVICE_PRICING, &request, 1000, count_answer, NULL, NULL), QR_ELIMIT);
    wait_answers(N);
    ck_assert_uint_eq(qr_client_in_flight(client), 0);
    end_home();
}
END_TEST

START_TEST(a_killed_daemon_that_comes_back_is_asked_again)
{
    struct qr_error error;
    make_daemon();
    ck_assert_int_eq(echo_call(client, ECHO_ANSWER, 5000, &error), 0);
    answered = 0;
    kill(daemon_pid, SIGSTOP); /* so that the requests are in flight for certain */
    for (int i = 0; i < 10; i++)
        send_one(ECHO_ANSWER, count_answer);
    echo_end(daemon_pid, SIGKILL);
    daemon_pid = echo_run(home); /* over the stale socket files */
    wait_answers(10);
    end_home();
}
END_TEST

START_TEST(a_killed_daemon_that_stays_away_is_unreachable_within_the_grace)
{
    struct qr_error error;
    make_daemon();
    ck_assert_int_eq(echo_call(client, ECHO_ANSWER, 5000, &error), 0);
    echo_end(daemon_pid, SIGKILL);
    int64_t start = qr_clock_monotonic();
    ck_assert_int_eq(echo_call(client, ECHO_ANSWER, 20000, &error), QR_EUNREACHABLE);
    ck_assert_int_lt(qr_clock_monotonic() - start, (QR_CLIENT_GRACE_MS + 1500) * 1000);
    start = qr_clock_monotonic();
    ck_assert_int_eq(echo_call(client, ECHO_ANSWER, 20000, &error), QR_EUNREACHABLE);
    ck_assert_int_lt(qr_clock_monotonic() - start, 200000);
    daemon_pid = echo_run(home);
    echo_wait(client);
    ck_assert_int_eq(echo_call(client, ECHO_ANSWER, 5000, &error), 0);
    end_home();
}
END_TEST

START_TEST(two_daemons_never_share_a_home)
{
    make_daemon();
    pid_t second = echo_run(home);
    int status = -1;
    waitpid(second, &status, 0);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), qr_code_exit_status(QR_EBUSY));
    ck_assert_int_eq(qr_lock_holder(home, "priced"), daemon_pid);
    ck_assert_int_eq(echo_call(client, ECHO_ANSWER, 5000, NULL), 0);
    end_home();
}
END_TEST

/* ---- A peer that speaks ZeroMQ and not our messages ---- */

static void *raw_peer(void *context)
{
    char endpoint[200];
    int timeout = 5000, linger = 0;
    void *socket = zmq_socket(context, ZMQ_DEALER);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/run/priced.sock", home);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    ck_assert_int_eq(zmq_connect(socket, endpoint), 0);
    return socket;
}

static void expect_error(void *socket, const char *code)
{
    uint8_t bytes[4096];
    int size = zmq_recv(socket, bytes, sizeof bytes, 0);
    ck_assert_int_gt(size, 0);
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = qr_reply_decode(bytes, (size_t)size);
    ck_assert_ptr_nonnull(reply);
    ck_assert_int_eq(reply->body_case, QUORATE__REPLY__BODY_ERROR);
    ck_assert_str_eq(reply->error->code, code);
}

static size_t pack_request(uint64_t id, int64_t deadline, uint8_t bytes[256])
{
    Quorate__RecentDecisionsRequest recent = QUORATE__RECENT_DECISIONS_REQUEST__INIT;
    recent.most = ECHO_ANSWER;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.id = id;
    request.deadline_ms = deadline;
    request.body_case = QUORATE__REQUEST__BODY_RECENT_DECISIONS;
    request.recent_decisions = &recent;
    return quorate__request__pack(&request, bytes);
}

START_TEST(rubbish_is_answered_and_changes_nothing)
{
    make_daemon();
    void *context = zmq_ctx_new(), *peer = raw_peer(context);
    zmq_send(peer, "\xff\xff\xff", 3, 0);
    expect_error(peer, "malformed");
    zmq_send(peer, "", 0, 0); /* parses, and asks for nothing */
    expect_error(peer, "unsupported");
    zmq_send(peer, "a", 1, ZMQ_SNDMORE);
    zmq_send(peer, "b", 1, 0);
    expect_error(peer, "malformed");
    zmq_close(peer);

    QR_CLEANUP(qr_freep) uint8_t *large = qr_alloc(1, QR_FRAME_MAX + 1);
    peer = raw_peer(context);
    zmq_send(peer, large, QR_FRAME_MAX + 1, 0); /* libzmq ends this connection */
    ck_assert_int_eq(echo_call(client, ECHO_ANSWER, 5000, NULL), 0);
    zmq_close(peer);
    zmq_ctx_term(context);
    end_home();
}
END_TEST

START_TEST(a_request_past_its_deadline_is_dropped)
{
    make_daemon();
    void *context = zmq_ctx_new(), *peer = raw_peer(context);
    uint8_t bytes[256];
    zmq_send(peer, bytes, pack_request(7, qr_clock_now() - 1, bytes), 0);
    zmq_send(peer, bytes, pack_request(8, 0, bytes), 0);
    int size = zmq_recv(peer, bytes, sizeof bytes, 0);
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = qr_reply_decode(bytes, (size_t)size);
    ck_assert_ptr_nonnull(reply);
    ck_assert_uint_eq(reply->id, 8); /* the first got no answer */
    zmq_close(peer);
    zmq_ctx_term(context);
    end_home();
}
END_TEST

/* ---- Events ---- */

static unsigned events, gaps, ups, downs;

static void heard(void *context, enum qr_service service, enum qr_news news, const Quorate__Event *event)
{
    (void)context;
    ck_assert_int_eq(service, QR_SERVICE_PRICING);
    ck_assert_int_eq(news == QR_NEWS_EVENT, event != NULL);
    switch (news) {
    case QR_NEWS_EVENT:
        events++;
        break;
    case QR_NEWS_GAP:
        gaps++;
        break;
    case QR_NEWS_UP:
        ups++;
        break;
    case QR_NEWS_DOWN:
        downs++;
        break;
    }
}

static void wait_count(const unsigned *count, unsigned n)
{
    int64_t end = qr_clock_now() + 5000;
    while (*count < n && qr_clock_now() < end)
        qr_client_wait(client, 20);
    ck_assert_uint_eq(*count, n);
}

START_TEST(events_arrive_in_order_and_a_restart_is_a_gap)
{
    make_daemon();
    events = gaps = ups = downs = 0;
    ck_assert_int_eq(qr_client_subscribe(client, QR_SERVICE_PRICING, heard, NULL, NULL), 0);
    wait_count(&ups, 1);
    int64_t end = qr_clock_now() + 5000; /* the publisher may not have seen the subscription yet */
    while (!events && qr_clock_now() < end) {
        ck_assert_int_eq(echo_call(client, ECHO_PUBLISH, 5000, NULL), 0);
        qr_client_wait(client, 20);
    }
    unsigned before = events;
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(echo_call(client, ECHO_PUBLISH, 5000, NULL), 0);
    wait_count(&events, before + 5);
    ck_assert_uint_eq(gaps, 0);
    echo_end(daemon_pid, SIGKILL);
    wait_count(&downs, 1);
    daemon_pid = echo_run(home);
    wait_count(&ups, 2);
    before = events;
    end = qr_clock_now() + 5000;
    while (events == before && qr_clock_now() < end) {
        ck_assert_int_eq(echo_call(client, ECHO_PUBLISH, 5000, NULL), 0);
        qr_client_wait(client, 20);
    }
    ck_assert_uint_eq(gaps, 1);
    end_home();
}
END_TEST

START_TEST(a_home_may_have_any_path)
{
    make_home();
    qr_client_free(client);
    char longer[128 + 300];
    snprintf(longer, sizeof longer, "%s/%0200d", home, 7);
    ck_assert_int_eq(mkdir(longer, 0700), 0);
    ck_assert_int_eq(qr_client_new(longer, &client, NULL), 0);
    daemon_pid = echo_run(longer);
    echo_wait(client);
    ck_assert_int_eq(echo_call(client, ECHO_ANSWER, 5000, NULL), 0);
    end_home();
}
END_TEST

START_TEST(status_counts)
{
    make_daemon();
    ck_assert_int_eq(echo_call(client, ECHO_ANSWER, 5000, NULL), 0);
    Quorate__StatusRequest body = QUORATE__STATUS_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_STATUS;
    request.status = &body;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    ck_assert_int_eq(qr_client_call(client, QR_SERVICE_PRICING, &request, 5000, &reply, NULL), 0);
    ck_assert_str_eq(reply->status->service, "priced");
    ck_assert_str_eq(reply->status->state, "running");
    ck_assert_int_eq(reply->status->pid, daemon_pid);
    ck_assert_str_eq(reply->status->metrics[0]->name, "quorate_requests_total");
    ck_assert_int_eq(reply->status->metrics[0]->value, 2);
    end_home();
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_absent_service_is_told_at_once,
        answers_errors_and_silence,
        a_request_too_large_is_refused_before_it_is_sent,
        thousands_in_flight_are_each_answered_once,
        a_killed_daemon_that_comes_back_is_asked_again,
        a_killed_daemon_that_stays_away_is_unreachable_within_the_grace,
        two_daemons_never_share_a_home,
        rubbish_is_answered_and_changes_nothing,
        a_request_past_its_deadline_is_dropped,
        events_arrive_in_order_and_a_restart_is_a_gap,
        a_home_may_have_any_path,
        status_counts,
    };
    return unit_run("client", tests, sizeof tests / sizeof tests[0]);
}
