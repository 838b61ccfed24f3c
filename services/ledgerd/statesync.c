#include "common/file.h"
#include "node/restore.h"
#include "services/ledgerd/cometbft.h"
#include "wire/message.h"

/* State-sync (node/snapshot.h): every so many blocks a snapshot is written by a worker into HOME/snapshots; CometBFT lists and fetches
 * them for fresh nodes. On a fresh node CometBFT offers one and hands over its chunks; when the last one is in and all of it holds, the
 * ledger is opened anew at its height. */

struct writing {
    struct statesync *statesync;
    struct qr_snapshot_draft *draft;
    char *store;
    uint64_t height;
    int failed;
    struct qr_error error;
};

struct statesync {
    struct ledgerd *ledgerd;
    char *folder;
    uint64_t interval;
    uint64_t last; /* height of the last one made */
    struct writing *writing;
    struct qr_restore *restore;
};

struct statesync *statesync_new(struct ledgerd *ledgerd)
{
    struct statesync *statesync = qr_alloc(1, sizeof *statesync);
    struct qr_error error;
    statesync->ledgerd = ledgerd;
    statesync->folder = qr_path_join(qr_daemon_home(ledgerd->daemon), "snapshots");
    statesync->interval =
        (uint64_t)qr_config_integer(qr_daemon_config(ledgerd->daemon), "ledgerd", "snapshot_blocks");
    statesync->last = qr_chain_head(ledgerd->chain)->height;
    if (qr_snapshot_clean(statesync->folder, &error) != 0)
        qr_log_error("cannot clean up the snapshots", &error);
    return statesync;
}

void statesync_free(struct statesync *statesync)
{
    if (!statesync)
        return;
    qr_restore_free(statesync->restore);
    free(statesync->folder);
    free(statesync);
}

/* ---- Making them ---- */

static void write_work(void *task)
{
    struct writing *writing = task;
    writing->failed =
        qr_snapshot_write(writing->draft, writing->store, writing->statesync->folder, &writing->error);
}

static void write_done(void *task)
{
    struct writing *writing = task;
    if (writing->failed)
        qr_log_error("no snapshot was made", &writing->error);
    else
        qr_log(QR_LOG_INFO, "made the snapshot of height %" PRIu64, writing->height);
    writing->statesync->writing = NULL;
    qr_snapshot_draft_free(writing->draft);
    free(writing->store);
    free(writing);
}

void statesync_block_made(struct statesync *statesync)
{
    struct ledgerd *ledgerd = statesync->ledgerd;
    const struct qr_header *head = qr_chain_head(ledgerd->chain);
    const struct qr_state *state = qr_node_state(ledgerd->node);
    if (statesync->writing || !qr_snapshot_due(state, head, statesync->interval, statesync->last))
        return;
    struct writing *writing = qr_alloc(1, sizeof *writing);
    writing->statesync = statesync;
    writing->draft = qr_snapshot_begin(state, head, qr_node_genesis(ledgerd->node));
    writing->store = qr_path_join(qr_daemon_home(ledgerd->daemon), "ledgerd.db");
    writing->height = head->height;
    statesync->last = head->height;
    statesync->writing = writing;
    qr_daemon_work(ledgerd->daemon, write_work, write_done, writing);
}

/* ---- Handing them out ---- */

bool statesync_list(struct call *call)
{
    Quorate__Abci__ResponseListSnapshots body = QUORATE__ABCI__RESPONSE_LIST_SNAPSHOTS__INIT;
    Quorate__Abci__Snapshot messages[QR_SNAPSHOTS_KEPT], *list[QR_SNAPSHOTS_KEPT];
    struct qr_snapshot snapshots[QR_SNAPSHOTS_KEPT];
    size_t n = 0;
    struct qr_error error;
    if (qr_snapshot_list(call->order->statesync->folder, snapshots, QR_SNAPSHOTS_KEPT, &n, &error) != 0)
        qr_log_error("cannot list the snapshots", &error);
    for (size_t i = 0; i < n; i++) {
        quorate__abci__snapshot__init(&messages[i]);
        messages[i].height = snapshots[i].height;
        messages[i].format = snapshots[i].format;
        messages[i].chunks = snapshots[i].chunks;
        messages[i].hash = qr_wire_hash(&snapshots[i].hash);
        messages[i].metadata = qr_wire_bytes(snapshots[i].metadata.data, snapshots[i].metadata.size);
        list[i] = &messages[i];
    }
    body.n_snapshots = n;
    body.snapshots = list;
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_LIST_SNAPSHOTS, &body);
    for (size_t i = 0; i < n; i++)
        qr_snapshot_done(&snapshots[i]);
    return true;
}

/* A chunk that is not there any more is answered empty, which its fetcher refuses. */
bool statesync_load(struct call *call)
{
    const Quorate__Abci__RequestLoadSnapshotChunk *request = call->request->load_snapshot_chunk;
    Quorate__Abci__ResponseLoadSnapshotChunk body = QUORATE__ABCI__RESPONSE_LOAD_SNAPSHOT_CHUNK__INIT;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer chunk = {0};
    struct qr_error error;
    if (request->format != QR_SNAPSHOT_FORMAT ||
        qr_snapshot_chunk(call->order->statesync->folder, request->height, request->chunk, &chunk, &error) != 0)
        qr_buffer_clear(&chunk);
    body.chunk = qr_wire_bytes(chunk.data, chunk.size);
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_LOAD_SNAPSHOT_CHUNK, &body);
    return true;
}

/* ---- Starting from one ---- */

static int begin_restore(struct call *call, struct qr_error *error)
{
    const Quorate__Abci__RequestOfferSnapshot *request = call->request->offer_snapshot;
    struct ledgerd *ledgerd = call->ledgerd;
    struct statesync *statesync = call->order->statesync;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer genesis = {0};
    QR_CLEANUP(qr_freep) char *path = qr_path_join(qr_daemon_home(ledgerd->daemon), "ledgerd.db");
    struct qr_hash app_hash;
    if (!request->snapshot)
        return qr_fail(error, QR_EFORMAT, "no snapshot was offered");
    struct qr_snapshot snapshot = {.height = request->snapshot->height,
                                   .format = request->snapshot->format,
                                   .chunks = request->snapshot->chunks,
                                   .metadata = {.data = request->snapshot->metadata.data,
                                                .size = request->snapshot->metadata.len}};
    int code = qr_hash_from_wire(request->snapshot->hash, "the snapshot's hash", &snapshot.hash, error);
    if (code == 0)
        code = qr_hash_from_wire(request->app_hash, "the application hash", &app_hash, error);
    if (code == 0)
        code = qr_store_genesis(ledgerd->store, &genesis, error);
    if (code)
        return code;
    struct qr_restore_setup setup = {
        .genesis = {genesis.data, genesis.size}, .path = path, .key = ledgerd->key};
    qr_restore_free(statesync->restore);
    statesync->restore = NULL;
    return qr_restore_begin(&setup, &snapshot, &app_hash, &statesync->restore, error);
}

/* CometBFT would wait for ever after an ABORT. A ledgerd whose store fails ends as after any other failed write: its supervisor says why, and
 * both begin anew. */
static bool store_failed(struct call *call, int code, const struct qr_error *error)
{
    if (code == 0 || qr_code_exit_status(code) != qr_code_exit_status(QR_EIO))
        return false;
    call->error = *error;
    ledgerd_give_up(call->ledgerd, "cannot keep the snapshot", error);
    return true;
}

bool statesync_offer(struct call *call)
{
    Quorate__Abci__ResponseOfferSnapshot body = QUORATE__ABCI__RESPONSE_OFFER_SNAPSHOT__INIT;
    struct qr_error error = {.code = QR_OK};
    int code = begin_restore(call, &error);
    if (store_failed(call, code, &error))
        return false;
    switch (code) {
    case 0:
        body.result = QUORATE__ABCI__OFFER_SNAPSHOT_RESULT__OFFER_ACCEPT;
        break;
    case QR_EUNSUPPORTED:
        body.result = QUORATE__ABCI__OFFER_SNAPSHOT_RESULT__OFFER_REJECT_FORMAT;
        break;
    case QR_EFORMAT:
    case QR_ELIMIT:
    case QR_EMISMATCH:
        body.result = QUORATE__ABCI__OFFER_SNAPSHOT_RESULT__OFFER_REJECT;
        break;
    default:
        body.result = QUORATE__ABCI__OFFER_SNAPSHOT_RESULT__OFFER_ABORT;
    }
    if (error.code != QR_OK)
        qr_log_error("a snapshot is not taken", &error);
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_OFFER_SNAPSHOT, &body);
    return true;
}

/* The restored ledger takes the place of the empty one. */
static bool open_restored(struct call *call)
{
    struct ledgerd *ledgerd = call->ledgerd;
    struct statesync *statesync = call->order->statesync;
    qr_restore_free(statesync->restore);
    statesync->restore = NULL;
    qr_cometbft_free(call->order->comet);
    call->order->comet = NULL;
    ledgerd_close(ledgerd);
    int code = ledgerd_open(ledgerd, &call->error);
    if (code) {
        ledgerd_give_up(ledgerd, "the restored ledger cannot be opened", &call->error);
        return false;
    }
    cometbft_restart(ledgerd);
    statesync->last = qr_chain_head(ledgerd->chain)->height;
    ledgerd_block_made(ledgerd);
    return true;
}

bool statesync_apply(struct call *call)
{
    const Quorate__Abci__RequestApplySnapshotChunk *request = call->request->apply_snapshot_chunk;
    Quorate__Abci__ResponseApplySnapshotChunk body = QUORATE__ABCI__RESPONSE_APPLY_SNAPSHOT_CHUNK__INIT;
    struct statesync *statesync = call->order->statesync;
    struct qr_error error = {.code = QR_OK};
    uint32_t index = request->index;
    bool done = false;
    int code = statesync->restore ? qr_restore_chunk(statesync->restore, request->index, request->chunk.data,
                                                     request->chunk.len, &done, &error)
                                  : qr_fail(&error, QR_ESEQUENCE, "no snapshot is being restored");
    if (store_failed(call, code, &error))
        return false;
    switch (code) {
    case 0:
        body.result = QUORATE__ABCI__APPLY_SNAPSHOT_CHUNK_RESULT__APPLY_ACCEPT;
        break;
    case QR_EINPUT:
    case QR_EMISMATCH:
        body.result = QUORATE__ABCI__APPLY_SNAPSHOT_CHUNK_RESULT__APPLY_RETRY;
        body.n_refetch_chunks = 1;
        body.refetch_chunks = &index;
        body.n_reject_senders = request->sender[0] != 0;
        body.reject_senders = (char **)(uintptr_t)&request->sender;
        break;
    case QR_EINVALID:
        body.result = QUORATE__ABCI__APPLY_SNAPSHOT_CHUNK_RESULT__APPLY_REJECT_SNAPSHOT;
        break;
    default:
        body.result = QUORATE__ABCI__APPLY_SNAPSHOT_CHUNK_RESULT__APPLY_ABORT;
    }
    if (error.code != QR_OK)
        qr_log_error("a chunk of a snapshot is refused", &error);
    if (done && !open_restored(call))
        return false;
    cometbft_respond(call, QUORATE__ABCI__ABCI_RESPONSE__VALUE_APPLY_SNAPSHOT_CHUNK, &body);
    return true;
}
