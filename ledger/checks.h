#ifndef QR_LEDGER_CHECKS_H
#define QR_LEDGER_CHECKS_H

#include "ledger/engine.h"
#include "ledger/table.h"
#include "ledger/workers.h"

/* The costly checks of transactions (signature, recomputation), each made once however often CometBFT shows a transaction: when a client
 * submits it, when it comes to the mempool, in a proposal, in a block. One thread calls; workers make the checks side by side. */
struct qr_checks;

enum {
    QR_CHECKS_MAX = 1 << 15,          /* transactions whose checks are remembered, ... */
    QR_CHECKS_BYTES_MAX = 256 << 20,  /* ... and their bytes in memory, about; the oldest are forgotten */
};

/* A transaction and what its checks found. */
struct qr_checked {
    struct qr_table_entry entry; /* by SipHash of the bytes */
    struct qr_span encoded;      /* its own copy */
    struct qr_transaction transaction; /* points into encoded; zero when that could not be read */
    struct qr_prepared *prepared;
    struct qr_error error; /* what refuses it for good; code 0: nothing */
    bool made; /* all of its checks; else its signature's at most, until it is released */
    unsigned pins;
};

struct qr_checks *qr_checks_new(const struct qr_app *app, struct qr_workers *workers);
void qr_checks_free(struct qr_checks *checks); /* nothing is taken any more */

/* Finds or makes the checks of each, which stay until they are released. The bytes of the spans are copied. Given the last header, of what
 * could not come into the next block the signature alone is checked: anybody can sign a batch that takes long to recompute. NULL: all. */
struct qr_checked **qr_checks_take(struct qr_checks *checks, const struct qr_span *encoded, size_t n, const struct qr_header *head);
/* Frees the list. What is refused for good is not remembered: anybody can send that. Nor is anything when `spent`: it stands in a block
 * and does not come again. */
void qr_checks_release(struct qr_checks *checks, struct qr_checked **list, size_t n, bool spent);

#endif
