#include "tests/unit/unit.h"

#include "cli/histogram.h"
#include "common/buffer.h"

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* Values of all sizes, as latencies are. */
static int64_t draw(struct unit_random *random)
{
    return (int64_t)(unit_random_next(random) >> (32 + unit_random_below(random, 32)));
}

START_TEST(percentiles_are_the_exact_ones_or_a_thousandth_above)
{
    enum { N = 20000 };
    static const unsigned parts[] = {1, 1000, 500000, 900000, 990000, 999000, 999999, 1000000};
    struct unit_random random = unit_random_start();
    QR_CLEANUP(qr_freep) struct qr_histogram *histogram = qr_alloc(1, sizeof *histogram);
    QR_CLEANUP(qr_freep) int64_t *values = qr_alloc(N, sizeof *values);
    for (int i = 0; i < N; i++) {
        int64_t value = draw(&random);
        values[i] = value < QR_HISTOGRAM_MOST ? value : QR_HISTOGRAM_MOST;
        qr_histogram_add(histogram, value);
    }
    qsort(values, N, sizeof *values, compare);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        uint64_t rank = ((uint64_t)N * parts[i] + 999999) / 1000000;
        int64_t exact = values[rank - 1], told = qr_histogram_at(histogram, parts[i]);
        ck_assert_msg(told >= exact && told - exact <= exact / QR_HISTOGRAM_SUBS, "%u: %ld is told as %ld", parts[i],
                      (long)exact, (long)told);
    }
    ck_assert_int_eq(histogram->largest, values[N - 1]);
    ck_assert_int_eq(qr_histogram_at(histogram, 1000000), values[N - 1]);
}
END_TEST

START_TEST(merged_halves_are_the_whole)
{
    struct unit_random random = unit_random_start();
    QR_CLEANUP(qr_freep) struct qr_histogram *parts = qr_alloc(3, sizeof *parts);
    for (int i = 0; i < 5000; i++) {
        int64_t value = draw(&random);
        qr_histogram_add(&parts[0], value);
        qr_histogram_add(&parts[1 + i % 2], value);
    }
    qr_histogram_merge(&parts[1], &parts[2]);
    ck_assert_mem_eq(&parts[0], &parts[1], sizeof parts[0]);
}
END_TEST

START_TEST(the_ends_are_held)
{
    QR_CLEANUP(qr_freep) struct qr_histogram *histogram = qr_alloc(1, sizeof *histogram);
    ck_assert_int_eq(qr_histogram_at(histogram, 500000), 0);
    qr_histogram_add(histogram, -5);
    qr_histogram_add(histogram, INT64_MAX);
    ck_assert_int_eq(qr_histogram_at(histogram, 500000), 0);
    ck_assert_int_eq(qr_histogram_at(histogram, 1000000), QR_HISTOGRAM_MOST);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {percentiles_are_the_exact_ones_or_a_thousandth_above, merged_halves_are_the_whole,
                                  the_ends_are_held};
    return unit_run("histogram", tests, sizeof tests / sizeof tests[0]);
}
