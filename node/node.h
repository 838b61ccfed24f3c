#ifndef QR_NODE_NODE_H
#define QR_NODE_NODE_H

#include "ledger/engine.h"
#include "ledger/store.h"
#include "ledger/workers.h"
#include "node/genesis.h"
#include "node/mandate.h"

/* The state machine: binds the ledger's callbacks to governance and to explained models. It has no sockets, no clock and no files,
 * so that the service, audit, simulation and every engine run the same code.
 *
 * At the start of a block members' expired transactions and overdue uploads are forgotten and governance's due transitions run; each
 * transaction is checked (key, kind, signature, replay) and applied under a mark of the state, to which a failure goes back;
 * the end of a block gives the state's digest as the application hash. */
struct qr_node;

struct qr_node_setup {
    struct qr_span genesis;    /* the file */
    struct qr_workers *workers; /* shares out the decisions of a large batch; may be NULL */
    size_t table_bytes;        /* memory for the attribution tables of one mandate; 0: none */
};

/* A node at height 0: the genesis is its state, and qr_node_leaves its first leaves. QR_EFORMAT, QR_EINPUT. */
QR_MUST_USE int qr_node_new(const struct qr_node_setup *setup, struct qr_node **ret_node, struct qr_error *error);
void qr_node_free(struct qr_node *node);
void qr_node_freep(struct qr_node **node);

/* The block of height 0. Its leaves and state wait for the store until qr_node_app()->commit. */
void qr_node_genesis_block(struct qr_node *node, struct qr_merkle_log *log, struct qr_header *ret_header,
                           const struct qr_leaves **ret_leaves);

/* A ledger as a store holds it: made from the genesis when the store is empty, else loaded. QR_EMISMATCH when the store is of
 * another genesis, QR_ECORRUPT when its state is not the one that its last header signs for. The log is the caller's. */
QR_MUST_USE int qr_node_open(const struct qr_node_setup *setup, struct qr_store *store, const struct qr_key *key,
                             struct qr_node **ret_node, struct qr_merkle_log **ret_log, struct qr_header *ret_head,
                             struct qr_error *error);

const struct qr_app *qr_node_app(struct qr_node *node);
const struct qr_state *qr_node_state(const struct qr_node *node);
const char *qr_node_chain(const struct qr_node *node);
const char *qr_node_custody(const struct qr_node *node);
enum qr_engine_kind qr_node_engine(const struct qr_node *node);
const struct qr_hash *qr_node_genesis(const struct qr_node *node);

/* The header of the last block that changed anything, as the state says it: without chain id and application hash. QR_ENOT_FOUND
 * before there was one; QR_ECORRUPT. */
QR_MUST_USE int qr_node_sealed(const struct qr_state *state, struct qr_header *ret, struct qr_error *error);

/* Totals since the genesis, kept in the state. */
struct qr_counts {
    uint64_t transactions;
    uint64_t decisions;
    uint64_t orders;
};
struct qr_counts qr_node_counts(const struct qr_node *node);

/* What the last ended block held, for events. */
struct qr_block_facts {
    uint32_t transactions;
    uint32_t decisions;
    uint32_t orders;
    bool governance; /* an entry of governance changed */
    bool activation; /* another mandate became active */
    bool validators; /* one was added or removed */
    uint64_t kinds;  /* a bit for each action's number */
};
const struct qr_block_facts *qr_node_facts(const struct qr_node *node);

/* Makes the active mandate's explainer ready, so that the first batch does not wait for it. */
QR_MUST_USE int qr_node_warm(struct qr_node *node, struct qr_error *error);

/* An explainer for an upgrade that passed and waits for its timelock, so that its activation does not wait for tables: begun here, built
 * by any thread, kept here. NULL when nothing waits or it is ready. */
struct qr_explainer_draft;
struct qr_explainer_draft *qr_node_upgrade_begin(struct qr_node *node);
void qr_node_upgrade_keep(struct qr_node *node, struct qr_explainer_draft *draft);

#endif
