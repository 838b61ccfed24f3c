#include "services/lib/lock.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "common/file.h"

static char *lock_path(const char *home, const char *name)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer path = {0};
    qr_buffer_text(&path, "%s/run/%s.lock", home, name);
    return qr_strdup(qr_buffer_string(&path));
}

static pid_t holder_of(int fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (fcntl(fd, F_GETLK, &lock) || lock.l_type == F_UNLCK)
        return 0;
    return lock.l_pid;
}

static int take(const char *home, const char *name, int flags, struct qr_error *error)
{
    struct qr_run_folder *folder = NULL;
    int failed = qr_run_folder_open(home, true, &folder, error);
    if (failed)
        return failed;
    qr_run_folder_free(folder);
    QR_CLEANUP(qr_freep) char *path = lock_path(home, name);
    int fd = open(path, O_RDWR | O_CREAT | flags, 0600);
    if (fd < 0)
        return qr_fail_errno(error, "open", path);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    if (!fcntl(fd, F_SETLK, &lock))
        return 0;
    int pid = (int)holder_of(fd);
    close(fd);
    return qr_fail(error, QR_EBUSY, "%s runs in %s already, as process %d", name, home, pid);
}

int qr_lock_take(const char *home, const char *name, struct qr_error *error)
{
    return take(home, name, O_CLOEXEC, error);
}

int qr_lock_take_for_program(const char *home, const char *name, struct qr_error *error)
{
    return take(home, name, 0, error);
}

pid_t qr_lock_holder(const char *home, const char *name)
{
    QR_CLEANUP(qr_freep) char *path = lock_path(home, name);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return 0;
    pid_t pid = holder_of(fd);
    close(fd);
    return pid;
}
