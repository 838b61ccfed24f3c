#include "xai/document.h"

/* UBJSON as XGBoost writes it: big-endian numbers, lengths behind a type letter, arrays that may declare one type for
 * all their elements. Elements that take no bytes are refused in such an array, since any length of them costs nothing.
 */

struct parse {
    struct doc *doc;
    const uint8_t *start, *at, *end;
    const char *wrong;
    unsigned depth;
};

static void wrong(struct parse *p, const char *what)
{
    if (!p->wrong)
        p->wrong = what;
}

static uint64_t take(struct parse *p, size_t bytes)
{
    if ((size_t)(p->end - p->at) < bytes) {
        wrong(p, "the file ends too early");
        p->at = p->end;
        return 0;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | *p->at++;
    return value;
}

static bool take_letter(struct parse *p, char letter)
{
    if (p->at == p->end || *p->at != (uint8_t)letter)
        return false;
    p->at++;
    return true;
}

static bool is_whole(char type)
{
    return strchr("iUIlL", type) != NULL;
}

static int64_t whole_number(struct parse *p, char type)
{
    switch (type) {
    case 'i':
        return (int8_t)take(p, 1);
    case 'U':
        return (int64_t)take(p, 1);
    case 'I':
        return (int16_t)take(p, 2);
    case 'l':
        return (int32_t)take(p, 4);
    default:
        return (int64_t)take(p, 8);
    }
}

static size_t length(struct parse *p)
{
    char type = (char)take(p, 1);
    int64_t n = type && is_whole(type) ? whole_number(p, type) : -1;
    if (n < 0 || n > INT32_MAX) {
        wrong(p, "a length that is none");
        return 0;
    }
    return (size_t)n;
}

static struct doc_value read_text(struct parse *p)
{
    size_t size = length(p);
    if (size > (size_t)(p->end - p->at)) {
        wrong(p, "a text longer than the file");
        size = 0;
    }
    struct doc_value value = doc_add_text(p->doc, p->at, size);
    p->at += size;
    return value;
}

static double real_number(struct parse *p, char type)
{
    uint64_t bits = take(p, type == 'd' ? 4 : 8);
    double wide;
    float narrow;
    uint32_t low = (uint32_t)bits;
    memcpy(&narrow, &low, sizeof narrow);
    memcpy(&wide, &bits, sizeof wide);
    return type == 'd' ? (double)narrow : wide;
}

static struct doc_value read_typed(struct parse *p, char type);

static struct doc_value read_value(struct parse *p)
{
    return read_typed(p, (char)take(p, 1));
}

static void push(struct parse *p, struct doc_value value)
{
    if (!p->wrong && !doc_push(p->doc, value))
        wrong(p, "more values than this program reads");
}

/* Behind '[' or '{': "$type" and "#length", each where it stands. */
static void container_head(struct parse *p, char *ret_type, bool *ret_counted, size_t *ret_n)
{
    *ret_type = take_letter(p, '$') ? (char)take(p, 1) : 0;
    *ret_counted = take_letter(p, '#');
    *ret_n = *ret_counted ? length(p) : 0;
    if (*ret_type && !*ret_counted)
        wrong(p, "an array with a type and without a length");
    if (*ret_type && !strchr("iUIlLdDSC[{", *ret_type))
        wrong(p, "an array of elements that take no bytes");
}

static struct doc_value read_array(struct parse *p)
{
    size_t from = p->doc->n_stack, n;
    char type;
    bool counted;
    container_head(p, &type, &counted, &n);
    for (size_t i = 0; !p->wrong && (counted ? i < n : !take_letter(p, ']')); i++)
        push(p, type ? read_typed(p, type) : read_value(p));
    return doc_close(p->doc, DOC_ARRAY, from);
}

static struct doc_value read_object(struct parse *p)
{
    size_t from = p->doc->n_stack, n;
    char type;
    bool counted;
    container_head(p, &type, &counted, &n);
    for (size_t i = 0; !p->wrong && (counted ? i < n : !take_letter(p, '}')); i++) {
        push(p, read_text(p));
        push(p, type ? read_typed(p, type) : read_value(p));
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

static struct doc_value read_typed(struct parse *p, char type)
{
    if (p->wrong)
        return (struct doc_value){0};
    if (type && is_whole(type))
        return (struct doc_value){.type = DOC_INTEGER, .integer = whole_number(p, type)};
    switch (type) {
    case 'd':
    case 'D':
        return (struct doc_value){.type = DOC_FLOAT, .real = real_number(p, type)};
    case 'S':
        return read_text(p);
    case 'C':
        p->at += p->at < p->end;
        return doc_add_text(p->doc, p->at - 1, 1);
    case 'T':
    case 'F':
        return (struct doc_value){.type = DOC_BOOL, .integer = type == 'T'};
    case 'Z':
    case 'N':
        return (struct doc_value){.type = DOC_NULL};
    case '[':
        return read_nested(p, read_array);
    case '{':
        return read_nested(p, read_object);
    default:
        wrong(p, "an unknown type letter");
        return (struct doc_value){0};
    }
}

int doc_read_ubjson(struct doc *doc, const uint8_t *bytes, size_t size, struct qr_error *error)
{
    struct parse parse = {.doc = doc, .start = bytes, .at = bytes, .end = bytes + size};
    doc->root = read_value(&parse);
    doc_end(doc);
    if (!parse.wrong && parse.at < parse.end)
        wrong(&parse, "something behind the document's end");
    if (parse.wrong)
        return qr_fail(error, QR_EFORMAT, "not UBJSON: %s at byte %zu", parse.wrong, (size_t)(parse.at - parse.start));
    return 0;
}
