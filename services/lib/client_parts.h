#ifndef QR_SERVICES_LIB_CLIENT_PARTS_H
#define QR_SERVICES_LIB_CLIENT_PARTS_H

#include "services/lib/client_context.h"
#include "services/lib/link.h"

/* What the files of the client share: client.c has its descriptors, links and subscriptions, client_requests.c the requests.
 * Private to services/lib. */

struct qr_subscription {
    struct qr_link link;
    qr_client_news *news;
    void *context;
    bool told_up;
    uint64_t sequence; /* of the last event; 0: none yet */
    int64_t started_ms;
};

struct qr_slot; /* of a request */

struct qr_client {
    void *context;
    bool owns_context;
    char *home;
    struct qr_config *config;
    struct qr_run_folder *folder;
    int epoll, timer, again;
    int64_t timer_at; /* INT64_MAX: not set */
    uint64_t next_count;
    struct qr_slot *slots;
    uint32_t *free_slots; /* a stack */
    size_t n_slots, n_free, in_flight;
    struct qr_link links[QR_SERVICES];
    struct qr_subscription subscriptions[QR_SERVICES];
};

/* ---- client.c ---- */

/* Has qr_client_process look at everything once more. */
void qr_client_look_again(struct qr_client *client);
/* Wakes the loop at this moment (monotonic, us), unless it wakes earlier. */
void qr_client_set_timer(struct qr_client *client, int64_t at);
/* Opens the service's link, or opens it again. QR_EUNREACHABLE when nobody is there, and has not been for the time that a restart takes. */
QR_MUST_USE int qr_client_link(struct qr_client *client, enum qr_service service, struct qr_error *error);
/* Takes the frames that are there; returns how many, and looks again later when there may be more. */
typedef void qr_client_take(struct qr_client *client, enum qr_service service, zmq_msg_t *frame);
size_t qr_client_drain(struct qr_client *client, enum qr_service service, void *socket, qr_client_take *take);

/* ---- client_requests.c; both return how many things they told ---- */

/* Takes the service's replies, and sends what waited for its link. */
size_t qr_client_take_replies(struct qr_client *client, enum qr_service service);
/* Ends the requests whose time is over, and sets the timer for the next. */
size_t qr_client_end_overdue(struct qr_client *client);
/* Drops what is in flight. */
void qr_client_free_requests(struct qr_client *client);

#endif
