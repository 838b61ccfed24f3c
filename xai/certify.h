#ifndef QR_XAI_CERTIFY_H
#define QR_XAI_CERTIFY_H

#include "xai/model.h"

/* Certificates of monotonicity: that raising one number, all else equal, never lowers (or never raises) the score, for
 * every row that the features can hold. At each threshold of the feature the trees that split there are compared just
 * below and just above it; the largest possible change against the claim is bounded over boxes of the other features,
 * and boxes are cut until the bound settles it or a pair of rows breaks the claim (branch and bound). Blanks of the
 * feature are not compared. */

enum qr_certificate_result { QR_CERTIFICATE_PROVED, QR_CERTIFICATE_BROKEN, QR_CERTIFICATE_UNDECIDED };

struct qr_certificate {
    enum qr_certificate_result result; /* undecided: a limit ended the search */
    size_t cells;                      /* pairs of neighbouring cells compared */
    uint64_t nodes;
    int32_t lower[QR_FEATURES_MAX], upper[QR_FEATURES_MAX]; /* broken: two rows that differ in the feature alone */
    int64_t lower_score, upper_score;
};

enum { QR_CERTIFY_NODES_DEFAULT = 1000000, QR_CERTIFY_DEPTH_MAX = 4096 /* boxes in boxes, a limit as well */ };

struct qr_certify_limits {
    uint64_t nodes; /* boxes */
    uint64_t steps; /* nodes of the trees bounded over boxes, all of a tree counted each time: what it costs */
};

/* Fails with QR_EUSAGE when the feature is a category, which has no order. */
const char *qr_certificate_word(enum qr_certificate_result result); /* "proved", "broken", "undecided" */

QR_MUST_USE int qr_certify_monotone(const struct qr_model *model, size_t feature, bool increasing,
                                    const struct qr_certify_limits *limits, struct qr_certificate *ret_certificate,
                                    struct qr_error *error);

#endif
