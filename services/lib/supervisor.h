#ifndef QR_SERVICES_LIB_SUPERVISOR_H
#define QR_SERVICES_LIB_SUPERVISOR_H

#include "services/lib/endpoint.h"

/* The supervisor: one process that runs the four services of a home and starts again what ends.
 *
 * A service killed by a signal comes back at once; one that ends by itself without having run for a while is started
 * again after 250 ms, and each further time after twice as long, up to 30 s. Each service's log goes to
 * HOME/log/NAME.log. A service that runs already, left by a supervisor that was killed, is adopted. SIGTERM ends
 * everything: reserved, priced and governd first, ledgerd last.
 *
 * In a home whose engine is CometBFT, that is a fifth process. It cannot connect to ledgerd a second time, so it is
 * started once ledgerd listens for it, ends when ledgerd does, and is started again; it ends before ledgerd. It runs
 * in HOME/cometbft.
 *
 * What it knows stands in HOME/run/supervisor, replaced at each change, for `quorate status` to read. */

enum { QR_SUPERVISED_TEXT_MAX = 320, QR_FAILURES_TOLD = 3 };

/* The processes: the services, by their numbers, and CometBFT. */
enum { QR_SUPERVISED_COMETBFT = QR_SERVICES, QR_SUPERVISED };
const char *qr_supervised_name(unsigned process);
/* How many of the services run in this home: the first ones, by their numbers. A home that follows another's ledger has ledgerd, and governd
 * to read proposals; pricing and reservations stay with the ledger's own home. */
unsigned qr_supervised_services(const char *home);

struct qr_supervised {
    pid_t pid;                           /* 0: does not run now */
    unsigned restarts;                   /* since the supervisor started */
    unsigned failures;                   /* times in a row that it ended by itself soon after its start */
    char reason[QR_SUPERVISED_TEXT_MAX]; /* how it last ended, and its last log line; "" when it never did */
};

/* Serves the home until SIGTERM or SIGINT, with the programs of `folder` and, unless NULL, the program `cometbft`.
 * QR_EBUSY when another supervisor does. Logs to standard error. */
QR_MUST_USE int qr_supervisor_run(const char *home, const char *folder, const char *cometbft, struct qr_error *error);

/* The supervisor's process, or 0. */
pid_t qr_supervisor_pid(const char *home);

/* What the supervisor last wrote; where none runs, the processes that still serve the home. */
void qr_supervisor_read(const char *home, struct qr_supervised ret_processes[QR_SUPERVISED]);

/* Ends the supervisor, or what a killed one left, and waits for all of it; QR_ETIMEOUT when something does not end.
 * *ret_any: whether anything ran. */
QR_MUST_USE int qr_supervisor_end(const char *home, bool *ret_any, struct qr_error *error);

#endif
