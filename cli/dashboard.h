#ifndef QR_CLI_DASHBOARD_H
#define QR_CLI_DASHBOARD_H

#include "common/error.h"

/* The terminal dashboard, as `quorate dashboard` starts it. The function is defined on the floor above, in tui/dashboard.c: the
 * command knows what to ask for, not how it looks. */
struct qr_dashboard_options {
    const char *home;
    bool monochrome;
    bool readonly; /* no vote, no booking, no execution */
    bool slow;     /* data is shown at most once in two seconds */
};

/* Runs until the person quits. Services may be away: what is known is shown as stale. Fails with QR_EUSAGE without a terminal. */
QR_MUST_USE int qr_dashboard_run(const struct qr_dashboard_options *options, struct qr_error *error);

#endif
