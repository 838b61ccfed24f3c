#ifndef QR_LEDGER_SOLO_H
#define QR_LEDGER_SOLO_H

#include "ledger/engine.h"
#include "ledger/store.h"
#include "ledger/workers.h"

/* The engine `solo`: one sequencer, no sockets, no clock of its own. What was submitted since the last cut becomes the
 * next block; block time = max(previous + 1 ms, the clock's). Only valid transactions are included: one that is refused
 * is answered with its error and leaves no trace. Group commit comes from cutting once for all that waits: while one block
 * reaches the disk, the next gathers. */
struct qr_solo;

enum {
    QR_SOLO_QUEUE_MAX = 1 << 15,        /* transactions that wait */
    QR_SOLO_QUEUE_BYTES_MAX = 64 << 20, /* and their bytes; beyond either, QR_EBUSY */
};

/* The answer to one submission, given by qr_solo_cut after the block is on the disk. A transaction that stands in a block
 * already, sent again with the same body, is answered with that block's height. */
struct qr_solo_answer {
    uint64_t token;
    const struct qr_hash *id;
    uint64_t height; /* of the block that holds it; 0 when there is none */
    bool replayed;   /* it was there before */
    const struct qr_error *error; /* NULL when it is in the block */
};

struct qr_solo_setup {
    const struct qr_app *app;
    struct qr_store *store;
    struct qr_merkle_log *log;            /* as of the store's head; not owned */
    const struct qr_header *head;  /* the store's head; copied */
    const struct qr_hash *genesis; /* hash; copied */
    const struct qr_key *key;      /* a node's key that signs each checkpoint */
    struct qr_workers *workers;    /* for prepare; NULL: on the calling thread */
    void (*answer)(void *context, const struct qr_solo_answer *answer);
    void *context;
};

struct qr_solo *qr_solo_new(const struct qr_solo_setup *setup);
void qr_solo_free(struct qr_solo *solo);

/* Queues one encoded transaction (copied). QR_EFORMAT, QR_EBUSY; everything else is answered at the cut. Transactions of one token that
 * follow each other belong together: after one of them was refused, the rest is not tried (QR_EREFUSED). */
QR_MUST_USE int qr_solo_submit(struct qr_solo *solo, const void *bytes, size_t size, uint64_t token,
                               struct qr_error *error);
size_t qr_solo_waiting(const struct qr_solo *solo);

/* Whether a cut at this time would make a block: something waits, or a deadline has passed. */
bool qr_solo_due(const struct qr_solo *solo, int64_t now);

/* Makes one block of what waits (as much as a block holds) and answers each. No block is made when nothing valid waits and
 * nothing is due. Fails only when the store does: nothing was answered then, and the process should stop. */
QR_MUST_USE int qr_solo_cut(struct qr_solo *solo, int64_t now, bool *ret_made, struct qr_error *error);

const struct qr_header *qr_solo_head(const struct qr_solo *solo);

#endif
