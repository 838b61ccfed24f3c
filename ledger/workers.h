#ifndef QR_LEDGER_WORKERS_H
#define QR_LEDGER_WORKERS_H

#include <stddef.h>

/* A small pool of threads that shares out independent items of work: signatures to verify, decisions to recompute. The
 * caller works along, and results land in arrays by index, so no order of execution can show in them. One round at a time:
 *
 *     qr_workers_run(workers, n, work, context);      returns when all items are done; workers may be NULL: then here, in order
 *
 *     qr_workers_start(workers, n, work, context);    or: uses each item as soon as it is done, while others are being worked on
 *     for (i = 0; i < n; i++)
 *         qr_workers_wait(workers, i), use(i);
 *     qr_workers_finish(workers);
 */
struct qr_workers;

/* threads: how many work in all, the caller counted; 0 for as many as there are processors. */
struct qr_workers *qr_workers_new(unsigned threads);
void qr_workers_free(struct qr_workers *workers);
unsigned qr_workers_count(const struct qr_workers *workers);

/* Calls work(context, i) for each i in [0, n), the first ones first. */
void qr_workers_start(struct qr_workers *workers, size_t n, void (*work)(void *context, size_t i), void *context);
void qr_workers_wait(struct qr_workers *workers, size_t i); /* until item i is done; works along */
void qr_workers_finish(struct qr_workers *workers);         /* until all are done; ends the round */
/* All of it; workers may be NULL: then here, in order. */
void qr_workers_run(struct qr_workers *workers, size_t n, void (*work)(void *context, size_t i), void *context);

#endif
