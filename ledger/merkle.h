#ifndef QR_LEDGER_MERKLE_H
#define QR_LEDGER_MERKLE_H

#include "common/error.h"
#include "common/hash.h"

/* Merkle trees of RFC 9162 §2.1: a leaf is SHA-256(0x00 ‖ data), a node SHA-256(0x01 ‖ left ‖ right), the empty
 * tree SHA-256(""). The same trees give a block's transactions root, a batch's leaves root and the ledger's log. */

struct qr_hash qr_merkle_leaf(const void *bytes, size_t size);
struct qr_hash qr_merkle_node(const struct qr_hash *left, const struct qr_hash *right);
struct qr_hash qr_merkle_root(const struct qr_hash *leaves, size_t n);

enum { QR_PROOF_MAX = 64 };

/* A path: for inclusion as §2.1.3.1 orders it (from the leaf up), for consistency as §2.1.4.1 does. */
struct qr_proof {
    unsigned n;
    struct qr_hash path[QR_PROOF_MAX];
};

/* §2.1.3.2 and §2.1.4.2 with their size checks. QR_EINVALID when the proof does not hold. A consistency proof
 * from size 0 is empty and holds for every tree whose old root is the empty one. */
QR_MUST_USE int qr_inclusion_verify(const struct qr_hash *leaf, uint64_t index, uint64_t size,
                                    const struct qr_proof *proof, const struct qr_hash *root, struct qr_error *error);
QR_MUST_USE int qr_consistency_verify(uint64_t old_size, const struct qr_hash *old_root, uint64_t new_size,
                                      const struct qr_hash *new_root, const struct qr_proof *proof,
                                      struct qr_error *error);

/* The append-only log. Its hashes are kept in tiles of 16: tile (level, index) holds the roots of the 16
 * consecutive complete subtrees of 16^level leaves that start at subtree 16 * index; tiles of level 0 hold leaf hashes.
 * A log in memory holds only its right border, six tiles at ten million leaves; proofs read the others, at most one
 * for each level and two at the border, through a tile source. */
enum { QR_TILE_BITS = 4, QR_TILE_WIDTH = 1 << QR_TILE_BITS, QR_TILE_LEVELS = 16 };

struct qr_tile {
    unsigned level;
    unsigned n; /* hashes in it; 16 once it is complete */
    uint64_t index;
    struct qr_hash hashes[QR_TILE_WIDTH];
};

/* Where tiles that are no longer in memory are: fills ret_tile for its level and index, or fails. */
struct qr_tile_source {
    int (*read)(void *context, unsigned level, uint64_t index, struct qr_tile *ret_tile, struct qr_error *error);
    void *context;
};

struct qr_merkle_log;

struct qr_merkle_log *qr_merkle_log_new(void); /* empty */
/* A log of `size` leaves whose border is read from the source: QR_ECORRUPT when it does not have it. */
QR_MUST_USE int qr_merkle_log_open(uint64_t size, const struct qr_tile_source *source, struct qr_merkle_log **ret_log,
                            struct qr_error *error);
void qr_merkle_log_free(struct qr_merkle_log *log);
void qr_merkle_log_freep(struct qr_merkle_log **log);

void qr_merkle_log_append(struct qr_merkle_log *log, const struct qr_hash *leaf);
uint64_t qr_merkle_log_size(const struct qr_merkle_log *log);
struct qr_hash qr_merkle_log_root(const struct qr_merkle_log *log);

/* The tiles that appends changed since the last flush, to be stored in the same transaction as what was appended. Complete
 * tiles leave memory at the flush. Stops at the first non-zero return of `write` and gives it back. */
int qr_merkle_log_changes(const struct qr_merkle_log *log, int (*write)(void *context, const struct qr_tile *tile), void *context);
/* The tile of a level that is not complete yet; its n may be 0. */
const struct qr_tile *qr_merkle_log_border(const struct qr_merkle_log *log, unsigned level);
void qr_merkle_log_flush(struct qr_merkle_log *log);
/* Goes back to the last flush. */
void qr_merkle_log_rollback(struct qr_merkle_log *log);

/* Proofs within the tree of the first `size` leaves, for any size that the source has. QR_ERANGE for an index
 * or size that does not exist, else what the source fails with. */
QR_MUST_USE int qr_merkle_log_inclusion(const struct qr_tile_source *source, uint64_t index, uint64_t size,
                                 struct qr_proof *ret_proof, struct qr_error *error);
QR_MUST_USE int qr_merkle_log_consistency(const struct qr_tile_source *source, uint64_t old_size, uint64_t new_size,
                                   struct qr_proof *ret_proof, struct qr_error *error);
QR_MUST_USE int qr_merkle_log_root_at(const struct qr_tile_source *source, uint64_t size, struct qr_hash *ret_root,
                               struct qr_error *error);

#endif
