#include "tests/unit/node/power.h"

#include "common/buffer.h"

#include <sqlite3.h>

enum { FILES_MAX = 8, NAME_MAX_SIZE = 128, SECTOR_MIN = 512, SHM_REGIONS_MAX = 4 };

/* A write, or a truncation to `at` when bytes is NULL. */
struct change {
    int64_t at;
    size_t size;
    uint8_t *bytes;
};

struct content {
    size_t size;
    uint8_t *bytes;
};

struct inode {
    char name[NAME_MAX_SIZE];
    bool used;
    bool in_cache, on_platter; /* whether its folder names it there */
    bool new_journal;          /* its first sync takes the folder along */
    struct content cache, platter;
    size_t n_changes;
    struct change *changes; /* since the last sync, or since they were forgotten */
    void *shared[SHM_REGIONS_MAX];
};

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    struct inode inodes[FILES_MAX];
    struct unit_random random;
    bool armed, struck, dead;
    enum power_fault fault;
    long countdown, operations;
    char operation[NAME_MAX_SIZE + 16];
} disk;

/* ---- content ---- */

static void content_resize(struct content *content, size_t size)
{
    if (size > content->size) {
        content->bytes = qr_realloc(content->bytes, size, 1);
        memset(content->bytes + content->size, 0, size - content->size);
    }
    content->size = size;
}

static void content_write(struct content *content, int64_t at, const void *bytes, size_t size)
{
    if ((size_t)at + size > content->size)
        content_resize(content, (size_t)at + size);
    memcpy(content->bytes + at, bytes, size);
}

static struct content content_copy(const struct content *content)
{
    return (struct content){content->size, content->size ? qr_memdup(content->bytes, content->size) : NULL};
}

static void content_set(struct content *content, const struct content *from)
{
    struct content copy = content_copy(from);
    free(content->bytes);
    *content = copy;
}

static void content_apply(struct content *content, const struct change *change)
{
    if (change->bytes)
        content_write(content, change->at, change->bytes, change->size);
    else
        content_resize(content, (size_t)change->at);
}

/* Each sector of a write by itself. */
static void content_apply_some(struct content *content, const struct change *change, size_t sector)
{
    if (!change->bytes) {
        if (unit_random_below(&disk.random, 2))
            content_apply(content, change);
        return;
    }
    for (size_t done = 0, n; done < change->size; done += n) {
        size_t at = (size_t)change->at + done;
        n = sector - at % sector;
        n = n < change->size - done ? n : change->size - done;
        if (unit_random_below(&disk.random, 2))
            content_write(content, (int64_t)at, change->bytes + done, n);
    }
}

/* ---- inodes ---- */

static void forget_changes(struct inode *inode)
{
    for (size_t i = 0; i < inode->n_changes; i++)
        free(inode->changes[i].bytes);
    free(inode->changes);
    inode->changes = NULL;
    inode->n_changes = 0;
}

static void drop_shared(struct inode *inode)
{
    for (size_t i = 0; i < SHM_REGIONS_MAX; i++) {
        free(inode->shared[i]);
        inode->shared[i] = NULL;
    }
}

static void inode_done(struct inode *inode)
{
    forget_changes(inode);
    drop_shared(inode);
    free(inode->cache.bytes);
    free(inode->platter.bytes);
    *inode = (struct inode){.used = false};
}

static struct inode *find(const char *name)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        if (disk.inodes[i].used && disk.inodes[i].in_cache && strcmp(disk.inodes[i].name, name) == 0)
            return &disk.inodes[i];
    return NULL;
}

static struct inode *create(const char *name)
{
    size_t i = 0;
    while (i < FILES_MAX && disk.inodes[i].used)
        i++;
    unit_holds(i < FILES_MAX);
    disk.inodes[i] = (struct inode){.used = true, .in_cache = true};
    unit_holds(qr_copy_text(disk.inodes[i].name, NAME_MAX_SIZE, name));
    return &disk.inodes[i];
}

static void change(struct inode *inode, int64_t at, const void *bytes, size_t size)
{
    struct change new = {.at = at, .size = size, .bytes = bytes ? qr_memdup(bytes, size) : NULL};
    inode->changes = qr_realloc(inode->changes, inode->n_changes + 1, sizeof new);
    inode->changes[inode->n_changes++] = new;
    content_apply(&inode->cache, &new);
}

static void sync_folder(void)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        struct inode *inode = &disk.inodes[i];
        inode->on_platter = inode->in_cache;
        inode->new_journal = false;
        if (inode->used && !inode->in_cache)
            inode_done(inode);
    }
}

static void sync_inode(struct inode *inode)
{
    for (size_t i = 0; i < inode->n_changes; i++)
        content_apply(&inode->platter, &inode->changes[i]);
    forget_changes(inode);
    if (inode->new_journal)
        sync_folder();
}

/* ---- faults ---- */

enum verdict { WORKS, STRUCK, DEAD };

static enum verdict judge(const char *what, const char *name)
{
    disk.operations++;
    if (disk.dead)
        return DEAD;
    if (!disk.armed || disk.fault == POWER_FLIP || disk.struck || disk.countdown-- > 0)
        return WORKS;
    disk.struck = true;
    disk.dead = disk.fault <= POWER_CUT;
    const char *slash = strrchr(name, '/');
    snprintf(disk.operation, sizeof disk.operation, "%s %s", what, slash ? slash + 1 : name);
    return STRUCK;
}

/* What a failed operation answers. */
static int failure(int io_error) { return disk.fault == POWER_FULL ? SQLITE_FULL : io_error; }

struct file {
    sqlite3_file base;
    struct inode *inode;
};

static struct inode *inode_of(sqlite3_file *file) { return ((struct file *)file)->inode; }

static int file_write(sqlite3_file *file, const void *bytes, int size, sqlite3_int64 at)
{
    struct inode *inode = inode_of(file);
    enum verdict verdict = judge("write", inode->name);
    if (verdict == STRUCK && disk.fault == POWER_LIE)
        return SQLITE_OK;
    if (verdict == STRUCK && disk.fault == POWER_SHORT)
        change(inode, at, bytes, (size_t)size / 2);
    if (verdict != WORKS)
        return failure(SQLITE_IOERR_WRITE);
    change(inode, at, bytes, (size_t)size);
    return SQLITE_OK;
}

static int file_truncate(sqlite3_file *file, sqlite3_int64 size)
{
    enum verdict verdict = judge("truncate", inode_of(file)->name);
    if (verdict == STRUCK && disk.fault == POWER_LIE)
        return SQLITE_OK;
    if (verdict != WORKS)
        return failure(SQLITE_IOERR_TRUNCATE);
    change(inode_of(file), size, NULL, 0);
    return SQLITE_OK;
}

static int file_sync(sqlite3_file *file, int flags)
{
    struct inode *inode = inode_of(file);
    enum verdict verdict = judge("sync", inode->name);
    (void)flags;
    if (verdict == STRUCK && disk.fault == POWER_LIE)
        return SQLITE_OK;
    if (verdict == STRUCK && disk.fault == POWER_FORGET)
        forget_changes(inode);
    if (verdict != WORKS)
        return failure(SQLITE_IOERR_FSYNC);
    sync_inode(inode);
    return SQLITE_OK;
}

static int file_read(sqlite3_file *file, void *bytes, int size, sqlite3_int64 at)
{
    const struct content *content = &inode_of(file)->cache;
    if (disk.dead && disk.fault == POWER_CUT)
        return SQLITE_IOERR_READ;
    size_t there = (size_t)at < content->size ? content->size - (size_t)at : 0;
    there = there < (size_t)size ? there : (size_t)size;
    memset(bytes, 0, (size_t)size);
    if (there)
        memcpy(bytes, content->bytes + at, there);
    if (disk.armed && disk.fault == POWER_FLIP && !disk.struck && there && disk.countdown-- <= 0) {
        disk.struck = true;
        ((uint8_t *)bytes)[unit_random_below(&disk.random, there)] ^= (uint8_t)(1 << unit_random_below(&disk.random, 8));
        snprintf(disk.operation, sizeof disk.operation, "read %s", strrchr(inode_of(file)->name, '/') + 1);
    }
    return there == (size_t)size ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int file_size(sqlite3_file *file, sqlite3_int64 *size)
{
    *size = (sqlite3_int64)inode_of(file)->cache.size;
    return SQLITE_OK;
}

/* ---- what one process needs no more of ---- */

static int file_close(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static int file_lock(sqlite3_file *file, int level)
{
    (void)file, (void)level;
    return SQLITE_OK;
}

static int file_reserved(sqlite3_file *file, int *result)
{
    (void)file;
    *result = 0;
    return SQLITE_OK;
}

static int file_control(sqlite3_file *file, int operation, void *argument)
{
    (void)file, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *file)
{
    (void)file;
    return 4096;
}

static int file_device(sqlite3_file *file)
{
    (void)file;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE; /* as the system's VFS says of any disk */
}

static int file_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **map)
{
    void **region = &inode_of(file)->shared[page];
    unit_holds(page < SHM_REGIONS_MAX);
    if (!*region && extend)
        *region = qr_alloc(1, (size_t)size);
    *map = *region;
    return SQLITE_OK;
}

static int file_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    (void)file, (void)offset, (void)n, (void)flags;
    return SQLITE_OK;
}

static void file_shm_barrier(sqlite3_file *file) { (void)file; }

static int file_shm_unmap(sqlite3_file *file, int delete)
{
    (void)delete;
    drop_shared(inode_of(file));
    return SQLITE_OK;
}

/* ---- names ---- */

static int disk_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
    static const sqlite3_io_methods methods = {
        .iVersion = 2,
        .xClose = file_close,
        .xRead = file_read,
        .xWrite = file_write,
        .xTruncate = file_truncate,
        .xSync = file_sync,
        .xFileSize = file_size,
        .xLock = file_lock,
        .xUnlock = file_lock,
        .xCheckReservedLock = file_reserved,
        .xFileControl = file_control,
        .xSectorSize = file_sector,
        .xDeviceCharacteristics = file_device,
        .xShmMap = file_shm_map,
        .xShmLock = file_shm_lock,
        .xShmBarrier = file_shm_barrier,
        .xShmUnmap = file_shm_unmap,
    };
    struct file *one = (struct file *)file;
    (void)vfs;
    file->pMethods = NULL;
    one->inode = find(name);
    if (!one->inode) {
        if (!(flags & SQLITE_OPEN_CREATE) || judge("create", name) != WORKS)
            return disk.fault == POWER_FULL ? SQLITE_FULL : SQLITE_CANTOPEN;
        one->inode = create(name);
        one->inode->new_journal = flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL);
    }
    if (ret_flags)
        *ret_flags = flags;
    file->pMethods = &methods;
    return SQLITE_OK;
}

static int disk_delete(sqlite3_vfs *vfs, const char *name, int sync)
{
    struct inode *inode = find(name);
    (void)vfs;
    if (!inode)
        return SQLITE_IOERR_DELETE_NOENT;
    enum verdict verdict = judge("delete", name);
    if (verdict == STRUCK && disk.fault == POWER_LIE)
        return SQLITE_OK;
    if (verdict != WORKS)
        return failure(SQLITE_IOERR_DELETE);
    inode->in_cache = false;
    if (!inode->on_platter)
        inode_done(inode);
    if (sync)
        sync_folder();
    return SQLITE_OK;
}

static int disk_access(sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
    const struct inode *inode = find(name);
    (void)vfs;
    *result = inode && (flags != SQLITE_ACCESS_EXISTS || inode->cache.size > 0);
    return SQLITE_OK;
}

static int disk_path(sqlite3_vfs *vfs, const char *name, int size, char *out)
{
    (void)vfs;
    return qr_copy_text(out, (size_t)size, name) ? SQLITE_OK : SQLITE_CANTOPEN;
}

void power_install(void)
{
    disk.real = sqlite3_vfs_find(NULL);
    disk.vfs = *disk.real;
    disk.vfs.zName = "power";
    disk.vfs.szOsFile = (int)sizeof(struct file);
    disk.vfs.xOpen = disk_open;
    disk.vfs.xDelete = disk_delete;
    disk.vfs.xAccess = disk_access;
    disk.vfs.xFullPathname = disk_path;
    unit_holds(sqlite3_vfs_register(&disk.vfs, 1) == SQLITE_OK);
}

/* ---- the switch ---- */

void power_format(uint64_t seed)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        inode_done(&disk.inodes[i]);
    disk.random.state = seed;
    disk.operations = 0;
    power_disarm();
}

void power_arm(enum power_fault fault, long nth)
{
    power_disarm();
    disk.armed = true;
    disk.fault = fault;
    disk.countdown = nth;
}

void power_disarm(void)
{
    disk.armed = disk.struck = disk.dead = false;
    disk.fault = POWER_IO_ERROR;
}

void power_break(void) { disk.dead = true; }

bool power_struck(void) { return disk.struck; }

long power_operations(void) { return disk.operations; }

const char *power_operation(void) { return disk.operation; }

static bool name_survives(const struct inode *inode, enum power_keep keep)
{
    if (inode->in_cache == inode->on_platter || keep == POWER_KEEP_NOTHING)
        return inode->on_platter;
    return keep == POWER_KEEP_ALL ? inode->in_cache : unit_random_below(&disk.random, 2);
}

/* Two of one name: the folder's last word for it is lost, or it is not. */
static void drop_doubles(void)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        for (size_t j = 0; j < FILES_MAX; j++)
            if (i != j && disk.inodes[i].used && disk.inodes[j].used && disk.inodes[i].on_platter &&
                !disk.inodes[j].on_platter && strcmp(disk.inodes[i].name, disk.inodes[j].name) == 0)
                inode_done(&disk.inodes[i]); /* the newer one came through */
}

void power_cut(enum power_keep keep)
{
    power_disarm();
    for (size_t i = 0; i < FILES_MAX; i++) {
        struct inode *inode = &disk.inodes[i];
        if (!inode->used)
            continue;
        drop_shared(inode);
        if (!name_survives(inode, keep)) {
            inode_done(inode);
            continue;
        }
        if (keep == POWER_KEEP_ALL)
            continue;
        inode->in_cache = true;
        for (size_t k = 0; keep != POWER_KEEP_NOTHING && k < inode->n_changes; k++)
            content_apply_some(&inode->platter, &inode->changes[k], keep == POWER_KEEP_512 ? SECTOR_MIN : 4096);
        forget_changes(inode);
        content_set(&inode->cache, &inode->platter);
    }
    drop_doubles();
    if (keep != POWER_KEEP_ALL)
        sync_folder();
}

/* ---- images ---- */

struct power_image {
    struct inode inodes[FILES_MAX];
};

static void copy_inodes(struct inode *to, const struct inode *from)
{
    for (size_t i = 0; i < FILES_MAX; i++) {
        inode_done(&to[i]);
        to[i] = from[i];
        to[i].changes = NULL;
        to[i].n_changes = 0;
        memset(to[i].shared, 0, sizeof to[i].shared);
        to[i].cache = content_copy(&from[i].cache);
        to[i].platter = content_copy(&from[i].platter);
    }
}

struct power_image *power_copy(void)
{
    struct power_image *image = qr_alloc(1, sizeof *image);
    copy_inodes(image->inodes, disk.inodes);
    return image;
}

void power_restore(const struct power_image *image)
{
    copy_inodes(disk.inodes, image->inodes);
    power_disarm();
}

void power_image_free(struct power_image *image)
{
    for (size_t i = 0; i < FILES_MAX; i++)
        inode_done(&image->inodes[i]);
    free(image);
}

uint8_t *power_file(const char *name, size_t *ret_size)
{
    struct inode *inode = find(name);
    if (!inode)
        return NULL;
    *ret_size = inode->cache.size;
    return inode->cache.bytes;
}
