#ifndef QR_SERVICES_LIB_TRANSPORT_H
#define QR_SERVICES_LIB_TRANSPORT_H

#include "services/lib/config.h"
#include "services/lib/endpoint.h"

/* ZeroMQ sockets, inside the home and between machines. Private to services/lib; a socket is libzmq's own handle.
 *
 * Between machines every connection is encrypted and authenticated with CURVE (RFC 26): HOME/keys/transport and
 * transport_secret are this home's certificate in CZMQ's form; a service lets in those whose public certificates lie in
 * HOME/keys/peers, and a client accepts the service whose key quorate.ini names. Plain tcp is refused except on
 * loopback. */

enum qr_channel { QR_CHANNEL_REQUESTS, QR_CHANNEL_EVENTS };

enum { QR_ENDPOINT_MAX = 160, QR_TRANSPORT_KEY_TEXT = 40 };

/* Writes a new certificate of this home. */
QR_MUST_USE int qr_transport_create(const char *home, struct qr_error *error);

/* A service's address as a client sees it. */
struct qr_address {
    char endpoint[QR_ENDPOINT_MAX];
    char path[QR_SOCKET_PATH_MAX];              /* of a unix socket; "" for tcp */
    char server_key[QR_TRANSPORT_KEY_TEXT + 1]; /* "" where the connection is plain */
};
QR_MUST_USE int qr_address_of(const struct qr_config *config, const struct qr_run_folder *folder,
                              enum qr_service service, enum qr_channel channel, struct qr_address *ret_address,
                              struct qr_error *error);

/* The endpoint of a tcp address, one port further for events. Fails with QR_EINPUT for what is none, and for one that
 * is not on loopback unless `encrypted`. */
QR_MUST_USE int qr_tcp_endpoint(const char *address, enum qr_channel channel, bool encrypted,
                                char ret_endpoint[QR_ENDPOINT_MAX], struct qr_error *error);

/* Options before connecting: this home's keys and the server's, where the address has one. */
QR_MUST_USE int qr_transport_secure_client(void *socket, const char *home, const struct qr_address *address,
                                           struct qr_error *error);
/* Options before binding to tcp: this home's keys, and clients asked for theirs. */
QR_MUST_USE int qr_transport_secure_server(void *socket, const char *home, struct qr_error *error);
/* Whether this home has a certificate. */
bool qr_transport_has_key(const char *home);

#endif
