#include "xai/jsonl.h"

/* What is left of a line. */
struct cursor {
    char *at, *end;
};

static void skip_blanks(struct cursor *in)
{
    while (in->at < in->end && (*in->at == ' ' || *in->at == '\t' || *in->at == '\r'))
        in->at++;
}

static bool take(struct cursor *in, char c)
{
    skip_blanks(in);
    if (in->at == in->end || *in->at != c)
        return false;
    in->at++;
    return true;
}

/* Four hexadecimal digits. */
static bool take_unit(struct cursor *in, uint32_t *ret_unit)
{
    *ret_unit = 0;
    for (int i = 0; i < 4; i++, in->at++) {
        const char *digits = "0123456789abcdef", *digit;
        if (in->at == in->end || !*in->at || !(digit = strchr(digits, tolower((unsigned char)*in->at))))
            return false;
        *ret_unit = *ret_unit << 4 | (uint32_t)(digit - digits);
    }
    return true;
}

static char *put_utf8(char *to, uint32_t point)
{
    if (point < 0x80) {
        *to++ = (char)point;
        return to;
    }
    int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const unsigned marks[] = {0, 0xc0, 0xe0, 0xf0};
    *to++ = (char)(marks[more] | point >> (6 * more));
    while (more-- > 0)
        *to++ = (char)(0x80 | (point >> (6 * more) & 0x3f));
    return to;
}

/* What stands behind \u: one unit, or two that are a pair. At most as long as its escape. */
static char *take_point(struct cursor *in, char *to)
{
    uint32_t point, low;
    if (!take_unit(in, &point) || point == 0 || (point >= 0xdc00 && point < 0xe000))
        return NULL;
    if (point < 0xd800 || point >= 0xe000)
        return put_utf8(to, point);
    if (in->end - in->at < 6 || in->at[0] != '\\' || in->at[1] != 'u')
        return NULL;
    in->at += 2;
    if (!take_unit(in, &low) || low < 0xdc00 || low >= 0xe000)
        return NULL;
    return put_utf8(to, 0x10000 + ((point - 0xd800) << 10 | (low - 0xdc00)));
}

/* From behind the backslash. */
static char *take_escape(struct cursor *in, char *to)
{
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (in->at == in->end || !*in->at)
        return NULL;
    char letter = *in->at++;
    if (letter == 'u')
        return take_point(in, to);
    const char *known = strchr(letters, letter);
    if (known)
        *to++ = meant[known - letters];
    return known ? to : NULL;
}

/* A text from behind its first quotation mark, resolved in place. */
static bool take_text(struct cursor *in, struct csv_field *ret_text)
{
    char *start = in->at, *to = start;
    while (in->at < in->end && *in->at != '"') {
        if ((unsigned char)*in->at < 0x20)
            return false;
        if (*in->at != '\\') {
            *to++ = *in->at++;
            continue;
        }
        in->at++;
        if (!(to = take_escape(in, to)))
            return false;
    }
    *ret_text = (struct csv_field){start, (size_t)(to - start)};
    return in->at++ < in->end;
}

/* To the end of a list or an object, whatever stands in it: no feature takes one. */
static bool skip_nested(struct cursor *in)
{
    size_t depth = 0;
    bool quoted = false;
    for (; in->at < in->end; in->at++) {
        char c = *in->at;
        if (quoted && c == '\\' && in->at + 1 < in->end)
            in->at++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '['))
            depth++;
        else if (!quoted && (c == '}' || c == ']') && --depth == 0) {
            in->at++;
            return true;
        }
    }
    return false;
}

static bool take_value(struct cursor *in, struct csv_field *ret_value)
{
    skip_blanks(in);
    char *start = in->at;
    if (take(in, '"'))
        return take_text(in, ret_value);
    if (start < in->end && (*start == '{' || *start == '[')) {
        if (!skip_nested(in))
            return false;
    } else {
        while (in->at < in->end && !strchr(",} \t\r", *in->at)) /* a zero byte ends it too */
            in->at++;
    }
    *ret_value = (struct csv_field){start, (size_t)(in->at - start)};
    if (ret_value->size == 4 && memcmp(start, "null", 4) == 0)
        ret_value->size = 0;
    return in->at > start;
}

static bool take_member(struct cursor *in, struct csv_field *ret_key, struct csv_field *ret_value)
{
    return take(in, '"') && take_text(in, ret_key) && take(in, ':') && take_value(in, ret_value);
}

static int take_object(struct csv *csv, struct cursor *in, struct qr_error *error)
{
    static const char malformed[] = "line %" PRIu64 ": this is no JSON object, as each line is: {\"NAME\":VALUE,...}";
    csv->n_fields = 0;
    bool more = take(in, '{');
    if (more && take(in, '}'))
        more = false;
    else if (!more)
        return qr_fail(error, QR_EFORMAT, malformed, csv->last_line);
    while (more) {
        struct csv_field key, value;
        if (csv->n_fields == 2 * CSV_FIELDS_MAX)
            return qr_fail(error, QR_ELIMIT, "line %" PRIu64 ": there are more than %d members", csv->last_line,
                           CSV_FIELDS_MAX);
        if (!take_member(in, &key, &value))
            return qr_fail(error, QR_EFORMAT, malformed, csv->last_line);
        csv_add_field(csv, key.text, key.size);
        csv_add_field(csv, value.text, value.size);
        more = take(in, ',');
        if (!more && !take(in, '}'))
            return qr_fail(error, QR_EFORMAT, malformed, csv->last_line);
    }
    skip_blanks(in);
    return in->at == in->end ? 1 : qr_fail(error, QR_EFORMAT, malformed, csv->last_line);
}

int jsonl_next(struct csv *csv, struct qr_error *error)
{
    struct cursor in;
    int code;
    do {
        code = csv_next_line(csv, &in.at, &in.end, error);
        if (code == 1)
            skip_blanks(&in);
    } while (code == 1 && in.at == in.end);
    return code == 1 ? take_object(csv, &in, error) : code;
}
