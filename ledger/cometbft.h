#ifndef QR_LEDGER_COMETBFT_H
#define QR_LEDGER_COMETBFT_H

#include "ledger/bundle.h"
#include "ledger/chain.h"
#include "ledger/workers.h"

/* The engine `cometbft`, seen from the ledger: CometBFT orders transactions among several organisations and decides the time;
 * this answers what it asks its application (ABCI 2.0). Messages and sockets are the caller's (services/ledgerd).
 *
 * What CometBFT calls a transaction is a bundle of ours here (ledger/bundle.h), and spans are bundles.
 *
 * What an honest proposer puts into a block is readable, signed, in sequence and recomputes to what it claims. A proposal that holds
 * anything else is an offence and is rejected. A transaction that is none of that but refused in its turn (a vote that has closed) may
 * stand in CometBFT's block; it is then no part of the ledger's block, and whoever submitted it is told why. So every node answers what was
 * submitted to it from the blocks alone.
 *
 * CometBFT calls its application while a vote or deadline makes no transaction. Then nodes put a tick into their mempools:
 * bytes that are no transaction, are never proposed, and leave the mempool when the deadline has been met. They make CometBFT
 * cut blocks, empty ones, until block time has passed the deadline.
 *
 * All calls are of one thread; workers check signatures and recompute decisions. Nothing here reads a clock: `now` comes in. */
struct qr_cometbft;

enum {
    QR_COMETBFT_PENDING_MAX = 1 << 15,          /* submissions that wait for a block; beyond, QR_EBUSY */
    QR_COMETBFT_STALE_MS = 2000,                /* how old the time of a block that holds transactions may be after a pause */
    QR_COMETBFT_PENDING_MS = 60000,             /* a submission in no block by then is answered with QR_ETIMEOUT */
    QR_COMETBFT_RESEND_MS = 15000,              /* how long before one is handed to CometBFT again */
    QR_TICK_MAX = 40,                           /* bytes of a tick */
};

struct qr_cometbft_setup {
    const struct qr_app *app;
    struct qr_chain *chain; /* with a store; not owned */
    struct qr_workers *workers;
    void (*answer)(void *context, const struct qr_answer *answer);
    void *context;
};

struct qr_cometbft *qr_cometbft_new(const struct qr_cometbft_setup *setup);
/* What still waits is answered with QR_EBUSY: it may come into a block all the same. */
void qr_cometbft_free(struct qr_cometbft *comet);

/* ---- Submissions of this node's clients ---- */

/* Takes one encoded transaction (copied). QR_EFORMAT, QR_EBUSY; everything else is answered later. */
QR_MUST_USE int qr_cometbft_submit(struct qr_cometbft *comet, const void *bytes, size_t size, uint64_t token, int64_t now,
                                   struct qr_error *error);
/* Checks what was submitted since the last call and answers what can be answered at once: what is refused for good, what stands in a
 * block already, what has waited too long. */
void qr_cometbft_settle(struct qr_cometbft *comet, int64_t now);
/* Appends one bundle of what CometBFT should be handed and tells how many transactions it holds; they count as handed over from now on.
 * 0: none wait. */
size_t qr_cometbft_take(struct qr_cometbft *comet, int64_t now, struct qr_buffer *bundle);
/* What was handed over since then may not have arrived: it is taken again. */
void qr_cometbft_retake(struct qr_cometbft *comet, int64_t since);
size_t qr_cometbft_pending(const struct qr_cometbft *comet);

/* Whether a deadline asks for a block at this time; the tick that asks CometBFT for it. */
bool qr_cometbft_tick(const struct qr_cometbft *comet, int64_t now, char ret_tick[QR_TICK_MAX], size_t *ret_size);

/* ---- What CometBFT asks ---- */

/* Makes the costly checks of many bundles side by side, so that the calls below find them made. */
void qr_cometbft_prepare_all(struct qr_cometbft *comet, const struct qr_span *bundles, size_t n);

/* CheckTx: whether a bundle may wait in the mempool: nothing in it is refused for good, and something may still come into a block. `again`
 * after a block, of a bundle that waits already: what that block held and a rule refused has had its turn, or a bundle that is cut
 * each time would be proposed for ever. */
QR_MUST_USE int qr_cometbft_check(struct qr_cometbft *comet, const struct qr_span *bundle, bool again, int64_t now,
                                  struct qr_error *error);

/* What a proposer puts into a block. */
struct qr_candidate {
    size_t n;
    struct qr_span *bundles; /* they point into bytes */
    struct qr_buffer bytes;
};

/* PrepareProposal: which of the bundles go into the block, in which order, at most max_bytes of them (each counted with overhead as
 * CometBFT counts it). What an honest proposer leaves out is cut out of its bundle. None at all when the block's time is stale, so that
 * what waits stands under a fresh time in the next. */
void qr_cometbft_propose(struct qr_cometbft *comet, int64_t time, const struct qr_span *bundles, size_t n, uint64_t max_bytes,
                         int64_t now, struct qr_candidate *ret);
void qr_candidate_done(struct qr_candidate *candidate);

/* ProcessProposal. A function of the committed state and the arguments alone. */
bool qr_cometbft_accepts(struct qr_cometbft *comet, int64_t time, const struct qr_span *bundles, size_t n,
                         struct qr_error *error);

/* FinalizeBlock: executes the next block and leaves it open. `time` as CometBFT gives it, in ms. The bytes live until
 * commit. results[i] tells of each bundle: what refused its first transaction, if all are refused; the header is good until commit. A block that is open already, because CometBFT
 * was restarted, is undone first. */
QR_MUST_USE int qr_cometbft_finalize(struct qr_cometbft *comet, uint64_t height, int64_t time,
                                     const struct qr_span *bundles, size_t n, struct qr_error *results,
                                     const struct qr_header **ret_header, struct qr_error *error);
/* Commit: one transaction of the store; then answers what it held. Fails as a store does, and when no block is open. */
QR_MUST_USE int qr_cometbft_commit(struct qr_cometbft *comet, int64_t now, struct qr_error *error);
/* The connection was lost between FinalizeBlock and Commit. */
void qr_cometbft_abandon(struct qr_cometbft *comet);

#endif
