#include "cli/proposal.h"

#include "cli/operator.h"
#include "cli/submit.h"
#include "cli/validator.h"
#include "common/clock.h"

enum { OPENING_MS = 5000, OPENING_POLL_US = 20000 };

/* ---- an upgrade ---- */

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
    int rc = cli_object_hash(cli, model, QR_OBJECT_MODEL, &propose->model, error);
    if (rc < 0) {
        (void)qr_hint(error, "`quorate model publish` answers with the hash");
        return rc;
    }
    return baseline ? cli_object_hash(cli, baseline, QR_OBJECT_BASELINE, &propose->baseline, error)
                    : active_baseline(cli, &propose->baseline, error);
}

static int pack_upgrade(struct cli *cli, const struct qr_key *proposer, const char *title, struct qr_buffer *payload,
                        struct qr_error *error)
{
    struct qr_propose propose = {.track = "upgrade"};
    (void)proposer;
    (void)qr_copy_text(propose.title, sizeof propose.title, title);
    int rc = read_objects(cli, &propose, error);
    if (rc == 0)
        qr_propose_encode(&propose, payload);
    return rc;
}

/* ---- a validator ---- */

static int read_added(struct cli *cli, const char *name, const char *proposer, struct qr_validator_proposed *proposed,
                      struct qr_error *error)
{
    const char *key = cli_value(cli, "key"), *node_key = cli_value(cli, "node-key"), *member = cli_value(cli, "member");
    if (!key || !node_key)
        return qr_fail(error, QR_EUSAGE, "--key and --node-key are needed: what it signs votes and checkpoints with");
    if (!qr_copy_text(proposed->name, sizeof proposed->name, name) ||
        !qr_copy_text(proposed->member, sizeof proposed->member, member ? member : proposer))
        return qr_fail(error, QR_EINPUT, "a name is longer than %d bytes", QR_MEMBER_NAME_MAX - 1);
    int rc = operator_key(key, "--key", &proposed->key, error);
    if (rc == 0)
        rc = operator_key(node_key, "--node-key", &proposed->node_key, error);
    if (rc == 0)
        rc = cli_integer(cli, "power", 1, QR_VALIDATOR_POWER_MAX, 1, &proposed->power, error);
    return rc;
}

/* A removal names the validator as the ledger has it, so that voters see whose it is. */
static int read_removed(struct cli *cli, const char *name, struct qr_validator_proposed *proposed, struct qr_error *error)
{
    static const char *const added[] = {"key", "node-key", "power", "member"};
    struct qr_validator validator;
    for (size_t i = 0; i < sizeof added / sizeof added[0]; i++)
        if (cli_value(cli, added[i]))
            return qr_fail(error, QR_EUSAGE, "--%s is for a validator that is added", added[i]);
    int rc = validator_named(cli, name, &validator, error);
    if (rc < 0)
        return rc;
    proposed->key = validator.key;
    (void)qr_copy_text(proposed->name, sizeof proposed->name, validator.name);
    (void)qr_copy_text(proposed->member, sizeof proposed->member, validator.member);
    return 0;
}

static int pack_validator(struct cli *cli, const struct qr_key *proposer, const char *title, struct qr_buffer *payload,
                          struct qr_error *error)
{
    const char *add = cli_value(cli, "add"), *remove = cli_value(cli, "remove");
    struct qr_propose_validator propose = {.track = QR_TRACK_VALIDATORS};
    (void)qr_copy_text(propose.title, sizeof propose.title, title);
    if (!add == !remove)
        return qr_fail(error, QR_EUSAGE, "one of --add NAME and --remove NAME is needed");
    propose.validator.act = add ? QR_VALIDATOR_ADD : QR_VALIDATOR_REMOVE;
    int rc = add ? read_added(cli, add, qr_key_name(proposer), &propose.validator, error)
                 : read_removed(cli, remove, &propose.validator, error);
    if (rc == 0)
        qr_propose_validator_encode(&propose, payload);
    return rc;
}

/* ---- the kinds of proposals ---- */

static const struct kind {
    const char *name;
    enum qr_action action;
    const char *options[7]; /* that only this kind has; ends with NULL */
    int (*pack)(struct cli *cli, const struct qr_key *proposer, const char *title, struct qr_buffer *payload,
                struct qr_error *error);
} kinds[] = {
    {"upgrade", QR_ACTION_PROPOSE, {"model", "baseline"}, pack_upgrade},
    {"validator",
     QR_ACTION_PROPOSE_VALIDATOR,
     {"add", "remove", "key", "node-key", "power", "member"},
     pack_validator},
};

static int read_kind(struct cli *cli, const struct kind **ret_kind, struct qr_error *error)
{
    const char *word = cli_argument(cli, 0);
    const struct kind *found = NULL;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(kinds[i].name, word) == 0)
            found = &kinds[i];
    if (!found)
        return qr_fail(error, QR_EUSAGE, "\"%.40s\" is no kind of proposal; there are: upgrade, validator", word);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        for (size_t k = 0; &kinds[i] != found && kinds[i].options[k]; k++)
            if (cli_value(cli, kinds[i].options[k]))
                return qr_fail(error, QR_EUSAGE, "--%s is for proposals of kind %s", kinds[i].options[k], kinds[i].name);
    *ret_kind = found;
    return 0;
}

static int check_title(const char *title, struct qr_error *error)
{
    if (!title || !title[0])
        return qr_fail(error, QR_EUSAGE, "--title TEXT is needed: what members read in the list");
    if (strlen(title) >= QR_PROPOSAL_TITLE_MAX)
        return qr_fail(error, QR_EINPUT, "the title is longer than %d bytes", QR_PROPOSAL_TITLE_MAX - 1);
    if (!qr_line_valid(title))
        return qr_fail(error, QR_EINPUT, "the title must be one line of UTF-8 text without control characters");
    return 0;
}

/* ---- the answer ---- */

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

static void note_next(struct cli *cli, const Quorate__Proposal *proposal, const struct qr_hash *id)
{
    const char *text = qr_hash_text(id).text;
    if (strcmp(proposal->state, "review") == 0)
        cli_note(cli, "in review: the vote opens when %" PRIu32 " members' agents agree on its impact report\n",
                 proposal->reports_needed);
    else
        cli_note(cli, "open for votes: quorate proposal %s %.12s, quorate vote %.12s yes --as MEMBER\n",
                 proposal->validator ? "show" : "report", text, text);
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
    note_next(cli, reply->proposal, id);
    return 0;
}

static int create(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_key_freep) struct qr_key *key = NULL;
    const char *title = cli_value(cli, "title");
    const struct kind *kind = NULL;
    struct qr_hash id;
    uint64_t height;
    int rc = read_kind(cli, &kind, error);
    if (rc == 0)
        rc = check_title(title, error);
    if (rc == 0)
        rc = cli_member_key(cli, &key, error);
    if (rc == 0)
        rc = kind->pack(cli, key, title, &payload, error);
    if (rc == 0)
        rc = cli_submit(cli, key, kind->action, &payload, &id, &height, error);
    return rc < 0 ? rc : answer_created(cli, &id, error);
}

static const struct cli_option create_options[] = {
    {.name = "model", .value = "HASH", .help = "upgrade: the published model to activate"},
    {.name = "baseline", .value = "HASH", .help = "upgrade: the published baseline; the active one by default"},
    {.name = "add", .value = "NAME", .help = "validator: the one that would join"},
    {.name = "remove", .value = "NAME", .help = "validator: the one that would leave"},
    {.name = "key", .value = "HEX", .help = "of --add: the consensus key, which signs the engine's votes"},
    {.name = "node-key", .value = "HEX", .help = "of --add: the key with which its ledgerd signs checkpoints"},
    {.name = "power", .value = "N", .help = "of --add: its weight in the engine's votes, 1 by default"},
    {.name = "member", .value = "WHOSE", .help = "of --add: the member whose it is, the proposer by default"},
    {.name = "title", .value = "TEXT", .help = "one line that says what it is for"},
    {.name = "as", .value = "MEMBER", .help = "who proposes"},
    {0},
};

const struct cli_command cli_proposal_create = {
    .name = "create",
    .summary = "propose to replace the model, or to add or remove a validator",
    .usage = "upgrade|validator",
    .least = 1,
    .most = 1,
    .options = create_options,
    .example = "quorate proposal create upgrade --model HASH --title 'Second model' --as Vistara  # to a vote",
    .about = "The model and the baseline must be on the ledger (quorate model publish). A proposal is\n"
             "admitted only if they pass every check, so that what is voted in can be executed.\n"
             "The vote on a validator opens at once. When it joins, its node key is appointed with it;\n"
             "when it leaves, its node is dismissed. Only a ledger of several organisations has validators.",
    .run = create,
};
