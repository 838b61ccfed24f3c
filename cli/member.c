#include "cli/cli.h"

static json_t *members_json(const Quorate__Members *members)
{
    json_t *list = json_array();
    for (size_t i = 0; i < members->n_members; i++) {
        const Quorate__Member *member = members->members[i];
        json_array_append_new(list, json_pack("{s:s,s:o,s:I}", "name", member->name, "key", cli_json_hex(member->key),
                                              "weight", (json_int_t)member->weight));
    }
    return json_pack("{s:o,s:I}", "members", list, "total_weight", (json_int_t)members->total_weight);
}

static int list(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    Quorate__MembersRequest members = QUORATE__MEMBERS_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    char hex[CLI_HEX_TEXT];
    request.body_case = QUORATE__REQUEST__BODY_MEMBERS;
    request.members = &members;
    int rc = cli_call(cli, QR_SERVICE_GOVERNANCE, &request, &reply, error);
    if (rc < 0)
        return rc;
    if (cli_wants_json(cli))
        return cli_json(cli, members_json(reply->members), error);
    QR_CLEANUP(cli_table_freep) struct cli_table *table = cli_table_new("MEMBER", ">WEIGHT", "KEY", NULL);
    for (size_t i = 0; i < reply->members->n_members; i++) {
        const Quorate__Member *member = reply->members->members[i];
        cli_table_cell(table, CLI_BOLD, "%s", member->name);
        cli_table_cell(table, CLI_PLAIN, "%" PRIu64, member->weight);
        cli_table_cell(table, CLI_DIM, "%s", cli_hex(member->key, hex));
    }
    cli_table_print(cli, table);
    return 0;
}

static const struct cli_command cli_member_list = {
    .name = "list",
    .summary = "list the members, their weights and keys",
    .usage = "",
    .example = "quorate member list  # who decides, and with what weight",
    .run = list,
};

static const struct cli_command *const subcommands[] = {&cli_member_list, NULL};

const struct cli_command cli_member = {
    .name = "member",
    .summary = "the members that own the model together",
    .usage = "COMMAND",
    .example = "quorate member list  # who decides, and with what weight",
    .subcommands = subcommands,
};
