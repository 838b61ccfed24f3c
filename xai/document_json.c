#include "xai/document.h"

/* JSON (RFC 8259), recursive descent with bounded depth. */

struct parse {
    struct doc *doc;
    const char *start, *at, *end;
    const char *wrong; /* NULL, or what is wrong at `at` */
    bool nan_allowed;
    unsigned depth;
};

static void wrong(struct parse *p, const char *what)
{
    if (!p->wrong)
        p->wrong = what;
}

static void skip_space(struct parse *p)
{
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\r' || *p->at == '\t'))
        p->at++;
}

static bool take(struct parse *p, char c)
{
    if (p->at == p->end || *p->at != c)
        return false;
    p->at++;
    return true;
}

static bool take_word(struct parse *p, const char *word)
{
    size_t size = strlen(word);
    if ((size_t)(p->end - p->at) < size || memcmp(p->at, word, size) != 0)
        return false;
    p->at += size;
    return true;
}

static unsigned hex_digits(struct parse *p)
{
    unsigned value = 0;
    for (int i = 0; i < 4; i++, p->at++) {
        unsigned char c = p->at < p->end ? (unsigned char)*p->at : 0;
        if (!isxdigit(c)) {
            wrong(p, "\\u needs four hexadecimal digits");
            return 0;
        }
        value = value * 16 + (unsigned)(c <= '9' ? c - '0' : (c | 32) - 'a' + 10);
    }
    return value;
}

static void add_utf8(struct qr_buffer *out, unsigned c)
{
    if (c < 0x80) {
        qr_buffer_byte(out, (uint8_t)c);
        return;
    }
    int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    static const uint8_t lead[] = {0, 0xc0, 0xe0, 0xf0};
    qr_buffer_byte(out, (uint8_t)(lead[more] | c >> (6 * more)));
    while (more-- > 0)
        qr_buffer_byte(out, (uint8_t)(0x80 | (c >> (6 * more) & 0x3f)));
}

static void escaped_character(struct parse *p, struct qr_buffer *out)
{
    unsigned c = hex_digits(p);
    if (c >= 0xd800 && c < 0xdc00) {
        if (!take_word(p, "\\u"))
            wrong(p, "half a surrogate pair");
        unsigned low = p->wrong ? 0 : hex_digits(p);
        if (low < 0xdc00 || low > 0xdfff)
            wrong(p, "half a surrogate pair");
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    } else if (c >= 0xdc00 && c < 0xe000)
        wrong(p, "half a surrogate pair");
    if (!p->wrong)
        add_utf8(out, c);
}

static void escape(struct parse *p, struct qr_buffer *out)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = p->at < p->end ? *p->at++ : 0;
    const char *known = c ? strchr(from, c) : NULL;
    if (known)
        qr_buffer_byte(out, (uint8_t)to[known - from]);
    else if (c == 'u')
        escaped_character(p, out);
    else
        wrong(p, "an unknown escape");
}

/* A text, the quotation mark already taken. */
static struct doc_value read_text(struct parse *p)
{
    struct qr_buffer *out = &p->doc->texts;
    size_t first = out->size;
    while (!p->wrong && !take(p, '"')) {
        if (p->at == p->end || (unsigned char)*p->at < ' ')
            wrong(p, "a text without an end");
        else if (take(p, '\\'))
            escape(p, out);
        else
            qr_buffer_byte(out, (uint8_t)*p->at++);
    }
    struct doc_value value = {.type = DOC_TEXT, .count = (uint32_t)(out->size - first), .first = first};
    qr_buffer_byte(out, 0);
    return value;
}

static size_t skip_digits(struct parse *p)
{
    const char *from = p->at;
    while (p->at < p->end && *p->at >= '0' && *p->at <= '9')
        p->at++;
    return (size_t)(p->at - from);
}

static struct doc_value whole_number(struct parse *p, const char *from)
{
    bool negative = *from == '-';
    int64_t value = 0;
    for (const char *at = from + negative; at < p->at; at++)
        if (__builtin_mul_overflow(value, 10, &value) || __builtin_add_overflow(value, *at - '0', &value)) {
            wrong(p, "a whole number beyond 64 bits");
            return (struct doc_value){0};
        }
    return (struct doc_value){.type = DOC_INTEGER, .integer = negative ? -value : value};
}

static struct doc_value read_number(struct parse *p)
{
    const char *from = p->at;
    take(p, '-');
    bool real = false;
    if (skip_digits(p) == 0)
        wrong(p, "something that is no value");
    if (take(p, '.')) {
        real = true;
        if (skip_digits(p) == 0)
            wrong(p, "a number without digits behind its point");
    }
    if (take(p, 'e') || take(p, 'E')) {
        real = true;
        if (!take(p, '-'))
            take(p, '+');
        if (skip_digits(p) == 0)
            wrong(p, "a number without digits in its exponent");
    }
    if (p->wrong)
        return (struct doc_value){0};
    if (!real)
        return whole_number(p, from);
    return (struct doc_value){.type = DOC_FLOAT, .real = (double)doc_float(p->doc, from, (size_t)(p->at - from))};
}

static struct doc_value read_value(struct parse *p);

static void push(struct parse *p, struct doc_value value)
{
    if (!p->wrong && !doc_push(p->doc, value))
        wrong(p, "more values than this program reads");
}

static struct doc_value read_array(struct parse *p)
{
    size_t from = p->doc->n_stack;
    skip_space(p);
    if (!take(p, ']'))
        do {
            push(p, read_value(p));
            skip_space(p);
        } while (!p->wrong && take(p, ','));
    else
        return doc_close(p->doc, DOC_ARRAY, from);
    if (!p->wrong && !take(p, ']'))
        wrong(p, "an array without an end");
    return doc_close(p->doc, DOC_ARRAY, from);
}

static void read_member(struct parse *p)
{
    skip_space(p);
    if (!take(p, '"')) {
        wrong(p, "an object's key that is no text");
        return;
    }
    struct doc_value key = read_text(p);
    push(p, key);
    skip_space(p);
    if (!take(p, ':'))
        wrong(p, "a key without a value");
    if (p->wrong)
        return;
    bool before = p->nan_allowed;
    p->nan_allowed = strcmp(doc_text(p->doc, &key), "split_conditions") == 0;
    push(p, read_value(p));
    p->nan_allowed = before;
    skip_space(p);
}

static struct doc_value read_object(struct parse *p)
{
    size_t from = p->doc->n_stack;
    skip_space(p);
    if (!take(p, '}')) {
        do
            read_member(p);
        while (!p->wrong && take(p, ','));
        if (!p->wrong && !take(p, '}'))
            wrong(p, "an object without an end");
    }
    return doc_close(p->doc, DOC_OBJECT, from);
}

static struct doc_value read_nested(struct parse *p, struct doc_value (*read)(struct parse *))
{
    if (++p->depth > DOCUMENT_NESTING_MAX)
        wrong(p, "values nested deeper than this program reads");
    struct doc_value value = p->wrong ? (struct doc_value){0} : read(p);
    p->depth--;
    return value;
}

static struct doc_value read_value(struct parse *p)
{
    skip_space(p);
    if (take(p, '['))
        return read_nested(p, read_array);
    if (take(p, '{'))
        return read_nested(p, read_object);
    if (take(p, '"'))
        return read_text(p);
    if (take_word(p, "true"))
        return (struct doc_value){.type = DOC_BOOL, .integer = 1};
    if (take_word(p, "false"))
        return (struct doc_value){.type = DOC_BOOL};
    if (take_word(p, "null"))
        return (struct doc_value){.type = DOC_NULL};
    if (p->nan_allowed && take_word(p, "NaN"))
        return (struct doc_value){.type = DOC_FLOAT, .real = __builtin_nan("")};
    return read_number(p);
}

int doc_read_json(struct doc *doc, const char *text, size_t size, struct qr_error *error)
{
    struct parse parse = {.doc = doc, .start = text, .at = text, .end = text + size};
    doc->root = read_value(&parse);
    doc_end(doc);
    skip_space(&parse);
    if (!parse.wrong && parse.at < parse.end)
        wrong(&parse, "something behind the document's end");
    if (parse.wrong)
        return qr_fail(error, QR_EFORMAT, "not JSON: %s at byte %zu", parse.wrong, (size_t)(parse.at - parse.start));
    return 0;
}
