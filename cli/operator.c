#include "cli/operator.h"

#include "cli/submit.h"
#include "node/keyspace.h"
#include "node/operator.h"

/* Operators: the keys that services sign with, and the members that appointed them. */

int operator_key(const char *text, const char *option, struct qr_public_key *ret_key, struct qr_error *error)
{
    struct qr_hash bytes;
    int rc = qr_hash_from_hex(text, option, &bytes, error);
    if (rc == 0)
        memcpy(ret_key->bytes, bytes.bytes, sizeof ret_key->bytes);
    return rc;
}

static ProtobufCBinaryData key_of(const struct qr_operator *operator)
{
    return qr_wire_bytes(operator->key.bytes, sizeof operator->key.bytes);
}

/* ---- list ---- */

static json_t *height_or_null(uint64_t height)
{
    return height == UINT64_MAX ? json_null() : json_integer((json_int_t)height);
}

static json_t *record_json(const struct qr_operator_record *record)
{
    const struct qr_operator *operator = &record->operator;
    return json_pack("{s:s,s:s,s:o,s:s,s:I,s:o}", "kind", qr_key_kind_name(operator->kind), "name", operator->name,
                     "key", cli_json_hex(key_of(operator)), "member", operator->member, "appointed",
                     (json_int_t)record->appointed, "dismissed", height_or_null(record->dismissed));
}

static void record_row(struct cli_table *table, const struct qr_operator_record *record)
{
    char hex[CLI_HEX_TEXT];
    bool in_office = record->dismissed == UINT64_MAX;
    cli_table_cell(table, CLI_PLAIN, "%s", qr_key_kind_name(record->operator.kind));
    cli_table_cell(table, in_office ? CLI_BOLD : CLI_DIM, "%s", record->operator.name);
    cli_table_cell(table, CLI_PLAIN, "%s", record->operator.member);
    cli_table_cell(table, CLI_PLAIN, "%" PRIu64, record->appointed);
    cli_table_cell(table, CLI_PLAIN, in_office ? "-" : "%" PRIu64, record->dismissed);
    cli_table_cell(table, CLI_DIM, "%s", cli_hex(key_of(&record->operator), hex));
}

static int list(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(cli_table_freep)
    struct cli_table *table = cli_table_new("KIND", "OPERATOR", "MEMBER", ">FROM", ">UNTIL", "KEY", NULL);
    struct qr_state *state = NULL;
    struct qr_operator_record record;
    const struct qr_public_key *after = NULL;
    int rc = cli_state(cli, QR_KEY_OPERATOR, &state, error);
    if (rc < 0)
        return rc;
    json_t *operators = json_array();
    for (struct qr_public_key last; qr_operator_next(state, after, &record); after = &last) {
        json_array_append_new(operators, record_json(&record));
        record_row(table, &record);
        last = record.operator.key;
    }
    qr_state_free(state);
    if (cli_wants_json(cli))
        return cli_json(cli, json_pack("{s:o}", "operators", operators), error);
    json_decref(operators);
    cli_table_print(cli, table);
    return 0;
}

static const struct cli_command cli_operator_list = {
    .name = "list",
    .summary = "list the operators in the order of their keys, dismissed ones too",
    .usage = "",
    .example = "quorate operator list  # which keys may sign what, and since which block",
    .run = list,
};

/* ---- appoint ---- */

static int read_kind(const char *word, enum qr_key_kind *ret_kind, struct qr_error *error)
{
    for (unsigned kind = QR_KEY_MEMBER + 1; kind < QR_KEY_KINDS; kind++) {
        if (strcmp(word, qr_key_kind_name((enum qr_key_kind)kind)) == 0) {
            *ret_kind = (enum qr_key_kind)kind;
            return 0;
        }
    }
    return qr_fail(error, QR_EUSAGE, "\"%.40s\" is no kind of operator; there are: node, pricing, reservation, agent",
                   word);
}

static int read_appointment(struct cli *cli, struct qr_appoint *appoint, struct qr_error *error)
{
    const char *name = cli_argument(cli, 1), *key = cli_value(cli, "key");
    int rc = read_kind(cli_argument(cli, 0), &appoint->kind, error);
    if (rc < 0)
        return rc;
    if (!qr_name_valid(name))
        return qr_fail(error, QR_EINPUT, "\"%.40s\" is no name for an operator: 1 to 32 of letters, digits, _ - and .",
                       name);
    if (!key)
        return qr_fail(error, QR_EUSAGE, "--key HEX is needed: the public key that the operator signs with");
    (void)qr_copy_text(appoint->name, sizeof appoint->name, name);
    return operator_key(key, "--key", &appoint->key, error);
}

/* What was done to an operator, in which block. */
static int answer(struct cli *cli, const struct qr_operator *operator, const char *done, uint64_t height,
                  struct qr_error *error)
{
    if (cli_wants_json(cli))
        return cli_json(cli,
                        json_pack("{s:s,s:s,s:o,s:s,s:I}", "kind", qr_key_kind_name(operator->kind), "name",
                                  operator->name, "key", cli_json_hex(key_of(operator)), "member", operator->member,
                                  "height", (json_int_t)height),
                        error);
    cli_print(cli, "%s %s the %s operator %s, in block %" PRIu64 "\n", operator->member, done,
              qr_key_kind_name(operator->kind), operator->name, height);
    return 0;
}

static int appoint(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_key_freep) struct qr_key *key = NULL;
    struct qr_appoint appointment = {.kind = QR_KEY_NODE};
    uint64_t height;
    int rc = read_appointment(cli, &appointment, error);
    if (rc == 0)
        rc = cli_member_key(cli, &key, error);
    if (rc < 0)
        return rc;
    qr_appoint_encode(&appointment, &payload);
    rc = cli_submit(cli, key, QR_ACTION_APPOINT, &payload, NULL, &height, error);
    if (rc < 0)
        return rc;
    struct qr_operator operator = {.kind = appointment.kind, .key = appointment.key};
    (void)qr_copy_text(operator.name, sizeof operator.name, appointment.name);
    (void)qr_copy_text(operator.member, sizeof operator.member, qr_key_name(key));
    return answer(cli, &operator, "appoints", height, error);
}

static const struct cli_option appoint_options[] = {
    {.name = "key", .value = "HEX", .help = "the public key that it signs with, 64 hexadecimal digits"},
    {.name = "as", .value = "MEMBER", .help = "who appoints it"},
    {0},
};

static const struct cli_command cli_operator_appoint = {
    .name = "appoint",
    .summary = "let a key sign what its kind says, in the name of a member",
    .usage = "node|pricing|reservation|agent NAME",
    .least = 2,
    .most = 2,
    .options = appoint_options,
    .example = "quorate operator appoint agent night --key HEX --as Vistara  # a second agent of Vistara's",
    .about = "A node signs checkpoints, pricing batches of decisions, reservation orders' commitments, an agent\n"
             "impact reports and due executions. A key that is or was in use cannot be appointed again.",
    .run = appoint,
};

/* ---- dismiss ---- */

static int operator_by_key(const struct qr_state *state, const char *text, struct qr_operator_record *ret,
                           struct qr_error *error)
{
    struct qr_public_key key;
    int rc = operator_key(text, "KEY", &key, error);
    return rc < 0 ? rc : qr_operator_get(state, &key, ret, error);
}

/* The one of this name in office; of several, the one that this member appointed. One that was dismissed is found when
 * nobody else has the name, so that the ledger says when. */
static int operator_by_name(const struct qr_state *state, const char *name, const char *member,
                            struct qr_operator_record *ret, struct qr_error *error)
{
    struct qr_operator_record record;
    const struct qr_public_key *after = NULL;
    int best = 0, n = 0; /* 1: dismissed, 2: in office, 3: and this member's */
    for (struct qr_public_key last; qr_operator_next(state, after, &record); after = &last) {
        last = record.operator.key;
        if (strcmp(record.operator.name, name) != 0)
            continue;
        int fit = record.dismissed != UINT64_MAX ? 1 : strcmp(record.operator.member, member) == 0 ? 3 : 2;
        n = fit == best ? n + 1 : fit > best ? 1 : n;
        if (fit > best)
            *ret = record;
        best = fit > best ? fit : best;
    }
    if (best > 1 && n > 1) {
        qr_fail(error, QR_EINPUT, "%d operators are named %.40s", n, name);
        (void)qr_hint(error, "give the key instead; `quorate operator list` shows them");
        return QR_EINPUT;
    }
    if (best > 0)
        return 0;
    qr_fail(error, QR_ENOT_FOUND, "there is no operator \"%.40s\"", name);
    (void)qr_hint(error, "`quorate operator list` shows them");
    return QR_ENOT_FOUND;
}

static int find(struct cli *cli, const char *member, struct qr_operator_record *ret, struct qr_error *error)
{
    struct qr_state *state = NULL;
    const char *word = cli_argument(cli, 0);
    int rc = cli_state(cli, QR_KEY_OPERATOR, &state, error);
    if (rc < 0)
        return rc;
    rc = strlen(word) == QR_HASH_HEX ? operator_by_key(state, word, ret, error)
                                     : operator_by_name(state, word, member, ret, error);
    qr_state_free(state);
    return rc;
}

static int dismiss(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_key_freep) struct qr_key *key = NULL;
    struct qr_operator_record record;
    uint64_t height;
    int rc = cli_member_key(cli, &key, error);
    if (rc == 0)
        rc = find(cli, qr_key_name(key), &record, error);
    if (rc < 0)
        return rc;
    qr_dismiss_encode(&(struct qr_dismiss){record.operator.key}, &payload);
    rc = cli_submit(cli, key, QR_ACTION_DISMISS, &payload, NULL, &height, error);
    return rc < 0 ? rc : answer(cli, &record.operator, "dismisses", height, error);
}

static const struct cli_option dismiss_options[] = {
    {.name = "as", .value = "MEMBER", .help = "who appointed it"},
    {0},
};

static const struct cli_command cli_operator_dismiss = {
    .name = "dismiss",
    .summary = "take a key out of office, for good",
    .usage = "KEY|NAME",
    .least = 1,
    .most = 1,
    .options = dismiss_options,
    .example = "quorate operator dismiss night --as Vistara  # what it signs from now on is refused",
    .about = "Only the member that appointed an operator can dismiss it. What it signed before stays. A node is replaced "
             "by appointing the new one first: no home follows past a block that no node in office signed.",
    .run = dismiss,
};

static const struct cli_command *const subcommands[] = {&cli_operator_list, &cli_operator_appoint,
                                                        &cli_operator_dismiss, NULL};

const struct cli_command cli_operator = {
    .name = "operator",
    .summary = "the keys that services sign with, and who answers for them",
    .usage = "COMMAND",
    .example = "quorate operator list  # which keys may sign what, and since which block",
    .subcommands = subcommands,
};
