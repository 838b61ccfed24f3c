#include "services/lib/client_parts.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include "common/clock.h"

/* The client itself: one epoll descriptor gathers all sockets, a timer for the earliest deadline and an eventfd for what must be looked at
 * again without news from outside. */

enum { RUN_MAX = 1024 }; /* replies or events taken from one socket in a row */

/* ---- Opening and closing ---- */

static void watch(struct qr_client *client, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};
    epoll_ctl(client->epoll, EPOLL_CTL_ADD, fd, &event);
}

static int open_descriptors(struct qr_client *client, struct qr_error *error)
{
    client->epoll = epoll_create1(EPOLL_CLOEXEC);
    client->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    client->again = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (client->epoll < 0 || client->timer < 0 || client->again < 0) {
        return qr_fail(error, QR_EINTERNAL, "cannot make a client: %s", strerror(errno));
    }
    watch(client, client->timer);
    watch(client, client->again);
    return 0;
}

int qr_client_new_with(void *context, const char *home, struct qr_config *config, struct qr_client **ret_client,
                       struct qr_error *error)
{
    QR_CLEANUP(qr_client_freep) struct qr_client *client = qr_alloc(1, sizeof *client);
    client->epoll = client->timer = client->again = -1;
    client->timer_at = INT64_MAX;
    client->context = context;
    client->home = qr_strdup(home);
    client->config = config;
    int failed = qr_run_folder_open(home, false, &client->folder, error);
    if (!failed)
        failed = open_descriptors(client, error);
    if (failed)
        return failed;
    *ret_client = client;
    client = NULL;
    return 0;
}

int qr_client_new_in(void *context, const char *home, struct qr_client **ret_client, struct qr_error *error)
{
    struct qr_config *config = NULL;
    int failed = qr_config_load(home, &config, error);
    return failed ? failed : qr_client_new_with(context, home, config, ret_client, error);
}

int qr_client_new(const char *home, struct qr_client **ret_client, struct qr_error *error)
{
    void *context = zmq_ctx_new();
    if (!context)
        return qr_fail(error, QR_EINTERNAL, "cannot start ZeroMQ: %s", zmq_strerror(zmq_errno()));
    int failed = qr_client_new_in(context, home, ret_client, error);
    if (failed) {
        zmq_ctx_term(context);
        return failed;
    }
    (*ret_client)->owns_context = true;
    return 0;
}

void qr_client_free(struct qr_client *client)
{
    if (!client)
        return;
    qr_client_free_requests(client);
    for (int i = 0; i < QR_SERVICES; i++) {
        qr_link_close(&client->links[i]);
        qr_link_close(&client->subscriptions[i].link);
    }
    if (client->owns_context)
        zmq_ctx_term(client->context);
    if (client->epoll >= 0)
        close(client->epoll);
    if (client->timer >= 0)
        close(client->timer);
    if (client->again >= 0)
        close(client->again);
    qr_run_folder_free(client->folder);
    qr_config_free(client->config);
    free(client->home);
    free(client);
}

void qr_client_freep(struct qr_client **client)
{
    qr_client_free(*client);
}

/* ---- Waking ---- */

void qr_client_look_again(struct qr_client *client)
{
    uint64_t one = 1;
    ssize_t written = write(client->again, &one, sizeof one);
    (void)written; /* full: it is readable already */
}

void qr_client_set_timer(struct qr_client *client, int64_t at)
{
    if (at >= client->timer_at)
        return;
    client->timer_at = at;
    struct itimerspec spec = {.it_value = {.tv_sec = at / 1000000, .tv_nsec = at % 1000000 * 1000 + 1}};
    timerfd_settime(client->timer, TFD_TIMER_ABSTIME, &spec, NULL);
}

/* ---- Links ---- */

static int open_link(struct qr_client *client, struct qr_link *link, int type, enum qr_service service,
                     enum qr_channel channel, struct qr_error *error)
{
    struct qr_address address;
    int failed = qr_address_of(client->config, client->folder, service, channel, &address, error);
    if (!failed)
        failed = qr_link_open(link, client->context, type, client->home, &address, error);
    if (failed)
        return failed;
    watch(client, qr_link_fd(link));
    watch(client, qr_link_monitor_fd(link));
    return 0;
}

/* The run folder may have been made since the client was; the long form of its path needs a descriptor of it. */
static void reopen_folder(struct qr_client *client)
{
    struct qr_run_folder *folder = NULL;
    if (qr_run_folder_open(client->home, false, &folder, NULL))
        return;
    qr_run_folder_free(client->folder);
    client->folder = folder;
}

static bool any_link_open(const struct qr_client *client)
{
    for (int i = 0; i < QR_SERVICES; i++) {
        if (client->links[i].socket || client->subscriptions[i].link.socket)
            return true;
    }
    return false;
}

bool qr_client_reachable(struct qr_client *client, enum qr_service service)
{
    struct qr_link *link = &client->links[service];
    if (link->socket && link->up)
        return true;
    if (!any_link_open(client))
        reopen_folder(client);
    struct qr_address address;
    if (qr_address_of(client->config, client->folder, service, QR_CHANNEL_REQUESTS, &address, NULL))
        return false;
    return !address.path[0] || qr_socket_answers(address.path);
}

/* libzmq does not try again where this home's certificate was refused, though it may have been let in since. */
static int open_again(struct qr_client *client, struct qr_link *link, enum qr_service service, struct qr_error *error)
{
    unsigned losses = link->losses + 1;
    qr_link_close(link);
    int failed = open_link(client, link, ZMQ_DEALER, service, QR_CHANNEL_REQUESTS, error);
    link->losses = losses;
    return failed;
}

int qr_client_link(struct qr_client *client, enum qr_service service, struct qr_error *error)
{
    struct qr_link *link = &client->links[service];
    if (link->socket && (link->up || qr_clock_monotonic() - link->down_since < QR_CLIENT_GRACE_MS * 1000))
        return 0;
    if (!qr_client_reachable(client, service))
        return qr_fail(error, QR_EUNREACHABLE, "nobody answers");
    if (!link->socket)
        return open_link(client, link, ZMQ_DEALER, service, QR_CHANNEL_REQUESTS, error);
    if (!link->address.path[0])
        return open_again(client, link, service, error);
    link->down_since = qr_clock_monotonic(); /* it is there again, and the connection will be soon */
    return 0;
}

size_t qr_client_drain(struct qr_client *client, enum qr_service service, void *socket, qr_client_take *take)
{
    size_t n = 0;
    for (; n < RUN_MAX; n++) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        bool got = zmq_msg_recv(&frame, socket, ZMQ_DONTWAIT) >= 0;
        if (got)
            take(client, service, &frame);
        zmq_msg_close(&frame);
        if (!got)
            return n;
    }
    qr_client_look_again(client);
    return n;
}

/* ---- Events ---- */

static void take_event(struct qr_client *client, enum qr_service service, zmq_msg_t *frame)
{
    struct qr_subscription *subscription = &client->subscriptions[service];
    Quorate__Event *event = qr_event_decode(zmq_msg_data(frame), zmq_msg_size(frame));
    if (!event)
        return;
    bool follows = event->started_ms == subscription->started_ms && event->sequence == subscription->sequence + 1;
    bool first = subscription->sequence == 0;
    subscription->started_ms = event->started_ms;
    subscription->sequence = event->sequence;
    if (!follows && !first)
        subscription->news(subscription->context, service, QR_NEWS_GAP, NULL);
    if (event->body_case)
        subscription->news(subscription->context, service, QR_NEWS_EVENT, event);
    qr_event_free(event);
}

static size_t process_subscription(struct qr_client *client, enum qr_service service)
{
    struct qr_subscription *subscription = &client->subscriptions[service];
    if (!subscription->link.socket)
        return 0;
    unsigned losses = subscription->link.losses;
    size_t told = qr_link_refresh(&subscription->link);
    bool lost = subscription->link.losses != losses;
    if (subscription->told_up && (lost || !subscription->link.up)) {
        subscription->told_up = false;
        subscription->news(subscription->context, service, QR_NEWS_DOWN, NULL);
    }
    if (!subscription->told_up && subscription->link.up) {
        subscription->told_up = true;
        subscription->news(subscription->context, service, QR_NEWS_UP, NULL);
    }
    if (!qr_link_readable(&subscription->link))
        return told;
    return told + qr_client_drain(client, service, subscription->link.socket, take_event);
}

int qr_client_subscribe(struct qr_client *client, enum qr_service service, qr_client_news *news, void *context,
                        struct qr_error *error)
{
    struct qr_subscription *subscription = &client->subscriptions[service];
    subscription->news = news;
    subscription->context = context;
    if (subscription->link.socket)
        return 0;
    if (!any_link_open(client))
        reopen_folder(client);
    return open_link(client, &subscription->link, ZMQ_SUB, service, QR_CHANNEL_EVENTS, error);
}

/* ---- The loop's side ---- */

int qr_client_fd(const struct qr_client *client)
{
    return client->epoll;
}

static bool clear(int fd)
{
    uint64_t count = 0;
    return read(fd, &count, sizeof count) > 0;
}

static size_t process(struct qr_client *client)
{
    bool look = clear(client->again), late = clear(client->timer);
    size_t n = 0;
    for (int i = 0; i < QR_SERVICES; i++) {
        n += qr_client_take_replies(client, (enum qr_service)i);
        n += process_subscription(client, (enum qr_service)i);
    }
    if (look || late || (client->in_flight && qr_clock_monotonic() >= client->timer_at))
        n += qr_client_end_overdue(client);
    return n;
}

void qr_client_process(struct qr_client *client)
{
    process(client);
}

bool qr_client_wait(struct qr_client *client, int64_t timeout_ms)
{
    int64_t end = qr_clock_monotonic() + timeout_ms * 1000;
    for (;;) {
        if (process(client))
            return true;
        int64_t left = (end - qr_clock_monotonic() + 999) / 1000;
        if (left <= 0)
            return false;
        struct epoll_event event;
        if (epoll_wait(client->epoll, &event, 1, (int)(left > 60000 ? 60000 : left)) < 0)
            return false;
    }
}
