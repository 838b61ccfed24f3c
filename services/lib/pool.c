#include "services/lib/pool.h"

#include <pthread.h>
#include <sys/eventfd.h>

#include "common/buffer.h"

struct job {
    struct job *next;
    qr_pool_callback *work, *done;
    void *task;
};

struct queue {
    struct job *first, *last;
};

struct qr_pool {
    pthread_mutex_t lock;
    pthread_cond_t added;
    struct queue waiting, finished;
    bool ending;
    int fd;
    size_t n;
    pthread_t threads[];
};

static void push(struct queue *queue, struct job *job)
{
    job->next = NULL;
    if (queue->last) {
        queue->last->next = job;
    } else {
        queue->first = job;
    }
    queue->last = job;
}

static struct job *pop(struct queue *queue)
{
    struct job *job = queue->first;
    if (job)
        queue->first = job->next;
    if (!queue->first)
        queue->last = NULL;
    return job;
}

static void tell(struct qr_pool *pool)
{
    uint64_t one = 1;
    ssize_t written = write(pool->fd, &one, sizeof one);
    (void)written; /* full: it is readable already */
}

/* Runs with the lock held, but for the work itself. */
static void run_waiting(struct qr_pool *pool)
{
    struct job *job = pop(&pool->waiting);
    pthread_mutex_unlock(&pool->lock);
    job->work(job->task);
    pthread_mutex_lock(&pool->lock);
    push(&pool->finished, job);
    tell(pool);
}

static void *serve(void *context)
{
    struct qr_pool *pool = context;
    pthread_mutex_lock(&pool->lock);
    while (pool->waiting.first || !pool->ending) {
        if (pool->waiting.first) {
            run_waiting(pool);
        } else {
            pthread_cond_wait(&pool->added, &pool->lock);
        }
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

struct qr_pool *qr_pool_new(size_t threads)
{
    struct qr_pool *pool = qr_alloc(1, sizeof *pool + threads * sizeof pool->threads[0]);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->added, NULL);
    pool->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool->fd < 0)
        abort();
    while (pool->n < threads && !pthread_create(&pool->threads[pool->n], NULL, serve, pool))
        pool->n++;
    if (!pool->n)
        abort();
    return pool;
}

void qr_pool_free(struct qr_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pthread_cond_broadcast(&pool->added);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->n; i++)
        pthread_join(pool->threads[i], NULL);
    qr_pool_collect(pool);
    close(pool->fd);
    pthread_cond_destroy(&pool->added);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}

void qr_pool_add(struct qr_pool *pool, qr_pool_callback *work, qr_pool_callback *done, void *task)
{
    if (pool->ending) { /* from a `done` while the pool is freed: its threads are gone */
        work(task);
        done(task);
        return;
    }
    struct job *job = qr_alloc(1, sizeof *job);
    *job = (struct job){.work = work, .done = done, .task = task};
    pthread_mutex_lock(&pool->lock);
    push(&pool->waiting, job);
    pthread_cond_signal(&pool->added);
    pthread_mutex_unlock(&pool->lock);
}

int qr_pool_fd(const struct qr_pool *pool)
{
    return pool->fd;
}

static struct job *next_finished(struct qr_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    struct job *job = pop(&pool->finished);
    pthread_mutex_unlock(&pool->lock);
    return job;
}

void qr_pool_collect(struct qr_pool *pool)
{
    uint64_t count = 0;
    ssize_t got = read(pool->fd, &count, sizeof count);
    (void)got; /* nothing there is fine */
    for (struct job *job = next_finished(pool); job; job = next_finished(pool)) {
        job->done(job->task);
        free(job);
    }
}
