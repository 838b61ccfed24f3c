#include "node/audit.h"
#include "tests/unit/node/stage.h"

#include <sqlite3.h>

/* Faults under the store. A VFS that stands over the real one counts every write and sync; at a chosen one it fails, writes
 * half, or reports success without writing, and from then on the disk is dead, as after a power cut. Whatever the step, the
 * next start either goes on to an audited ledger that holds all that was acknowledged, or says what is damaged. */

enum fault { FAULT_IO_ERROR, FAULT_TORN, FAULT_DROPPED, FAULT_FULL, FAULTS };

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    bool armed;
    long countdown; /* writes and syncs until the fault */
    long operations;
    enum fault fault;
    bool dead;
} disk;

struct file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

static sqlite3_file *real_of(sqlite3_file *file) { return ((struct file *)file)->real; }

/* Whether this operation is the one that goes wrong, or comes after it. */
static bool strikes(bool *ret_first)
{
    disk.operations++;
    *ret_first = false;
    if (disk.dead)
        return true;
    if (!disk.armed || disk.countdown-- > 0)
        return false;
    disk.dead = *ret_first = true;
    return true;
}

static int fault_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    bool first;
    if (!strikes(&first))
        return real_of(file)->pMethods->xWrite(real_of(file), bytes, size, at);
    if (first && disk.fault == FAULT_TORN)
        (void)real_of(file)->pMethods->xWrite(real_of(file), bytes, size / 2, at);
    if (disk.fault == FAULT_DROPPED)
        return SQLITE_OK; /* the write is lost, and nobody is told before the sync */
    return disk.fault == FAULT_FULL ? SQLITE_FULL : SQLITE_IOERR_WRITE;
}

static int fault_sync(sqlite3_file *file, int flags)
{
    bool first;
    return strikes(&first) ? SQLITE_IOERR_FSYNC : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int fault_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    bool first;
    return strikes(&first) ? SQLITE_IOERR_TRUNCATE : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

#define PASS(name, parameters, ...) \
    static int pass_##name parameters { return real_of(file)->pMethods->name(real_of(file), ##__VA_ARGS__); }
PASS(xRead, (sqlite3_file * file, void *bytes, int size, sqlite3_int64 at), bytes, size, at)
PASS(xFileSize, (sqlite3_file * file, sqlite3_int64 *size), size)
PASS(xLock, (sqlite3_file * file, int level), level)
PASS(xUnlock, (sqlite3_file * file, int level), level)
PASS(xCheckReservedLock, (sqlite3_file * file, int *result), result)
PASS(xFileControl, (sqlite3_file * file, int operation, void *argument), operation, argument)
PASS(xSectorSize, (sqlite3_file * file))
PASS(xDeviceCharacteristics, (sqlite3_file * file))
PASS(xShmMap, (sqlite3_file * file, int page, int size, int extend, void volatile **map), page, size, extend, map)
PASS(xShmLock, (sqlite3_file * file, int offset, int n, int flags), offset, n, flags)
PASS(xShmUnmap, (sqlite3_file * file, int delete), delete)

static void pass_barrier(sqlite3_file *file) { real_of(file)->pMethods->xShmBarrier(real_of(file)); }

static int pass_close(sqlite3_file *file)
{
    return real_of(file)->pMethods ? real_of(file)->pMethods->xClose(real_of(file)) : SQLITE_OK;
}

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = pass_close,
        .xRead = pass_xRead,
        .xWrite = fault_write,
        .xTruncate = fault_truncate,
        .xSync = fault_sync,
        .xFileSize = pass_xFileSize,
        .xLock = pass_xLock,
        .xUnlock = pass_xUnlock,
        .xCheckReservedLock = pass_xCheckReservedLock,
        .xFileControl = pass_xFileControl,
        .xSectorSize = pass_xSectorSize,
        .xDeviceCharacteristics = pass_xDeviceCharacteristics,
        .xShmMap = pass_xShmMap,
        .xShmLock = pass_xShmLock,
        .xShmBarrier = pass_barrier,
        .xShmUnmap = pass_xShmUnmap,
    };
    struct file *one = (struct file *)file;
    (void)vfs;
    one->real = (sqlite3_file *)(one + 1);
    int status = disk.real->xOpen(disk.real, name, one->real, flags, ret_flags);
    one->base.pMethods = status == SQLITE_OK ? &methods : NULL;
    return status;
}

static void install(void)
{
    disk.real = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.real;
    disk.vfs.zName = "fault";
    disk.vfs.xOpen = fault_open;
    disk.vfs.szOsFile = (int)sizeof(struct file) + disk.real->szOsFile;
    ck_assert_int_eq(sqlite3_vfs_register(&disk.vfs, 1), SQLITE_OK);
}

/* One step of the run: batches of decisions, an order, a member's transaction. False when the store failed; then nothing of
 * this step was acknowledged. */
static bool step(struct stage *stage, int i)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0}, bytes = {0};
    struct qr_error error = {0};
    bool made = false;
    stage_batch(stage, 1 + (size_t)(i % 5) * 9, &payload);
    qr_transaction_sign(stage_pricing, STAGE_CHAIN, QR_ACTION_BATCH, stage->pricing + 1, payload.data, payload.size,
                        &bytes, NULL);
    unit_ok(qr_solo_submit(stage->solo, bytes.data, bytes.size, 1, &error), error);
    stage->now += 1000;
    int code = qr_solo_cut(stage->solo, stage->now, &made, &error);
    if (code == 0) {
        stage->pricing++;
        return true;
    }
    unit_holds(code == QR_EIO || code == QR_EDISK_FULL || code == QR_ECORRUPT);
    unit_holds(qr_code_exit_status((enum qr_code)code) == 5 && error.text[0]);
    stage_answered(stage, &(struct qr_answer){.id = &stage->id});
    return false;
}

enum { STEPS = 6 };

/* Arms a fault at the nth operation of a run; gives whether it struck. */
static bool run_with_fault(enum fault fault, long nth)
{
    struct stage stage;
    struct qr_audit audit;
    struct qr_error error = {0};
    disk.armed = disk.dead = false;
    stage_init(&stage);
    disk.fault = fault;
    disk.countdown = nth;
    disk.armed = true;
    for (int i = 0; i < STEPS && step(&stage, i); i++)
        continue;
    bool struck = disk.dead;
    uint64_t acknowledged = stage.pricing;
    stage_stop(&stage);
    disk.armed = disk.dead = false;
    stage_start(&stage);
    uint64_t height;
    struct qr_hash id;
    if (acknowledged)
        unit_ok(qr_store_find_use(stage.store, qr_key_public(stage_pricing), acknowledged, &height, &id, &error), error);
    unit_holds(stage_height(&stage) >= acknowledged);
    unit_ok(qr_audit_store(stage.store, NULL, NULL, &audit, &error), error);
    unit_holds(qr_hash_equal(&audit.app_hash, &qr_chain_head(stage.chain)->app_hash));
    stage_done(&stage);
    return struck;
}

START_TEST(a_fault_at_any_write_or_sync_loses_nothing_acknowledged)
{
    install();
    stage_open();
    for (int fault = 0; fault < FAULTS; fault++) {
        long nth = 0;
        while (run_with_fault((enum fault)fault, nth))
            nth += nth < 24 ? 1 : 7;
        printf("# fault %d: struck at operations 0 to %ld\n", fault, nth);
        ck_assert_int_gt(nth, STEPS);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_fault_at_any_write_or_sync_loses_nothing_acknowledged};
    return unit_run("node/disk", tests, sizeof tests / sizeof tests[0]);
}
