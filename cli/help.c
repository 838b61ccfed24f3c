#include "cli/run.h"

char *cli_command_path(const struct cli_command *group, const struct cli_command *command, char path[CLI_PATH_MAX])
{
    snprintf(path, CLI_PATH_MAX, "%s%s%s", group ? group->name : "", group && command && command != group ? " " : "",
             command && command != group ? command->name : "");
    return path;
}

/* ---- Did you mean ---- */

static size_t least_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Insertions, deletions, substitutions and swaps of neighbours that make a of b (optimal string alignment). */
static size_t distance(const char *a, const char *b)
{
    enum { WORD_MAX_BYTES = 32 };
    size_t n = strlen(a), m = strlen(b);
    size_t rows[WORD_MAX_BYTES + 1][WORD_MAX_BYTES + 1];
    if (n > WORD_MAX_BYTES || m > WORD_MAX_BYTES)
        return SIZE_MAX;
    for (size_t i = 0; i <= n; i++) {
        for (size_t j = 0; j <= m; j++) {
            if (!i || !j) {
                rows[i][j] = i + j;
                continue;
            }
            size_t best = least_of(rows[i - 1][j] + 1, rows[i][j - 1] + 1);
            best = least_of(best, rows[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                best = least_of(best, rows[i - 2][j - 2] + 1);
            rows[i][j] = best;
        }
    }
    return rows[n][m];
}

const char *cli_meant(const char *word, const char *(*next)(const void *context, size_t i), const void *context)
{
    size_t size = strlen(word), best = size < 5 ? 2 : 3; /* one slip in a short word, two in a long one */
    const char *meant = NULL;
    for (size_t i = 0;; i++) {
        const char *candidate = next(context, i);
        if (!candidate)
            return meant;
        bool begins = size >= 3 && !strncmp(candidate, word, size);
        size_t far = begins ? 1 : distance(word, candidate);
        if (far < best) {
            best = far;
            meant = candidate;
        }
    }
}

/* ---- Help ---- */

static void print_options(struct cli *cli, const struct cli_option *options)
{
    for (; options && options->name; options++) {
        char left[CLI_PATH_MAX], letter[8] = "    ";
        if (options->letter)
            snprintf(letter, sizeof letter, "-%c, ", options->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, options->name, options->value ? " " : "",
                 options->value ? options->value : "");
        fprintf(cli->out, "  %-28s %s%s\n", left, options->help, options->many ? " (may be repeated)" : "");
    }
}

static void print_example(struct cli *cli, const char *example)
{
    const char *comment = strstr(example, " # ");
    if (!comment) {
        fprintf(cli->out, "  %s\n", example);
        return;
    }
    fprintf(cli->out, "  %s%s%s\n", cli_style(cli, CLI_DIM), comment + 1, cli_style(cli, CLI_PLAIN));
    while (comment > example && comment[-1] == ' ')
        comment--;
    fprintf(cli->out, "  %.*s\n", (int)(comment - example), example);
}

static void print_subcommands(struct cli *cli, const struct cli_command *command)
{
    char path[CLI_PATH_MAX];
    fprintf(cli->out, "\nCommands:\n");
    for (const struct cli_command *const *sub = command->subcommands; *sub; sub++) {
        fprintf(cli->out, "  quorate %-20s %s\n", cli_command_path(command, *sub, path), (*sub)->summary);
    }
}

static void heading(struct cli *cli, const char *text)
{
    fprintf(cli->out, "\n%s%s:%s\n", cli_style(cli, CLI_BOLD), text, cli_style(cli, CLI_PLAIN));
}

void cli_print_help(struct cli *cli, const struct cli_command *group, const struct cli_command *command)
{
    char path[CLI_PATH_MAX];
    cli_command_path(group, command, path);
    fprintf(cli->out, "quorate %s: %s\n", path, command->summary);
    if (command->example) {
        heading(cli, "Example");
        print_example(cli, command->example);
    }
    heading(cli, "Usage");
    fprintf(cli->out, "  quorate %s%s%s%s\n", path, command->subcommands ? " COMMAND" : "", *command->usage ? " " : "",
            command->usage);
    if (command->about)
        fprintf(cli->out, "\n%s\n", command->about);
    if (command->subcommands)
        print_subcommands(cli, command);
    if (command->options) {
        heading(cli, "Options");
        print_options(cli, command->options);
    }
    heading(cli, "Options of every command");
    print_options(cli, cli_common_options);
}

void cli_print_overview(struct cli *cli, FILE *file)
{
    fprintf(file, "quorate: organisations govern a shared AI model, and every decision of it explains itself\n\n"
                  "Usage: quorate [--home DIR] COMMAND [...]\n\nCommands:\n");
    for (const struct cli_command *const *command = cli_commands; *command; command++) {
        fprintf(file, "  %-12s %s\n", (*command)->name, (*command)->summary);
    }
    fprintf(file,
            "\nStart with:\n  quorate init && quorate up && quorate search DEL BOM +7\n"
            "\n%sSee `quorate help COMMAND`, and quorate(1).%s\n",
            cli_style(cli, CLI_DIM), cli_style(cli, CLI_PLAIN));
}

/* quorate help [COMMAND [SUBCOMMAND]] */

static const struct cli_command *find(const struct cli_command *const *commands, const char *name)
{
    while (commands && *commands && strcmp((*commands)->name, name) != 0)
        commands++;
    return commands ? *commands : NULL;
}

static const char *command_name(const void *context, size_t i)
{
    const struct cli_command *const *commands = context;
    return commands[i] ? commands[i]->name : NULL;
}

static int run(struct cli *cli, struct qr_error *error)
{
    const struct cli_command *group = NULL, *command = NULL;
    const struct cli_command *const *commands = cli_commands;
    for (size_t i = 0; i < cli_arguments(cli); i++) {
        const char *word = cli_argument(cli, i);
        group = command;
        command = find(commands, word);
        if (!command) {
            const char *meant = commands ? cli_meant(word, command_name, commands) : NULL;
            qr_fail(error, QR_EUSAGE, "there is no command %s", word);
            return meant ? qr_hint(error, "did you mean: quorate help %s%s%s", group ? group->name : "",
                                   group ? " " : "", meant)
                         : qr_hint(error, "see: quorate help");
        }
        commands = command->subcommands;
    }
    if (command) {
        cli_print_help(cli, group, command);
    } else {
        cli_print_overview(cli, cli_out(cli));
    }
    return 0;
}

const struct cli_command cli_help = {
    .name = "help",
    .summary = "what there is, or what one command does",
    .usage = "[COMMAND [SUBCOMMAND]]",
    .most = 2,
    .example = "quorate help model import # the options of one command",
    .run = run,
};
