#ifndef QR_SERVICES_LIB_RPC_H
#define QR_SERVICES_LIB_RPC_H

#include <jansson.h>

#include "common/error.h"
#include "common/hash.h"

/* CometBFT's RPC (JSON-RPC 2.0 over HTTP) at a unix socket: hands transactions to its mempool. Blocks: for a worker's thread. One
 * thread at a time uses a client; its connection is kept. */
struct qr_rpc;

enum {
    QR_RPC_BATCH_MAX = 256,        /* transactions of one call */
    QR_RPC_BYTES_MAX = 1 << 20,    /* and their bytes, but for the last */
    QR_RPC_ANSWER_MAX = 8 << 20,
    QR_RPC_TIMEOUT_MS = 10000,
};

struct qr_rpc *qr_rpc_new(const char *socket_path);
void qr_rpc_free(struct qr_rpc *rpc);

/* Broadcasts all of them without waiting for their checks (broadcast_tx_async). What the mempool says of a single one is not told: that it has
 * it already, or is full; who cares for it sends it again. QR_EUNREACHABLE when nobody answers, QR_EFORMAT for an answer that is none. */
QR_MUST_USE int qr_rpc_broadcast(struct qr_rpc *rpc, const struct qr_span *transactions, size_t n, struct qr_error *error);

/* Asks for one of the RPC's answers, such as "status": its result. Free with json_decref. QR_EUNREACHABLE or QR_EFORMAT, as above. */
QR_MUST_USE int qr_rpc_get(struct qr_rpc *rpc, const char *what, json_t **ret_result, struct qr_error *error);

#endif
