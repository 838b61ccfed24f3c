#ifndef QR_SERVICES_PRICED_BATCH_H
#define QR_SERVICES_PRICED_BATCH_H

#include "common/key.h"
#include "ledger/leaves.h"
#include "services/lib/signed.h"

/* A batch that was cut: its leaves, and once it is sealed the signed transaction that they make. */
struct batch {
    struct batch *next;
    uint64_t sequence;
    struct qr_hash mandate;
    uint64_t as_of;
    struct qr_leaves leaves;

    /* for sealing in a thread of the pool */
    void *owner;
    const char *chain_id;
    const struct qr_key *key;
    int descriptor; /* of the journal, to be synced before the batch leaves; closed by batch_seal */
    int failed;     /* a code, with the error */
    struct qr_error error;

    bool sealed;
    struct qr_signed transaction;
};

void batch_free(struct batch *batch);

/* Makes the transaction from the leaves, signs it, and syncs the journal. Uses nothing but the batch. */
void batch_seal(void *batch);

#endif
