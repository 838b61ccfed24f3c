#ifndef QR_CLI_SUBMIT_H
#define QR_CLI_SUBMIT_H

#include "cli/cli.h"
#include "common/buffer.h"
#include "common/state.h"
#include "node/actions.h"
#include "node/object.h"

/* Transactions that a member signs, and what the ledger holds. */

/* Signs, submits, and waits until the block that holds it is on disk. ret_id may be NULL. */
QR_MUST_USE int cli_submit(struct cli *cli, const struct qr_key *key, enum qr_action kind,
                           const struct qr_buffer *payload, struct qr_hash *ret_id, uint64_t *ret_height,
                           struct qr_error *error);

/* The entries of the ledger's state whose keys start with this prefix (node/keyspace.h), for node/'s functions to read. */
QR_MUST_USE int cli_state(struct cli *cli, const char *prefix, struct qr_state **ret_state, struct qr_error *error);

/* The bytes of a published object, compared with the hash that names it; appended. `what` is for the errors. */
QR_MUST_USE int cli_object(struct cli *cli, const struct qr_hash *hash, const char *what, struct qr_buffer *out,
                           struct qr_error *error);

/* The hash of a published object from all of its digits, or from so many that no other of its kind begins with them. */
QR_MUST_USE int cli_object_hash(struct cli *cli, const char *text, enum qr_object_kind kind, struct qr_hash *ret_hash,
                                struct qr_error *error);

#endif
