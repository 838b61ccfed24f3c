#include "tests/unit/reservations/fixture.h"

#include "common/codec.h"
#include "reservations/misses.h"

/* Names, commitments, and the limit on guessing. */

START_TEST(parses_names)
{
    struct qr_error error;
    struct qr_passenger passenger;
    ck_assert_int_eq(qr_passenger_parse("  d'Arcy-Müller / Éva María", &passenger, &error), 0);
    ck_assert_str_eq(passenger.surname, "d'Arcy-Müller");
    ck_assert_str_eq(passenger.given, "Éva María");
}
END_TEST

static const char *const bad_names[] = {
    "RAO",       "/ASHA",      "RAO/",
    " / ",       "RAO/ASHA/X", "RAO\x01/A",
    "RAO\xff/A", "R\xc3/A",    "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/B"};

START_TEST(refuses_names_that_are_none)
{
    struct qr_error error;
    struct qr_passenger passenger;
    ck_assert_int_eq(qr_passenger_parse(bad_names[_i], &passenger, &error), QR_EINPUT);
}
END_TEST

START_TEST(compares_surnames_without_case)
{
    ck_assert(qr_surname_equal("Rao", "RAO"));
    ck_assert(qr_surname_equal(" müller ", "MÜLLER"));
    ck_assert(qr_surname_equal("Παπαδόπουλος", "ΠΑΠΑΔΌΠΟΥΛΟΣ"));
    ck_assert(qr_surname_equal("Иванов", "ИВАНОВ"));
    ck_assert(qr_surname_equal("राव", "राव"));
    ck_assert(!qr_surname_equal("Rao", "Raos"));
    ck_assert(!qr_surname_equal("Raos", "Rao"));
    ck_assert(!qr_surname_equal("Muller", "Müller"));
    ck_assert(!qr_surname_equal("\xff", "\xff"));
    ck_assert(!qr_surname_equal("", "Rao"));
}
END_TEST

START_TEST(commits_to_everything_under_a_salt)
{
    struct qr_error error;
    struct qr_passenger passenger, other;
    uint8_t salt[QR_SALT_SIZE] = {1, 2, 3}, other_salt[QR_SALT_SIZE] = {1, 2, 4};
    qr_crypto_init();
    ck_assert_int_eq(qr_passenger_parse("RAO/ASHA", &passenger, &error), 0);
    ck_assert_int_eq(qr_passenger_parse("RAOA/SHA", &other, &error), 0);
    struct qr_hash hash = qr_passenger_commitment(&passenger, "K7Q2MX", salt);
    struct qr_hash by_name = qr_passenger_commitment(&other, "K7Q2MX", salt);
    struct qr_hash by_locator = qr_passenger_commitment(&passenger, "K7Q2MY", salt);
    struct qr_hash by_salt = qr_passenger_commitment(&passenger, "K7Q2MX", other_salt);
    ck_assert(!qr_hash_equal(&hash, &by_name) && !qr_hash_equal(&hash, &by_locator) && !qr_hash_equal(&hash, &by_salt));
    /* as written down: tagged hash of salt ‖ length-prefixed locator, surname, given name */
    uint8_t bytes[] = "\1\2\3.............................\6K7Q2MX\3RAO\4ASHA";
    memset(bytes + 3, 0, 29);
    struct qr_hash expected = qr_tagged_hash(QR_DOMAIN_COMMITMENT, bytes, sizeof bytes - 1);
    ck_assert(qr_hash_equal(&hash, &expected));
}
END_TEST

START_TEST(what_decodes_encodes_to_the_same)
{
    struct qr_error error;
    struct qr_passenger passenger, back;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    ck_assert_int_eq(qr_passenger_parse("RAO/ASHA", &passenger, &error), 0);
    qr_passenger_encode(&passenger, &bytes);
    ck_assert_int_eq(qr_passenger_decode(bytes.data, bytes.size, &back, &error), 0);
    ck_assert_str_eq(back.surname, "RAO");
    ck_assert_str_eq(back.given, "ASHA");
    ck_assert_int_lt(qr_passenger_decode(bytes.data, bytes.size - 1, &back, &error), 0);
}
END_TEST

START_TEST(locators_have_few_tries_each)
{
    struct qr_error error;
    struct qr_misses *misses = qr_alloc(1, sizeof *misses);
    for (int i = 0; i < QR_MISSES_PER_LOCATOR; i++) {
        ck_assert_int_eq(qr_misses_check(misses, 5, NOW, &error), 0);
        qr_misses_count(misses, 5, NOW);
    }
    ck_assert_int_eq(qr_misses_check(misses, 5, NOW, &error), QR_ERATE_LIMITED);
    ck_assert_int_eq(qr_misses_check(misses, 6, NOW, &error), 0);
    ck_assert_int_eq(qr_misses_check(misses, 5, NOW + QR_MISS_FORGIVEN_MS - 1, &error), QR_ERATE_LIMITED);
    ck_assert_int_eq(qr_misses_check(misses, 5, NOW + QR_MISS_FORGIVEN_MS, &error), 0);
    free(misses);
}
END_TEST

START_TEST(all_locators_together_have_a_limit)
{
    struct qr_error error;
    struct qr_misses *misses = qr_alloc(1, sizeof *misses);
    for (uint64_t i = 0; i < QR_MISSES_IN_ALL; i++) {
        ck_assert_int_eq(qr_misses_check(misses, i, NOW, &error), 0);
        qr_misses_count(misses, i, NOW);
    }
    ck_assert_int_eq(qr_misses_check(misses, 1000, NOW, &error), QR_ERATE_LIMITED);
    ck_assert_int_eq(qr_misses_check(misses, 1000, NOW + QR_MISS_IN_ALL_FORGIVEN_MS, &error), 0);
    free(misses);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("passenger");
    TCase *tests = tcase_create("passenger");
    tcase_add_test(tests, parses_names);
    tcase_add_loop_test(tests, refuses_names_that_are_none, 0, sizeof bad_names / sizeof bad_names[0]);
    tcase_add_test(tests, compares_surnames_without_case);
    tcase_add_test(tests, commits_to_everything_under_a_salt);
    tcase_add_test(tests, what_decodes_encodes_to_the_same);
    tcase_add_test(tests, locators_have_few_tries_each);
    tcase_add_test(tests, all_locators_together_have_a_limit);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}
