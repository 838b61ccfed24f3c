#include "cli/seen.h"

#include "common/clock.h"
#include "common/file.h"
#include "node/mandate.h"
#include "ledger/receipt.h"
#include "node/verify.h"
#include "xai/decision.h"

/* quorate receipt, pin and verify: proof of a decision, what to trust, and checking one against the other. */

enum { WAIT_SECONDS_MAX = 60, GRACE_MS = 5000 };

/* Whether the ledger holds it: then it is signatures that are waited for. */
static bool is_recorded(struct cli *cli, const struct cli_id *id)
{
    Quorate__LedgerDecisionRequest ask = QUORATE__LEDGER_DECISION_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    ask.id = qr_wire_bytes(id->bytes, id->size);
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_DECISION;
    request.ledger_decision = &ask;
    return cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, NULL) == 0;
}

/* The ledger says `pending` of whatever it does not hold. An id that pricing does not know either is a mistake, not a delay. */
static int pending_or_unknown(struct cli *cli, const struct cli_id *id, struct qr_error *error)
{
    Quorate__PricedDecisionRequest ask = QUORATE__PRICED_DECISION_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    struct qr_error answer;
    ask.id.data = (uint8_t *)(uintptr_t)id->bytes;
    ask.id.len = id->size;
    request.body_case = QUORATE__REQUEST__BODY_PRICED_DECISION;
    request.priced_decision = &ask;
    if (is_recorded(cli, id) || cli_call(cli, QR_SERVICE_PRICING, &request, &reply, &answer) != QR_ENOT_FOUND)
        return QR_EPENDING;
    qr_fail(error, QR_ENOT_FOUND, "there is no decision %s", id->digits);
    return qr_hint(error, "`quorate search` shows the decision of each offer");
}

static int read_pin(const char *path, struct qr_pin *ret, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    int code = qr_file_read(path, QR_PIN_FILE_MAX, &text, error);
    if (code == 0)
        code = qr_pin_read(qr_buffer_string(&text), text.size, ret, error);
    return code == QR_EFORMAT ? qr_prefix(error, "%s", path) : code;
}

/* The receipt's checkpoint, held against what this home has seen. */
static int check_seen(struct cli *cli, const char *json, struct qr_error *error)
{
    struct qr_receipt *receipt = qr_alloc(1, sizeof *receipt);
    int code = qr_receipt_read(json, strlen(json), receipt, error);
    if (code == 0)
        code = cli_see_note(cli, &receipt->note, error);
    qr_receipt_done(receipt);
    free(receipt);
    return code;
}

/* Whose signatures are asked for, and how many: --pin, --need. */
struct wanted {
    struct qr_pin pin;
    ProtobufCBinaryData nodes[QR_PIN_NODES_MAX];
    int64_t need, seconds;
};

static int read_wanted(struct cli *cli, struct wanted *wanted, struct qr_error *error)
{
    const char *path = cli_value(cli, "pin");
    int code = path ? read_pin(path, &wanted->pin, error) : 0;
    for (unsigned i = 0; i < wanted->pin.n; i++)
        wanted->nodes[i] = qr_wire_bytes(wanted->pin.nodes[i].key.bytes, QR_PUBLIC_KEY_SIZE);
    if (code == 0)
        code = cli_integer(cli, "need", 1, QR_NOTE_SIGNATURES_MAX, wanted->pin.need, &wanted->need, error);
    if (code == 0)
        code = cli_integer(cli, "wait", 0, WAIT_SECONDS_MAX, 0, &wanted->seconds, error);
    return code;
}

static void note_signatures(struct cli *cli, const Quorate__LedgerReceipt *answer)
{
    if (answer->signatures < answer->need)
        cli_note(cli, "signed by %u of the %u nodes that a pin asks for; the others sign soon: --need %u --wait SECONDS\n",
                 answer->signatures, answer->need, answer->need);
}

static int receipt(struct cli *cli, struct qr_error *error)
{
    Quorate__LedgerReceiptRequest ask = QUORATE__LEDGER_RECEIPT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    QR_CLEANUP(qr_freep) struct wanted *wanted = qr_alloc(1, sizeof *wanted);
    struct cli_id id;
    int code = cli_id_parse(cli_argument(cli, 0), "decision", &id, error);
    if (code == 0)
        code = read_wanted(cli, wanted, error);
    if (code)
        return code;
    ask.decision.data = id.bytes;
    ask.decision.len = id.size;
    ask.wait_ms = wanted->seconds * 1000;
    ask.need = (uint32_t)wanted->need;
    ask.n_nodes = wanted->pin.n;
    ask.nodes = wanted->nodes;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_RECEIPT;
    request.ledger_receipt = &ask;
    code = cli_call_within(cli, QR_SERVICE_LEDGER, &request, wanted->seconds * 1000 + GRACE_MS, &reply, error);
    if (code)
        return code == QR_EPENDING ? pending_or_unknown(cli, &id, error) : code;
    const char *json = reply->ledger_receipt->json;
    code = check_seen(cli, json, error);
    if (code)
        return code;
    note_signatures(cli, reply->ledger_receipt);
    return cli_write_answer(cli, json, strlen(json), error);
}

/* --need in the pin's place. */
static int set_need(struct cli *cli, struct qr_pin *trusted, struct qr_buffer *out, struct qr_error *error)
{
    int64_t need = 0;
    int code = cli_integer(cli, "need", 1, trusted->n, trusted->need, &need, error);
    if (code)
        return qr_hint(error, "the ledger has %u nodes in office", trusted->n), code;
    trusted->need = (unsigned)need;
    qr_pin_write(trusted, out);
    return 0;
}

static int pin(struct cli *cli, struct qr_error *error)
{
    Quorate__LedgerPinRequest ask = QUORATE__LEDGER_PIN_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    QR_CLEANUP(qr_freep) struct qr_pin *trusted = qr_alloc(1, sizeof *trusted);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    QR_CLEANUP(qr_reply_freep) Quorate__Reply *reply = NULL;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_PIN;
    request.ledger_pin = &ask;
    int code = cli_call(cli, QR_SERVICE_LEDGER, &request, &reply, error);
    if (code)
        return code;
    const char *json = reply->ledger_pin->json;
    if (!cli_value(cli, "need"))
        return cli_write_answer(cli, json, strlen(json), error);
    code = qr_pin_read(json, strlen(json), trusted, error);
    if (code == 0)
        code = set_need(cli, trusted, &text, error);
    return code ? code : cli_write_answer(cli, text.data, text.size, error);
}

/* An optional file: NULL span when the option was not given. */
static int read_option(struct cli *cli, const char *option, size_t most, struct qr_buffer *bytes, struct qr_span *span,
                       const struct qr_span **ret, struct qr_error *error)
{
    const char *path = cli_value(cli, option);
    *ret = NULL;
    if (!path)
        return 0;
    int code = qr_file_read(path, most, bytes, error);
    if (code)
        return code;
    *span = (struct qr_span){.bytes = bytes->data, .size = bytes->size};
    *ret = span;
    return 0;
}

/* A baseline may be given as its canonical file or as the CSV that it was made from, whose columns the model names. */
static int baseline_from_csv(const char *path, const struct qr_span *model_file, struct qr_buffer *bytes,
                             struct qr_span *span, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    int code = qr_model_decode(model_file->bytes, model_file->size, &model, error);
    if (code == 0)
        code = qr_baseline_load(qr_model_schema(model), path, &baseline, error);
    if (code)
        return code;
    struct qr_span canonical = qr_baseline_bytes(baseline);
    qr_buffer_clear(bytes);
    qr_buffer_add(bytes, canonical.bytes, canonical.size);
    *span = (struct qr_span){.bytes = bytes->data, .size = bytes->size};
    return 0;
}

static json_t *checks_json(const struct qr_verification *verification)
{
    json_t *checks = json_array();
    for (size_t i = 0; i < verification->n; i++) {
        const struct qr_named_check *check = &verification->checks[i];
        json_t *one = json_pack("{s:s,s:s}", "name", check->name, "result", qr_check_result_word(check->result));
        if (check->text[0])
            json_object_set_new(one, "text", json_string(check->text));
        json_array_append_new(checks, one);
    }
    return checks;
}

/* The currency and its digits stand in the model: the fare of a receipt that was verified without it is a bare number. */
static int read_model(const struct qr_span *file, struct qr_model **ret_model, struct qr_error *error)
{
    return file ? qr_model_decode(file->bytes, file->size, ret_model, error) : 0;
}

static json_t *signers_json(const struct qr_verification *verification, const struct qr_pin *trusted)
{
    json_t *names = json_array();
    for (unsigned i = 0; i < trusted->n; i++)
        if (verification->signers >> i & 1)
            json_array_append_new(names, json_string(trusted->nodes[i].name));
    return names;
}

static json_t *answer_json(const struct qr_verification *verification, const struct qr_decision *decision,
                           const struct qr_activation *activation, const struct qr_model *model, const struct qr_pin *trusted)
{
    json_t *answer = json_pack("{s:b,s:o}", "valid", verification->valid, "checks", checks_json(verification));
    const struct qr_checkpoint *checkpoint = &verification->receipt.note.checkpoint;
    if (!verification->valid)
        return answer;
    const struct qr_buffer *leaf = &verification->receipt.decision.leaf;
    struct qr_hash id = qr_decision_id(leaf->data, leaf->size);
    char time[QR_TIME_TEXT];
    json_object_set_new(answer, "decision", json_string(qr_hash_text(&id).text));
    json_object_set_new(answer, "fare", json_integer(decision->fare.minor));
    if (model) {
        const struct qr_schema *schema = qr_model_schema(model);
        json_object_set_new(answer, "currency", json_string(schema->output.unit));
        json_object_set_new(answer, "minor_digits", json_integer(schema->output.minor_digits));
    }
    json_object_set_new(answer, "time", json_string(qr_time_format(decision->time_ms, time)));
    json_object_set_new(answer, "mandate", json_string(qr_hash_text(&decision->mandate).text));
    json_object_set_new(answer, "model", json_string(qr_hash_text(&activation->model).text));
    json_object_set_new(answer, "baseline", json_string(qr_hash_text(&activation->baseline).text));
    json_object_set_new(answer, "proposal", json_string(qr_hash_text(&activation->proposal).text));
    json_object_set_new(answer, "rules_version", json_integer((json_int_t)activation->rules_version));
    json_object_set_new(answer, "height", json_integer((json_int_t)checkpoint->height));
    json_object_set_new(answer, "signatures", json_integer(verification->signatures));
    json_object_set_new(answer, "need", json_integer(trusted->need));
    json_object_set_new(answer, "signers", signers_json(verification, trusted));
    if (*trusted->custody)
        json_object_set_new(answer, "custody", json_string(trusted->custody));
    return answer;
}

static void print_fare(struct cli *cli, int64_t minor, const struct qr_model *model)
{
    char money[CLI_MONEY_TEXT];
    if (!model) {
        cli_print(cli, "fare      %" PRId64 " minor units\n", minor);
        return;
    }
    const struct qr_schema *schema = qr_model_schema(model);
    cli_print(cli, "fare      %s\n", cli_money(minor, schema->output.minor_digits, schema->output.unit, money));
}

static void print_answer(struct cli *cli, const struct qr_verification *verification,
                         const struct qr_decision *decision, const struct qr_activation *activation,
                         const struct qr_model *model, const struct qr_pin *trusted)
{
    static const enum cli_style styles[] = {
        [QR_CHECK_OK] = CLI_GOOD, [QR_CHECK_FAILED] = CLI_BAD, [QR_CHECK_SKIPPED] = CLI_DIM};
    QR_CLEANUP(cli_table_freep) struct cli_table *table = cli_table_new("CHECK", "RESULT", "WHY", NULL);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer names = {0};
    char time[QR_TIME_TEXT];
    for (size_t i = 0; i < verification->n; i++) {
        const struct qr_named_check *check = &verification->checks[i];
        cli_table_cell(table, CLI_PLAIN, "%s", check->name);
        cli_table_cell(table, styles[check->result], "%s", qr_check_result_word(check->result));
        cli_table_cell(table, CLI_DIM, "%s", check->text);
    }
    cli_table_print(cli, table);
    if (!verification->valid) {
        cli_print(cli, "\n%sthe receipt is not valid%s\n", cli_style(cli, CLI_BAD), cli_style(cli, CLI_PLAIN));
        return;
    }
    cli_print(cli, "\n%sthe receipt is valid%s\n", cli_style(cli, CLI_GOOD), cli_style(cli, CLI_PLAIN));
    print_fare(cli, decision->fare.minor, model);
    cli_print(cli, "made      %s\nmandate   %s\nmodel     %s\n", qr_time_format(decision->time_ms, time),
              qr_hash_text(&decision->mandate).text, qr_hash_text(&activation->model).text);
    cli_put_signers(trusted, verification->signers, &names);
    cli_print(cli, "signed    %s; %u of %u were needed\n", qr_buffer_string(&names), trusted->need, trusted->n);
    if (strcmp(trusted->custody, "shared") == 0)
        cli_print(cli, "custody   shared: every key lies on one machine; this proves procedure, not independence\n");
}

static int answer(struct cli *cli, const struct qr_verification *verification, const struct qr_span *model_file,
                  const struct qr_pin *trusted, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(qr_freep) struct qr_decision *decision = qr_alloc(1, sizeof *decision);
    struct qr_activation activation = {.height = 0};
    const struct qr_receipt *receipt = &verification->receipt;
    if (verification->valid) {
        int code = qr_decision_decode(receipt->decision.leaf.data, receipt->decision.leaf.size, decision, error);
        if (code == 0)
            code = qr_activation_decode(receipt->activation.leaf.data, receipt->activation.leaf.size, &activation, error);
        if (code == 0)
            code = read_model(model_file, &model, error);
        if (code)
            return code;
    } else {
        cli_exit_with(cli, 1);
    }
    if (cli_wants_json(cli))
        return cli_json(cli, answer_json(verification, decision, &activation, model, trusted), error);
    print_answer(cli, verification, decision, &activation, model, trusted);
    return 0;
}

static int verify(struct cli *cli, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0}, model_bytes = {0}, baseline_bytes = {0};
    QR_CLEANUP(qr_freep) struct qr_pin *trusted = qr_alloc(1, sizeof *trusted);
    struct qr_span model_span, baseline_span;
    const struct qr_span *model, *baseline;
    const char *pin_path = cli_value(cli, "pin");
    if (!pin_path) {
        qr_fail(error, QR_EUSAGE, "verify needs --pin PINFILE");
        return qr_hint(error, "`quorate pin -o PINFILE` writes one, on a machine that you trust");
    }
    int64_t need = 0;
    int code = read_pin(pin_path, trusted, error);
    if (code == 0)
        code = cli_integer(cli, "need", 1, QR_NOTE_SIGNATURES_MAX, trusted->need, &need, error);
    if (code == 0 && need > trusted->need)
        trusted->need = (unsigned)need; /* a verifier may ask for more than the pin does, never for less */
    if (code == 0)
        code = qr_file_read(cli_argument(cli, 0), QR_RECEIPT_FILE_MAX, &text, error);
    if (code == 0)
        code = read_option(cli, "model", QR_MODEL_FILE_MAX, &model_bytes, &model_span, &model, error);
    if (code == 0)
        code = read_option(cli, "baseline", QR_BASELINE_FILE_MAX, &baseline_bytes, &baseline_span, &baseline, error);
    if (code == 0 && model && baseline && (baseline->size < 4 || memcmp(baseline->bytes, "QRB1", 4) != 0))
        code = baseline_from_csv(cli_value(cli, "baseline"), model, &baseline_bytes, &baseline_span, error);
    if (code)
        return code;
    struct qr_verification *verification = qr_alloc(1, sizeof *verification);
    code = qr_verify_receipt(text.data, text.size, trusted, model, baseline, verification, error);
    if (code == 0)
        code = answer(cli, verification, model, trusted, error);
    qr_verification_done(verification);
    free(verification);
    return code;
}

static const struct cli_option receipt_options[] = {
    {.name = "output", .letter = 'o', .value = "FILE", .help = "write it there instead of standard output"},
    {.name = "wait", .value = "SECONDS", .help = "wait so long for the block that records it, and for signatures"},
    {.name = "need", .value = "K", .help = "signatures of K nodes; by default what a pin asks for, or the most there are"},
    {.name = "pin", .value = "PINFILE", .help = "only of nodes that this pin names, and as many as it needs"},
    {0},
};

const struct cli_command cli_receipt = {
    .name = "receipt",
    .summary = "get the proof that a decision is recorded",
    .usage = "DECISION",
    .least = 1,
    .most = 1,
    .options = receipt_options,
    .example = "quorate receipt 4f3a09c2 -o fare.receipt --wait 5  # proof of one fare, for `quorate verify`",
    .about = "A receipt holds the decision, the activation behind it, their paths in the ledger's log, and a signed\n"
             "checkpoint. With a pin, anyone can verify it; no service is needed. The checkpoint is the newest that\n"
             "enough nodes have signed. A node that was appointed after a pin was made is unknown to it: --pin leaves\n"
             "such signatures out.",
    .run = receipt,
};

static const struct cli_option pin_options[] = {
    {.name = "need", .value = "K", .help = "of its nodes, so many must have signed; the ledger's usual number unless given"},
    {.name = "output", .letter = 'o', .value = "FILE", .help = "write it there instead of standard output"},
    {0},
};

const struct cli_command cli_pin = {
    .name = "pin",
    .summary = "get what a verifier trusts: the chain, its genesis and the nodes' keys",
    .usage = "",
    .options = pin_options,
    .example = "quorate pin -o quorate.pin  # give it to whoever will verify receipts",
    .run = pin,
};

static const struct cli_option verify_options[] = {
    {.name = "pin", .value = "PINFILE", .help = "what to trust, from `quorate pin`"},
    {.name = "need", .value = "K", .help = "K of its nodes must have signed, where the pin asks for fewer"},
    {.name = "model", .value = "MODEL.qrm", .help = "also recompute the decision; needs --baseline"},
    {.name = "baseline", .value = "FILE", .help = "the baseline file that belongs to it"},
    {0},
};

const struct cli_command cli_verify = {
    .name = "verify",
    .summary = "check a receipt against a pin; no service and no home needed",
    .usage = "FILE",
    .least = 1,
    .most = 1,
    .options = verify_options,
    .example = "quorate verify fare.receipt --pin quorate.pin  # signatures, inclusion, mandate, sums",
    .about = "Everything shown is read from what the checkpoint's signatures and the Merkle paths authenticate. The\n"
             "ledger proves how the fare follows from the recorded features, not that the features were true.\n"
             "Exit status 1 when the receipt is not valid, 2 when the file is no receipt.",
    .run = verify,
};
