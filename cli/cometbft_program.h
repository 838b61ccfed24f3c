#ifndef QR_CLI_COMETBFT_PROGRAM_H
#define QR_CLI_COMETBFT_PROGRAM_H

#include "common/error.h"

/* CometBFT, the program: a separate one, which the engine cometbft needs and nothing else does. */

/* Whether the home's supervisor runs it: its genesis says so, and no setting says that CometBFT runs elsewhere
 * ([ledgerd] abci). */
QR_MUST_USE int cli_cometbft_needed(const char *home, bool *ret_needed, struct qr_error *error);

/* Where it is: what QUORATE_COMETBFT names, else `cometbft` in the folder `beside`, on the PATH, or where `go install`
 * puts it. QR_EUNSUPPORTED with how to install it when it is nowhere. */
QR_MUST_USE int cli_cometbft_find(const char *beside, char ret_path[PATH_MAX], struct qr_error *error);

/* Runs the program for its version: QR_EUNSUPPORTED with how to install the right one when it is not of v0.38, or does not
 * say so within 5 s. Others speak another ABCI or keep other files. */
QR_MUST_USE int cli_cometbft_check(const char *path, struct qr_error *error);

#endif
