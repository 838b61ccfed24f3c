#ifndef QR_XAI_IMPORT_H
#define QR_XAI_IMPORT_H

#include "xai/model.h"

/* Models of other libraries into canonical ones. Routing is exact: for every row that the fixed-point features can
 * hold, each tree takes the branch that the source library takes in its own floating-point arithmetic. Leaves
 * are rounded to 2^-s with the largest s that admission allows; what cannot be represented is refused. */

enum { QR_SOURCE_FILE_MAX = 128 << 20, QR_ERROR_BOUND_TEXT = 48 };

struct qr_import {
    struct qr_model *model;
    const char *format;                  /* "xgboost-json", "xgboost-ubj", "lightgbm-text" */
    char max_error[QR_ERROR_BOUND_TEXT]; /* most that a score can differ from the source's exact real sum, decimal,
                                            rounded up */
};

/* The source's kind is told by its content. `schema` says what the columns of the source model mean: by name where the
 * source names its features, else by position. Fails with QR_EFORMAT on a damaged file, QR_EUNSUPPORTED on what has
 * no exact counterpart, QR_EINPUT when schema and source disagree, QR_ENOT_ADMITTED or QR_ELIMIT. */
QR_MUST_USE int qr_import_source(const void *bytes, size_t size, const struct qr_schema *schema,
                                 struct qr_import *ret_import, struct qr_error *error);
QR_MUST_USE int qr_import_file(const char *path, const struct qr_schema *schema, struct qr_import *ret_import,
                               struct qr_error *error);

#endif
