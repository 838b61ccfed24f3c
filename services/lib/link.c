#include "services/lib/link.h"

#include "common/clock.h"
#include "services/lib/client.h"

static void set_integer(void *socket, int option, int value)
{
    zmq_setsockopt(socket, option, &value, sizeof value);
}

static int get_integer(const void *socket, int option)
{
    int value = -1;
    size_t size = sizeof value;
    zmq_getsockopt((void *)(uintptr_t)socket, option, &value, &size);
    return value;
}

static void set_options(void *socket, int type)
{
    enum { RECONNECT_MS = 20, RECONNECT_MOST_MS = 250, EVENTS_QUEUED = 4096 };
    int64_t largest = QR_FRAME_MAX;
    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &largest, sizeof largest);
    set_integer(socket, ZMQ_LINGER, 0);
    set_integer(socket, ZMQ_RECONNECT_IVL, RECONNECT_MS);
    set_integer(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MOST_MS);
    if (type == ZMQ_SUB) {
        set_integer(socket, ZMQ_RCVHWM, EVENTS_QUEUED);
        zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
        return;
    }
    /* Only a connection that stands takes a message, so that nothing is delivered after its sender was told that it
     * failed. What waits is bounded by the client. */
    set_integer(socket, ZMQ_IMMEDIATE, 1);
    set_integer(socket, ZMQ_SNDHWM, 0);
    set_integer(socket, ZMQ_RCVHWM, QR_CLIENT_IN_FLIGHT_MAX);
}

static int start_monitor(struct qr_link *link, void *context, struct qr_error *error)
{
    char endpoint[64];
    snprintf(endpoint, sizeof endpoint, "inproc://link-%p", link->socket);
    int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED;
    link->monitor = zmq_socket(context, ZMQ_PAIR);
    if (!link->monitor || zmq_socket_monitor(link->socket, endpoint, events) || zmq_connect(link->monitor, endpoint)) {
        return qr_fail(error, QR_EINTERNAL, "cannot watch a connection: %s", zmq_strerror(zmq_errno()));
    }
    set_integer(link->monitor, ZMQ_LINGER, 0);
    return 0;
}

int qr_link_open(struct qr_link *link, void *context, int type, const char *home, const struct qr_address *address,
                 struct qr_error *error)
{
    struct qr_link opened = {.address = *address, .down_since = qr_clock_monotonic()};
    opened.socket = zmq_socket(context, type);
    if (!opened.socket)
        return qr_fail(error, QR_EINTERNAL, "cannot make a socket: %s", zmq_strerror(zmq_errno()));
    set_options(opened.socket, type);
    int failed = qr_transport_secure_client(opened.socket, home, address, error);
    if (!failed)
        failed = start_monitor(&opened, context, error);
    if (!failed && zmq_connect(opened.socket, address->endpoint)) {
        failed = qr_fail(error, QR_EINPUT, "cannot connect to %s: %s", address->endpoint, zmq_strerror(zmq_errno()));
    }
    if (failed) {
        qr_link_close(&opened);
        return failed;
    }
    *link = opened;
    return 0;
}

void qr_link_close(struct qr_link *link)
{
    if (link->socket) {
        zmq_socket_monitor(link->socket, NULL, 0);
        zmq_close(link->socket);
    }
    if (link->monitor)
        zmq_close(link->monitor);
    *link = (struct qr_link){0};
}

/* The next event's number, or 0. An event is a frame of number and value, then the address. */
static int next_event(void *monitor)
{
    uint8_t frame[6] = {0};
    if (zmq_recv(monitor, frame, sizeof frame, ZMQ_DONTWAIT) < 0)
        return 0;
    uint8_t address[1];
    zmq_recv(monitor, address, sizeof address, ZMQ_DONTWAIT);
    uint16_t event = 0;
    memcpy(&event, frame, sizeof event);
    return event;
}

bool qr_link_refresh(struct qr_link *link)
{
    bool told = false;
    for (int event = next_event(link->monitor); event; event = next_event(link->monitor)) {
        told = true;
        if (link->up && event == ZMQ_EVENT_DISCONNECTED) {
            link->down_since = qr_clock_monotonic();
            link->losses++;
        }
        link->up = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
    }
    return told;
}

bool qr_link_readable(const struct qr_link *link)
{
    return get_integer(link->socket, ZMQ_EVENTS) & ZMQ_POLLIN;
}

int qr_link_fd(const struct qr_link *link)
{
    return get_integer(link->socket, ZMQ_FD);
}

int qr_link_monitor_fd(const struct qr_link *link)
{
    return get_integer(link->monitor, ZMQ_FD);
}
