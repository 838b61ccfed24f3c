#ifndef QR_CLI_COMMANDS_H
#define QR_CLI_COMMANDS_H

#include "cli/cli.h"

/* Every command of the table, in the file of its name. */
extern const struct cli_command cli_init;
extern const struct cli_command cli_load;
extern const struct cli_command cli_up;
extern const struct cli_command cli_down;
extern const struct cli_command cli_status;
extern const struct cli_command cli_search;
extern const struct cli_command cli_book;
extern const struct cli_command cli_order;
extern const struct cli_command cli_explain;
extern const struct cli_command cli_model;
extern const struct cli_command cli_baseline;
extern const struct cli_command cli_member;
extern const struct cli_command cli_operator;
extern const struct cli_command cli_validator;
extern const struct cli_command cli_proposal;
extern const struct cli_command cli_vote;
extern const struct cli_command cli_ledger, cli_receipt, cli_verify, cli_pin;
extern const struct cli_command cli_dashboard;
extern const struct cli_command cli_completion;
extern const struct cli_command cli_help;

#endif
