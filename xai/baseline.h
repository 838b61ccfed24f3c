#ifndef QR_XAI_BASELINE_H
#define QR_XAI_BASELINE_H

#include "xai/rows.h"

/* The governed answer to "compared to whom": 1 to 4,096 rows, as a multiset. Its canonical file ("QRB1") holds
 * the hash of the feature schema and the distinct rows in ascending order, each with its count, and is named by its
 * SHA-256. Baselines are immutable and shared by reference count, also between threads. */
struct qr_baseline;

enum { QR_BASELINE_ROWS_MAX = 4096, QR_BASELINE_FILE_MAX = 8 << 20 };

/* Decoding alone cannot know the ranges: qr_baseline_check compares with a schema. */
QR_MUST_USE int qr_baseline_decode(const void *bytes, size_t size, struct qr_baseline **ret_baseline,
                                   struct qr_error *error);
/* The rows of a CSV reader opened with `schema`. */
QR_MUST_USE int qr_baseline_from_rows(const struct qr_schema *schema, struct qr_rows *rows,
                                      struct qr_baseline **ret_baseline, struct qr_error *error);
/* From `n` rows in memory, each checked against the schema. */
QR_MUST_USE int qr_baseline_of(const struct qr_schema *schema, const int32_t *rows, size_t n,
                               struct qr_baseline **ret_baseline, struct qr_error *error);
/* A file of either kind, told apart by content: QRB1 or CSV. */
QR_MUST_USE int qr_baseline_load(const struct qr_schema *schema, const char *path, struct qr_baseline **ret_baseline,
                                 struct qr_error *error);

/* The schema hash is this schema's and every value is in range; else QR_EMISMATCH or QR_ERANGE. */
QR_MUST_USE int qr_baseline_check(const struct qr_baseline *baseline, const struct qr_schema *schema,
                                  struct qr_error *error);

struct qr_baseline *qr_baseline_ref(struct qr_baseline *baseline);
void qr_baseline_free(struct qr_baseline *baseline); /* drops one reference; NULL is allowed */
void qr_baseline_freep(struct qr_baseline **baseline);

struct qr_span qr_baseline_bytes(const struct qr_baseline *baseline);
const struct qr_hash *qr_baseline_hash(const struct qr_baseline *baseline);
size_t qr_baseline_rows(const struct qr_baseline *baseline); /* N: counted */
size_t qr_baseline_distinct(const struct qr_baseline *baseline);
const int32_t *qr_baseline_row(const struct qr_baseline *baseline, size_t index); /* of the distinct ones */
uint32_t qr_baseline_count(const struct qr_baseline *baseline, size_t index);

#endif
