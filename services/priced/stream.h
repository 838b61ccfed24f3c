#ifndef QR_SERVICES_PRICED_STREAM_H
#define QR_SERVICES_PRICED_STREAM_H

#include "common/key.h"
#include "services/lib/service.h"

/* The way of decisions to the ledger. A decision is journaled before its quote is answered; open decisions of one
 * mandate gather in a lane; after STREAM_BATCH_MS or STREAM_BATCH_DECISIONS a lane is cut into a batch under the next
 * sequence number. The cut is journaled and synced before the batch is submitted, so that a sequence number names the
 * same bytes for ever; a batch is submitted, one at a time and in order, until a height comes back. */
struct stream;

enum {
    STREAM_BATCH_MS = 100,
    STREAM_BATCH_DECISIONS = 512,
    STREAM_PENDING_MAX = 400000, /* decisions that wait; beyond, quotes are refused */
    STREAM_REMEMBERED = 1 << 18, /* slots for heights of past decisions */
};

struct stream_options {
    struct qr_daemon *daemon;
    const char *chain_id; /* lent, as is the key */
    const struct qr_key *key;
    void (*stopped)(void *context, const struct qr_error *error); /* a batch was refused, or the journal failed */
    void *context;
};

/* Opens HOME/priced.db and takes up what is in it. Nothing is cut before stream_start. */
QR_MUST_USE int stream_open(const struct stream_options *options, struct stream **ret_stream, struct qr_error *error);
void stream_close(struct stream *stream);

/* The ledger knows sequence numbers up to `last` of this key. */
void stream_start(struct stream *stream, uint64_t last);

/* Adds a decision made under a mandate that was active at height as_of. It is kept once stream_settle was called. */
void stream_add(struct stream *stream, const struct qr_hash *mandate, uint64_t as_of, struct qr_span leaf,
                const struct qr_hash *id);
/* Writes what was added, and cuts what is due. Before any quote is answered. */
QR_MUST_USE int stream_settle(struct stream *stream, struct qr_error *error);

size_t stream_pending(const struct stream *stream);

/* Decisions found in a block by other means. */
void stream_remember(struct stream *stream, const struct qr_hash *id, uint64_t height);

/* Where a decision stands: pending with height 0, or recorded. False when it is not remembered. */
bool stream_height(const struct stream *stream, const struct qr_hash *id, uint64_t *ret_height);

/* The pending decision whose id begins with the prefix; its leaf stays valid until the loop runs again. QR_ENOT_FOUND.
 */
QR_MUST_USE int stream_find(const struct stream *stream, ProtobufCBinaryData prefix, struct qr_hash *ret_id,
                            struct qr_span *ret_leaf, struct qr_error *error);

#endif
