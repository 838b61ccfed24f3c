/* The command line itself: words to exit statuses, without a home. */
#include "tests/unit/unit.h"

#include <jansson.h>

#include "cli/cli.h"
#include "common/buffer.h"

static char *out, *notes;

static int run(const char *line)
{
    char *words[32] = {NULL};
    int n = 0;
    QR_CLEANUP(qr_freep) char *copy = qr_strdup(line);
    for (char *at = copy; at && n < 31;) {
        char *end = strchr(at, ' ');
        if (end)
            *end++ = 0;
        words[n++] = at;
        at = end;
    }
    size_t out_size, notes_size;
    free(out), free(notes);
    FILE *out_file = open_memstream(&out, &out_size), *notes_file = open_memstream(&notes, &notes_size);
    int status = cli_main(n, words, out_file, notes_file);
    fclose(out_file), fclose(notes_file);
    return status;
}

static void each(const struct cli_command *const *commands, const char *group,
                 void (*check)(const char *path, const struct cli_command *command))
{
    for (; *commands; commands++) {
        char path[64];
        snprintf(path, sizeof path, "%s%s%s", group, *group ? " " : "", (*commands)->name);
        check(path, *commands);
        if ((*commands)->subcommands)
            each((*commands)->subcommands, path, check);
    }
}

static void check_row(const char *path, const struct cli_command *command)
{
    char line[160];
    ck_assert_msg(command->summary && *command->summary, "%s has no summary", path);
    ck_assert_msg(!isupper((unsigned char)command->summary[0]) || isupper((unsigned char)command->summary[1]),
                  "%s: its summary starts in upper case", path);
    ck_assert_msg(command->summary[strlen(command->summary) - 1] != '.', "%s: its summary ends with a full stop", path);
    ck_assert_msg(command->usage != NULL, "%s has no usage", path);
    ck_assert_msg(!command->run != !command->subcommands, "%s runs, or has subcommands", path);
    ck_assert_msg(command->subcommands || (command->example && strstr(command->example, " # ")),
                  "%s has no example with a comment", path);
    ck_assert_msg(command->most >= command->least, "%s takes no arguments at all", path);
    snprintf(line, sizeof line, "quorate %s --help", path);
    ck_assert_int_eq(run(line), 0);
    ck_assert_str_eq(notes, "");
    ck_assert_msg(strstr(out, command->summary), "%s: help without its summary", path);
    for (const struct cli_option *option = command->options; option && option->name; option++) {
        snprintf(line, sizeof line, "--%s", option->name);
        ck_assert_msg(strstr(out, line), "%s: help without %s", path, line);
        ck_assert_msg(strlen(option->name) > 1 && option->help, "%s: an option without a name or help", path);
    }
}

START_TEST(every_row_of_the_table_is_whole_and_has_help)
{
    each(cli_commands, "", check_row);
}
END_TEST

static const char *document;
static void check_mentioned(const char *path, const struct cli_command *command)
{
    ck_assert_msg(strstr(document, command->name), "%s is not mentioned", path);
    for (const struct cli_option *option = command->options; option && option->name; option++) {
        char roff[64] = "", plain[64];
        for (const char *at = option->name; *at; at++)
            snprintf(roff + strlen(roff), sizeof roff - strlen(roff), "%s%c", *at == '-' ? "\\" : "", *at);
        snprintf(plain, sizeof plain, "--%s", option->name);
        ck_assert_msg(strstr(document, roff) || strstr(document, plain), "%s: %s is not mentioned", path, plain);
    }
}

START_TEST(the_manual_and_the_completion_know_every_command_and_option)
{
    ck_assert_int_eq(run("quorate completion man"), 0);
    document = out;
    each(cli_commands, "", check_mentioned);
    ck_assert_int_eq(run("quorate completion bash"), 0);
    document = out;
    each(cli_commands, "", check_mentioned);
}
END_TEST

START_TEST(bad_usage_is_exit_2_and_a_sentence)
{
    static const char *const lines[] = {
        "quorate",
        "quorate nonsense",
        "quorate model",
        "quorate model nonsense",
        "quorate status surplus",
        "quorate --nonsense status",
        "quorate status --home",
        "quorate status --json=yes",
        "quorate help nonsense",
        "quorate --color=sometimes help",
        "quorate -x",
        "quorate search DEL",
        "quorate --home= status",
        "quorate -- --json",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_assert_msg(run(lines[i]) == 2, "%s", lines[i]);
        ck_assert_msg(!*out && *notes, "%s", lines[i]);
    }
}
END_TEST

START_TEST(under_json_an_error_is_one_document)
{
    static const char *const lines[] = {"quorate nonsense --json", "quorate --json status surplus",
                                        "quorate --json --home /nonexistent/x ledger head"};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        ck_assert_int_eq(run(lines[i]), 2);
        json_t *answer = json_loads(out, JSON_REJECT_DUPLICATES, NULL);
        ck_assert_ptr_nonnull(answer);
        json_t *error = json_object_get(answer, "error");
        ck_assert(json_is_string(json_object_get(error, "code")));
        ck_assert_int_gt((int)json_string_length(json_object_get(error, "text")), 0);
        ck_assert(json_is_string(json_object_get(error, "hint")));
        ck_assert_str_eq(notes, "");
        json_decref(answer);
    }
}
END_TEST

START_TEST(a_slip_of_the_keys_is_answered_with_what_was_meant)
{
    static const char *const cases[][2] = {
        {"quorate serach", "quorate search"},
        {"quorate statsu", "quorate status"},
        {"quorate porposal", "quorate proposal"},
        {"quorate model improt", "quorate model import"},
        {"quorate status --jsno", "--json"},
        {"quorate gov", NULL},
        {"quorate xyzzy", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        ck_assert_int_eq(run(cases[i][0]), 2);
        const char *meant = strstr(notes, "did you mean: ");
        ck_assert_msg(!meant == !cases[i][1], "%s: %s", cases[i][0], notes);
        if (meant)
            ck_assert_msg(strstr(meant, cases[i][1]), "%s: %s", cases[i][0], notes);
    }
}
END_TEST

START_TEST(help_and_version_are_answered_anywhere)
{
    ck_assert_int_eq(run("quorate status surplus -h"), 0);
    ck_assert_ptr_nonnull(strstr(out, "quorate status"));
    ck_assert_int_eq(run("quorate help model import"), 0);
    ck_assert_ptr_nonnull(strstr(out, "quorate model import"));
    ck_assert_int_eq(run("quorate --version"), 0);
    ck_assert_int_eq(run("quorate status --version"), 0);
    ck_assert_ptr_nonnull(strstr(out, "quorate "));
    ck_assert_int_eq(run("quorate --color=always help status"), 0);
    ck_assert_ptr_nonnull(strstr(out, "\033["));
    ck_assert_int_eq(run("quorate --color=never help status"), 0);
    ck_assert_ptr_null(strstr(out, "\033["));
}
END_TEST

START_TEST(ids_are_parsed_and_their_last_digit_is_checked)
{
    struct cli_id id;
    uint8_t answer[QR_HASH_SIZE] = {0xab, 0xcd, 0xef, 0x12};
    ck_assert_int_eq(cli_id_parse("abcdef1", "decision", &id, NULL), 0);
    ck_assert_uint_eq(id.size, 3);
    ck_assert_int_eq(cli_id_matches(&id, "decision", qr_wire_bytes(answer, sizeof answer), NULL), 0);
    ck_assert_int_eq(cli_id_parse("abcdef2", "decision", &id, NULL), 0);
    ck_assert_int_eq(cli_id_matches(&id, "decision", qr_wire_bytes(answer, sizeof answer), NULL), QR_ENOT_FOUND);
    ck_assert_int_eq(cli_id_parse("abcde", "decision", &id, NULL), QR_EINPUT);
    ck_assert_int_eq(cli_id_parse("ABCDEF", "decision", &id, NULL), QR_EINPUT);
    ck_assert_int_eq(cli_id_parse("", "decision", &id, NULL), QR_EINPUT);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        every_row_of_the_table_is_whole_and_has_help,
        the_manual_and_the_completion_know_every_command_and_option,
        bad_usage_is_exit_2_and_a_sentence,
        under_json_an_error_is_one_document,
        a_slip_of_the_keys_is_answered_with_what_was_meant,
        help_and_version_are_answered_anywhere,
        ids_are_parsed_and_their_last_digit_is_checked,
    };
    return unit_run("command", tests, sizeof tests / sizeof tests[0]);
}
