#ifndef QR_NODE_MACHINE_H
#define QR_NODE_MACHINE_H

#include "governance/governance.h"
#include "node/explainers.h"
#include "node/node.h"

/* What the files of the state machine share. Internal to node/. */
struct qr_node {
    struct qr_app app;
    struct qr_state *state;
    struct qr_workers *workers;
    struct qr_explainers *explainers;
    struct qr_genesis genesis;
    struct qr_hash genesis_hash;
    struct qr_leaves leaves; /* of the block at hand */
    struct qr_counts counts;
    struct qr_block_facts facts;
    uint64_t height; /* of the block at hand */
    int64_t time;
    size_t n_changes; /* of validators, in the block at hand */
    struct qr_validator_change *changes;
    size_t started; /* mark of the state at its begin */
};

/* dispatch.c */
int qr_node_prepare(void *context, const struct qr_transaction *transaction, struct qr_prepared **ret,
                    struct qr_error *error);
void qr_node_forget(void *context, struct qr_prepared *prepared);
int qr_node_apply(void *context, const struct qr_transaction *transaction, const struct qr_prepared *prepared,
                  struct qr_error *error);

int qr_node_check(void *context, uint64_t height, const struct qr_transaction *transaction, const struct qr_prepared *prepared,
                  struct qr_error *error);
bool qr_node_offends(void *context, const struct qr_transaction *transaction, const struct qr_error *error);

/* validator.c */
void qr_node_collect_changes(struct qr_node *node); /* at the end of a block */

/* host.c */
struct qr_governance qr_node_governance(struct qr_node *node);
/* Makes this the active mandate and appends its leaf. */
void qr_node_activate(struct qr_node *node, const struct qr_activation *activation);

#endif
