/* The sockets of a daemon: requests in, answers and events out. */
#include "common/clock.h"
#include "common/file.h"
#include "services/lib/daemon.h"
#include "services/lib/transport.h"

enum { LOCAL, REMOTE };

enum {
    IDENTITY_MAX = 255,
    QUEUE_MAX = QR_CLIENT_IN_FLIGHT_MAX, /* requests or answers that wait in one client's connection */
    EVENT_QUEUE_MAX = 1024,              /* events that wait for one subscriber; a slower one loses some */
};

struct qr_request {
    struct qr_daemon *daemon;
    void *socket;
    Quorate__Request *message;
    uint8_t identity_size;
    uint8_t identity[IDENTITY_MAX];
};

/* ---- Answers ---- */

static void send_reply(void *socket, const uint8_t *identity, size_t identity_size, const Quorate__Reply *reply)
{
    zmq_msg_t frame;
    zmq_msg_init_size(&frame, quorate__reply__get_packed_size(reply));
    quorate__reply__pack(reply, zmq_msg_data(&frame));
    /* A client that is gone or reads nothing loses its answers; it will ask again. */
    if (zmq_send(socket, identity, identity_size, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 ||
        zmq_msg_send(&frame, socket, ZMQ_DONTWAIT) < 0) {
        zmq_msg_close(&frame);
    }
}

static void send_error(void *socket, const uint8_t *identity, size_t identity_size, uint64_t id,
                       const struct qr_error *error)
{
    Quorate__Error message;
    qr_error_to_wire(error, &message);
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    reply.id = id;
    reply.body_case = QUORATE__REPLY__BODY_ERROR;
    reply.error = &message;
    send_reply(socket, identity, identity_size, &reply);
}

const Quorate__Request *qr_request_message(const struct qr_request *request)
{
    return request->message;
}

bool qr_request_expired(const struct qr_request *request)
{
    return request->message->deadline_ms && qr_clock_now() > request->message->deadline_ms;
}

bool qr_request_local(const struct qr_request *request)
{
    return request->socket == request->daemon->requests[LOCAL];
}

void qr_request_drop(struct qr_request *request)
{
    qr_request_message_free(request->message);
    free(request);
}

/* Ends a request that nobody waits for; whether it did. */
static bool dropped_late(struct qr_request *request)
{
    if (!qr_request_expired(request))
        return false;
    ++*request->daemon->counted_late;
    qr_request_drop(request);
    return true;
}

void qr_request_refuse(struct qr_request *request, const struct qr_error *error)
{
    if (dropped_late(request))
        return;
    ++*request->daemon->counted_refused;
    send_error(request->socket, request->identity, request->identity_size, request->message->id, error);
    qr_request_drop(request);
}

void qr_request_answer(struct qr_request *request, Quorate__Reply *reply)
{
    reply->id = request->message->id;
    size_t size = quorate__reply__get_packed_size(reply);
    if (size > QR_FRAME_MAX) {
        struct qr_error error;
        qr_fail(&error, QR_ELIMIT, "the answer would have %zu bytes, more than %d", size, QR_FRAME_MAX);
        qr_hint(&error, "ask for less at once");
        qr_request_refuse(request, &error);
        return;
    }
    if (dropped_late(request))
        return;
    send_reply(request->socket, request->identity, request->identity_size, reply);
    qr_request_drop(request);
}

/* ---- Requests ---- */

static void answer_status(struct qr_request *request)
{
    const struct qr_daemon *daemon = request->daemon;
    Quorate__Metric metrics[QR_METRICS_MAX], *pointers[QR_METRICS_MAX];
    for (size_t i = 0; i < daemon->n_metrics; i++) {
        quorate__metric__init(&metrics[i]);
        metrics[i].name = (char *)(uintptr_t)daemon->metrics[i].name;
        metrics[i].help = (char *)(uintptr_t)daemon->metrics[i].help;
        metrics[i].value = daemon->metrics[i].value;
        pointers[i] = &metrics[i];
    }
    Quorate__Status status = QUORATE__STATUS__INIT;
    status.service = (char *)(uintptr_t)qr_service_name(daemon->role->service);
    status.version = (char *)(uintptr_t)PACKAGE_VERSION;
    status.pid = getpid();
    status.started_ms = daemon->started_ms;
    status.state = (char *)(uintptr_t)daemon->state_word;
    status.detail = (char *)(uintptr_t)daemon->state_detail;
    status.n_metrics = daemon->n_metrics;
    status.metrics = pointers;
    status.event_sequence = daemon->event_sequence;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    reply.body_case = QUORATE__REPLY__BODY_STATUS;
    reply.status = &status;
    qr_request_answer(request, &reply);
}

static void refuse_unknown(struct qr_request *request)
{
    struct qr_error error;
    qr_fail(&error, QR_EUNSUPPORTED, "quorate-%s %s does not know this request",
            qr_service_name(request->daemon->role->service), PACKAGE_VERSION);
    qr_hint(&error, "run the same version of quorate everywhere");
    qr_request_refuse(request, &error);
}

static void dispatch(struct qr_request *request)
{
    struct qr_daemon *daemon = request->daemon;
    ++*daemon->counted_requests;
    if (dropped_late(request))
        return;
    switch ((int)request->message->body_case) {
    case QUORATE__REQUEST__BODY__NOT_SET:
        refuse_unknown(request);
        break;
    case QUORATE__REQUEST__BODY_STATUS:
        answer_status(request);
        break;
    default: /* the role's; it refuses what another service answers */
        daemon->role->request(daemon->role_context, request);
    }
}

static void refuse_malformed(struct qr_daemon *daemon, void *socket, const zmq_msg_t *identity, const char *what)
{
    ++*daemon->counted_malformed;
    struct qr_error error;
    qr_fail(&error, QR_EFORMAT, "the frame is no request: %s", what);
    send_error(socket, zmq_msg_data((zmq_msg_t *)(uintptr_t)identity), zmq_msg_size(identity), 0, &error);
}

/* Takes the frames that follow an identity: exactly one is a request. */
static bool take_body(void *socket, zmq_msg_t *body)
{
    if (zmq_msg_recv(body, socket, ZMQ_DONTWAIT) < 0)
        return false;
    bool alone = !zmq_msg_more(body);
    while (zmq_msg_more(body)) {
        if (zmq_msg_recv(body, socket, ZMQ_DONTWAIT) < 0)
            break;
    }
    return alone;
}

static void take_request(struct qr_daemon *daemon, void *socket, zmq_msg_t *identity, zmq_msg_t *body)
{
    if (!zmq_msg_more(identity) || !take_body(socket, body)) {
        refuse_malformed(daemon, socket, identity, "it is not one frame");
        return;
    }
    Quorate__Request *message = qr_request_decode(zmq_msg_data(body), zmq_msg_size(body));
    if (!message) {
        refuse_malformed(daemon, socket, identity, "it does not parse, or is too large");
        return;
    }
    struct qr_request *request = qr_alloc(1, sizeof *request);
    request->daemon = daemon;
    request->socket = socket;
    request->message = message;
    request->identity_size = (uint8_t)zmq_msg_size(identity);
    memcpy(request->identity, zmq_msg_data(identity), request->identity_size);
    dispatch(request);
}

static int requests_ready(zloop_t *loop, zmq_pollitem_t *item, void *context)
{
    (void)loop;
    struct qr_daemon *daemon = context;
    for (int i = 0; i < QR_RUN_MAX; i++) {
        zmq_msg_t identity, body;
        zmq_msg_init(&identity);
        zmq_msg_init(&body);
        bool got = zmq_msg_recv(&identity, item->socket, ZMQ_DONTWAIT) >= 0;
        if (got)
            take_request(daemon, item->socket, &identity, &body);
        zmq_msg_close(&identity);
        zmq_msg_close(&body);
        if (!got || daemon->ending)
            break;
    }
    return qr_daemon_settle(daemon);
}

/* ---- Events ---- */

void qr_daemon_publish(struct qr_daemon *daemon, Quorate__Event *event)
{
    event->sequence = ++daemon->event_sequence;
    event->started_ms = daemon->started_ms;
    event->time_ms = qr_clock_now();
    ++*daemon->counted_events;
    QR_CLEANUP(qr_freep) uint8_t *bytes = qr_alloc(1, quorate__event__get_packed_size(event));
    size_t size = quorate__event__pack(event, bytes);
    for (int i = LOCAL; i <= REMOTE; i++) {
        if (daemon->events[i])
            zmq_send(daemon->events[i], bytes, size, ZMQ_DONTWAIT);
    }
}

/* Nothing is ever read from a socket of events, but ZeroMQ takes leave of subscribers that came and went only in a call on the socket:
 * without one, each of them kept its 5 KiB until the next event. */
static int events_ready(zloop_t *loop, zmq_pollitem_t *item, void *context)
{
    (void)loop, (void)item, (void)context;
    return 0;
}

/* ---- Binding ---- */

static void *new_socket(struct qr_daemon *daemon, int type, int queue)
{
    enum { LINGER_MS = 500, HANDSHAKE_MS = 5000 };
    int64_t largest = QR_FRAME_MAX;
    int linger = LINGER_MS, backlog = 1024, handshake = HANDSHAKE_MS;
    void *socket = zmq_socket(daemon->context, type);
    if (!socket)
        abort();
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_setsockopt(socket, ZMQ_HANDSHAKE_IVL, &handshake, sizeof handshake); /* who says nothing is let go */
    zmq_setsockopt(socket, ZMQ_SNDHWM, &queue, sizeof queue);
    zmq_setsockopt(socket, ZMQ_RCVHWM, &queue, sizeof queue);
    zmq_setsockopt(socket, ZMQ_BACKLOG, &backlog, sizeof backlog);
    return socket;
}

static int bind_to(void *socket, const char *endpoint, struct qr_error *error)
{
    if (!zmq_bind(socket, endpoint))
        return 0;
    return qr_fail(error, QR_EIO, "cannot listen at %s: %s", endpoint, zmq_strerror(zmq_errno()));
}

static int bind_local(struct qr_daemon *daemon, struct qr_error *error)
{
    char path[QR_SOCKET_PATH_MAX], endpoint[QR_ENDPOINT_MAX];
    snprintf(endpoint, sizeof endpoint, "ipc://%s",
             qr_run_folder_path(daemon->folder, daemon->role->service, "sock", path));
    daemon->requests[LOCAL] = new_socket(daemon, ZMQ_ROUTER, QUEUE_MAX);
    daemon->events[LOCAL] = new_socket(daemon, ZMQ_PUB, EVENT_QUEUE_MAX);
    int failed = bind_to(daemon->requests[LOCAL], endpoint, error);
    if (failed)
        return failed;
    snprintf(endpoint, sizeof endpoint, "ipc://%s",
             qr_run_folder_path(daemon->folder, daemon->role->service, "events", path));
    return bind_to(daemon->events[LOCAL], endpoint, error);
}

static int start_auth(struct qr_daemon *daemon, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *peers = qr_path_join(daemon->home, "keys/peers");
    if (access(peers, R_OK | X_OK)) {
        qr_fail(error, QR_ENO_FILE, "there is no folder %s of the peers that may connect", peers);
        return qr_hint(error, "make it, and put in each peer's keys/transport");
    }
    daemon->auth = zactor_new(zauth, NULL);
    if (!daemon->auth)
        return qr_fail(error, QR_EINTERNAL, "cannot start the authentication of peers");
    zstr_sendx(daemon->auth, "CURVE", peers, NULL);
    zsock_wait(daemon->auth);
    return 0;
}

static int bind_channel(struct qr_daemon *daemon, void *socket, const char *address, enum qr_channel channel,
                        struct qr_error *error)
{
    char endpoint[QR_ENDPOINT_MAX];
    bool encrypted = daemon->auth != NULL;
    int failed = qr_tcp_endpoint(address, channel, encrypted, endpoint, error);
    if (!failed && encrypted)
        failed = qr_transport_secure_server(socket, daemon->home, error);
    return failed ? failed : bind_to(socket, endpoint, error);
}

/* With a certificate every connection is encrypted; without one qr_tcp_endpoint refuses all but loopback. */
static int bind_remote(struct qr_daemon *daemon, struct qr_error *error)
{
    const char *address = qr_config_text(daemon->config, qr_service_name(daemon->role->service), "listen");
    if (!*address)
        return 0;
    int failed = qr_transport_has_key(daemon->home) ? start_auth(daemon, error) : 0;
    if (failed)
        return failed;
    daemon->requests[REMOTE] = new_socket(daemon, ZMQ_ROUTER, QUEUE_MAX);
    daemon->events[REMOTE] = new_socket(daemon, ZMQ_PUB, EVENT_QUEUE_MAX);
    failed = bind_channel(daemon, daemon->requests[REMOTE], address, QR_CHANNEL_REQUESTS, error);
    return failed ? failed : bind_channel(daemon, daemon->events[REMOTE], address, QR_CHANNEL_EVENTS, error);
}

static void watch_socket(struct qr_daemon *daemon, void *socket, zloop_fn *ready)
{
    zmq_pollitem_t item = {.socket = socket, .events = ZMQ_POLLIN};
    if (socket && zloop_poller(daemon->loop, &item, ready, daemon))
        abort();
}

int qr_daemon_bind(struct qr_daemon *daemon, struct qr_error *error)
{
    int failed = bind_local(daemon, error);
    if (!failed)
        failed = bind_remote(daemon, error);
    if (failed)
        return failed;
    for (int i = LOCAL; i <= REMOTE; i++) {
        watch_socket(daemon, daemon->requests[i], requests_ready);
        watch_socket(daemon, daemon->events[i], events_ready);
    }
    return 0;
}

static void remove_socket(const struct qr_daemon *daemon, const char *kind)
{
    char path[QR_SOCKET_PATH_MAX];
    unlink(qr_run_folder_path(daemon->folder, daemon->role->service, kind, path));
}

void qr_daemon_unbind(struct qr_daemon *daemon)
{
    if (daemon->requests[LOCAL])
        remove_socket(daemon, "sock");
    if (daemon->events[LOCAL])
        remove_socket(daemon, "events");
    for (int i = LOCAL; i <= REMOTE; i++) {
        if (daemon->requests[i])
            zmq_close(daemon->requests[i]);
        if (daemon->events[i])
            zmq_close(daemon->events[i]);
    }
    zactor_destroy(&daemon->auth);
}
