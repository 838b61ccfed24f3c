#ifndef QR_CLI_SEEN_H
#define QR_CLI_SEEN_H

#include "cli/cli.h"
#include "ledger/checkpoint.h"
#include "ledger/merkle.h"
#include "ledger/pin.h"

/* What this home has seen of the ledger: the last checkpoint, in HOME/seen.checkpoint. A ledger that continues it is believed and
 * becomes what was seen; one that does not was rewritten, shortened or forked: QR_EFORKED, whichever command asks, until somebody has
 * looked. Then both checkpoints are kept in HOME/evidence (ledger/evidence.h): signed by one node, they prove what it did. */

/* Asks for the ledger's last checkpoint and holds it against what was seen. ret_head may be NULL. */
QR_MUST_USE int cli_see_head(struct cli *cli, struct qr_signed_checkpoint *ret_head, struct qr_error *error);
/* Likewise a checkpoint that came with something else, such as a receipt; it may be older. */
QR_MUST_USE int cli_see_note(struct cli *cli, const struct qr_signed_checkpoint *note, struct qr_error *error);
/* Holds a checkpoint that somebody else was shown against the ledger; nothing is remembered of it. QR_EPENDING when its block is not here. */
QR_MUST_USE int cli_see_against(struct cli *cli, const struct qr_signed_checkpoint *note, struct qr_signed_checkpoint *ret_head,
                                struct qr_error *error);
/* What was seen; QR_ENOT_FOUND. */
QR_MUST_USE int cli_seen(struct cli *cli, struct qr_signed_checkpoint *ret, struct qr_error *error);

/* The ledger's checkpoint of a height, 0: the last. QR_ENOT_FOUND. */
QR_MUST_USE int cli_checkpoint(struct cli *cli, uint64_t height, struct qr_signed_checkpoint *ret, struct qr_error *error);
/* The ledger's proof between two sizes. */
QR_MUST_USE int cli_consistency(struct cli *cli, uint64_t old_size, uint64_t new_size, struct qr_proof *ret,
                                struct qr_error *error);
/* The nodes whose signatures this home knows: the genesis's, and those that the ledger names. */
QR_MUST_USE int cli_known_nodes(struct cli *cli, struct qr_pin *ret, struct qr_error *error);

/* Names of the pin's nodes, between commas; "nobody" for none. */
void cli_put_signers(const struct qr_pin *pin, uint64_t signers, struct qr_buffer *out);

#endif
