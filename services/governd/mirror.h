#ifndef QR_SERVICES_GOVERND_MIRROR_H
#define QR_SERVICES_GOVERND_MIRROR_H

#include "services/governd/governd.h"

/* A copy of governance's entries of the replicated state, so that the functions of governance/ read it as they read the
 * ledger's own. It is read anew when a block changed something there, or when events were missed. */

/* What the mandate of a proposal that would replace it names. */
struct mandate {
    struct qr_hash id;
    struct qr_hash model;
    struct qr_hash baseline;
    struct qr_hash rules;
};

/* `changed` is called after each reading. */
struct mirror *mirror_new(struct governd *governd, void (*changed)(struct governd *governd));
void mirror_free(struct mirror *mirror);
/* Subscribes to blocks and reads for the first time. */
QR_MUST_USE int mirror_start(struct mirror *mirror, struct qr_error *error);

/* NULL until the ledger was read once. The pointer is good until the loop runs again. */
const struct qr_state *mirror_state(const struct mirror *mirror);
const struct mandate *mirror_mandate(const struct mirror *mirror, const struct qr_hash *id); /* NULL: not known */

/* Calls back once everything up to `height` is in the mirror: at once where it is already. When the ledger cannot be
 * reached, the error says so, and the mirror may be behind. */
typedef void mirror_done(void *context, const struct qr_error *error);
void mirror_when(struct mirror *mirror, uint64_t height, mirror_done *done, void *context);
/* Likewise for the height that the ledger is at now. */
void mirror_when_fresh(struct mirror *mirror, mirror_done *done, void *context);

#endif
