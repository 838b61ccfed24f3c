#ifndef QR_TESTS_UNIT_TUI_FIXTURE_H
#define QR_TESTS_UNIT_TUI_FIXTURE_H

#include <check.h>

#include "tui/views/views.h"

/* A dashboard on data that this test wrote: no services, no terminal but for input fields (on /dev/null). It records what the
 * dashboard asks of its source. */
struct fixture {
    struct tui_app app;
    struct tui_data *data;
    struct tui_screen screen;
    unsigned searches, bookings, votes, executions, verifications;
    struct tui_query query;
    struct tui_booking booking;
    struct tui_vote vote;
    struct qr_hash executed, verified;
};

#define FIXTURE_NOW INT64_C(1795599000000) /* 2026-11-25T09:30:00Z */

void fixture_open(struct fixture *fixture, int rows, int cols);
void fixture_close(struct fixture *fixture);
void fixture_keys(struct fixture *fixture, const char *keys);
void fixture_key(struct fixture *fixture, int key);
/* Draws and returns the screen as text, to be freed. */
char *fixture_text(struct fixture *fixture);
struct qr_hash fixture_hash(unsigned number);
/* Opens a terminal that is none, for input fields. */
void fixture_terminal(void);
/* Runs a suite; what main returns. */
int fixture_run(Suite *suite);
/* A new decision at the top of the list. */
void fixture_decide(struct fixture *fixture, unsigned number);

#endif
