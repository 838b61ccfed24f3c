#ifndef QR_NODE_EXPLAINERS_H
#define QR_NODE_EXPLAINERS_H

#include "node/mandate.h"
#include "xai/attribution.h"
#include "xai/rules.h"

/* What recomputes decisions: for each mandate in use its model, baseline and rules, ready to explain. A few are kept; threads
 * borrow them. */
struct qr_explainers;

struct qr_pricing {
    struct qr_hash mandate;
    struct qr_explainer *explainer;
    struct qr_rules rules;
};

struct qr_explainers *qr_explainers_new(size_t table_bytes);
void qr_explainers_free(struct qr_explainers *explainers);

/* The one of a mandate when it is there, else NULL. Given back with qr_explainers_drop. Thread-safe. */
const struct qr_pricing *qr_explainers_find(struct qr_explainers *explainers, const struct qr_hash *mandate);
void qr_explainers_drop(struct qr_explainers *explainers, const struct qr_pricing *pricing);

/* Finds or makes it from the objects in the state: for the thread that owns the state. */
QR_MUST_USE int qr_explainers_load(struct qr_explainers *explainers, const struct qr_state *state,
                                   const struct qr_mandate *mandate, const struct qr_pricing **ret,
                                   struct qr_error *error);

/* An explainer made ahead of its mandate, so that the block that activates model and baseline does not wait for its tables: begun by the
 * thread that owns the state, built by any, kept by the first. One is kept; the mandate that needs it takes it. */
struct qr_explainer_draft;
/* NULL when it is ready already, or cannot be made: then the activation tries. */
struct qr_explainer_draft *qr_explainers_begin(const struct qr_explainers *explainers, const struct qr_state *state,
                                               const struct qr_hash *model, const struct qr_hash *baseline);
void qr_explainers_build(struct qr_explainer_draft *draft);
void qr_explainers_keep(struct qr_explainers *explainers, struct qr_explainer_draft *draft); /* takes it */
void qr_explainer_draft_free(struct qr_explainer_draft *draft);

/* Objects of the state, decoded. */
QR_MUST_USE int qr_state_model(const struct qr_state *state, const struct qr_hash *hash, struct qr_model **ret,
                               struct qr_error *error);
QR_MUST_USE int qr_state_baseline(const struct qr_state *state, const struct qr_hash *hash, struct qr_baseline **ret,
                                  struct qr_error *error);
QR_MUST_USE int qr_state_rules(const struct qr_state *state, const struct qr_hash *hash, struct qr_rules *ret,
                               struct qr_error *error);

#endif
