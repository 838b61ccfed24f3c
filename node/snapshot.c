#include "node/snapshot_file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "common/file.h"
#include "ledger/merkle.h"

enum { TAIL_SIZE = 8 }; /* the metadata's size, at the end of a file */

void qr_snapshot_done(struct qr_snapshot *snapshot)
{
    qr_buffer_done(&snapshot->metadata);
    *snapshot = (struct qr_snapshot){0};
}

void qr_snapshot_metadata(uint64_t height, const struct qr_hash *hashes, size_t n, struct qr_buffer *out)
{
    qr_put_uint(out, QR_SNAPSHOT_FORMAT);
    qr_put_uint(out, height);
    qr_put_uint(out, n);
    for (size_t i = 0; i < n; i++)
        qr_put_hash(out, &hashes[i]);
}

/* What metadata of this format says; the hashes to be freed. */
static int read_metadata(const struct qr_buffer *metadata, uint64_t *ret_height, struct qr_hash **ret_hashes,
                         size_t *ret_n, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(metadata->data, metadata->size);
    uint64_t format = qr_get_uint(&in), height = qr_get_uint(&in);
    if (format != QR_SNAPSHOT_FORMAT || height == 0)
        qr_reader_fail(&in, "its format or height is none");
    size_t n = qr_get_count(&in, QR_SNAPSHOT_CHUNKS_MAX, QR_HASH_SIZE);
    if (n == 0)
        qr_reader_fail(&in, "it names no chunk");
    QR_CLEANUP(qr_freep) struct qr_hash *hashes = qr_alloc(n, sizeof *hashes);
    for (size_t i = 0; i < n; i++)
        qr_get_hash(&in, &hashes[i]);
    int code = qr_reader_end(&in, "the snapshot's metadata", error);
    if (code)
        return code;
    *ret_height = height;
    *ret_n = n;
    *ret_hashes = hashes;
    hashes = NULL;
    return 0;
}

int qr_snapshot_hashes(const struct qr_snapshot *snapshot, struct qr_hash **ret_hashes, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) struct qr_hash *hashes = NULL;
    uint64_t height;
    size_t n;
    if (snapshot->format != QR_SNAPSHOT_FORMAT)
        return qr_fail(error, QR_EUNSUPPORTED, "the snapshot is of format %" PRIu32 ", this version reads %d",
                       snapshot->format, QR_SNAPSHOT_FORMAT);
    if (snapshot->chunks > QR_SNAPSHOT_CHUNKS_MAX)
        return qr_fail(error, QR_ELIMIT, "a snapshot has at most %d chunks", QR_SNAPSHOT_CHUNKS_MAX);
    int code = read_metadata(&snapshot->metadata, &height, &hashes, &n, error);
    if (code)
        return code;
    struct qr_hash root = qr_merkle_root(hashes, n);
    if (height != snapshot->height || n != snapshot->chunks || !qr_hash_equal(&root, &snapshot->hash))
        return qr_fail(error, QR_EMISMATCH,
                       "the metadata is not that of the snapshot: height, number of chunks or hash differ");
    *ret_hashes = hashes;
    hashes = NULL;
    return 0;
}

/* ---- Files ---- */

char *qr_snapshot_path(const char *folder, uint64_t height, const char *suffix)
{
    struct qr_buffer path = {0};
    qr_buffer_text(&path, "%s/%" PRIu64 ".qrs%s", folder, height, suffix);
    return (char *)path.data;
}

struct snapshot_file {
    int descriptor;
    uint64_t content; /* bytes of it */
    struct qr_snapshot snapshot;
    struct qr_hash *hashes;
};

static void file_done(struct snapshot_file *file)
{
    if (file->descriptor >= 0)
        close(file->descriptor);
    qr_snapshot_done(&file->snapshot);
    free(file->hashes);
}

static bool read_at(int descriptor, uint64_t offset, void *target, size_t size)
{
    for (uint8_t *at = target; size > 0;) {
        ssize_t n = pread(descriptor, at, size, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        offset += (uint64_t)n;
        size -= (size_t)n;
    }
    return true;
}

/* Splits the file by its tail and reads the metadata. */
static bool read_tail(struct snapshot_file *file)
{
    uint8_t tail[TAIL_SIZE];
    struct stat status;
    uint64_t metadata = 0;
    if (fstat(file->descriptor, &status) != 0 || status.st_size < TAIL_SIZE)
        return false;
    uint64_t size = (uint64_t)status.st_size - TAIL_SIZE;
    if (!read_at(file->descriptor, size, tail, sizeof tail))
        return false;
    for (size_t i = 0; i < sizeof tail; i++)
        metadata = metadata << 8 | tail[i];
    if (metadata > size || metadata > QR_SNAPSHOT_METADATA_MAX)
        return false;
    file->content = size - metadata;
    qr_buffer_reserve(&file->snapshot.metadata, metadata);
    file->snapshot.metadata.size = metadata;
    return read_at(file->descriptor, file->content, file->snapshot.metadata.data, metadata);
}

static int read_file(struct snapshot_file *file, const char *path, uint64_t height, struct qr_error *error)
{
    uint64_t named;
    size_t n = 0;
    bool good = read_tail(file) && read_metadata(&file->snapshot.metadata, &named, &file->hashes, &n, NULL) == 0 &&
                named == height && file->content > (n - 1) * (uint64_t)QR_SNAPSHOT_CHUNK_SIZE &&
                file->content <= n * (uint64_t)QR_SNAPSHOT_CHUNK_SIZE;
    if (!good)
        return qr_fail(error, QR_ECORRUPT, "%s is damaged: delete it, another will be made", path);
    file->snapshot.height = height;
    file->snapshot.format = QR_SNAPSHOT_FORMAT;
    file->snapshot.chunks = (uint32_t)n;
    file->snapshot.hash = qr_merkle_root(file->hashes, n);
    return 0;
}

/* Ended by file_done whatever it gives. */
static int open_file(const char *folder, uint64_t height, struct snapshot_file *ret, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_snapshot_path(folder, height, "");
    *ret = (struct snapshot_file){.descriptor = open(path, O_RDONLY | O_CLOEXEC)};
    if (ret->descriptor < 0 && errno == ENOENT)
        return qr_fail(error, QR_ENOT_FOUND, "there is no snapshot of height %" PRIu64, height);
    return ret->descriptor < 0 ? qr_fail_errno(error, "open", path) : read_file(ret, path, height, error);
}

int qr_snapshot_chunk(const char *folder, uint64_t height, uint32_t index, struct qr_buffer *out,
                      struct qr_error *error)
{
    QR_CLEANUP(file_done) struct snapshot_file file;
    int code = open_file(folder, height, &file, error);
    if (code)
        return code;
    if (index >= file.snapshot.chunks)
        return qr_fail(error, QR_ENOT_FOUND, "the snapshot of height %" PRIu64 " has no chunk %" PRIu32, height, index);
    uint64_t offset = index * (uint64_t)QR_SNAPSHOT_CHUNK_SIZE, left = file.content - offset;
    size_t size = left < QR_SNAPSHOT_CHUNK_SIZE ? (size_t)left : QR_SNAPSHOT_CHUNK_SIZE, before = out->size;
    qr_buffer_reserve(out, size);
    bool good = read_at(file.descriptor, offset, out->data + before, size);
    struct qr_hash hash = qr_merkle_leaf(out->data + before, good ? size : 0);
    if (!good || !qr_hash_equal(&hash, &file.hashes[index])) {
        out->data[before] = 0;
        return qr_fail(error, QR_ECORRUPT,
                       "chunk %" PRIu32 " of the snapshot of height %" PRIu64 " is damaged on the disk", index, height);
    }
    out->size += size;
    out->data[out->size] = 0;
    return 0;
}

/* ---- The folder ---- */

/* The height that a file's name gives, 0 for a name of something else. */
static uint64_t height_of(const char *name, const char *suffix)
{
    char again[64];
    uint64_t height = strtoull(name, NULL, 10);
    snprintf(again, sizeof again, "%" PRIu64 ".qrs%s", height, suffix);
    return strcmp(name, again) == 0 ? height : 0;
}

static int newest_first(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

/* The heights of the files with this suffix, the newest first; to be freed. */
static int heights_in(const char *folder, const char *suffix, uint64_t **ret_heights, size_t *ret_n,
                      struct qr_error *error)
{
    uint64_t *heights = NULL;
    size_t n = 0;
    DIR *open_folder = opendir(folder);
    if (!open_folder && errno != ENOENT)
        return qr_fail_errno(error, "read", folder);
    for (const struct dirent *entry; open_folder && (entry = readdir(open_folder));) {
        uint64_t height = height_of(entry->d_name, suffix);
        if (height == 0)
            continue;
        heights = qr_realloc(heights, n + 1, sizeof *heights);
        heights[n++] = height;
    }
    if (open_folder)
        closedir(open_folder);
    if (n > 1)
        qsort(heights, n, sizeof *heights, newest_first);
    *ret_heights = heights;
    *ret_n = n;
    return 0;
}

int qr_snapshot_list(const char *folder, struct qr_snapshot *ret_snapshots, size_t most, size_t *ret_n,
                     struct qr_error *error)
{
    QR_CLEANUP(qr_freep) uint64_t *heights = NULL;
    size_t n = 0, found = 0;
    int code = heights_in(folder, "", &heights, &n, error);
    for (size_t i = 0; code == 0 && i < n && found < most; i++) {
        QR_CLEANUP(file_done) struct snapshot_file file;
        if (open_file(folder, heights[i], &file, NULL) != 0)
            continue;
        ret_snapshots[found++] = file.snapshot;
        file.snapshot = (struct qr_snapshot){0};
    }
    if (code == 0)
        *ret_n = found;
    return code;
}

/* Deletes all but the newest `keep` files with this suffix. */
static int delete_files(const char *folder, const char *suffix, size_t keep, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) uint64_t *heights = NULL;
    size_t n = 0;
    int code = heights_in(folder, suffix, &heights, &n, error);
    for (size_t i = keep; code == 0 && i < n; i++) {
        QR_CLEANUP(qr_freep) char *path = qr_snapshot_path(folder, heights[i], suffix);
        if (unlink(path) != 0)
            code = qr_fail_errno(error, "delete", path);
    }
    return code;
}

int qr_snapshot_prune(const char *folder, struct qr_error *error)
{
    return delete_files(folder, "", QR_SNAPSHOTS_KEPT, error);
}

int qr_snapshot_clean(const char *folder, struct qr_error *error)
{
    return delete_files(folder, QR_SNAPSHOT_UNFINISHED, 0, error);
}
