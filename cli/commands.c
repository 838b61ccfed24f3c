#include "cli/commands.h"

const struct cli_command *const cli_commands[] = {
    &cli_model,
    &cli_member,
    &cli_proposal,
    &cli_vote,
    &cli_help,
    NULL,
};
