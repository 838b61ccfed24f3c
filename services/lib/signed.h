#ifndef QR_SERVICES_LIB_SIGNED_H
#define QR_SERVICES_LIB_SIGNED_H

#include "common/buffer.h"
#include "common/key.h"
#include "wire/message.h"

/* A signed transaction (ledger/transaction.h) as a message for LedgerSubmitRequest.
 *
 *     QR_CLEANUP(qr_signed_done) struct qr_signed ballot = {0};
 *     qr_signed_make(&ballot, key, chain, QR_ACTION_BALLOT, expiry, payload.data, payload.size);
 *     submit.transactions = &ballot.list; submit.n_transactions = 1;
 */
struct qr_signed {
    struct qr_buffer bytes; /* what the message points into */
    struct qr_hash id;
    Quorate__Transaction message;
    Quorate__Transaction *list; /* of the message alone */
};

/* `replay`: the sequence number of an operator's key, the expiry height of a member's. Where it is placed it must stay.
 */
void qr_signed_make(struct qr_signed *transaction, const struct qr_key *key, const char *chain_id, uint64_t kind,
                    uint64_t replay, const void *payload, size_t size);
void qr_signed_done(struct qr_signed *transaction);

#endif
