#ifndef QR_SERVICES_LIB_ENDPOINT_H
#define QR_SERVICES_LIB_ENDPOINT_H

#include "common/buffer.h"
#include "common/error.h"

/* The four services and where their sockets are.
 *
 * In a home HOME, a service answers requests at HOME/run/NAME.sock and publishes events at HOME/run/NAME.events. The
 * address of a unix socket holds 107 bytes; where a home's path is longer, the folder is opened and the socket is
 * reached through /proc/self/fd, so that any home works and nothing about it is written anywhere else. */

enum qr_service { QR_SERVICE_LEDGER, QR_SERVICE_GOVERNANCE, QR_SERVICE_PRICING, QR_SERVICE_RESERVATION, QR_SERVICES };

const char *qr_service_name(enum qr_service service); /* "ledgerd", "governd", "priced", "reserved" */
/* QR_SERVICES for a name that is none. */
enum qr_service qr_service_from_name(const char *name);

/* HOME/run, as a folder in which sockets can be reached. */
struct qr_run_folder;

/* Opens HOME/run. With `create`, makes it (mode 0700) where it is missing; without, a missing one is no error: its
 * sockets are just not there. Fails with QR_ENO_HOME when HOME itself does not exist. */
QR_MUST_USE int qr_run_folder_open(const char *home, bool create, struct qr_run_folder **ret_folder,
                                   struct qr_error *error);
void qr_run_folder_free(struct qr_run_folder *folder);

/* The path of "run/NAME.KIND" that fits a unix socket's address. Valid as long as the folder is open. */
enum { QR_SOCKET_PATH_MAX = 108 };
char *qr_run_folder_path(const struct qr_run_folder *folder, enum qr_service service, const char *kind,
                         char path[QR_SOCKET_PATH_MAX]);

/* Likewise of CometBFT's two sockets in a home whose engine it is: quorate-ledgerd answers ABCI at run/abci.sock, CometBFT
 * answers RPC at run/rpc.sock. */
char *qr_run_folder_abci(const struct qr_run_folder *folder, char path[QR_SOCKET_PATH_MAX]);
char *qr_run_folder_rpc(const struct qr_run_folder *folder, char path[QR_SOCKET_PATH_MAX]);

/* Whether anybody accepts connections at a unix socket's path, asked with one connect(2). */
bool qr_socket_answers(const char *path);

#endif
