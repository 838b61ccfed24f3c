#include "tests/unit/unit.h"

#include "common/buffer.h"
#include "common/codec.h"
#include "common/money.h"

/* buffer.h, error.h and money.h: what people read. */

START_TEST(a_buffer_grows_and_stays_a_string)
{
    struct unit_random random = unit_random_start();
    QR_CLEANUP(qr_buffer_done) struct qr_buffer buffer = {0};
    static uint8_t expected[40000];
    size_t size = 0;
    ck_assert_str_eq(qr_buffer_string(&buffer), "");
    while (size < 30000) {
        uint8_t bytes[300];
        size_t n = unit_random_below(&random, sizeof bytes);
        for (size_t i = 0; i < n; i++)
            bytes[i] = (uint8_t)(1 + unit_random_below(&random, 255));
        qr_buffer_add(&buffer, bytes, n);
        memcpy(expected + size, bytes, n);
        size += n;
        ck_assert_uint_eq(buffer.size, size);
        ck_assert_uint_eq(strlen(qr_buffer_string(&buffer)), size);
    }
    ck_assert_mem_eq(buffer.data, expected, size);
    qr_buffer_clear(&buffer);
    ck_assert_str_eq(qr_buffer_string(&buffer), "");
    qr_buffer_text(&buffer, "%d%s", 12, "");
    qr_buffer_text(&buffer, "%s", "");
    qr_buffer_text(&buffer, "-%5.1s", "xyz");
    ck_assert_str_eq(qr_buffer_string(&buffer), "12-    x");
}
END_TEST

START_TEST(text_is_cut_at_a_characters_end)
{
    char target[6];
    ck_assert(qr_copy_text(target, sizeof target, "abcde"));
    ck_assert(!qr_copy_text(target, sizeof target, "abcdef"));
    ck_assert_str_eq(target, "abcde");
    ck_assert(!qr_copy_text(target, sizeof target, "abcdé"));
    ck_assert_str_eq(target, "abcd");
    ck_assert(!qr_copy_text(target, sizeof target, "abc\xf0\x9f\x9b\xab"));
    ck_assert_str_eq(target, "abc");
    ck_assert(!qr_copy_text(target, 1, "é"));
    ck_assert_str_eq(target, "");
}
END_TEST

START_TEST(an_error_is_safe_to_show)
{
    struct unit_random random = unit_random_start();
    struct qr_error error;
    for (int i = 0; i < 20000; i++) {
        char rubbish[600];
        size_t n = unit_random_below(&random, sizeof rubbish - 1);
        for (size_t k = 0; k < n; k++)
            rubbish[k] = unit_random_below(&random, 2) ? "\xc3\xa9\xc2\x9b\x1b\x07"[unit_random_below(&random, 6)]
                                                       : (char)(1 + unit_random_below(&random, 255));
        rubbish[n] = '\0';
        unit_holds(qr_fail(&error, QR_EINPUT, "'%.40s' and %s", rubbish, rubbish) == QR_EINPUT);
        unit_holds(qr_hint(&error, "try %s", rubbish) == QR_EINPUT);
        unit_holds(qr_prefix(&error, "%s:%d", rubbish, 12) == QR_EINPUT);
        const char *texts[] = {error.text, error.hint};
        for (size_t t = 0; t < 2; t++) {
            unit_holds(qr_utf8_valid(texts[t], strlen(texts[t])));
            for (const unsigned char *c = (const unsigned char *)texts[t]; *c; c++)
                unit_holds(*c >= 0x20 && *c != 0x7f && !(c[0] == 0xc2 && c[1] < 0xa0));
        }
    }
}
END_TEST

START_TEST(an_error_keeps_what_it_was_told)
{
    struct qr_error error;
    qr_fail(&error, QR_ESOLD_OUT, "flight %s has no seat left", "AI-101");
    qr_hint(&error, "search again");
    qr_prefix(&error, "book");
    ck_assert_str_eq(error.text, "book: flight AI-101 has no seat left");
    ck_assert_str_eq(error.hint, "search again");
    qr_fail(&error, QR_EINPUT, "Zürich");
    ck_assert_str_eq(error.text, "Zürich");
    ck_assert_str_eq(error.hint, "");
}
END_TEST

START_TEST(the_code_stays_where_no_error_is_wanted)
{
    ck_assert_int_eq(qr_fail(NULL, QR_ESOLD_OUT, "no seat"), QR_ESOLD_OUT);
    ck_assert_int_eq(qr_hint(NULL, "search again"), QR_ESOLD_OUT);
    ck_assert_int_eq(qr_prefix(NULL, "book"), QR_ESOLD_OUT);
}
END_TEST

START_TEST(codes_have_words_and_exit_statuses)
{
    ck_assert_int_eq(qr_code_exit_status(QR_OK), 0);
    for (int code = 0; strcmp(qr_code_word((enum qr_code)code), "internal") != 0; code--) {
        ck_assert_int_eq(qr_code_from_word(qr_code_word((enum qr_code)code)), code);
        ck_assert(code == 0 || (qr_code_exit_status((enum qr_code)code) >= 1 && qr_code_exit_status((enum qr_code)code) <= 5));
    }
    ck_assert_int_eq(qr_code_from_word("word of a later version"), QR_EINTERNAL);
    ck_assert_int_eq(qr_code_exit_status(QR_ESOLD_OUT), 4);
    ck_assert_int_eq(qr_code_exit_status(QR_EDISK_FULL), 5);
    ck_assert_int_eq(qr_code_exit_status(QR_EUNREACHABLE), 3);
    ck_assert_int_eq(qr_code_exit_status(QR_EFORMAT), 2);
    ck_assert_int_eq(qr_code_exit_status(QR_EINVALID), 1);
}
END_TEST

START_TEST(sums_of_money_do_not_wrap)
{
    struct unit_random random = unit_random_start();
    for (int i = 0; i < 100000; i++) {
        struct qr_money a = {(int64_t)unit_random_next(&random) >> unit_random_below(&random, 64)};
        uint64_t edge = (uint64_t)INT64_MAX + unit_random_below(&random, 2) - (uint64_t)a.minor; /* a + b is at an end */
        struct qr_money b = {(int64_t)(i % 3 ? unit_random_next(&random) : edge)};
        struct qr_money result = {42};
        __int128 sum = (__int128)a.minor + b.minor, difference = (__int128)a.minor - b.minor;
        bool fits = qr_money_add(&result, a, b);
        unit_holds(fits == (sum >= INT64_MIN && sum <= INT64_MAX));
        unit_holds(result.minor == (fits ? (int64_t)sum : 42));
        result.minor = 42;
        fits = qr_money_sub(&result, a, b);
        unit_holds(fits == (difference >= INT64_MIN && difference <= INT64_MAX));
        unit_holds(result.minor == (fits ? (int64_t)difference : 42));
    }
}
END_TEST

START_TEST(money_is_written_with_its_digits)
{
    static const struct {
        int64_t minor;
        unsigned digits;
        const char *text;
    } cases[] = {{610400, 2, "6,104.00"}, {-23610, 2, "-236.10"}, {5, 2, "0.05"}, {-5, 2, "-0.05"}, {0, 2, "0.00"}, {999, 0, "999"},
                 {1000, 0, "1,000"}, {1234567, 3, "1,234.567"}, {100000, 0, "100,000"}, {12345678, 4, "1,234.5678"},
                 {INT64_MAX, 2, "92,233,720,368,547,758.07"}, {INT64_MIN, 0, "-9,223,372,036,854,775,808"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[QR_MONEY_TEXT];
        ck_assert_str_eq(qr_money_format((struct qr_money){cases[i].minor}, cases[i].digits, text), cases[i].text);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_buffer_grows_and_stays_a_string,
        text_is_cut_at_a_characters_end,
        an_error_is_safe_to_show,
        an_error_keeps_what_it_was_told,
        the_code_stays_where_no_error_is_wanted,
        codes_have_words_and_exit_statuses,
        sums_of_money_do_not_wrap,
        money_is_written_with_its_digits,
    };
    return unit_run("text", tests, sizeof tests / sizeof tests[0]);
}
