#ifndef QR_LEDGER_WORKERS_H
#define QR_LEDGER_WORKERS_H

#include <stddef.h>

/* A small pool of threads that shares out independent items of work: signatures to verify, decisions to recompute. The
 * caller works along and returns when all items are done, so results land in arrays by index and no order of execution can
 * show in them. One call at a time. */
struct qr_workers;

/* threads: how many work in all, the caller counted; 0 for as many as there are processors. */
struct qr_workers *qr_workers_new(unsigned threads);
void qr_workers_free(struct qr_workers *workers);
unsigned qr_workers_count(const struct qr_workers *workers);

/* Calls work(context, i) for each i in [0, n). workers may be NULL: then here, in order. */
void qr_workers_run(struct qr_workers *workers, size_t n, void (*work)(void *context, size_t i), void *context);

#endif
