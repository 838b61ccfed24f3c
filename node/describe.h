#ifndef QR_NODE_DESCRIBE_H
#define QR_NODE_DESCRIBE_H

#include "common/state.h"
#include "ledger/transaction.h"

#include <jansson.h>

/* Transactions as people read them. Names come from the present state: an unknown signer is shown by its key. */
struct qr_description {
    const char *kind;  /* "batch", "ballot", ...; "unknown" */
    char signer[QR_HASH_HEX + 1];
    char text[256];    /* what it does, one line */
    uint64_t decisions;
};

void qr_describe(const struct qr_state *state, const struct qr_transaction *transaction, struct qr_description *ret);
/* The payload's fields as an object; a new reference. */
json_t *qr_describe_json(const struct qr_transaction *transaction);

#endif
