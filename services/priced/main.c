#include "common/clock.h"
#include "common/file.h"
#include "node/genesis.h"
#include "services/priced/priced.h"

enum { ANNOUNCE_MS = 100, CALL_MS = 5000, RECENT_ANSWER_MAX = 500 };

bool priced_recording(const struct priced *priced)
{
    return priced->off_until == 0 || qr_clock_now() >= priced->off_until;
}

int priced_ready(const struct priced *priced, struct qr_error *error)
{
    if (priced->stopped.code != QR_OK) {
        qr_fail(error, QR_EREFUSED, "pricing has stopped: %s", priced->stopped.text);
        return qr_hint(error, "what was decided is kept in priced.db; see log/priced.log");
    }
    if (priced->not_appointed) {
        qr_fail(error, QR_EREFUSED, "pricing waits for a member to appoint its key");
        return qr_hint(error, "see quorate operator appoint, and what `quorate init --join` printed");
    }
    if (priced->mandates[0] == NULL || !priced->sequence_known) {
        qr_fail(error, QR_EUNREACHABLE, "pricing waits for the ledger to name the active model");
        return qr_hint(error, "start quorate-ledgerd, or `quorate up`");
    }
    if (stream_pending(priced->stream) >= STREAM_PENDING_MAX) {
        qr_fail(error, QR_EBUSY, "%d decisions wait to be recorded", STREAM_PENDING_MAX);
        return qr_hint(error, "pricing goes on when the ledger answers again");
    }
    return 0;
}

/* --- the active mandate --- */

static void show_state(struct priced *priced)
{
    struct qr_error error;
    if (priced->stopped.code != QR_OK)
        qr_daemon_set_state(priced->daemon, "stopped_by_rejected_batch", "%s", priced->stopped.text);
    else if (priced->not_appointed)
        qr_daemon_set_state(priced->daemon, "waiting_for_appointment",
                            "no member has appointed its key: see quorate operator appoint");
    else if (priced->mandates[0] == NULL || !priced->sequence_known)
        qr_daemon_set_state(priced->daemon, "waiting_for_ledger", "the ledger has not named the active model yet");
    else if (priced_ready(priced, &error) < 0)
        qr_daemon_set_state(priced->daemon, "waiting_for_ledger", "%s", error.text);
    else
        qr_daemon_set_state(priced->daemon, "running", "%s", "");
}

static void make_active(struct priced *priced, struct mandate *mandate)
{
    if (priced->mandates[0] != NULL && qr_hash_equal(&priced->mandates[0]->id, &mandate->id)) {
        if (mandate->as_of > priced->mandates[0]->as_of)
            priced->mandates[0]->as_of = mandate->as_of;
        return;
    }
    mandate_free(priced->mandates[PRICED_MANDATES - 1]);
    memmove(&priced->mandates[1], &priced->mandates[0], (PRICED_MANDATES - 1) * sizeof priced->mandates[0]);
    priced->mandates[0] = mandate_ref(mandate);
    const struct qr_explainer_facts *facts = qr_explainer_facts(mandate->pair->explainer);
    qr_log(QR_LOG_INFO, "pricing by model %.12s, tables for %zu of %zu trees, %zu KiB",
           qr_hash_text(&mandate->activation.model).text, facts->table_trees, facts->table_trees + facts->direct_trees,
           facts->table_bytes >> 10);
}

static void ask_mandate(void *context);

static void mandate_came(void *context, struct mandate *mandate, const struct qr_error *error)
{
    struct priced *priced = context;
    priced->wanted = false;
    if (error != NULL) {
        if (error->code != QR_EUNREACHABLE)
            qr_log_error("getting the active model", error);
        qr_daemon_after(priced->daemon, PRICED_RETRY_MS, ask_mandate, priced);
        return;
    }
    make_active(priced, mandate);
    if (priced->wanted_again)
        ask_mandate(priced);
    else
        priced->frozen = false;
    show_state(priced);
    watch_governance(priced);
}

static void ask_mandate(void *context)
{
    struct priced *priced = context;
    priced->wanted_again = priced->wanted;
    if (priced->wanted)
        return;
    priced->wanted = true;
    source_want(priced->source, NULL, mandate_came, priced);
}

static void block_came(struct priced *priced, const Quorate__BlockEvent *block)
{
    struct mandate *active = priced->mandates[0];
    /* An activation is told after its block: the block before this one is the latest that surely had none. */
    if (active != NULL && !priced->frozen && block->height > 0 && block->height - 1 > active->as_of)
        active->as_of = block->height - 1;
    if (block->governance_changed)
        watch_governance(priced);
}

static void news(void *context, enum qr_service service, enum qr_news what, const Quorate__Event *event)
{
    struct priced *priced = context;
    (void)service;
    switch (what) {
    case QR_NEWS_EVENT:
        if (event->body_case == QUORATE__EVENT__BODY_BLOCK)
            block_came(priced, event->block);
        if (event->body_case != QUORATE__EVENT__BODY_ACTIVATION)
            break;
        priced->frozen = true;
        ask_mandate(priced);
        break;
    case QR_NEWS_GAP:
    case QR_NEWS_UP:
        priced->frozen = true;
        ask_mandate(priced);
        break;
    case QR_NEWS_DOWN:
        priced->frozen = true;
        break;
    }
}

/* --- the sequence --- */

static void ask_sequence(void *context);

static void sequence_came(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct priced *priced = context;
    priced->not_appointed = error != NULL && error->code == QR_ENOT_FOUND;
    if (error != NULL) {
        show_state(priced);
        qr_daemon_after(priced->daemon, PRICED_RETRY_MS, ask_sequence, priced);
        return;
    }
    stream_start(priced->stream, reply->ledger_sequence->last);
    qr_reply_free(reply);
    priced->sequence_known = true;
    show_state(priced);
}

static void ask_sequence(void *context)
{
    struct priced *priced = context;
    struct qr_error error;
    const struct qr_public_key *key = qr_key_public(priced->key);
    Quorate__LedgerSequenceRequest sequence = QUORATE__LEDGER_SEQUENCE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    sequence.key = qr_wire_bytes(key->bytes, sizeof key->bytes);
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_SEQUENCE;
    request.ledger_sequence = &sequence;
    if (qr_client_send(qr_daemon_client(priced->daemon), QR_SERVICE_LEDGER, &request, CALL_MS, sequence_came, priced,
                       &error) < 0)
        qr_daemon_after(priced->daemon, PRICED_RETRY_MS, ask_sequence, priced);
}

/* --- small requests --- */

static void answer_schema(struct priced *priced, struct qr_request *request)
{
    struct qr_error error;
    if (priced_ready(priced, &error) < 0) {
        qr_request_refuse(request, &error);
        return;
    }
    const struct qr_model *model = qr_explainer_model(priced->mandates[0]->pair->explainer);
    json_t *document = qr_schema_json(qr_model_schema(model));
    QR_CLEANUP(qr_freep) char *text = json_dumps(document, JSON_COMPACT);
    json_decref(document);
    Quorate__Schema schema = QUORATE__SCHEMA__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    schema.hash = qr_wire_hash(qr_model_schema_hash(model));
    schema.json = text;
    schema.mandate = qr_wire_hash(&priced->mandates[0]->id);
    reply.body_case = QUORATE__REPLY__BODY_SCHEMA;
    reply.schema = &schema;
    qr_request_answer(request, &reply);
}

static const struct qr_buffer *activation_of(const struct priced *priced, const uint8_t *leaf)
{
    static const struct qr_buffer none;
    for (size_t i = 0; i < PRICED_MANDATES; i++) {
        const struct mandate *mandate = priced->mandates[i];
        if (mandate != NULL && memcmp(leaf + 4, mandate->id.bytes, QR_HASH_SIZE) == 0) /* behind "QRD1" */
            return &mandate->leaf;
    }
    return &none;
}

static void describe(const struct priced *priced, const struct qr_hash *id, struct qr_span leaf, bool recorded,
                     Quorate__PricedDecision *message)
{
    uint64_t height = 0;
    quorate__priced_decision__init(message);
    if (recorded && !stream_height(priced->stream, id, &height))
        height = 0;
    message->id = qr_wire_hash(id);
    message->leaf = qr_wire_bytes(leaf.bytes, leaf.size);
    message->state = !recorded ? "unrecorded" : height > 0 ? "recorded" : "pending";
    message->height = height;
}

static const struct recent *find_recent(const struct priced *priced, ProtobufCBinaryData prefix)
{
    for (size_t i = 0; i < PRICED_RECENT; i++) {
        const struct recent *recent = &priced->recent[i];
        if (recent->leaf.size > 0 && memcmp(recent->id.bytes, prefix.data, prefix.len) == 0)
            return recent;
    }
    return NULL;
}

static void answer_decision(struct priced *priced, struct qr_request *request)
{
    struct qr_error error;
    struct qr_hash id;
    struct qr_span leaf;
    Quorate__PricedDecision decision;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    ProtobufCBinaryData prefix = qr_request_message(request)->priced_decision->id;
    if (prefix.len < 3 || prefix.len > QR_HASH_SIZE) {
        qr_fail(&error, QR_EFORMAT, "a decision's id, or its beginning, has 3 to %d bytes", QR_HASH_SIZE);
        qr_request_refuse(request, &error);
        return;
    }
    const struct recent *recent = find_recent(priced, prefix);
    if (recent != NULL) {
        id = recent->id;
        leaf = (struct qr_span){recent->leaf.data, recent->leaf.size};
    } else if (stream_find(priced->stream, prefix, &id, &leaf, &error) < 0) {
        qr_request_refuse(request, &error);
        return;
    }
    describe(priced, &id, leaf, recent == NULL || recent->recorded, &decision);
    const struct qr_buffer *activation = activation_of(priced, leaf.bytes);
    decision.activation = qr_wire_bytes(activation->data, activation->size);
    reply.body_case = QUORATE__REPLY__BODY_PRICED_DECISION;
    reply.priced_decision = &decision;
    qr_request_answer(request, &reply);
}

static void answer_recent(struct priced *priced, struct qr_request *request)
{
    Quorate__PricedDecision decisions[RECENT_ANSWER_MAX], *list[RECENT_ANSWER_MAX];
    Quorate__RecentDecisions recents = QUORATE__RECENT_DECISIONS__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    uint32_t most = qr_request_message(request)->recent_decisions->most;
    if (most == 0 || most > RECENT_ANSWER_MAX)
        most = RECENT_ANSWER_MAX;
    for (size_t i = 1; i <= PRICED_RECENT && recents.n_decisions < most; i++) {
        const struct recent *recent = &priced->recent[(priced->recent_next + PRICED_RECENT - i) % PRICED_RECENT];
        if (recent->leaf.size == 0)
            break;
        struct qr_span leaf = {recent->leaf.data, recent->leaf.size};
        describe(priced, &recent->id, leaf, recent->recorded, &decisions[recents.n_decisions]);
        list[recents.n_decisions] = &decisions[recents.n_decisions];
        recents.n_decisions++;
    }
    recents.decisions = list;
    reply.body_case = QUORATE__REPLY__BODY_RECENT_DECISIONS;
    reply.recent_decisions = &recents;
    qr_request_answer(request, &reply);
}

static void answer_recording(struct priced *priced, struct qr_request *request)
{
    struct qr_error error;
    const Quorate__RecordingRequest *asked = qr_request_message(request)->recording;
    int code = 0;
    if (asked->off_seconds > PRICED_OFF_SECONDS_MAX)
        code = qr_fail(&error, QR_ERANGE, "recording can be off for at most %d seconds", PRICED_OFF_SECONDS_MAX);
    else if (!asked->query && !qr_request_local(request))
        code = qr_fail(&error, QR_EREFUSED, "recording can be turned off on the machine itself alone");
    if (code < 0) {
        qr_request_refuse(request, &error);
        return;
    }
    if (!asked->query) {
        priced->off_until = asked->off_seconds == 0 ? 0 : qr_clock_now() + asked->off_seconds * INT64_C(1000);
        qr_log(QR_LOG_WARNING, asked->off_seconds == 0 ? "recording is on" : "recording is off for a while");
    }
    Quorate__Recording recording = QUORATE__RECORDING__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    recording.on = priced_recording(priced);
    recording.on_again_ms = recording.on ? 0 : priced->off_until;
    reply.body_case = QUORATE__REPLY__BODY_RECORDING;
    reply.recording = &recording;
    qr_request_answer(request, &reply);
}

static void enqueue(struct priced *priced, struct qr_request *request)
{
    if (priced->queued == priced->queue_capacity) {
        priced->queue_capacity = priced->queue_capacity == 0 ? QR_RUN_MAX : 2 * priced->queue_capacity;
        priced->queue = qr_realloc(priced->queue, priced->queue_capacity, sizeof(struct qr_request *));
    }
    priced->queue[priced->queued++] = request;
}

static void request_came(void *context, struct qr_request *request)
{
    struct priced *priced = context;
    const Quorate__Request *message = qr_request_message(request);
    struct qr_error error;
    if (message->body_case == QUORATE__REQUEST__BODY_QUOTE) {
        enqueue(priced, request);
    } else if (message->body_case == QUORATE__REQUEST__BODY_SCHEMA) {
        answer_schema(priced, request);
    } else if (message->body_case == QUORATE__REQUEST__BODY_PRICED_DECISION) {
        answer_decision(priced, request);
    } else if (message->body_case == QUORATE__REQUEST__BODY_RESTORE) {
        restore_request(priced, request);
    } else if (message->body_case == QUORATE__REQUEST__BODY_RECORDING) {
        answer_recording(priced, request);
    } else if (message->body_case == QUORATE__REQUEST__BODY_RECENT_DECISIONS) {
        answer_recent(priced, request);
    } else {
        qr_fail(&error, QR_EUNSUPPORTED, "quorate-priced does not answer `%s`", qr_request_word(message->body_case));
        qr_request_refuse(request, &error);
    }
}

/* --- life --- */

static void announce(void *context)
{
    struct priced *priced = context;
    priced->announcing = false;
    if (priced->announced == 0)
        return;
    Quorate__DecisionsEvent decisions = QUORATE__DECISIONS_EVENT__INIT;
    Quorate__Event event = QUORATE__EVENT__INIT;
    decisions.n = priced->announced;
    decisions.last = qr_wire_hash(&priced->announced_last);
    event.body_case = QUORATE__EVENT__BODY_DECISIONS;
    event.decisions = &decisions;
    qr_daemon_publish(priced->daemon, &event);
    priced->announced = 0;
}

static void settle(void *context)
{
    struct priced *priced = context;
    quote_settle(priced);
    if (priced->announced > 0 && !priced->announcing) {
        priced->announcing = true;
        qr_daemon_after(priced->daemon, ANNOUNCE_MS, announce, priced);
    }
}

/* A refused batch is a mistake in this program or a dismissed key: nothing is priced until a person has looked. A
 * journal that cannot be written keeps no promise: the service ends. */
static void stopped(void *context, const struct qr_error *error)
{
    struct priced *priced = context;
    priced->stopped = *error;
    show_state(priced);
    if (qr_code_exit_status(error->code) != 5)
        return;
    qr_log_error("keeping the journal", error);
    qr_daemon_end(priced->daemon, 5);
}

static int load_home(struct priced *priced, struct qr_error *error)
{
    const char *home = qr_daemon_home(priced->daemon);
    QR_CLEANUP(qr_freep) char *key = qr_path_join(home, "keys/operators/pricing.key");
    QR_CLEANUP(qr_freep) char *file = qr_path_join(home, "genesis.qrg");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    int code = qr_key_load(key, &priced->key, error);
    if (code == 0)
        code = qr_file_read(file, QR_GENESIS_FILE_MAX, &bytes, error);
    if (code == 0)
        code = qr_genesis_read(bytes.data, bytes.size, &genesis, error);
    if (code == 0)
        memcpy(priced->chain_id, genesis.chain_id, sizeof priced->chain_id);
    return code;
}

static void stop(void *context)
{
    struct priced *priced = context;
    stream_close(priced->stream);
    source_free(priced->source);
    for (size_t i = 0; i < PRICED_MANDATES; i++)
        mandate_free(priced->mandates[i]);
    for (size_t i = 0; i < PRICED_RECENT; i++)
        qr_buffer_done(&priced->recent[i].leaf);
    quote_desk_free(priced->desk);
    qr_key_free(priced->key);
    free(priced->queue);
    free(priced);
}

static int open_parts(struct priced *priced, struct qr_error *error)
{
    int code = load_home(priced, error);
    if (code < 0)
        return code;
    priced->desk = quote_desk_new();
    priced->source = source_new(priced->daemon);
    struct stream_options options = {.daemon = priced->daemon,
                                     .chain_id = priced->chain_id,
                                     .key = priced->key,
                                     .stopped = stopped,
                                     .context = priced};
    code = stream_open(&options, &priced->stream, error);
    if (code == 0)
        code = qr_client_subscribe(qr_daemon_client(priced->daemon), QR_SERVICE_LEDGER, news, priced, error);
    return code;
}

static int start(struct qr_daemon *daemon, void **ret_context, struct qr_error *error)
{
    struct priced *priced = qr_alloc(1, sizeof *priced);
    priced->daemon = daemon;
    priced->quotes_metric =
        qr_daemon_metric(daemon, "quorate_priced_quotes_total", "Requests for quotes that were answered");
    priced->decisions_metric = qr_daemon_metric(daemon, "quorate_priced_decisions_total", "Decisions that were made");
    priced->pending_metric = qr_daemon_metric(daemon, "quorate_priced_pending", "Decisions that are in no block yet");
    priced->restored_metric =
        qr_daemon_metric(daemon, "quorate_priced_restored_total", "Decisions of bookings that came back");
    int code = open_parts(priced, error);
    if (code < 0) {
        stop(priced);
        return code;
    }
    show_state(priced);
    ask_sequence(priced);
    ask_mandate(priced);
    *ret_context = priced;
    return 0;
}

int main(int argc, char **argv)
{
    static const struct qr_role role = {.service = QR_SERVICE_PRICING,
                                        .summary = "prices fares with the governed model and records each decision",
                                        .start = start,
                                        .request = request_came,
                                        .settle = settle,
                                        .stop = stop};
    return qr_daemon_main(&role, argc, argv);
}
