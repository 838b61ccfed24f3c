#include "cli/cometbft_program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/wait.h>

#include "common/file.h"
#include "node/genesis.h"
#include "services/lib/config.h"

int cli_cometbft_needed(const char *home, bool *ret_needed, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(home, "genesis.qrg");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    QR_CLEANUP(qr_config_freep) struct qr_config *config = NULL;
    int failed = qr_file_read(path, QR_GENESIS_FILE_MAX, &bytes, error);
    if (!failed)
        failed = qr_genesis_read(bytes.data, bytes.size, &genesis, error);
    if (!failed)
        failed = qr_config_load(home, &config, error);
    if (!failed)
        *ret_needed = genesis.engine == QR_ENGINE_COMETBFT && !*qr_config_text(config, "ledgerd", "abci");
    return failed;
}

static bool runs(const char *folder, size_t size, const char *below, char path[PATH_MAX])
{
    int length = snprintf(path, PATH_MAX, "%.*s%s/cometbft", (int)size, folder, below);
    return size && length < PATH_MAX && !access(path, X_OK);
}

static bool on_path(char path[PATH_MAX])
{
    const char *folders = getenv("PATH");
    for (const char *folder = folders; folder; folder = strchr(folder, ':') ? strchr(folder, ':') + 1 : NULL)
        if (runs(folder, strcspn(folder, ":"), "", path))
            return true;
    return false;
}

/* As `go install` chooses: GOBIN, else bin in the first folder of GOPATH, else in ~/go. */
static bool of_go(char path[PATH_MAX])
{
    const char *bin = getenv("GOBIN"), *folders = getenv("GOPATH"), *home = getenv("HOME");
    return (bin && runs(bin, strlen(bin), "", path)) || (folders && runs(folders, strcspn(folders, ":"), "/bin", path)) ||
           (home && runs(home, strlen(home), "/go/bin", path));
}

static int hint_install(struct qr_error *error)
{
    return qr_hint(error, "install it with `./run cometbft`, or with "
                          "`go install github.com/cometbft/cometbft/cmd/cometbft@v0.38.25`");
}

int cli_cometbft_find(const char *beside, char ret_path[PATH_MAX], struct qr_error *error)
{
    const char *given = getenv("QUORATE_COMETBFT");
    char found[PATH_MAX] = "";
    if (given && *given) {
        if (access(given, X_OK) || !realpath(given, ret_path))
            return qr_fail(error, QR_EINPUT, "QUORATE_COMETBFT names %.80s, which is no program", given);
        return 0;
    }
    if ((runs(beside, strlen(beside), "", found) || on_path(found) || of_go(found)) && realpath(found, ret_path))
        return 0;
    qr_fail(error, QR_EUNSUPPORTED, "this ledger needs CometBFT v0.38, which is not on this machine");
    return hint_install(error);
}

/* ---- Which one it is ---- */

enum { ANSWER_MAX = 256, VERSION_MS = 5000 };

/* Runs in the child. */
static void become_version(const char *path, int output)
{
    int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nothing, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(nothing, STDERR_FILENO);
    execl(path, "cometbft", "version", (char *)NULL);
    _exit(1);
}

/* Whether the process ended well, in time; one that does not end is killed. */
static bool ends_well(pid_t pid)
{
    int status = 0, watched = pidfd_open(pid, 0);
    struct pollfd polled = {.fd = watched, .events = POLLIN};
    if (watched < 0 || poll(&polled, 1, VERSION_MS) != 1)
        kill(pid, SIGKILL);
    if (watched >= 0)
        close(watched);
    return waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* The first line that it writes when asked for its version; "" when it fails or does not end. */
static void ask_version(const char *path, char ret_answer[ANSWER_MAX])
{
    int ends[2];
    *ret_answer = '\0';
    if (pipe2(ends, O_CLOEXEC))
        return;
    pid_t pid = fork();
    if (!pid)
        become_version(path, ends[1]);
    close(ends[1]);
    bool answered = pid > 0 && ends_well(pid) && fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
    ssize_t size = answered ? read(ends[0], ret_answer, ANSWER_MAX - 1) : 0; /* a pipe holds more than that */
    close(ends[0]);
    ret_answer[size > 0 ? size : 0] = '\0';
    for (char *at = ret_answer; *at; at++)
        if ((unsigned char)*at < ' ')
            *at = '\0';
}

int cli_cometbft_check(const char *path, struct qr_error *error)
{
    char answer[ANSWER_MAX];
    unsigned major, minor, patch;
    ask_version(path, answer);
    if (sscanf(answer + (*answer == 'v'), "%4u.%4u.%4u", &major, &minor, &patch) != 3)
        qr_fail(error, QR_EUNSUPPORTED, "this ledger needs CometBFT v0.38, and %.100s does not say which version it is: '%.40s'", path,
                answer);
    else if (major != 0 || minor != 38)
        qr_fail(error, QR_EUNSUPPORTED, "this ledger needs CometBFT v0.38, and %.100s is %.40s", path, answer);
    else
        return 0;
    return hint_install(error);
}
