#include "ledger/leaves.h"

#include "ledger/merkle.h"

void qr_leaves_done(struct qr_leaves *leaves)
{
    qr_buffer_done(&leaves->bytes);
    free(leaves->ends);
    free(leaves->hashes);
    *leaves = (struct qr_leaves){0};
}

static void grow(struct qr_leaves *leaves)
{
    if (leaves->n < leaves->capacity)
        return;
    leaves->capacity = leaves->capacity ? leaves->capacity * 2 : 64;
    leaves->ends = qr_realloc(leaves->ends, leaves->capacity, sizeof *leaves->ends);
    leaves->hashes = qr_realloc(leaves->hashes, leaves->capacity, sizeof *leaves->hashes);
}

void qr_leaves_add_hashed(struct qr_leaves *leaves, const void *bytes, size_t size, const struct qr_hash *hash)
{
    grow(leaves);
    qr_buffer_add(&leaves->bytes, bytes, size);
    leaves->ends[leaves->n] = leaves->bytes.size;
    leaves->hashes[leaves->n++] = *hash;
}

void qr_leaves_add(struct qr_leaves *leaves, const void *bytes, size_t size)
{
    struct qr_hash hash = qr_merkle_leaf(bytes, size);
    qr_leaves_add_hashed(leaves, bytes, size, &hash);
}

struct qr_span qr_leaves_get(const struct qr_leaves *leaves, size_t i)
{
    size_t start = i ? leaves->ends[i - 1] : 0;
    return (struct qr_span){.bytes = qr_buffer_string(&leaves->bytes) + start, .size = leaves->ends[i] - start};
}

void qr_leaves_append(struct qr_leaves *leaves, const struct qr_leaves *more)
{
    for (size_t i = 0; i < more->n; i++) {
        struct qr_span leaf = qr_leaves_get(more, i);
        qr_leaves_add_hashed(leaves, leaf.bytes, leaf.size, &more->hashes[i]);
    }
}

void qr_leaves_cut(struct qr_leaves *leaves, size_t n)
{
    if (n >= leaves->n)
        return;
    leaves->n = n;
    leaves->bytes.size = n ? leaves->ends[n - 1] : 0;
}
