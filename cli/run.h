#ifndef QR_CLI_RUN_H
#define QR_CLI_RUN_H

#include "cli/cli.h"

/* One run of the command, as the files behind cli.h share it. */

enum { CLI_ARGUMENTS_MAX = 64, CLI_VALUES_MAX = 128, CLI_PATH_MAX = 64 };

struct cli_given {
    const struct cli_option *option;
    const char *value; /* NULL for a flag */
};

struct cli {
    FILE *out, *notes;
    const struct cli_command *group;   /* NULL: the command is not a subcommand */
    const struct cli_command *command; /* NULL until found */
    const char *arguments[CLI_ARGUMENTS_MAX];
    size_t n_arguments;
    struct cli_given given[CLI_VALUES_MAX];
    size_t n_given;
    bool help, version;
    bool json, colour;
    char *home;
    struct qr_client *client;
    int exit_status;
};

/* options.c: finds the command and takes its options and arguments apart. Fills as far as it came also when it fails.
 * `json` is found wherever it stands, so that an error is told as asked. */
QR_MUST_USE int cli_parse(struct cli *cli, int argc, char **argv, struct qr_error *error);
/* What is missing or too much, once help and version were not asked for. */
QR_MUST_USE int cli_check_usage(const struct cli *cli, struct qr_error *error);

/* help.c */
void cli_print_overview(struct cli *cli, FILE *file);
void cli_print_help(struct cli *cli, const struct cli_command *group, const struct cli_command *command);
/* The command's words, "model import". Returns path. */
char *cli_command_path(const struct cli_command *group, const struct cli_command *command, char path[CLI_PATH_MAX]);
/* The word of the list that was probably meant; NULL when none is near. next(context, i) gives the i-th word, NULL at
 * the end. */
const char *cli_meant(const char *word, const char *(*next)(const void *context, size_t i), const void *context);

#endif
