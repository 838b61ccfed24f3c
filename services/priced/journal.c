#include "services/priced/journal.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "common/codec.h"
#include "common/file.h"

static const char magic[4] = "QRJ1";
enum { FRAME_HEAD = 12, CHECK_SIZE = 8, JOURNAL_FILE_MAX = 1 << 30 };
enum record { RECORD_LEAF = 1, RECORD_BATCH = 2, RECORD_RECORDED = 3 };

struct journal {
    int file;
    char *path;
    uint64_t size;
    struct qr_buffer gathered;
    struct qr_buffer record; /* reused for each */
};

/* --- writing --- */

static void put_frame(struct qr_buffer *out, const struct qr_buffer *content)
{
    uint8_t head[FRAME_HEAD];
    struct qr_hash hash = qr_tagged_hash(QR_DOMAIN_BATCH, content->data, content->size);
    for (int i = 0; i < 4; i++)
        head[i] = (uint8_t)(content->size >> (8 * i));
    memcpy(head + 4, hash.bytes, CHECK_SIZE);
    qr_buffer_add(out, head, sizeof head);
    qr_buffer_add(out, content->data, content->size);
}

static struct qr_buffer *begin(struct journal *journal, enum record kind)
{
    qr_buffer_clear(&journal->record);
    qr_put_u8(&journal->record, (uint8_t)kind);
    return &journal->record;
}

void journal_leaf(struct journal *journal, uint64_t as_of, struct qr_span leaf)
{
    struct qr_buffer *record = begin(journal, RECORD_LEAF);
    qr_put_uint(record, as_of);
    qr_put_bytes(record, leaf.bytes, leaf.size);
    put_frame(&journal->gathered, record);
}

void journal_batch(struct journal *journal, uint64_t sequence, const struct qr_hash *mandate, uint64_t as_of, size_t n)
{
    struct qr_buffer *record = begin(journal, RECORD_BATCH);
    qr_put_uint(record, sequence);
    qr_put_hash(record, mandate);
    qr_put_uint(record, as_of);
    qr_put_uint(record, n);
    put_frame(&journal->gathered, record);
}

void journal_recorded(struct journal *journal, uint64_t sequence, uint64_t height)
{
    struct qr_buffer *record = begin(journal, RECORD_RECORDED);
    qr_put_uint(record, sequence);
    qr_put_uint(record, height);
    put_frame(&journal->gathered, record);
}

static int blame(int code, struct qr_error *error)
{
    qr_hint(error, code == QR_EDISK_FULL ? "make room on the disk; pricing goes on by itself then"
                                         : "look into the system's log for what the disk met");
    return code;
}

static int write_all(int file, const char *path, const struct qr_buffer *bytes, struct qr_error *error)
{
    for (size_t done = 0; done < bytes->size;) {
        ssize_t written = write(file, bytes->data + done, bytes->size - done);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return blame(qr_fail_errno(error, "write", path), error);
        done += (size_t)written;
    }
    return 0;
}

int journal_flush(struct journal *journal, struct qr_error *error)
{
    if (journal->gathered.size == 0)
        return 0;
    int code = write_all(journal->file, journal->path, &journal->gathered, error);
    if (code < 0)
        return code;
    journal->size += journal->gathered.size;
    qr_buffer_clear(&journal->gathered);
    return 0;
}

int journal_descriptor(const struct journal *journal, int *ret_descriptor, struct qr_error *error)
{
    int descriptor = fcntl(journal->file, F_DUPFD_CLOEXEC, 3);
    if (descriptor < 0)
        return qr_fail_errno(error, "duplicate the descriptor of", journal->path);
    *ret_descriptor = descriptor;
    return 0;
}

uint64_t journal_size(const struct journal *journal)
{
    return journal->size + journal->gathered.size;
}

/* --- reading --- */

static void replay_batch(struct qr_reader *in, const struct journal_events *events, void *context)
{
    struct qr_hash mandate;
    uint64_t sequence = qr_get_uint(in);
    qr_get_hash(in, &mandate);
    uint64_t as_of = qr_get_uint(in);
    size_t n = (size_t)qr_get_uint_max(in, SIZE_MAX);
    if (qr_reader_end(in, "a batch", NULL) == 0)
        events->batch(context, sequence, &mandate, as_of, n);
}

static int replay_record(const uint8_t *bytes, size_t size, const struct journal_events *events, void *context,
                         struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    switch ((enum record)qr_get_u8(&in)) {
    case RECORD_LEAF: {
        struct qr_span leaf;
        uint64_t as_of = qr_get_uint(&in);
        leaf.bytes = qr_get_bytes(&in, JOURNAL_RECORD_MAX, &leaf.size);
        if (leaf.bytes != NULL && in.at == in.end)
            events->leaf(context, as_of, leaf);
        break;
    }
    case RECORD_BATCH:
        replay_batch(&in, events, context);
        break;
    case RECORD_RECORDED: {
        uint64_t sequence = qr_get_uint(&in), height = qr_get_uint(&in);
        if (in.failed == NULL)
            events->recorded(context, sequence, height);
        break;
    }
    }
    return qr_reader_end(&in, "a record of the journal", error);
}

/* The content of the frame at `at`; false at the end and for one that is torn. */
static bool frame_at(const struct qr_buffer *bytes, size_t at, struct qr_span *ret_content)
{
    if (bytes->size - at < FRAME_HEAD)
        return false;
    const uint8_t *head = bytes->data + at;
    size_t size = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
    if (size == 0 || size > JOURNAL_RECORD_MAX || size > bytes->size - at - FRAME_HEAD)
        return false;
    struct qr_hash hash = qr_tagged_hash(QR_DOMAIN_BATCH, head + FRAME_HEAD, size);
    *ret_content = (struct qr_span){head + FRAME_HEAD, size};
    return memcmp(hash.bytes, head + 4, CHECK_SIZE) == 0;
}

/* ret_end: where what can be read ends. */
static int replay(const struct qr_buffer *bytes, const struct journal_events *events, void *context, size_t *ret_end,
                  struct qr_error *error)
{
    struct qr_span content;
    size_t at = sizeof magic;
    while (frame_at(bytes, at, &content)) {
        int code = replay_record(content.bytes, content.size, events, context, error);
        if (code < 0)
            return code;
        at += FRAME_HEAD + content.size;
    }
    *ret_end = at;
    return 0;
}

static int load(struct journal *journal, const struct journal_events *events, void *context, struct qr_error *error)
{
    size_t end = 0;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    int code = qr_file_read(journal->path, JOURNAL_FILE_MAX, &bytes, error);
    if (code < 0)
        return code;
    if (bytes.size == 0) {
        qr_buffer_add(&journal->gathered, magic, sizeof magic);
        return journal_flush(journal, error);
    }
    if (bytes.size < sizeof magic || memcmp(bytes.data, magic, sizeof magic) != 0) {
        qr_fail(error, QR_ECORRUPT, "%s is no journal of decisions", journal->path);
        return qr_hint(error, "move it away; what it held is in reserved.db for every booking");
    }
    code = replay(&bytes, events, context, &end, error);
    if (code < 0)
        return qr_prefix(error, "%s", journal->path);
    journal->size = end;
    if (end < bytes.size && ftruncate(journal->file, (off_t)end) != 0)
        return qr_fail_errno(error, "cut the torn end off", journal->path);
    return 0;
}

int journal_open(const char *path, const struct journal_events *events, void *context, struct journal **ret_journal,
                 struct qr_error *error)
{
    int file = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file < 0)
        return qr_fail_errno(error, "open", path);
    struct journal *journal = qr_alloc(1, sizeof *journal);
    journal->file = file;
    journal->path = qr_strdup(path);
    int code = load(journal, events, context, error);
    if (code < 0) {
        journal_close(journal);
        return code;
    }
    *ret_journal = journal;
    return 0;
}

void journal_close(struct journal *journal)
{
    if (journal == NULL)
        return;
    close(journal->file);
    free(journal->path);
    qr_buffer_done(&journal->gathered);
    qr_buffer_done(&journal->record);
    free(journal);
}

/* --- compaction --- */

void journal_rewrite(struct journal *journal)
{
    qr_buffer_clear(&journal->gathered);
    qr_buffer_add(&journal->gathered, magic, sizeof magic);
}

int journal_replace(struct journal *journal, struct qr_error *error)
{
    int code = qr_file_write(journal->path, journal->gathered.data, journal->gathered.size, 0600, error);
    if (code < 0)
        return code;
    int file = open(journal->path, O_RDWR | O_APPEND | O_CLOEXEC);
    if (file < 0)
        return qr_fail_errno(error, "open", journal->path);
    close(journal->file);
    journal->file = file;
    journal->size = journal->gathered.size;
    qr_buffer_clear(&journal->gathered);
    return 0;
}
