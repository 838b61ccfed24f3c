#ifndef QR_NODE_OBJECT_H
#define QR_NODE_OBJECT_H

#include "common/state.h"
#include "governance/member.h"

/* Published objects: models, baselines and reference rows, kept in the replicated state in chunks and named by the SHA-256 of the
 * whole. An upload that is not complete QR_UPLOAD_BLOCKS blocks after its last chunk is dropped. */

/* The numbers are recorded; they never change. */
enum qr_object_kind {
    QR_OBJECT_MODEL = 1,    /* "QRM1" */
    QR_OBJECT_BASELINE = 2, /* "QRB1" */
    QR_OBJECT_ROWS = 3,     /* "QRR1" */
    QR_OBJECT_RULES = 4,    /* pricing rules; named by their hash under QR_DOMAIN_RULES; genesis only */
};

enum {
    QR_CHUNK_SIZE = 256 << 10,
    QR_OBJECT_MAX = 16 << 20,
    QR_UPLOAD_BLOCKS = 10000,
    QR_UPLOADS_MAX = 16, /* unfinished uploads a member may have */
};

struct qr_object {
    struct qr_hash hash;
    enum qr_object_kind kind;
    uint64_t size;
    uint64_t height; /* at which it was completed */
    char publisher[QR_MEMBER_NAME_MAX]; /* "" for the genesis */
};

const char *qr_object_kind_name(enum qr_object_kind kind);

/* Stores a complete object in chunks. */
void qr_object_put(struct qr_state *state, const struct qr_object *object, const void *bytes);
/* QR_ENOT_FOUND unless it is there complete. */
QR_MUST_USE int qr_object_get(const struct qr_state *state, const struct qr_hash *hash, struct qr_object *ret,
                              struct qr_error *error);
QR_MUST_USE int qr_object_read(const struct qr_state *state, const struct qr_hash *hash, struct qr_buffer *out,
                               struct qr_error *error);

#endif
