#include "tests/unit/node/killer.h"

#include <signal.h>
#include <sqlite3.h>

#include "tests/unit/unit.h"

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    long countdown;
} killer = {.countdown = -1};

struct file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this struct */
};

static sqlite3_file *real_of(sqlite3_file *file) { return ((struct file *)file)->real; }

static void count(void)
{
    if (killer.countdown-- == 0)
        raise(SIGKILL);
}

#define PASS(name, counts, parameters, ...) \
    static int pass_##name parameters \
    { \
        if (counts) \
            count(); \
        return real_of(file)->pMethods->name(real_of(file), ##__VA_ARGS__); \
    }
PASS(xRead, false, (sqlite3_file * file, void *bytes, int size, sqlite3_int64 at), bytes, size, at)
PASS(xWrite, true, (sqlite3_file * file, const void *bytes, int size, sqlite3_int64 at), bytes, size, at)
PASS(xTruncate, true, (sqlite3_file * file, sqlite3_int64 size), size)
PASS(xSync, true, (sqlite3_file * file, int flags), flags)
PASS(xFileSize, false, (sqlite3_file * file, sqlite3_int64 *size), size)
PASS(xLock, true, (sqlite3_file * file, int level), level)
PASS(xUnlock, true, (sqlite3_file * file, int level), level)
PASS(xCheckReservedLock, false, (sqlite3_file * file, int *result), result)
PASS(xFileControl, false, (sqlite3_file * file, int operation, void *argument), operation, argument)
PASS(xSectorSize, false, (sqlite3_file * file))
PASS(xDeviceCharacteristics, false, (sqlite3_file * file))
PASS(xShmMap, true, (sqlite3_file * file, int page, int size, int extend, void volatile **map), page, size, extend, map)
PASS(xShmLock, true, (sqlite3_file * file, int offset, int n, int flags), offset, n, flags)
PASS(xShmUnmap, true, (sqlite3_file * file, int delete), delete)

static void pass_barrier(sqlite3_file *file) { real_of(file)->pMethods->xShmBarrier(real_of(file)); }

static int pass_close(sqlite3_file *file)
{
    return real_of(file)->pMethods ? real_of(file)->pMethods->xClose(real_of(file)) : SQLITE_OK;
}

static int pass_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = pass_close,
        .xRead = pass_xRead,
        .xWrite = pass_xWrite,
        .xTruncate = pass_xTruncate,
        .xSync = pass_xSync,
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
    count();
    one->real = (sqlite3_file *)(one + 1);
    int status = killer.real->xOpen(killer.real, name, one->real, flags, ret_flags);
    one->base.pMethods = status == SQLITE_OK ? &methods : NULL;
    return status;
}

static int pass_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    (void)vfs;
    count();
    return killer.real->xDelete(killer.real, name, sync);
}

void killer_install(void)
{
    killer.real = sqlite3_vfs_find(NULL);
    killer.vfs = *killer.real;
    killer.vfs.zName = "killer";
    killer.vfs.xOpen = pass_open;
    killer.vfs.xDelete = pass_delete;
    killer.vfs.szOsFile = (int)sizeof(struct file) + killer.real->szOsFile;
    unit_holds(sqlite3_vfs_register(&killer.vfs, 1) == SQLITE_OK);
}

void killer_arm(long nth) { killer.countdown = nth; }

