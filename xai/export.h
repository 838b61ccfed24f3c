#ifndef QR_XAI_EXPORT_H
#define QR_XAI_EXPORT_H

#include "xai/import.h"

/* A canonical model as an XGBoost model (JSON, objective reg:squarederror on the score), so that nobody is locked in.
 * Routing is exact again; leaves and the base score become float32, and the answer states the most that their exact sum
 * can then differ (XGBoost's own float32 addition comes on top). A model whose leaves fit float32 exactly imports back
 * to the same hash.
 *
 * Fails with QR_EUNSUPPORTED when two values of a feature on both sides of a split are one float32. Appends to `out`.
 */
QR_MUST_USE int qr_export_xgboost(const struct qr_model *model, struct qr_buffer *out,
                                  char ret_max_error[QR_ERROR_BOUND_TEXT], struct qr_error *error);

#endif
