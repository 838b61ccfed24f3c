#ifndef QR_LEDGER_LEAVES_H
#define QR_LEDGER_LEAVES_H

#include "common/buffer.h"
#include "common/hash.h"

/* The leaves that a block appends to the log, in order, with their RFC 9162 leaf hashes. What is not worth proving
 * after all (a transaction that failed) is cut off again before the block ends. A zeroed struct is empty. */
struct qr_leaves {
    struct qr_buffer bytes; /* all leaves one after the other */
    size_t n;
    size_t capacity;
    size_t *ends; /* where leaf i ends in bytes; it starts where leaf i - 1 ended */
    struct qr_hash *hashes;
};

void qr_leaves_done(struct qr_leaves *leaves);
void qr_leaves_add(struct qr_leaves *leaves, const void *bytes, size_t size);
/* For a leaf whose hash is known, such as a decision recomputed by a worker. */
void qr_leaves_add_hashed(struct qr_leaves *leaves, const void *bytes, size_t size, const struct qr_hash *hash);
void qr_leaves_append(struct qr_leaves *leaves, const struct qr_leaves *more);
void qr_leaves_cut(struct qr_leaves *leaves, size_t n); /* keeps the first n */
struct qr_span qr_leaves_get(const struct qr_leaves *leaves, size_t i);

#endif
