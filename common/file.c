#include "common/file.h"

#include <fcntl.h>
#include <sys/stat.h>

enum { READ_STEP = 1 << 16 };

static void closep(int *file)
{
    if (*file > STDERR_FILENO)
        close(*file);
}

static void unlinkp(char **path)
{
    if (*path)
        unlink(*path);
    free(*path);
}

int qr_fail_errno(struct qr_error *error, const char *doing, const char *path)
{
    int number = errno;
    char reason[128];
    const char *text = strerror_r(number, reason, sizeof reason);
    if (number == ENOENT || number == ENOTDIR)
        return qr_fail(error, QR_ENO_FILE, "cannot %s %s: %s", doing, path, text);
    if (number == ENOSPC || number == EDQUOT)
        return qr_fail(error, QR_EDISK_FULL, "cannot %s %s: %s", doing, path, text);
    if (number == EACCES || number == EPERM || number == EISDIR || number == EEXIST || number == ELOOP ||
        number == ENAMETOOLONG)
        return qr_fail(error, QR_EINPUT, "cannot %s %s: %s", doing, path, text);
    return qr_fail(error, QR_EIO, "cannot %s %s: %s", doing, path, text);
}

/* Whether the bytes can still become a file that starts with magic; at its end, whether they did. */
static bool starts_with(const uint8_t *bytes, size_t size, bool ended, const char *magic)
{
    size_t wanted = strlen(magic);
    if (size < wanted && ended)
        return false;
    return memcmp(bytes, magic, size < wanted ? size : wanted) == 0;
}

int qr_file_read(const char *path, size_t most, struct qr_buffer *out, struct qr_error *error)
{
    return qr_file_read_kind(path, "", most, out, error);
}

int qr_file_read_kind(const char *path, const char *magic, size_t most, struct qr_buffer *out, struct qr_error *error)
{
    bool standard = strcmp(path, "-") == 0;
    QR_CLEANUP(closep) int file = standard ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return qr_fail_errno(error, "open", path);
    size_t before = out->size;
    for (;;) {
        qr_buffer_reserve(out, READ_STEP);
        ssize_t n = read(file, out->data + out->size, READ_STEP);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return qr_fail_errno(error, "read", path);
        out->size += (size_t)n;
        out->data[out->size] = 0;
        if (!starts_with(out->data + before, out->size - before, n == 0, magic))
            return qr_fail(error, QR_EFORMAT, "%s does not start with %s", standard ? "standard input" : path, magic);
        if (n == 0)
            return QR_OK;
        if (out->size - before > most)
            return qr_fail(error, QR_ELIMIT, "%s is larger than %zu bytes", standard ? "standard input" : path, most);
    }
}

static int write_all(int file, const uint8_t *bytes, size_t size)
{
    while (size > 0) {
        ssize_t n = write(file, bytes, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -1;
        bytes += n;
        size -= (size_t)n;
    }
    return 0;
}

/* A rename lasts through a power cut once its folder is synced. */
static int sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    QR_CLEANUP(qr_freep) char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : qr_strdup(".");
    QR_CLEANUP(closep) int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return file < 0 ? -1 : fsync(file);
}

int qr_file_create(const char *path, const void *bytes, size_t size, unsigned mode, struct qr_error *error)
{
    QR_CLEANUP(closep) int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (file < 0)
        return qr_fail_errno(error, "create", path);
    QR_CLEANUP(unlinkp) char *created = qr_strdup(path);
    if (write_all(file, bytes, size) != 0 || fsync(file) != 0 || sync_folder(path) != 0)
        return qr_fail_errno(error, "write", path);
    free(created);
    created = NULL;
    return QR_OK;
}

int qr_file_write(const char *path, const void *bytes, size_t size, unsigned mode, struct qr_error *error)
{
    if (strcmp(path, "-") == 0)
        return write_all(STDOUT_FILENO, bytes, size) == 0 ? QR_OK : qr_fail_errno(error, "write", "standard output");
    struct stat there;
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode)) {
        /* A device or pipe is written to, not replaced. */
        QR_CLEANUP(closep) int device = open(path, O_WRONLY | O_CLOEXEC);
        return device >= 0 && write_all(device, bytes, size) == 0 ? QR_OK : qr_fail_errno(error, "write", path);
    }
    QR_CLEANUP(qr_freep) char *target = realpath(path, NULL);
    if (!target)
        target = qr_strdup(path);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer name = {0};
    qr_buffer_text(&name, "%s.%ld.new", target, (long)getpid());
    QR_CLEANUP(closep) int file = open(qr_buffer_string(&name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    if (file < 0)
        return qr_fail_errno(error, "create", path);
    QR_CLEANUP(unlinkp) char *temporary = qr_strdup(qr_buffer_string(&name));
    if (write_all(file, bytes, size) != 0 || fsync(file) != 0)
        return qr_fail_errno(error, "write", path);
    if (rename(temporary, target) != 0 || sync_folder(target) != 0)
        return qr_fail_errno(error, "write", path);
    free(temporary);
    temporary = NULL;
    return QR_OK;
}

char *qr_path_join(const char *folder, const char *name)
{
    struct qr_buffer path = {0};
    qr_buffer_text(&path, "%s/%s", folder, name);
    return (char *)path.data;
}
