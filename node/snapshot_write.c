#include "node/snapshot_file.h"

#include <sys/stat.h>

#include "common/file.h"
#include "ledger/merkle.h"
#include "ledger/store.h"
#include "node/node.h"

struct qr_snapshot_draft {
    struct qr_header head;
    struct qr_hash genesis;
    struct qr_buffer start; /* of the content: head and state */
};

static bool head_is_sealed(const struct qr_state *state, const struct qr_header *head)
{
    struct qr_header sealed;
    return qr_node_sealed(state, &sealed, NULL) == 0 && sealed.height == head->height;
}

bool qr_snapshot_due(const struct qr_state *state, const struct qr_header *head, uint64_t interval, uint64_t last)
{
    return interval > 0 && head->height / interval > last / interval && head_is_sealed(state, head);
}

static void put_head(struct qr_snapshot_draft *draft, size_t entries)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer head = {0};
    qr_put_raw(&head, QR_SNAPSHOT_MAGIC, strlen(QR_SNAPSHOT_MAGIC));
    qr_put_hash(&head, &draft->genesis);
    qr_put_uint(&head, draft->head.height);
    qr_put_uint(&head, entries);
    qr_put_bytes(&draft->start, head.data, head.size);
}

struct qr_snapshot_draft *qr_snapshot_begin(const struct qr_state *state, const struct qr_header *head,
                                            const struct qr_hash *genesis)
{
    struct qr_span key, value;
    if (!head_is_sealed(state, head))
        return NULL;
    struct qr_snapshot_draft *draft = qr_alloc(1, sizeof *draft);
    draft->head = *head;
    draft->genesis = *genesis;
    put_head(draft, qr_state_count(state));
    for (bool more = qr_state_next(state, "", 0, NULL, &key, &value); more;
         more = qr_state_next(state, "", 0, &key, &key, &value)) {
        qr_put_bytes(&draft->start, key.bytes, key.size);
        qr_put_bytes(&draft->start, value.bytes, value.size);
    }
    return draft;
}

void qr_snapshot_draft_free(struct qr_snapshot_draft *draft)
{
    if (draft)
        qr_buffer_done(&draft->start);
    free(draft);
}

/* Cuts what comes into chunks, on its way to the file. */
struct sink {
    const struct qr_snapshot_draft *draft;
    const char *path;
    FILE *file;
    struct qr_buffer chunk;
    struct qr_hash *hashes;
    size_t n;
    size_t capacity;
};

static void sink_done(struct sink *sink)
{
    if (sink->file)
        fclose(sink->file);
    qr_buffer_done(&sink->chunk);
    free(sink->hashes);
}

static int put_in_file(struct sink *sink, const void *bytes, size_t size, struct qr_error *error)
{
    return fwrite(bytes, size, 1, sink->file) == 1 ? 0 : qr_fail_errno(error, "write", sink->path);
}

static int end_chunk(struct sink *sink, struct qr_error *error)
{
    if (sink->n == QR_SNAPSHOT_CHUNKS_MAX)
        return qr_fail(error, QR_ELIMIT, "the ledger does not fit into the %d chunks of a snapshot",
                       QR_SNAPSHOT_CHUNKS_MAX);
    if (sink->n == sink->capacity) {
        sink->capacity = sink->capacity ? 2 * sink->capacity : 64;
        sink->hashes = qr_realloc(sink->hashes, sink->capacity, sizeof *sink->hashes);
    }
    sink->hashes[sink->n++] = qr_merkle_leaf(sink->chunk.data, sink->chunk.size);
    int code = put_in_file(sink, sink->chunk.data, sink->chunk.size, error);
    qr_buffer_clear(&sink->chunk);
    return code;
}

static int put(struct sink *sink, const void *bytes, size_t size, struct qr_error *error)
{
    int code = 0;
    for (const uint8_t *at = bytes; code == 0 && size > 0;) {
        size_t room = QR_SNAPSHOT_CHUNK_SIZE - sink->chunk.size, part = size < room ? size : room;
        qr_buffer_add(&sink->chunk, at, part);
        at += part;
        size -= part;
        if (part == room)
            code = end_chunk(sink, error);
    }
    return code;
}

/* A block and its leaves, which are those of the log from `first` on. */
static int put_block(struct sink *sink, struct qr_store *store, uint64_t height, uint64_t first, uint64_t *ret_end,
                     struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer block = {0}, run = {0};
    struct qr_header header;
    int code = qr_store_header(store, height, &header, error);
    if (code == 0)
        code = qr_store_block(store, height, &block, error);
    if (code)
        return code;
    qr_put_bytes(&run, block.data, block.size);
    code = put(sink, run.data, run.size, error);
    for (uint64_t index = first; code == 0 && index < header.log_size;) {
        qr_buffer_clear(&run);
        code = qr_store_leaf_run(store, index, &run, &index, error);
        if (code == 0)
            code = put(sink, run.data, run.size, error);
    }
    *ret_end = header.log_size;
    return code;
}

static int put_content(struct sink *sink, struct qr_store *store, struct qr_error *error)
{
    const struct qr_snapshot_draft *draft = sink->draft;
    struct qr_header header = {.height = 0};
    int code = qr_store_header(store, 0, &header, error);
    if (code == 0)
        code = put(sink, draft->start.data, draft->start.size, error);
    uint64_t leaves = header.log_size;
    for (uint64_t height = 1; code == 0 && height <= draft->head.height; height++)
        code = put_block(sink, store, height, leaves, &leaves, error);
    return code == 0 && sink->chunk.size ? end_chunk(sink, error) : code;
}

static int put_tail(struct sink *sink, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer tail = {0};
    qr_snapshot_metadata(sink->draft->head.height, sink->hashes, sink->n, &tail);
    uint64_t size = tail.size;
    for (unsigned shift = 64; shift > 0; shift -= 8)
        qr_buffer_byte(&tail, (uint8_t)(size >> (shift - 8)));
    int code = put_in_file(sink, tail.data, tail.size, error);
    if (code == 0 && (fflush(sink->file) != 0 || fsync(fileno(sink->file)) != 0))
        code = qr_fail_errno(error, "write", sink->path);
    return code;
}

static int write_file(const struct qr_snapshot_draft *draft, struct qr_store *store, const char *path,
                      struct qr_error *error)
{
    QR_CLEANUP(sink_done) struct sink sink = {.draft = draft, .path = path, .file = fopen(path, "wbe")};
    if (!sink.file)
        return qr_fail_errno(error, "write", path);
    int code = put_content(&sink, store, error);
    return code ? code : put_tail(&sink, error);
}

int qr_snapshot_write(const struct qr_snapshot_draft *draft, const char *store, const char *folder,
                      struct qr_error *error)
{
    QR_CLEANUP(qr_store_closep) struct qr_store *opened = NULL;
    QR_CLEANUP(qr_freep) char *unfinished = qr_snapshot_path(folder, draft->head.height, QR_SNAPSHOT_UNFINISHED);
    QR_CLEANUP(qr_freep) char *finished = qr_snapshot_path(folder, draft->head.height, "");
    int code = qr_store_open_read(store, &opened, error);
    if (code == 0 && mkdir(folder, 0700) != 0 && errno != EEXIST)
        code = qr_fail_errno(error, "make", folder);
    if (code)
        return code;
    code = write_file(draft, opened, unfinished, error);
    if (code == 0 && rename(unfinished, finished) != 0)
        code = qr_fail_errno(error, "write", finished);
    if (code) {
        unlink(unfinished);
        return code;
    }
    return qr_snapshot_prune(folder, error);
}
