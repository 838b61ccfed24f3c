#ifndef QR_LEDGER_TABLE_H
#define QR_LEDGER_TABLE_H

#include "common/buffer.h"
#include "common/hash.h"

/* Finds things by a hash, and remembers the order in which they came. An entry is embedded in the thing that it finds, which the
 * caller allocates and frees. The first bytes of a key must be as good as random; entries of one key may be several. */
struct qr_table_entry {
    struct qr_hash key;
    struct qr_table_entry *next_in_bucket, **in_bucket; /* what points to it */
    struct qr_table_entry *older, *newer;
};

enum { QR_TABLE_BUCKETS = 1 << 14 };

struct qr_table {
    struct qr_table_entry **buckets;
    struct qr_table_entry *oldest, *newest;
    size_t n;
};

void qr_table_init(struct qr_table *table);
void qr_table_done(struct qr_table *table); /* entries are the caller's to free before */

void qr_table_add(struct qr_table *table, struct qr_table_entry *entry, const struct qr_hash *key);
void qr_table_remove(struct qr_table *table, struct qr_table_entry *entry);
/* The entry of this key that came last; NULL when there is none. */
struct qr_table_entry *qr_table_find(const struct qr_table *table, const struct qr_hash *key);
/* The next of the same key, that came before it. */
struct qr_table_entry *qr_table_find_next(const struct qr_table_entry *entry);

#endif
