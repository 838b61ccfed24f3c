#include "cli/submit.h"

#include "cli/explain.h"
#include "node/mandate.h"

/* quorate explain: why a fare is what it is. */

static void explanation_done(struct explanation *explanation)
{
    qr_schema_done(&explanation->schema);
}

/* --- finding it: in a block, or still on its way --- */

static int read_parts(struct explanation *explanation, ProtobufCBinaryData id, ProtobufCBinaryData leaf,
                      ProtobufCBinaryData activation, struct qr_error *error)
{
    int code = qr_hash_from_wire(id, "a decision's id", &explanation->id, error);
    if (code == 0)
        code = qr_decision_decode(leaf.data, leaf.len, &explanation->decision, error);
    if (code == 0 && activation.len > 0) {
        code = qr_activation_decode(activation.data, activation.len, &explanation->activation, error);
        explanation->activation_known = code == 0;
    }
    return code;
}

static int find_recorded(struct cli *cli, const struct cli_id *id, struct explanation *explanation,
                         struct qr_error *error)
{
    Quorate__LedgerDecisionRequest ask = QUORATE__LEDGER_DECISION_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    ask.id = qr_wire_bytes(id->bytes, id->size);
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_DECISION;
    request.ledger_decision = &ask;
    int code = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    if (code)
        return code;
    const Quorate__LedgerDecision *decision = reply->ledger_decision;
    code = cli_id_matches(id, "decision", decision->id, error);
    if (code)
        return code;
    explanation->state = "recorded";
    explanation->height = decision->height;
    return read_parts(explanation, decision->id, decision->leaf, decision->activation, error);
}

static int find_pending(struct cli *cli, const struct cli_id *id, struct explanation *explanation,
                        struct qr_error *error)
{
    Quorate__PricedDecisionRequest ask = QUORATE__PRICED_DECISION_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    ask.id = qr_wire_bytes(id->bytes, id->size);
    request.body_case = QUORATE__REQUEST__BODY_PRICED_DECISION;
    request.priced_decision = &ask;
    int code = cli_call(cli, QR_SERVICE_PRICING, &request, &reply, error);
    if (code)
        return code;
    const Quorate__PricedDecision *decision = reply->priced_decision;
    code = cli_id_matches(id, "decision", decision->id, error);
    if (code)
        return code;
    static const char *const states[] = {"pending", "recorded", "unrecorded"};
    explanation->state = states[0];
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(states[i], decision->state) == 0)
            explanation->state = states[i];
    }
    explanation->height = decision->height;
    return read_parts(explanation, decision->id, decision->leaf, decision->activation, error);
}

/* What the ledger says of it comes first; what pricing says counts while the ledger does not have it or is away. */
static int find(struct cli *cli, const struct cli_id *id, struct explanation *explanation, struct qr_error *error)
{
    struct qr_error pending;
    int code = find_recorded(cli, id, explanation, error);
    if (code != QR_ENOT_FOUND && code != QR_EUNREACHABLE && code != QR_ETIMEOUT)
        return code;
    int second = find_pending(cli, id, explanation, &pending);
    if (second == 0)
        return 0;
    if (code == QR_ENOT_FOUND && second != QR_ENOT_FOUND)
        *error = pending; /* it may be with pricing, which cannot be asked */
    if (error->code != QR_ENOT_FOUND)
        return error->code;
    qr_fail(error, QR_ENOT_FOUND, "there is no decision %s", id->digits);
    return qr_hint(error,
                   "`quorate search` shows an offer's; one that another home made is here once a block holds it");
}

/* --- what its numbers mean --- */

static int mandate_of(struct cli *cli, struct explanation *explanation, struct qr_error *error)
{
    Quorate__LedgerMandateRequest ask = QUORATE__LEDGER_MANDATE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    ask.mandate = qr_wire_hash(&explanation->decision.mandate);
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_MANDATE;
    request.ledger_mandate = &ask;
    int code = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    if (code)
        return code;
    ProtobufCBinaryData leaf = reply->ledger_mandate->activation;
    return qr_activation_decode(leaf.data, leaf.len, &explanation->activation, error);
}

/* Pricing tells the active model's schema, which is nearly always the one; else the model itself is fetched. */
static int schema_of_pricing(struct cli *cli, struct explanation *explanation, struct qr_error *error)
{
    Quorate__SchemaRequest ask = QUORATE__SCHEMA_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    struct qr_hash mandate;
    request.body_case = QUORATE__REQUEST__BODY_SCHEMA;
    request.schema = &ask;
    int code = cli_call(cli, QR_SERVICE_PRICING, &request, &reply, error);
    if (code == 0)
        code = qr_hash_from_wire(reply->schema->mandate, "mandate", &mandate, error);
    if (code)
        return code;
    if (!qr_hash_equal(&mandate, &explanation->decision.mandate))
        return qr_fail(error, QR_EMISMATCH, "another mandate is active now");
    return qr_schema_parse(reply->schema->json, strlen(reply->schema->json), &explanation->schema, error);
}

static int schema_of_model(struct cli *cli, struct explanation *explanation, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer file = {0};
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    int code = cli_object(cli, &explanation->activation.model, "model", &file, error);
    if (code == 0)
        code = qr_model_decode(file.data, file.size, &model, error);
    if (code == 0)
        qr_schema_copy(qr_model_schema(model), &explanation->schema);
    return code;
}

static int describe(struct cli *cli, struct explanation *explanation, struct qr_error *error)
{
    int code = explanation->activation_known ? 0 : mandate_of(cli, explanation, error);
    if (code == 0 && schema_of_pricing(cli, explanation, NULL) < 0)
        code = schema_of_model(cli, explanation, error);
    if (code == 0 && explanation->schema.n_features != explanation->decision.n_features)
        code = qr_fail(error, QR_EMISMATCH, "the decision has %zu features, its model %zu",
                       explanation->decision.n_features, explanation->schema.n_features);
    return code;
}

/* --- answers --- */

static json_t *lines_json(const struct explanation *explanation)
{
    const struct qr_decision *decision = &explanation->decision;
    json_t *lines = json_array();
    for (size_t i = 0; i < decision->n_features; i++) {
        char value[QR_VALUE_TEXT];
        const struct qr_feature *feature = &explanation->schema.features[i];
        json_array_append_new(lines, json_pack("{s:s,s:s,s:I}", "name", feature->name, "value",
                                               qr_feature_format(feature, decision->row[i], value), "amount",
                                               (json_int_t)decision->amounts[i].minor));
    }
    for (size_t i = 0; i < decision->n_lines; i++) {
        if (decision->lines[i].amount.minor == 0)
            continue;
        json_array_append_new(lines,
                              json_pack("{s:s,s:s,s:s,s:I}", "name", qr_rule_name(decision->lines[i].kind), "kind",
                                        "rule", "value", "", "amount", (json_int_t)decision->lines[i].amount.minor));
    }
    return lines;
}

static json_t *explanation_json(const struct explanation *explanation)
{
    const struct qr_activation *activation = &explanation->activation;
    bool genesis = qr_hash_is_zero(&activation->proposal);
    return json_pack("{s:s,s:s,s:s,s:o,s:I,s:I,s:o,s:I,s:s,s:I,s:s,s:o}", "decision",
                     qr_hash_text(&explanation->id).text, "mandate", qr_hash_text(&explanation->decision.mandate).text,
                     "model", qr_hash_text(&activation->model).text, "proposal",
                     genesis ? json_null() : json_string(qr_hash_text(&activation->proposal).text), "rules_version",
                     (json_int_t)activation->rules_version, "base", (json_int_t)explanation->decision.base_amount.minor,
                     "lines", lines_json(explanation), "fare", (json_int_t)explanation->decision.fare.minor, "currency",
                     explanation->schema.output.unit, "minor_digits",
                     (json_int_t)explanation->schema.output.minor_digits, "state", explanation->state, "height",
                     explanation->height ? json_integer((json_int_t)explanation->height) : json_null());
}

static int run(struct cli *cli, struct qr_error *error)
{
    struct cli_id id;
    int code = cli_id_parse(cli_argument(cli, 0), "decision", &id, error);
    if (code)
        return code;
    QR_CLEANUP(qr_freep) struct explanation *explanation = qr_alloc(1, sizeof *explanation);
    code = find(cli, &id, explanation, error);
    if (code == 0)
        code = describe(cli, explanation, error);
    if (code == 0 && cli_wants_json(cli))
        code = cli_json(cli, explanation_json(explanation), error);
    else if (code == 0)
        explanation_print(cli, explanation);
    explanation_done(explanation);
    return code;
}

const struct cli_command cli_explain = {
    .name = "explain",
    .summary = "explain a fare, line by line",
    .usage = "DECISION",
    .least = 1,
    .most = 1,
    .example = "quorate explain 9f3c0a41d2b7  # a decision of `quorate search`",
    .about = "The fare of the governed baseline comes first, then what each fact about this flight adds or takes,\n"
             "then the rules; the lines sum to the fare exactly. A decision is pending until a block holds it.",
    .run = run,
};
