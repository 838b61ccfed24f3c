#ifndef QR_LEDGER_TRANSACTION_H
#define QR_LEDGER_TRANSACTION_H

#include "common/codec.h"
#include "common/key.h"

/* A transaction: {body, signer, signature}. The body is canonical codec: version (1 byte), kind, replay, the
 * signer's key (32 bytes; the same as beside it), payload.
 * What kinds there are, who may sign which, and what their payloads hold is node/actions.h; the ledger orders
 * and keeps them all alike.
 *
 * The body names its signer, so that equal words of two signers are two transactions: two members' ballots, two agents'
 * reports, and a proposal that somebody copies and submits first.
 *
 * The id is the tagged hash of the body, never of the signature, so that a second signature over the same body is
 * the same transaction. The signature binds the chain id. `replay` is the next sequence number (from 1) of an
 * operator's key, or for a member's key the last height at which the transaction is valid.
 *
 * Encoded: body as length-prefixed bytes, 32 bytes of signer, 64 bytes of signature. */

enum {
    QR_TRANSACTION_VERSION = 1,
    QR_PAYLOAD_MAX = 320 << 10,
    QR_TRANSACTION_MAX = QR_PAYLOAD_MAX + 256,
    QR_EXPIRY_BLOCKS_MAX = 10000, /* how far ahead of the ledger's height a member's expiry may lie */
};

/* A decoded transaction; body and payload point into the bytes that were decoded. */
struct qr_transaction {
    struct qr_hash id;
    uint64_t kind;
    uint64_t replay;
    struct qr_span payload;
    struct qr_span body;
    struct qr_public_key signer;
    struct qr_signature signature;
};

/* Reads one transaction that fills the bytes exactly. Does not check the signature. QR_EFORMAT. */
QR_MUST_USE int qr_transaction_read(const void *bytes, size_t size, struct qr_transaction *ret,
                                    struct qr_error *error);

/* Appends the encoded, signed transaction to `out` and gives its id (ret_id may be NULL). The payload holds at
 * most QR_PAYLOAD_MAX bytes; more is a programming error and aborts. */
void qr_transaction_sign(const struct qr_key *key, const char *chain_id, uint64_t kind, uint64_t replay,
                         const void *payload, size_t size, struct qr_buffer *out, struct qr_hash *ret_id);

/* That the signature is the signer's over this body on this chain, else QR_EBAD_SIGNATURE. Thread-safe; the costly part of admission. */
QR_MUST_USE int qr_transaction_verify(const struct qr_transaction *transaction, const char *chain_id, struct qr_error *error);

#endif
