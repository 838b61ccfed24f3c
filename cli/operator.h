#ifndef QR_CLI_OPERATOR_H
#define QR_CLI_OPERATOR_H

#include "cli/cli.h"

/* A public key given as 64 hexadecimal digits; `option` is for the errors. */
QR_MUST_USE int operator_key(const char *text, const char *option, struct qr_public_key *ret_key, struct qr_error *error);

#endif
