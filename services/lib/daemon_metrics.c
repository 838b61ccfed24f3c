/* Metrics of a daemon over HTTP on loopback: libmicrohttpd without a thread of its own, driven by the daemon's loop. */
#include <microhttpd.h>
#include <netinet/in.h>

#include "services/lib/daemon.h"

struct qr_metrics_server {
    struct MHD_Daemon *http;
};

int64_t *qr_daemon_metric(struct qr_daemon *daemon, const char *name, const char *help)
{
    if (daemon->n_metrics == QR_METRICS_MAX)
        abort();
    struct qr_metric *metric = &daemon->metrics[daemon->n_metrics++];
    *metric = (struct qr_metric){.name = name, .help = help};
    return &metric->value;
}

static bool is_counter(const char *name)
{
    static const char suffix[] = "_total";
    size_t size = strlen(name);
    return size >= sizeof suffix && !strcmp(name + size - (sizeof suffix - 1), suffix);
}

void qr_daemon_metrics_text(const struct qr_daemon *daemon, struct qr_buffer *out)
{
    for (size_t i = 0; i < daemon->n_metrics; i++) {
        const struct qr_metric *metric = &daemon->metrics[i];
        qr_buffer_text(out, "# HELP %s %s\n# TYPE %s %s\n%s %" PRId64 "\n", metric->name, metric->help, metric->name,
                       is_counter(metric->name) ? "counter" : "gauge", metric->name, metric->value);
    }
}

static enum MHD_Result respond(struct MHD_Connection *connection, unsigned status, const char *type,
                               const struct qr_buffer *body)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(body->size, (void *)(uintptr_t)qr_buffer_string(body), MHD_RESPMEM_MUST_COPY);
    if (!response)
        return MHD_NO;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
    enum MHD_Result result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **per_connection)
{
    (void)version, (void)upload, (void)upload_size, (void)per_connection;
    const struct qr_daemon *daemon = context;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer body = {0};
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0) {
        qr_buffer_text(&body, "only GET\n");
        return respond(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "text/plain", &body);
    }
    if (!strcmp(url, "/metrics")) {
        qr_daemon_metrics_text(daemon, &body);
        return respond(connection, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", &body);
    }
    if (!strcmp(url, "/health")) {
        bool running = !strcmp(daemon->state_word, "running");
        qr_buffer_text(&body, "%s\n", daemon->state_word);
        return respond(connection, running ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, "text/plain; charset=utf-8",
                       &body);
    }
    qr_buffer_text(&body, "/metrics or /health\n");
    return respond(connection, MHD_HTTP_NOT_FOUND, "text/plain", &body);
}

static int http_ready(zloop_t *loop, zmq_pollitem_t *item, void *context)
{
    (void)loop, (void)item;
    struct qr_daemon *daemon = context;
    MHD_run(daemon->metrics_server->http);
    return 0;
}

/* Idle connections end only when the server runs. */
static void http_tick(void *context)
{
    struct qr_daemon *daemon = context;
    MHD_run(daemon->metrics_server->http);
}

int qr_metrics_server_start(struct qr_daemon *daemon, struct qr_error *error)
{
    enum { CONNECTIONS_MAX = 16, IDLE_SECONDS = 10, TICK_MS = 5000 };
    int64_t port = qr_config_integer(daemon->config, qr_service_name(daemon->role->service), "metrics_port");
    if (!port)
        return 0;
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct MHD_Daemon *http =
        MHD_start_daemon(MHD_USE_EPOLL, (uint16_t)port, NULL, NULL, answer, daemon, MHD_OPTION_SOCK_ADDR,
                         (struct sockaddr *)&address, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX,
                         MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)IDLE_SECONDS, MHD_OPTION_END);
    const union MHD_DaemonInfo *info = http ? MHD_get_daemon_info(http, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (!info) {
        if (http)
            MHD_stop_daemon(http);
        return qr_fail(error, QR_EIO, "cannot serve metrics on port %d of 127.0.0.1: %s", (int)port, strerror(errno));
    }
    daemon->metrics_server = qr_alloc(1, sizeof *daemon->metrics_server);
    daemon->metrics_server->http = http;
    zmq_pollitem_t item = {.fd = info->epoll_fd, .events = ZMQ_POLLIN};
    if (zloop_poller(daemon->loop, &item, http_ready, daemon))
        abort();
    qr_daemon_every(daemon, TICK_MS, http_tick, daemon);
    return 0;
}

void qr_metrics_server_stop(struct qr_daemon *daemon)
{
    if (!daemon->metrics_server)
        return;
    MHD_stop_daemon(daemon->metrics_server->http);
    free(daemon->metrics_server);
}
