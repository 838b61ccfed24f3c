#include "cli/proposal.h"

enum { LIST_MOST = 500, EXECUTE_MS = 20000 };

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
    .summary = "propose changes of the model or the validators, read their impact, execute them",
    .usage = "COMMAND",
    .example = "quorate proposal list  # what is being decided, and what was",
    .subcommands = subcommands,
};
