#include "node/describe.h"

#include "node/actions.h"
#include "node/batch.h"
#include "node/operator.h"
#include "node/order.h"

enum { SHORT = 12 }; /* digits of a hash in a sentence */

static json_t *hash_json(const struct qr_hash *hash)
{
    return json_string(qr_hash_text(hash).text);
}

static json_t *key_json(const struct qr_public_key *key)
{
    char text[2 * QR_PUBLIC_KEY_SIZE + 1];
    qr_hex(key->bytes, sizeof key->bytes, text);
    return json_string(text);
}

/* Each writes a sentence and the fields; false when the payload does not decode. */
struct account {
    struct qr_description *description;
    json_t *fields;
};

static void say(const struct account *account, const char *format, ...) QR_PRINTF(2, 3);
static void say(const struct account *account, const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    qr_copy_text(account->description->text, sizeof account->description->text, text);
}

static bool tell_publish(const struct qr_span *payload, const struct account *account)
{
    struct qr_publish publish;
    if (qr_publish_decode(payload->bytes, payload->size, &publish, NULL) != 0)
        return false;
    say(account, "bytes %" PRIu64 " to %" PRIu64 " of %s %.*s", publish.index * QR_CHUNK_SIZE,
        publish.index * QR_CHUNK_SIZE + publish.bytes.size, qr_object_kind_name(publish.object), SHORT,
        qr_hash_text(&publish.hash).text);
    json_object_set_new(account->fields, "object", json_string(qr_object_kind_name(publish.object)));
    json_object_set_new(account->fields, "hash", hash_json(&publish.hash));
    json_object_set_new(account->fields, "size", json_integer((json_int_t)publish.size));
    json_object_set_new(account->fields, "chunk", json_integer((json_int_t)publish.index));
    return true;
}

static bool tell_propose(const struct qr_span *payload, const struct account *account)
{
    struct qr_propose propose;
    if (qr_propose_decode(payload->bytes, payload->size, &propose, NULL) != 0)
        return false;
    say(account, "proposes \"%s\": model %.*s", propose.title, SHORT, qr_hash_text(&propose.model).text);
    json_object_set_new(account->fields, "track", json_string(propose.track));
    json_object_set_new(account->fields, "title", json_string(propose.title));
    json_object_set_new(account->fields, "model", hash_json(&propose.model));
    json_object_set_new(account->fields, "baseline", hash_json(&propose.baseline));
    return true;
}

static bool tell_propose_validator(const struct qr_span *payload, const struct account *account)
{
    struct qr_propose_validator propose;
    if (qr_propose_validator_decode(payload->bytes, payload->size, &propose, NULL) != 0)
        return false;
    const struct qr_validator_proposed *validator = &propose.validator;
    bool adds = validator->act == QR_VALIDATOR_ADD;
    say(account, "proposes \"%s\": %s validator %s", propose.title, qr_validator_act_word(validator->act),
        validator->name);
    json_object_set_new(account->fields, "track", json_string(propose.track));
    json_object_set_new(account->fields, "title", json_string(propose.title));
    json_object_set_new(account->fields, "change", json_string(qr_validator_act_word(validator->act)));
    json_object_set_new(account->fields, "name", json_string(validator->name));
    json_object_set_new(account->fields, "key", key_json(&validator->key));
    json_object_set_new(account->fields, "power", json_integer((json_int_t)validator->power));
    json_object_set_new(account->fields, "node_key", adds ? key_json(&validator->node_key) : json_null());
    json_object_set_new(account->fields, "member", json_string(validator->member));
    return true;
}

static bool tell_ballot(const struct qr_span *payload, const struct account *account)
{
    struct qr_cast cast;
    if (qr_cast_decode(payload->bytes, payload->size, &cast, NULL) != 0)
        return false;
    say(account, "%s on proposal %.*s", qr_choice_word(cast.choice), SHORT, qr_hash_text(&cast.proposal).text);
    json_object_set_new(account->fields, "proposal", hash_json(&cast.proposal));
    json_object_set_new(account->fields, "choice", json_string(qr_choice_word(cast.choice)));
    json_object_set_new(account->fields, "report", hash_json(&cast.report));
    json_object_set_new(account->fields, "reason", json_string(cast.reason));
    return true;
}

static bool tell_appoint(const struct qr_span *payload, const struct account *account)
{
    struct qr_appoint appoint;
    if (qr_appoint_decode(payload->bytes, payload->size, &appoint, NULL) != 0)
        return false;
    say(account, "appoints the %s operator %s", qr_key_kind_name(appoint.kind), appoint.name);
    json_object_set_new(account->fields, "kind", json_string(qr_key_kind_name(appoint.kind)));
    json_object_set_new(account->fields, "name", json_string(appoint.name));
    json_object_set_new(account->fields, "key", key_json(&appoint.key));
    return true;
}

static bool tell_dismiss(const struct qr_span *payload, const struct account *account)
{
    struct qr_dismiss dismiss;
    if (qr_dismiss_decode(payload->bytes, payload->size, &dismiss, NULL) != 0)
        return false;
    say(account, "dismisses an operator");
    json_object_set_new(account->fields, "key", key_json(&dismiss.key));
    return true;
}

static bool tell_batch(const struct qr_span *payload, const struct account *account)
{
    QR_CLEANUP(qr_batch_done) struct qr_batch batch;
    if (qr_batch_decode(payload->bytes, payload->size, &batch, NULL) != 0)
        return false;
    account->description->decisions = batch.n;
    say(account, "%zu decisions under mandate %.*s", batch.n, SHORT, qr_hash_text(&batch.mandate).text);
    json_object_set_new(account->fields, "mandate", hash_json(&batch.mandate));
    json_object_set_new(account->fields, "as_of", json_integer((json_int_t)batch.as_of));
    json_object_set_new(account->fields, "sequence", json_integer((json_int_t)batch.sequence));
    json_object_set_new(account->fields, "decisions", json_integer((json_int_t)batch.n));
    json_object_set_new(account->fields, "leaves_root", hash_json(&batch.root));
    return true;
}

static bool tell_orders(const struct qr_span *payload, const struct account *account)
{
    QR_CLEANUP(qr_freep) struct qr_order_leaf *orders = qr_alloc(QR_ORDERS_MAX, sizeof *orders);
    size_t n, confirmed = 0;
    if (qr_orders_decode(payload->bytes, payload->size, orders, &n, NULL) != 0)
        return false;
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++) {
        bool is_confirmed = orders[i].event == QR_ORDER_CONFIRMED;
        confirmed += is_confirmed;
        json_t *order = json_object();
        json_object_set_new(order, "event", json_string(is_confirmed ? "confirmed" : "cancelled"));
        json_object_set_new(order, "commitment", hash_json(&orders[i].commitment));
        json_object_set_new(order, "decision", hash_json(&orders[i].decision));
        json_array_append_new(list, order);
    }
    say(account, "%zu orders confirmed, %zu cancelled", confirmed, n - confirmed);
    json_object_set_new(account->fields, "orders", list);
    return true;
}

static bool tell_report(const struct qr_span *payload, const struct account *account)
{
    struct qr_reported reported;
    if (qr_reported_decode(payload->bytes, payload->size, &reported, NULL) != 0)
        return false;
    say(account, "impact report %.*s of proposal %.*s", SHORT, qr_hash_text(&reported.report).text, SHORT,
        qr_hash_text(&reported.proposal).text);
    json_object_set_new(account->fields, "proposal", hash_json(&reported.proposal));
    json_object_set_new(account->fields, "report", hash_json(&reported.report));
    return true;
}

static bool tell_execute(const struct qr_span *payload, const struct account *account)
{
    struct qr_execute execute;
    if (qr_execute_decode(payload->bytes, payload->size, &execute, NULL) != 0)
        return false;
    say(account, "executes proposal %.*s", SHORT, qr_hash_text(&execute.proposal).text);
    json_object_set_new(account->fields, "proposal", hash_json(&execute.proposal));
    return true;
}

static void tell(const struct qr_transaction *transaction, const struct account *account)
{
    static const struct {
        enum qr_action kind;
        bool (*tell)(const struct qr_span *payload, const struct account *account);
    } tellers[] = {
        {QR_ACTION_PUBLISH, tell_publish},
        {QR_ACTION_PROPOSE, tell_propose},
        {QR_ACTION_PROPOSE_VALIDATOR, tell_propose_validator},
        {QR_ACTION_BALLOT, tell_ballot},
        {QR_ACTION_APPOINT, tell_appoint},
        {QR_ACTION_DISMISS, tell_dismiss},
        {QR_ACTION_BATCH, tell_batch},
        {QR_ACTION_ORDERS, tell_orders},
        {QR_ACTION_REPORT, tell_report},
        {QR_ACTION_EXECUTE, tell_execute},
    };
    for (size_t i = 0; i < sizeof tellers / sizeof tellers[0]; i++)
        if (tellers[i].kind == transaction->kind && !tellers[i].tell(&transaction->payload, account))
            say(account, "a payload that does not decode");
}

void qr_describe(const struct qr_state *state, const struct qr_transaction *transaction, struct qr_description *ret)
{
    struct qr_signer signer;
    const char *kind = qr_action_name(transaction->kind);
    *ret = (struct qr_description){.kind = kind ? kind : "unknown"};
    (void)!qr_signer_find(state, &transaction->signer, &signer, NULL); /* a dismissed operator keeps its name */
    if (signer.name[0])
        qr_copy_text(ret->signer, sizeof ret->signer, signer.name);
    else
        qr_hex(transaction->signer.bytes, sizeof transaction->signer.bytes, ret->signer);
    struct account account = {.description = ret, .fields = json_object()};
    tell(transaction, &account);
    json_decref(account.fields);
}

json_t *qr_describe_json(const struct qr_transaction *transaction)
{
    struct qr_description description = {.decisions = 0};
    struct account account = {.description = &description, .fields = json_object()};
    tell(transaction, &account);
    return account.fields;
}
