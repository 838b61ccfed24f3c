#include "ledger/merkle.h"

#include "common/buffer.h"

/* Level l of the log is the sequence of roots of its complete subtrees of 16^l leaves. Only the last tile of each level is
 * in memory, and the tiles that were completed since the last flush. */
struct qr_merkle_log {
    uint64_t size;
    uint64_t flushed;
    struct qr_tile border[QR_TILE_LEVELS];
    struct qr_tile saved[QR_TILE_LEVELS]; /* as of the last flush */
    struct qr_tile *complete;
    size_t n_complete;
    size_t capacity;
};

struct qr_merkle_log *qr_merkle_log_new(void)
{
    struct qr_merkle_log *log = qr_alloc(1, sizeof *log);
    for (unsigned level = 0; level < QR_TILE_LEVELS; level++)
        log->border[level].level = log->saved[level].level = level;
    return log;
}

void qr_merkle_log_free(struct qr_merkle_log *log)
{
    if (log)
        free(log->complete);
    free(log);
}

void qr_merkle_log_freep(struct qr_merkle_log **log)
{
    qr_merkle_log_free(*log);
}

uint64_t qr_merkle_log_size(const struct qr_merkle_log *log)
{
    return log->size;
}

/* Roots of complete subtrees of `level` in a log of `size` leaves. */
static uint64_t level_count(uint64_t size, unsigned level)
{
    return size >> (QR_TILE_BITS * level);
}

int qr_merkle_log_open(uint64_t size, const struct qr_tile_source *source, struct qr_merkle_log **ret_log, struct qr_error *error)
{
    QR_CLEANUP(qr_merkle_log_freep) struct qr_merkle_log *log = qr_merkle_log_new();
    log->size = log->flushed = size;
    for (unsigned level = 0; level < QR_TILE_LEVELS && level_count(size, level); level++) {
        struct qr_tile *tile = &log->border[level];
        uint64_t count = level_count(size, level);
        tile->index = count >> QR_TILE_BITS;
        unsigned n = (unsigned)(count & (QR_TILE_WIDTH - 1));
        if (n == 0)
            continue;
        int code = source->read(source->context, level, tile->index, tile, error);
        if (code)
            return code;
        if (tile->n < n)
            return qr_fail(error, QR_ECORRUPT, "tile %u/%" PRIu64 " of the log is too short", level, tile->index);
        tile->n = n;
    }
    memcpy(log->saved, log->border, sizeof log->saved);
    *ret_log = log;
    log = NULL;
    return 0;
}

/* Root over the hashes [first, first + count) of a tile; count is a power of two. */
static struct qr_hash tile_root(const struct qr_tile *tile, unsigned first, unsigned count)
{
    if (count == 1)
        return tile->hashes[first];
    struct qr_hash left = tile_root(tile, first, count / 2);
    struct qr_hash right = tile_root(tile, first + count / 2, count / 2);
    return qr_merkle_node(&left, &right);
}

static void keep_complete(struct qr_merkle_log *log, const struct qr_tile *tile)
{
    if (log->n_complete == log->capacity) {
        log->capacity = log->capacity ? log->capacity * 2 : 64;
        log->complete = qr_realloc(log->complete, log->capacity, sizeof *log->complete);
    }
    log->complete[log->n_complete++] = *tile;
}

void qr_merkle_log_append(struct qr_merkle_log *log, const struct qr_hash *leaf)
{
    struct qr_hash hash = *leaf;
    log->size++;
    for (unsigned level = 0; level < QR_TILE_LEVELS; level++) {
        struct qr_tile *tile = &log->border[level];
        tile->hashes[tile->n++] = hash;
        if (tile->n < QR_TILE_WIDTH)
            return;
        hash = tile_root(tile, 0, QR_TILE_WIDTH);
        keep_complete(log, tile);
        tile->n = 0;
        tile->index++;
    }
}

/* Joins the root of what is right of it with the complete subtrees of one border tile, the smallest first. */
static struct qr_hash join_tile(const struct qr_tile *tile, const struct qr_hash *right)
{
    struct qr_hash root = {{0}};
    bool any = right != NULL;
    if (right)
        root = *right;
    for (unsigned count = 1, end = tile->n; end; count *= 2) {
        if (!(end & count))
            continue;
        struct qr_hash left = tile_root(tile, end - count, count);
        root = any ? qr_merkle_node(&left, &root) : left;
        any = true;
        end -= count;
    }
    return root;
}

struct qr_hash qr_merkle_log_root(const struct qr_merkle_log *log)
{
    if (log->size == 0)
        return qr_sha256("", 0);
    struct qr_hash root = {{0}};
    bool any = false;
    for (unsigned level = 0; level < QR_TILE_LEVELS; level++) {
        if (log->border[level].n == 0)
            continue;
        root = join_tile(&log->border[level], any ? &root : NULL);
        any = true;
    }
    return root;
}

int qr_merkle_log_changes(const struct qr_merkle_log *log, int (*write)(void *context, const struct qr_tile *tile), void *context)
{
    for (size_t i = 0; i < log->n_complete; i++) {
        int code = write(context, &log->complete[i]);
        if (code)
            return code;
    }
    for (unsigned level = 0; level < QR_TILE_LEVELS; level++) {
        const struct qr_tile *tile = &log->border[level];
        bool changed = tile->n != log->saved[level].n || tile->index != log->saved[level].index;
        if (!changed || tile->n == 0)
            continue;
        int code = write(context, tile);
        if (code)
            return code;
    }
    return 0;
}

const struct qr_tile *qr_merkle_log_border(const struct qr_merkle_log *log, unsigned level)
{
    return &log->border[level];
}

void qr_merkle_log_flush(struct qr_merkle_log *log)
{
    memcpy(log->saved, log->border, sizeof log->saved);
    log->flushed = log->size;
    log->n_complete = 0;
}

void qr_merkle_log_rollback(struct qr_merkle_log *log)
{
    memcpy(log->border, log->saved, sizeof log->border);
    log->size = log->flushed;
    log->n_complete = 0;
}

/* Proofs. A failure sticks, as in a reader: the walk goes on with zeros and is checked once. */
struct walk {
    const struct qr_tile_source *source;
    struct qr_tile tile; /* the last one read */
    bool read;
    int code;
    struct qr_error *error;
};

static const struct qr_tile *walk_tile(struct walk *walk, unsigned level, uint64_t index)
{
    if (walk->read && walk->tile.level == level && walk->tile.index == index)
        return &walk->tile;
    walk->read = false;
    if (walk->code == 0)
        walk->code = walk->source->read(walk->source->context, level, index, &walk->tile, walk->error);
    walk->read = walk->code == 0;
    return &walk->tile;
}

/* Root of the complete subtree of 2^height leaves that is the index-th of its height. */
static struct qr_hash complete_root(struct walk *walk, unsigned height, uint64_t index)
{
    unsigned level = height / QR_TILE_BITS, count = 1u << (height % QR_TILE_BITS);
    uint64_t first = index * count;
    const struct qr_tile *tile = walk_tile(walk, level, first >> QR_TILE_BITS);
    unsigned at = (unsigned)(first & (QR_TILE_WIDTH - 1));
    if (walk->code == 0 && at + count > tile->n)
        walk->code = qr_fail(walk->error, QR_ECORRUPT, "tile %u/%" PRIu64 " of the log is too short", level,
                             first >> QR_TILE_BITS);
    if (walk->code)
        return (struct qr_hash){{0}};
    return tile_root(tile, at, count);
}

/* The largest power of two below n, as an exponent; n >= 2. */
static unsigned split_height(uint64_t n)
{
    return 63u - (unsigned)__builtin_clzll(n - 1);
}

/* Root over the leaves [start, start + n), start being a multiple of the power of two at or above n. */
static struct qr_hash range_root(struct walk *walk, uint64_t start, uint64_t n)
{
    if ((n & (n - 1)) == 0) {
        unsigned height = (unsigned)__builtin_ctzll(n);
        return complete_root(walk, height, start >> height);
    }
    unsigned height = split_height(n);
    struct qr_hash left = complete_root(walk, height, start >> height);
    struct qr_hash right = range_root(walk, start + (UINT64_C(1) << height), n - (UINT64_C(1) << height));
    return qr_merkle_node(&left, &right);
}

static void proof_add(struct qr_proof *proof, const struct qr_hash *hash)
{
    if (proof->n < QR_PROOF_MAX)
        proof->path[proof->n++] = *hash;
}

static void reverse(struct qr_proof *proof)
{
    for (unsigned i = 0; i < proof->n / 2; i++) {
        struct qr_hash swap = proof->path[i];
        proof->path[i] = proof->path[proof->n - 1 - i];
        proof->path[proof->n - 1 - i] = swap;
    }
}

int qr_merkle_log_inclusion(const struct qr_tile_source *source, uint64_t index, uint64_t size, struct qr_proof *ret_proof,
                     struct qr_error *error)
{
    if (index >= size)
        return qr_fail(error, QR_ERANGE, "the log has no leaf %" PRIu64 " at size %" PRIu64, index, size);
    struct walk walk = {.source = source, .error = error};
    struct qr_proof proof = {.n = 0};
    for (uint64_t start = 0, n = size; n > 1;) {
        uint64_t half = UINT64_C(1) << split_height(n);
        bool left = index - start < half;
        struct qr_hash sibling = left ? range_root(&walk, start + half, n - half) : range_root(&walk, start, half);
        proof_add(&proof, &sibling);
        start += left ? 0 : half;
        n = left ? half : n - half;
    }
    if (walk.code)
        return walk.code;
    reverse(&proof);
    *ret_proof = proof;
    return 0;
}

int qr_merkle_log_consistency(const struct qr_tile_source *source, uint64_t old_size, uint64_t new_size,
                       struct qr_proof *ret_proof, struct qr_error *error)
{
    if (old_size > new_size)
        return qr_fail(error, QR_ERANGE, "size %" PRIu64 " comes after size %" PRIu64, old_size, new_size);
    struct walk walk = {.source = source, .error = error};
    struct qr_proof proof = {.n = 0};
    uint64_t start = 0, n = new_size, m = old_size;
    bool whole = true; /* the subtree at hand is the old tree itself */
    while (m != 0 && m != n) {
        uint64_t half = UINT64_C(1) << split_height(n);
        bool left = m <= half;
        struct qr_hash sibling = left ? range_root(&walk, start + half, n - half) : range_root(&walk, start, half);
        proof_add(&proof, &sibling);
        whole = whole && left;
        start += left ? 0 : half;
        m -= left ? 0 : half;
        n = left ? half : n - half;
    }
    if (m != 0 && !whole) {
        struct qr_hash seed = range_root(&walk, start, n);
        proof_add(&proof, &seed);
    }
    if (walk.code)
        return walk.code;
    reverse(&proof);
    *ret_proof = proof;
    return 0;
}

int qr_merkle_log_root_at(const struct qr_tile_source *source, uint64_t size, struct qr_hash *ret_root,
                   struct qr_error *error)
{
    struct walk walk = {.source = source, .error = error};
    struct qr_hash root = size ? range_root(&walk, 0, size) : qr_sha256("", 0);
    if (walk.code)
        return walk.code;
    *ret_root = root;
    return 0;
}
