#ifndef QR_CLI_LEDGER_LOG_H
#define QR_CLI_LEDGER_LOG_H

#include "cli/cli.h"

/* The subcommands of `quorate ledger` about the log and its checkpoints (ledger_log.c). */
extern const struct cli_command cli_ledger_check;
extern const struct cli_command cli_ledger_checkpoint;
extern const struct cli_command cli_ledger_consistency;

#endif
