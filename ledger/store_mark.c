#include "common/file.h"
#include "ledger/store_rows.h"

#include <fcntl.h>
#include <sys/stat.h>

/* The mark: a small file beside the store that names the last block which was committed. SQLite takes a damaged end of its
 * write-ahead log for one that was never finished and goes on before it, without a word; a copy put back in place of the store looks
 * like an earlier day. Both would sign other blocks at heights that were signed already. The mark is written after each commit and
 * not synced: it can lag behind the store, never run ahead of one that is whole.
 *
 * "QRK1", height (8 bytes, most significant first), hash of the header, SHA-256 of the bytes before. */

enum { HEAD_SIZE = 4 + 8, BODY_SIZE = HEAD_SIZE + QR_HASH_SIZE, MARK_SIZE = BODY_SIZE + QR_HASH_SIZE };

static void encode(const struct qr_header *header, uint8_t ret_mark[MARK_SIZE])
{
    struct qr_hash hash = qr_header_hash(header);
    memcpy(ret_mark, "QRK1", 4);
    for (int i = 0; i < 8; i++)
        ret_mark[4 + i] = (uint8_t)(header->height >> (56 - 8 * i));
    memcpy(ret_mark + HEAD_SIZE, hash.bytes, QR_HASH_SIZE);
    struct qr_hash sum = qr_sha256(ret_mark, BODY_SIZE);
    memcpy(ret_mark + BODY_SIZE, sum.bytes, QR_HASH_SIZE);
}

static bool decode(const uint8_t mark[MARK_SIZE], uint64_t *ret_height, struct qr_hash *ret_hash)
{
    struct qr_hash sum = qr_sha256(mark, BODY_SIZE);
    if (memcmp(mark, "QRK1", 4) != 0 || memcmp(mark + BODY_SIZE, sum.bytes, QR_HASH_SIZE) != 0)
        return false;
    *ret_height = 0;
    for (int i = 0; i < 8; i++)
        *ret_height = *ret_height << 8 | mark[4 + i];
    memcpy(ret_hash->bytes, mark + HEAD_SIZE, QR_HASH_SIZE);
    return true;
}

static void name_of(const struct qr_store *store, struct qr_buffer *out)
{
    qr_buffer_text(out, "%s-mark", store->path);
}

int qr_store_mark_open(struct qr_store *store, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer name = {0};
    name_of(store, &name);
    int flags = store->read_only ? O_RDONLY : O_RDWR | O_CREAT;
    store->mark = open(qr_buffer_string(&name), flags | O_CLOEXEC, 0600);
    return store->mark < 0 && !store->read_only ? qr_fail_errno(error, "open", qr_buffer_string(&name)) : 0;
}

static int lost(const struct qr_store *store, uint64_t height, const char *how, struct qr_error *error)
{
    qr_fail(error, QR_ECORRUPT, "%s %s, though block %" PRIu64 " was committed: it is damaged, or an old copy", store->path, how,
            height);
    const char *slash = strrchr(store->path, '/');
    return qr_hint(error, "put the newest copy in its place, or remove %s-mark to go on without what it lost",
                   slash ? slash + 1 : store->path); /* short: it is told in one line with the rest */
}

int qr_store_mark_check(struct qr_store *store, struct qr_error *error)
{
    uint8_t mark[MARK_SIZE];
    uint64_t height;
    struct qr_hash hash;
    struct qr_header header;
    ssize_t size = store->mark < 0 ? 0 : pread(store->mark, mark, sizeof mark, 0);
    if (size == 0)
        return 0; /* a store from before its first commit, or one that came without */
    if (size != MARK_SIZE || !decode(mark, &height, &hash)) {
        qr_fail(error, QR_ECORRUPT, "%s-mark, which names the last block of the store, is damaged", store->path);
        return qr_hint(error, "remove it; `quorate ledger audit` then says whether it alone was damaged");
    }
    int code = qr_store_head(store, &header, error);
    if (code == QR_ENOT_FOUND || (code == 0 && header.height < height))
        return lost(store, height, "lost blocks", error);
    if (code == 0 && header.height > height)
        code = qr_store_header(store, height, &header, error);
    if (code)
        return code == QR_ENOT_FOUND ? 0 : code; /* a store that was made from a snapshot has no older blocks */
    struct qr_hash found = qr_header_hash(&header);
    return qr_hash_equal(&found, &hash) ? 0 : lost(store, height, "holds another block there", error);
}

int qr_store_mark_put(struct qr_store *store, const struct qr_header *header, struct qr_error *error)
{
    uint8_t mark[MARK_SIZE];
    if (store->mark < 0)
        return 0;
    encode(header, mark);
    if (pwrite(store->mark, mark, sizeof mark, 0) == MARK_SIZE)
        return 0;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer name = {0};
    name_of(store, &name);
    return qr_fail_errno(error, "write", qr_buffer_string(&name));
}
