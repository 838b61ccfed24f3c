/* The command line taken apart: options in any order and anywhere, "--" ends them, "-" is an argument. */
#include "cli/run.h"
#include "common/fixed.h"

const struct cli_option cli_common_options[] = {
    {.name = "home", .value = "DIR", .help = "the home to use (QUORATE_HOME, or ~/.local/state/quorate)"},
    {.name = "json", .help = "answer in JSON"},
    {.name = "color", .value = "WHEN", .help = "auto, always or never; NO_COLOR is honoured"},
    {.name = "help", .letter = 'h', .help = "what the command does, and an example"},
    {.name = "version", .help = "the version"},
    {0},
};

/* ---- Finding names ---- */

static const struct cli_command *find_command(const struct cli_command *const *commands, const char *name)
{
    for (; *commands; commands++) {
        if (!strcmp((*commands)->name, name))
            return *commands;
    }
    return NULL;
}

static const char *command_name(const void *context, size_t i)
{
    const struct cli_command *const *commands = context;
    return commands[i] ? commands[i]->name : NULL;
}

static int unknown_command(const struct cli *cli, const char *word, struct qr_error *error)
{
    const struct cli_command *const *commands = cli->group ? cli->group->subcommands : cli_commands;
    const char *group = cli->group ? cli->group->name : "", *blank = cli->group ? " " : "";
    const char *meant = cli_meant(word, command_name, commands);
    qr_fail(error, QR_EUSAGE, "there is no command quorate %s%s%s", group, blank, word);
    if (meant)
        return qr_hint(error, "did you mean: quorate %s%s%s", group, blank, meant);
    return qr_hint(error, "see: quorate %s%s--help", group, blank);
}

static bool option_matches(const struct cli_option *option, const char *name, size_t size)
{
    if (size == 1)
        return option->letter == *name;
    return strlen(option->name) == size && !memcmp(option->name, name, size);
}

static const struct cli_option *search_options(const struct cli_option *options, const char *name, size_t size)
{
    for (; options && options->name; options++) {
        if (option_matches(options, name, size))
            return options;
    }
    return NULL;
}

static const struct cli_option *find_option(const struct cli *cli, const char *name, size_t size)
{
    const struct cli_option *option = cli->command ? search_options(cli->command->options, name, size) : NULL;
    return option ? option : search_options(cli_common_options, name, size);
}

static const char *option_name(const void *context, size_t i)
{
    const struct cli *cli = context;
    const struct cli_option *own = cli->command ? cli->command->options : NULL;
    size_t n = 0;
    while (own && own[n].name)
        n++;
    return i < n ? own[i].name : cli_common_options[i - n].name;
}

static int unknown_option(const struct cli *cli, const char *word, struct qr_error *error)
{
    char path[CLI_PATH_MAX];
    cli_command_path(cli->group, cli->command, path);
    const char *meant = word[1] == '-' ? cli_meant(word + 2, option_name, cli) : NULL;
    qr_fail(error, QR_EUSAGE, "quorate%s%s has no option %s", *path ? " " : "", path, word);
    if (meant)
        return qr_hint(error, "did you mean: --%s", meant);
    return qr_hint(error, "see: quorate%s%s --help", *path ? " " : "", path);
}

/* ---- Taking apart ---- */

struct words {
    int argc, i;
    char **argv;
    bool only_arguments; /* after "--" */
};

static int keep(struct cli *cli, const struct cli_option *option, const char *value, struct qr_error *error)
{
    if (cli->n_given == CLI_VALUES_MAX)
        return qr_fail(error, QR_EUSAGE, "more than %d options", CLI_VALUES_MAX);
    if (option->name == cli_common_options[3].name)
        cli->help = true;
    if (option->name == cli_common_options[4].name)
        cli->version = true;
    cli->given[cli->n_given++] = (struct cli_given){.option = option, .value = value};
    return 0;
}

/* "--name", "--name=value", "--name value", "-o value", "-ovalue". */
static int take_option(struct cli *cli, struct words *words, struct qr_error *error)
{
    const char *word = words->argv[words->i];
    bool is_long = word[1] == '-';
    const char *name = word + (is_long ? 2 : 1);
    size_t size = is_long ? strcspn(name, "=") : 1;
    const struct cli_option *option = is_long && size < 2 ? NULL : find_option(cli, name, size);
    if (!option)
        return unknown_option(cli, word, error);
    const char *attached = name[size] == '=' && is_long ? name + size + 1 : !is_long && name[1] ? name + 1 : NULL;
    if (!option->value) {
        if (attached)
            return qr_fail(error, QR_EUSAGE, "--%s takes no value", option->name);
        return keep(cli, option, NULL, error);
    }
    if (!attached) {
        if (words->i + 1 == words->argc)
            return qr_fail(error, QR_EUSAGE, "--%s needs a value, %s", option->name, option->value);
        attached = words->argv[++words->i];
    }
    return keep(cli, option, attached, error);
}

/* A word that is no option: the command, its subcommand, or an argument. */
static int take_word(struct cli *cli, const char *word, struct qr_error *error)
{
    if (!cli->command || cli->command->subcommands) {
        if (cli->command)
            cli->group = cli->command;
        const struct cli_command *found = find_command(cli->group ? cli->group->subcommands : cli_commands, word);
        if (!found)
            return unknown_command(cli, word, error);
        cli->command = found;
        return 0;
    }
    if (cli->n_arguments == CLI_ARGUMENTS_MAX)
        return qr_fail(error, QR_EUSAGE, "more than %d arguments", CLI_ARGUMENTS_MAX);
    cli->arguments[cli->n_arguments++] = word;
    return 0;
}

static bool looks_like_option(const struct words *words, const char *word)
{
    return !words->only_arguments && word[0] == '-' && word[1];
}

static int take(struct cli *cli, struct words *words, struct qr_error *error)
{
    const char *word = words->argv[words->i];
    if (!looks_like_option(words, word))
        return take_word(cli, word, error);
    if (strcmp(word, "--") != 0)
        return take_option(cli, words, error);
    words->only_arguments = true;
    return 0;
}

/* Help is given wherever it is asked for, also behind a mistake. */
static void look_ahead(struct cli *cli, const struct words *words)
{
    for (int i = words->i; i < words->argc && strcmp(words->argv[i], "--") != 0; i++) {
        if (!strcmp(words->argv[i], "--json"))
            cli->json = true;
        if (!strcmp(words->argv[i], "--help") || !strcmp(words->argv[i], "-h"))
            cli->help = true;
    }
}

int cli_parse(struct cli *cli, int argc, char **argv, struct qr_error *error)
{
    struct words words = {.argc = argc, .i = 1, .argv = argv};
    look_ahead(cli, &words);
    int failed = 0;
    for (; words.i < argc && !failed; words.i++)
        failed = take(cli, &words, error);
    return failed;
}

int cli_check_usage(const struct cli *cli, struct qr_error *error)
{
    const struct cli_command *command = cli->command;
    char path[CLI_PATH_MAX];
    cli_command_path(cli->group, command, path);
    if (!command)
        return qr_fail(error, QR_EUSAGE, "no command is given"), qr_hint(error, "see: quorate help");
    if (command->subcommands) {
        qr_fail(error, QR_EUSAGE, "quorate %s needs to be told what to do", path);
        return qr_hint(error, "see: quorate %s --help", path);
    }
    if (cli->n_arguments >= command->least && cli->n_arguments <= command->most)
        return 0;
    if (!*command->usage) {
        qr_fail(error, QR_EUSAGE, "quorate %s takes no arguments", path);
    } else {
        qr_fail(error, QR_EUSAGE, "%s arguments: quorate %s %s",
                cli->n_arguments < command->least ? "missing" : "surplus", path, command->usage);
    }
    return qr_hint(error, "see: quorate %s --help", path);
}

/* ---- What was asked ---- */

size_t cli_arguments(const struct cli *cli)
{
    return cli->n_arguments;
}

const char *cli_argument(const struct cli *cli, size_t i)
{
    return i < cli->n_arguments ? cli->arguments[i] : NULL;
}

static const struct cli_given *given_at(const struct cli *cli, const char *option, size_t at)
{
    for (size_t i = 0; i < cli->n_given; i++) {
        if (!strcmp(cli->given[i].option->name, option) && !at--)
            return &cli->given[i];
    }
    return NULL;
}

bool cli_flag(const struct cli *cli, const char *option)
{
    return given_at(cli, option, 0) != NULL;
}

const char *cli_value_at(const struct cli *cli, const char *option, size_t i)
{
    const struct cli_given *given = given_at(cli, option, i);
    return given ? given->value : NULL;
}

const char *cli_value(const struct cli *cli, const char *option)
{
    const char *value = NULL;
    for (size_t i = 0; given_at(cli, option, i); i++)
        value = cli_value_at(cli, option, i);
    return value;
}

int cli_integer(const struct cli *cli, const char *option, int64_t least, int64_t most, int64_t fallback,
                int64_t *ret_value, struct qr_error *error)
{
    const char *text = cli_value(cli, option);
    if (!text) {
        *ret_value = fallback;
        return 0;
    }
    char what[CLI_PATH_MAX];
    snprintf(what, sizeof what, "--%s", option);
    return qr_integer_parse(text, what, least, most, ret_value, error);
}

bool cli_wants_json(const struct cli *cli)
{
    return cli->json;
}

int cli_id_parse(const char *text, const char *what, struct cli_id *ret_id, struct qr_error *error)
{
    enum { LEAST = 6 };
    size_t digits = strlen(text);
    bool hex = strspn(text, "0123456789abcdef") == digits;
    if (!hex || digits < LEAST || digits > 2 * QR_HASH_SIZE) {
        return qr_fail(error, QR_EINPUT, "%.70s is no %s: it is %d to %d digits of 0-9 and a-f",
                       *text ? text : "nothing", what, LEAST, 2 * QR_HASH_SIZE);
    }
    struct cli_id id = {.size = digits / 2, .digits = text};
    char whole[2 * QR_HASH_SIZE + 1];
    snprintf(whole, sizeof whole, "%.*s", (int)(2 * id.size), text);
    if (qr_hex_decode(whole, id.size, id.bytes))
        return qr_fail(error, QR_EINPUT, "%s is no %s", text, what);
    *ret_id = id;
    return 0;
}

int cli_id_matches(const struct cli_id *id, const char *what, ProtobufCBinaryData answer, struct qr_error *error)
{
    char digits[CLI_HEX_TEXT];
    if (!strncmp(cli_hex(answer, digits), id->digits, strlen(id->digits)))
        return 0;
    return qr_fail(error, QR_ENOT_FOUND, "there is no %s %s", what, id->digits);
}
