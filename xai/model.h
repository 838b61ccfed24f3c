#ifndef QR_XAI_MODEL_H
#define QR_XAI_MODEL_H

#include "xai/schema.h"

/* A model: an ensemble of decision trees over fixed-point features, in integers throughout. Its canonical file
 * ("QRM1") is named by its SHA-256, and equal files give equal scores on every machine.
 *
 * score(row) = base score + sum over trees of the leaf that the row reaches, in units of 1 / score scale
 * (a power of two, at most 2^24). Models are immutable and shared by reference count, also between threads. */
struct qr_model;

enum {
    QR_MODEL_FILE_MAX = 16 << 20,
    QR_TREES_MAX = 16384,
    QR_TREE_DEPTH_MAX = 64,
    QR_PATH_FEATURES_MAX = 16, /* distinct features between a root and a leaf */
    QR_SCORE_BITS_MAX = 24,
};

/* Decodes and admits: whatever comes back has passed every check of CANON "Admission". Fails with QR_EFORMAT on
 * bytes that are no canonical model file, QR_ENOT_ADMITTED on a model outside the limits, each saying why. */
QR_MUST_USE int qr_model_decode(const void *bytes, size_t size, struct qr_model **ret_model, struct qr_error *error);
QR_MUST_USE int qr_model_load(const char *path, struct qr_model **ret_model, struct qr_error *error);

struct qr_model *qr_model_ref(struct qr_model *model);
void qr_model_free(struct qr_model *model); /* drops one reference; NULL is allowed */
void qr_model_freep(struct qr_model **model);

/* The canonical file: decoding it gives the same model, and it is what was decoded. */
struct qr_span qr_model_bytes(const struct qr_model *model);
const struct qr_hash *qr_model_hash(const struct qr_model *model); /* SHA-256 of the file */
const struct qr_schema *qr_model_schema(const struct qr_model *model);
const struct qr_hash *qr_model_schema_hash(const struct qr_model *model);

/* score_bits is s of CANON: a score is a multiple of 2^-s. Bounds hold for every row; they come from the leaves. */
struct qr_model_facts {
    unsigned score_bits;
    int64_t base_score;
    int64_t score_min, score_max;
    size_t trees, leaves, splits, depth; /* depth: splits on the longest path */
    size_t path_features;                /* most distinct features on one path */
};
const struct qr_model_facts *qr_model_facts(const struct qr_model *model);

/* The score of one row, and of `n` rows that lie one after another. Each value must be in its declared range
 * (qr_schema_check_row); a row that is not gets some score, and reads nothing out of bounds. */
int64_t qr_model_score(const struct qr_model *model, const int32_t *row);
void qr_model_scores(const struct qr_model *model, const int32_t *rows, size_t n, int64_t *ret_scores);

/* Whether any tree asks about the feature. */
bool qr_model_uses(const struct qr_model *model, size_t feature);

#endif
