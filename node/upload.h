#ifndef QR_NODE_UPLOAD_H
#define QR_NODE_UPLOAD_H

#include "node/actions.h"

/* Uploads in progress: chunks of an object that one member publishes, until the last one completes it. */

/* Takes a chunk at this height. The last missing one checks the whole (hash, and that it is what its kind says) and makes
 * it an object. QR_EMISMATCH, QR_ENOT_ADMITTED, QR_EFORMAT, QR_ELIMIT. What is complete already is left as it is. */
QR_MUST_USE int qr_upload_chunk(struct qr_state *state, const char *member, uint64_t height,
                                const struct qr_publish *publish, struct qr_error *error);

/* Drops the uploads whose time is over. */
void qr_upload_expire(struct qr_state *state, uint64_t height);

#endif
