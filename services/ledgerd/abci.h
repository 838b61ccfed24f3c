#ifndef QR_SERVICES_LEDGERD_ABCI_H
#define QR_SERVICES_LEDGERD_ABCI_H

#include "services/lib/service.h"
#include "wire/abci.h"

/* The socket side of ABCI: listens, cuts the byte streams of CometBFT's connections into requests and answers each connection
 * strictly in order. Nothing on the wire names the four connections; each may ask anything. What is no request is answered with an
 * exception, and its connection is closed. */
struct abci_server;
struct abci_connection;

enum {
    ABCI_CONNECTIONS_MAX = 16,
    ABCI_RUN_MAX = 256,         /* requests of one connection taken together */
    ABCI_AHEAD_MAX = 8 << 20,   /* bytes read of a connection before the loop takes them */
    ABCI_UNREAD_MAX = 64 << 20, /* bytes of answers that a peer may leave unread */
};

struct abci_calls {
    /* Answers requests of one connection, in order: appends as many responses. False: an exception was appended, and the connection is
     * closed once it is written. */
    bool (*answer)(void *context, struct abci_connection *connection, Quorate__Abci__AbciRequest *const *requests, size_t n,
                   struct qr_buffer *out);
    /* A connection is gone. */
    void (*closed)(void *context, struct abci_connection *connection);
};

/* Listens at a unix socket's path, or at "tcp://127.0.0.1:PORT" where `tcp` is not "". A socket file that nobody serves is replaced. */
QR_MUST_USE int abci_server_start(struct qr_daemon *daemon, const char *path, const char *tcp, const struct abci_calls *calls,
                                  void *context, struct abci_server **ret_server, struct qr_error *error);
void abci_server_stop(struct abci_server *server);
size_t abci_server_connections(const struct abci_server *server);

#endif
