#ifndef QR_LEDGER_STORE_ROWS_H
#define QR_LEDGER_STORE_ROWS_H

#include "ledger/store.h"

#include <sqlite3.h>

/* What the files store*.c share: the statements, and the one form of each row, so that writing and comparing cannot
 * differ. Internal to ledger/. */

enum store_statement {
    STORE_BEGIN,
    STORE_BEGIN_READ,
    STORE_COMMIT,
    STORE_ROLLBACK,
    STORE_PUT_FACT,
    STORE_REPLACE_FACT,
    STORE_GET_FACT,
    STORE_PUT_BLOCK,
    STORE_GET_BLOCK,
    STORE_GET_HEAD,
    STORE_PUT_SIGNATURE,
    STORE_GET_SIGNATURES,
    STORE_FIND_SIGNED,
    STORE_FIND_MOST_SIGNED,
    STORE_PUT_LEAVES,
    STORE_GET_LEAVES,
    STORE_PUT_PLACE,
    STORE_FIND_PLACES,
    STORE_DELETE_PLACES,
    STORE_COUNT_SLICES,
    STORE_WALK_PLACES,
    STORE_PUT_BUCKET,
    STORE_GET_BUCKETS,
    STORE_DELETE_BUCKET,
    STORE_WALK_BUCKETS,
    STORE_PUT_TILE,
    STORE_GET_TILE,
    STORE_PUT_STATE,
    STORE_DELETE_STATE,
    STORE_WALK_STATE,
    STORE_PUT_USE,
    STORE_GET_USE,
    STORE_COUNTS,
    STORE_INTEGRITY,
    STORE_STATEMENTS
};

enum { STORE_SLICES = 64, STORE_PREFIX = 8, STORE_PLACE = 14 };

struct qr_store {
    char *path;
    sqlite3 *db;
    int mark; /* descriptor of the file that names the last block; -1: none */
    sqlite3_stmt *statements[STORE_STATEMENTS];
    bool read_only;
    int failed; /* a code once a write has failed */
    bool importing;
    bool grouped; /* a transaction is open for several blocks */
    struct qr_header last; /* the last appended since the store was opened */
    bool counted;
    size_t slices[STORE_SLICES]; /* rows of table `place`, once counted: store_places.c */
    bool viewing; /* between qr_store_read_begin and _end */
};

/* Runs a statement without arguments. */
int qr_store_run(struct qr_store *store, enum store_statement which, struct qr_error *error);
int qr_store_put_fact(struct qr_store *store, const char *name, const void *bytes, size_t size, struct qr_error *error);
/* Steps to a fact's value: QR_ENOT_FOUND. The statement is to be reset. */
int qr_store_get_fact(struct qr_store *store, const char *name, sqlite3_stmt **ret, struct qr_error *error);
QR_MUST_USE int qr_store_put_signature(struct qr_store *store, uint64_t height, const struct qr_note_signature *line,
                                       struct qr_error *error);
/* Undoes the open transaction after a failed write, and ends the use of the store. Returns the cause's code. */
int qr_store_give_up(struct qr_store *store, const struct qr_error *cause, struct qr_error *error);
/* All rows of an append, within a transaction that is open. */
int qr_store_put_rows(struct qr_store *store, const struct qr_append *append, struct qr_error *error);

/* The statement, reset and without bindings; NULL with the error filled when the store cannot be used. */
sqlite3_stmt *qr_store_statement(struct qr_store *store, enum store_statement which, struct qr_error *error);
/* Steps once: 1 for a row, 0 at the end, or a code. */
int qr_store_step(struct qr_store *store, sqlite3_stmt *statement, struct qr_error *error);
int qr_store_fail(struct qr_store *store, const char *doing, struct qr_error *error);

/* store_wal.c: makes sure of what the write-ahead log holds, before anything builds on it. */
int qr_store_wal_rewrite(struct qr_store *store, struct qr_error *error);

/* store_mark.c: the file beside the store that names its last block. */
int qr_store_mark_open(struct qr_store *store, struct qr_error *error);
int qr_store_mark_put(struct qr_store *store, const struct qr_header *header, struct qr_error *error);

/* Where something stands, for finding it by the first 8 bytes of its hash: a leaf's index, or for a transaction
 * -1 - (height * 2^14 + position). */
int64_t qr_store_place_of_leaf(uint64_t index);
int64_t qr_store_place_of_transaction(uint64_t height, size_t position);

/* The index of places (store_places.c, which says how it is kept). A place with its prefix, as bytes that sort. */
struct store_place {
    uint8_t bytes[STORE_PLACE];
};
int64_t qr_store_place_number(const struct store_place *place);
/* Those of one block's transactions and leaves; free them. */
QR_MUST_USE int qr_store_places_of(const struct qr_append *append, struct store_place **ret_places, size_t *ret_n,
                                   struct qr_error *error);
/* Adds those of one block, in its transaction; sorts them. */
QR_MUST_USE int qr_store_put_places(struct qr_store *store, struct store_place *places, size_t n, struct qr_error *error);
/* Those whose prefix lies from low to high, sorted, at most 4,096; free them. */
QR_MUST_USE int qr_store_find_places(struct qr_store *store, const struct qr_hash *low, const struct qr_hash *high,
                                     struct store_place **ret_places, size_t *ret_n, struct qr_error *error);

/* A set of places as a number: the sum of what each hashes to, in whatever order, and how many there are. */
void qr_store_sum_place(struct qr_store_sum *sum, const struct store_place *place);
/* Of the whole index; QR_ECORRUPT when a place lies where no search would find it. */
QR_MUST_USE int qr_store_sum_places(struct qr_store *store, struct qr_store_sum *ret, struct qr_error *error);

/* The tile's row id: level 0 sorts last, so that the level that grows most is appended to. */
int64_t qr_store_tile_id(unsigned level, uint64_t index);

/* Leaves share rows of up to about 1.8 KiB. Calls write for each row of the block's leaves: its first index and bytes. */
int qr_store_leaf_rows(const struct qr_leaves *leaves, uint64_t first,
                       int (*write)(void *context, uint64_t first, const struct qr_buffer *bytes), void *context);

#endif
