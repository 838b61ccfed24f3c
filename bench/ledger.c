/* What the engine solo does on this machine, durably, through the real state machine and a real SQLite file, beside the floors
 * that bound it: one Ed25519 check, one synced write. Then what a follower does with the same blocks, in a store of its own, and an
 * audit. `bench/ledger [FOLDER]` leaves nothing behind. */
#include "bench/rig.h"

#include "common/clock.h"
#include "node/replay.h"

enum { BALLOTS = 100000, BATCHES = 640, QUEUE = 8192, BATCHES_A_BLOCK = 16, LATENCIES = 1000, RECEIPTS = 2000 };

/* What was recorded, for those that execute it again: rates of the live ledger and the heights that it was made at. */
struct live {
    const char *what;
    uint64_t items;
    double rate;
    double processor_us; /* of processor time for each, which other load on the machine hardly changes */
    uint64_t first, last;
};

static void verify_one(void *context, size_t i)
{
    const struct qr_buffer *ballots = context;
    struct qr_transaction transaction;
    if (qr_transaction_read(ballots[i].data, ballots[i].size, &transaction, NULL) != 0 ||
        qr_transaction_verify(&transaction, "bench", NULL) != 0)
        exit(EXIT_FAILURE);
}

/* Checks a second: of one thread, then of all. */
static void measure_checks(struct rig *rig, struct qr_buffer *ballots, double *ret_one, double *ret_all)
{
    int64_t start = qr_clock_monotonic();
    for (size_t i = 0; i < BALLOTS / 8; i++)
        verify_one(ballots, i);
    *ret_one = BALLOTS / 8 / rig_seconds(start);
    start = qr_clock_monotonic();
    qr_workers_run(rig->workers, BALLOTS / 4, verify_one, ballots);
    *ret_all = BALLOTS / 4 / rig_seconds(start);
}

static void record(struct rig *rig, const struct qr_buffer *transactions, size_t n, size_t a_block, struct live *live)
{
    double processor = rig_processor();
    int64_t start = qr_clock_monotonic();
    live->first = qr_chain_head(rig->chain)->height + 1;
    for (size_t i = 0; i < n; i++) {
        rig_queue(rig, &transactions[i]);
        if (qr_solo_waiting(rig->solo) == a_block)
            rig_cut(rig);
    }
    while (qr_solo_waiting(rig->solo))
        rig_cut(rig);
    live->rate = (double)live->items / rig_seconds(start);
    live->processor_us = (rig_processor() - processor) * 1e6 / (double)live->items;
    live->last = qr_chain_head(rig->chain)->height;
}

static struct live measure_ballots(struct rig *rig, const struct rig_vote *vote)
{
    struct live live = {.what = "member transactions", .items = BALLOTS};
    struct qr_buffer *ballots = qr_alloc(BALLOTS, sizeof *ballots);
    double one, all;
    for (unsigned i = 0; i < BALLOTS; i++)
        rig_sign_ballot(rig, vote, i, &ballots[i]);
    measure_checks(rig, ballots, &one, &all);
    record(rig, ballots, BALLOTS, QUEUE, &live);
    printf("signed member transactions (ballots), durable   %10.0f /s, %.1f us of processor each\n", live.rate,
           live.processor_us);
    printf("  floor: Ed25519 checks alone, 1 thread          %10.0f /s\n", one);
    printf("  floor: Ed25519 checks alone, %u threads         %10.0f /s  (%.0f %%)\n", qr_workers_count(rig->workers), all,
           100 * live.rate / all);
    rig_drop(ballots, BALLOTS);
    free(ballots);
    return live;
}

static void measure_commits(struct rig *rig, const struct rig_vote *vote)
{
    struct rig_times commits, syncs;
    rig_commit_latency(rig, vote, BALLOTS, LATENCIES, &commits, &syncs);
    printf("one client, commit of one transaction            %6" PRId64 " us p50 %6" PRId64 " us p99\n",
           rig_times_at(&commits, 500), rig_times_at(&commits, 990));
    printf("  floor: one synced write of 8 KiB               %6" PRId64 " us p50 %6" PRId64 " us p99  (%.1f, %.1f times)\n",
           rig_times_at(&syncs, 500), rig_times_at(&syncs, 990),
           (double)rig_times_at(&commits, 500) / (double)rig_times_at(&syncs, 500),
           (double)rig_times_at(&commits, 990) / (double)rig_times_at(&syncs, 990));
    rig_times_done(&commits);
    rig_times_done(&syncs);
}

struct recomputing {
    struct rig *rig;
    struct qr_buffer *batches;
};

static void recompute_one(void *context, size_t i)
{
    const struct recomputing *recomputing = context;
    const struct rig *rig = recomputing->rig;
    QR_CLEANUP(qr_batch_done) struct qr_batch batch = {.n = 0};
    QR_CLEANUP(qr_leaves_done) struct qr_leaves leaves = {.n = 0};
    struct qr_transaction transaction;
    struct qr_error error = {0};
    rig_need(qr_transaction_read(recomputing->batches[i].data, recomputing->batches[i].size, &transaction, &error),
             &error);
    rig_need(qr_batch_decode(transaction.payload.bytes, transaction.payload.size, &batch, &error), &error);
    rig_need(qr_batch_leaves(&batch, rig->explainer, &rig->rules, &leaves, &error), &error);
}

static struct live measure_decisions(struct rig *rig)
{
    struct live live = {.what = "decisions", .items = BATCHES * RIG_BATCH};
    struct qr_buffer *batches = qr_alloc(BATCHES, sizeof *batches);
    size_t sent = 0;
    rig_sign_batches(rig, BATCHES, RIG_BATCH, batches);
    for (unsigned i = 0; i < BATCHES; i++)
        sent += batches[i].size;
    struct recomputing recomputing = {.rig = rig, .batches = batches};
    int64_t start = qr_clock_monotonic();
    qr_workers_run(rig->workers, BATCHES / 4, recompute_one, &recomputing);
    double floor = BATCHES / 4 * RIG_BATCH / rig_seconds(start);
    record(rig, batches, BATCHES, BATCHES_A_BLOCK, &live);
    printf("decisions recomputed and recorded, durable       %10.0f /s, %.1f us of processor each, %zu bytes on the wire\n",
           live.rate, live.processor_us, sent / (BATCHES * RIG_BATCH));
    printf("  floor: recomputing them alone, %u threads       %10.0f /s  (%.0f %%)\n", qr_workers_count(rig->workers),
           floor, 100 * live.rate / floor);
    rig_drop(batches, BATCHES);
    free(batches);
    return live;
}

static void measure_receipts(struct rig *rig)
{
    struct rig_times made, verified;
    rig_receipt_latency(rig, RECEIPTS, &made, &verified);
    printf("receipt, by its id, in a log of %" PRIu64 " leaves\n", qr_chain_head(rig->chain)->log_size);
    printf("  made                                           %6" PRId64 " us p50 %6" PRId64 " us p99\n",
           rig_times_at(&made, 500), rig_times_at(&made, 990));
    printf("  verified                                       %6" PRId64 " us p50 %6" PRId64 " us p99\n",
           rig_times_at(&verified, 500), rig_times_at(&verified, 990));
    rig_times_done(&made);
    rig_times_done(&verified);
}

/* ---- A follower ---- */

struct follower {
    struct rig rig; /* store, node, log and chain of its own; the rest is the leader's */
    struct qr_replay *replay;
};

/* A leader's block, as a follower would have got it. */
struct got {
    struct qr_buffer bytes;
    struct qr_block block;
};

static void get(struct qr_store *leader, uint64_t height, struct got *got)
{
    struct qr_error error = {0};
    qr_block_done(&got->block);
    qr_buffer_clear(&got->bytes);
    rig_need(qr_store_block(leader, height, &got->bytes, &error), &error);
    rig_need(qr_block_read(got->bytes.data, got->bytes.size, &got->block, &error), &error);
}

static void follow(struct follower *follower, struct qr_store *leader, uint64_t first, uint64_t last)
{
    struct got got[2] = {{.block = {.n = 0}}};
    struct qr_error error = {0};
    if (first <= last)
        get(leader, first, &got[first % 2]);
    for (uint64_t height = first; height <= last; height++) {
        struct got *next = height < last ? &got[(height + 1) % 2] : NULL;
        if (next)
            get(leader, height + 1, next);
        rig_need(qr_replay_block(follower->replay, &got[height % 2].block, next ? &next->block : NULL, &error), &error);
        rig_need(qr_replay_next(follower->replay, &error), &error);
    }
    for (size_t i = 0; i < 2; i++) {
        qr_block_done(&got[i].block);
        qr_buffer_done(&got[i].bytes);
    }
}

static void measure_follower(struct rig *rig, const struct live *lives, size_t n)
{
    QR_CLEANUP(qr_freep) struct follower *follower = qr_alloc(1, sizeof *follower);
    uint64_t height = 1;
    follower->rig = *rig;
    snprintf(follower->rig.path, sizeof follower->rig.path, "%s/follower.db", rig->folder);
    rig_open(&follower->rig);
    follower->replay = qr_replay_on(follower->rig.node, follower->rig.chain, follower->rig.log, rig->workers);
    for (size_t i = 0; i < n; i++) {
        follow(follower, rig->store, height, lives[i].first - 1);
        double processor = rig_processor();
        int64_t start = qr_clock_monotonic();
        follow(follower, rig->store, lives[i].first, lives[i].last);
        double rate = (double)lives[i].items / rig_seconds(start);
        printf("a follower catches up, its own store and key     %10.0f %s/s, %.1f us of processor each (%.1f times live)\n",
               rate, lives[i].what, (rig_processor() - processor) * 1e6 / (double)lives[i].items, rate / lives[i].rate);
        height = lives[i].last + 1;
    }
    qr_replay_free(follower->replay);
    rig_close(&follower->rig);
    rig_remove_store(follower->rig.path);
}

/* When the audit was done with each height that a kind of live transactions ended at. */
struct auditing {
    uint64_t first, last;
    int64_t began, ended;
};

static void see_height(void *context, uint64_t height)
{
    struct auditing *auditing = context;
    if (height + 1 == auditing->first)
        auditing->began = qr_clock_monotonic();
    if (height == auditing->last)
        auditing->ended = qr_clock_monotonic();
}

static void measure_audit(struct rig *rig, const struct live *decisions)
{
    QR_CLEANUP(qr_store_closep) struct qr_store *store = NULL;
    struct auditing auditing = {.first = decisions->first, .last = decisions->last};
    struct qr_audit audit;
    struct qr_error error = {0};
    rig_need(qr_store_open_read(rig->path, &store, &error), &error);
    double processor = rig_processor();
    int64_t start = qr_clock_monotonic();
    rig_need(qr_audit_store(store, see_height, &auditing, &audit, &error), &error);
    printf("audit of %" PRIu64 " decisions and %" PRIu64 " other transactions: %.2f s, %.2f s of processor\n", audit.decisions,
           audit.transactions - BATCHES, rig_seconds(start), rig_processor() - processor);
    printf("  of its blocks of decisions                     %10.0f /s\n",
           (double)audit.decisions * 1e6 / (double)(auditing.ended - auditing.began));
}

int main(int argc, char **argv)
{
    QR_CLEANUP(qr_freep) struct rig *rig = qr_alloc(1, sizeof *rig);
    struct live lives[2];
    rig_init(rig, argc > 1 ? argv[1] : "/tmp");
    rig_open(rig);
    struct rig_vote vote = rig_open_vote(rig);
    lives[0] = measure_ballots(rig, &vote);
    measure_commits(rig, &vote);
    lives[1] = measure_decisions(rig);
    measure_receipts(rig);
    measure_follower(rig, lives, 2);
    measure_audit(rig, &lives[1]);
    rig_close(rig);
    rig_done(rig);
    return EXIT_SUCCESS;
}
