#ifndef QR_XAI_EXPLAINER_H
#define QR_XAI_EXPLAINER_H

#include "common/fixed.h"
#include "xai/attribution.h"
#include "xai/tree.h"

/* Inside of an explainer, for the engines of this folder. */

/* weights[p][q] = L (p-1)! q! / (p+q)! for p >= 1, p + q <= 16: what each of p features that the row alone satisfies
 * gains from a leaf of 1. Each of q features that the baseline row alone satisfies loses weights[q][p]. */
struct shapley_weights {
    int64_t weights[QR_PATH_FEATURES_MAX + 1][QR_PATH_FEATURES_MAX + 1];
};
void shapley_fill(struct shapley_weights *weights);

struct tables;
struct table_tree;

struct qr_explainer {
    struct qr_model *model;
    struct qr_baseline *baseline;
    int64_t base;
    int64_t denominator;
    int64_t baseline_sum; /* scores of the baseline, counted */
    struct qr_explainer_facts facts;
    struct shapley_weights shapley;
    struct tables *tables; /* NULL: every tree takes the direct path */
    void (*add)(const struct table_tree *tree, const uint16_t *bins, size_t n, size_t n_features, int64_t *phi);
};

/* The direct method: adds one tree's Phi for one row, baseline row by baseline row, in constant memory. */
void direct_add(const struct qr_explainer *explainer, size_t tree, const int32_t *row, int64_t *phi);

#endif
