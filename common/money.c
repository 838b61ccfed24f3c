#include "common/money.h"

bool qr_money_add(struct qr_money *ret_sum, struct qr_money a, struct qr_money b)
{
    int64_t sum;
    if (__builtin_add_overflow(a.minor, b.minor, &sum))
        return false;
    ret_sum->minor = sum;
    return true;
}

bool qr_money_sub(struct qr_money *ret_difference, struct qr_money a, struct qr_money b)
{
    int64_t difference;
    if (__builtin_sub_overflow(a.minor, b.minor, &difference))
        return false;
    ret_difference->minor = difference;
    return true;
}

char *qr_money_format(struct qr_money amount, unsigned minor_digits, char text[QR_MONEY_TEXT])
{
    uint64_t size = amount.minor < 0 ? 0 - (uint64_t)amount.minor : (uint64_t)amount.minor;
    uint64_t unit = 1;
    for (unsigned i = 0; i < minor_digits; i++)
        unit *= 10;
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, size / unit);
    int at = 0;
    if (amount.minor < 0)
        text[at++] = '-';
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    if (minor_digits > 0)
        snprintf(text + at, (size_t)(QR_MONEY_TEXT - at), ".%0*" PRIu64, (int)minor_digits, size % unit);
    return text;
}
