#include "cli/proposal.h"

#include "common/clock.h"

/* A proposal as JSON and as text. */

enum { BAR_CELLS = 40 };

static json_t *hash_or_null(ProtobufCBinaryData bytes)
{
    return bytes.len > 0 ? cli_json_hex(bytes) : json_null();
}

static json_t *text_or_null(const char *text)
{
    return text[0] ? json_string(text) : json_null();
}

static json_t *tally_json(const Quorate__Tally *tally)
{
    static const Quorate__Tally none = QUORATE__TALLY__INIT;
    const Quorate__Tally *of = tally ? tally : &none;
    return json_pack("{s:I,s:I,s:I,s:I}", "yes", (json_int_t)of->yes, "no", (json_int_t)of->no, "abstain",
                     (json_int_t)of->abstain, "veto", (json_int_t)of->veto);
}

static json_t *ballots_json(const Quorate__Proposal *proposal)
{
    json_t *list = json_array();
    for (size_t i = 0; i < proposal->n_ballots; i++) {
        const Quorate__Ballot *ballot = proposal->ballots[i];
        json_array_append_new(list, json_pack("{s:s,s:s,s:o,s:I,s:I}", "member", ballot->member, "choice",
                                              ballot->choice, "reason", text_or_null(ballot->reason), "weight",
                                              (json_int_t)ballot->weight, "height", (json_int_t)ballot->height));
    }
    return list;
}

static json_t *names_json(char **names, size_t n)
{
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(names[i]));
    return list;
}

static void add_times(json_t *document, const Quorate__Proposal *proposal)
{
    json_object_set_new(document, "created_at", cli_json_time(proposal->created_ms));
    json_object_set_new(document, "opens_at", cli_json_time(proposal->opens_ms));
    json_object_set_new(document, "closes_at", cli_json_time(proposal->closes_ms));
    json_object_set_new(document, "executable_at", cli_json_time(proposal->executable_ms));
    json_object_set_new(document, "expires_at", cli_json_time(proposal->expires_ms));
    json_object_set_new(document, "created_height", json_integer((json_int_t)proposal->created_height));
    json_object_set_new(document, "executed_height",
                        proposal->executed_height ? json_integer((json_int_t)proposal->executed_height) : json_null());
}

static void add_rules(json_t *document, const Quorate__Proposal *proposal)
{
    char ratio[48];
    snprintf(ratio, sizeof ratio, "%" PRIu64 "/%" PRIu64, proposal->threshold_numerator,
             proposal->threshold_denominator);
    json_object_set_new(document, "total_weight", json_integer((json_int_t)proposal->total_weight));
    json_object_set_new(document, "quorum", json_integer((json_int_t)proposal->quorum));
    json_object_set_new(document, "threshold", json_string(ratio));
    json_object_set_new(document, "veto_weight", json_integer((json_int_t)proposal->veto_weight));
    json_object_set_new(document, "rules", hash_or_null(proposal->rules));
    json_object_set_new(document, "reports_needed", json_integer(proposal->reports_needed));
    json_object_set_new(document, "reports_agreeing", json_integer(proposal->reports_agreeing));
}

static json_t *validator_json(const Quorate__ProposedValidator *validator)
{
    if (!validator)
        return json_null();
    return json_pack("{s:s,s:s,s:o,s:I,s:o,s:s}", "change", validator->change, "name", validator->name, "key",
                     cli_json_hex(validator->key), "power", (json_int_t)validator->power, "node_key",
                     hash_or_null(validator->node_key), "member", validator->member);
}

json_t *proposal_json(const Quorate__Proposal *proposal)
{
    json_t *document = json_pack(
        "{s:o,s:I,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o,s:o,s:o}", "id", cli_json_hex(proposal->id), "number",
        (json_int_t)proposal->number, "state", proposal->state, "track", proposal->track, "title", proposal->title,
        "proposer", proposal->proposer, "model", hash_or_null(proposal->model), "baseline",
        hash_or_null(proposal->baseline), "current_model", hash_or_null(proposal->current_model), "report",
        hash_or_null(proposal->report), "tally", tally_json(proposal->tally), "reason", text_or_null(proposal->reason));
    if (!document)
        return NULL;
    add_times(document, proposal);
    add_rules(document, proposal);
    json_object_set_new(document, "validator", validator_json(proposal->validator));
    json_object_set_new(document, "ballots", ballots_json(proposal));
    json_object_set_new(document, "not_voted", names_json(proposal->missing, proposal->n_missing));
    return document;
}

/* ---- text ---- */

static enum cli_style state_style(const char *state)
{
    if (strcmp(state, "executed") == 0 || strcmp(state, "queued") == 0)
        return CLI_GOOD;
    if (strcmp(state, "defeated") == 0 || strcmp(state, "failed") == 0 || strcmp(state, "expired") == 0)
        return CLI_BAD;
    return CLI_ACCENT;
}

/* "in 4 min 12 s", or "" for what is past. */
static const char *until(int64_t time_ms, char text[64])
{
    int64_t left = (time_ms - qr_clock_now() + 999) / 1000;
    text[0] = 0;
    if (left <= 0)
        return text;
    if (left < 60)
        snprintf(text, 64, " (in %" PRId64 " s)", left);
    else if (left < 3600)
        snprintf(text, 64, " (in %" PRId64 " min %" PRId64 " s)", left / 60, left % 60);
    else if (left < 86400)
        snprintf(text, 64, " (in %" PRId64 " h %" PRId64 " min)", left / 3600, left / 60 % 60);
    else
        snprintf(text, 64, " (in %" PRId64 " d %" PRId64 " h)", left / 86400, left / 3600 % 24);
    return text;
}

static void print_time(struct cli *cli, const char *label, int64_t time_ms)
{
    char time[QR_TIME_TEXT], left[64];
    if (time_ms != 0)
        cli_print(cli, "%-11s%s%s\n", label, qr_time_format(time_ms, time), until(time_ms, left));
}

static void print_deadlines(struct cli *cli, const Quorate__Proposal *proposal)
{
    const char *state = proposal->state;
    if (strcmp(state, "review") == 0)
        print_time(cli, "report by", proposal->expires_ms);
    else if (strcmp(state, "voting") == 0)
        print_time(cli, "closes", proposal->closes_ms);
    else if (strcmp(state, "queued") == 0)
        print_time(cli, "executable", proposal->executable_ms);
    else
        print_time(cli, "closed", proposal->closes_ms);
    if (strcmp(state, "queued") == 0)
        print_time(cli, "expires", proposal->expires_ms);
    if (proposal->executed_height)
        cli_print(cli, "%-11sin block %" PRIu64 "\n", "executed", proposal->executed_height);
}

/* One letter a cell, so that it reads without colour: Y yes, N no, A abstain, V veto, a dot for what was not cast. */
static void print_bar(struct cli *cli, const Quorate__Proposal *proposal)
{
    const Quorate__Tally *tally = proposal->tally;
    const struct {
        uint64_t weight;
        char letter;
        enum cli_style style;
    } parts[] = {{tally->yes, 'Y', CLI_GOOD},
                 {tally->no, 'N', CLI_BAD},
                 {tally->veto, 'V', CLI_BAD},
                 {tally->abstain, 'A', CLI_WARN}};
    unsigned __int128 sum = 0;
    unsigned cell = 0;
    cli_print(cli, "  [");
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        sum += parts[i].weight;
        cli_print(cli, "%s", cli_style(cli, parts[i].style));
        for (; cell < (unsigned)(sum * BAR_CELLS / proposal->total_weight) && cell < BAR_CELLS; cell++)
            cli_print(cli, "%c", parts[i].letter);
        cli_print(cli, "%s", cli_style(cli, CLI_PLAIN));
    }
    for (; cell < BAR_CELLS; cell++)
        cli_print(cli, ".");
    cli_print(cli, "] %" PRIu64 " of %" PRIu64 " voted\n\n", (uint64_t)sum, proposal->total_weight);
}

static void choice_row(struct cli_table *table, const char *choice, uint64_t weight, const char *needed)
{
    cli_table_cell(table, CLI_PLAIN, "%s", choice);
    cli_table_cell(table, CLI_BOLD, "%" PRIu64, weight);
    cli_table_cell(table, CLI_DIM, "%s", needed);
}

static void print_tally(struct cli *cli, const Quorate__Proposal *proposal)
{
    const Quorate__Tally *tally = proposal->tally;
    QR_CLEANUP(cli_table_freep) struct cli_table *table = cli_table_new("VOTE", ">WEIGHT", "NEEDED", NULL);
    char needed[120];
    snprintf(needed, sizeof needed, "more than %" PRIu64 "/%" PRIu64 " of yes, no and veto",
             proposal->threshold_numerator, proposal->threshold_denominator);
    choice_row(table, "yes", tally->yes, needed);
    choice_row(table, "no", tally->no, "");
    choice_row(table, "abstain", tally->abstain, "counts for the quorum alone");
    snprintf(needed, sizeof needed, "%" PRIu64 " would defeat it", proposal->veto_weight);
    choice_row(table, "veto", tally->veto, needed);
    snprintf(needed, sizeof needed, "%" PRIu64 " of %" PRIu64, proposal->quorum, proposal->total_weight);
    choice_row(table, "quorum", tally->yes + tally->no + tally->abstain + tally->veto, needed);
    cli_table_print(cli, table);
}

static void print_ballots(struct cli *cli, const Quorate__Proposal *proposal)
{
    QR_CLEANUP(cli_table_freep)
    struct cli_table *table = cli_table_new("MEMBER", "BALLOT", ">WEIGHT", ">BLOCK", "REASON", NULL);
    for (size_t i = 0; i < proposal->n_ballots; i++) {
        const Quorate__Ballot *ballot = proposal->ballots[i];
        cli_table_cell(table, CLI_PLAIN, "%s", ballot->member);
        cli_table_cell(table, CLI_BOLD, "%s", ballot->choice);
        cli_table_cell(table, CLI_PLAIN, "%" PRIu64, ballot->weight);
        cli_table_cell(table, CLI_PLAIN, "%" PRIu64, ballot->height);
        cli_table_cell(table, CLI_PLAIN, "%s", ballot->reason);
    }
    cli_print(cli, "\n");
    if (proposal->n_ballots > 0)
        cli_table_print(cli, table);
    for (size_t i = 0; i < proposal->n_missing; i++)
        cli_print(cli, "%s%s%s", i == 0 ? "not voted: " : ", ", proposal->missing[i],
                  i + 1 == proposal->n_missing ? "\n" : "");
}

static void print_validator(struct cli *cli, const Quorate__ProposedValidator *validator)
{
    char hex[CLI_HEX_TEXT];
    bool adds = strcmp(validator->change, "add") == 0;
    cli_print(cli, "%-11s%s %s of %s", "validator", validator->change, validator->name, validator->member);
    if (adds)
        cli_print(cli, ", power %" PRIu64, validator->power);
    cli_print(cli, "\n%-11s%s\n", "key", cli_hex(validator->key, hex));
    if (adds)
        cli_print(cli, "%-11s%s\n", "node key", cli_hex(validator->node_key, hex));
}

static void print_upgrade(struct cli *cli, const Quorate__Proposal *proposal)
{
    char before[CLI_SHORT_ID], after[CLI_SHORT_ID];
    cli_print(cli, "%-11s%s -> %s\n", "model", cli_short_id(proposal->current_model, before),
              cli_short_id(proposal->model, after));
    cli_print(cli, "%-11s%s, %u of %u agree\n", "report",
              proposal->report.len > 0 ? cli_short_id(proposal->report, before) : "not recorded yet",
              proposal->reports_agreeing, proposal->reports_needed);
}

void proposal_print(struct cli *cli, const Quorate__Proposal *proposal)
{
    char hex[CLI_HEX_TEXT];
    cli_print(cli, "%sProposal %" PRIu64 "%s  %s\n", cli_style(cli, CLI_BOLD), proposal->number,
              cli_style(cli, CLI_PLAIN), proposal->title);
    cli_print(cli, "%-11s%s\n", "id", cli_hex(proposal->id, hex));
    cli_print(cli, "%-11s%s%s%s, %s by %s\n", "state", cli_style(cli, state_style(proposal->state)), proposal->state,
              cli_style(cli, CLI_PLAIN), proposal->track, proposal->proposer);
    if (proposal->reason[0])
        cli_print(cli, "%-11s%s\n", "", proposal->reason);
    if (proposal->validator)
        print_validator(cli, proposal->validator);
    else
        print_upgrade(cli, proposal);
    print_deadlines(cli, proposal);
    if (!proposal->tally || proposal->total_weight == 0 || proposal->opens_ms == 0)
        return;
    cli_print(cli, "\n");
    print_bar(cli, proposal);
    print_tally(cli, proposal);
    print_ballots(cli, proposal);
}
