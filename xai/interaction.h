#ifndef QR_XAI_INTERACTION_H
#define QR_XAI_INTERACTION_H

#include "xai/attribution.h"

/* Pairwise Shapley interactions of one row (Grabisch and Roubens 1999), exact: how much of the score comes from two
 * features together, beyond what each does alone. With n features there are n main effects and n (n - 1) / 2 pairs, and
 * base + main effects + pairs = score. A feature's contribution is its main effect and half of each of its pairs.
 *
 * Computed leaf by leaf for one row; in units of 1 / (2 * denominator) before the one rounding (largest remainders over
 * the main effects in order, then the pairs (0,1), (0,2), ... (1,2), ...). */

/* Place of a pair, first < second, among the pairs. */
size_t qr_pair_index(size_t n_features, size_t first, size_t second);

/* main[n_features], pairs[n_features * (n_features - 1) / 2]. */
void qr_explainer_interactions(const struct qr_explainer *explainer, const int32_t *row, int64_t *ret_score,
                               int64_t *ret_main, int64_t *ret_pairs);

/* The same before rounding: pairs in units of 1 / denominator, main effects in units of 1 / (2 * denominator). */
void qr_explainer_interactions_exact(const struct qr_explainer *explainer, const int32_t *row, int64_t *ret_score,
                                     int64_t *ret_twice_main, int64_t *ret_pairs);

#endif
