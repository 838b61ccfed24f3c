#ifndef QR_TUI_WATERFALL_H
#define QR_TUI_WATERFALL_H

#include "tui/data.h"

/* The lines of a fare's explanation in the order in which a person reads them: base, the contributions from the largest to the
 * smallest, the rest together, the rules that changed something, the fare. */

enum { TUI_WATERFALL_NAME = QR_FEATURE_NAME_SIZE + 8, TUI_WATERFALL_LINES = QR_FEATURES_MAX + 16 };

enum tui_line_kind { TUI_LINE_BASE, TUI_LINE_FEATURE, TUI_LINE_OTHERS, TUI_LINE_RULE, TUI_LINE_FARE };

struct tui_line {
    enum tui_line_kind kind;
    char name[TUI_WATERFALL_NAME];
    char value[QR_VALUE_TEXT];
    int64_t amount;        /* of the line; the sum so far for base and fare */
    int64_t before, after; /* the sum of the lines above, and with this one */
};

struct tui_waterfall {
    struct qr_hash mandate;
    int64_t fare;
    bool exact;         /* the lines sum to the fare to the last minor unit */
    int64_t low, high;  /* round numbers that all sums lie between; low < high */
    size_t n;
    struct tui_line lines[TUI_WATERFALL_LINES];
};

/* At most `named` contributions have lines of their own; contributions of 0 never do. False for a leaf that does not decode. */
QR_MUST_USE bool tui_waterfall_of(const struct tui_decision *decision, const struct qr_schema *schema, size_t named,
                                  struct tui_waterfall *ret);

/* The cells [*ret_from, *ret_to) of a bar `width` wide that a line covers; never empty. */
void tui_waterfall_bar(const struct tui_waterfall *waterfall, const struct tui_line *line, int width, int *ret_from, int *ret_to);

#endif
