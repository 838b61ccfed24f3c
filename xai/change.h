#ifndef QR_XAI_CHANGE_H
#define QR_XAI_CHANGE_H

#include "xai/attribution.h"

#include <jansson.h>

/* What the change from model a to model b comes from: the exact attribution of "score of b less score of a", over all
 * rows and over each cabin, route and bracket of days left, and the rows whose fares rise and fall most.
 *
 * Rows stream by, any number of them: differences of Phi are summed per segment in 128 bits, which 2^62 rows cannot
 * fill, and rounded once per segment (CANON, "Attribution"), so the order and the batches of rows cannot matter. */
struct qr_change;

/* The explainers must outlive it. Fails with QR_EMISMATCH when the two cannot be subtracted: other baselines, features
 * or score scales. */
QR_MUST_USE int qr_change_new(const struct qr_explainer *a, const struct qr_explainer *b,
                              struct qr_change **ret_change, struct qr_error *error);
void qr_change_freep(struct qr_change **change);

/* `n` rows with what qr_explainer_phi says of each under both models. */
void qr_change_add(struct qr_change *change, const int32_t *rows, size_t n, const int64_t *scores_a,
                   const int64_t *phi_a, const int64_t *scores_b, const int64_t *phi_b);

/* {"score_scale":N,"base":N,"change":N,"mean":{"days_left":N,...},"mean_abs":{...},
 *  "segments":[{"name":"cabin","segments":[{"value":"economy","rows":N,"change":N,"contributions":{...}},...]},
 *              {"name":"route",...},{"name":"days_left",...}],
 *  "risers":[{"row":N,"before":N,"after":N,"contributions":{...}},...],"fallers":[...]}
 * In score units: base is what the change of the baseline's mean is, `change` the mean over the rows, and base + sum of
 * contributions (or of `mean`) = change, exactly; of a riser or a faller it is the row's own change. `before` and
 * `after` are minor units. A new reference. */
json_t *qr_change_json(const struct qr_change *change);

#endif
