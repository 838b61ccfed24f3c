#include "tui/live_parts.h"

#include "xai/baseline.h"
#include "xai/model.h"

/* Single things by id. Screens ask for what they show again and again: what is under way or was answered a moment ago is not
 * sent twice. */

enum { AGAIN_MS = 1000 };

struct qr_hash tui_live_number(uint64_t number)
{
    struct qr_hash key = {0};
    memcpy(key.bytes, &number, sizeof number);
    return key;
}

/* Takes the slot of a kind, unless it is taken or the same was asked for a moment ago. */
static bool begin(struct tui_live *live, enum tui_one one, const struct qr_hash *key)
{
    bool same = qr_hash_equal(&live->ones[one].key, key);
    if (live->ones[one].in_flight || (same && live->now_ms - live->ones[one].at_ms < AGAIN_MS))
        return false;
    live->ones[one].key = *key;
    live->ones[one].at_ms = live->now_ms;
    return true;
}

/* The end of a call: the reply is freed, the slot is free. */
static void end(struct tui_call *call, enum tui_one one, Quorate__Reply *reply)
{
    call->live->ones[one].in_flight = false;
    tui_data_touch(call->live->data);
    qr_reply_free(reply);
    free(call);
}

static void send_one(struct tui_live *live, enum qr_service service, Quorate__Request *request, qr_client_done *done,
                     enum tui_one one, int kind, const struct qr_hash *key)
{
    live->ones[one].in_flight = tui_live_send(live, service, request, done, kind, key);
}

/* ---- Blocks and transactions ---- */

static void block_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    (void)error;
    struct tui_call *call = context;
    if (reply)
        tui_take_block(call->live->data, reply->ledger_block, call->live->now_ms);
    end(call, TUI_ONE_BLOCK, reply);
}

static void want_block(void *context, uint64_t height)
{
    struct tui_live *live = context;
    struct qr_hash key = tui_live_number(height);
    if (!begin(live, TUI_ONE_BLOCK, &key))
        return;
    Quorate__LedgerBlockRequest body = QUORATE__LEDGER_BLOCK_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    body.height = height;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_BLOCK;
    request.ledger_block = &body;
    send_one(live, QR_SERVICE_LEDGER, &request, block_done, TUI_ONE_BLOCK, 0, &key);
}

static void transaction_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    (void)error;
    struct tui_call *call = context;
    if (reply)
        tui_take_transaction(call->live->data, reply->ledger_transaction, call->live->now_ms);
    end(call, TUI_ONE_TRANSACTION, reply);
}

static void want_transaction(void *context, const struct qr_hash *id)
{
    struct tui_live *live = context;
    if (!begin(live, TUI_ONE_TRANSACTION, id))
        return;
    Quorate__LedgerTransactionRequest body = QUORATE__LEDGER_TRANSACTION_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    body.id = qr_wire_hash(id);
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_TRANSACTION;
    request.ledger_transaction = &body;
    send_one(live, QR_SERVICE_LEDGER, &request, transaction_done, TUI_ONE_TRANSACTION, 0, id);
}

/* ---- Decisions ---- */

static void decision_done(void *context, Quorate__Reply *reply, const struct qr_error *error);

/* First the service that made it, then the ledger. */
static void send_decision(struct tui_live *live, enum qr_service service, const struct qr_hash *id)
{
    Quorate__PricedDecisionRequest priced = QUORATE__PRICED_DECISION_REQUEST__INIT;
    Quorate__LedgerDecisionRequest recorded = QUORATE__LEDGER_DECISION_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    priced.id = recorded.id = qr_wire_hash(id);
    if (service == QR_SERVICE_PRICING) {
        request.body_case = QUORATE__REQUEST__BODY_PRICED_DECISION;
        request.priced_decision = &priced;
    } else {
        request.body_case = QUORATE__REQUEST__BODY_LEDGER_DECISION;
        request.ledger_decision = &recorded;
    }
    send_one(live, service, &request, decision_done, TUI_ONE_DECISION, (int)service, id);
}

static void decision_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct tui_call *call = context;
    struct tui_live *live = call->live;
    if (error && call->kind == QR_SERVICE_PRICING) {
        struct qr_hash id = call->key;
        end(call, TUI_ONE_DECISION, reply);
        send_decision(live, QR_SERVICE_LEDGER, &id);
        return;
    }
    bool taken = true;
    if (reply && call->kind == QR_SERVICE_PRICING)
        taken = tui_take_decision(live->data, &call->key, reply->priced_decision->leaf, reply->priced_decision->height, false,
                                  reply->priced_decision->state);
    else if (reply)
        taken = tui_take_decision(live->data, &call->key, reply->ledger_decision->leaf, reply->ledger_decision->height,
                                  reply->ledger_decision->late, "recorded");
    if (!taken)
        tui_data_say(live->data, TUI_ALARM, "the service answered with another decision than the one asked for");
    end(call, TUI_ONE_DECISION, reply);
}

static void want_decision(void *context, const struct qr_hash *id)
{
    struct tui_live *live = context;
    if (begin(live, TUI_ONE_DECISION, id))
        send_decision(live, QR_SERVICE_PRICING, id);
}

/* ---- Mandates and the files they name ---- */

enum { OBJECT_MODEL, OBJECT_BASELINE };

static void describe(struct tui_live *live, struct tui_mandate *mandate)
{
    struct qr_model *model = NULL;
    if (qr_model_decode(mandate->model_file.data, mandate->model_file.size, &model, NULL) != QR_OK)
        return;
    qr_schema_copy(qr_model_schema(model), &mandate->schema);
    qr_model_free(model);
    mandate->described = true;
    tui_decisions_describe(live->data);
}

static void fetch_piece(struct tui_live *live, struct tui_mandate *mandate);

/* A piece that does not continue what is here is of no use; what is too large is left. */
static void take_piece(struct tui_live *live, struct tui_mandate *mandate, int which, const Quorate__LedgerObject *object)
{
    struct qr_buffer *file = which == OBJECT_MODEL ? &mandate->model_file : &mandate->baseline_file;
    uint64_t *size = which == OBJECT_MODEL ? &mandate->model_size : &mandate->baseline_size;
    uint64_t most = which == OBJECT_MODEL ? QR_MODEL_FILE_MAX : QR_BASELINE_FILE_MAX;
    if (object->offset != file->size || object->piece.len == 0 || object->size > most ||
        file->size + object->piece.len > object->size)
        return;
    *size = object->size;
    qr_buffer_add(file, object->piece.data, object->piece.len);
    if (which == OBJECT_MODEL && file->size == *size)
        describe(live, mandate);
    fetch_piece(live, mandate);
}

static void piece_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    (void)error;
    struct tui_call *call = context;
    struct tui_live *live = call->live;
    struct tui_mandate *mandate = tui_mandate_find(live->data, &call->key);
    live->ones[TUI_ONE_OBJECT].in_flight = false;
    if (reply && mandate)
        take_piece(live, mandate, call->kind, reply->ledger_object);
    tui_data_touch(live->data);
    qr_reply_free(reply);
    free(call);
}

/* The next piece of the model, then of the baseline. */
static void fetch_piece(struct tui_live *live, struct tui_mandate *mandate)
{
    bool model = mandate->model_size == 0 || mandate->model_file.size < mandate->model_size;
    bool baseline = mandate->baseline_size == 0 || mandate->baseline_file.size < mandate->baseline_size;
    if (live->ones[TUI_ONE_OBJECT].in_flight || (!model && !baseline))
        return;
    Quorate__LedgerObjectRequest body = QUORATE__LEDGER_OBJECT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    body.hash = qr_wire_hash(model ? &mandate->model : &mandate->baseline);
    body.offset = model ? mandate->model_file.size : mandate->baseline_file.size;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_OBJECT;
    request.ledger_object = &body;
    send_one(live, QR_SERVICE_LEDGER, &request, piece_done, TUI_ONE_OBJECT, model ? OBJECT_MODEL : OBJECT_BASELINE, &mandate->id);
}

static void mandate_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    (void)error;
    struct tui_call *call = context;
    struct tui_live *live = call->live;
    if (reply) {
        struct tui_mandate *mandate = tui_mandate_find(live->data, &call->key);
        mandate = mandate ? mandate : tui_mandate_add(live->data, &call->key);
        tui_take_mandate(mandate, reply->ledger_mandate);
        fetch_piece(live, mandate);
    }
    end(call, TUI_ONE_MANDATE, reply);
}

static void want_mandate(void *context, const struct qr_hash *id)
{
    struct tui_live *live = context;
    struct tui_mandate *mandate = tui_mandate_find(live->data, id);
    if (!begin(live, TUI_ONE_MANDATE, id))
        return;
    if (mandate && mandate->known) {
        fetch_piece(live, mandate);
        return;
    }
    Quorate__LedgerMandateRequest body = QUORATE__LEDGER_MANDATE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    body.mandate = qr_wire_hash(id);
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_MANDATE;
    request.ledger_mandate = &body;
    send_one(live, QR_SERVICE_LEDGER, &request, mandate_done, TUI_ONE_MANDATE, 0, id);
}

/* ---- Proposals ---- */

static void report_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    (void)error;
    struct tui_call *call = context;
    struct tui_proposal_page *page = &call->live->data->proposal;
    if (reply && qr_hash_equal(&page->id, &call->key)) {
        free(page->report);
        page->report = qr_strdup(reply->report->json);
    }
    end(call, TUI_ONE_REPORT, reply);
}

static void want_report(struct tui_live *live, const struct qr_hash *id)
{
    if (!begin(live, TUI_ONE_REPORT, id))
        return;
    Quorate__ReportRequest body = QUORATE__REPORT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    body.proposal = qr_wire_hash(id);
    request.body_case = QUORATE__REQUEST__BODY_REPORT;
    request.report = &body;
    send_one(live, QR_SERVICE_GOVERNANCE, &request, report_done, TUI_ONE_REPORT, 0, id);
}

static void proposal_done(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct tui_call *call = context;
    if (reply)
        tui_take_proposal(call->live->data, reply->proposal, call->live->now_ms);
    call->live->proposal_changed |= error != NULL;
    end(call, TUI_ONE_PROPOSAL, reply);
}

static void want_proposal(void *context, const struct qr_hash *id)
{
    struct tui_live *live = context;
    const struct tui_proposal_page *page = &live->data->proposal;
    bool here = page->at_ms && qr_hash_equal(&page->id, id);
    const struct tui_proposal *proposal = tui_proposal_find(live->data, id);
    if (here && !page->report && !(proposal && proposal->validator.here))
        want_report(live, id);
    if (here && !live->proposal_changed)
        return;
    if (live->proposal_changed)
        live->ones[TUI_ONE_PROPOSAL].at_ms = 0;
    if (!begin(live, TUI_ONE_PROPOSAL, id))
        return;
    Quorate__ProposalRequest body = QUORATE__PROPOSAL_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    body.id = qr_wire_hash(id);
    request.body_case = QUORATE__REQUEST__BODY_PROPOSAL;
    request.proposal = &body;
    live->proposal_changed = false;
    send_one(live, QR_SERVICE_GOVERNANCE, &request, proposal_done, TUI_ONE_PROPOSAL, 0, id);
}

void tui_live_one_fill(struct tui_source *source)
{
    source->block = want_block;
    source->transaction = want_transaction;
    source->decision = want_decision;
    source->mandate = want_mandate;
    source->proposal = want_proposal;
}
