#ifndef QR_LEDGER_STORE_H
#define QR_LEDGER_STORE_H

#include "common/state.h"
#include "ledger/block.h"
#include "ledger/checkpoint.h"
#include "ledger/leaves.h"
#include "ledger/merkle.h"

/* The ledger's store, one SQLite file (schema in store.c): blocks with their signed checkpoints, the leaves of the log and
 * its tiles, the state's entries. A block is one SQLite transaction: write-ahead log, synchronous=FULL, so that what
 * qr_store_append returned for is on the disk. A write that fails ends the use of the store: its methods answer QR_EIO,
 * QR_EDISK_FULL or QR_ECORRUPT from then on, and the process should stop and say so. */
struct qr_store;

/* Where an answer to a resubmitted operator's transaction comes from. */
struct qr_operator_use {
    struct qr_public_key key;
    uint64_t sequence;
    struct qr_hash id;
};

/* Makes the file if there is none and `create` is given, and beside it PATH-mark, which names the last block that was committed: a store
 * that does not hold it has lost blocks and is refused. QR_ENO_FILE, QR_ECORRUPT, QR_EIO. */
QR_MUST_USE int qr_store_open(const char *path, bool create, struct qr_store **ret_store, struct qr_error *error);
/* For audit and export: nothing is written, and lost blocks are for qr_store_mark_check to notice. */
QR_MUST_USE int qr_store_open_read(const char *path, struct qr_store **ret_store, struct qr_error *error);
/* The store holds the block that its mark names; else QR_ECORRUPT. */
QR_MUST_USE int qr_store_mark_check(struct qr_store *store, struct qr_error *error);
void qr_store_close(struct qr_store *store);
void qr_store_closep(struct qr_store **store);

/* Completes an error about what the store holds: names its file and says what to do. Returns the code. */
int qr_store_blame(const struct qr_store *store, int code, struct qr_error *error);

/* The genesis file's bytes: kept so that a store explains itself. QR_ENOT_FOUND before the first append. */
QR_MUST_USE int qr_store_genesis(struct qr_store *store, struct qr_buffer *out, struct qr_error *error);

/* All that one block adds. */
struct qr_append {
    const struct qr_header *header;
    const struct qr_span *transactions;
    size_t n;
    const struct qr_leaves *leaves;
    const struct qr_merkle_log *log;     /* its changed tiles; the caller flushes it afterwards */
    const struct qr_state *state; /* its changed entries; likewise */
    const struct qr_operator_use *uses;
    size_t n_uses;
    const struct qr_span *genesis;               /* at height 0, else NULL */
    const struct qr_note_signature *signatures;  /* of the checkpoint over this header */
    size_t n_signatures;
};
QR_MUST_USE int qr_store_append(struct qr_store *store, const struct qr_append *append, struct qr_error *error);

/* What is appended between the two is one SQLite transaction: for blocks that others made already, one sync for many. None of them is on
 * the disk, and none may be spoken of, before the end returned 0. */
QR_MUST_USE int qr_store_group_begin(struct qr_store *store, struct qr_error *error);
QR_MUST_USE int qr_store_group_end(struct qr_store *store, struct qr_error *error);

/* One view of the store for all that is read until the end, which also makes each read cheaper. Nothing may be appended between. Where
 * beginning fails, the first read says why. */
void qr_store_read_begin(struct qr_store *store);
void qr_store_read_end(struct qr_store *store);

/* The last header; QR_ENOT_FOUND while the store is empty. */
QR_MUST_USE int qr_store_head(struct qr_store *store, struct qr_header *ret, struct qr_error *error);
QR_MUST_USE int qr_store_header(struct qr_store *store, uint64_t height, struct qr_header *ret,
                                struct qr_error *error);
/* Appends the encoded block to `out`. QR_ENOT_FOUND. */
QR_MUST_USE int qr_store_block(struct qr_store *store, uint64_t height, struct qr_buffer *out,
                               struct qr_error *error);

/* A history that was made elsewhere, put into a store that holds nothing or the genesis alone, in one SQLite transaction: between begin and
 * end the store serves nothing else, and what is read from it then is not there yet. Begin refuses a store with blocks (QR_EREFUSED).
 * Each import is what qr_store_append writes, from the genesis on; the state is NULL but for the last block, whose it is.
 * After a failure, as without an end, the store is as it was once abort was called. */
QR_MUST_USE int qr_store_import_begin(struct qr_store *store, struct qr_error *error);
QR_MUST_USE int qr_store_import(struct qr_store *store, const struct qr_append *append, struct qr_error *error);
QR_MUST_USE int qr_store_import_end(struct qr_store *store, uint64_t height, struct qr_error *error);
void qr_store_import_abort(struct qr_store *store); /* without a begin, nothing */
/* Whose store it is: the node's key that signs its checkpoints, and from which height on. Owning it anew with the same key changes
 * nothing; with another, that one signs from `since` on. QR_ENOT_FOUND while nobody owns it; QR_ECORRUPT. */
QR_MUST_USE int qr_store_own(struct qr_store *store, const struct qr_public_key *key, uint64_t since, struct qr_error *error);
QR_MUST_USE int qr_store_owner(struct qr_store *store, struct qr_public_key *ret_key, uint64_t *ret_since,
                               struct qr_error *error);

/* The height up to which the history was imported, 0 where all of it was made here. Below it no checkpoint need be signed. */
QR_MUST_USE int qr_store_imported(struct qr_store *store, uint64_t *ret_height, struct qr_error *error);

/* Signatures of others over checkpoints that are there, in one transaction; one that is there already is no error. They reach the
 * disk with the next block: who signed can be asked to send them again. */
struct qr_cosignature {
    uint64_t height;
    struct qr_note_signature line;
};
QR_MUST_USE int qr_store_add_signatures(struct qr_store *store, const struct qr_cosignature *signatures, size_t n,
                                        struct qr_error *error);
/* The last height from `least` to `most` whose checkpoint has at least `lines` signatures, of the last 4,096 that are signed.
 * QR_ENOT_FOUND. */
QR_MUST_USE int qr_store_signed(struct qr_store *store, uint64_t least, uint64_t most, unsigned lines, uint64_t *ret_height,
                                struct qr_error *error);
/* Of the same, the height with the most signatures; the last of several. QR_ENOT_FOUND. */
QR_MUST_USE int qr_store_most_signed(struct qr_store *store, uint64_t least, uint64_t most, uint64_t *ret_height,
                                     struct qr_error *error);
QR_MUST_USE int qr_store_note(struct qr_store *store, uint64_t height, const struct qr_hash *genesis,
                              struct qr_signed_checkpoint *ret, struct qr_error *error);

/* Fills an empty state with every entry. */
QR_MUST_USE int qr_store_load_state(struct qr_store *store, struct qr_state *state, struct qr_error *error);

/* Leaves. Finding is by leaf hash or any prefix of it of at least 3 bytes: QR_ENOT_FOUND, or QR_EINPUT when two leaves
 * start so (two equal leaves count once, the first). nibbles: hexadecimal digits given, 6 to 64. */
QR_MUST_USE int qr_store_leaf(struct qr_store *store, uint64_t index, struct qr_buffer *out, uint64_t *ret_height,
                              struct qr_error *error);
QR_MUST_USE int qr_store_find_leaf(struct qr_store *store, const struct qr_hash *prefix, unsigned nibbles,
                                   uint64_t *ret_index, struct qr_hash *ret_hash, struct qr_error *error);

/* Likewise a transaction by its id: its block and its position there. */
QR_MUST_USE int qr_store_find_transaction(struct qr_store *store, const struct qr_hash *prefix, unsigned nibbles,
                                          uint64_t *ret_height, size_t *ret_position, struct qr_error *error);

/* Appends a run of leaves that starts at this index, each as bytes: what shares a row. `index` is the first of a block, or what the run before
 * gave as the next. */
QR_MUST_USE int qr_store_leaf_run(struct qr_store *store, uint64_t index, struct qr_buffer *out, uint64_t *ret_next,
                                  struct qr_error *error);

/* In which block an operator's sequence number was used, and by which transaction. */
QR_MUST_USE int qr_store_find_use(struct qr_store *store, const struct qr_public_key *key, uint64_t sequence,
                                  uint64_t *ret_height, struct qr_hash *ret_id, struct qr_error *error);

/* Tiles for proofs; the source lives as long as the store. */
struct qr_tile_source qr_store_tiles(struct qr_store *store);

/* Audit: compares what the store holds with what was recomputed. QR_ECORRUPT naming what differs; rows that nothing
 * accounts for are noticed at the end by their number. */
enum { QR_STORE_SUM_LANES = 4 };
struct qr_store_sum { /* of a set, whatever its order */
    uint64_t lanes[QR_STORE_SUM_LANES];
    uint64_t n;
};
struct qr_store_counts {
    uint64_t blocks;
    uint64_t transactions;
    uint64_t leaf_rows;
    uint64_t leaves;
    uint64_t uses;
    struct qr_store_sum places;
};
/* The rows that qr_store_append wrote for this block; signatures are left to the caller. Adds to the counts. */
QR_MUST_USE int qr_store_compare(struct qr_store *store, const struct qr_append *append,
                                 struct qr_store_counts *counts, struct qr_error *error);
/* After the last block: the mark, the log's border, every entry of the state, the numbers of rows, and SQLite's own structures. */
QR_MUST_USE int qr_store_compare_end(struct qr_store *store, const struct qr_merkle_log *log, const struct qr_state *state,
                                     const struct qr_store_counts *counts, struct qr_error *error);

#endif
