#include "cli/commands.h"
#include "cli/run.h"

/* The manual page (man(7)) and bash's completion, from the table of commands, so that neither can fall behind it. */

/* Text with roff's own characters made plain. A line that starts with a dot or quote would be a request. */
static void roff(struct qr_buffer *out, const char *text)
{
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            qr_buffer_text(out, "\\&");
        if (*text == '\\')
            qr_buffer_text(out, "\\e");
        else if (*text == '-')
            qr_buffer_text(out, "\\-");
        else
            qr_buffer_byte(out, (uint8_t)*text);
        line_start = *text == '\n';
    }
}

static void roff_options(struct qr_buffer *out, const struct cli_option *options)
{
    for (; options && options->name; options++) {
        qr_buffer_text(out, ".TP\n");
        if (options->letter)
            qr_buffer_text(out, "\\fB\\-%c\\fR, ", options->letter);
        qr_buffer_text(out, "\\fB\\-\\-");
        roff(out, options->name);
        qr_buffer_text(out, "\\fR");
        if (options->value) {
            qr_buffer_text(out, " \\fI");
            roff(out, options->value);
            qr_buffer_text(out, "\\fR");
        }
        qr_buffer_text(out, "\n");
        roff(out, options->help);
        qr_buffer_text(out, "%s\n", options->many ? "; may be given more than once" : "");
    }
}

/* A paragraph that begins with a brace shows what stands in a file: its lines stay as they are. */
static void roff_about(struct qr_buffer *out, const char *text)
{
    for (const char *end; *text; text = *end ? end + 2 : end) {
        end = strstr(text, "\n\n");
        end = end ? end : text + strlen(text);
        bool shown = *text == '{';
        QR_CLEANUP(qr_freep) char *paragraph = strndup(text, (size_t)(end - text));
        qr_buffer_text(out, "%s", shown ? ".nf\n.RS\n" : "");
        roff(out, paragraph);
        qr_buffer_text(out, "%s%s", shown ? "\n.RE\n.fi" : "", *end ? "\n.PP\n" : "");
    }
}

static void roff_command(struct qr_buffer *out, const struct cli_command *command, const char *before)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer path = {0};
    qr_buffer_text(&path, "%s %s", before, command->name);
    if (command->run) {
        qr_buffer_text(out, ".SS ");
        roff(out, qr_buffer_string(&path));
        qr_buffer_text(out, " ");
        roff(out, command->usage ? command->usage : "");
        qr_buffer_text(out, "\n");
        roff(out, command->summary);
        qr_buffer_text(out, ".\n");
        if (command->about) {
            qr_buffer_text(out, ".PP\n");
            roff_about(out, command->about);
            qr_buffer_text(out, "\n");
        }
        roff_options(out, command->options);
        if (command->example) {
            qr_buffer_text(out, ".PP\n.nf\n.RS\n");
            roff(out, command->example);
            qr_buffer_text(out, "\n.RE\n.fi\n");
        }
    }
    for (size_t i = 0; command->subcommands && command->subcommands[i]; i++)
        roff_command(out, command->subcommands[i], qr_buffer_string(&path));
}

static const char page_start[] =
    ".TH QUORATE 1 \"\" \"quorate " PACKAGE_VERSION "\" \"User Commands\"\n"
    ".SH NAME\n"
    "quorate \\- govern a shared model together and prove what it did\n"
    ".SH SYNOPSIS\n"
    ".B quorate\n"
    "[\\fB\\-\\-home\\fR \\fIDIR\\fR] \\fICOMMAND\\fR [...]\n"
    ".SH DESCRIPTION\n"
    "Members vote on upgrades of a model that they share. Every decision that the model takes carries exact feature\n"
    "attributions, and both stand on a ledger that anyone can recompute. The demonstration is airline reservations:\n"
    "four services, \\fBquorate\\-ledgerd\\fR, \\fBquorate\\-governd\\fR, \\fBquorate\\-priced\\fR and "
    "\\fBquorate\\-reserved\\fR,\n"
    "which \\fBquorate up\\fR starts and watches over.\n"
    ".PP\n"
    "Standard output holds the answer alone; progress and hints go to standard error. With \\fB\\-\\-json\\fR the answer is\n"
    "one JSON document: money in minor units, times in RFC 3339 UTC, hashes in lower\\-case hexadecimal.\n"
    ".SH OPTIONS OF EVERY COMMAND\n";

static const char page_end[] =
    ".SH EXIT STATUS\n"
    ".TP\n0\ndone\n"
    ".TP\n1\nthe answer is no: a receipt is invalid, an audit failed\n"
    ".TP\n2\nbad usage or bad input\n"
    ".TP\n3\na service cannot be reached or ran out of time\n"
    ".TP\n4\nrefused by a rule: sold out, expired, not a member, voting closed, a key reused with another body\n"
    ".TP\n5\na store is corrupt or a disk failed\n"
    ".PP\n"
    "Under \\fB\\-\\-json\\fR an error is {\"error\":{\"code\":...,\"text\":...,\"hint\":...}} on standard output.\n"
    ".SH ENVIRONMENT\n"
    ".TP\n.B QUORATE_HOME\nthe home, where \\fB\\-\\-home\\fR is not given\n"
    ".TP\n.B XDG_STATE_HOME\nits folder quorate is the home otherwise; without it, ~/.local/state/quorate\n"
    ".TP\n.B NO_COLOR\nwhen not empty, no colour\n"
    ".TP\n.B QUORATE_COMETBFT\nthe program CometBFT, for ledgers of several organisations; else looked for beside quorate, on the\n"
    "PATH and in Go's folder\n"
    ".SH FILES\n"
    "In the home:\n"
    ".TP\n.B genesis.qrg\nwhat the ledger starts from\n"
    ".TP\n.B quorate.ini\nsettings of the services, each explained in the file\n"
    ".TP\n.B keys/*.key\nthe members' keys; keys/operators/*.key those of the services\n"
    ".TP\n.BR ledgerd.db \", \" governd.db \", \" priced.db \", \" reserved.db\nthe stores, one a service\n"
    ".TP\n.BR run/ \", \" log/\nsockets, and what the services logged\n"
    ".TP\n.BR seen.checkpoint \", \" evidence/\nthe last checkpoint that commands here saw; what contradicted it, or what this home follows: seen.checkpoint\n"
    "and shown.checkpoint, of the next contradiction seen-2.checkpoint and shown-2.checkpoint, and so on\n"
    ".TP\n.BR cometbft/ \", \" snapshots/\nwhere several organisations order: CometBFT's configuration, keys and stores; the ledger as fresh\n"
    "nodes take it over\n";

static void manual(struct qr_buffer *out)
{
    qr_buffer_text(out, "%s", page_start);
    roff_options(out, cli_common_options);
    qr_buffer_text(out, ".SH COMMANDS\n");
    for (size_t i = 0; cli_commands[i]; i++)
        roff_command(out, cli_commands[i], "quorate");
    qr_buffer_text(out, "%s", page_end);
}

/* One line of the case statement: the words that may follow a path. */
static void completion_case(struct qr_buffer *out, const struct cli_command *command, const char *before)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer path = {0};
    qr_buffer_text(&path, "%s %s", before, command->name);
    qr_buffer_text(out, "    '%s') words='", qr_buffer_string(&path));
    for (size_t i = 0; command->subcommands && command->subcommands[i]; i++)
        qr_buffer_text(out, "%s ", command->subcommands[i]->name);
    for (const struct cli_option *option = command->options; option && option->name; option++)
        qr_buffer_text(out, "--%s ", option->name);
    qr_buffer_text(out, "';;\n");
    for (size_t i = 0; command->subcommands && command->subcommands[i]; i++)
        completion_case(out, command->subcommands[i], qr_buffer_string(&path));
}

static void completion(struct qr_buffer *out)
{
    qr_buffer_text(out, "# bash completion for quorate\n"
                        "_quorate() {\n"
                        "  local word path=quorate words= previous=${COMP_WORDS[COMP_CWORD-1]}\n"
                        "  COMPREPLY=()\n"
                        "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
                        "    case $word in -*) ;; *) path+=\" $word\";; esac\n"
                        "  done\n"
                        "  case $path in\n"
                        "    quorate) words='");
    for (size_t i = 0; cli_commands[i]; i++)
        qr_buffer_text(out, "%s ", cli_commands[i]->name);
    qr_buffer_text(out, "';;\n");
    for (size_t i = 0; cli_commands[i]; i++)
        completion_case(out, cli_commands[i], "quorate");
    qr_buffer_text(out, "  esac\n  words+=' ");
    for (const struct cli_option *option = cli_common_options; option->name; option++)
        qr_buffer_text(out, "--%s ", option->name);
    qr_buffer_text(out, "'\n"
                        "  [[ $previous == --as ]] && words=$(quorate member list 2>/dev/null | awk 'NR > 1 { print $1 }')\n"
                        "  COMPREPLY=($(compgen -W \"$words\" -- \"${COMP_WORDS[COMP_CWORD]}\"))\n"
                        "}\n"
                        "complete -o default -F _quorate quorate\n");
}

static int run(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    const char *kind = cli_argument(cli, 0);
    if (strcmp(kind, "bash") == 0)
        completion(&text);
    else if (strcmp(kind, "man") == 0)
        manual(&text);
    else {
        qr_fail(error, QR_EUSAGE, "there is no completion for '%s'", kind);
        return qr_hint(error, "quorate completion bash");
    }
    cli_print(cli, "%s", qr_buffer_string(&text));
    return QR_OK;
}

const struct cli_command cli_completion = {
    .name = "completion",
    .summary = "print bash's completion, or the manual page",
    .usage = "bash|man",
    .least = 1,
    .most = 1,
    .example = "eval \"$(quorate completion bash)\"  # in ~/.bashrc",
    .about = "Both are made from the program's own table of commands. `man` prints quorate(1) in roff.",
    .run = run,
};
