#include "ledger/workers.h"

#include "common/buffer.h"

#include <pthread.h>

struct qr_workers {
    unsigned n; /* threads besides the caller */
    pthread_t *threads;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_cond_t done;
    uint64_t round; /* counts calls, so that a thread takes part in each once */
    unsigned busy;
    bool stop;
    void (*work)(void *context, size_t i);
    void *context;
    size_t items;
    size_t next; /* atomic */
};

static void take_items(struct qr_workers *workers)
{
    for (;;) {
        size_t i = __atomic_fetch_add(&workers->next, 1, __ATOMIC_RELAXED);
        if (i >= workers->items)
            return;
        workers->work(workers->context, i);
    }
}

static void *thread_main(void *argument)
{
    struct qr_workers *workers = argument;
    uint64_t seen = 0;
    pthread_mutex_lock(&workers->lock);
    for (;;) {
        while (!workers->stop && workers->round == seen)
            pthread_cond_wait(&workers->wake, &workers->lock);
        if (workers->stop)
            break;
        seen = workers->round;
        pthread_mutex_unlock(&workers->lock);
        take_items(workers);
        pthread_mutex_lock(&workers->lock);
        if (--workers->busy == 0)
            pthread_cond_signal(&workers->done);
    }
    pthread_mutex_unlock(&workers->lock);
    return NULL;
}

struct qr_workers *qr_workers_new(unsigned threads)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    if (threads == 0)
        threads = processors > 0 ? (unsigned)processors : 1;
    struct qr_workers *workers = qr_alloc(1, sizeof *workers);
    workers->threads = qr_alloc(threads, sizeof *workers->threads);
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->wake, NULL);
    pthread_cond_init(&workers->done, NULL);
    while (workers->n + 1 < threads && pthread_create(&workers->threads[workers->n], NULL, thread_main, workers) == 0)
        workers->n++;
    return workers;
}

void qr_workers_free(struct qr_workers *workers)
{
    if (!workers)
        return;
    pthread_mutex_lock(&workers->lock);
    workers->stop = true;
    pthread_cond_broadcast(&workers->wake);
    pthread_mutex_unlock(&workers->lock);
    for (unsigned i = 0; i < workers->n; i++)
        pthread_join(workers->threads[i], NULL);
    pthread_cond_destroy(&workers->done);
    pthread_cond_destroy(&workers->wake);
    pthread_mutex_destroy(&workers->lock);
    free(workers->threads);
    free(workers);
}

unsigned qr_workers_count(const struct qr_workers *workers)
{
    return workers->n + 1;
}

void qr_workers_run(struct qr_workers *workers, size_t n, void (*work)(void *context, size_t i), void *context)
{
    if (!workers || workers->n == 0 || n < 2) {
        for (size_t i = 0; i < n; i++)
            work(context, i);
        return;
    }
    pthread_mutex_lock(&workers->lock);
    workers->work = work;
    workers->context = context;
    workers->items = n;
    workers->next = 0;
    workers->busy = workers->n;
    workers->round++;
    pthread_cond_broadcast(&workers->wake);
    pthread_mutex_unlock(&workers->lock);
    take_items(workers);
    pthread_mutex_lock(&workers->lock);
    while (workers->busy)
        pthread_cond_wait(&workers->done, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
}
