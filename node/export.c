#include "node/audit.h"

#include "common/file.h"
#include "node/genesis.h"

#include <sys/stat.h>

/* Written piece by piece beside the target and renamed when it is whole, as a ledger may be larger than memory. */
struct target {
    const char *path;
    FILE *file;
    bool through; /* to standard output, a device or a pipe, which are not synced */
};

static const char magic_bytes[4] = "QRX1";

static int put(struct target *target, const struct qr_buffer *bytes, struct qr_error *error)
{
    if (bytes->size && fwrite(bytes->data, bytes->size, 1, target->file) != 1)
        return qr_fail_errno(error, "write", target->path);
    return 0;
}

static int put_as_bytes(struct target *target, const struct qr_buffer *bytes, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer size = {0};
    qr_put_uint(&size, bytes->size);
    int code = put(target, &size, error);
    return code ? code : put(target, bytes, error);
}

static int put_blocks(struct qr_store *store, struct target *target, uint64_t last, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0}, nothing = {0};
    for (uint64_t height = 1; height <= last; height++) {
        qr_buffer_clear(&bytes);
        int code = qr_store_block(store, height, &bytes, error);
        if (code == 0)
            code = put_as_bytes(target, &bytes, error);
        if (code)
            return code;
    }
    return put_as_bytes(target, &nothing, error);
}

static int put_all(struct qr_store *store, struct target *target, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer genesis = {0}, magic = {0}, text = {0};
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    struct qr_header head;
    int code = qr_store_head(store, &head, error);
    if (code == 0)
        code = qr_store_genesis(store, &genesis, error);
    if (code)
        return code;
    struct qr_hash hash = qr_genesis_hash(genesis.data, genesis.size);
    qr_put_raw(&magic, magic_bytes, sizeof magic_bytes);
    code = put(target, &magic, error);
    if (code == 0)
        code = put_as_bytes(target, &genesis, error);
    if (code == 0)
        code = put_blocks(store, target, head.height, error);
    if (code == 0)
        code = qr_store_note(store, head.height, &hash, note, error);
    if (code)
        return code;
    qr_note_write(note, &text);
    code = put_as_bytes(target, &text, error);
    if (code == 0 && (fflush(target->file) != 0 || (!target->through && fsync(fileno(target->file)) != 0)))
        code = qr_fail_errno(error, "write", target->path);
    return code;
}

/* A device or pipe is written to, not replaced. */
static bool is_replaced(const char *path)
{
    struct stat there;
    return stat(path, &there) != 0 || S_ISREG(there.st_mode) || S_ISDIR(there.st_mode);
}

static int put_through(struct qr_store *store, struct target *target, FILE *file, struct qr_error *error)
{
    target->file = file;
    target->through = true;
    return put_all(store, target, error);
}

/* FILE is an argument of its own, easily another one than was meant: what is no export is not written over. An empty file may be. */
static int may_replace(const char *path, struct qr_error *error)
{
    char found[sizeof magic_bytes];
    FILE *file = fopen(path, "rbe");
    if (!file)
        return 0; /* it is not there, or cannot be written either */
    size_t size = fread(found, 1, sizeof found, file);
    fclose(file);
    if (size == 0 || (size == sizeof found && memcmp(found, magic_bytes, sizeof found) == 0))
        return 0;
    qr_fail(error, QR_EINPUT, "%s is there and is no export of a ledger: it is not written over", path);
    return qr_hint(error, "name another file, or remove it first");
}

static int put_replacing(struct qr_store *store, struct target *target, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *end = realpath(target->path, NULL);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer partial = {0};
    const char *path = end ? end : target->path;
    qr_buffer_text(&partial, "%s.partial", path);
    target->file = fopen(qr_buffer_string(&partial), "wbe");
    if (!target->file)
        return qr_fail_errno(error, "write", target->path);
    int code = put_all(store, target, error);
    if (fclose(target->file) != 0 && code == 0)
        code = qr_fail_errno(error, "write", target->path);
    if (code == 0 && rename(qr_buffer_string(&partial), path) != 0)
        code = qr_fail_errno(error, "write", target->path);
    if (code)
        unlink(qr_buffer_string(&partial));
    return code;
}

int qr_export(struct qr_store *store, const char *path, struct qr_error *error)
{
    struct target target = {.path = path};
    if (strcmp(path, "-") == 0)
        return put_through(store, &target, stdout, error);
    if (is_replaced(path)) {
        int refused = may_replace(path, error);
        return refused ? refused : put_replacing(store, &target, error);
    }
    FILE *device = fopen(path, "wbe");
    if (!device)
        return qr_fail_errno(error, "write", path);
    int code = put_through(store, &target, device, error);
    return fclose(device) != 0 && code == 0 ? qr_fail_errno(error, "write", path) : code;
}
