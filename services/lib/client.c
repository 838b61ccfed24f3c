/* How a request lives: qr_client_send encodes it into a slot and hands it to its link, where one stands; otherwise it
 * waits in the slot until the link comes up. A reply finds its slot by the low bits of its id; the high bits count, so
 * that a late reply to an earlier request never answers a later one. One epoll descriptor gathers all sockets, a timer
 * for the earliest deadline and an eventfd for what must be looked at again without news from outside. */
#include "services/lib/client.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include "common/clock.h"
#include "services/lib/client_context.h"
#include "services/lib/link.h"

enum {
    SLOT_BITS = 14, /* of QR_CLIENT_IN_FLIGHT_MAX */
    SLOT_MASK = QR_CLIENT_IN_FLIGHT_MAX - 1,
    RUN_MAX = 1024,         /* replies or events taken from one socket in a row */
    DOWN_CHECK_US = 100000, /* how often requests on a link that is down are looked at */
};

struct slot {
    bool used;
    enum qr_service service;
    Quorate__Request__BodyCase body;
    enum qr_code failed; /* known to fail: told in the next qr_client_process */
    unsigned sent;       /* losses of the link when it was sent, plus 1; 0: not sent */
    uint64_t id;
    int64_t deadline; /* monotonic, us */
    zmq_msg_t frame;  /* kept for sending again */
    qr_client_done *done;
    void *context;
};

struct subscription {
    struct qr_link link;
    qr_client_news *news;
    void *context;
    bool told_up;
    uint64_t sequence; /* of the last event; 0: none yet */
    int64_t started_ms;
};

struct qr_client {
    void *context;
    bool owns_context;
    char *home;
    struct qr_config *config;
    struct qr_run_folder *folder;
    int epoll, timer, again;
    int64_t timer_at; /* INT64_MAX: not set */
    uint64_t next_count;
    struct slot *slots;
    uint32_t *free_slots; /* a stack */
    size_t n_slots, n_free, in_flight;
    struct qr_link links[QR_SERVICES];
    struct subscription subscriptions[QR_SERVICES];
};

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

static void release(struct qr_client *client, struct slot *slot)
{
    zmq_msg_close(&slot->frame);
    slot->used = false;
    client->free_slots[client->n_free++] = (uint32_t)(slot - client->slots);
    client->in_flight--;
}

void qr_client_free(struct qr_client *client)
{
    if (!client)
        return;
    for (size_t i = 0; i < client->n_slots; i++) {
        if (client->slots[i].used)
            release(client, &client->slots[i]);
    }
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
    free(client->slots);
    free(client->free_slots);
    free(client->home);
    free(client);
}

void qr_client_freep(struct qr_client **client)
{
    qr_client_free(*client);
}

/* ---- Waking ---- */

static void look_again(struct qr_client *client)
{
    uint64_t one = 1;
    ssize_t written = write(client->again, &one, sizeof one);
    (void)written; /* full: it is readable already */
}

static void set_timer(struct qr_client *client, int64_t at)
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

/* The link, opened. QR_EUNREACHABLE when nobody is there, and has not been for the time that a restart takes. */
static int usable_link(struct qr_client *client, enum qr_service service, struct qr_error *error)
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

/* ---- Slots ---- */

static struct slot *take_slot(struct qr_client *client)
{
    if (!client->n_free) {
        size_t n = client->n_slots ? 2 * client->n_slots : 16;
        if (n > QR_CLIENT_IN_FLIGHT_MAX)
            return NULL;
        client->slots = qr_realloc(client->slots, n, sizeof *client->slots);
        client->free_slots = qr_realloc(client->free_slots, n, sizeof *client->free_slots);
        for (size_t i = n; i-- > client->n_slots;) {
            client->slots[i].used = false;
            client->free_slots[client->n_free++] = (uint32_t)i;
        }
        client->n_slots = n;
    }
    uint32_t index = client->free_slots[--client->n_free];
    struct slot *slot = &client->slots[index];
    *slot = (struct slot){.used = true, .id = ++client->next_count << SLOT_BITS | index};
    zmq_msg_init(&slot->frame);
    client->in_flight++;
    return slot;
}

static struct slot *slot_of(struct qr_client *client, uint64_t id)
{
    size_t index = id & SLOT_MASK;
    if (index >= client->n_slots)
        return NULL;
    struct slot *slot = &client->slots[index];
    return slot->used && slot->id == id ? slot : NULL;
}

static void fill_error(const struct qr_client *client, const struct slot *slot, enum qr_code code,
                       struct qr_error *error)
{
    const char *name = qr_service_name(slot->service);
    const char *word = qr_request_word(slot->body);
    const char *elsewhere = qr_config_text(client->config, "connect", name);
    if (code == QR_EUNREACHABLE && *elsewhere) {
        qr_fail(error, code, "quorate-%s cannot be reached at %s", name, elsewhere);
        qr_hint(error,
                "see that it runs there, has this home's keys/transport in its keys/peers, and that %s_key is its own",
                name);
    } else if (code == QR_EUNREACHABLE) {
        qr_fail(error, code, "quorate-%s cannot be reached", name);
        qr_hint(error, "start the services with: quorate up");
    } else if (code == QR_ETIMEOUT) {
        qr_fail(error, code, "quorate-%s did not answer %s in time", name, word);
        qr_hint(error, "see what it is doing with: quorate status");
    } else {
        qr_fail(error, code, "quorate-%s answered %s with something else", name, word);
    }
}

/* Ends a slot before its callback runs, so that the callback may use the client as it likes. */
static void finish(struct qr_client *client, struct slot *slot, Quorate__Reply *reply, const struct qr_error *error)
{
    qr_client_done *done = slot->done;
    void *context = slot->context;
    release(client, slot);
    done(context, reply, error);
}

static void finish_failed(struct qr_client *client, struct slot *slot, enum qr_code code)
{
    struct qr_error error;
    fill_error(client, slot, code, &error);
    finish(client, slot, NULL, &error);
}

/* ---- Sending ---- */

static void transmit(struct qr_client *client, struct slot *slot)
{
    struct qr_link *link = &client->links[slot->service];
    zmq_msg_t copy;
    zmq_msg_init(&copy);
    zmq_msg_copy(&copy, &slot->frame);
    if (zmq_msg_send(&copy, link->socket, ZMQ_DONTWAIT) >= 0) {
        slot->sent = link->losses + 1;
    } else {
        zmq_msg_close(&copy);
    }
}

/* Sends what waits for a link that is up, again what was in flight when it was lost. */
static void transmit_waiting(struct qr_client *client, enum qr_service service)
{
    struct qr_link *link = &client->links[service];
    (void)qr_link_readable(link);
    for (size_t i = 0; i < client->n_slots; i++) {
        struct slot *slot = &client->slots[i];
        if (slot->used && slot->service == service && !slot->failed && slot->sent != link->losses + 1)
            transmit(client, slot);
    }
}

static int encode(struct slot *slot, Quorate__Request *request, int64_t timeout_ms, struct qr_error *error)
{
    request->id = slot->id;
    request->deadline_ms = qr_clock_now() + timeout_ms;
    size_t size = quorate__request__get_packed_size(request);
    if (size > QR_FRAME_MAX)
        return qr_fail(error, QR_ELIMIT, "a request of %zu bytes is larger than %d", size, QR_FRAME_MAX);
    zmq_msg_init_size(&slot->frame, size);
    quorate__request__pack(request, zmq_msg_data(&slot->frame));
    return 0;
}

int qr_client_send(struct qr_client *client, enum qr_service service, Quorate__Request *request, int64_t timeout_ms,
                   qr_client_done *done, void *context, struct qr_error *error)
{
    struct slot *slot = take_slot(client);
    if (!slot)
        return qr_fail(error, QR_ELIMIT, "%d requests are waiting for an answer", QR_CLIENT_IN_FLIGHT_MAX);
    slot->service = service;
    slot->body = request->body_case;
    slot->done = done;
    slot->context = context;
    slot->deadline = qr_clock_monotonic() + timeout_ms * 1000;
    int failed = encode(slot, request, timeout_ms, error);
    if (failed) {
        release(client, slot);
        return failed;
    }
    slot->failed = (enum qr_code)usable_link(client, service, NULL);
    if (slot->failed) {
        look_again(client);
        return 0;
    }
    struct qr_link *link = &client->links[service];
    if (link->up)
        transmit(client, slot);
    if (qr_link_readable(link))
        look_again(client);
    set_timer(client, link->up ? slot->deadline : qr_clock_monotonic() + DOWN_CHECK_US);
    return 0;
}

/* ---- Receiving ---- */

static void take_reply(struct qr_client *client, enum qr_service service, zmq_msg_t *frame)
{
    Quorate__Reply *reply = qr_reply_decode(zmq_msg_data(frame), zmq_msg_size(frame));
    struct slot *slot = reply ? slot_of(client, reply->id) : NULL;
    if (!slot || slot->service != service) {
        qr_reply_free(reply);
        return;
    }
    if (reply->body_case == QUORATE__REPLY__BODY_ERROR) {
        struct qr_error error;
        qr_error_from_wire(reply->error, &error);
        qr_reply_free(reply);
        finish(client, slot, NULL, &error);
    } else if (!qr_reply_answers(slot->body, reply->body_case)) {
        qr_reply_free(reply);
        finish_failed(client, slot, QR_EINTERNAL);
    } else {
        finish(client, slot, reply, NULL);
    }
}

typedef void take_frame(struct qr_client *client, enum qr_service service, zmq_msg_t *frame);

/* Takes what is there; returns how many, and looks again later when there may be more. */
static size_t drain(struct qr_client *client, enum qr_service service, void *socket, take_frame *take)
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
    look_again(client);
    return n;
}

static size_t process_link(struct qr_client *client, enum qr_service service)
{
    struct qr_link *link = &client->links[service];
    if (!link->socket)
        return 0;
    size_t n = qr_link_readable(link) ? drain(client, service, link->socket, take_reply) : 0;
    if (!qr_link_refresh(link))
        return n;
    if (link->up) {
        transmit_waiting(client, service);
        if (qr_link_readable(link))
            look_again(client);
    }
    set_timer(client, qr_clock_monotonic() + DOWN_CHECK_US);
    return n + 1;
}

/* ---- Events ---- */

static void take_event(struct qr_client *client, enum qr_service service, zmq_msg_t *frame)
{
    struct subscription *subscription = &client->subscriptions[service];
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
    struct subscription *subscription = &client->subscriptions[service];
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
    return told + drain(client, service, subscription->link.socket, take_event);
}

int qr_client_subscribe(struct qr_client *client, enum qr_service service, qr_client_news *news, void *context,
                        struct qr_error *error)
{
    struct subscription *subscription = &client->subscriptions[service];
    subscription->news = news;
    subscription->context = context;
    if (subscription->link.socket)
        return 0;
    if (!any_link_open(client))
        reopen_folder(client);
    return open_link(client, &subscription->link, ZMQ_SUB, service, QR_CHANNEL_EVENTS, error);
}

/* ---- Deadlines ---- */

/* Why a slot has to end now, or QR_OK. */
static enum qr_code verdict(const struct qr_client *client, const struct slot *slot, int64_t now)
{
    if (slot->failed)
        return slot->failed;
    const struct qr_link *link = &client->links[slot->service];
    if (!link->up && now - link->down_since >= QR_CLIENT_GRACE_MS * 1000)
        return QR_EUNREACHABLE;
    return now >= slot->deadline ? QR_ETIMEOUT : QR_OK;
}

static size_t end_overdue(struct qr_client *client)
{
    int64_t now = qr_clock_monotonic(), next = INT64_MAX;
    size_t n = 0;
    client->timer_at = INT64_MAX;
    for (size_t i = 0; i < client->n_slots; i++) {
        struct slot *slot = &client->slots[i];
        if (!slot->used)
            continue;
        enum qr_code code = verdict(client, slot, now);
        if (code) {
            finish_failed(client, slot, code);
            n++;
        } else {
            int64_t at = client->links[slot->service].up ? slot->deadline : now + DOWN_CHECK_US;
            if (at < next)
                next = at;
        }
    }
    if (next < INT64_MAX)
        set_timer(client, next);
    return n;
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
        n += process_link(client, (enum qr_service)i);
        n += process_subscription(client, (enum qr_service)i);
    }
    if (look || late || (client->in_flight && qr_clock_monotonic() >= client->timer_at))
        n += end_overdue(client);
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

size_t qr_client_in_flight(const struct qr_client *client)
{
    return client->in_flight;
}

/* ---- Blocking ---- */

struct call {
    bool done;
    Quorate__Reply *reply;
    struct qr_error error;
};

static void call_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct call *call = context;
    call->done = true;
    call->reply = reply;
    if (error)
        call->error = *error;
}

int qr_client_call(struct qr_client *client, enum qr_service service, Quorate__Request *request, int64_t timeout_ms,
                   Quorate__Reply **ret_reply, struct qr_error *error)
{
    struct call call = {0};
    int failed = qr_client_send(client, service, request, timeout_ms, call_done, &call, error);
    if (failed)
        return failed;
    while (!call.done)
        qr_client_wait(client, timeout_ms);
    if (!call.reply) {
        if (error)
            *error = call.error;
        return call.error.code;
    }
    *ret_reply = call.reply;
    return 0;
}
