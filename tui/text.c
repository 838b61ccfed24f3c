#include "tui/text.h"

#include <wchar.h>

enum { REPLACEMENT = '?' };

/* Length of a well-formed sequence by its first byte; 0 for a byte that begins none. */
static int sequence_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    if (first >= 0xf0 && first <= 0xf4)
        return 4;
    return 0;
}

/* One code point, or REPLACEMENT and one byte of progress. */
static uint32_t decode(const char **text)
{
    const unsigned char *at = (const unsigned char *)*text;
    int length = sequence_length(at[0]);
    if (length <= 1) {
        (*text)++;
        return length == 1 ? at[0] : REPLACEMENT;
    }
    uint32_t character = at[0] & (0x7fu >> length);
    for (int i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            (*text)++;
            return REPLACEMENT;
        }
        character = character << 6 | (at[i] & 0x3fu);
    }
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    *text += length;
    bool good = character >= least[length] && character <= 0x10ffff && !(character >= 0xd800 && character <= 0xdfff);
    return good ? character : REPLACEMENT;
}

/* Marks that reorder what follows them: a title must not be able to rewrite its neighbours. */
static bool reorders(uint32_t c)
{
    return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x061c;
}

uint32_t tui_text_next(const char **text, int *ret_width)
{
    while (**text) {
        uint32_t character = decode(text);
        *ret_width = 1;
        if (character < 0x20 || (character >= 0x7f && character < 0xa0) || reorders(character))
            return REPLACEMENT;
        if (character < 0x7f)
            return character;
        int width = wcwidth((wchar_t)character);
        if (width == 0)
            continue;
        *ret_width = width < 0 ? 1 : width;
        return character;
    }
    return 0;
}

int tui_text_width(const char *text)
{
    int cells = 0;
    int width;
    while (tui_text_next(&text, &width))
        cells += width;
    return cells;
}

uint32_t tui_text_ascii(uint32_t character)
{
    static const struct {
        uint32_t from;
        char to;
    } stand_ins[] = {
        {0x2500, '-'}, {0x2502, '|'}, {0x250c, '+'}, {0x2510, '+'}, {0x2514, '+'}, {0x2518, '+'}, {0x253c, '+'},
        {0x251c, '+'}, {0x2524, '+'}, {0x252c, '+'}, {0x2534, '+'}, {0x2581, '.'}, {0x2582, '.'}, {0x2583, ':'},
        {0x2584, ':'}, {0x2585, '+'}, {0x2586, '+'}, {0x2587, '#'}, {0x2588, '#'}, {0x2591, '.'}, {0x2026, '~'},
        {0x00b7, '.'}, {0x2192, '>'}, {0x25cf, '*'}, {0x25cb, 'o'}, {0x2013, '-'}, {0x2014, '-'}, {0x2191, '^'},
        {0x2193, 'v'}, {0x25b8, '>'},
    };
    if (character < 0x80)
        return character;
    for (size_t i = 0; i < sizeof stand_ins / sizeof stand_ins[0]; i++)
        if (stand_ins[i].from == character)
            return (unsigned char)stand_ins[i].to;
    return REPLACEMENT;
}

size_t tui_text_encode(uint32_t c, char text[5])
{
    size_t n = 0;
    if (c < 0x80) {
        text[n++] = (char)c;
    } else if (c < 0x800) {
        text[n++] = (char)(0xc0 | c >> 6);
        text[n++] = (char)(0x80 | (c & 0x3f));
    } else if (c < 0x10000) {
        text[n++] = (char)(0xe0 | c >> 12);
        text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
        text[n++] = (char)(0x80 | (c & 0x3f));
    } else {
        text[n++] = (char)(0xf0 | c >> 18);
        text[n++] = (char)(0x80 | (c >> 12 & 0x3f));
        text[n++] = (char)(0x80 | (c >> 6 & 0x3f));
        text[n++] = (char)(0x80 | (c & 0x3f));
    }
    text[n] = '\0';
    return n;
}
