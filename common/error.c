#include "common/error.h"

#include "common/buffer.h"
#include "common/codec.h"

struct code_row {
    enum qr_code code;
    int status;
    const char *word;
};

static const struct code_row codes[] = {
    {QR_OK, 0, "ok"},
#define X(name, word, status) {QR_E##name, status, word},
    QR_CODES(X)
#undef X
};

enum { N_CODES = sizeof codes / sizeof codes[0] };

const char *qr_code_word(enum qr_code code)
{
    for (size_t i = 0; i < N_CODES; i++)
        if (codes[i].code == code)
            return codes[i].word;
    return "internal";
}

enum qr_code qr_code_from_word(const char *word)
{
    for (size_t i = 0; i < N_CODES; i++)
        if (strcmp(codes[i].word, word) == 0)
            return codes[i].code;
    return QR_EINTERNAL;
}

int qr_code_exit_status(enum qr_code code)
{
    for (size_t i = 0; i < N_CODES; i++)
        if (codes[i].code == code)
            return codes[i].status;
    return 5;
}

/* A control character of ASCII, or one of the C1 set as UTF-8 spells it. */
static bool is_control(const unsigned char *at)
{
    return *at < 0x20 || *at == 0x7f || (at[0] == 0xc2 && at[1] < 0xa0);
}

/* Text that came from outside may hold control characters, which a terminal must not obey, or be no UTF-8. */
static void neutralise(char *text)
{
    size_t size = strlen(text);
    for (size_t i = 0; i < size;) {
        unsigned char *at = (unsigned char *)text + i;
        size_t length = qr_utf8_sequence(at, size - i);
        if (length == 0 || is_control(at))
            memset(at, '?', length ? length : 1);
        i += length ? length : 1;
    }
}

QR_PRINTF(3, 0) static void set_text(char *target, size_t capacity, const char *format, va_list arguments)
{
    char full[1024];
    vsnprintf(full, sizeof full, format, arguments);
    neutralise(full);
    qr_copy_text(target, capacity, full);
}

/* The code of the last failure whose text nobody wanted, so that a hint or prefix for it still returns its code. */
static _Thread_local enum qr_code unwanted = QR_EINTERNAL;

int qr_fail(struct qr_error *error, enum qr_code code, const char *format, ...)
{
    if (!error)
        return unwanted = code;
    va_list arguments;
    va_start(arguments, format);
    set_text(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    error->code = code;
    error->hint[0] = '\0';
    return code;
}

int qr_hint(struct qr_error *error, const char *format, ...)
{
    if (!error)
        return unwanted;
    va_list arguments;
    va_start(arguments, format);
    set_text(error->hint, sizeof error->hint, format, arguments);
    va_end(arguments);
    return error->code;
}

int qr_prefix(struct qr_error *error, const char *format, ...)
{
    if (!error)
        return unwanted;
    char before[QR_ERROR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    set_text(before, sizeof before, format, arguments);
    va_end(arguments);
    char joined[2 * QR_ERROR_TEXT_MAX + 2];
    snprintf(joined, sizeof joined, "%s: %s", before, error->text);
    qr_copy_text(error->text, sizeof error->text, joined);
    return error->code;
}
