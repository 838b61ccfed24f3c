#include "services/priced/stream.h"

#include "common/clock.h"
#include "common/file.h"
#include "services/priced/batch.h"
#include "services/priced/journal.h"
#include "xai/decision.h"

enum {
    LANES = 4,
    BATCH_DECISIONS_MAX = 2048, /* of a batch that waits behind others */
    BATCHES_AHEAD = 4,          /* cut and not recorded, from which on batches become larger */
    RETRY_MS = 200,
    SUBMIT_TIMEOUT_MS = 10000,
    COMPACT_BYTES = 64 << 20,
    ID_KEPT = 16
};

/* Open decisions of one mandate. */
struct lane {
    struct qr_hash mandate;
    uint64_t as_of;
    struct qr_leaves open;
    int64_t oldest_us;
};

struct remembered {
    uint8_t id[ID_KEPT];
    uint64_t height;
    bool used;
};

struct stream {
    struct stream_options options;
    struct journal *journal;
    struct lane lanes[LANES];
    struct batch *first, *last; /* cut, in order of sequence */
    size_t batches;
    size_t pending;
    uint64_t sequence; /* the last one used */
    struct remembered *remembered;
    bool started, stopped, in_flight, timer_set;
    int64_t *recorded_metric, *batches_metric;
};

static void stop(struct stream *stream, const struct qr_error *error)
{
    if (stream->stopped)
        return;
    stream->stopped = true;
    stream->options.stopped(stream->options.context, error);
}

/* --- remembering --- */

static struct remembered *slot_of(const struct stream *stream, const struct qr_hash *id)
{
    uint32_t start;
    memcpy(&start, id->bytes, sizeof start); /* ids are hashes: any of their bits are as good as random */
    return &stream->remembered[start % STREAM_REMEMBERED];
}

void stream_remember(struct stream *stream, const struct qr_hash *id, uint64_t height)
{
    struct remembered *slot = slot_of(stream, id);
    memcpy(slot->id, id->bytes, ID_KEPT);
    slot->height = height;
    slot->used = true;
}

bool stream_height(const struct stream *stream, const struct qr_hash *id, uint64_t *ret_height)
{
    const struct remembered *slot = slot_of(stream, id);
    if (!slot->used || memcmp(slot->id, id->bytes, ID_KEPT) != 0)
        return false;
    *ret_height = slot->height;
    return true;
}

/* --- lanes --- */

static struct lane *lane_of(struct stream *stream, const struct qr_hash *mandate)
{
    struct lane *empty = NULL;
    for (size_t i = 0; i < LANES; i++) {
        struct lane *lane = &stream->lanes[i];
        if (lane->open.n == 0) {
            empty = lane;
        } else if (qr_hash_equal(&lane->mandate, mandate)) {
            return lane;
        }
    }
    if (empty != NULL)
        empty->mandate = *mandate;
    return empty;
}

static void gather(struct stream *stream, struct lane *lane, struct qr_span leaf, const struct qr_hash *id)
{
    if (lane->open.n == 0)
        lane->oldest_us = qr_clock_monotonic();
    qr_leaves_add_hashed(&lane->open, leaf.bytes, leaf.size, id);
    stream_remember(stream, id, 0);
    stream->pending++;
}

/* Takes the first n decisions of a lane as a batch. */
static struct batch *take(struct stream *stream, struct lane *lane, size_t n, uint64_t sequence, uint64_t as_of)
{
    struct batch *batch = qr_alloc(1, sizeof *batch);
    batch->sequence = sequence;
    batch->mandate = lane->mandate;
    batch->as_of = as_of;
    struct qr_leaves rest = {0};
    for (size_t i = n; i < lane->open.n; i++) {
        struct qr_span leaf = qr_leaves_get(&lane->open, i);
        qr_leaves_add_hashed(&rest, leaf.bytes, leaf.size, &lane->open.hashes[i]);
    }
    batch->leaves = lane->open;
    qr_leaves_cut(&batch->leaves, n);
    lane->open = rest;
    lane->oldest_us = qr_clock_monotonic();
    if (stream->last == NULL)
        stream->first = batch;
    else
        stream->last->next = batch;
    stream->last = batch;
    stream->batches++;
    stream->sequence = sequence > stream->sequence ? sequence : stream->sequence;
    return batch;
}

/* --- sealing and submitting --- */

static void submit_first(struct stream *stream);

static void sealed(void *task)
{
    struct batch *batch = task;
    struct stream *stream = batch->owner;
    if (batch->failed < 0) {
        qr_log_error("sealing a batch", &batch->error);
        stop(stream, &batch->error);
        return;
    }
    batch->sealed = true;
    submit_first(stream);
}

static void seal(struct stream *stream, struct batch *batch)
{
    struct qr_error error;
    batch->owner = stream;
    batch->chain_id = stream->options.chain_id;
    batch->key = stream->options.key;
    if (journal_descriptor(stream->journal, &batch->descriptor, &error) < 0) {
        stop(stream, &error);
        return;
    }
    qr_daemon_work(stream->options.daemon, batch_seal, sealed, batch);
}

static void retry(void *context)
{
    submit_first(context);
}

/* Live records alone, in the order that replays to this very state. */
static void rewrite(struct stream *stream)
{
    struct qr_error error;
    journal_rewrite(stream->journal);
    journal_recorded(stream->journal, stream->first != NULL ? stream->first->sequence - 1 : stream->sequence, 0);
    for (struct batch *batch = stream->first; batch != NULL; batch = batch->next) {
        for (size_t i = 0; i < batch->leaves.n; i++)
            journal_leaf(stream->journal, batch->as_of, qr_leaves_get(&batch->leaves, i));
        journal_batch(stream->journal, batch->sequence, &batch->mandate, batch->as_of, batch->leaves.n);
    }
    for (const struct lane *lane = stream->lanes; lane < stream->lanes + LANES; lane++) {
        for (size_t i = 0; i < lane->open.n; i++)
            journal_leaf(stream->journal, lane->as_of, qr_leaves_get(&lane->open, i));
    }
    if (journal_replace(stream->journal, &error) < 0) {
        qr_log_error("compacting the journal", &error);
        stop(stream, &error);
    }
}

static void compact_when_large(struct stream *stream)
{
    uint64_t live = 0;
    if (journal_size(stream->journal) < COMPACT_BYTES)
        return;
    for (struct batch *batch = stream->first; batch != NULL; batch = batch->next)
        live += batch->leaves.bytes.size;
    for (size_t i = 0; i < LANES; i++)
        live += stream->lanes[i].open.bytes.size;
    if (live < journal_size(stream->journal) / 4)
        rewrite(stream);
}

static void first_recorded(struct stream *stream, uint64_t height)
{
    struct batch *batch = stream->first;
    struct qr_error error;
    for (size_t i = 0; i < batch->leaves.n; i++)
        stream_remember(stream, &batch->leaves.hashes[i], height);
    stream->pending -= batch->leaves.n;
    *stream->recorded_metric += (int64_t)batch->leaves.n;
    *stream->batches_metric += 1;
    journal_recorded(stream->journal, batch->sequence, height);
    stream->first = batch->next;
    if (stream->first == NULL)
        stream->last = NULL;
    stream->batches--;
    batch_free(batch);
    if (journal_flush(stream->journal, &error) < 0)
        stop(stream, &error);
    else
        compact_when_large(stream);
}

/* Whether the ledger may take the batch when it is asked again. */
static bool passing(enum qr_code code)
{
    return code == QR_EUNREACHABLE || code == QR_ETIMEOUT || code == QR_EBUSY || code == QR_EIO ||
           code == QR_EDISK_FULL || code == QR_EMEMORY || code == QR_ELIMIT;
}

static void submitted(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct stream *stream = context;
    stream->in_flight = false;
    if (error == NULL) {
        first_recorded(stream, reply->ledger_submitted->height);
        qr_reply_free(reply);
        submit_first(stream);
    } else if (passing(error->code)) {
        qr_daemon_after(stream->options.daemon, RETRY_MS, retry, stream);
    } else {
        struct qr_error refused = *error;
        qr_prefix(&refused, "the ledger refused batch %" PRIu64, stream->first->sequence);
        qr_log_error("recording decisions", &refused);
        stop(stream, &refused);
    }
}

static void submit_first(struct stream *stream)
{
    struct batch *batch = stream->first;
    if (batch == NULL || !batch->sealed || stream->in_flight || stream->stopped)
        return;
    struct qr_error error;
    Quorate__LedgerSubmitRequest submit = QUORATE__LEDGER_SUBMIT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    submit.transactions = &batch->transaction.list;
    submit.n_transactions = 1;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_SUBMIT;
    request.ledger_submit = &submit;
    stream->in_flight = true;
    if (qr_client_send(qr_daemon_client(stream->options.daemon), QR_SERVICE_LEDGER, &request, SUBMIT_TIMEOUT_MS,
                       submitted, stream, &error) < 0) {
        stream->in_flight = false;
        qr_log_error("submitting a batch", &error);
        qr_daemon_after(stream->options.daemon, RETRY_MS, retry, stream);
    }
}

/* --- adding and cutting --- */

void stream_add(struct stream *stream, const struct qr_hash *mandate, uint64_t as_of, struct qr_span leaf,
                const struct qr_hash *id)
{
    struct lane *lane = lane_of(stream, mandate);
    if (lane == NULL)
        return; /* a fifth mandate at once: its booking comes back through `restore` */
    lane->as_of = as_of;
    journal_leaf(stream->journal, as_of, leaf);
    gather(stream, lane, leaf, id);
}

static bool due(const struct stream *stream, const struct lane *lane)
{
    size_t enough = stream->batches < BATCHES_AHEAD ? STREAM_BATCH_DECISIONS : BATCH_DECISIONS_MAX;
    bool old = qr_clock_monotonic() - lane->oldest_us >= STREAM_BATCH_MS * INT64_C(1000);
    return lane->open.n >= enough || (lane->open.n > 0 && old && stream->batches < BATCHES_AHEAD);
}

static struct batch *cut(struct stream *stream, struct lane *lane)
{
    size_t n = lane->open.n < BATCH_DECISIONS_MAX ? lane->open.n : BATCH_DECISIONS_MAX;
    struct batch *batch = take(stream, lane, n, stream->sequence + 1, lane->as_of);
    journal_batch(stream->journal, batch->sequence, &batch->mandate, batch->as_of, batch->leaves.n);
    return batch;
}

static void look_again(void *context)
{
    struct stream *stream = context;
    stream->timer_set = false; /* the loop settles after each timer */
}

int stream_settle(struct stream *stream, struct qr_error *error)
{
    struct batch *from = NULL;
    bool open = false;
    for (size_t i = 0; i < LANES && stream->started && !stream->stopped; i++) {
        while (due(stream, &stream->lanes[i])) {
            struct batch *batch = cut(stream, &stream->lanes[i]);
            from = from == NULL ? batch : from;
        }
        open = open || stream->lanes[i].open.n > 0;
    }
    int code = journal_flush(stream->journal, error);
    if (code < 0) {
        stop(stream, error);
        return code;
    }
    for (; from != NULL; from = from->next)
        seal(stream, from);
    if (open && !stream->timer_set) {
        stream->timer_set = true;
        qr_daemon_after(stream->options.daemon, STREAM_BATCH_MS, look_again, stream);
    }
    return 0;
}

size_t stream_pending(const struct stream *stream)
{
    return stream->pending;
}

/* --- finding --- */

static bool find_in(const struct qr_leaves *leaves, ProtobufCBinaryData prefix, struct qr_hash *ret_id,
                    struct qr_span *ret_leaf)
{
    for (size_t i = leaves->n; i > 0; i--) {
        if (memcmp(leaves->hashes[i - 1].bytes, prefix.data, prefix.len) != 0)
            continue;
        *ret_id = leaves->hashes[i - 1];
        *ret_leaf = qr_leaves_get(leaves, i - 1);
        return true;
    }
    return false;
}

int stream_find(const struct stream *stream, ProtobufCBinaryData prefix, struct qr_hash *ret_id,
                struct qr_span *ret_leaf, struct qr_error *error)
{
    for (size_t i = 0; i < LANES; i++) {
        if (find_in(&stream->lanes[i].open, prefix, ret_id, ret_leaf))
            return 0;
    }
    for (const struct batch *batch = stream->first; batch != NULL; batch = batch->next) {
        if (find_in(&batch->leaves, prefix, ret_id, ret_leaf))
            return 0;
    }
    return qr_fail(error, QR_ENOT_FOUND, "no pending decision has this id");
}

/* --- opening --- */

static void replay_leaf(void *context, uint64_t as_of, struct qr_span leaf)
{
    struct stream *stream = context;
    QR_CLEANUP(qr_freep) struct qr_decision *decision = qr_alloc(1, sizeof *decision);
    if (qr_decision_decode(leaf.bytes, leaf.size, decision, NULL) < 0)
        return;
    struct qr_hash id = qr_decision_id(leaf.bytes, leaf.size);
    struct lane *lane = lane_of(stream, &decision->mandate);
    if (lane == NULL)
        return;
    lane->as_of = as_of;
    gather(stream, lane, leaf, &id);
}

static void replay_batch(void *context, uint64_t sequence, const struct qr_hash *mandate, uint64_t as_of, size_t n)
{
    struct stream *stream = context;
    struct lane *lane = lane_of(stream, mandate);
    stream->sequence = sequence > stream->sequence ? sequence : stream->sequence;
    if (lane != NULL && n > 0 && n <= lane->open.n)
        take(stream, lane, n, sequence, as_of);
}

static void replay_recorded(void *context, uint64_t sequence, uint64_t height)
{
    struct stream *stream = context;
    struct batch *batch = stream->first;
    stream->sequence = sequence > stream->sequence ? sequence : stream->sequence;
    if (batch == NULL || batch->sequence != sequence)
        return;
    for (size_t i = 0; i < batch->leaves.n; i++)
        stream_remember(stream, &batch->leaves.hashes[i], height);
    stream->pending -= batch->leaves.n;
    stream->first = batch->next;
    stream->last = stream->first == NULL ? NULL : stream->last;
    stream->batches--;
    batch_free(batch);
}

int stream_open(const struct stream_options *options, struct stream **ret_stream, struct qr_error *error)
{
    static const struct journal_events events = {replay_leaf, replay_batch, replay_recorded};
    struct stream *stream = qr_alloc(1, sizeof *stream);
    stream->options = *options;
    stream->remembered = qr_alloc(STREAM_REMEMBERED, sizeof *stream->remembered);
    stream->recorded_metric =
        qr_daemon_metric(options->daemon, "quorate_priced_recorded_total", "Decisions that stand in a block");
    stream->batches_metric =
        qr_daemon_metric(options->daemon, "quorate_priced_batches_total", "Batches that stand in a block");
    QR_CLEANUP(qr_freep) char *path = qr_path_join(qr_daemon_home(options->daemon), "priced.db");
    int code = journal_open(path, &events, stream, &stream->journal, error);
    if (code < 0) {
        stream_close(stream);
        return code;
    }
    *ret_stream = stream;
    return 0;
}

void stream_close(struct stream *stream)
{
    if (stream == NULL)
        return;
    for (size_t i = 0; i < LANES; i++)
        qr_leaves_done(&stream->lanes[i].open);
    while (stream->first != NULL) {
        struct batch *next = stream->first->next;
        batch_free(stream->first);
        stream->first = next;
    }
    journal_close(stream->journal);
    free(stream->remembered);
    free(stream);
}

void stream_start(struct stream *stream, uint64_t last)
{
    if (last > stream->sequence) {
        qr_log(QR_LOG_WARNING,
               "the ledger has %" PRIu64 " batches, the journal knows %" PRIu64 ": an older journal, or none", last,
               stream->sequence);
        stream->sequence = last;
    }
    stream->started = true;
    for (struct batch *batch = stream->first; batch != NULL; batch = batch->next)
        seal(stream, batch);
}
