#ifndef QR_SERVICES_LIB_POOL_H
#define QR_SERVICES_LIB_POOL_H

#include "common/error.h"

/* Threads for slow work, and the way back into the loop. Private to services/lib: daemons use qr_daemon_work. */
struct qr_pool;

typedef void qr_pool_callback(void *task);

struct qr_pool *qr_pool_new(size_t threads);
/* Waits until all work is done; what is done and not yet collected is collected. */
void qr_pool_free(struct qr_pool *pool);

/* work(task) runs in a thread; done(task) in qr_pool_collect, in the order in which work ended. */
void qr_pool_add(struct qr_pool *pool, qr_pool_callback *work, qr_pool_callback *done, void *task);

int qr_pool_fd(const struct qr_pool *pool); /* readable when there is something to collect */
void qr_pool_collect(struct qr_pool *pool);

#endif
