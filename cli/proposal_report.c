#include "cli/proposal.h"

#include "cli/submit.h"
#include "common/file.h"
#include "node/genesis.h"
#include "node/impact.h"

/* The impact report, computed here from what the ledger holds, and compared with the hash that was voted on. */

struct inputs {
    struct qr_buffer parts[QR_IMPACT_PARTS];
};

static void inputs_done(struct inputs *inputs)
{
    for (unsigned i = 0; i < QR_IMPACT_PARTS; i++)
        qr_buffer_done(&inputs->parts[i]);
}

static int fetch(struct cli *cli, ProtobufCBinaryData name, const char *what, struct qr_buffer *out,
                 struct qr_error *error)
{
    struct qr_hash hash;
    int rc = qr_hash_from_wire(name, what, &hash, error);
    return rc < 0 ? rc : cli_object(cli, &hash, what, out, error);
}

static int fetch_mandate(struct cli *cli, ProtobufCBinaryData mandate, struct inputs *inputs, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    Quorate__LedgerMandateRequest body = QUORATE__LEDGER_MANDATE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    body.mandate = mandate;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_MANDATE;
    request.ledger_mandate = &body;
    int rc = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    if (rc < 0)
        return rc;
    const Quorate__LedgerMandate *found = reply->ledger_mandate;
    rc = fetch(cli, found->model, "model", &inputs->parts[QR_IMPACT_MODEL_BEFORE], error);
    if (rc == 0)
        rc = fetch(cli, found->baseline, "baseline", &inputs->parts[QR_IMPACT_BASELINE_BEFORE], error);
    if (rc == 0)
        rc = fetch(cli, found->rules, "rules", &inputs->parts[QR_IMPACT_RULES], error);
    return rc;
}

/* The reference rows are the genesis': the file is in every home, and the ledger says by its hash whether it is the
 * right one. */
static int check_genesis(struct cli *cli, const struct qr_buffer *genesis, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    Quorate__LedgerHeadRequest head = QUORATE__LEDGER_HEAD_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    struct qr_hash hash = qr_genesis_hash(genesis->data, genesis->size), theirs;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_HEAD;
    request.ledger_head = &head;
    int rc = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    if (rc == 0)
        rc = qr_hash_from_wire(reply->ledger_head->genesis_hash, "genesis hash", &theirs, error);
    if (rc == 0 && !qr_hash_equal(&hash, &theirs))
        rc = qr_fail(error, QR_EMISMATCH, "genesis.qrg of this home is not the genesis of the ledger that answers");
    return rc;
}

static int read_reference(struct cli *cli, struct qr_buffer *out, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(cli_home(cli), "genesis.qrg");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    int rc = qr_file_read(path, QR_GENESIS_FILE_MAX, &bytes, error);
    if (rc == 0)
        rc = check_genesis(cli, &bytes, error);
    if (rc == 0)
        rc = qr_genesis_read(bytes.data, bytes.size, &genesis, error);
    if (rc == 0)
        qr_buffer_add(out, genesis.rows.data, genesis.rows.size);
    return rc;
}

static int compute(struct cli *cli, const Quorate__Proposal *proposal, struct qr_report **ret_report,
                   struct qr_error *error)
{
    QR_CLEANUP(inputs_done) struct inputs inputs = {0};
    struct qr_span parts[QR_IMPACT_PARTS];
    int rc = fetch_mandate(cli, proposal->against, &inputs, error);
    if (rc == 0)
        rc = fetch(cli, proposal->model, "model", &inputs.parts[QR_IMPACT_MODEL_AFTER], error);
    if (rc == 0)
        rc = fetch(cli, proposal->baseline, "baseline", &inputs.parts[QR_IMPACT_BASELINE_AFTER], error);
    if (rc == 0)
        rc = read_reference(cli, &inputs.parts[QR_IMPACT_REFERENCE], error);
    if (rc < 0)
        return rc;
    for (unsigned i = 0; i < QR_IMPACT_PARTS; i++)
        parts[i] = (struct qr_span){inputs.parts[i].data, inputs.parts[i].size};
    if (cli_notes_on_terminal(cli))
        cli_note(cli, "computing the impact on the reference rows...\n");
    return qr_impact_report(parts, ret_report, error);
}

static void print_match(struct cli *cli, const Quorate__Proposal *proposal, const struct qr_hash *hash, bool same)
{
    char recorded[CLI_SHORT_ID];
    cli_print(cli, "\nreport %s, computed here", qr_hash_text(hash).text);
    if (proposal->report.len == 0)
        cli_print(cli, "; none is recorded yet\n");
    else if (same)
        cli_print(cli, "; %sequal%s to the recorded one, %u of %u agree\n", cli_style(cli, CLI_GOOD),
                  cli_style(cli, CLI_PLAIN), proposal->reports_agreeing, proposal->reports_needed);
    else
        cli_print(cli, "; %sDIFFERENT%s from the recorded one, %s\n", cli_style(cli, CLI_BAD),
                  cli_style(cli, CLI_PLAIN), cli_short_id(proposal->report, recorded));
}

static int answer(struct cli *cli, const Quorate__Proposal *proposal, const struct qr_report *report,
                  struct qr_error *error)
{
    struct qr_hash hash = qr_report_hash(report);
    bool recorded = proposal->report.len == sizeof hash.bytes;
    bool same = recorded && memcmp(proposal->report.data, hash.bytes, sizeof hash.bytes) == 0;
    json_t *document = qr_report_json(report);
    if (recorded && !same)
        cli_exit_with(cli, 1);
    if (!cli_wants_json(cli)) {
        cli_print(cli, "Proposal %" PRIu64 "  %s\n\n", proposal->number, proposal->title);
        proposal_print_impact(cli, document);
        print_match(cli, proposal, &hash, same);
        json_decref(document);
        return 0;
    }
    json_object_set_new(document, "proposal", cli_json_hex(proposal->id));
    json_object_set_new(document, "recorded", recorded ? cli_json_hex(proposal->report) : json_null());
    json_object_set_new(document, "match", recorded ? json_boolean(same) : json_null());
    return cli_json(cli, document, error);
}

static int run(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    QR_CLEANUP(qr_report_freep) struct qr_report *report = NULL;
    int rc = proposal_get(cli, cli_argument(cli, 0), &reply, error);
    if (rc == 0 && reply->proposal->validator)
        rc = qr_fail(error, QR_EREFUSED, "a proposal about a validator has no impact on fares to report");
    if (rc == 0)
        rc = compute(cli, reply->proposal, &report, error);
    return rc < 0 ? rc : answer(cli, reply->proposal, report, error);
}

const struct cli_command cli_proposal_report = {
    .name = "report",
    .summary = "compute a proposal's impact again and compare it with what is voted on",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .example = "quorate proposal report 3f9c0a  # who pays more, and whether the recorded report is right",
    .about = "Everything is computed on this machine, from the models and baselines that the ledger\n"
             "holds. Exit status 1 when the recorded report's hash is another.",
    .run = run,
};
