#ifndef QR_SERVICES_LEDGERD_COMETBFT_H
#define QR_SERVICES_LEDGERD_COMETBFT_H

#include "ledger/cometbft.h"
#include "services/ledgerd/abci.h"
#include "services/ledgerd/ledgerd.h"

/* What the files of the engine CometBFT share. Private to services/ledgerd. */
struct statesync;

struct order {
    struct qr_cometbft *comet;
    struct abci_server *server;
    struct qr_rpc *rpc;
    struct statesync *statesync;
    bool broadcasting;
    int64_t rpc_after;   /* when to try again after a failure */
    int64_t ticked;      /* when the last tick was sent */
    const struct abci_connection *finalizing; /* whose block is open */
    bool connected;
    int64_t *requests;
};

typedef Quorate__Abci__AbciRequest Request;
typedef Quorate__Abci__AbciResponse Response;

/* One request and its response. Each handler fills the response's body, which lives until it was written; false with the error
 * makes an exception, on which CometBFT stops. */
struct call {
    struct ledgerd *ledgerd;
    struct order *order;
    struct abci_connection *connection;
    const Request *request;
    Response response;
    struct qr_buffer *out;
    struct qr_error error;
};

void cometbft_respond(struct call *call, Quorate__Abci__AbciResponse__ValueCase value, void *body);
/* Makes the engine anew on a ledger that was opened anew. */
void cometbft_restart(struct ledgerd *ledgerd);

/* statesync.c: snapshots for fresh nodes, made at intervals, and a fresh node's start from one. */
struct statesync *statesync_new(struct ledgerd *ledgerd);
void statesync_free(struct statesync *statesync);
void statesync_block_made(struct statesync *statesync); /* after each commit */
bool statesync_list(struct call *call);
bool statesync_offer(struct call *call);
bool statesync_load(struct call *call);
bool statesync_apply(struct call *call);

#endif
