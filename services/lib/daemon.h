#ifndef QR_SERVICES_LIB_DAEMON_H
#define QR_SERVICES_LIB_DAEMON_H

#include <czmq.h>

#include "services/lib/pool.h"
#include "services/lib/service.h"

/* What the files of the daemon skeleton share. Private to services/lib. */

enum { QR_METRICS_MAX = 64, QR_STATE_WORD_MAX = 48 };

struct qr_metric {
    const char *name, *help;
    int64_t value;
};

struct qr_metrics_server;
struct qr_timer;
struct qr_watch;

struct qr_daemon {
    const struct qr_role *role;
    void *role_context;
    char *home;
    struct qr_config *config;
    struct qr_run_folder *folder;
    zloop_t *loop;
    void *context;     /* CZMQ's own, so that zauth serves its sockets */
    void *requests[2]; /* ROUTER of this home, and of other machines or NULL */
    void *events[2];   /* PUB likewise */
    zactor_t *auth;    /* NULL without other machines */
    int signals;
    bool ending;
    int exit_status;
    int64_t started_ms;
    uint64_t event_sequence;
    char state_word[QR_STATE_WORD_MAX];
    char state_detail[QR_ERROR_TEXT_MAX];
    struct qr_client *client;
    char *follow; /* "": nobody */
    struct qr_client *leader;
    struct qr_pool *pool;
    struct qr_timer *timers;
    struct qr_watch *watches;
    struct qr_metrics_server *metrics_server;
    size_t n_metrics;
    struct qr_metric metrics[QR_METRICS_MAX];
    int64_t *counted_requests, *counted_refused, *counted_late, *counted_malformed, *counted_events;
};

/* daemon_sockets.c: binds and closes; reads requests while the daemon does not end. */
QR_MUST_USE int qr_daemon_bind(struct qr_daemon *daemon, struct qr_error *error);
void qr_daemon_unbind(struct qr_daemon *daemon);

/* The end of each turn of the loop. Returns what a zloop handler returns. */
int qr_daemon_settle(struct qr_daemon *daemon);

/* daemon_metrics.c: the text of /metrics; the server where quorate.ini names a port. */
void qr_daemon_metrics_text(const struct qr_daemon *daemon, struct qr_buffer *out);
QR_MUST_USE int qr_metrics_server_start(struct qr_daemon *daemon, struct qr_error *error);
void qr_metrics_server_stop(struct qr_daemon *daemon);

#endif
