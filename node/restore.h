#ifndef QR_NODE_RESTORE_H
#define QR_NODE_RESTORE_H

#include "common/key.h"
#include "node/snapshot.h"

/* Restoring a store from a snapshot (node/snapshot.h) that others hand over chunk by chunk.
 *
 * Trusted are this node's genesis and the application hash of the snapshot's height, which CometBFT's light client
 * gives. They authenticate everything else: the digest of the state's entries is the application hash; the state's
 * entry n/h says what the header of that height says; each header names the hash of the one before, down to the
 * genesis; the transactions root of each header is that of its block, and its log size and root those of the leaves up
 * to there. What the store derives (where leaves and transactions stand, used sequence numbers, tiles) is made from
 * that. Nothing is executed.
 *
 * Everything is written in one SQLite transaction, which is committed only when all of it holds; a failure, a crash or
 * giving up leave the store as it was. Memory: the state, one block with its leaves, and one chunk, whatever the
 * snapshot says. */
struct qr_restore;

struct qr_restore_setup {
    struct qr_span genesis;   /* this node's own genesis file */
    const char *path;         /* of the store: not there yet, empty, or with nothing but the genesis block */
    const struct qr_key *key; /* the node's: signs the restored head's checkpoint, if in office; NULL: nobody does */
};

/* Checks the metadata and opens the store through a connection of its own, which holds its write lock until the end.
 * QR_EUNSUPPORTED for another format (ABCI: REJECT_FORMAT); QR_EFORMAT, QR_ELIMIT, QR_EMISMATCH for a snapshot that
 * cannot be (REJECT); QR_EREFUSED when the store holds a ledger; else as a store fails (ABORT). */
QR_MUST_USE int qr_restore_begin(const struct qr_restore_setup *setup, const struct qr_snapshot *snapshot,
                                 const struct qr_hash *app_hash, struct qr_restore **ret_restore,
                                 struct qr_error *error);
/* Unless it was done, undoes everything. */
void qr_restore_free(struct qr_restore *restore);
void qr_restore_freep(struct qr_restore **restore);

/* The chunk that comes next. */
uint32_t qr_restore_next(const struct qr_restore *restore);

/* Takes the next chunk; after the last one, once everything holds and is on the disk, *ret_done is true and the store
 * can be opened (qr_node_open). Failures: QR_EINPUT, QR_EMISMATCH   not the chunk that comes next, or not as the
 * metadata says: nothing is lost, it can be given again from elsewhere (ABCI: RETRY) QR_EINVALID               the
 * snapshot does not hold; says what (REJECT_SNAPSHOT) else                      the store failed (ABORT) After one of
 * the last two everything is undone and further chunks fail alike. */
QR_MUST_USE int qr_restore_chunk(struct qr_restore *restore, uint32_t index, const void *bytes, size_t size,
                                 bool *ret_done, struct qr_error *error);

#endif
