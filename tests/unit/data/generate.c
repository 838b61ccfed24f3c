/* The acceptance test of the fare generator: it repeats the statistics of 300,153 real fares. Where the file itself lies beside
 * the sources it is held to that file, else to the published figures that stand here. */

#include <check.h>
#include <math.h>

#include "data/fares.h"
#include "data/generate.h"
#include "tests/unit/data/real.h"

enum { ROWS = 300000, SEED = 20220210, DAYS = QR_FARE_DAYS_MAX };


struct fare {
    int itinerary, days_left;
    double log;
};

/* Rows of one cabin, for multipliers within itineraries. */
struct fares {
    struct fare *items;
    size_t count;
};

static struct fares generated[QR_FARE_CABINS];

static void add_fare(struct fares *fares, int itinerary, int days_left, double price)
{
    if ((fares->count & (fares->count - 1)) == 0)
        fares->items = qr_realloc(fares->items, fares->count ? 2 * fares->count : 1, sizeof *fares->items);
    fares->items[fares->count++] = (struct fare){itinerary, days_left, log(price)};
}

static void generate(void)
{
    if (generated[0].count > 0)
        return;
    printf("seed %d\n", SEED);
    QR_CLEANUP(qr_faregen_freep) struct qr_faregen *generator = qr_faregen_new(SEED);
    for (int i = 0; i < ROWS; i++) {
        struct qr_fare_row row;
        qr_faregen_next(generator, &row);
        add_fare(&generated[row.cabin], row.itinerary, row.days_left, row.price);
    }
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double *sorted_logs(const struct fares *fares)
{
    double *logs = qr_alloc(fares->count, sizeof *logs);
    for (size_t i = 0; i < fares->count; i++)
        logs[i] = fares->items[i].log;
    qsort(logs, fares->count, sizeof *logs, compare_doubles);
    return logs;
}

static double kolmogorov_smirnov(const struct fares *a, const struct fares *b)
{
    double *x = sorted_logs(a), *y = sorted_logs(b), distance = 0;
    for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
        double at = fmin(x[i], y[j]);
        while (i < a->count && x[i] <= at)
            i++;
        while (j < b->count && y[j] <= at)
            j++;
        distance = fmax(distance, fabs((double)i / a->count - (double)j / b->count));
    }
    free(x);
    free(y);
    return distance;
}

/* Multipliers by days left within itineraries, 1.0 being the mean of 30 to 49: itinerary levels and day effects in turn. */
static void day_multipliers(const struct fares *fares, int itineraries, double ret_multipliers[DAYS + 1])
{
    double effect[DAYS + 1] = {0};
    double *level = qr_alloc(itineraries, sizeof *level), *count = qr_alloc(itineraries, sizeof *count);
    for (size_t i = 0; i < fares->count; i++)
        count[fares->items[i].itinerary]++;
    for (int round = 0; round < 60; round++) {
        double sum[DAYS + 1] = {0}, n[DAYS + 1] = {0}, late = 0;
        memset(level, 0, itineraries * sizeof *level);
        for (size_t i = 0; i < fares->count; i++) {
            const struct fare *fare = &fares->items[i];
            level[fare->itinerary] += (fare->log - effect[fare->days_left]) / count[fare->itinerary];
        }
        for (size_t i = 0; i < fares->count; i++) {
            const struct fare *fare = &fares->items[i];
            sum[fare->days_left] += fare->log - level[fare->itinerary];
            n[fare->days_left]++;
        }
        for (int day = 1; day <= DAYS; day++)
            effect[day] = sum[day] / n[day];
        for (int day = 30; day <= DAYS; day++)
            late += effect[day] / 20;
        for (int day = 1; day <= DAYS; day++)
            effect[day] -= late;
    }
    for (int day = 1; day <= DAYS; day++)
        ret_multipliers[day] = exp(effect[day]);
    free(level);
    free(count);
}

static void generated_multipliers(int cabin, double ret_multipliers[DAYS + 1])
{
    generate();
    day_multipliers(&generated[cabin], ROWS, ret_multipliers);
}

/* ---- Against the published figures ---- */

static void check_range(const char *what, const double *multipliers, int from, int to, double least, double most)
{
    for (int day = from; day <= to; day++)
        ck_assert_msg(multipliers[day] >= least / 1.05 && multipliers[day] <= most * 1.05,
                      "%s, %d days left: multiplier %.3f is not within 5 %% of %.2f to %.2f", what, day, multipliers[day], least,
                      most);
}

START_TEST(test_economy_multipliers)
{
    double m[DAYS + 1];
    generated_multipliers(0, m);
    check_range("economy", m, 1, 1, 2.91, 2.91);
    check_range("economy", m, 2, 2, 2.56, 2.91);
    check_range("economy", m, 3, 3, 2.56, 2.56);
    check_range("economy", m, 4, 10, 2.04, 2.22);
    check_range("economy", m, 11, 14, 1.91, 1.95);
    check_range("economy", m, 15, 15, 1.63, 1.63);
    check_range("economy", m, 16, 17, 1.2, 1.2);
    check_range("economy", m, 18, 49, 0.95, 1.12);
}
END_TEST

START_TEST(test_business_multipliers)
{
    double m[DAYS + 1];
    generated_multipliers(1, m);
    check_range("business", m, 1, 1, 1.19, 1.19);
    check_range("business", m, 2, 2, 1.16, 1.19);
    check_range("business", m, 3, 3, 1.16, 1.16);
    check_range("business", m, 4, 10, 1.02, 1.08);
    check_range("business", m, 11, 49, 1.0, 1.0);
}
END_TEST

static void check_near(const char *what, double value, double wanted, double share)
{
    ck_assert_msg(fabs(value / wanted - 1) <= share, "%s: %.4g is not within %g %% of %.4g", what, value, 100 * share, wanted);
}

START_TEST(test_distribution)
{
    static const struct {
        const char *name;
        double median, mean, deviation, share;
    } wanted[] = {{"economy", 5772, 6572, 0.527, 0.69}, {"business", 53164, 52540, 0.280, 0.31}};
    generate();
    for (int cabin = 0; cabin < QR_FARE_CABINS; cabin++) {
        const struct fares *fares = &generated[cabin];
        double sum = 0, log_sum = 0, square = 0, *logs = sorted_logs(fares);
        for (size_t i = 0; i < fares->count; i++) {
            sum += exp(logs[i]);
            log_sum += logs[i];
            square += logs[i] * logs[i];
        }
        double mean = log_sum / fares->count;
        check_near(wanted[cabin].name, exp(logs[fares->count / 2]), wanted[cabin].median, 0.03);
        check_near(wanted[cabin].name, sum / fares->count, wanted[cabin].mean, 0.03);
        check_near(wanted[cabin].name, sqrt(square / fares->count - mean * mean), wanted[cabin].deviation, 0.05);
        check_near(wanted[cabin].name, (double)fares->count / ROWS, wanted[cabin].share, 0.05);
        free(logs);
    }
}
END_TEST

/* ---- Against the real file ---- */

/* Itineraries of the real file get numbers by sorting: what is equal but for days and price is one. */
struct real_fare {
    struct qr_fare_record key;
    int days_left;
    double price;
};

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct qr_fare_record));
}

static size_t read_real(const char *path, struct real_fare **ret_fares)
{
    struct qr_error error = {0};
    QR_CLEANUP(qr_fares_freep) struct qr_fares *file = NULL;
    ck_assert_msg(qr_fares_open(path, &file, &error) == 0, "%s", error.text);
    struct real_fare *fares = qr_alloc(400000, sizeof *fares);
    size_t count = 0;
    int more;
    struct qr_fare_record record;
    memset(&record, 0, sizeof record);
    while ((more = qr_fares_next(file, &record, &error)) > 0) {
        ck_assert_uint_lt(count, 400000);
        fares[count].days_left = record.days_left;
        fares[count].price = (double)record.price;
        record.days_left = 0;
        record.price = 0;
        memcpy(&fares[count++].key, &record, sizeof record);
    }
    ck_assert_msg(more == 0, "%s", error.text);
    qsort(fares, count, sizeof *fares, compare_keys);
    *ret_fares = fares;
    return count;
}

START_TEST(test_real_fares)
{
    char *path = unpack_real_fares();
    if (!path) {
        printf("no real fares beside the sources: only the published figures were checked\n");
        return;
    }
    struct fares real[QR_FARE_CABINS] = {0};
    struct real_fare *fares;
    size_t count = read_real(path, &fares);
    ck_assert_uint_eq(count, 300153);
    int itinerary = 0;
    for (size_t i = 0; i < count; i++) {
        itinerary += i > 0 && compare_keys(&fares[i].key, &fares[i - 1].key) != 0;
        add_fare(&real[fares[i].key.cabin], itinerary, fares[i].days_left, fares[i].price);
    }
    for (int cabin = 0; cabin < QR_FARE_CABINS; cabin++) {
        double wanted[DAYS + 1], made[DAYS + 1];
        generated_multipliers(cabin, made);
        day_multipliers(&real[cabin], itinerary + 1, wanted);
        double distance = kolmogorov_smirnov(&real[cabin], &generated[cabin]);
        printf("%s: KS distance %.4f over %zu real fares\n", qr_fare_cabins[cabin], distance, real[cabin].count);
        ck_assert_msg(distance <= 0.05, "%s: KS distance %.4f", qr_fare_cabins[cabin], distance);
        for (int day = 1; day <= DAYS; day++)
            check_range(qr_fare_cabins[cabin], made, day, day, wanted[day], wanted[day]);
        free(real[cabin].items);
    }
    free(fares);
    unlink(path);
    free(path);
}
END_TEST

/* ---- Of the stream itself ---- */

START_TEST(test_same_seed_same_rows)
{
    QR_CLEANUP(qr_faregen_freep) struct qr_faregen *a = qr_faregen_new(5);
    QR_CLEANUP(qr_faregen_freep) struct qr_faregen *b = qr_faregen_new(5);
    QR_CLEANUP(qr_faregen_freep) struct qr_faregen *c = qr_faregen_new(6);
    int differing = 0;
    for (int i = 0; i < 1000; i++) {
        struct qr_fare_row x, y, z;
        qr_faregen_next(a, &x);
        qr_faregen_next(b, &y);
        qr_faregen_next(c, &z);
        ck_assert_mem_eq(&x, &y, sizeof x);
        differing += memcmp(&x, &z, sizeof x) != 0;
    }
    ck_assert_int_gt(differing, 900);
}
END_TEST

START_TEST(test_rows_stay_in_range)
{
    QR_CLEANUP(qr_faregen_freep) struct qr_faregen *generator = qr_faregen_new(77);
    for (int i = 0; i < 100000; i++) {
        struct qr_fare_row row;
        qr_faregen_next(generator, &row);
        ck_assert(row.from != row.to && row.from >= 0 && row.from < QR_FARE_CITIES && row.to >= 0 && row.to < QR_FARE_CITIES);
        ck_assert(row.stops >= 0 && row.stops <= 2 && row.duration > 0 && row.duration <= 6000);
        ck_assert(row.days_left >= 1 && row.days_left <= DAYS && row.seats_left >= 1 && row.seats_left <= 9);
        ck_assert(row.cabin == 0 || row.airline == 2 || row.airline == 5);
        ck_assert_int_gt(row.price, 0);
    }
}
END_TEST

START_TEST(test_parts_of_the_day)
{
    ck_assert_int_eq(qr_fare_part(0), 5);
    ck_assert_int_eq(qr_fare_part(239), 5);
    ck_assert_int_eq(qr_fare_part(240), 0);
    ck_assert_int_eq(qr_fare_part(12 * 60), 2);
    ck_assert_int_eq(qr_fare_part(1439), 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("data/generate");
    TCase *tests = tcase_create("generate");
    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, test_economy_multipliers);
    tcase_add_test(tests, test_business_multipliers);
    tcase_add_test(tests, test_distribution);
    tcase_add_test(tests, test_real_fares);
    tcase_add_test(tests, test_same_seed_same_rows);
    tcase_add_test(tests, test_rows_stay_in_range);
    tcase_add_test(tests, test_parts_of_the_day);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
