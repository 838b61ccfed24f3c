#include "common/clock.h"
#include "ledger/leaves.h"
#include "services/priced/priced.h"

/* A request with its rows among those of the turn. */
struct asked {
    struct qr_request *request;
    size_t first, n;
};

/* Everything about one turn, kept from turn to turn for its memory. */
struct quote_desk {
    struct asked *asked;
    size_t n_asked, capacity;
    int32_t *rows;
    size_t n_rows, rows_capacity; /* in values */
    size_t count;                 /* of rows */
    struct qr_leaves leaves;
    int64_t *fares;
    struct qr_decision *decisions; /* PRICED_ROWS_MAX */
};

struct quote_desk *quote_desk_new(void)
{
    struct quote_desk *desk = qr_alloc(1, sizeof *desk);
    desk->decisions = qr_alloc(PRICED_ROWS_MAX, sizeof *desk->decisions);
    return desk;
}

void quote_desk_free(struct quote_desk *desk)
{
    if (desk == NULL)
        return;
    free(desk->asked);
    free(desk->rows);
    free(desk->fares);
    free(desk->decisions);
    qr_leaves_done(&desk->leaves);
    free(desk);
}

/* --- taking the rows --- */

static int take_row(const struct qr_schema *schema, const Quorate__Row *message, int32_t *values,
                    struct qr_error *error)
{
    if (message->n_values != schema->n_features)
        return qr_fail(error, QR_EMISMATCH, "a row has %zu values; the model has %zu features", message->n_values,
                       schema->n_features);
    memcpy(values, message->values, schema->n_features * sizeof *values);
    for (size_t i = 0; i < message->n_missing; i++) {
        if (message->missing[i] >= schema->n_features)
            return qr_fail(error, QR_ERANGE, "feature %u of %zu is missing", message->missing[i], schema->n_features);
        values[message->missing[i]] = QR_MISSING;
    }
    return qr_schema_check_row(schema, values, error);
}

static int32_t *room(struct quote_desk *desk, size_t values)
{
    if (desk->n_rows + values > desk->rows_capacity) {
        desk->rows_capacity = 2 * (desk->n_rows + values);
        desk->rows = qr_realloc(desk->rows, desk->rows_capacity, sizeof *desk->rows);
    }
    return desk->rows + desk->n_rows;
}

static int take(struct quote_desk *desk, const struct mandate *mandate, struct qr_request *request,
                struct qr_error *error)
{
    const Quorate__QuoteRequest *quote = qr_request_message(request)->quote;
    const struct qr_model *model = qr_explainer_model(mandate->pair->explainer);
    const struct qr_schema *schema = qr_model_schema(model);
    const struct qr_hash *hash = qr_model_schema_hash(model);
    if (quote->schema.len != QR_HASH_SIZE || memcmp(quote->schema.data, hash->bytes, QR_HASH_SIZE) != 0) {
        qr_fail(error, QR_EMISMATCH, "these rows are built for another feature schema than the active model's");
        return qr_hint(error, "ask for the schema again");
    }
    if (quote->n_rows < 1 || quote->n_rows > PRICED_ROWS_MAX)
        return qr_fail(error, QR_ELIMIT, "a request asks for 1 to %d quotes, not %zu", PRICED_ROWS_MAX, quote->n_rows);
    int32_t *values = room(desk, quote->n_rows * schema->n_features);
    for (size_t i = 0; i < quote->n_rows; i++) {
        int code = take_row(schema, quote->rows[i], values + i * schema->n_features, error);
        if (code < 0)
            return qr_prefix(error, "row %zu", i);
    }
    desk->asked[desk->n_asked++] = (struct asked){request, desk->count, quote->n_rows};
    desk->n_rows += quote->n_rows * schema->n_features;
    desk->count += quote->n_rows;
    return 0;
}

static void take_all(struct priced *priced)
{
    struct quote_desk *desk = priced->desk;
    desk->n_asked = desk->n_rows = desk->count = 0;
    qr_leaves_cut(&desk->leaves, 0);
    if (priced->queued > desk->capacity) {
        desk->capacity = priced->queued;
        desk->asked = qr_realloc(desk->asked, desk->capacity, sizeof *desk->asked);
    }
    for (size_t i = 0; i < priced->queued; i++) {
        struct qr_error error;
        struct qr_request *request = priced->queue[i];
        if (qr_request_expired(request))
            qr_request_drop(request);
        else if (priced_ready(priced, &error) < 0 || take(desk, priced->mandates[0], request, &error) < 0)
            qr_request_refuse(request, &error);
    }
    priced->queued = 0;
}

/* --- pricing --- */

static void note_recent(struct priced *priced, struct qr_span leaf, const struct qr_hash *id, bool recorded)
{
    struct recent *recent = &priced->recent[priced->recent_next];
    priced->recent_next = (priced->recent_next + 1) % PRICED_RECENT;
    recent->id = *id;
    recent->recorded = recorded;
    qr_buffer_clear(&recent->leaf);
    qr_buffer_add(&recent->leaf, leaf.bytes, leaf.size);
}

/* Prices rows [first, first + n), n at most PRICED_ROWS_MAX. */
static int price(struct priced *priced, size_t first, size_t n, struct qr_error *error)
{
    static const int64_t no_bid[QR_RULES_MAX]; /* no seat has a bid price: its rule changes nothing */
    struct quote_desk *desk = priced->desk;
    struct mandate *mandate = priced->mandates[0];
    size_t n_features = qr_model_schema(qr_explainer_model(mandate->pair->explainer))->n_features;
    struct qr_decision_input inputs[PRICED_ROWS_MAX];
    uint8_t nonces[PRICED_ROWS_MAX][QR_NONCE_SIZE];
    int64_t now = qr_clock_now();
    qr_random(nonces, n * QR_NONCE_SIZE);
    for (size_t i = 0; i < n; i++) {
        memcpy(inputs[i].nonce, nonces[i], QR_NONCE_SIZE);
        inputs[i].time_ms = now;
        inputs[i].row = desk->rows + (first + i) * n_features;
        inputs[i].rule_inputs = no_bid;
    }
    int code =
        qr_decisions_build(mandate->pair->explainer, &mandate->rules, &mandate->id, inputs, n, desk->decisions, error);
    if (code < 0)
        return code;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    for (size_t i = 0; i < n; i++) {
        qr_buffer_clear(&leaf);
        qr_decision_encode(&desk->decisions[i], &leaf);
        struct qr_hash id = qr_decision_id(leaf.data, leaf.size);
        qr_leaves_add_hashed(&desk->leaves, leaf.data, leaf.size, &id);
        desk->fares[first + i] = desk->decisions[i].fare.minor;
    }
    return 0;
}

static int price_all(struct priced *priced, struct qr_error *error)
{
    struct quote_desk *desk = priced->desk;
    desk->fares = qr_realloc(desk->fares, desk->count, sizeof *desk->fares);
    for (size_t first = 0; first < desk->count; first += PRICED_ROWS_MAX) {
        size_t rest = desk->count - first;
        int code = price(priced, first, rest < PRICED_ROWS_MAX ? rest : PRICED_ROWS_MAX, error);
        if (code < 0)
            return code;
    }
    bool recording = priced_recording(priced);
    for (size_t i = 0; i < desk->count; i++) {
        struct qr_span leaf = qr_leaves_get(&desk->leaves, i);
        if (recording)
            stream_add(priced->stream, &priced->mandates[0]->id, priced->mandates[0]->as_of, leaf,
                       &desk->leaves.hashes[i]);
        if (i + PRICED_RECENT >= desk->count)
            note_recent(priced, leaf, &desk->leaves.hashes[i], recording);
    }
    return 0;
}

/* --- answering --- */

static void answer(struct priced *priced, const struct asked *asked)
{
    struct quote_desk *desk = priced->desk;
    Quorate__Quote quotes[PRICED_ROWS_MAX], *list[PRICED_ROWS_MAX];
    for (size_t i = 0; i < asked->n; i++) {
        struct qr_span leaf = qr_leaves_get(&desk->leaves, asked->first + i);
        quorate__quote__init(&quotes[i]);
        quotes[i].decision = qr_wire_hash(&desk->leaves.hashes[asked->first + i]);
        quotes[i].leaf = qr_wire_bytes(leaf.bytes, leaf.size);
        quotes[i].fare = desk->fares[asked->first + i];
        list[i] = &quotes[i];
    }
    Quorate__Quotes answered = QUORATE__QUOTES__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    answered.mandate = qr_wire_hash(&priced->mandates[0]->id);
    answered.quotes = list;
    answered.n_quotes = asked->n;
    answered.recorded = priced_recording(priced);
    reply.body_case = QUORATE__REPLY__BODY_QUOTES;
    reply.quotes = &answered;
    qr_request_answer(asked->request, &reply);
    *priced->quotes_metric += 1;
    *priced->decisions_metric += (int64_t)asked->n;
}

void quote_settle(struct priced *priced)
{
    struct qr_error error;
    struct quote_desk *desk = priced->desk;
    take_all(priced);
    int code = desk->count > 0 ? price_all(priced, &error) : 0;
    if (code == 0)
        code = stream_settle(priced->stream, &error); /* journaled before any answer */
    for (size_t i = 0; i < desk->n_asked; i++) {
        if (code < 0)
            qr_request_refuse(desk->asked[i].request, &error);
        else
            answer(priced, &desk->asked[i]);
    }
    if (code == 0 && desk->count > 0) {
        priced->announced += (uint32_t)desk->count;
        priced->announced_last = desk->leaves.hashes[desk->count - 1];
    }
    *priced->pending_metric = (int64_t)stream_pending(priced->stream);
    desk->n_asked = desk->count = 0;
}
