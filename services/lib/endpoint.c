#include "services/lib/endpoint.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/file.h"

static const char *const names[QR_SERVICES] = {
    [QR_SERVICE_LEDGER] = "ledgerd",
    [QR_SERVICE_GOVERNANCE] = "governd",
    [QR_SERVICE_PRICING] = "priced",
    [QR_SERVICE_RESERVATION] = "reserved",
};

const char *qr_service_name(enum qr_service service)
{
    return service < QR_SERVICES ? names[service] : "service";
}

enum qr_service qr_service_from_name(const char *name)
{
    unsigned i = 0;
    while (i < QR_SERVICES && strcmp(names[i], name) != 0)
        i++;
    return (enum qr_service)i;
}

struct qr_run_folder {
    char *path;
    int fd; /* -1: the path is short enough, or there is no folder */
};

/* The longest name in the folder, with its slash. */
enum { LONGEST_NAME = sizeof "/reserved.events" };

static int make_folder(const char *path, struct qr_error *error)
{
    if (mkdir(path, 0700) && errno != EEXIST)
        return qr_fail_errno(error, "make", path);
    if (chmod(path, 0700))
        return qr_fail_errno(error, "restrict", path);
    return 0;
}

int qr_run_folder_open(const char *home, bool create, struct qr_run_folder **ret_folder, struct qr_error *error)
{
    struct stat status;
    if (stat(home, &status) || !S_ISDIR(status.st_mode)) {
        qr_fail(error, QR_ENO_HOME, "there is no home at %s", home);
        return qr_hint(error, "make one with: quorate init");
    }
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "run");
    int failed = create ? make_folder(path, error) : 0;
    if (failed)
        return failed;
    int fd = -1;
    if (strlen(path) + LONGEST_NAME > QR_SOCKET_PATH_MAX) {
        fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && errno != ENOENT)
            return qr_fail_errno(error, "open", path);
    }
    struct qr_run_folder *folder = qr_alloc(1, sizeof *folder);
    folder->path = qr_strdup(path);
    folder->fd = fd;
    *ret_folder = folder;
    return 0;
}

void qr_run_folder_free(struct qr_run_folder *folder)
{
    if (!folder)
        return;
    if (folder->fd >= 0)
        close(folder->fd);
    free(folder->path);
    free(folder);
}

static char *socket_path(const struct qr_run_folder *folder, const char *name, const char *kind,
                         char path[QR_SOCKET_PATH_MAX])
{
    if (folder->fd >= 0) {
        snprintf(path, QR_SOCKET_PATH_MAX, "/proc/self/fd/%d/%s.%s", folder->fd, name, kind);
    } else {
        snprintf(path, QR_SOCKET_PATH_MAX, "%s/%s.%s", folder->path, name, kind);
    }
    return path;
}

char *qr_run_folder_path(const struct qr_run_folder *folder, enum qr_service service, const char *kind,
                         char path[QR_SOCKET_PATH_MAX])
{
    return socket_path(folder, qr_service_name(service), kind, path);
}

char *qr_run_folder_abci(const struct qr_run_folder *folder, char path[QR_SOCKET_PATH_MAX])
{
    return socket_path(folder, "abci", "sock", path);
}

char *qr_run_folder_rpc(const struct qr_run_folder *folder, char path[QR_SOCKET_PATH_MAX])
{
    return socket_path(folder, "rpc", "sock", path);
}

bool qr_socket_answers(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (!qr_copy_text(address.sun_path, sizeof address.sun_path, path))
        return false;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return false;
    bool answers = connect(fd, (const struct sockaddr *)&address, sizeof address) == 0 || errno == EAGAIN;
    close(fd);
    return answers;
}
