#ifndef QR_LEDGER_BUNDLE_H
#define QR_LEDGER_BUNDLE_H

#include "ledger/transaction.h"

/* What CometBFT takes for one transaction: a bundle, one or several of the ledger's, as they are encoded, one behind the other. CometBFT
 * gossips, checks and orders each bundle as a whole, which costs it several times what one signature costs to check; a node
 * therefore bundles what its clients submit while it waits for CometBFT. The ledger knows no bundles: each transaction counts alone. */

enum { QR_BUNDLE_BYTES = 64 << 10 /* a node makes no larger one out of several */ };

struct qr_bundles {
    size_t n;
    struct qr_span *parts; /* the transactions of all bundles; they point into the bundles. Owned */
    size_t *first;         /* of each bundle; first[n] is the number of parts. Owned */
};

/* Cuts bundles into their transactions. What cannot be cut (rubbish, nothing) is one part, which is no transaction. */
struct qr_bundles qr_bundles_split(const struct qr_span *bundles, size_t n);
void qr_bundles_done(struct qr_bundles *bundles);

#endif
