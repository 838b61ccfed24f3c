#include "ledger/consistency.h"

#include "ledger/json.h"

static void order(const struct qr_checkpoint **a, const struct qr_checkpoint **b)
{
    if ((*a)->height <= (*b)->height)
        return;
    const struct qr_checkpoint *swap = *a;
    *a = *b;
    *b = swap;
}

static bool same(const struct qr_checkpoint *a, const struct qr_checkpoint *b)
{
    return a->height == b->height && a->size == b->size && a->time == b->time && qr_hash_equal(&a->root, &b->root) &&
           qr_hash_equal(&a->app_hash, &b->app_hash);
}

bool qr_log_needs_proof(const struct qr_checkpoint *a, const struct qr_checkpoint *b)
{
    order(&a, &b);
    return qr_hash_equal(&a->genesis, &b->genesis) && a->height < b->height && a->size < b->size;
}

enum qr_log_relation qr_log_compare(const struct qr_checkpoint *a, const struct qr_checkpoint *b, const struct qr_proof *proof)
{
    order(&a, &b);
    if (!qr_hash_equal(&a->genesis, &b->genesis))
        return QR_LOG_OTHER;
    if (a->height == b->height)
        return same(a, b) ? QR_LOG_SAME : QR_LOG_EQUIVOCATION;
    if (b->size < a->size || b->time <= a->time)
        return QR_LOG_SHORTENED;
    if (a->size == b->size)
        return qr_hash_equal(&a->root, &b->root) ? QR_LOG_GROWN : QR_LOG_REWRITTEN;
    return qr_consistency_verify(a->size, &a->root, b->size, &b->root, proof, NULL) == 0 ? QR_LOG_GROWN : QR_LOG_REWRITTEN;
}

bool qr_log_agrees(enum qr_log_relation relation)
{
    return relation == QR_LOG_SAME || relation == QR_LOG_GROWN;
}

int qr_log_fail(enum qr_log_relation relation, const struct qr_checkpoint *a, const struct qr_checkpoint *b,
                struct qr_error *error)
{
    order(&a, &b);
    switch (relation) {
    case QR_LOG_SAME:
    case QR_LOG_GROWN:
        return 0;
    case QR_LOG_OTHER:
        return qr_fail(error, QR_EMISMATCH, "the checkpoints are of two ledgers: their origins differ");
    case QR_LOG_EQUIVOCATION:
        return qr_fail(error, QR_EFORKED, "there are two blocks %" PRIu64 ": their checkpoints contradict each other", a->height);
    case QR_LOG_SHORTENED:
        return qr_fail(error, QR_EFORKED,
                       "block %" PRIu64 " has %" PRIu64 " leaves before it and is not later than block %" PRIu64 " with %" PRIu64
                       ": the log was shortened",
                       b->height, b->size, a->height, a->size);
    case QR_LOG_REWRITTEN:
        return qr_fail(error, QR_EFORKED,
                       "the log of %" PRIu64 " leaves at block %" PRIu64 " does not continue that of %" PRIu64
                       " at block %" PRIu64 ": it was rewritten, or the proof is of other sizes",
                       b->size, b->height, a->size, a->height);
    }
    return QR_EINTERNAL;
}

void qr_consistency_write(const struct qr_consistency *consistency, struct qr_buffer *out)
{
    json_t *path = json_array();
    for (unsigned i = 0; i < consistency->proof.n; i++)
        json_array_append_new(path, json_string(qr_hash_text(&consistency->proof.path[i]).text));
    qr_json_take(json_pack("{s:i,s:I,s:I,s:o}", "version", 1, "old_size", (json_int_t)consistency->old_size, "new_size",
                           (json_int_t)consistency->new_size, "path", path),
                 out);
}

static bool read_consistency(const json_t *root, struct qr_consistency *ret)
{
    static const char *const keys[] = {"version", "old_size", "new_size", "path"};
    uint64_t version;
    const json_t *path = json_object_get(root, "path");
    if (!qr_json_keys(root, keys, 4) || !qr_json_uint(json_object_get(root, "version"), 1, &version) || version != 1 ||
        !qr_json_uint(json_object_get(root, "old_size"), INT64_MAX, &ret->old_size) ||
        !qr_json_uint(json_object_get(root, "new_size"), INT64_MAX, &ret->new_size) || !json_is_array(path) ||
        json_array_size(path) > QR_PROOF_MAX)
        return false;
    for (size_t i = 0; i < json_array_size(path); i++)
        if (!qr_json_hash(json_array_get(path, i), &ret->proof.path[ret->proof.n++]))
            return false;
    return true;
}

int qr_consistency_read(const char *text, size_t size, struct qr_consistency *ret, struct qr_error *error)
{
    struct qr_consistency consistency = {.old_size = 0};
    if (size > QR_CONSISTENCY_FILE_MAX)
        return qr_fail(error, QR_EFORMAT, "a consistency proof has at most %d bytes", QR_CONSISTENCY_FILE_MAX);
    json_t *root = qr_json_parse(text, size, error);
    if (!root)
        return qr_prefix(error, "not a consistency proof");
    bool good = read_consistency(root, &consistency);
    json_decref(root);
    if (!good)
        return qr_fail(error, QR_EFORMAT, "not a consistency proof: it needs version 1, old_size, new_size and path");
    *ret = consistency;
    return 0;
}
