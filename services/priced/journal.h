#ifndef QR_SERVICES_PRICED_JOURNAL_H
#define QR_SERVICES_PRICED_JOURNAL_H

#include "common/buffer.h"
#include "common/error.h"
#include "common/hash.h"

/* HOME/priced.db: what priced has promised to record. An append-only file, "QRJ1" and then frames {size (4 bytes,
 * little-endian), first 8 bytes of the tagged hash (QR_DOMAIN_BATCH) of the content, content}; a content is one record
 * below in the canonical codec. Records are gathered and go out with one write(2), so they survive the end of the
 * process; a sync makes them survive the machine's. A frame that was torn by a power cut ends the file: it was never
 * promised. */
struct journal;

enum { JOURNAL_RECORD_MAX = 1 << 20 };

/* What a replay tells, in the order of writing. */
struct journal_events {
    /* A decision; its mandate was active at height as_of. */
    void (*leaf)(void *context, uint64_t as_of, struct qr_span leaf);
    /* The first n leaves of that mandate that are in no batch yet became batch `sequence`. */
    void (*batch)(void *context, uint64_t sequence, const struct qr_hash *mandate, uint64_t as_of, size_t n);
    /* Batch `sequence` stands in the block at `height`. 0: sequence numbers up to this one are used. */
    void (*recorded)(void *context, uint64_t sequence, uint64_t height);
};

/* Replays the file, cuts off a torn end, and opens it for appending; makes a new one when there is none. Fails with
 * QR_EFORMAT for a file that is no journal. */
QR_MUST_USE int journal_open(const char *path, const struct journal_events *events, void *context,
                             struct journal **ret_journal, struct qr_error *error);
void journal_close(struct journal *journal);

/* Gathered until journal_flush. */
void journal_leaf(struct journal *journal, uint64_t as_of, struct qr_span leaf);
void journal_batch(struct journal *journal, uint64_t sequence, const struct qr_hash *mandate, uint64_t as_of, size_t n);
void journal_recorded(struct journal *journal, uint64_t sequence, uint64_t height);

/* One write(2) of all that was gathered. After a failure nothing more can be promised: QR_EDISK_FULL or QR_EIO. */
QR_MUST_USE int journal_flush(struct journal *journal, struct qr_error *error);

/* A descriptor of its own for fdatasync(2) in another thread; the caller closes it. */
QR_MUST_USE int journal_descriptor(const struct journal *journal, int *ret_descriptor, struct qr_error *error);

uint64_t journal_size(const struct journal *journal);

/* Compaction: from journal_rewrite on, records are gathered for a new file that replaces the old in one step at
 * journal_replace. */
void journal_rewrite(struct journal *journal);
QR_MUST_USE int journal_replace(struct journal *journal, struct qr_error *error);

#endif
