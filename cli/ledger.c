#include "cli/ledger_log.h"
#include "cli/seen.h"

#include "common/clock.h"
#include "common/fixed.h"
#include "common/file.h"
#include "node/audit.h"

/* quorate ledger: the head and the blocks over the socket; export and audit from the files, with no service running. */

static const char *text_of(const char *text)
{
    return text ? text : "";
}

static json_t *head_json(const Quorate__LedgerHead *head)
{
    return json_pack("{s:s,s:I,s:o,s:I,s:o,s:o,s:o,s:o,s:o,s:s,s:s,s:I,s:I}", "chain", text_of(head->chain), "height",
                     (json_int_t)head->height, "app_hash", cli_json_hex(head->app_hash), "log_size",
                     (json_int_t)head->log_size, "log_root", cli_json_hex(head->log_root), "time",
                     cli_json_time(head->time_ms), "block_hash", cli_json_hex(head->block_hash), "genesis",
                     cli_json_hex(head->genesis_hash), "mandate", cli_json_hex(head->mandate), "custody",
                     text_of(head->custody), "engine", text_of(head->engine), "transactions",
                     (json_int_t)head->transactions, "decisions", (json_int_t)head->decisions);
}

static int print_head(struct cli *cli, const Quorate__LedgerHead *head)
{
    char hex[CLI_HEX_TEXT], time[QR_TIME_TEXT];
    cli_print(cli, "chain         %s (%s)\n", text_of(head->chain), text_of(head->engine));
    cli_print(cli, "height        %" PRIu64 "\n", head->height);
    cli_print(cli, "time          %s\n", qr_time_format(head->time_ms, time));
    cli_print(cli, "app hash      %s\n", cli_hex(head->app_hash, hex));
    cli_print(cli, "log           %" PRIu64 " leaves\n", head->log_size);
    cli_print(cli, "log root      %s\n", cli_hex(head->log_root, hex));
    cli_print(cli, "mandate       %s\n", cli_hex(head->mandate, hex));
    cli_print(cli, "transactions  %" PRIu64 "\n", head->transactions);
    cli_print(cli, "decisions     %" PRIu64 "\n", head->decisions);
    if (head->custody && strcmp(head->custody, "shared") == 0)
        cli_print(cli, "custody       shared: every key lies on one machine; this proves procedure, not independence\n");
    return 0;
}

static int head(struct cli *cli, struct qr_error *error)
{
    Quorate__LedgerHeadRequest ask = QUORATE__LEDGER_HEAD_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_HEAD;
    request.ledger_head = &ask;
    int code = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    if (code == 0)
        code = cli_see_head(cli, NULL, error);
    if (code)
        return code;
    return cli_wants_json(cli) ? cli_json(cli, head_json(reply->ledger_head), error)
                               : print_head(cli, reply->ledger_head);
}

static json_t *block_json(const Quorate__LedgerBlock *block)
{
    json_t *transactions = json_array();
    for (size_t i = 0; i < block->n_transactions; i++) {
        const Quorate__TransactionSummary *one = block->transactions[i];
        json_array_append_new(transactions,
                              json_pack("{s:o,s:s,s:s,s:s,s:i,s:I}", "id", cli_json_hex(one->id), "kind",
                                        text_of(one->kind), "signer", text_of(one->signer), "text", text_of(one->text),
                                        "size", (int)one->size, "decisions", (json_int_t)one->decisions));
    }
    return json_pack("{s:I,s:o,s:o,s:o,s:o,s:o,s:o,s:I,s:I,s:I,s:o,s:s}", "height", (json_int_t)block->height, "hash",
                     cli_json_hex(block->hash), "previous", cli_json_hex(block->previous), "time",
                     cli_json_time(block->time_ms), "transactions_root", cli_json_hex(block->transactions_root),
                     "app_hash", cli_json_hex(block->app_hash), "log_root", cli_json_hex(block->log_root), "log_size",
                     (json_int_t)block->log_size, "transaction_count", (json_int_t)block->transaction_count,
                     "decision_count", (json_int_t)block->decision_count, "transactions", transactions, "checkpoint",
                     text_of(block->checkpoint));
}

static int print_block(struct cli *cli, const Quorate__LedgerBlock *block)
{
    char hex[CLI_HEX_TEXT], time[QR_TIME_TEXT], id[CLI_SHORT_ID];
    cli_print(cli, "%sblock %" PRIu64 "%s  %s\n", cli_style(cli, CLI_BOLD), block->height, cli_style(cli, CLI_PLAIN),
              qr_time_format(block->time_ms, time));
    cli_print(cli, "hash      %s\n", cli_hex(block->hash, hex));
    cli_print(cli, "previous  %s\n", cli_hex(block->previous, hex));
    cli_print(cli, "app hash  %s\n", cli_hex(block->app_hash, hex));
    cli_print(cli, "log       %" PRIu64 " leaves, root %s\n", block->log_size, cli_hex(block->log_root, hex));
    cli_print(cli, "holds     %" PRIu64 " transactions, %" PRIu64 " decisions\n", block->transaction_count,
              block->decision_count);
    if (block->n_transactions == 0)
        return 0;
    cli_print(cli, "\n");
    QR_CLEANUP(cli_table_freep) struct cli_table *table = cli_table_new("ID", "KIND", "SIGNER", ">BYTES", "WHAT", NULL);
    for (size_t i = 0; i < block->n_transactions; i++) {
        const Quorate__TransactionSummary *one = block->transactions[i];
        cli_table_cell(table, CLI_DIM, "%s", cli_short_id(one->id, id));
        cli_table_cell(table, CLI_PLAIN, "%s", text_of(one->kind));
        cli_table_cell(table, CLI_PLAIN, "%s", text_of(one->signer));
        cli_table_cell(table, CLI_PLAIN, "%" PRIu32, one->size);
        cli_table_cell(table, CLI_PLAIN, "%s", text_of(one->text));
    }
    cli_table_print(cli, table);
    return 0;
}

static int show(struct cli *cli, struct qr_error *error)
{
    Quorate__LedgerBlockRequest ask = QUORATE__LEDGER_BLOCK_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    int64_t height = 0;
    int code = qr_integer_parse(cli_argument(cli, 0), "HEIGHT", 0, INT64_MAX, &height, error);
    if (code)
        return code;
    ask.height = (uint64_t)height;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_BLOCK;
    request.ledger_block = &ask;
    code = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    if (code)
        return code;
    return cli_wants_json(cli) ? cli_json(cli, block_json(reply->ledger_block), error)
                               : print_block(cli, reply->ledger_block);
}

static int open_store(struct cli *cli, struct qr_store **ret_store, struct qr_error *error)
{
    int code = cli_need_home(cli, error);
    if (code)
        return code;
    QR_CLEANUP(qr_freep) char *path = qr_path_join(cli_home(cli), "ledgerd.db");
    code = qr_store_open_read(path, ret_store, error);
    if (code != QR_ENO_FILE)
        return code;
    QR_CLEANUP(qr_freep) char *mark = qr_path_join(cli_home(cli), "ledgerd.db-mark");
    if (access(mark, F_OK) != 0)
        return qr_hint(error, "start the services once with `quorate up`");
    qr_fail(error, QR_ECORRUPT, "%s is missing, though blocks were committed to it", path);
    return qr_hint(error, "put the newest copy in its place");
}

static int export(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_store_closep) struct qr_store *store = NULL;
    struct qr_header header;
    const char *path = cli_argument(cli, 0);
    int code = open_store(cli, &store, error);
    if (code == 0)
        code = qr_export(store, path, error);
    if (code == 0)
        code = qr_store_head(store, &header, error);
    if (code || strcmp(path, "-") == 0)
        return code;
    if (cli_wants_json(cli))
        return cli_json(cli, json_pack("{s:s,s:I}", "file", path, "height", (json_int_t)header.height), error);
    cli_print(cli, "%s holds the ledger up to height %" PRIu64 "\n", path, header.height);
    return 0;
}

static void show_progress(void *context, uint64_t height)
{
    if (height % 256 == 0)
        cli_note(context, "\rheight %" PRIu64 " ", height);
}

static bool is_database(const char *path)
{
    static const char magic[] = "SQLite format 3";
    char start[sizeof magic] = "";
    FILE *file = fopen(path, "rbe");
    bool same = file && fread(start, sizeof start, 1, file) == 1 && memcmp(start, magic, sizeof magic) == 0;
    if (file)
        fclose(file);
    return same;
}

static int run_audit(struct cli *cli, struct qr_audit *ret, struct qr_error *error)
{
    const char *path = cli_argument(cli, 0);
    QR_CLEANUP(qr_store_closep) struct qr_store *store = NULL;
    void (*progress)(void *, uint64_t) = cli_notes_on_terminal(cli) ? show_progress : NULL;
    if (path && !is_database(path))
        return qr_audit_file(path, progress, cli, ret, error);
    int code = path ? qr_store_open_read(path, &store, error) : open_store(cli, &store, error);
    code = code ? code : qr_audit_store(store, progress, cli, ret, error);
    if (code == QR_ECORRUPT) /* others advise to audit */
        (void)qr_hint(error, "put the newest copy in its place: so much is damaged that nothing in it can be read");
    if (progress)
        cli_note(cli, "\r");
    return code;
}

static int audit(struct cli *cli, struct qr_error *error)
{
    struct qr_audit result = {.height = 0};
    int code = run_audit(cli, &result, error);
    if (code && code != QR_EINVALID)
        return code;
    if (code)
        cli_exit_with(cli, 1);
    if (cli_wants_json(cli)) {
        json_t *answer = json_pack("{s:b,s:I,s:s,s:I,s:I,s:I}", "ok", code == 0, "height", (json_int_t)result.height,
                                   "app_hash", qr_hash_text(&result.app_hash).text, "transactions",
                                   (json_int_t)result.transactions, "decisions", (json_int_t)result.decisions,
                                   "orders", (json_int_t)result.orders);
        if (code)
            json_object_set_new(answer, "problem", json_string(error->text));
        return cli_json(cli, answer, error);
    }
    if (code) {
        cli_print(cli, "%sthe ledger does not hold%s\n%s\n", cli_style(cli, CLI_BAD), cli_style(cli, CLI_PLAIN),
                  error->text);
        return 0;
    }
    cli_print(cli, "%sthe ledger holds%s: everything was executed again from the genesis\n", cli_style(cli, CLI_GOOD),
              cli_style(cli, CLI_PLAIN));
    cli_print(cli, "height        %" PRIu64 "\napp hash      %s\n", result.height,
              qr_hash_text(&result.app_hash).text);
    cli_print(cli, "transactions  %" PRIu64 "\ndecisions     %" PRIu64 "\norders        %" PRIu64 "\n",
              result.transactions, result.decisions, result.orders);
    return 0;
}

static const struct cli_command ledger_head = {
    .name = "head",
    .summary = "show the last block's height and hashes",
    .usage = "",
    .example = "quorate ledger head  # how far the ledger is",
    .run = head,
};

static const struct cli_command ledger_show = {
    .name = "show",
    .summary = "show one block and its transactions",
    .usage = "HEIGHT",
    .least = 1,
    .most = 1,
    .example = "quorate ledger show 12  # what block 12 holds",
    .run = show,
};

static const struct cli_command ledger_export = {
    .name = "export",
    .summary = "write the whole ledger into one file that anyone can audit",
    .usage = "FILE",
    .least = 1,
    .most = 1,
    .example = "quorate ledger export ledger.qrx  # genesis, all blocks, and the signed head at the end",
    .about = "Reads ledgerd.db of the home; services may be running or not. FILE `-` is standard output.\n"
             "A FILE that is there and is no export is not written over.",
    .run = export,
};

static const struct cli_command ledger_audit = {
    .name = "audit",
    .summary = "execute everything again from the genesis and compare",
    .usage = "[FILE]",
    .most = 1,
    .example = "quorate ledger audit  # recompute every decision, ballot and hash",
    .about = "Without FILE, every row of the home's ledgerd.db is compared with what re-execution gives; no service\n"
             "is needed. FILE is an export, or a ledgerd.db. The first difference is named with its height, and the exit\n"
             "status is 1.",
    .run = audit,
};

static const struct cli_command *const subcommands[] = {&ledger_head, &ledger_show, &ledger_export, &ledger_audit,
                                                         &cli_ledger_check, &cli_ledger_checkpoint,
                                                         &cli_ledger_consistency, NULL};

const struct cli_command cli_ledger = {
    .name = "ledger",
    .summary = "look at the ledger, export it, audit it, hold it against what was seen",
    .usage = "COMMAND",
    .example = "quorate ledger audit  # recompute every decision, ballot and hash",
    .subcommands = subcommands,
};
