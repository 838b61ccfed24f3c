#include "governance/entries.h"
#include "governance/payload.h"

#include "tests/unit/governance/stage.h"

/* How long the words of a transaction may be: every node must draw the same line. */

/* A text of so many letters as the codec writes it. */
static void put_letters(struct qr_buffer *out, size_t n)
{
    QR_CLEANUP(qr_freep) char *text = qr_alloc(n + 1, 1);
    memset(text, 'x', n);
    qr_put_text(out, text);
}

static int decode_propose(size_t track, size_t title)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_propose propose;
    struct qr_hash hash = {{1}};
    put_letters(&bytes, track);
    put_letters(&bytes, title);
    qr_put_hash(&bytes, &hash);
    qr_put_hash(&bytes, &hash);
    return qr_propose_decode(bytes.data, bytes.size, &propose, NULL);
}

static int decode_propose_validator(size_t track, size_t title)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_validator_proposed validator = {.act = QR_VALIDATOR_ADD, .name = "v", .power = 1, .member = "m"};
    struct qr_propose_validator propose;
    put_letters(&bytes, track);
    put_letters(&bytes, title);
    qr_validator_proposed_put(&bytes, &validator);
    return qr_propose_validator_decode(bytes.data, bytes.size, &propose, NULL);
}

static int decode_cast(size_t reason, uint8_t choice)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_cast cast;
    struct qr_hash hash = {{1}};
    qr_put_hash(&bytes, &hash);
    qr_put_u8(&bytes, choice);
    qr_put_hash(&bytes, &hash);
    put_letters(&bytes, reason);
    return qr_cast_decode(bytes.data, bytes.size, &cast, NULL);
}

START_TEST(a_title_has_120_bytes_and_a_track_16)
{
    int (*const decode[])(size_t track, size_t title) = {decode_propose, decode_propose_validator};
    for (size_t i = 0; i < 2; i++) {
        ck_assert_int_eq(decode[i](16, 120), 0);
        ck_assert_int_eq(decode[i](17, 120), QR_EFORMAT);
        ck_assert_int_eq(decode[i](16, 121), QR_EFORMAT);
    }
}
END_TEST

START_TEST(a_reason_has_320_bytes_and_a_choice_is_one_of_four)
{
    ck_assert_int_eq(decode_cast(320, QR_CHOICES - 1), 0);
    ck_assert_int_eq(decode_cast(321, QR_CHOICES - 1), QR_EFORMAT);
    ck_assert_int_eq(decode_cast(0, QR_CHOICES), QR_EFORMAT);
    ck_assert_int_eq(QR_CHOICES, 4);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("governance/payload");
    TCase *all = tcase_create("all");
    tcase_add_test(all, a_title_has_120_bytes_and_a_track_16);
    tcase_add_test(all, a_reason_has_320_bytes_and_a_choice_is_one_of_four);
    suite_add_tcase(suite, all);
    return stage_run(suite);
}
