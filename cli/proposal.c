#include "cli/proposal.h"

#include "cli/submit.h"
#include "common/clock.h"

enum { LIST_MOST = 500, EXECUTE_MS = 20000, OPENING_MS = 5000, OPENING_POLL_US = 20000 };

static int get(struct cli *cli, ProtobufCBinaryData id, Quorate__Reply **ret_reply, struct qr_error *error)
{
    Quorate__ProposalRequest proposal = QUORATE__PROPOSAL_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    proposal.id = id;
    request.body_case = QUORATE__REQUEST__BODY_PROPOSAL;
    request.proposal = &proposal;
    return cli_call(cli, QR_SERVICE_GOVERNANCE, &request, ret_reply, error);
}

int proposal_by_hash(struct cli *cli, const struct qr_hash *id, Quorate__Reply **ret_reply, struct qr_error *error)
{
    return get(cli, qr_wire_hash(id), ret_reply, error);
}

int proposal_get(struct cli *cli, const char *text, Quorate__Reply **ret_reply, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    struct cli_id id;
    int rc = cli_id_parse(text, "proposal", &id, error);
    if (rc == 0)
        rc = get(cli, qr_wire_bytes(id.bytes, id.size), &reply, error);
    if (rc == 0)
        rc = cli_id_matches(&id, "proposal", reply->proposal->id, error);
    if (rc < 0)
        return rc;
    *ret_reply = reply;
    reply = NULL;
    return 0;
}

/* ---- create ---- */

static int active_baseline(struct cli *cli, struct qr_hash *ret_hash, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    Quorate__LedgerMandateRequest mandate = QUORATE__LEDGER_MANDATE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_MANDATE;
    request.ledger_mandate = &mandate;
    int rc = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    return rc < 0 ? rc : qr_hash_from_wire(reply->ledger_mandate->baseline, "baseline", ret_hash, error);
}

static int read_objects(struct cli *cli, struct qr_propose *propose, struct qr_error *error)
{
    const char *model = cli_value(cli, "model"), *baseline = cli_value(cli, "baseline");
    if (!model)
        return qr_fail(error, QR_EUSAGE, "--model HASH is needed: what the proposal would activate");
    int rc = qr_hash_from_hex(model, "--model", &propose->model, error);
    if (rc < 0) {
        (void)qr_hint(error, "`quorate model publish` answers with the hash");
        return rc;
    }
    return baseline ? qr_hash_from_hex(baseline, "--baseline", &propose->baseline, error)
                    : active_baseline(cli, &propose->baseline, error);
}

static int read_proposal(struct cli *cli, struct qr_propose *propose, struct qr_error *error)
{
    const char *track = cli_argument(cli, 0), *title = cli_value(cli, "title");
    if (strcmp(track, "upgrade") != 0)
        return qr_fail(error, QR_EUSAGE, "\"%.40s\" is no kind of proposal; there is: upgrade", track);
    if (!title || !title[0])
        return qr_fail(error, QR_EUSAGE, "--title TEXT is needed: what members read in the list");
    if (!qr_copy_text(propose->title, sizeof propose->title, title))
        return qr_fail(error, QR_EINPUT, "the title is longer than %d bytes", QR_PROPOSAL_TITLE_MAX - 1);
    if (!qr_line_valid(title))
        return qr_fail(error, QR_EINPUT, "the title must be one line of UTF-8 text without control characters");
    (void)qr_copy_text(propose->track, sizeof propose->track, track);
    return 0;
}

/* Where one report opens the vote, it is a moment away: the answer is then a proposal that can be voted on. */
static int await_vote(struct cli *cli, const struct qr_hash *id, Quorate__Reply **ret_reply, struct qr_error *error)
{
    int64_t last = qr_clock_monotonic() + (int64_t)OPENING_MS * 1000;
    for (;;) {
        QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
        int rc = proposal_by_hash(cli, id, &reply, error);
        if (rc < 0)
            return rc;
        bool opens = strcmp(reply->proposal->state, "review") == 0 && reply->proposal->reports_needed == 1;
        if (!opens || qr_clock_monotonic() >= last || cli_interrupted()) {
            *ret_reply = reply;
            reply = NULL;
            return 0;
        }
        (void)usleep(OPENING_POLL_US);
    }
}

static int answer_created(struct cli *cli, const struct qr_hash *id, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    int rc = await_vote(cli, id, &reply, error);
    if (rc < 0) /* it is on the ledger all the same */
        return qr_prefix(error, "proposal %s was recorded, but cannot be read back", qr_hash_text(id).text);
    if (cli_wants_json(cli))
        return cli_json(cli, proposal_json(reply->proposal), error);
    cli_print(cli, "%s\n", qr_hash_text(id).text);
    if (strcmp(reply->proposal->state, "review") == 0)
        cli_note(cli, "in review: the vote opens when %" PRIu32 " members' agents agree on its impact report\n",
                 reply->proposal->reports_needed);
    else
        cli_note(cli, "open for votes: quorate proposal report %.12s, quorate vote %.12s yes --as MEMBER\n",
                 qr_hash_text(id).text, qr_hash_text(id).text);
    return 0;
}

static int create(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_key_freep) struct qr_key *key = NULL;
    struct qr_propose propose = {0};
    struct qr_hash id;
    uint64_t height;
    int rc = read_proposal(cli, &propose, error);
    if (rc == 0)
        rc = cli_member_key(cli, &key, error);
    if (rc == 0)
        rc = read_objects(cli, &propose, error);
    if (rc < 0)
        return rc;
    qr_propose_encode(&propose, &payload);
    rc = cli_submit(cli, key, QR_ACTION_PROPOSE, &payload, &id, &height, error);
    return rc < 0 ? rc : answer_created(cli, &id, error);
}

static const struct cli_option create_options[] = {
    {.name = "model", .value = "HASH", .help = "the published model to activate"},
    {.name = "baseline", .value = "HASH", .help = "the published baseline to compare with; the active one by default"},
    {.name = "title", .value = "TEXT", .help = "one line that says what it is for"},
    {.name = "as", .value = "MEMBER", .help = "who proposes"},
    {0},
};

static const struct cli_command cli_proposal_create = {
    .name = "create",
    .summary = "propose to replace the model",
    .usage = "upgrade",
    .least = 1,
    .most = 1,
    .options = create_options,
    .example = "quorate proposal create upgrade --model HASH --title 'Second model' --as Vistara  # to a vote",
    .about = "The model and the baseline must be on the ledger (quorate model publish). A proposal is\n"
             "admitted only if they pass every check, so that what is voted in can be executed.",
    .run = create,
};

/* ---- list, show ---- */

static json_t *proposals_json(const Quorate__Proposals *proposals)
{
    json_t *list = json_array();
    for (size_t i = 0; i < proposals->n_proposals; i++)
        json_array_append_new(list, proposal_json(proposals->proposals[i]));
    return json_pack("{s:o}", "proposals", list);
}

static void print_row(struct cli_table *table, const Quorate__Proposal *proposal)
{
    char id[CLI_SHORT_ID];
    const Quorate__Tally *tally = proposal->tally;
    cli_table_cell(table, CLI_ACCENT, "%s", cli_short_id(proposal->id, id));
    cli_table_cell(table, CLI_BOLD, "%s", proposal->state);
    cli_table_cell(table, CLI_PLAIN, "%" PRIu64, tally ? tally->yes : 0);
    cli_table_cell(table, CLI_PLAIN, "%" PRIu64, tally ? tally->no : 0);
    cli_table_cell(table, CLI_PLAIN, "%" PRIu64, tally ? tally->abstain : 0);
    cli_table_cell(table, CLI_PLAIN, "%" PRIu64, tally ? tally->veto : 0);
    cli_table_cell(table, CLI_PLAIN, "%s", proposal->proposer);
    cli_table_cell(table, CLI_PLAIN, "%s", proposal->title);
}

static int list(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    Quorate__ProposalsRequest proposals = QUORATE__PROPOSALS_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    proposals.most = LIST_MOST;
    request.body_case = QUORATE__REQUEST__BODY_PROPOSALS;
    request.proposals = &proposals;
    int rc = cli_call(cli, QR_SERVICE_GOVERNANCE, &request, &reply, error);
    if (rc < 0)
        return rc;
    if (cli_wants_json(cli))
        return cli_json(cli, proposals_json(reply->proposals), error);
    if (reply->proposals->n_proposals == 0) {
        cli_note(cli, "there are no proposals\n");
        return 0;
    }
    QR_CLEANUP(cli_table_freep)
    struct cli_table *table =
        cli_table_new("ID", "STATE", ">YES", ">NO", ">ABSTAIN", ">VETO", "PROPOSER", "TITLE", NULL);
    for (size_t i = 0; i < reply->proposals->n_proposals; i++)
        print_row(table, reply->proposals->proposals[i]);
    cli_table_print(cli, table);
    return 0;
}

static const struct cli_command cli_proposal_list = {
    .name = "list",
    .summary = "list proposals, newest first",
    .usage = "",
    .example = "quorate proposal list  # what is being decided, and what was",
    .run = list,
};

static int show(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    int rc = proposal_get(cli, cli_argument(cli, 0), &reply, error);
    if (rc < 0)
        return rc;
    if (cli_wants_json(cli))
        return cli_json(cli, proposal_json(reply->proposal), error);
    proposal_print(cli, reply->proposal);
    return 0;
}

static const struct cli_command cli_proposal_show = {
    .name = "show",
    .summary = "show one proposal: its tally, deadlines and ballots",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .example = "quorate proposal show 3f9c0a  # who voted what, and what is still needed",
    .run = show,
};

/* ---- execute ---- */

/* What is recorded of an execution that failed: the proposal says why. */
static int tell_failure(struct cli *cli, ProtobufCBinaryData id, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    int rc = get(cli, id, &reply, error);
    return rc < 0 ? rc : qr_fail(error, QR_EREFUSED, "the execution failed: %s", reply->proposal->reason);
}

static int execute_now(struct cli *cli, ProtobufCBinaryData id, Quorate__Reply **ret_reply, struct qr_error *error)
{
    Quorate__ExecuteRequest execute = QUORATE__EXECUTE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    execute.proposal = id;
    request.body_case = QUORATE__REQUEST__BODY_EXECUTE;
    request.execute = &execute;
    return cli_call_within(cli, QR_SERVICE_GOVERNANCE, &request, EXECUTE_MS, ret_reply, error);
}

static int execute(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *found = NULL;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    char id[CLI_SHORT_ID];
    int rc = proposal_get(cli, cli_argument(cli, 0), &found, error);
    if (rc == 0)
        rc = execute_now(cli, found->proposal->id, &reply, error);
    if (rc < 0)
        return rc;
    const Quorate__Executed *executed = reply->executed;
    if (strcmp(executed->state, "executed") != 0)
        return tell_failure(cli, executed->proposal, error);
    if (cli_wants_json(cli))
        return cli_json(cli,
                        json_pack("{s:o,s:s,s:I}", "proposal", cli_json_hex(executed->proposal), "state",
                                  executed->state, "height", (json_int_t)executed->height),
                        error);
    cli_print(cli, "proposal %s was executed in block %" PRIu64 "\n", cli_short_id(executed->proposal, id),
              executed->height);
    return 0;
}

static const struct cli_command cli_proposal_execute = {
    .name = "execute",
    .summary = "execute a proposal that passed and whose timelock is over",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .example = "quorate proposal execute 3f9c0a  # at once, instead of waiting for governd",
    .about = "governd executes by itself what is due; before that, this is refused as not_due.",
    .run = execute,
};

static const struct cli_command *const subcommands[] = {&cli_proposal_create, &cli_proposal_list,    &cli_proposal_show,
                                                        &cli_proposal_report, &cli_proposal_execute, NULL};

const struct cli_command cli_proposal = {
    .name = "proposal",
    .summary = "propose upgrades, read their impact, execute them",
    .usage = "COMMAND",
    .example = "quorate proposal list  # what is being decided, and what was",
    .subcommands = subcommands,
};
