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
    size_t next;       /* atomic */
    uint8_t *finished; /* atomic each: which items are done */
    size_t capacity;
    bool awaited; /* atomic: the caller sleeps until one is */
};

/* Works on one item; false when none is left. */
static bool take_item(struct qr_workers *workers)
{
    size_t i = __atomic_fetch_add(&workers->next, 1, __ATOMIC_RELAXED);
    if (i >= workers->items)
        return false;
    workers->work(workers->context, i);
    __atomic_store_n(&workers->finished[i], 1, __ATOMIC_SEQ_CST);
    if (__atomic_load_n(&workers->awaited, __ATOMIC_SEQ_CST)) {
        pthread_mutex_lock(&workers->lock);
        pthread_cond_signal(&workers->done);
        pthread_mutex_unlock(&workers->lock);
    }
    return true;
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
        while (take_item(workers))
            continue;
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
    free(workers->finished);
    free(workers);
}

unsigned qr_workers_count(const struct qr_workers *workers)
{
    return workers->n + 1;
}

void qr_workers_start(struct qr_workers *workers, size_t n, void (*work)(void *context, size_t i), void *context)
{
    if (n > workers->capacity) {
        workers->capacity = n;
        workers->finished = qr_realloc(workers->finished, n, sizeof *workers->finished);
    }
    if (n)
        memset(workers->finished, 0, n);
    pthread_mutex_lock(&workers->lock);
    workers->work = work;
    workers->context = context;
    workers->items = n;
    workers->next = 0;
    if (n > 1) {
        workers->busy = workers->n;
        workers->round++;
        pthread_cond_broadcast(&workers->wake);
    }
    pthread_mutex_unlock(&workers->lock);
}

static bool is_finished(struct qr_workers *workers, size_t i)
{
    return __atomic_load_n(&workers->finished[i], __ATOMIC_SEQ_CST);
}

void qr_workers_wait(struct qr_workers *workers, size_t i)
{
    while (!is_finished(workers, i))
        if (!take_item(workers)) {
            pthread_mutex_lock(&workers->lock);
            __atomic_store_n(&workers->awaited, true, __ATOMIC_SEQ_CST);
            while (!is_finished(workers, i))
                pthread_cond_wait(&workers->done, &workers->lock);
            __atomic_store_n(&workers->awaited, false, __ATOMIC_SEQ_CST);
            pthread_mutex_unlock(&workers->lock);
        }
}

void qr_workers_finish(struct qr_workers *workers)
{
    while (take_item(workers))
        continue;
    pthread_mutex_lock(&workers->lock);
    while (workers->busy)
        pthread_cond_wait(&workers->done, &workers->lock);
    pthread_mutex_unlock(&workers->lock);
}

void qr_workers_run(struct qr_workers *workers, size_t n, void (*work)(void *context, size_t i), void *context)
{
    if (!workers) {
        for (size_t i = 0; i < n; i++)
            work(context, i);
        return;
    }
    qr_workers_start(workers, n, work, context);
    qr_workers_finish(workers);
}
