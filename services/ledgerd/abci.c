#include "services/ledgerd/abci.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/file.h"
#include "services/lib/log.h"
#include "wire/message.h"

enum { READ_AT_ONCE = 256 << 10, BUFFER_KEPT = 1 << 20 };

/* A thread of its own reads what CometBFT sends, whatever the loop is doing. CometBFT's client flushes on a timer that it means to be of
 * 20 ms and that is of 20 ns (flushThrottleMS in its abci/client/socket_client.go): while a write of it waits for room in the socket, as it
 * would for the whole of a block's execution here, it spins, and takes the processor that the block needs. */
struct abci_connection {
    struct abci_server *server;
    struct abci_connection *next; /* under the lock */
    int fd;
    bool ending; /* closed once what waits is written */
    bool watched_writable;
    struct qr_buffer in, out;
    size_t written; /* of out */
    struct qr_buffer read; /* and not taken by the loop: at most ABCI_AHEAD_MAX. Under the lock, likewise below */
    bool ended;            /* nothing more is to be read */
};

struct abci_server {
    struct qr_daemon *daemon;
    const struct abci_calls *calls;
    void *context;
    int listener;
    char path[QR_SOCKET_PATH_MAX]; /* to be removed at the end; "" for tcp */
    size_t n;
    struct abci_connection *connections; /* changed by the loop alone, under the lock */
    pthread_mutex_t lock;
    pthread_t reader;
    int to_reader, to_loop; /* eventfds: look again */
    bool stopping;
};

static void notify(int event)
{
    const uint64_t one = 1;
    ssize_t written = write(event, &one, sizeof one);
    (void)written; /* full: it is readable already */
}

static void take_notice(int event)
{
    uint64_t count;
    ssize_t got = read(event, &count, sizeof count);
    (void)got;
}

/* ---- The reader ---- */

static bool may_read(const struct abci_connection *connection)
{
    return !connection->ended && connection->read.size < ABCI_AHEAD_MAX;
}

/* Whether there is something for the loop. */
static bool read_in(struct abci_connection *connection)
{
    struct qr_buffer *in = &connection->read;
    qr_buffer_reserve(in, READ_AT_ONCE);
    ssize_t n = recv(connection->fd, in->data + in->size, READ_AT_ONCE, 0);
    if (n > 0)
        in->size += (size_t)n;
    else if (n == 0 || (errno != EAGAIN && errno != EINTR))
        connection->ended = true;
    return n > 0 || connection->ended;
}

/* Waits until something can be read. The descriptors are those of a moment ago, and one may be closed meanwhile: they only tell that it is
 * time to try. */
static void wait_for_bytes(struct abci_server *server)
{
    struct pollfd polled[1 + ABCI_CONNECTIONS_MAX] = {{.fd = server->to_reader, .events = POLLIN}};
    nfds_t n = 1;
    pthread_mutex_lock(&server->lock);
    for (struct abci_connection *at = server->connections; at; at = at->next)
        if (may_read(at))
            polled[n++] = (struct pollfd){.fd = at->fd, .events = POLLIN};
    pthread_mutex_unlock(&server->lock);
    (void)poll(polled, n, -1);
    if (polled[0].revents)
        take_notice(server->to_reader);
}

static void *reader_main(void *context)
{
    struct abci_server *server = context;
    for (bool stopping = false; !stopping;) {
        bool any = false;
        wait_for_bytes(server);
        pthread_mutex_lock(&server->lock);
        for (struct abci_connection *at = server->connections; at; at = at->next)
            if (may_read(at))
                any = read_in(at) || any;
        stopping = server->stopping;
        pthread_mutex_unlock(&server->lock);
        if (any)
            notify(server->to_loop);
    }
    return NULL;
}

/* ---- Connections ---- */

static void connection_free(struct abci_connection *connection)
{
    struct abci_server *server = connection->server;
    struct abci_connection **at = &server->connections;
    pthread_mutex_lock(&server->lock);
    while (*at != connection)
        at = &(*at)->next;
    *at = connection->next;
    pthread_mutex_unlock(&server->lock);
    server->n--;
    if (connection->watched_writable)
        qr_daemon_unwatch(server->daemon, connection->fd);
    close(connection->fd);
    server->calls->closed(server->context, connection);
    qr_buffer_done(&connection->read);
    qr_buffer_done(&connection->in);
    qr_buffer_done(&connection->out);
    free(connection);
}

/* Gives memory back that only a rare large message needed. */
static void buffer_emptied(struct qr_buffer *buffer)
{
    if (buffer->capacity > BUFFER_KEPT)
        qr_buffer_done(buffer);
    else
        qr_buffer_clear(buffer);
}

static void connection_writable(void *context);

/* False when the connection failed. */
static bool write_out(struct abci_connection *connection)
{
    struct qr_buffer *out = &connection->out;
    while (connection->written < out->size) {
        ssize_t n = send(connection->fd, out->data + connection->written, out->size - connection->written, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno != EAGAIN)
            return false;
        if (n < 0)
            break;
        connection->written += (size_t)n;
    }
    if (connection->written == out->size) {
        connection->written = 0;
        buffer_emptied(out);
    }
    bool waits = out->size > 0;
    if (waits && !connection->watched_writable)
        qr_daemon_watch(connection->server->daemon, connection->fd, true, connection_writable, connection);
    else if (!waits && connection->watched_writable)
        qr_daemon_unwatch(connection->server->daemon, connection->fd);
    connection->watched_writable = waits;
    return out->size - connection->written <= ABCI_UNREAD_MAX;
}

static void except(struct abci_connection *connection, const char *text)
{
    Quorate__Abci__ResponseException exception = QUORATE__ABCI__RESPONSE_EXCEPTION__INIT;
    Quorate__Abci__AbciResponse response = QUORATE__ABCI__ABCI_RESPONSE__INIT;
    exception.error = (char *)(uintptr_t)text;
    response.value_case = QUORATE__ABCI__ABCI_RESPONSE__VALUE_EXCEPTION;
    response.exception = &exception;
    qr_abci_response_write(&response, &connection->out);
    connection->ending = true;
    qr_log(QR_LOG_WARNING, "an ABCI connection is closed: %s", text);
}

/* Decodes as many requests as are there, at most ABCI_RUN_MAX, and tells how many bytes they took. */
static size_t take_requests(struct abci_connection *connection, size_t from, Quorate__Abci__AbciRequest **requests,
                            size_t *ret_n, struct qr_error *error)
{
    const struct qr_buffer *in = &connection->in;
    size_t at = from, n = 0;
    while (n < ABCI_RUN_MAX) {
        size_t start, size;
        int code = qr_abci_frame(in->data + at, in->size - at, &start, &size, error);
        if (code)
            break;
        requests[n] = qr_abci_request_decode(in->data + at + start, size);
        if (!requests[n]) {
            qr_fail(error, QR_EFORMAT, "what came is no ABCI request");
            break;
        }
        n++;
        at += start + size;
    }
    *ret_n = n;
    return at;
}

/* Answers all that came whole. */
static void answer_requests(struct abci_connection *connection)
{
    QR_CLEANUP(qr_freep) Quorate__Abci__AbciRequest **requests =
        qr_alloc(ABCI_RUN_MAX, sizeof(Quorate__Abci__AbciRequest *));
    struct abci_server *server = connection->server;
    size_t at = 0, n = 1;
    while (n > 0 && !connection->ending) {
        struct qr_error error = {.code = QR_OK};
        at = take_requests(connection, at, requests, &n, &error);
        if (n > 0 && !server->calls->answer(server->context, connection, requests, n, &connection->out))
            connection->ending = true;
        else if (error.code != QR_OK)
            except(connection, error.text);
        for (size_t i = 0; i < n; i++)
            qr_message_free(requests[i]);
    }
    struct qr_buffer *in = &connection->in;
    if (at < in->size && at > 0)
        memmove(in->data, in->data + at, in->size - at);
    in->size -= at;
    if (in->size == 0)
        buffer_emptied(in);
}

/* Moves what was read to what is answered from. False at the end of the stream or when it failed. */
static bool take_read(struct abci_connection *connection)
{
    struct abci_server *server = connection->server;
    pthread_mutex_lock(&server->lock);
    bool was_full = connection->read.size >= ABCI_AHEAD_MAX, ended = connection->ended;
    qr_buffer_add(&connection->in, connection->read.data, connection->read.size);
    buffer_emptied(&connection->read);
    pthread_mutex_unlock(&server->lock);
    if (was_full)
        notify(server->to_reader);
    return !ended;
}

/* Writes what waits; ends a connection that has to. */
static void settle(struct abci_connection *connection, bool open)
{
    bool written = write_out(connection);
    if (!open || !written || (connection->ending && connection->out.size == 0))
        connection_free(connection);
}

static void connection_writable(void *context)
{
    settle(context, true);
}

static void bytes_ready(void *context)
{
    struct abci_server *server = context;
    take_notice(server->to_loop);
    for (struct abci_connection *connection = server->connections, *next; connection; connection = next) {
        next = connection->next;
        bool open = take_read(connection);
        if (connection->ending)
            qr_buffer_clear(&connection->in);
        else
            answer_requests(connection);
        settle(connection, open || connection->ending);
    }
}

static void accept_ready(void *context)
{
    struct abci_server *server = context;
    int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0)
        return;
    if (server->n == ABCI_CONNECTIONS_MAX) {
        qr_log(QR_LOG_WARNING, "an ABCI connection is refused: there are %d already", ABCI_CONNECTIONS_MAX);
        close(fd);
        return;
    }
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* fails on a unix socket, which needs none */
    struct abci_connection *connection = qr_alloc(1, sizeof *connection);
    pthread_mutex_lock(&server->lock);
    *connection = (struct abci_connection){.server = server, .next = server->connections, .fd = fd};
    server->connections = connection;
    pthread_mutex_unlock(&server->lock);
    server->n++;
    notify(server->to_reader);
}

static int listen_at(int fd, const void *address, socklen_t size, const char *shown, struct qr_error *error)
{
    enum { BACKLOG = 16 };
    if (fd < 0 || bind(fd, address, size) || listen(fd, BACKLOG))
        return qr_fail_errno(error, "listen for CometBFT at", shown);
    return 0;
}

static int listen_unix(struct abci_server *server, const char *path, struct qr_error *error)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!qr_copy_text(address.sun_path, sizeof address.sun_path, path))
        return qr_fail(error, QR_EINPUT, "the path of a socket is too long: %s", path);
    if (qr_socket_answers(path))
        return qr_fail(error, QR_EBUSY, "another process serves %s", path);
    (void)unlink(path);
    qr_copy_text(server->path, sizeof server->path, path);
    server->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return listen_at(server->listener, &address, sizeof address, path, error);
}

/* "tcp://127.0.0.1:PORT" alone: ABCI is neither encrypted nor authenticated. */
static int listen_tcp(struct abci_server *server, const char *tcp, struct qr_error *error)
{
    static const char prefix[] = "tcp://127.0.0.1:";
    char *end = NULL;
    unsigned long port = strncmp(tcp, prefix, strlen(prefix)) == 0 ? strtoul(tcp + strlen(prefix), &end, 10) : 0;
    if (port < 1 || port > UINT16_MAX || *end)
        return qr_fail(error, QR_EINPUT, "[ledgerd] abci is \"%s\", but must be tcp://127.0.0.1:PORT", tcp);
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int on = 1;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    (void)setsockopt(server->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    return listen_at(server->listener, &address, sizeof address, tcp, error);
}

int abci_server_start(struct qr_daemon *daemon, const char *path, const char *tcp, const struct abci_calls *calls,
                      void *context, struct abci_server **ret_server, struct qr_error *error)
{
    struct abci_server *server = qr_alloc(1, sizeof *server);
    *server = (struct abci_server){.daemon = daemon, .calls = calls, .context = context, .listener = -1};
    int code = tcp[0] ? listen_tcp(server, tcp, error) : listen_unix(server, path, error);
    if (code) {
        if (server->listener >= 0)
            close(server->listener);
        free(server);
        return code;
    }
    pthread_mutex_init(&server->lock, NULL);
    server->to_reader = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    server->to_loop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (server->to_reader < 0 || server->to_loop < 0 || pthread_create(&server->reader, NULL, reader_main, server) != 0)
        abort(); /* no descriptor or no memory at the start */
    qr_daemon_watch(daemon, server->to_loop, false, bytes_ready, server);
    qr_daemon_watch(daemon, server->listener, false, accept_ready, server);
    *ret_server = server;
    return 0;
}

void abci_server_stop(struct abci_server *server)
{
    if (!server)
        return;
    pthread_mutex_lock(&server->lock);
    server->stopping = true;
    pthread_mutex_unlock(&server->lock);
    notify(server->to_reader);
    pthread_join(server->reader, NULL);
    while (server->connections)
        connection_free(server->connections);
    qr_daemon_unwatch(server->daemon, server->to_loop);
    qr_daemon_unwatch(server->daemon, server->listener);
    close(server->to_loop);
    close(server->to_reader);
    pthread_mutex_destroy(&server->lock);
    close(server->listener);
    if (server->path[0])
        (void)unlink(server->path);
    free(server);
}

size_t abci_server_connections(const struct abci_server *server)
{
    return server->n;
}
