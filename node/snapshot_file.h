#ifndef QR_NODE_SNAPSHOT_FILE_H
#define QR_NODE_SNAPSHOT_FILE_H

#include "common/codec.h"
#include "node/snapshot.h"

/* What the files of snapshots share: names, and the forms that are written in one place and read in another. Internal
 * to node/. */

#define QR_SNAPSHOT_UNFINISHED ".new"
#define QR_SNAPSHOT_MAGIC "QRS1"

/* HEIGHT.qrs and the suffix in the folder; to be freed. */
char *qr_snapshot_path(const char *folder, uint64_t height, const char *suffix);

void qr_snapshot_metadata(uint64_t height, const struct qr_hash *hashes, size_t n, struct qr_buffer *out);

/* Deletes all but the newest QR_SNAPSHOTS_KEPT. */
QR_MUST_USE int qr_snapshot_prune(const char *folder, struct qr_error *error);

#endif
