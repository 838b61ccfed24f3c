#include "tests/unit/unit.h"

#include "common/fixed.h"

/* The oracle: whole numbers of any size, least digit first in base 2^32. A result v is right if and only if
 * |2 (N - v D)| < D, or = D and v is even, where the text times the scale is exactly N / D. */
enum { WORDS = 96 };

struct big {
    uint32_t words[WORDS];
};

static void big_multiply(struct big *a, uint32_t factor)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < WORDS; i++) {
        carry += (uint64_t)a->words[i] * factor;
        a->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    unit_holds(carry == 0);
}

static void big_add(struct big *a, const struct big *b, size_t shift)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < WORDS; i++) {
        carry += (uint64_t)a->words[i] + (i >= shift ? b->words[i - shift] : 0);
        a->words[i] = (uint32_t)carry;
        carry >>= 32;
    }
    unit_holds(carry == 0);
}

static int big_compare(const struct big *a, const struct big *b)
{
    for (size_t i = WORDS; i-- > 0;)
        if (a->words[i] != b->words[i])
            return a->words[i] < b->words[i] ? -1 : 1;
    return 0;
}

static struct big big_times(const struct big *a, uint64_t factor)
{
    struct big low = *a, high = *a;
    big_multiply(&low, (uint32_t)factor);
    big_multiply(&high, (uint32_t)(factor >> 32));
    big_add(&low, &high, 1);
    return low;
}

/* |text| * scale = N / D for a text of the form digits[.digits][e[+-]digits]. */
static void oracle_ratio(const char *text, int64_t scale, struct big *ret_n, struct big *ret_d)
{
    *ret_n = *ret_d = (struct big){.words = {0}};
    ret_d->words[0] = 1;
    const struct big one = *ret_d;
    bool point = false;
    for (; *text && *text != 'e' && *text != 'E'; text++) {
        if (*text == '.') {
            point = true;
        } else if (*text != '-' && *text != '+') {
            big_multiply(ret_n, 10);
            struct big digit = big_times(&one, (uint64_t)(*text - '0'));
            big_add(ret_n, &digit, 0);
            if (point)
                big_multiply(ret_d, 10);
        }
    }
    for (long e = *text ? strtol(text + 1, NULL, 10) : 0; e != 0; e += e < 0 ? 1 : -1)
        big_multiply(e < 0 ? ret_d : ret_n, 10);
    *ret_n = big_times(ret_n, (uint64_t)scale);
}

/* Whether |value| is N / D rounded half to even. */
static bool oracle_agrees(const struct big *n, const struct big *d, uint64_t size)
{
    struct big twice = *n, below = big_times(d, size), above;
    big_multiply(&twice, 2);
    big_multiply(&below, 2);
    above = below;
    big_add(&above, d, 0);
    /* 2 |value| D - D <= 2 N <= 2 |value| D + D, with equality for even values alone */
    int high = big_compare(&twice, &above);
    big_add(&twice, d, 0);
    int low = big_compare(&twice, &below);
    return (high < 0 || (high == 0 && size % 2 == 0)) && (low > 0 || (low == 0 && size % 2 == 0));
}

/* Whether N / D rounds to more than `most`. */
static bool oracle_beyond(const struct big *n, const struct big *d, uint64_t most)
{
    struct big twice = *n, edge = big_times(d, most);
    big_multiply(&twice, 2);
    big_multiply(&edge, 2);
    big_add(&edge, d, 0);
    int order = big_compare(&twice, &edge);
    return order > 0 || (order == 0 && most % 2 == 1);
}

static void random_decimal(struct unit_random *random, char text[65])
{
    size_t n = 0, digits = 1 + unit_random_below(random, unit_random_below(random, 3) ? 12 : 40);
    size_t point = unit_random_below(random, digits * 2);
    if (unit_random_below(random, 3) == 0)
        text[n++] = "-+"[unit_random_below(random, 2)];
    bool fives = unit_random_below(random, 2);
    for (size_t i = 0; i < digits; i++) {
        if (i == point)
            text[n++] = '.';
        text[n++] = fives ? "0059"[unit_random_below(random, 4)] : (char)('0' + unit_random_below(random, 10));
    }
    text[n] = '\0';
    if (unit_random_below(random, 3) == 0)
        snprintf(text + n, 65 - n, "e%d", (int)unit_random_below(random, 60) - 30);
}

static void check_against_oracle(const char *text, int64_t scale)
{
    struct big n, d;
    struct qr_error error;
    int64_t value = 42;
    int result = qr_fixed_parse(text, strlen(text), scale, &value, &error);
    bool negative = text[0] == '-';
    oracle_ratio(text, scale, &n, &d);
    if (oracle_beyond(&n, &d, (uint64_t)INT64_MAX + negative)) {
        if (result != QR_ERANGE || value != 42)
            ck_abort_msg("%s x %" PRId64 " must be too large", text, scale);
        return;
    }
    if (result != QR_OK)
        ck_abort_msg("%s x %" PRId64 ": %s", text, scale, error.text);
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    bool sign_agrees = value == 0 || (value < 0) == negative;
    if (!sign_agrees || !oracle_agrees(&n, &d, size))
        ck_abort_msg("%s x %" PRId64 " is not %" PRId64, text, scale, value);
}

START_TEST(any_decimal_is_rounded_half_to_even_exactly)
{
    static const int64_t scales[] = {1, 2, 3, 7, 10, 100, 720720, 1 << 24, 1000000000, 1 << 30};
    struct unit_random random = unit_random_start();
    for (int i = 0; i < 40000; i++) {
        char text[65];
        random_decimal(&random, text);
        check_against_oracle(text, scales[unit_random_below(&random, sizeof scales / sizeof scales[0])]);
    }
}
END_TEST

START_TEST(decimals_at_the_ends_of_int64)
{
    static const char *const texts[] = {"9223372036854775807",    "9223372036854775807.4999", "9223372036854775807.5",
                                        "-9223372036854775808",   "-9223372036854775808.5",   "-9223372036854775808.5000001",
                                        "9223372036854775808",    "-9223372036854775809",     "18446744073709551616",
                                        "0.5", "1.5", "2.5", "-0.5", "-1.5", "0.49999999999999999999999", ".5", "5.", "-0",
                                        "9.223372036854775807e18", "922337203685477580.75e1", "1e-60", "4611686018427387904.25"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        check_against_oracle(texts[i], 1);
        check_against_oracle(texts[i], 2);
    }
}
END_TEST

START_TEST(huge_exponents_are_too_large_or_zero)
{
    struct qr_error error;
    int64_t value;
    unit_fails(qr_fixed_parse("1e99999999999999999999", 22, 1, &value, &error), QR_ERANGE, error);
    unit_ok(qr_fixed_parse("1e-99999999999999999999", 23, 1000000000, &value, &error), error);
    ck_assert_int_eq(value, 0);
    unit_ok(qr_fixed_parse("0e99999999999999999999", 22, 1, &value, &error), error);
    ck_assert_int_eq(value, 0);
}
END_TEST

START_TEST(what_is_no_decimal_is_refused)
{
    static const char *const texts[] = {"", " 1", "1 ", ".", "-", "+", "-.", "e1", "1e", "1e+", "1e-", "--1", "1.2.3", "inf", "nan",
                                        "0x10", "1,5", "1_0", "\xd9\xa1", "1e1.5", "NaN", "1f", "e", "1ee1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct qr_error error;
        int64_t value = 42;
        unit_fails(qr_fixed_parse(texts[i], strlen(texts[i]), 10, &value, &error), QR_EFORMAT, error);
        ck_assert_int_eq(value, 42);
    }
    char long_text[1101];
    struct qr_error error;
    int64_t value;
    memset(long_text, '0', sizeof long_text);
    unit_ok(qr_fixed_parse(long_text, 1100, 1, &value, &error), error);
    unit_fails(qr_fixed_parse(long_text, 1101, 1, &value, &error), QR_EFORMAT, error);
}
END_TEST

/* As programs write a double that spare no digit. */
START_TEST(a_double_written_out_in_full_is_read_exactly)
{
    struct unit_random random = unit_random_start();
    struct qr_error error;
    int64_t value;
    for (int i = 0; i < 10000; i++) {
        int64_t m = (int64_t)(unit_random_next(&random) >> (12 + unit_random_below(&random, 52))); /* of m / 2^40 */
        int64_t kept = m >> 16, rest = m & 0xffff;
        char text[1101];
        int size = snprintf(text, sizeof text, "%.*f", 1074, (double)m / (double)(INT64_C(1) << 40));
        kept += rest > 0x8000 || (rest == 0x8000 && kept % 2 != 0);
        unit_ok(qr_fixed_parse(text, (size_t)size, 1 << 24, &value, &error), error);
        unit_holds(value == kept);
    }
}
END_TEST

START_TEST(what_is_written_reads_back)
{
    static const int64_t scales[] = {1, 2, 10, 100, 1000, 1 << 24, 1 << 29, 1 << 30, 1000000000, 5, 625};
    struct unit_random random = unit_random_start();
    for (int i = 0; i < 40000; i++) {
        int64_t scale = scales[unit_random_below(&random, sizeof scales / sizeof scales[0])], again;
        int64_t value = (int64_t)unit_random_next(&random) >> unit_random_below(&random, 64);
        if (i < 2)
            value = i ? INT64_MIN : INT64_MAX;
        char text[QR_FIXED_TEXT];
        struct qr_error error;
        qr_fixed_format(value, scale, text);
        unit_ok(qr_fixed_parse(text, strlen(text), scale, &again, &error), error);
        if (again != value)
            ck_abort_msg("%" PRId64 " / %" PRId64 " was written %s", value, scale, text);
        size_t n = strlen(text);
        if (strchr(text, '.') && (text[n - 1] == '0' || text[n - 1] == '.'))
            ck_abort_msg("%s is not the shortest", text);
    }
}
END_TEST

START_TEST(thirds_are_cut_to_nine_decimals)
{
    char text[QR_FIXED_TEXT];
    ck_assert_str_eq(qr_fixed_format(2, 3, text), "0.666666666");
    ck_assert_str_eq(qr_fixed_format(-4, 3, text), "-1.333333333");
    ck_assert_str_eq(qr_fixed_format(1, 1 << 24, text), "0.000000059604644775390625");
}
END_TEST

START_TEST(integers_keep_to_their_range)
{
    struct qr_error error;
    int64_t value = 42;
    unit_ok(qr_integer_parse("-9223372036854775808", "n", INT64_MIN, INT64_MAX, &value, &error), error);
    ck_assert_int_eq(value, INT64_MIN);
    unit_ok(qr_integer_parse("7", "n", 0, 7, &value, &error), error);
    unit_fails(qr_integer_parse("8", "seats", 0, 7, &value, &error), QR_ERANGE, error);
    ck_assert_ptr_nonnull(strstr(error.text, "seats"));
    unit_fails(qr_integer_parse("-1", "n", 0, 7, &value, &error), QR_ERANGE, error);
    unit_fails(qr_integer_parse("9223372036854775808", "n", INT64_MIN, INT64_MAX, &value, &error), QR_ERANGE, error);
    static const char *const refused[] = {"", "-", "+", " 1", "1 ", "0x1", "1.0", "1e3", "--1", "one"};
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        unit_fails(qr_integer_parse(refused[i], "n", INT64_MIN, INT64_MAX, &value, &error), QR_EFORMAT, error);
    ck_assert_int_eq(value, 7);
}
END_TEST

START_TEST(floor_division_rounds_down)
{
    for (int64_t value = -50; value <= 50; value++)
        for (int64_t divisor = 1; divisor <= 12; divisor++) {
            int64_t quotient = qr_floor_div(value, divisor);
            ck_assert(quotient * divisor <= value && value < (quotient + 1) * divisor);
        }
    ck_assert_int_eq(qr_floor_div(INT64_MIN, 1), INT64_MIN);
    ck_assert_int_eq(qr_floor_div(INT64_MIN, INT64_MAX), -2);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_double_written_out_in_full_is_read_exactly,
        any_decimal_is_rounded_half_to_even_exactly,
        decimals_at_the_ends_of_int64,
        huge_exponents_are_too_large_or_zero,
        what_is_no_decimal_is_refused,
        what_is_written_reads_back,
        thirds_are_cut_to_nine_decimals,
        integers_keep_to_their_range,
        floor_division_rounds_down,
    };
    return unit_run("fixed", tests, sizeof tests / sizeof tests[0]);
}
