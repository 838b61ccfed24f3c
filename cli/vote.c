#include "cli/proposal.h"
#include "cli/submit.h"

static int read_cast(struct cli *cli, struct qr_cast *cast, struct qr_error *error)
{
    const char *choice = cli_argument(cli, 1), *reason = cli_value(cli, "reason");
    if (!qr_choice_from_word(choice, &cast->choice))
        return qr_fail(error, QR_EUSAGE, "\"%.40s\" is no vote; there are: yes, no, abstain, veto", choice);
    if (reason && !qr_copy_text(cast->reason, sizeof cast->reason, reason))
        return qr_fail(error, QR_EINPUT, "the reason is longer than %d bytes", QR_PROPOSAL_REASON_MAX - 1);
    if (reason && !qr_line_valid(reason))
        return qr_fail(error, QR_EINPUT, "the reason must be one line of UTF-8 text without control characters");
    return 0;
}

/* A ballot names the report that the voter could read: the one recorded for the proposal. */
static int read_ballot_paper(struct cli *cli, struct qr_cast *cast, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    int rc = proposal_get(cli, cli_argument(cli, 0), &reply, error);
    if (rc == 0)
        rc = qr_hash_from_wire(reply->proposal->id, "proposal", &cast->proposal, error);
    if (rc == 0 && reply->proposal->report.len > 0)
        rc = qr_hash_from_wire(reply->proposal->report, "report", &cast->report, error);
    return rc;
}

static int run(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_key_freep) struct qr_key *key = NULL;
    struct qr_cast cast = {0};
    uint64_t height;
    int rc = read_cast(cli, &cast, error);
    if (rc == 0)
        rc = cli_member_key(cli, &key, error);
    if (rc == 0)
        rc = read_ballot_paper(cli, &cast, error);
    if (rc < 0)
        return rc;
    qr_cast_encode(&cast, &payload);
    rc = cli_submit(cli, key, QR_ACTION_BALLOT, &payload, NULL, &height, error);
    if (rc < 0)
        return rc;
    if (cli_wants_json(cli))
        return cli_json(cli,
                        json_pack("{s:s,s:s,s:s,s:I}", "proposal", qr_hash_text(&cast.proposal).text, "member",
                                  qr_key_name(key), "choice", qr_choice_word(cast.choice), "height",
                                  (json_int_t)height),
                        error);
    cli_print(cli, "%s votes %s on proposal %.12s, in block %" PRIu64 "\n", qr_key_name(key),
              qr_choice_word(cast.choice), qr_hash_text(&cast.proposal).text, height);
    return 0;
}

static const struct cli_option options[] = {
    {.name = "as", .value = "MEMBER", .help = "who votes"},
    {.name = "reason", .value = "TEXT", .help = "why; a veto needs one"},
    {0},
};

const struct cli_command cli_vote = {
    .name = "vote",
    .summary = "cast a ballot on a proposal, or another one instead",
    .usage = "ID yes|no|abstain|veto",
    .least = 2,
    .most = 2,
    .options = options,
    .example = "quorate vote 3f9c0a yes --as Vistara  # the last ballot counts, until the vote closes",
    .about = "Abstaining counts for the quorum alone. A veto counts as no, and enough of them defeat the\n"
             "proposal whatever else was cast; it needs a reason. Every ballot stays on the ledger.",
    .run = run,
};
