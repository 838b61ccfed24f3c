#ifndef QR_NODE_WITNESS_H
#define QR_NODE_WITNESS_H

#include "ledger/checkpoint.h"
#include "node/operator.h"

/* Whose signatures over checkpoints count: those of operators of the kind `node`, over blocks from their appointment on, as long as
 * they are in office. */

bool qr_witness_in_office(const struct qr_state *state, const struct qr_public_key *key);

/* The node in office that this line over a block of this height says to be by; whether it holds is not looked at. */
bool qr_witness_claimed(const struct qr_state *state, uint64_t height, const struct qr_note_signature *line,
                        struct qr_operator_record *ret);
/* The node in office that signed this line; false when none did. */
bool qr_witness_find(const struct qr_state *state, const struct qr_checkpoint *checkpoint,
                     const struct qr_note_signature *line, struct qr_operator_record *ret);

/* The node in office after `after` (NULL: the first) in the order of keys. */
bool qr_witness_next(const struct qr_state *state, const struct qr_public_key *after, struct qr_operator_record *ret);

#endif
