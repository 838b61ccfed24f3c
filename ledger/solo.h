#ifndef QR_LEDGER_SOLO_H
#define QR_LEDGER_SOLO_H

#include "ledger/chain.h"
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

struct qr_solo_setup {
    const struct qr_app *app;
    struct qr_chain *chain;     /* with a store; not owned */
    struct qr_workers *workers; /* for prepare; NULL: on the calling thread */
    /* Told of each submission by qr_solo_cut, after the block is on the disk. */
    void (*answer)(void *context, const struct qr_answer *answer);
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

#endif
