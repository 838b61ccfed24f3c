#include "tests/unit/unit.h"

#include "ledger/workers.h"

enum { ITEMS = 20000, ROUNDS = 50, THREADS = 4 };

static struct {
    unsigned times[ITEMS];
    size_t results[ITEMS];
} work;

static void do_one(void *context, size_t i)
{
    const size_t *round = context;
    __atomic_add_fetch(&work.times[i], 1, __ATOMIC_RELAXED);
    work.results[i] = i * *round;
}

START_TEST(every_item_is_done_once_whoever_does_it)
{
    struct qr_workers *workers = qr_workers_new(THREADS);
    for (size_t round = 1; round <= ROUNDS; round++) {
        size_t n = round * ITEMS / ROUNDS;
        memset(&work, 0, sizeof work);
        qr_workers_run(workers, n, do_one, &round);
        for (size_t i = 0; i < ITEMS; i++)
            unit_holds(work.times[i] == (i < n));
    }
    qr_workers_free(workers);
}
END_TEST

START_TEST(an_item_that_was_waited_for_is_done)
{
    for (unsigned threads = 1; threads <= THREADS; threads++) {
        struct qr_workers *workers = qr_workers_new(threads);
        for (size_t round = 1; round <= ROUNDS; round++) {
            memset(&work, 0, sizeof work);
            qr_workers_start(workers, ITEMS, do_one, &round);
            for (size_t i = 0; i < ITEMS; i++) {
                qr_workers_wait(workers, i);
                unit_holds(work.results[i] == i * round);
            }
            qr_workers_finish(workers);
        }
        qr_workers_free(workers);
    }
}
END_TEST

START_TEST(a_round_can_end_before_its_items_are_waited_for)
{
    struct qr_workers *workers = qr_workers_new(THREADS);
    for (size_t round = 1; round <= ROUNDS; round++) {
        memset(&work, 0, sizeof work);
        qr_workers_start(workers, ITEMS, do_one, &round);
        qr_workers_wait(workers, ITEMS / 2);
        qr_workers_finish(workers);
        for (size_t i = 0; i < ITEMS; i++)
            unit_holds(work.times[i] == 1);
    }
    qr_workers_free(workers);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {every_item_is_done_once_whoever_does_it, an_item_that_was_waited_for_is_done,
                                  a_round_can_end_before_its_items_are_waited_for};
    return unit_run("workers", tests, sizeof tests / sizeof tests[0]);
}
