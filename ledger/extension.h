#ifndef QR_LEDGER_EXTENSION_H
#define QR_LEDGER_EXTENSION_H

#include "ledger/checkpoint.h"

/* What a validator adds to its vote on block H: its node's signature over the checkpoint of block H - 1, which it has committed. So
 * signatures gather at every validator without another connection.
 *
 * Canonical codec: u8 version 1, uint height of the checkpoint, text name, 4 bytes of key hash, 64 bytes of signature. */
enum { QR_EXTENSION_MAX = 256 };

void qr_extension_write(uint64_t height, const struct qr_note_signature *line, struct qr_buffer *out);
/* QR_EFORMAT. Whether the signature holds is another question. */
QR_MUST_USE int qr_extension_read(const void *bytes, size_t size, uint64_t *ret_height, struct qr_note_signature *ret_line,
                                  struct qr_error *error);

#endif
