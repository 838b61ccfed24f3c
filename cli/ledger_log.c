#include "cli/ledger_log.h"

#include "cli/seen.h"
#include "common/clock.h"
#include "common/file.h"
#include "common/fixed.h"
#include "ledger/consistency.h"

/* quorate ledger check, checkpoint, consistency: whether the log only ever grows. */

static json_t *names_json(const struct qr_pin *pin, uint64_t signers)
{
    json_t *names = json_array();
    for (unsigned i = 0; i < pin->n; i++)
        if (signers >> i & 1)
            json_array_append_new(names, json_string(pin->nodes[i].name));
    return names;
}

static json_t *place_json(const struct qr_checkpoint *checkpoint)
{
    return json_pack("{s:I,s:I,s:s}", "height", (json_int_t)checkpoint->height, "log_size", (json_int_t)checkpoint->size,
                     "log_root", qr_hash_text(&checkpoint->root).text);
}

static int read_note(const char *path, struct qr_signed_checkpoint *ret, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    int failed = qr_file_read(path, QR_NOTE_MAX, &text, error);
    if (!failed)
        failed = qr_note_read(qr_buffer_string(&text), text.size, ret, error);
    if (failed != QR_EFORMAT)
        return failed;
    qr_prefix(error, "%s", path);
    return qr_hint(error, "`quorate ledger checkpoint -o FILE` saves one");
}

/* ---- check ---- */

/* What the ledger is held against: --against, or what this home has seen, if anything. */
static int look(struct cli *cli, struct qr_signed_checkpoint *seen, struct qr_signed_checkpoint *head, bool *ret_first,
                struct qr_error *error)
{
    const char *path = cli_value(cli, "against");
    *ret_first = false;
    if (path) {
        int failed = read_note(path, seen, error);
        return failed ? failed : cli_see_against(cli, seen, head, error);
    }
    int failed = cli_seen(cli, seen, error);
    *ret_first = failed == QR_ENOT_FOUND;
    return failed && !*ret_first ? failed : cli_see_head(cli, head, error);
}

static int check(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *seen = qr_alloc(1, sizeof *seen), *head = qr_alloc(1, sizeof *head);
    bool first = false;
    int failed = cli_need_home(cli, error);
    if (!failed)
        failed = look(cli, seen, head, &first, error);
    if (failed)
        return failed;
    if (cli_wants_json(cli)) {
        json_t *before = first ? json_null() : place_json(&seen->checkpoint);
        return cli_json(cli, json_pack("{s:b,s:o,s:o}", "ok", 1, "seen", before, "head", place_json(&head->checkpoint)), error);
    }
    if (first)
        cli_print(cli, "nothing had been seen before\n");
    else
        cli_print(cli, "%sthe ledger continues what was seen%s: %" PRIu64 " leaves at block %" PRIu64 "\n", cli_style(cli, CLI_GOOD),
                  cli_style(cli, CLI_PLAIN), seen->checkpoint.size, seen->checkpoint.height);
    cli_print(cli, "now           %" PRIu64 " leaves at block %" PRIu64 "\n", head->checkpoint.size, head->checkpoint.height);
    return 0;
}

static const struct cli_option check_options[] = {
    {.name = "against", .value = "FILE", .help = "a checkpoint that somebody else was shown, in place of what this home has seen"},
    {0},
};

const struct cli_command cli_ledger_check = {
    .name = "check",
    .summary = "hold the ledger against the last checkpoint that this home has seen",
    .usage = "",
    .options = check_options,
    .example = "quorate ledger check  # was anything rewritten since the last look?",
    .about = "Asks for a proof that the log then is the beginning of the log now, as `ledger head` and `receipt` do\n"
             "each time. A ledger that was rewritten, shortened or forked is told of with exit status 1 and the code\n"
             "`forked`; HOME/seen.checkpoint stays, and HOME/evidence keeps what contradicts it: seen.checkpoint and\n"
             "shown.checkpoint, of the next contradiction seen-2.checkpoint and shown-2.checkpoint, and so on; of more\n"
             "than 64 the first 63 and the newest. Two who exchange their checkpoints with --against FILE find out\n"
             "whether they were shown the same ledger.",
    .run = check,
};

/* ---- checkpoint ---- */

static json_t *checkpoint_json(const struct qr_signed_checkpoint *note, const struct qr_pin *pin, const char *text)
{
    const struct qr_checkpoint *checkpoint = &note->checkpoint;
    return json_pack("{s:I,s:I,s:s,s:s,s:o,s:o,s:s}", "height", (json_int_t)checkpoint->height, "log_size",
                     (json_int_t)checkpoint->size, "log_root", qr_hash_text(&checkpoint->root).text, "app_hash",
                     qr_hash_text(&checkpoint->app_hash).text, "time", cli_json_time(checkpoint->time), "signers",
                     names_json(pin, qr_pin_signers(pin, note)), "note", text);
}

static int get_checkpoint(struct cli *cli, const char *height_text, struct qr_signed_checkpoint *ret, struct qr_error *error)
{
    int64_t height = 0;
    int failed = height_text ? qr_integer_parse(height_text, "HEIGHT", 1, INT64_MAX, &height, error) : 0;
    return failed ? failed : cli_checkpoint(cli, (uint64_t)height, ret, error);
}

static int checkpoint(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    QR_CLEANUP(qr_freep) struct qr_pin *pin = qr_alloc(1, sizeof *pin);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    int failed = get_checkpoint(cli, cli_argument(cli, 0), note, error);
    if (!failed)
        failed = cli_see_note(cli, note, error);
    if (failed)
        return failed;
    qr_note_write(note, &text);
    if (!cli_wants_json(cli) || cli_value(cli, "output"))
        return cli_write_answer(cli, text.data, text.size, error);
    failed = cli_known_nodes(cli, pin, error);
    return failed ? failed : cli_json(cli, checkpoint_json(note, pin, qr_buffer_string(&text)), error);
}

static const struct cli_option checkpoint_options[] = {
    {.name = "output", .letter = 'o', .value = "FILE", .help = "write it there instead of standard output"},
    {0},
};

const struct cli_command cli_ledger_checkpoint = {
    .name = "checkpoint",
    .summary = "get the signed checkpoint of a block, by default the last",
    .usage = "[HEIGHT]",
    .most = 1,
    .options = checkpoint_options,
    .example = "quorate ledger checkpoint -o today.checkpoint  # what the log must continue from now on",
    .about = "A C2SP signed note: origin, size and root of the log, then height, time and application hash of the\n"
             "block, and a line for each node that signed it.",
    .run = checkpoint,
};

/* ---- consistency ---- */

struct pair {
    struct qr_signed_checkpoint old, new;
    struct qr_pin pin;
    struct qr_consistency consistency;
    bool proved; /* a proof was needed and is there */
};

/* A file, or a height of the home's ledger. */
static int get_side(struct cli *cli, const char *what, struct qr_signed_checkpoint *ret, struct qr_error *error)
{
    bool height = strspn(what, "0123456789") == strlen(what);
    return height ? get_checkpoint(cli, what, ret, error) : read_note(what, ret, error);
}

static int get_pin(struct cli *cli, struct qr_pin *ret, struct qr_error *error)
{
    const char *path = cli_value(cli, "pin");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    if (!path)
        return cli_known_nodes(cli, ret, error);
    int failed = qr_file_read(path, QR_PIN_FILE_MAX, &text, error);
    if (!failed)
        failed = qr_pin_read(qr_buffer_string(&text), text.size, ret, error);
    return failed == QR_EFORMAT ? qr_prefix(error, "%s", path) : failed;
}

static int get_proof(struct cli *cli, struct pair *pair, struct qr_error *error)
{
    const char *path = cli_value(cli, "proof");
    uint64_t a = pair->old.checkpoint.size, b = pair->new.checkpoint.size;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    int failed = 0;
    if (!qr_log_needs_proof(&pair->old.checkpoint, &pair->new.checkpoint))
        return 0;
    pair->proved = true;
    if (path) {
        failed = qr_file_read(path, QR_CONSISTENCY_FILE_MAX, &text, error);
        if (!failed)
            failed = qr_consistency_read(qr_buffer_string(&text), text.size, &pair->consistency, error);
        return failed == QR_EFORMAT ? qr_prefix(error, "%s", path) : failed;
    }
    pair->consistency.old_size = a < b ? a : b;
    pair->consistency.new_size = a < b ? b : a;
    failed = cli_consistency(cli, pair->consistency.old_size, pair->consistency.new_size, &pair->consistency.proof, error);
    if (failed == QR_ERANGE) /* the ledger is shorter than what was signed: it has no proof to give */
        return 0;
    return failed == QR_EUNREACHABLE || failed == QR_ENO_HOME
               ? qr_hint(error, "without the ledger, give the proof with --proof FILE"), failed
               : failed;
}

/* A note that no pinned node signed says nothing. */
static int check_signed(const struct pair *pair, const struct qr_signed_checkpoint *note, const char *what, struct qr_error *error)
{
    if (!qr_hash_equal(&note->checkpoint.genesis, &pair->pin.genesis))
        return qr_fail(error, QR_EINVALID, "%s is of another ledger than the pin's", what);
    if (qr_pin_signers(&pair->pin, note) == 0)
        return qr_fail(error, QR_EINVALID, "%s is signed by no pinned node", what);
    return 0;
}

static const char *relation_word(enum qr_log_relation relation)
{
    switch (relation) {
    case QR_LOG_SAME:
        return "same";
    case QR_LOG_GROWN:
        return "grown";
    case QR_LOG_OTHER:
        return "other_ledger";
    case QR_LOG_EQUIVOCATION:
        return "equivocation";
    case QR_LOG_SHORTENED:
        return "shortened";
    case QR_LOG_REWRITTEN:
        return "rewritten";
    }
    return "unknown";
}

static int tell(struct cli *cli, const struct pair *pair, enum qr_log_relation relation, struct qr_error *error)
{
    struct qr_error problem = {.text = ""};
    uint64_t both = qr_pin_signers(&pair->pin, &pair->old) & qr_pin_signers(&pair->pin, &pair->new);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer names = {0};
    bool agrees = qr_log_fail(relation, &pair->old.checkpoint, &pair->new.checkpoint, &problem) == 0;
    if (!agrees)
        cli_exit_with(cli, 1);
    if (cli_wants_json(cli))
        return cli_json(cli,
                        json_pack("{s:b,s:s,s:o,s:o,s:o,s:s}", "consistent", agrees, "relation", relation_word(relation), "old",
                                  place_json(&pair->old.checkpoint), "new", place_json(&pair->new.checkpoint), "signed_both",
                                  names_json(&pair->pin, both), "problem", problem.text),
                        error);
    cli_put_signers(&pair->pin, both, &names);
    if (agrees)
        cli_print(cli, "%sthe log only grew%s: %" PRIu64 " leaves at block %" PRIu64 ", %" PRIu64 " at block %" PRIu64 "\n",
                  cli_style(cli, CLI_GOOD), cli_style(cli, CLI_PLAIN), pair->old.checkpoint.size, pair->old.checkpoint.height,
                  pair->new.checkpoint.size, pair->new.checkpoint.height);
    else
        cli_print(cli, "%sthe checkpoints contradict each other%s\n%s\n", cli_style(cli, CLI_BAD), cli_style(cli, CLI_PLAIN),
                  problem.text);
    cli_print(cli, "signed both   %s\n", qr_buffer_string(&names));
    return 0;
}

static int write_proof(struct cli *cli, const struct pair *pair, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    const char *path = cli_value(cli, "output");
    if (!path || !pair->proved)
        return 0;
    qr_consistency_write(&pair->consistency, &text);
    return qr_file_write(path, text.data, text.size, 0644, error);
}

static enum qr_log_relation relate(const struct pair *pair)
{
    const struct qr_checkpoint *a = &pair->old.checkpoint, *b = &pair->new.checkpoint;
    uint64_t least = a->size < b->size ? a->size : b->size, most = a->size < b->size ? b->size : a->size;
    bool other_sizes = pair->consistency.old_size != least || pair->consistency.new_size != most;
    return pair->proved && other_sizes ? QR_LOG_REWRITTEN : qr_log_compare(a, b, &pair->consistency.proof);
}

static int consistency(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct pair *pair = qr_alloc(1, sizeof *pair);
    int failed = get_side(cli, cli_argument(cli, 0), &pair->old, error);
    if (!failed)
        failed = get_side(cli, cli_argument(cli, 1), &pair->new, error);
    if (!failed)
        failed = get_pin(cli, &pair->pin, error);
    if (!failed)
        failed = check_signed(pair, &pair->old, cli_argument(cli, 0), error);
    if (!failed)
        failed = check_signed(pair, &pair->new, cli_argument(cli, 1), error);
    if (!failed)
        failed = get_proof(cli, pair, error);
    if (!failed)
        failed = write_proof(cli, pair, error);
    return failed ? failed : tell(cli, pair, relate(pair), error);
}

static const struct cli_option consistency_options[] = {
    {.name = "pin", .value = "PINFILE", .help = "whose signatures count; the home's ledger says so otherwise"},
    {.name = "proof", .value = "FILE", .help = "the proof, rather than ask the home's ledger for it"},
    {.name = "output", .letter = 'o', .value = "FILE", .help = "write the proof there"},
    {0},
};

const struct cli_command cli_ledger_consistency = {
    .name = "consistency",
    .summary = "whether one checkpoint's log continues another's",
    .usage = "OLD NEW",
    .least = 2,
    .most = 2,
    .options = consistency_options,
    .example = "quorate ledger consistency monday.checkpoint friday.checkpoint  # did the log only grow?",
    .about = "OLD and NEW are files with checkpoints, or heights. With two files, --proof and --pin, no service and no\n"
             "home is needed. Two checkpoints of one block that differ are equivocation: whoever signed both is named.\n"
             "Exit status 1 when they contradict each other.",
    .run = consistency,
};
