#include "cli/commands.h"

const struct cli_command *const cli_commands[] = {
    &cli_init,      &cli_up,        &cli_down,       &cli_status, &cli_search,   &cli_book,     &cli_order,
    &cli_explain,   &cli_model,     &cli_baseline,   &cli_member, &cli_operator, &cli_validator, &cli_proposal,
    &cli_vote,      &cli_ledger,    &cli_receipt,    &cli_verify, &cli_pin,      &cli_dashboard, &cli_completion,
    &cli_load,      &cli_help,      NULL,
};
