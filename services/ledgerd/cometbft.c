#include "services/ledgerd/cometbft.h"

#include <jansson.h>

#include "common/clock.h"
#include "ledger/extension.h"
#include "node/validator.h"
#include "services/lib/rpc.h"
#include "wire/message.h"

/* The engine CometBFT in the daemon's loop: answers its four ABCI connections, and hands it what clients submit. Between FinalizeBlock
 * and Commit the state is that of an open block: clients' requests wait that long (main.c). */

enum { CONNECTIONS_OF_COMETBFT = 4, RPC_RETRY_MS = 250, TICK_MS = 500, APP_VERSION = 1, REFUSED = 1 };

/* Bundles on their way to CometBFT's mempool. */
struct broadcast {
    struct ledgerd *ledgerd;
    int64_t since;
    size_t n;
    struct qr_buffer bundles[QR_RPC_BATCH_MAX + 1]; /* one more for a tick */
    int failed;
    struct qr_error error;
};

/* ---- To CometBFT ---- */

static void broadcast_work(void *task)
{
    struct broadcast *broadcast = task;
    struct order *order = broadcast->ledgerd->order;
    struct qr_span spans[QR_RPC_BATCH_MAX + 1];
    for (size_t i = 0; i < broadcast->n; i++)
        spans[i] = (struct qr_span){.bytes = broadcast->bundles[i].data, .size = broadcast->bundles[i].size};
    broadcast->failed = qr_rpc_broadcast(order->rpc, spans, broadcast->n, &broadcast->error);
}

static void broadcast_free(struct broadcast *broadcast)
{
    for (size_t i = 0; i < broadcast->n; i++)
        qr_buffer_done(&broadcast->bundles[i]);
    free(broadcast);
}

static void broadcast_done(void *task)
{
    struct broadcast *broadcast = task;
    struct order *order = broadcast->ledgerd->order;
    order->broadcasting = false;
    if (broadcast->failed) {
        qr_log(QR_LOG_DEBUG, "%s", broadcast->error.text);
        order->rpc_after = qr_clock_now() + RPC_RETRY_MS;
        qr_cometbft_retake(order->comet, broadcast->since);
    }
    broadcast_free(broadcast);
}

static void add_bundles(struct order *order, struct broadcast *broadcast, int64_t now)
{
    size_t bytes = 0;
    while (broadcast->n < QR_RPC_BATCH_MAX && bytes < QR_RPC_BYTES_MAX &&
           qr_cometbft_take(order->comet, now, &broadcast->bundles[broadcast->n]) > 0)
        bytes += broadcast->bundles[broadcast->n++].size;
}

static void add_tick(struct order *order, struct broadcast *broadcast, int64_t now)
{
    char tick[QR_TICK_MAX];
    size_t size;
    if (now - order->ticked < TICK_MS || !qr_cometbft_tick(order->comet, now, tick, &size))
        return;
    order->ticked = now;
    qr_buffer_add(&broadcast->bundles[broadcast->n++], tick, size);
}

/* While one broadcast is under way, what clients submit gathers for the bundles of the next. */
static void broadcast_waiting(struct ledgerd *ledgerd, int64_t now)
{
    struct order *order = ledgerd->order;
    if (order->broadcasting || now < order->rpc_after)
        return;
    struct broadcast *broadcast = qr_alloc(1, sizeof *broadcast);
    broadcast->ledgerd = ledgerd;
    broadcast->since = now;
    add_bundles(order, broadcast, now);
    add_tick(order, broadcast, now);
    if (broadcast->n == 0) {
        broadcast_free(broadcast);
        return;
    }
    order->broadcasting = true;
    qr_daemon_work(ledgerd->daemon, broadcast_work, broadcast_done, broadcast);
}

static int submit(struct ledgerd *ledgerd, const struct qr_buffer *encoded, uint64_t token, struct qr_error *error)
{
    struct order *order = ledgerd->order;
    return qr_cometbft_submit(order->comet, encoded->data, encoded->size, token, qr_clock_now(), error);
}

static void settle(struct ledgerd *ledgerd)
{
    struct order *order = ledgerd->order;
    int64_t now = qr_clock_now();
    bool connected = abci_server_connections(order->server) >= CONNECTIONS_OF_COMETBFT;
    if (connected != order->connected) {
        qr_daemon_set_state(ledgerd->daemon, connected ? "running" : "waiting_for_cometbft", "%s",
                            connected ? "" : "CometBFT is not connected");
        qr_cometbft_retake(order->comet, 0); /* its mempool was lost with it */
    }
    order->connected = connected;
    if (qr_chain_is_open(ledgerd->chain))
        return;
    qr_cometbft_settle(order->comet, now);
    broadcast_waiting(ledgerd, now);
}

/* ---- What CometBFT asks ---- */

void cometbft_respond(struct call *call, Quorate__Abci__AbciResponse__ValueCase value, void *body)
{
    call->response.value_case = value;
    call->response.flush = body; /* every body is a pointer in the same union */
    qr_abci_response_write(&call->response, call->out);
}

static struct qr_span *spans_of(const ProtobufCBinaryData *transactions, size_t n)
{
    struct qr_span *spans = qr_alloc(n, sizeof *spans);
    for (size_t i = 0; i < n; i++)
        spans[i] = (struct qr_span){.bytes = transactions[i].data, .size = transactions[i].len};
    return spans;
}

static bool echo(struct call *call)
{
    Quorate__Abci__ResponseEcho body = QUORATE__ABCI__RESPONSE_ECHO__INIT;
    body.message = call->request->echo->message;
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_ECHO, &body);
    return true;
}

static bool flush(struct call *call)
{
    Quorate__Abci__ResponseFlush body = QUORATE__ABCI__RESPONSE_FLUSH__INIT;
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_FLUSH, &body);
    return true;
}

static bool info(struct call *call)
{
    const struct qr_header *head = qr_chain_head(call->ledgerd->chain);
    Quorate__Abci__ResponseInfo body = QUORATE__ABCI__RESPONSE_INFO__INIT;
    body.data = (char *)(uintptr_t) "quorate";
    body.version = (char *)(uintptr_t)PACKAGE_VERSION;
    body.app_version = APP_VERSION;
    body.last_block_height = (int64_t)head->height;
    if (head->height > 0)
        body.last_block_app_hash = qr_wire_hash(&head->app_hash);
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_INFO, &body);
    return true;
}

/* Whether these are the validators of the ledger's genesis, which is the state at height 0. */
static bool same_validators(const struct qr_state *state, const Quorate__Abci__RequestInitChain *request)
{
    for (size_t i = 0; i < request->n_validators; i++) {
        const Quorate__Abci__ValidatorUpdate *update = request->validators[i];
        struct qr_validator_record record;
        struct qr_public_key key;
        if (!update->pub_key || update->pub_key->ed25519.len != sizeof key.bytes)
            return false;
        memcpy(key.bytes, update->pub_key->ed25519.data, sizeof key.bytes);
        if (qr_validator_get(state, &key, &record, NULL) != 0 || record.validator.power != update->power)
            return false;
    }
    return request->n_validators == qr_validator_count(state);
}

/* CometBFT's genesis must be of this ledger: {"quorate_genesis":HASH}. */
static bool names_genesis(const ProtobufCBinaryData *app_state, const struct qr_hash *genesis)
{
    struct qr_hash named;
    json_t *state = json_loadb((const char *)app_state->data, app_state->len, JSON_REJECT_DUPLICATES, NULL);
    const char *text = json_string_value(json_object_get(state, "quorate_genesis"));
    bool same = text && qr_hash_from_hex(text, "quorate_genesis", &named, NULL) == 0 && qr_hash_equal(&named, genesis);
    json_decref(state);
    return same;
}

static bool init_chain(struct call *call)
{
    const Quorate__Abci__RequestInitChain *request = call->request->init_chain;
    const struct qr_header *head = qr_chain_head(call->ledgerd->chain);
    struct qr_node *node = call->ledgerd->node;
    Quorate__Abci__ResponseInitChain body = QUORATE__ABCI__RESPONSE_INIT_CHAIN__INIT;
    if (strcmp(request->chain_id, qr_node_chain(node)) != 0 || request->initial_height > 1 ||
        !names_genesis(&request->app_state_bytes, qr_node_genesis(node)) ||
        !same_validators(qr_node_state(node), request)) {
        qr_fail(&call->error, QR_EMISMATCH, "CometBFT's genesis.json is not of the ledger %s", qr_node_chain(node));
        return false;
    }
    if (head->height > 0) {
        qr_fail(&call->error, QR_EMISMATCH,
                "CometBFT starts from nothing, but this ledger is at height %" PRIu64 ": its data folder was lost", head->height);
        return false;
    }
    body.app_hash = qr_wire_hash(&head->app_hash);
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_INIT_CHAIN, &body);
    return true;
}

/* Path "state": the value of an entry of the replicated state. */
static bool query(struct call *call)
{
    const Quorate__Abci__RequestQuery *request = call->request->query;
    Quorate__Abci__ResponseQuery body = QUORATE__ABCI__RESPONSE_QUERY__INIT;
    struct qr_span value = {.size = 0};
    body.height = (int64_t)qr_chain_head(call->ledgerd->chain)->height;
    body.key = request->data;
    if (strcmp(request->path, "state") != 0) {
        body.code = REFUSED;
        body.log = (char *)(uintptr_t) "the only path is \"state\", its data the key of an entry";
    } else if (request->data.len > QR_STATE_KEY_MAX || qr_chain_is_open(call->ledgerd->chain) ||
               !qr_state_get(qr_node_state(call->ledgerd->node), request->data.data, request->data.len, &value)) {
        body.code = REFUSED;
        body.log = (char *)(uintptr_t) "there is no such entry";
    }
    body.value = qr_wire_bytes(value.bytes, value.size);
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_QUERY, &body);
    return true;
}

static bool check_tx(struct call *call)
{
    const ProtobufCBinaryData *tx = &call->request->check_tx->tx;
    struct qr_span span = {.bytes = tx->data, .size = tx->len};
    struct qr_error error;
    Quorate__Abci__ResponseCheckTx body = QUORATE__ABCI__RESPONSE_CHECK_TX__INIT;
    bool again = call->request->check_tx->type == QUORATE__ABCI__CHECK_TX_TYPE__RECHECK;
    if (qr_cometbft_check(call->order->comet, &span, again, qr_clock_now(), &error) != 0) {
        body.code = REFUSED;
        body.log = error.text;
    }
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_CHECK_TX, &body);
    return true;
}

static bool block_time(struct call *call, const Quorate__Abci__Timestamp *timestamp, int64_t *ret_time)
{
    if (qr_abci_time(timestamp, ret_time))
        return true;
    qr_fail(&call->error, QR_EFORMAT, "the time of a block is none");
    return false;
}

/* Keeps a node's signature over the checkpoint of an earlier block. What does not hold is no reason to refuse a vote. */
static void keep_signature(struct call *call, const ProtobufCBinaryData *extension)
{
    uint64_t height;
    struct qr_note_signature line;
    if (extension->len > 0 && qr_extension_read(extension->data, extension->len, &height, &line, NULL) == 0)
        (void)!ledgerd_cosign(call->ledgerd, height, &line, NULL);
}

static bool prepare_proposal(struct call *call)
{
    const Quorate__Abci__RequestPrepareProposal *request = call->request->prepare_proposal;
    Quorate__Abci__ResponsePrepareProposal body = QUORATE__ABCI__RESPONSE_PREPARE_PROPOSAL__INIT;
    int64_t time;
    if (!block_time(call, request->time, &time))
        return false;
    for (size_t i = 0; request->local_last_commit && i < request->local_last_commit->n_votes; i++)
        keep_signature(call, &request->local_last_commit->votes[i]->vote_extension);
    QR_CLEANUP(qr_freep) struct qr_span *spans = spans_of(request->txs, request->n_txs);
    QR_CLEANUP(qr_candidate_done) struct qr_candidate candidate;
    uint64_t room = request->max_tx_bytes > 0 ? (uint64_t)request->max_tx_bytes : 0;
    qr_cometbft_propose(call->order->comet, time, spans, request->n_txs, room, qr_clock_now(), &candidate);
    QR_CLEANUP(qr_freep) ProtobufCBinaryData *txs = qr_alloc(candidate.n, sizeof *txs);
    for (size_t i = 0; i < candidate.n; i++)
        txs[i] = qr_wire_bytes(candidate.bundles[i].bytes, candidate.bundles[i].size);
    body.n_txs = candidate.n;
    body.txs = txs;
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_PREPARE_PROPOSAL, &body);
    return true;
}

static bool process_proposal(struct call *call)
{
    const Quorate__Abci__RequestProcessProposal *request = call->request->process_proposal;
    Quorate__Abci__ResponseProcessProposal body = QUORATE__ABCI__RESPONSE_PROCESS_PROPOSAL__INIT;
    QR_CLEANUP(qr_freep) struct qr_span *spans = spans_of(request->txs, request->n_txs);
    struct qr_error error = {.code = QR_OK};
    int64_t time;
    body.status = QUORATE__ABCI__STATUS__REJECT;
    if (block_time(call, request->time, &time) &&
        qr_cometbft_accepts(call->order->comet, time, spans, request->n_txs, &error))
        body.status = QUORATE__ABCI__STATUS__ACCEPT;
    else
        qr_log(QR_LOG_WARNING, "a proposal for block %" PRId64 " is rejected: %s", request->height, error.text);
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_PROCESS_PROPOSAL, &body);
    return true;
}

static const struct qr_note_signature *own_line(const struct ledgerd *ledgerd, const struct qr_signed_checkpoint *note)
{
    for (unsigned i = 0; i < note->n; i++)
        if (qr_checkpoint_verify(&note->checkpoint, &note->signatures[i], qr_key_name(ledgerd->key),
                                 qr_key_public(ledgerd->key)))
            return &note->signatures[i];
    return NULL;
}

static bool extend_vote(struct call *call)
{
    struct ledgerd *ledgerd = call->ledgerd;
    uint64_t height = qr_chain_head(ledgerd->chain)->height;
    Quorate__Abci__ResponseExtendVote body = QUORATE__ABCI__RESPONSE_EXTEND_VOTE__INIT;
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer extension = {0};
    if (qr_store_note(ledgerd->store, height, qr_node_genesis(ledgerd->node), note, &call->error) != 0)
        return false;
    const struct qr_note_signature *line = own_line(ledgerd, note);
    if (line)
        qr_extension_write(height, line, &extension);
    body.vote_extension = qr_wire_bytes(extension.data, extension.size);
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_EXTEND_VOTE, &body);
    return true;
}

static bool verify_vote_extension(struct call *call)
{
    const ProtobufCBinaryData *extension = &call->request->verify_vote_extension->vote_extension;
    Quorate__Abci__ResponseVerifyVoteExtension body = QUORATE__ABCI__RESPONSE_VERIFY_VOTE_EXTENSION__INIT;
    body.status = extension->len <= QR_EXTENSION_MAX ? QUORATE__ABCI__STATUS__ACCEPT : QUORATE__ABCI__STATUS__REJECT;
    if (body.status == QUORATE__ABCI__STATUS__ACCEPT)
        keep_signature(call, extension);
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_VERIFY_VOTE_EXTENSION, &body);
    return true;
}

/* The results as messages, in one piece of memory. */
static Quorate__Abci__ExecTxResult **tx_results(struct qr_error *results, size_t n)
{
    Quorate__Abci__ExecTxResult **list = qr_alloc(1, n * (sizeof *list + sizeof **list) + 1);
    Quorate__Abci__ExecTxResult *messages = (Quorate__Abci__ExecTxResult *)(void *)(list + n);
    for (size_t i = 0; i < n; i++) {
        quorate__abci__exec_tx_result__init(&messages[i]);
        messages[i].code = results[i].code == QR_OK ? 0 : REFUSED;
        if (results[i].code != QR_OK)
            messages[i].log = results[i].text;
        list[i] = &messages[i];
    }
    return list;
}

/* The changes of the set of validators that the ended block made, likewise. */
static Quorate__Abci__ValidatorUpdate **validator_updates(const struct qr_node *node, size_t *ret_n)
{
    struct update {
        Quorate__Abci__ValidatorUpdate message;
        Quorate__Abci__PublicKey key;
    };
    const struct qr_validator_change *changes = qr_node_validator_changes(node, ret_n);
    size_t n = *ret_n;
    Quorate__Abci__ValidatorUpdate **list = qr_alloc(1, n * (sizeof *list + sizeof(struct update)) + 1);
    struct update *updates = (struct update *)(void *)(list + n);
    for (size_t i = 0; i < n; i++) {
        quorate__abci__validator_update__init(&updates[i].message);
        quorate__abci__public_key__init(&updates[i].key);
        updates[i].key.ed25519 = qr_wire_bytes(changes[i].key.bytes, sizeof changes[i].key.bytes);
        updates[i].message.pub_key = &updates[i].key;
        updates[i].message.power = changes[i].power;
        list[i] = &updates[i].message;
    }
    return list;
}

static bool finalize_block(struct call *call)
{
    const Quorate__Abci__RequestFinalizeBlock *request = call->request->finalize_block;
    Quorate__Abci__ResponseFinalizeBlock body = QUORATE__ABCI__RESPONSE_FINALIZE_BLOCK__INIT;
    QR_CLEANUP(qr_freep) struct qr_span *spans = spans_of(request->txs, request->n_txs);
    QR_CLEANUP(qr_freep) struct qr_error *results = qr_alloc(request->n_txs, sizeof *results);
    const struct qr_header *header;
    int64_t time;
    if (!block_time(call, request->time, &time))
        return false;
    if (qr_cometbft_finalize(call->order->comet, (uint64_t)request->height, time, spans, request->n_txs, results, &header,
                             &call->error) != 0)
        return false;
    call->order->finalizing = call->connection;
    QR_CLEANUP(qr_freep) Quorate__Abci__ExecTxResult **list = tx_results(results, request->n_txs);
    body.n_tx_results = request->n_txs;
    body.tx_results = list;
    QR_CLEANUP(qr_freep) Quorate__Abci__ValidatorUpdate **updates =
        validator_updates(call->ledgerd->node, &body.n_validator_updates);
    body.validator_updates = updates;
    body.app_hash = qr_wire_hash(&header->app_hash);
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_FINALIZE_BLOCK, &body);
    return true;
}

static bool commit(struct call *call)
{
    Quorate__Abci__ResponseCommit body = QUORATE__ABCI__RESPONSE_COMMIT__INIT;
    call->order->finalizing = NULL;
    if (qr_cometbft_commit(call->order->comet, qr_clock_now(), &call->error) != 0) {
        if (qr_code_exit_status(call->error.code) == qr_code_exit_status(QR_EIO))
            ledgerd_give_up(call->ledgerd, "cannot make a block", &call->error);
        return false;
    }
    ledgerd_block_made(call->ledgerd);
    statesync_block_made(call->order->statesync);
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_COMMIT, &body);
    return true;
}

static bool answer_one(struct call *call)
{
    static const struct {
        Quorate__Abci__AbciRequest__ValueCase value;
        bool (*answer)(struct call *call);
    } methods[] = {
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_ECHO, echo},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_FLUSH, flush},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_INFO, info},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_INIT_CHAIN, init_chain},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_QUERY, query},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_CHECK_TX, check_tx},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_COMMIT, commit},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_LIST_SNAPSHOTS, statesync_list},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_OFFER_SNAPSHOT, statesync_offer},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_LOAD_SNAPSHOT_CHUNK, statesync_load},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_APPLY_SNAPSHOT_CHUNK, statesync_apply},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_PREPARE_PROPOSAL, prepare_proposal},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_PROCESS_PROPOSAL, process_proposal},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_EXTEND_VOTE, extend_vote},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_VERIFY_VOTE_EXTENSION, verify_vote_extension},
        {QUORATE__ABCI__ABCI_REQUEST__VALUE_FINALIZE_BLOCK, finalize_block},
    };
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (methods[i].value == call->request->value_case)
            return methods[i].answer(call);
    qr_fail(&call->error, QR_EUNSUPPORTED, "an unknown ABCI request");
    return false;
}

/* The checks of all transactions that come to the mempool together are made side by side. */
static void prepare_checks(struct order *order, Request *const *requests, size_t n)
{
    QR_CLEANUP(qr_freep) struct qr_span *spans = qr_alloc(n, sizeof *spans);
    size_t filled = 0;
    for (size_t i = 0; i < n; i++)
        if (requests[i]->value_case == QUORATE__ABCI__ABCI_REQUEST__VALUE_CHECK_TX)
            spans[filled++] = (struct qr_span){.bytes = requests[i]->check_tx->tx.data, .size = requests[i]->check_tx->tx.len};
    if (filled > 1)
        qr_cometbft_prepare_all(order->comet, spans, filled);
}

static bool answer(void *context, struct abci_connection *connection, Request *const *requests, size_t n,
                   struct qr_buffer *out)
{
    struct ledgerd *ledgerd = context;
    struct order *order = ledgerd->order;
    *order->requests += (int64_t)n;
    prepare_checks(order, requests, n);
    for (size_t i = 0; i < n; i++) {
        struct call call = {.ledgerd = ledgerd,
                            .order = order,
                            .connection = connection,
                            .request = requests[i],
                            .response = QUORATE__ABCI__ABCI_RESPONSE__INIT,
                            .out = out};
        if (answer_one(&call))
            continue;
        Quorate__Abci__ResponseException body = QUORATE__ABCI__RESPONSE_EXCEPTION__INIT;
        body.error = call.error.text;
        cometbft_respond(&call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_EXCEPTION, &body);
        qr_log_error("CometBFT is refused", &call.error);
        return false;
    }
    return true;
}

static void closed(void *context, struct abci_connection *connection)
{
    struct ledgerd *ledgerd = context;
    struct order *order = ledgerd->order;
    if (order->finalizing != connection)
        return;
    order->finalizing = NULL;
    qr_cometbft_abandon(order->comet);
}

void cometbft_restart(struct ledgerd *ledgerd)
{
    struct order *order = ledgerd->order;
    struct qr_cometbft_setup setup = {
        .app = qr_node_app(ledgerd->node),
        .chain = ledgerd->chain,
        .workers = ledgerd->workers,
        .answer = ledgerd_submission_answered,
        .context = ledgerd,
    };
    qr_cometbft_free(order->comet);
    order->comet = qr_cometbft_new(&setup);
}

static int start(struct ledgerd *ledgerd, struct qr_error *error)
{
    static const struct abci_calls calls = {.answer = answer, .closed = closed};
    struct order *order = qr_alloc(1, sizeof *order);
    char abci[QR_SOCKET_PATH_MAX], rpc[QR_SOCKET_PATH_MAX];
    const struct qr_run_folder *folder = qr_daemon_folder(ledgerd->daemon);
    ledgerd->order = order;
    cometbft_restart(ledgerd);
    order->statesync = statesync_new(ledgerd);
    order->rpc = qr_rpc_new(qr_run_folder_rpc(folder, rpc));
    order->connected = true; /* so that the first settle says what is missing */
    order->requests =
        qr_daemon_metric(ledgerd->daemon, "quorate_ledgerd_abci_requests_total", "ABCI requests answered since the start.");
    return abci_server_start(ledgerd->daemon, qr_run_folder_abci(folder, abci),
                             qr_config_text(qr_daemon_config(ledgerd->daemon), "ledgerd", "abci"), &calls, ledgerd,
                             &order->server, error);
}

static void stop(struct ledgerd *ledgerd)
{
    struct order *order = ledgerd->order;
    abci_server_stop(order->server);
    statesync_free(order->statesync);
    qr_cometbft_free(order->comet);
    qr_rpc_free(order->rpc);
    free(order);
}

const struct ledgerd_engine ledgerd_cometbft = {
    .name = "cometbft", .start = start, .submit = submit, .settle = settle, .stop = stop};
