#ifndef QR_XAI_EXPORT_H
#define QR_XAI_EXPORT_H

#include "xai/import.h"

/* A canonical model as an XGBoost model (JSON, objective reg:squarederror on the score), so that nobody is locked in.
 * Routing is exact again. Leaves and the base score become float32, and XGBoost adds them up in float32; the answer
 * bounds what both do. A model whose leaves fit float32 exactly imports back to the same hash. */

/* Proven bounds in decimal, rounded up. */
struct qr_export_error {
    char score[QR_ERROR_BOUND_TEXT];  /* of the margin that XGBoost predicts, in whichever order it adds */
    char leaves[QR_ERROR_BOUND_TEXT]; /* of the exact sum of the rounded leaves and base score: the part of `score` that
                                         an import of the model keeps */
};

/* Fails with QR_EUNSUPPORTED when two values of a feature on both sides of a split are one float32. Appends to `out`.
 */
QR_MUST_USE int qr_export_xgboost(const struct qr_model *model, struct qr_buffer *out,
                                  struct qr_export_error *ret_max_error, struct qr_error *error);

#endif
