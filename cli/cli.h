#ifndef QR_CLI_CLI_H
#define QR_CLI_CLI_H

#include <jansson.h>

#include "common/error.h"
#include "common/hash.h"
#include "common/key.h"
#include "common/money.h"
#include "services/lib/client.h"

/* The quorate command. Each command is one const table row in a file of its own, and cli/commands.c lists them; help,
 * did-you-mean, completion and the tests of the man page are made from that table. To add a command: write cli/NAME.c
 * that defines `const struct cli_command cli_NAME`, add it to cli/commands.c, cli/local.mk and docs/quorate.1.
 *
 *     static int run(struct cli *cli, struct qr_error *error)
 *     {
 *         Quorate__MembersRequest members = QUORATE__MEMBERS_REQUEST__INIT;
 *         Quorate__Request request = QUORATE__REQUEST__INIT;
 *         request.body_case = QUORATE__REQUEST__BODY_MEMBERS;
 *         request.members = &members;
 *         QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
 *         int failed = cli_call(cli, QR_SERVICE_GOVERNANCE, &request, &reply, error);
 *         if (failed) return failed;
 *         if (cli_wants_json(cli)) return cli_json(cli, members_json(reply->members), error);
 *         ...
 *     }
 *
 * `run` returns 0 or a negative code with the error filled; the error is printed by the caller, as text or JSON, and
 * gives the exit status. An answer that is "no" is printed by the command, which then calls cli_exit_with(cli, 1) and
 * returns 0. */
struct cli;

struct cli_option {
    const char *name;  /* "as": written --as VALUE or --as=VALUE */
    char letter;       /* 'o' for -o VALUE; 0: none */
    const char *value; /* what help calls the value, "MEMBER"; NULL: a flag */
    const char *help;  /* starts in lower case, no full stop */
    bool many;         /* may be given more than once */
};

struct cli_command {
    const char *name;                 /* one word */
    const char *summary;              /* one line: starts in lower case, no full stop */
    const char *usage;                /* arguments as in the man page: "OFFER", "ID yes|no|abstain|veto"; "" for none */
    unsigned least, most;             /* arguments, checked before run */
    const struct cli_option *options; /* ends with a row without name; NULL: none */
    const char *example;              /* one command line, and what it is for after "# " */
    const char *about;                /* paragraphs for help, lines of at most 80 columns; may be NULL */
    int (*run)(struct cli *cli, struct qr_error *error); /* NULL when there are subcommands */
    const struct cli_command *const *subcommands;        /* ends with NULL; NULL: none */
};

/* The table: ends with NULL. */
extern const struct cli_command *const cli_commands[];

/* Options of every command: --home, --json, --color, --help, --version. */
extern const struct cli_option cli_common_options[];

/* Runs one command line and returns the exit status. `out` and `notes` are standard output and standard error but in
 * tests. */
int cli_main(int argc, char **argv, FILE *out, FILE *notes);

/* ---- What was asked ---- */
size_t cli_arguments(const struct cli *cli);
const char *cli_argument(const struct cli *cli, size_t i);        /* NULL beyond the last */
bool cli_flag(const struct cli *cli, const char *option);         /* whether it was given */
const char *cli_value(const struct cli *cli, const char *option); /* the last one given, or NULL */
const char *cli_value_at(const struct cli *cli, const char *option,
                         size_t i); /* of an option that may be given more than once */
/* An option's whole number, or `fallback` when it was not given. */
QR_MUST_USE int cli_integer(const struct cli *cli, const char *option, int64_t least, int64_t most, int64_t fallback,
                            int64_t *ret_value, struct qr_error *error);
bool cli_wants_json(const struct cli *cli);

/* An id or the beginning of one: at least 6 hexadecimal digits. Services take whole bytes, so an odd last digit is
 * checked with cli_id_matches on what they answer. */
struct cli_id {
    uint8_t bytes[QR_HASH_SIZE];
    size_t size;        /* whole bytes, 3 to 32 */
    const char *digits; /* as typed; lent */
};
QR_MUST_USE int cli_id_parse(const char *text, const char *what, struct cli_id *ret_id, struct qr_error *error);
/* QR_ENOT_FOUND when the answer's id does not begin with the digits typed. */
QR_MUST_USE int cli_id_matches(const struct cli_id *id, const char *what, ProtobufCBinaryData answer,
                               struct qr_error *error);

/* ---- Home and services ---- */

/* The folder, from --home, QUORATE_HOME, XDG_STATE_HOME or HOME; it need not exist. */
const char *cli_home(const struct cli *cli);
/* Fails with QR_ENO_HOME and the hint `quorate init` when the home does not exist. */
QR_MUST_USE int cli_need_home(const struct cli *cli, struct qr_error *error);
/* The client of this home, made at the first call. */
QR_MUST_USE int cli_client(struct cli *cli, struct qr_client **ret_client, struct qr_error *error);
/* One blocking call with the usual time limit. */
QR_MUST_USE int cli_call(struct cli *cli, enum qr_service service, Quorate__Request *request,
                         Quorate__Reply **ret_reply, struct qr_error *error);
QR_MUST_USE int cli_call_within(struct cli *cli, enum qr_service service, Quorate__Request *request, int64_t timeout_ms,
                                Quorate__Reply **ret_reply, struct qr_error *error);
/* The key of the member named by --as, from HOME/keys. QR_EUSAGE without --as; QR_ENOT_A_MEMBER without such a key. */
QR_MUST_USE int cli_member_key(struct cli *cli, struct qr_key **ret_key, struct qr_error *error);

/* ---- Answers ---- */

/* Text on standard output. */
void cli_print(struct cli *cli, const char *format, ...) QR_PRINTF(2, 3);
/* Progress, hints and warnings on standard error. */
void cli_note(struct cli *cli, const char *format, ...) QR_PRINTF(2, 3);
/* The answer under --json: takes the reference, prints one document and a newline. Returns 0, so that a command can end
 * with it; a document that could not be made (NULL) is QR_EINTERNAL. */
QR_MUST_USE int cli_json(struct cli *cli, json_t *document, struct qr_error *error);
/* One line of JSONL. */
QR_MUST_USE int cli_json_line(struct cli *cli, json_t *document, struct qr_error *error);
FILE *cli_out(struct cli *cli);
/* Bytes of a file as the answer: to the file of option -o, or to standard output. */
QR_MUST_USE int cli_write_answer(struct cli *cli, const void *bytes, size_t size, struct qr_error *error);

/* Ends with this status although nothing failed: 1 when the answer is no, 3 when what was asked about is away. */
void cli_exit_with(struct cli *cli, int status);
/* From here on Ctrl-C and SIGTERM do not end the process: cli_interrupted tells that one came. For commands that run
 * on. */
void cli_catch_interrupt(void);
bool cli_interrupted(void);
/* Whether a person sees standard error: then progress may redraw its line with \r. */
bool cli_notes_on_terminal(const struct cli *cli);
unsigned cli_width(const struct cli *cli); /* columns of the terminal, 80 when there is none */

enum cli_style { CLI_PLAIN, CLI_BOLD, CLI_DIM, CLI_GOOD, CLI_BAD, CLI_WARN, CLI_ACCENT };
/* The escape sequence of a style, "" where colour is off. CLI_PLAIN ends a style. */
const char *cli_style(const struct cli *cli, enum cli_style style);

/* A table with columns as wide as their widest cell. Cells are UTF-8; control characters in them are shown as "?".
 *
 *     QR_CLEANUP(cli_table_freep) struct cli_table *table = cli_table_new("NAME", ">WEIGHT", "KEY", NULL);
 *     cli_table_cell(table, CLI_PLAIN, "%s", name); ...
 *     cli_table_print(cli, table);
 */
struct cli_table;
/* Headings, ended by NULL; one that starts with ">" aligns its column to the right. */
struct cli_table *cli_table_new(const char *first, ...) __attribute__((sentinel));
void cli_table_freep(struct cli_table **table);
/* The next cell; after the last column, the next row begins. */
void cli_table_cell(struct cli_table *table, enum cli_style style, const char *format, ...) QR_PRINTF(3, 4);
void cli_table_print(struct cli *cli, const struct cli_table *table);

/* Values for JSON: json_t of lower-case hex, and of an RFC 3339 time (null for 0). */
json_t *cli_json_hex(ProtobufCBinaryData bytes);
json_t *cli_json_time(int64_t time_ms);
/* Text forms: the first 12 digits of an id; money with its currency, "INR 6,104.00". */
enum { CLI_SHORT_ID = 13, CLI_MONEY_TEXT = 64, CLI_HEX_TEXT = 2 * QR_HASH_SIZE + 1 };
char *cli_short_id(ProtobufCBinaryData bytes, char text[CLI_SHORT_ID]);
char *cli_hex(ProtobufCBinaryData bytes, char text[CLI_HEX_TEXT]); /* at most 32 bytes */
char *cli_money(int64_t minor, unsigned minor_digits, const char *currency, char text[CLI_MONEY_TEXT]);

#endif
