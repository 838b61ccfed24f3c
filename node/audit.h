#ifndef QR_NODE_AUDIT_H
#define QR_NODE_AUDIT_H

#include "ledger/store.h"

/* Audit: everything executed again from the genesis, and compared with what was kept. Export: a ledger as one file.
 *
 * An export is "QRX1", the genesis as bytes, each block as bytes from height 1 on, an empty block as the end, and the signed
 * checkpoint of the head as text. It holds all that is needed to recompute everything else; a shortened one does not end in its signed
 * head. */

struct qr_audit {
    uint64_t height; /* of the head, or of the first block that does not hold */
    struct qr_hash app_hash;
    uint64_t transactions;
    uint64_t decisions;
    uint64_t orders;
};

/* What to audit: a ledgerd.db opened for reading, in which every row is compared, or an export file. `progress` may be NULL.
 * QR_EINVALID (the answer is no) with a sentence that says at which height and what; ret is filled as far as it went. */
QR_MUST_USE int qr_audit_store(struct qr_store *store, void (*progress)(void *context, uint64_t height), void *context,
                               struct qr_audit *ret, struct qr_error *error);
QR_MUST_USE int qr_audit_file(const char *path, void (*progress)(void *context, uint64_t height), void *context,
                              struct qr_audit *ret, struct qr_error *error);

/* Writes genesis, all blocks and the signed head to path; "-" is standard output. QR_EINPUT, and nothing is changed, where another file than an
 * export stands. */
QR_MUST_USE int qr_export(struct qr_store *store, const char *path, struct qr_error *error);

#endif
