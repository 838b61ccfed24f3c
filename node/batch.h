#ifndef QR_NODE_BATCH_H
#define QR_NODE_BATCH_H

#include "common/codec.h"
#include "ledger/leaves.h"
#include "xai/decision.h"

/* A batch of decisions as pricing submits it (payload of QR_ACTION_BATCH): what each decision is made from, and the root of
 * the leaves that follow from it. Every node rebuilds the leaves and refuses a batch whose root differs.
 *
 * Codec: mandate, as_of, sequence, t0, number of features, number of rule inputs, leaves root, count, then for each decision nonce,
 * time - t0, row, rule inputs. About 35 bytes a decision. */

enum { QR_BATCH_DECISIONS_MAX = 2048 };

/* Longer than this between a decision and its block, and the batch is marked late in the log. */
#define QR_LATE_MS (10 * 60 * 1000)

struct qr_batch {
    struct qr_hash mandate;
    uint64_t as_of;    /* height at which it was priced: the mandate must have been active then */
    uint64_t sequence; /* of the pricing key; equals the transaction's */
    int64_t t0;        /* ms; no decision is earlier */
    struct qr_hash root;
    size_t n_features;
    size_t n_inputs;
    size_t n;
    struct qr_decision_input *decisions; /* rows and inputs point into the two below */
    int32_t *rows;                       /* n x n_features */
    int64_t *inputs;                     /* n x n_inputs */
};

void qr_batch_done(struct qr_batch *batch);
/* Allocates room for n decisions and points their rows and inputs to it. */
void qr_batch_init(struct qr_batch *batch, size_t n_features, size_t n_inputs, size_t n);

void qr_batch_encode(const struct qr_batch *batch, struct qr_buffer *out);
/* Zeroed or filled; call qr_batch_done after either. */
QR_MUST_USE int qr_batch_decode(const void *bytes, size_t size, struct qr_batch *ret, struct qr_error *error);

/* Appends the leaf of each decision, recomputed. Fails with QR_EMISMATCH when the model has another number of features or the
 * rules of inputs, QR_ERANGE for a value out of range. Thread-safe. */
QR_MUST_USE int qr_batch_leaves(const struct qr_batch *batch, const struct qr_explainer *explainer,
                                const struct qr_rules *rules, struct qr_leaves *leaves, struct qr_error *error);
struct qr_hash qr_batch_root(const struct qr_leaves *leaves); /* of all of them */

/* The leaf that marks a late batch: "QRL1", id of its transaction, height, how late in ms. */
void qr_late_leaf_encode(const struct qr_hash *transaction, uint64_t height, int64_t late_ms, struct qr_buffer *out);

#endif
