#include "tests/unit/unit.h"

#include "common/codec.h"

/* Values at every edge of LEB128's lengths, and random ones of every size. */
static uint64_t edge_value(struct unit_random *random, int i)
{
    int shift = i / 3;
    if (shift < 64)
        return (UINT64_C(1) << shift) + (uint64_t)(i % 3) - 1;
    return unit_random_next(random) >> unit_random_below(random, 64);
}

START_TEST(numbers_come_back_and_take_the_fewest_bytes)
{
    struct unit_random random = unit_random_start();
    for (int i = 0; i < 3000; i++) {
        uint64_t value = edge_value(&random, i);
        QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0};
        qr_put_uint(&out, value);
        size_t bits = value ? 64 - (size_t)__builtin_clzll(value) : 1;
        ck_assert_uint_eq(out.size, (bits + 6) / 7);
        struct qr_reader in = qr_reader_of(out.data, out.size);
        ck_assert_uint_eq(qr_get_uint(&in), value);
        ck_assert_int_eq(qr_reader_end(&in, "number", NULL), QR_OK);
    }
}
END_TEST

START_TEST(signed_numbers_come_back_and_small_ones_are_short)
{
    struct unit_random random = unit_random_start();
    for (int i = 0; i < 3000; i++) {
        int64_t value = (int64_t)edge_value(&random, i) * (i % 2 ? -1 : 1);
        QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0};
        qr_put_int(&out, value);
        ck_assert((value >= -64 && value <= 63) == (out.size == 1));
        struct qr_reader in = qr_reader_of(out.data, out.size);
        ck_assert_int_eq(qr_get_int(&in), value);
        ck_assert_int_eq(qr_reader_end(&in, "number", NULL), QR_OK);
    }
    static const int64_t ends[] = {INT64_MIN, INT64_MAX, -1, 0, 1};
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0};
        qr_put_int(&out, ends[i]);
        struct qr_reader in = qr_reader_of(out.data, out.size);
        ck_assert_int_eq(qr_get_int(&in), ends[i]);
    }
}
END_TEST

/* Every byte string of up to 3 bytes, and every way to pad a number to a longer form: a form is accepted only if
 * writing the number gives just these bytes. */
START_TEST(every_other_form_of_a_number_is_refused)
{
    for (uint32_t bytes = 0; bytes < 1U << 24; bytes += bytes < 1U << 16 ? 1 : 251) {
        uint8_t form[3] = {(uint8_t)bytes, (uint8_t)(bytes >> 8), (uint8_t)(bytes >> 16)};
        for (size_t size = 1; size <= 3; size++) {
            struct qr_reader in = qr_reader_of(form, size);
            uint64_t value = qr_get_uint(&in);
            if (qr_reader_end(&in, "number", NULL) != QR_OK)
                continue;
            struct qr_buffer again = {0};
            qr_put_uint(&again, value);
            ck_assert_msg(again.size == size && memcmp(again.data, form, size) == 0, "%06x is not minimal", bytes);
            qr_buffer_done(&again);
        }
    }
}
END_TEST

START_TEST(a_padded_number_is_refused_at_every_length)
{
    for (int i = 0; i < 192; i++) {
        uint64_t value = edge_value(NULL, i);
        QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0};
        qr_put_uint(&out, value);
        while (out.size < 12) {
            out.data[out.size - 1] |= 0x80;
            qr_buffer_byte(&out, 0);
            struct qr_reader in = qr_reader_of(out.data, out.size);
            qr_get_uint(&in);
            ck_assert(in.failed);
        }
    }
    static const uint8_t too_large[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02};
    struct qr_reader in = qr_reader_of(too_large, sizeof too_large);
    qr_get_uint(&in);
    ck_assert(in.failed);
}
END_TEST

/* A message of every kind of field, cut at each byte: only the whole reads, and a cut one gives zeros from there on. */
START_TEST(a_cut_message_is_refused_at_every_byte)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer out = {0};
    struct qr_hash hash = qr_sha256("x", 1), got;
    qr_put_u8(&out, 7);
    qr_put_int(&out, -300);
    qr_put_text(&out, "Grüße");
    qr_put_hash(&out, &hash);
    qr_put_bytes(&out, "\0\1\2", 3);
    for (size_t size = 0; size <= out.size; size++) {
        struct qr_error error;
        char text[16];
        size_t n = 99;
        struct qr_reader in = qr_reader_of(out.data, size);
        qr_get_u8(&in);
        qr_get_int(&in);
        qr_get_text(&in, text, sizeof text);
        qr_get_hash(&in, &got);
        const uint8_t *bytes = qr_get_bytes(&in, 8, &n);
        if (size == out.size) {
            unit_ok(qr_reader_end(&in, "message", &error), error);
            ck_assert_str_eq(text, "Grüße");
            ck_assert(qr_hash_equal(&got, &hash) && n == 3 && memcmp(bytes, "\0\1\2", 3) == 0);
        } else {
            unit_fails(qr_reader_end(&in, "message", &error), QR_EFORMAT, error);
            ck_assert(!bytes && n == 0 && strstr(error.text, "message"));
        }
    }
}
END_TEST

START_TEST(bytes_that_follow_the_end_are_refused)
{
    struct qr_error error;
    struct qr_reader in = qr_reader_of("\1\2", 2);
    qr_get_u8(&in);
    unit_fails(qr_reader_end(&in, "message", &error), QR_EFORMAT, error);
}
END_TEST

START_TEST(the_first_failure_stays)
{
    struct qr_error error;
    struct qr_reader in = qr_reader_of("\1\2", 2);
    qr_reader_fail(&in, "first");
    qr_reader_fail(&in, "second");
    ck_assert_uint_eq(qr_get_u8(&in), 0);
    ck_assert_ptr_null(qr_get_raw(&in, 0));
    unit_fails(qr_reader_end(&in, "message", &error), QR_EFORMAT, error);
    ck_assert_ptr_nonnull(strstr(error.text, "first"));
}
END_TEST

START_TEST(limits_hold_at_their_edge)
{
    char text[4];
    size_t n;
    struct qr_reader in = qr_reader_of("\3abc", 4);
    qr_get_text(&in, text, sizeof text);
    ck_assert(!in.failed && strcmp(text, "abc") == 0);
    in = qr_reader_of("\4abcd", 5);
    qr_get_text(&in, text, sizeof text);
    ck_assert(in.failed && text[0] == '\0');
    in = qr_reader_of("\3abc", 4);
    qr_get_bytes(&in, 2, &n);
    ck_assert(in.failed);
    in = qr_reader_of("\5", 1);
    ck_assert_uint_eq(qr_get_uint_max(&in, 5), 5);
    in = qr_reader_of("\6", 1);
    ck_assert_uint_eq(qr_get_uint_max(&in, 5), 0);
    ck_assert(in.failed);
}
END_TEST

START_TEST(a_lying_count_is_refused)
{
    struct qr_reader in = qr_reader_of("\2abcdefgh", 9);
    ck_assert_uint_eq(qr_get_count(&in, 10, 4), 2);
    in = qr_reader_of("\3abcdefgh", 9);
    ck_assert_uint_eq(qr_get_count(&in, 10, 4), 0);
    ck_assert(in.failed);
    in = qr_reader_of("\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 10);
    ck_assert_uint_eq(qr_get_count(&in, SIZE_MAX, 1 << 30), 0);
    ck_assert(in.failed);
    in = qr_reader_of("\3abcdefgh", 9);
    ck_assert_uint_eq(qr_get_count(&in, 2, 1), 0);
}
END_TEST

/* Against RFC 3629's table of well-formed sequences (Unicode's table 3-7), over every sequence of up to 3 bytes and the
 * 4-byte ones by their classes. */
static bool well_formed(const uint8_t *at, size_t size)
{
    if (size == 0)
        return true;
    size_t n = at[0] < 0x80 ? 1 : at[0] >= 0xc2 && at[0] <= 0xdf ? 2 : at[0] >= 0xe0 && at[0] <= 0xef ? 3
                                : at[0] >= 0xf0 && at[0] <= 0xf4 ? 4 : 0;
    if (n == 0 || n > size)
        return false;
    uint8_t least = at[0] == 0xe0 ? 0xa0 : at[0] == 0xf0 ? 0x90 : 0x80;
    uint8_t most = at[0] == 0xed ? 0x9f : at[0] == 0xf4 ? 0x8f : 0xbf;
    for (size_t i = 1; i < n; i++, least = 0x80, most = 0xbf)
        if (at[i] < least || at[i] > most)
            return false;
    return well_formed(at + n, size - n);
}

START_TEST(utf8_is_what_the_standard_says)
{
    static const uint8_t classes[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
                                      0xe0, 0xe1, 0xec, 0xed, 0xee, 0xef, 0xf0, 0xf1, 0xf3, 0xf4, 0xf5, 0xff};
    enum { N = sizeof classes };
    uint8_t text[4];
    for (size_t i = 0; i < (size_t)N * N * N * N; i++) {
        size_t rest = i;
        for (size_t k = 0; k < 4; k++, rest /= N)
            text[k] = classes[rest % N];
        for (size_t size = 1; size <= 4; size++)
            if (qr_utf8_valid(text, size) != well_formed(text, size))
                ck_abort_msg("%02x %02x %02x %02x to %zu bytes", text[0], text[1], text[2], text[3], size);
    }
}
END_TEST

START_TEST(text_with_a_nul_or_no_utf8_is_refused)
{
    char text[16];
    static const char *const refused[] = {"\2a\0", "\1\xff", "\2\xc0\x80", "\3\xed\xa0\x80"};
    static const size_t sizes[] = {3, 2, 3, 4};
    for (size_t i = 0; i < 4; i++) {
        struct qr_reader in = qr_reader_of(refused[i], sizes[i]);
        qr_get_text(&in, text, sizeof text);
        ck_assert(in.failed && text[0] == '\0');
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        numbers_come_back_and_take_the_fewest_bytes,
        signed_numbers_come_back_and_small_ones_are_short,
        every_other_form_of_a_number_is_refused,
        a_padded_number_is_refused_at_every_length,
        a_cut_message_is_refused_at_every_byte,
        bytes_that_follow_the_end_are_refused,
        the_first_failure_stays,
        limits_hold_at_their_edge,
        a_lying_count_is_refused,
        utf8_is_what_the_standard_says,
        text_with_a_nul_or_no_utf8_is_refused,
    };
    return unit_run("codec", tests, sizeof tests / sizeof tests[0]);
}
