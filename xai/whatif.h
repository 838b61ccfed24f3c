#ifndef QR_XAI_WHATIF_H
#define QR_XAI_WHATIF_H

#include "xai/model.h"

/* What would have to change for a fare below a given one: the smallest change of the features that may change. A change
 * of fewer features is smaller; among those of equally many, the sum of the steps counts, each as a part of its
 * feature's range (a category, or a blank, is a whole range), in 2^-39.
 *
 * The search is exact: boxes of rows are taken in the order of the smallest change that leads into them and cut in two
 * along the trees' splits; a box whose least possible score is too high is dropped (branch and bound). */

struct qr_whatif {
    bool found;
    bool limited; /* the node limit ended the search: nothing is said beyond what was found */
    uint64_t nodes;
    int64_t score;
    int32_t row[QR_FEATURES_MAX]; /* the changed row, when found */
};

enum { QR_WHATIF_NODES_DEFAULT = 200000 };

/* may_change: one flag a feature. `below` in minor units. Fails with QR_ERANGE when the row is out of range. */
QR_MUST_USE int qr_whatif_search(const struct qr_model *model, const int32_t *row, const bool *may_change,
                                 int64_t below, uint64_t nodes_max, struct qr_whatif *ret_answer,
                                 struct qr_error *error);

#endif
