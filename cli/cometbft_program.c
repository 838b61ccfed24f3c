#include "cli/cometbft_program.h"

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
    return qr_hint(error, "install it with `./run cometbft`, or with "
                          "`go install github.com/cometbft/cometbft/cmd/cometbft@v0.38.25`");
}
