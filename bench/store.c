/* How a ledger grows: `bench/store [DECISIONS [FOLDER]]` makes a real store, 10^6 decisions unless told otherwise, through signed
 * batches that the state machine recomputes, 8,192 decisions a block, and stops at every power of ten to measure: the disk by table,
 * decisions a second just before, one client's commits, receipts, the start of quorate-ledgerd (from PATH) on it and its memory.
 * 10^7 decisions take a few GB in FOLDER (/tmp) and some minutes. */
#include "bench/rig.h"

#include "common/clock.h"
#include "common/file.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

extern char **environ;

enum { BLOCK_BATCHES = 16, BLOCK_DECISIONS = BLOCK_BATCHES * RIG_BATCH, COMMITS = 1000, RECEIPTS = 2000, COLD = 300, TAIL = 65536 };

struct growth {
    struct rig rig;
    struct rig_vote vote;
    uint64_t decisions;
    unsigned ballots;
    double tail_seconds; /* of the last tenth, at least of the last TAIL */
    double tail_processor;
    uint64_t tail_decisions;
};

static void record_block(struct growth *growth, uint64_t target)
{
    struct qr_buffer batches[BLOCK_BATCHES] = {{0}};
    uint64_t rest = target - growth->decisions;
    size_t n = rest >= BLOCK_DECISIONS ? BLOCK_BATCHES : 1;
    size_t decisions = rest >= BLOCK_DECISIONS || rest > RIG_BATCH ? RIG_BATCH : (size_t)rest;
    rig_sign_batches(&growth->rig, n, decisions, batches);
    double processor = rig_processor();
    int64_t start = qr_clock_monotonic();
    for (size_t i = 0; i < n; i++)
        rig_queue(&growth->rig, &batches[i]);
    rig_cut(&growth->rig);
    if (rest <= (target / 10 > TAIL ? target / 10 : TAIL)) {
        growth->tail_seconds += rig_seconds(start);
        growth->tail_processor += rig_processor() - processor;
        growth->tail_decisions += n * decisions;
    }
    growth->decisions += n * decisions;
    rig_drop(batches, n);
}

static void grow_to(struct growth *growth, uint64_t target)
{
    growth->tail_seconds = growth->tail_processor = 0;
    growth->tail_decisions = 0;
    while (growth->decisions < target)
        record_block(growth, target);
}

/* ---- What is on the disk ---- */

static double mib(int64_t bytes)
{
    return (double)bytes / (1 << 20);
}

static void print_tables(const struct growth *growth)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *sizes = NULL;
    struct stat facts;
    if (stat(growth->rig.path, &facts) == 0)
        printf("  disk               %10.1f MiB, %.0f bytes a decision\n", mib(facts.st_size),
               (double)facts.st_size / (double)growth->decisions);
    if (sqlite3_open_v2(growth->rig.path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, "SELECT name, pgsize, payload FROM dbstat WHERE aggregate = TRUE ORDER BY pgsize DESC", -1,
                           &sizes, NULL) == SQLITE_OK)
        while (sqlite3_step(sizes) == SQLITE_ROW && sqlite3_column_int64(sizes, 1) * 1000 > facts.st_size)
            printf("    %-16s %10.1f MiB, %3.0f %% of it filled\n", (const char *)sqlite3_column_text(sizes, 0),
                   mib(sqlite3_column_int64(sizes, 1)),
                   100.0 * (double)sqlite3_column_int64(sizes, 2) / (double)sqlite3_column_int64(sizes, 1));
    sqlite3_finalize(sizes);
    sqlite3_close(db);
}

/* ---- The daemon on it ---- */

static long resident_kib(pid_t process)
{
    char path[64], line[128];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)process);
    FILE *status = fopen(path, "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtol(line + 6, NULL, 10);
    if (status)
        fclose(status);
    return kib;
}

/* Reads the daemon's log until it says that it is ready. */
static bool wait_ready(int log)
{
    enum { PATIENCE_MS = 600000 };
    char text[4096];
    size_t n = 0;
    struct pollfd poller = {.fd = log, .events = POLLIN};
    while (n + 1 < sizeof text && poll(&poller, 1, PATIENCE_MS) == 1) {
        ssize_t got = read(log, text + n, sizeof text - 1 - n);
        if (got <= 0)
            break;
        n += (size_t)got;
        text[n] = 0;
        if (strstr(text, "ready, version"))
            return true;
    }
    fprintf(stderr, "%.*s", (int)n, text);
    return false;
}

static void print_start(const struct growth *growth)
{
    char program[] = "quorate-ledgerd", home[] = "--home";
    char *arguments[] = {program, home, (char *)(uintptr_t)growth->rig.folder, NULL};
    posix_spawn_file_actions_t actions;
    pid_t process;
    int ends[2];
    if (pipe(ends) != 0)
        exit(EXIT_FAILURE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
    posix_spawn_file_actions_addclose(&actions, ends[0]);
    int64_t start = qr_clock_monotonic();
    int status = posix_spawnp(&process, program, &actions, NULL, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (status != 0) {
        printf("  start of ledgerd   skipped: quorate-ledgerd is not on PATH\n");
    } else {
        bool ready = wait_ready(ends[0]);
        double seconds = rig_seconds(start);
        if (ready)
            printf("  start of ledgerd   %10.0f ms, then %.1f MiB resident\n", seconds * 1e3,
                   (double)resident_kib(process) / 1024);
        kill(process, SIGTERM);
        waitpid(process, &status, 0);
        if (!ready)
            exit(EXIT_FAILURE);
    }
    close(ends[0]);
}

/* ---- One size ---- */

static void print_times(const char *what, struct rig_times *times)
{
    printf("  %-18s %10" PRId64 " us p50 %8" PRId64 " us p99 %8" PRId64 " us most\n", what, rig_times_at(times, 500),
           rig_times_at(times, 990), rig_times_at(times, 1000));
    rig_times_done(times);
}

static void print_receipts(struct growth *growth, size_t n, const char *made_as, const char *verified_as)
{
    struct rig_times made, verified;
    rig_receipt_latency(&growth->rig, n, &made, &verified);
    print_times(made_as, &made);
    if (verified_as)
        print_times(verified_as, &verified);
    else
        rig_times_done(&verified);
}

/* Throws the file out of the system's cache, as after a reboot. */
static void cool(const struct growth *growth)
{
    int file = open(growth->rig.path, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fdatasync(file) != 0 || posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) != 0)
        exit(EXIT_FAILURE);
    close(file);
}

static void measure(struct growth *growth)
{
    struct rig *rig = &growth->rig;
    struct rig_times commits, syncs;
    printf("%" PRIu64 " decisions, %" PRIu64 " leaves, height %" PRIu64 "\n", growth->decisions,
           qr_chain_head(rig->chain)->log_size, qr_chain_head(rig->chain)->height);
    printf("  recorded           %10.0f decisions/s, the last %" PRIu64 ", %.1f us of processor each\n",
           (double)growth->tail_decisions / growth->tail_seconds, growth->tail_decisions,
           growth->tail_processor * 1e6 / (double)growth->tail_decisions);
    rig_commit_latency(rig, &growth->vote, growth->ballots, COMMITS, &commits, &syncs);
    growth->ballots += COMMITS;
    print_times("one client", &commits);
    print_times("  one synced write", &syncs);
    print_receipts(growth, RECEIPTS, "receipt made", "receipt verified");
    printf("  this process       %10.1f MiB resident\n", (double)resident_kib(getpid()) / 1024);
    rig_close(rig);
    print_tables(growth);
    print_start(growth);
    cool(growth);
    rig_open(rig);
    print_receipts(growth, COLD, "made from the disk", NULL);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    QR_CLEANUP(qr_freep) struct growth *growth = qr_alloc(1, sizeof *growth);
    uint64_t most = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
    if (most < 10000) {
        fprintf(stderr, "usage: bench/store [DECISIONS [FOLDER]], at least 10000\n");
        return EXIT_FAILURE;
    }
    rig_init(&growth->rig, argc > 2 ? argv[2] : "/tmp");
    rig_open(&growth->rig);
    growth->vote = rig_open_vote(&growth->rig);
    for (uint64_t size = 10000; size < most; size *= 10) {
        grow_to(growth, size);
        measure(growth);
    }
    grow_to(growth, most);
    measure(growth);
    rig_close(&growth->rig);
    rig_done(&growth->rig);
    return EXIT_SUCCESS;
}
