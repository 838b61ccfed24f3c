/* State-sync: `bench/snapshot [DECISIONS [FOLDER]]` makes a real ledger, 10^6 decisions unless told otherwise, then its
 * snapshot, and restores another store from that: what each takes, beside executing the history again (an audit) and
 * one pass of SHA-256 over the chunks. */
#include "bench/rig.h"

#include "common/clock.h"
#include "node/restore.h"

#include <sys/resource.h>
#include <sys/stat.h>

enum { BLOCK_BATCHES = 16 };

static void grow(struct rig *rig, uint64_t decisions)
{
    for (uint64_t done = 0; done < decisions; done += BLOCK_BATCHES * RIG_BATCH) {
        struct qr_buffer batches[BLOCK_BATCHES] = {{0}};
        rig_sign_batches(rig, BLOCK_BATCHES, RIG_BATCH, batches);
        for (size_t i = 0; i < BLOCK_BATCHES; i++)
            rig_queue(rig, &batches[i]);
        rig_cut(rig);
        rig_drop(batches, BLOCK_BATCHES);
    }
}

static void print(const char *what, double seconds, double decisions)
{
    printf("  %-34s %8.3f s %8.2f us a decision, %9.0f decisions/s\n", what, seconds, seconds * 1e6 / decisions,
           decisions / seconds);
    fflush(stdout);
}

/* On the thread that owns the state, then in a worker's. */
static void make(struct rig *rig, const char *folder, double decisions)
{
    struct qr_error error;
    int64_t start = qr_clock_monotonic();
    struct qr_snapshot_draft *draft =
        qr_snapshot_begin(qr_node_state(rig->node), qr_chain_head(rig->chain), qr_node_genesis(rig->node));
    double begun = rig_seconds(start);
    if (!draft)
        exit(EXIT_FAILURE);
    printf("  %-34s %8.2f ms\n", "the state copied, in the loop", begun * 1e3);
    start = qr_clock_monotonic();
    rig_need(qr_snapshot_write(draft, rig->path, folder, &error), &error);
    print("the rest written, in a worker", rig_seconds(start), decisions);
    qr_snapshot_draft_free(draft);
}

struct restoring {
    const char *folder;
    struct qr_snapshot snapshot;
    struct qr_restore *restore; /* NULL: chunks are only read and hashed */
    uint64_t bytes;
};

static double take_chunks(struct restoring *restoring)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer chunk = {0};
    struct qr_error error;
    bool done = false;
    int64_t start = qr_clock_monotonic();
    restoring->bytes = 0;
    for (uint32_t i = 0; i < restoring->snapshot.chunks; i++) {
        qr_buffer_clear(&chunk);
        rig_need(qr_snapshot_chunk(restoring->folder, restoring->snapshot.height, i, &chunk, &error), &error);
        if (restoring->restore)
            rig_need(qr_restore_chunk(restoring->restore, i, chunk.data, chunk.size, &done, &error), &error);
        restoring->bytes += chunk.size;
    }
    return rig_seconds(start);
}

static void restore(struct rig *rig, const char *folder, const char *path, double decisions)
{
    struct restoring restoring = {.folder = folder};
    struct qr_restore_setup setup = {
        .genesis = {rig->genesis.data, rig->genesis.size}, .path = path, .key = rig->node_key};
    struct qr_error error;
    struct rusage usage;
    size_t n = 0;
    rig_need(qr_snapshot_list(folder, &restoring.snapshot, 1, &n, &error), &error);
    if (n == 0)
        exit(EXIT_FAILURE);
    double read = take_chunks(&restoring);
    printf("  %-34s %8.1f MiB, %.0f bytes a decision, %" PRIu32 " chunks\n", "snapshot",
           (double)restoring.bytes / (1 << 20), (double)restoring.bytes / decisions, restoring.snapshot.chunks);
    print("chunks read and hashed once", read, decisions);
    rig_need(
        qr_restore_begin(&setup, &restoring.snapshot, &qr_chain_head(rig->chain)->app_hash, &restoring.restore, &error),
        &error);
    print("restored, reading included", take_chunks(&restoring), decisions);
    qr_restore_free(restoring.restore);
    qr_snapshot_done(&restoring.snapshot);
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        printf("  %-34s %8.1f MiB, growing the ledger included\n", "most memory of this process",
               (double)usage.ru_maxrss / 1024);
}

static void audit(const char *what, const char *path, double decisions)
{
    struct qr_store *store = NULL;
    struct qr_audit result;
    struct qr_error error;
    rig_need(qr_store_open_read(path, &store, &error), &error);
    int64_t start = qr_clock_monotonic();
    rig_need(qr_audit_store(store, NULL, NULL, &result, &error), &error);
    print(what, rig_seconds(start), decisions);
    qr_store_close(store);
}

int main(int argc, char **argv)
{
    struct rig *rig = qr_alloc(1, sizeof *rig);
    uint64_t decisions = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    char folder[400], path[400], file[500];
    rig_init(rig, argc > 2 ? argv[2] : "/tmp");
    rig_open(rig);
    grow(rig, decisions);
    decisions = qr_node_counts(rig->node).decisions;
    snprintf(folder, sizeof folder, "%s/snapshots", rig->folder);
    snprintf(path, sizeof path, "%s/restored.db", rig->folder);
    printf("%" PRIu64 " decisions, height %" PRIu64 "\n", decisions, qr_chain_head(rig->chain)->height);
    make(rig, folder, (double)decisions);
    restore(rig, folder, path, (double)decisions);
    audit("executed again, an audit of it", path, (double)decisions);
    snprintf(file, sizeof file, "%s/%" PRIu64 ".qrs", folder, qr_chain_head(rig->chain)->height);
    unlink(file);
    rmdir(folder);
    rig_remove_store(path);
    rig_close(rig);
    rig_done(rig);
    free(rig);
    return EXIT_SUCCESS;
}
