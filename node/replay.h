#ifndef QR_NODE_REPLAY_H
#define QR_NODE_REPLAY_H

#include "ledger/chain.h"
#include "node/node.h"

/* A node that re-executes blocks that others made, one after the other, and compares every header with what it computes
 * itself: audit, followers and catching up. */
struct qr_replay;

/* Starts at the genesis, whose block it gives, and keeps nothing. */
QR_MUST_USE int qr_replay_new(const struct qr_node_setup *setup, struct qr_replay **ret_replay, struct qr_error *error);
/* Goes on from the head of a chain, with its store and key; node, chain, log and workers are lent and outlive it. */
struct qr_replay *qr_replay_on(struct qr_node *node, struct qr_chain *chain, struct qr_merkle_log *log,
                               struct qr_workers *workers);
void qr_replay_free(struct qr_replay *replay);
void qr_replay_freep(struct qr_replay **replay);

/* What a block's re-execution gave, as the store would be told to write it; valid until qr_replay_next. */
const struct qr_append *qr_replay_append(const struct qr_replay *replay);

/* Executes one block on top of the last. QR_EINVALID when a transaction in it is not valid or the header is not the one that
 * follows: then nothing has changed. After it, qr_replay_append tells what it wrote; the block's bytes live until qr_replay_next.
 * next: the block after it, NULL where it is not there yet. Workers prepare its transactions from when those of this block are, while the rest
 * is done and whatever the caller does then. It is given here next, or not at all; it and its bytes live until then, or until the
 * replay ends. */
QR_MUST_USE int qr_replay_block(struct qr_replay *replay, const struct qr_block *block, const struct qr_block *next,
                                struct qr_error *error);
/* Takes the last block for good, before the next. Fails only where a store does. */
QR_MUST_USE int qr_replay_next(struct qr_replay *replay, struct qr_error *error);

struct qr_node *qr_replay_node(struct qr_replay *replay);
const struct qr_merkle_log *qr_replay_log(const struct qr_replay *replay);
const struct qr_header *qr_replay_head(const struct qr_replay *replay);

#endif
