#include "common/clock.h"
#include "common/codec.h"
#include "common/fixed.h"
#include "tests/fuzz/target.h"

/* Texts that people write: numbers, dates, times, names of hashes. What parses is written back and parses to the same. */
static void check_fixed(const char *text, size_t size)
{
    int64_t value, again;
    struct qr_error error;
    int result = qr_fixed_parse(text, size, 100, &value, &error);
    if (result != QR_OK) {
        FUZZ_CHECK(qr_utf8_valid(error.text, strlen(error.text)) && strlen(error.text) > 0);
        return;
    }
    char written[QR_FIXED_TEXT];
    qr_fixed_format(value, 100, written);
    FUZZ_CHECK(qr_fixed_parse(written, strlen(written), 100, &again, &error) == QR_OK && again == value);
}

static void check_time(const char *text)
{
    int64_t time_ms, again;
    struct qr_error error;
    char written[QR_TIME_TEXT];
    if (qr_time_parse(text, &time_ms, &error) == QR_OK)
        FUZZ_CHECK(qr_time_parse(qr_time_format(time_ms, written), &again, &error) == QR_OK && again == time_ms);
    struct qr_date date;
    if (qr_date_parse(text, &date, &error) == QR_OK)
        FUZZ_CHECK(strcmp(qr_date_format(date, written), text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    QR_CLEANUP(qr_freep) char *text = qr_alloc(1, size + 1);
    if (size > 0)
        memcpy(text, data, size);
    check_fixed(text, size);
    check_time(text);
    struct qr_hash hash;
    struct qr_error error;
    if (qr_hash_from_hex(text, "hash", &hash, &error) == QR_OK)
        FUZZ_CHECK(strcmp(qr_hash_text(&hash).text, text) == 0);
    int64_t number;
    if (qr_integer_parse(text, "number", INT64_MIN, INT64_MAX, &number, &error) != QR_OK)
        FUZZ_CHECK(qr_utf8_valid(error.text, strlen(error.text)));
    return 0;
}
