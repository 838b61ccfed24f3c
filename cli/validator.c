#include "cli/validator.h"

#include "cli/submit.h"
#include "node/keyspace.h"

static json_t *validators_json(const struct qr_state *state)
{
    struct qr_validator_record record;
    const struct qr_public_key *after = NULL;
    json_t *list = json_array();
    for (struct qr_public_key last; qr_validator_next(state, after, &record); after = &last) {
        const struct qr_validator *validator = &record.validator;
        json_array_append_new(
            list, json_pack("{s:s,s:o,s:I,s:s}", "name", validator->name, "key",
                            cli_json_hex(qr_wire_bytes(validator->key.bytes, sizeof validator->key.bytes)), "power",
                            (json_int_t)validator->power, "member", validator->member));
        last = validator->key;
    }
    return json_pack("{s:o,s:I}", "validators", list, "total_power", (json_int_t)qr_validator_total_power(state));
}

static void print_validators(struct cli *cli, const struct qr_state *state)
{
    QR_CLEANUP(cli_table_freep) struct cli_table *table = cli_table_new("VALIDATOR", "MEMBER", ">POWER", "KEY", NULL);
    struct qr_validator_record record;
    const struct qr_public_key *after = NULL;
    char hex[CLI_HEX_TEXT];
    for (struct qr_public_key last; qr_validator_next(state, after, &record); after = &last) {
        const struct qr_validator *validator = &record.validator;
        cli_table_cell(table, CLI_BOLD, "%s", validator->name);
        cli_table_cell(table, CLI_PLAIN, "%s", validator->member);
        cli_table_cell(table, CLI_PLAIN, "%" PRId64, validator->power);
        cli_table_cell(table, CLI_DIM, "%s",
                       cli_hex(qr_wire_bytes(validator->key.bytes, sizeof validator->key.bytes), hex));
        last = validator->key;
    }
    cli_table_print(cli, table);
}

static int list(struct cli *cli, struct qr_error *error)
{
    struct qr_state *state = NULL;
    int rc = cli_state(cli, QR_KEY_VALIDATOR, &state, error);
    if (rc < 0)
        return rc;
    if (qr_validator_count(state) == 0)
        cli_note(cli, "this ledger has no validators: its engine is solo, one node that orders alone\n");
    if (cli_wants_json(cli))
        rc = cli_json(cli, validators_json(state), error);
    else if (qr_validator_count(state) > 0)
        print_validators(cli, state);
    qr_state_free(state);
    return rc;
}

int validator_named(struct cli *cli, const char *name, struct qr_validator *ret, struct qr_error *error)
{
    struct qr_state *state = NULL;
    struct qr_validator_record record;
    const struct qr_public_key *after = NULL;
    int rc = cli_state(cli, QR_KEY_VALIDATOR, &state, error);
    if (rc < 0)
        return rc;
    if (qr_validator_count(state) == 0) {
        rc = qr_fail(error, QR_EREFUSED, "this ledger has no validators to vote on: its engine is solo");
    } else {
        rc = qr_fail(error, QR_ENOT_FOUND, "there is no validator \"%.40s\"", name);
        (void)qr_hint(error, "`quorate validator list` shows them");
    }
    for (struct qr_public_key last; rc < 0 && qr_validator_next(state, after, &record); after = &last) {
        last = record.validator.key;
        if (strcmp(record.validator.name, name) == 0) {
            *ret = record.validator;
            rc = 0;
        }
    }
    qr_state_free(state);
    return rc;
}

static const struct cli_command cli_validator_list = {
    .name = "list",
    .summary = "list the validators, whose they are, their power and consensus keys",
    .usage = "",
    .example = "quorate validator list  # who orders the ledger's blocks",
    .run = list,
};

static const struct cli_command *const subcommands[] = {&cli_validator_list, NULL};

const struct cli_command cli_validator = {
    .name = "validator",
    .summary = "who orders blocks, on a ledger that several organisations run",
    .usage = "COMMAND",
    .example = "quorate validator list  # who orders the ledger's blocks",
    .subcommands = subcommands,
};
