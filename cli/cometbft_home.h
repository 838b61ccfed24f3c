#ifndef QR_CLI_COMETBFT_HOME_H
#define QR_CLI_COMETBFT_HOME_H

#include "common/hash.h"
#include "node/genesis.h"

/* HOME/cometbft: the folder that CometBFT v0.38 runs in, written in its formats without it. CometBFT is started with
 * that folder as its working directory, so every path in it is relative: the home can be moved, and its sockets,
 * ../run/abci.sock and ../run/rpc.sock, fit a socket's address however long the home's path is.
 *
 *     config/config.toml               what differs from CometBFT's defaults
 *     config/genesis.json              the chain, its first validators, and the hash of the ledger's genesis
 *     config/priv_validator_key.json   signs votes (0600)
 *     config/node_key.json             names the node among its peers (0600)
 *     data/priv_validator_state.json   what was signed last; CometBFT keeps its stores beside it */

enum {
    CLI_COMETBFT_PORT = 26656,     /* of the first home, unless told otherwise */
    CLI_COMETBFT_CHAIN_MAX = 50,   /* characters of a chain id */
    CLI_COMETBFT_NODE_MAX = 41,    /* a node's id: 40 hexadecimal digits and a zero */
    CLI_COMETBFT_PEERS_MAX = 16384, /* bytes of a list of peers */
};

/* What others know a home's CometBFT by. */
struct cli_cometbft_identity {
    struct qr_public_key validator;
    char node[CLI_COMETBFT_NODE_MAX];
};

struct cli_cometbft_settings {
    const char *name; /* as peers' logs show it */
    int64_t port;     /* on 127.0.0.1, for peers */
    const char *peers; /* "NODE@HOST:PORT,..." */
    /* How a new node takes over a snapshot rather than execute every block. NULL: it executes every block. */
    const struct cli_cometbft_sync *sync;
};

struct cli_cometbft_sync {
    const char *rpc; /* the RPC that blocks are checked with: unix://PATH from HOME/cometbft, or http://HOST:PORT */
    int64_t height;  /* of a block that is trusted, */
    const char *hash; /* and its hash */
};

/* Makes the folder and new keys in it. */
QR_MUST_USE int cli_cometbft_create(const char *home, struct cli_cometbft_identity *ret, struct qr_error *error);
/* genesis.json of the ledger's genesis, whose hash is given. QR_ELIMIT for a chain id that is too long for CometBFT. */
QR_MUST_USE int cli_cometbft_write_genesis(const char *home, const struct qr_genesis *genesis, const struct qr_hash *hash,
                                           struct qr_error *error);
QR_MUST_USE int cli_cometbft_write_config(const char *home, const struct cli_cometbft_settings *settings,
                                          struct qr_error *error);

/* From another home: its peers and itself, as NODE@HOST:PORT between commas. QR_EFORMAT when its config.toml does not
 * say. */
QR_MUST_USE int cli_cometbft_peers(const char *home, char ret_peers[CLI_COMETBFT_PEERS_MAX], struct qr_error *error);

/* The first port from `first` on that is not one of `peers` and that nobody listens on. QR_ERANGE when there is none.
 */
QR_MUST_USE int cli_cometbft_free_port(int64_t first, const char *peers, int64_t *ret_port, struct qr_error *error);

#endif
