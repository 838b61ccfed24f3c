#ifndef QR_LEDGER_RECEIPT_H
#define QR_LEDGER_RECEIPT_H

#include "ledger/checkpoint.h"
#include "ledger/merkle.h"

/* A receipt: proof that a decision and the activation behind it stand in the log under one checkpoint. One JSON object:
 *
 *     {"version":1,
 *      "decision":{"leaf":HEX,"index":N,"path":[HASH,...]},
 *      "activation":{"leaf":HEX,"index":N,"path":[HASH,...]},
 *      "checkpoint":"<signed note>"}
 *
 * It holds nothing that the proofs and signatures do not authenticate. Whether they hold, and against which keys, is
 * node/verify.h; here is the form. Reading is strict: an unknown, missing or duplicate key, upper-case hexadecimal, a number that
 * is no integer, a checkpoint that is not canonical, or bytes after the object other than one newline are refused. White
 * space between tokens and the order of keys carry nothing and are free. */

enum { QR_RECEIPT_FILE_MAX = 256 << 10, QR_RECEIPT_LEAF_MAX = 32 << 10 };

struct qr_receipt_entry {
    struct qr_buffer leaf;
    uint64_t index;
    struct qr_proof proof;
};

struct qr_receipt {
    struct qr_receipt_entry decision;
    struct qr_receipt_entry activation;
    struct qr_signed_checkpoint note;
};

void qr_receipt_done(struct qr_receipt *receipt);

/* Appends the JSON, compact, ended by a newline. */
void qr_receipt_write(const struct qr_receipt *receipt, struct qr_buffer *out);

/* Fails with QR_EFORMAT for what is no receipt at all, and with QR_EINVALID for a receipt that is not as it must be.
 * `ret` is zeroed or filled; call qr_receipt_done after either. */
QR_MUST_USE int qr_receipt_read(const char *text, size_t size, struct qr_receipt *ret, struct qr_error *error);

#endif
