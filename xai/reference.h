#ifndef QR_XAI_REFERENCE_H
#define QR_XAI_REFERENCE_H

#include "xai/rows.h"

/* Reference rows: the governed cases on which an upgrade is judged, in order, each with its true amount where that
 * is known. Canonical file "QRR1": hash of the feature schema, number of features, rows. Named by its SHA-256.
 * Immutable and shared by reference count. */
struct qr_reference;

enum { QR_REFERENCE_ROWS_MAX = 16384, QR_REFERENCE_FILE_MAX = 16 << 20 };

QR_MUST_USE int qr_reference_decode(const void *bytes, size_t size, struct qr_reference **ret_reference,
                                    struct qr_error *error);
/* The rows of a CSV reader opened with `schema`; amounts when the reader has an amount column. */
QR_MUST_USE int qr_reference_from_rows(const struct qr_schema *schema, struct qr_rows *rows,
                                       struct qr_reference **ret_reference, struct qr_error *error);
/* The schema hash is this schema's and every value is in range; else QR_EMISMATCH or QR_ERANGE. */
QR_MUST_USE int qr_reference_check(const struct qr_reference *reference, const struct qr_schema *schema,
                                   struct qr_error *error);

struct qr_reference *qr_reference_ref(struct qr_reference *reference);
void qr_reference_free(struct qr_reference *reference);
void qr_reference_freep(struct qr_reference **reference);

struct qr_span qr_reference_bytes(const struct qr_reference *reference);
const struct qr_hash *qr_reference_hash(const struct qr_reference *reference);
size_t qr_reference_rows(const struct qr_reference *reference);
const int32_t *qr_reference_all(const struct qr_reference *reference); /* rows x features, one after another */
int64_t qr_reference_amount(const struct qr_reference *reference, size_t index); /* minor units; -1: not known */

#endif
