#include "ledger/merkle.h"

#include "common/buffer.h"

#include <sodium.h>

static struct qr_hash hash_of(uint8_t prefix, const void *a, size_t a_size, const void *b, size_t b_size)
{
    struct qr_hash hash;
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, &prefix, 1);
    if (a_size)
        crypto_hash_sha256_update(&state, a, a_size);
    if (b_size)
        crypto_hash_sha256_update(&state, b, b_size);
    crypto_hash_sha256_final(&state, hash.bytes);
    return hash;
}

struct qr_hash qr_merkle_leaf(const void *bytes, size_t size)
{
    return hash_of(0x00, bytes, size, NULL, 0);
}

struct qr_hash qr_merkle_node(const struct qr_hash *left, const struct qr_hash *right)
{
    return hash_of(0x01, left->bytes, sizeof left->bytes, right->bytes, sizeof right->bytes);
}

/* Subtrees that wait for their right sibling, as a binary counter: slot k holds one of 2^k leaves. */
struct border {
    uint64_t size;
    struct qr_hash slot[64];
};

static void border_add(struct border *border, struct qr_hash hash)
{
    unsigned level = 0;
    for (uint64_t size = border->size; size & 1; size >>= 1, level++)
        hash = qr_merkle_node(&border->slot[level], &hash);
    border->slot[level] = hash;
    border->size++;
}

static struct qr_hash border_root(const struct border *border)
{
    if (border->size == 0)
        return qr_sha256("", 0);
    unsigned level = (unsigned)__builtin_ctzll(border->size);
    struct qr_hash root = border->slot[level];
    for (level++; level < 64; level++)
        if (border->size >> level & 1)
            root = qr_merkle_node(&border->slot[level], &root);
    return root;
}

struct qr_hash qr_merkle_root(const struct qr_hash *leaves, size_t n)
{
    struct border border = {0};
    for (size_t i = 0; i < n; i++)
        border_add(&border, leaves[i]);
    return border_root(&border);
}

/* RFC 9162 §2.1.3.2. */
int qr_inclusion_verify(const struct qr_hash *leaf, uint64_t index, uint64_t size, const struct qr_proof *proof,
                        const struct qr_hash *root, struct qr_error *error)
{
    if (index >= size)
        return qr_fail(error, QR_EINVALID, "leaf %" PRIu64 " cannot be in a log of %" PRIu64, index, size);
    uint64_t fn = index, sn = size - 1;
    struct qr_hash hash = *leaf;
    for (unsigned i = 0; i < proof->n; i++) {
        if (sn == 0)
            return qr_fail(error, QR_EINVALID, "the path is longer than the log is high");
        if ((fn & 1) || fn == sn) {
            hash = qr_merkle_node(&proof->path[i], &hash);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            hash = qr_merkle_node(&hash, &proof->path[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0)
        return qr_fail(error, QR_EINVALID, "the path is shorter than the log is high");
    if (!qr_hash_equal(&hash, root))
        return qr_fail(error, QR_EINVALID, "the path does not lead to the log's root");
    return 0;
}

/* RFC 9162 §2.1.4.2, steps 5 to 8, `i` being the first path entry that is not yet used. */
static int consistency_walk(uint64_t fn, uint64_t sn, struct qr_hash seed, unsigned i, const struct qr_proof *proof,
                            const struct qr_hash *old_root, const struct qr_hash *new_root, struct qr_error *error)
{
    while (fn & 1) {
        fn >>= 1;
        sn >>= 1;
    }
    struct qr_hash fr = seed, sr = seed;
    for (; i < proof->n; i++) {
        if (sn == 0)
            return qr_fail(error, QR_EINVALID, "the consistency proof is too long");
        if ((fn & 1) || fn == sn) {
            fr = qr_merkle_node(&proof->path[i], &fr);
            sr = qr_merkle_node(&proof->path[i], &sr);
            while (!(fn & 1) && fn != 0) {
                fn >>= 1;
                sn >>= 1;
            }
        } else {
            sr = qr_merkle_node(&sr, &proof->path[i]);
        }
        fn >>= 1;
        sn >>= 1;
    }
    if (sn != 0)
        return qr_fail(error, QR_EINVALID, "the consistency proof is too short");
    if (!qr_hash_equal(&fr, old_root) || !qr_hash_equal(&sr, new_root))
        return qr_fail(error, QR_EINVALID, "the two logs are not one: the history was rewritten");
    return 0;
}

int qr_consistency_verify(uint64_t old_size, const struct qr_hash *old_root, uint64_t new_size,
                          const struct qr_hash *new_root, const struct qr_proof *proof, struct qr_error *error)
{
    if (old_size > new_size)
        return qr_fail(error, QR_EINVALID, "the log shrank from %" PRIu64 " to %" PRIu64, old_size, new_size);
    if (old_size == 0 || old_size == new_size) {
        struct qr_hash empty = qr_sha256("", 0);
        const struct qr_hash *expected = old_size == 0 ? &empty : new_root;
        if (proof->n != 0)
            return qr_fail(error, QR_EINVALID, "the consistency proof is too long");
        if (!qr_hash_equal(old_root, expected))
            return qr_fail(error, QR_EINVALID, "the two logs are not one: the history was rewritten");
        return 0;
    }
    if (proof->n == 0)
        return qr_fail(error, QR_EINVALID, "the consistency proof is too short");
    bool whole = (old_size & (old_size - 1)) == 0; /* then the old root stands for itself and is left out */
    return consistency_walk(old_size - 1, new_size - 1, whole ? *old_root : proof->path[0], whole ? 0 : 1, proof,
                            old_root, new_root, error);
}
