#include "common/fixed.h"

enum { EXPONENT_MAX = 2500, DECIMALS_SHOWN = 9, SHOWN_MAX = 64 /* of a wrong number in an error */ };

/* A decimal number as digits * 10^exponent. An exponent beyond EXPONENT_MAX counts as EXPONENT_MAX: with at most
 * QR_DECIMAL_MAX digits and a scale of at most 2^30 the value is then too large, or rounds to zero, all the same. */
struct decimal {
    uint8_t digits[QR_DECIMAL_MAX];
    size_t n;
    long exponent;
    bool negative;
};

static bool read_exponent(const char **at, const char *end, struct decimal *number)
{
    const char *p = *at + 1;
    bool negative = p < end && *p == '-';
    if (p < end && (*p == '-' || *p == '+'))
        p++;
    if (p == end)
        return false;
    long exponent = 0;
    for (; p < end && isdigit((unsigned char)*p); p++)
        if ((exponent = exponent * 10 + (*p - '0')) > EXPONENT_MAX)
            exponent = EXPONENT_MAX;
    number->exponent += negative ? -exponent : exponent;
    *at = p;
    return isdigit((unsigned char)p[-1]);
}

static bool read_decimal(const char *text, size_t size, struct decimal *number)
{
    const char *at = text, *end = text + size;
    number->n = 0;
    number->exponent = 0;
    number->negative = false;
    if (size == 0)
        return false;
    if (*at == '-' || *at == '+')
        number->negative = *at++ == '-';
    bool point = false;
    for (; at < end && (isdigit((unsigned char)*at) || (*at == '.' && !point)); at++) {
        if (*at == '.') {
            point = true;
            continue;
        }
        number->digits[number->n++] = (uint8_t)(*at - '0');
        number->exponent -= point;
    }
    if (number->n == 0)
        return false;
    if (at < end && (*at == 'e' || *at == 'E') && !read_exponent(&at, end, number))
        return false;
    return at == end;
}

/* What stands after the last digit kept: less than, exactly, or more than a half. */
enum rest { REST_NONE, REST_BELOW_HALF, REST_HALF, REST_ABOVE_HALF };

static enum rest rest_of(const uint8_t *digits, size_t n)
{
    if (n == 0)
        return REST_NONE;
    bool tail = false;
    for (size_t i = 1; i < n; i++)
        tail |= digits[i] != 0;
    if (digits[0] == 5)
        return tail ? REST_ABOVE_HALF : REST_HALF;
    if (digits[0] > 5)
        return REST_ABOVE_HALF;
    return digits[0] || tail ? REST_BELOW_HALF : REST_NONE;
}

/* Multiplies the digits by scale, most significant first; returns how many there are then. */
static size_t multiply(const struct decimal *number, uint64_t scale, uint8_t out[2 * QR_DECIMAL_MAX])
{
    uint8_t reversed[2 * QR_DECIMAL_MAX];
    size_t n = 0;
    uint64_t carry = 0;
    for (size_t i = number->n; i-- > 0 || carry;) {
        uint64_t product = carry + (i < number->n ? number->digits[i] * scale : 0);
        reversed[n++] = (uint8_t)(product % 10);
        carry = product / 10;
        if (i == 0 || i >= number->n) {
            i = 0;
            if (!carry)
                break;
        }
    }
    for (size_t i = 0; i < n; i++)
        out[i] = reversed[n - 1 - i];
    return n;
}

static int shown(size_t size)
{
    return size < SHOWN_MAX ? (int)size : SHOWN_MAX;
}

int qr_fixed_parse(const char *text, size_t size, int64_t scale, int64_t *ret_value, struct qr_error *error)
{
    struct decimal number;
    if (size > QR_DECIMAL_MAX)
        return qr_fail(error, QR_EFORMAT, "a number of %zu characters, but %d are the most", size, QR_DECIMAL_MAX);
    if (!read_decimal(text, size, &number))
        return qr_fail(error, QR_EFORMAT, "'%.*s' is not a decimal number", shown(size), text);
    uint8_t digits[2 * QR_DECIMAL_MAX];
    size_t n = multiply(&number, (uint64_t)scale, digits);
    long whole = (long)n + number.exponent; /* digits before the point */
    const uint64_t most = (uint64_t)INT64_MAX + number.negative;
    uint64_t value = 0;
    for (long i = 0; i < whole; i++) {
        uint64_t digit = i < (long)n ? digits[i] : 0;
        if (value > (most - digit) / 10)
            return qr_fail(error, QR_ERANGE, "'%.*s' is too large", shown(size), text);
        value = value * 10 + digit;
    }
    enum rest rest = REST_NONE;
    if (whole >= 0 && whole < (long)n)
        rest = rest_of(digits + whole, n - (size_t)whole);
    if (rest == REST_ABOVE_HALF || (rest == REST_HALF && (value & 1)))
        value++;
    if (value > most)
        return qr_fail(error, QR_ERANGE, "'%.*s' is too large", shown(size), text);
    *ret_value = (int64_t)(number.negative ? 0 - value : value);
    return QR_OK;
}

/* Decimals that 1 / scale needs: exact for products of 2s and 5s, else as many as are shown. */
static int decimals_of(int64_t scale)
{
    int twos = 0, fives = 0;
    for (; scale % 2 == 0; scale /= 2)
        twos++;
    for (; scale % 5 == 0; scale /= 5)
        fives++;
    if (scale != 1)
        return DECIMALS_SHOWN;
    return twos > fives ? twos : fives;
}

char *qr_fixed_format(int64_t value, int64_t scale, char text[QR_FIXED_TEXT])
{
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t whole = size / (uint64_t)scale, rest = size % (uint64_t)scale;
    int at = snprintf(text, QR_FIXED_TEXT, "%s%" PRIu64, value < 0 ? "-" : "", whole);
    if (rest == 0)
        return text;
    text[at++] = '.';
    for (int i = decimals_of(scale); i > 0 && rest; i--) {
        rest *= 10;
        text[at++] = (char)('0' + rest / (uint64_t)scale);
        rest %= (uint64_t)scale;
    }
    while (text[at - 1] == '0')
        at--;
    text[text[at - 1] == '.' ? at - 1 : at] = '\0';
    return text;
}

int qr_integer_parse(const char *text, const char *what, int64_t least, int64_t most, int64_t *ret_value,
                     struct qr_error *error)
{
    const char *digits = text + (*text == '-' || *text == '+');
    size_t size = strlen(digits);
    if (size == 0 || strspn(digits, "0123456789") != size)
        return qr_fail(error, QR_EFORMAT, "%s must be a whole number, not '%.40s'", what, text);
    errno = 0;
    long long value = strtoll(text, NULL, 10);
    if (errno != 0 || value < least || value > most)
        return qr_fail(error, QR_ERANGE, "%s must be from %" PRId64 " to %" PRId64 ", not %.40s", what, least, most,
                       text);
    *ret_value = value;
    return QR_OK;
}

int64_t qr_floor_div(int64_t value, int64_t divisor)
{
    int64_t quotient = value / divisor;
    return quotient - (value % divisor < 0);
}
