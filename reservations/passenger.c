#include "reservations/passenger.h"

#include <locale.h>
#include <wctype.h>

#include "common/codec.h"

static bool blank(char c)
{
    return c == ' ' || c == '\t';
}

/* One part of a name, without the blanks around it. */
static int set_part(const char *what, const char *text, size_t size, char target[QR_NAME_MAX + 1],
                    struct qr_error *error)
{
    for (; size > 0 && blank(text[0]); size--)
        text++;
    while (size > 0 && blank(text[size - 1]))
        size--;
    if (size == 0 || size > QR_NAME_MAX)
        return qr_fail(error, QR_EINPUT, "a %s has 1 to %d bytes, not %zu", what, QR_NAME_MAX, size);
    if (!qr_utf8_valid(text, size))
        return qr_fail(error, QR_EINPUT, "the %s is not UTF-8 text", what);
    for (size_t i = 0; i < size; i++) {
        if ((unsigned char)text[i] < 0x20 || text[i] == 0x7f || text[i] == '/')
            return qr_fail(error, QR_EINPUT, "the %s holds a control character or a slash", what);
    }
    memcpy(target, text, size);
    target[size] = 0;
    return 0;
}

static int set_both(const char *surname, size_t surname_size, const char *given, struct qr_passenger *ret_passenger,
                    struct qr_error *error)
{
    struct qr_passenger passenger = {0};
    int code = set_part("surname", surname, surname_size, passenger.surname, error);
    if (code == 0)
        code = set_part("given name", given, strlen(given), passenger.given, error);
    if (code == 0)
        *ret_passenger = passenger;
    return code;
}

int qr_passenger_set(const char *surname, const char *given, struct qr_passenger *ret_passenger, struct qr_error *error)
{
    return set_both(surname, strlen(surname), given, ret_passenger, error);
}

int qr_passenger_parse(const char *name, struct qr_passenger *ret_passenger, struct qr_error *error)
{
    const char *slash = strchr(name, '/');
    if (slash == NULL)
        return qr_fail(error, QR_EINPUT, "a passenger's name is SURNAME/GIVEN, such as RAO/ASHA");
    return set_both(name, (size_t)(slash - name), slash + 1, ret_passenger, error);
}

void qr_passenger_encode(const struct qr_passenger *passenger, struct qr_buffer *out)
{
    qr_put_text(out, passenger->surname);
    qr_put_text(out, passenger->given);
}

int qr_passenger_decode(const void *bytes, size_t size, struct qr_passenger *ret_passenger, struct qr_error *error)
{
    struct qr_passenger passenger;
    struct qr_reader in = qr_reader_of(bytes, size);
    qr_get_text(&in, passenger.surname, sizeof passenger.surname);
    qr_get_text(&in, passenger.given, sizeof passenger.given);
    int code = qr_reader_end(&in, "a passenger", error);
    if (code == 0)
        *ret_passenger = passenger;
    return code;
}

struct qr_hash qr_passenger_commitment(const struct qr_passenger *passenger, const char *locator,
                                       const uint8_t salt[QR_SALT_SIZE])
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    qr_put_raw(&content, salt, QR_SALT_SIZE);
    qr_put_text(&content, locator);
    qr_passenger_encode(passenger, &content);
    return qr_tagged_hash(QR_DOMAIN_COMMITMENT, content.data, content.size);
}

/* The next character of valid UTF-8, lower case; 0 at the end. */
static wint_t next_folded(const char **at, const char *end, locale_t locale)
{
    if (*at == end)
        return 0;
    const unsigned char *bytes = (const unsigned char *)*at;
    int more = bytes[0] < 0x80 ? 0 : bytes[0] < 0xe0 ? 1 : bytes[0] < 0xf0 ? 2 : 3;
    wint_t character = more == 0 ? bytes[0] : bytes[0] & (0x3fu >> more);
    for (int i = 1; i <= more; i++)
        character = character << 6 | (bytes[i] & 0x3fu);
    *at += 1 + more;
    return towlower_l(towupper_l(character, locale), locale);
}

static const char *trimmed(const char *text, const char **ret_end)
{
    const char *end = text + strlen(text);
    while (blank(*text))
        text++;
    while (end > text && blank(end[-1]))
        end--;
    *ret_end = end;
    return text;
}

bool qr_surname_equal(const char *a, const char *b)
{
    if (!qr_utf8_valid(a, strlen(a)) || !qr_utf8_valid(b, strlen(b)))
        return false;
    locale_t locale =
        newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL); /* Unicode's case mapping, whatever the user's locale */
    if (locale == NULL)
        return false;
    const char *a_end, *b_end;
    a = trimmed(a, &a_end);
    b = trimmed(b, &b_end);
    wint_t left, right;
    do {
        left = next_folded(&a, a_end, locale);
        right = next_folded(&b, b_end, locale);
    } while (left == right && left != 0);
    freelocale(locale);
    return left == right;
}
