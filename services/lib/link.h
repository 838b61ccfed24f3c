#ifndef QR_SERVICES_LIB_LINK_H
#define QR_SERVICES_LIB_LINK_H

#include <zmq.h>

#include "services/lib/transport.h"

/* One ZeroMQ connection of a client to a service's socket, and whether it stands: libzmq reconnects by itself and tells
 * through a monitor. Private to services/lib. */
struct qr_link {
    void *socket;  /* NULL until opened */
    void *monitor; /* PAIR that libzmq reports to */
    bool up;
    unsigned losses;    /* how often a connection that stood was lost */
    int64_t down_since; /* monotonic, us: when it was opened or lost */
    struct qr_address address;
};

/* `type` is ZMQ_DEALER or ZMQ_SUB. */
QR_MUST_USE int qr_link_open(struct qr_link *link, void *context, int type, const char *home,
                             const struct qr_address *address, struct qr_error *error);
void qr_link_close(struct qr_link *link);

/* Reads what the monitor told, and brings `up`, `losses` and down_since up to date. Returns whether it told anything.
 */
bool qr_link_refresh(struct qr_link *link);

/* Whether a message can be received now. Also lets libzmq take note of what its threads did. */
bool qr_link_readable(const struct qr_link *link);

/* The two descriptors to poll. */
int qr_link_fd(const struct qr_link *link);
int qr_link_monitor_fd(const struct qr_link *link);

#endif
