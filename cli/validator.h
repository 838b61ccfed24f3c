#ifndef QR_CLI_VALIDATOR_H
#define QR_CLI_VALIDATOR_H

#include "cli/cli.h"
#include "node/validator.h"

/* The ledger's validator of this name, now. QR_ENOT_FOUND; QR_EREFUSED on a ledger that has none. */
QR_MUST_USE int validator_named(struct cli *cli, const char *name, struct qr_validator *ret, struct qr_error *error);

#endif
