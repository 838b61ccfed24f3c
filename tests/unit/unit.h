#ifndef QR_TESTS_UNIT_H
#define QR_TESTS_UNIT_H

#include <check.h>

#include "common/clock.h"
#include "common/error.h"
#include "common/key.h"

/* What every unit test program shares. A program is one suite; each test states a promise of a header.
 *
 *     int main(void)
 *     {
 *         const TTest *const tests[] = {numbers_come_back, a_cut_message_is_refused};
 *         return unit_run("codec", tests, sizeof tests / sizeof tests[0]);
 *     } */
enum { UNIT_SECONDS_MAX = 120 };

/* Defined where everything takes many times as long: what repeats thousands of times may then do so less often. */
#if defined(__SANITIZE_ADDRESS__)
#define UNIT_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define UNIT_SANITIZED
#endif
#endif

static inline int unit_run(const char *name, const TTest *const *tests, size_t n)
{
    Suite *suite = suite_create(name);
    qr_crypto_init();
    for (size_t i = 0; i < n; i++) {
        TCase *tcase = tcase_create(name);
        tcase_set_timeout(tcase, UNIT_SECONDS_MAX);
        tcase_add_test(tcase, tests[i]);
        suite_add_tcase(suite, tcase);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Random numbers for a test: QR_TEST_SEED, else the clock's; printed, so that a failure can be repeated. */
struct unit_random {
    uint64_t state;
};

static inline struct unit_random unit_random_start(void)
{
    const char *text = getenv("QR_TEST_SEED");
    uint64_t seed = text && *text ? strtoull(text, NULL, 10) : (uint64_t)qr_clock_monotonic();
    printf("# QR_TEST_SEED=%" PRIu64 "\n", seed);
    fflush(stdout);
    return (struct unit_random){seed};
}

static inline uint64_t unit_random_next(struct unit_random *random) /* SplitMix64 */
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15U;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
    z = (z ^ z >> 27) * 0x94d049bb133111ebU;
    return z ^ z >> 31;
}

static inline uint64_t unit_random_below(struct unit_random *random, uint64_t n) { return unit_random_next(random) % n; }

/* As ck_assert, which writes to a pipe each time: for what is checked many thousand times. */
#define unit_holds(condition) \
    do { \
        if (!(condition)) \
            ck_abort_msg("%s does not hold", #condition); \
    } while (0)

/* The call, which fills `error`, gave 0. */
#define unit_ok(call, error) \
    do { \
        int unit_code = (call); \
        if (unit_code != QR_OK) \
            ck_abort_msg("%s: %s: %s", #call, qr_code_word((enum qr_code)unit_code), (error).text); \
    } while (0)

/* The call gave this code, and a sentence with it. */
#define unit_fails(call, expected, error) \
    do { \
        memset(&(error), 0, sizeof(error)); \
        int unit_code = (call); \
        if (unit_code != (expected)) \
            ck_abort_msg("%s gave %s, not %s: %s", #call, qr_code_word((enum qr_code)unit_code), \
                         qr_code_word(expected), (error).text); \
        unit_holds((error).code == (expected) && (error).text[0]); \
    } while (0)

#endif
