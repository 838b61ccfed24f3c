#ifndef QR_NODE_SNAPSHOT_H
#define QR_NODE_SNAPSHOT_H

#include "common/state.h"
#include "ledger/block.h"

/* State-sync snapshots: a ledger at one height in chunks, from which a fresh node starts without executing the history,
 * yet with all of it (node/restore.h reads them). Every node that makes the snapshot of a height makes the same bytes.
 *
 * Content: a run of `bytes` (codec.h), one after the other:
 *     a head: "QRS1", hash genesis, uint height, uint number of entries
 *     key and value of each entry of the state, in the order of keys
 *     for each height from 1: the block, then each leaf that it appended to the log
 * How many leaves belong to a block follows from the log sizes of its header and the one before. Signatures over
 * checkpoints are not in it: each node makes its own and gathers the others' anew. Nor are the indexes of the store,
 * which follow from the rest.
 *
 * Chunks: the content cut every QR_SNAPSHOT_CHUNK_SIZE bytes, so that the last alone may be shorter. A snapshot's hash
 * is the RFC 9162 root over its chunks; its metadata, uint format, uint height and a list of the chunks' leaf hashes,
 * is untrusted until that list has the hash for its root. Neither proves anything of the content: the application hash
 * does.
 *
 * Snapshots are made only of heights whose block changed anything: such a block puts what its header says into the
 * state, so that the application hash names the whole history. The time of an empty block that follows would be
 * nobody's word.
 *
 * A file HEIGHT.qrs in the folder of snapshots is the content, the metadata, and the metadata's size in 8 bytes, most
 * significant first; while it is being written it is HEIGHT.qrs.new. */

enum {
    QR_SNAPSHOT_FORMAT = 1,
    QR_SNAPSHOT_CHUNK_SIZE = 1 << 20, /* CometBFT carries at most 16 MiB */
    QR_SNAPSHOT_CHUNKS_MAX = 1 << 16, /* 64 GiB; metadata then has 2 MiB, of which CometBFT carries less than 4 */
    QR_SNAPSHOT_METADATA_MAX = 32 + QR_SNAPSHOT_CHUNKS_MAX * QR_HASH_SIZE,
    QR_SNAPSHOTS_KEPT = 2, /* one may be on its way to a fresh node while the next is made */
};

/* A snapshot as nodes tell each other of it. */
struct qr_snapshot {
    uint64_t height;
    uint32_t format;
    uint32_t chunks;
    struct qr_hash hash;
    struct qr_buffer metadata;
};

void qr_snapshot_done(struct qr_snapshot *snapshot);

/* The leaf hash of each chunk, to be freed, once the metadata was found to agree with everything beside it.
 * QR_EUNSUPPORTED for another format; QR_EFORMAT, QR_ELIMIT, QR_EMISMATCH. */
QR_MUST_USE int qr_snapshot_hashes(const struct qr_snapshot *snapshot, struct qr_hash **ret_hashes,
                                   struct qr_error *error);

/* ---- Making one ---- */

/* Whether a snapshot of the head is due: its block changed anything, and is the first to have done so since a multiple
 * of `interval` was reached; so all nodes with one interval make the same. interval: blocks; 0: never. last: the height
 * of the last snapshot made; after a start, of the head. */
bool qr_snapshot_due(const struct qr_state *state, const struct qr_header *head, uint64_t interval, uint64_t last);

/* What must be taken at a commit: a copy of the state, made on the thread that owns it. The head's block must have
 * changed something (qr_snapshot_due says so): otherwise NULL. */
struct qr_snapshot_draft;
struct qr_snapshot_draft *qr_snapshot_begin(const struct qr_state *state, const struct qr_header *head,
                                            const struct qr_hash *genesis);
void qr_snapshot_draft_free(struct qr_snapshot_draft *draft);

/* The rest, for a worker's thread: reads the blocks and leaves through a connection of its own to the store at this
 * path, makes the folder (mode 0700) and the file, and deletes all but the newest QR_SNAPSHOTS_KEPT. Nothing stays
 * behind a failure. QR_ELIMIT when the ledger does not fit into QR_SNAPSHOT_CHUNKS_MAX; QR_EIO, QR_EDISK_FULL. */
QR_MUST_USE int qr_snapshot_write(const struct qr_snapshot_draft *draft, const char *store, const char *folder,
                                  struct qr_error *error);

/* At a start: deletes what an interrupted write left. A folder that is not there is no error. */
QR_MUST_USE int qr_snapshot_clean(const char *folder, struct qr_error *error);

/* ---- Handing them out ---- */

/* The snapshots in the folder, the newest first, at most `most`; a damaged file is left out. A folder that is not there
 * has none. Each is the caller's to end. */
QR_MUST_USE int qr_snapshot_list(const char *folder, struct qr_snapshot *ret_snapshots, size_t most, size_t *ret_n,
                                 struct qr_error *error);

/* Appends one chunk, checked against the metadata. QR_ENOT_FOUND when there is no such snapshot (any more) or chunk;
 * QR_ECORRUPT. */
QR_MUST_USE int qr_snapshot_chunk(const char *folder, uint64_t height, uint32_t index, struct qr_buffer *out,
                                  struct qr_error *error);

#endif
