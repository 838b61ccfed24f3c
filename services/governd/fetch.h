#ifndef QR_SERVICES_GOVERND_FETCH_H
#define QR_SERVICES_GOVERND_FETCH_H

#include "services/governd/governd.h"

/* Gets a published object from the ledger, piece by piece, and compares it with the hash that names it. Exactly one of
 * bytes and error is not NULL; the bytes are lent. */
typedef void fetch_done(void *context, const struct qr_buffer *bytes, const struct qr_error *error);
void fetch_object(struct governd *governd, const struct qr_hash *hash, fetch_done *done, void *context);

#endif
