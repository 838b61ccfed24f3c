#ifndef QR_TUI_SOURCE_H
#define QR_TUI_SOURCE_H

#include "tui/data.h"

/* Where data comes from and actions go. The dashboard asks; answers appear in tui_data later, an action's outcome as
 * tui_data_say. Nothing here waits or fails. The real one (live.h) speaks to the services; tests write their own. */

/* Sets of data that a source keeps fresh while they are shown. The services' states, the head and events always are. */
enum tui_set {
    TUI_SET_BLOCKS = 1 << 0,
    TUI_SET_DECISIONS = 1 << 1,
    TUI_SET_PROPOSALS = 1 << 2,
    TUI_SET_MEMBERS = 1 << 3,
    TUI_SET_ORDERS = 1 << 4,
    TUI_SET_NETWORK = 1 << 5,
};

struct tui_booking {
    uint8_t offer[16];
    char surname[65], given_name[65];
};

struct tui_vote {
    struct qr_hash proposal, report;
    char member[TUI_NAME];
    char choice[TUI_NAME];
    char reason[TUI_LINE];
};

struct tui_source {
    void *context;
    void (*show)(void *context, unsigned sets);
    /* One thing in full; asked for again while it is shown, so a source leaves out what is under way. */
    void (*block)(void *context, uint64_t height);
    void (*transaction)(void *context, const struct qr_hash *id);
    void (*decision)(void *context, const struct qr_hash *id);
    void (*mandate)(void *context, const struct qr_hash *id);
    void (*proposal)(void *context, const struct qr_hash *id);
    void (*log)(void *context, unsigned process); /* as the supervisor numbers them */
    /* Actions. */
    void (*search)(void *context, const struct tui_query *query);
    void (*book)(void *context, const struct tui_booking *booking);
    void (*vote)(void *context, const struct tui_vote *vote);
    void (*execute)(void *context, const struct qr_hash *proposal);
    void (*verify)(void *context, const struct qr_hash *decision);
};

#endif
