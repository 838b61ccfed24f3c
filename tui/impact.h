#ifndef QR_TUI_IMPACT_H
#define QR_TUI_IMPACT_H

#include "common/prelude.h"

/* An impact report's JSON (xai/report.h) as the few lines that a voter reads first: accuracy by segment, the mean fares, the
 * routes and the days before departure that move most, the features whose share moves most, broken rules. Integers throughout. */

enum { TUI_IMPACTS_MAX = 96, TUI_IMPACT_LABEL = 64 };

enum tui_impact_kind {
    TUI_IMPACT_SHARE, /* now, next in 1/10,000, shown as percent; change is the difference */
    TUI_IMPACT_MONEY, /* now, next in minor units; change in 1/10,000 of now */
    TUI_IMPACT_COUNT, /* change is the difference */
};

struct tui_impact {
    char label[TUI_IMPACT_LABEL];
    enum tui_impact_kind kind;
    int64_t now, next, change;
    bool alarm; /* deserves a look: more broken rules, a fare that moves by more than a tenth, less accuracy */
};

struct tui_impacts {
    int64_t rows; /* reference rows */
    size_t n;
    struct tui_impact items[TUI_IMPACTS_MAX];
};

/* False for text that is no report. */
QR_MUST_USE bool tui_impacts_of(const char *json, struct tui_impacts *ret);

#endif
