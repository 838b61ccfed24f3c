#include "tests/fuzz/target.h"

#include <sys/mman.h>

#include "services/priced/journal.h"

/* Any bytes as a journal of decisions: it opens or is refused, and what is written to one that opened is there, after
 * what was there before, when it is opened again. */

struct seen {
    struct qr_hash digest; /* of everything told, in order */
    size_t n;
};

static void tell(struct seen *seen, const void *bytes, size_t size)
{
    struct qr_span spans[] = {{seen->digest.bytes, QR_HASH_SIZE}, {bytes, size}};
    seen->digest = qr_tagged_hash_spans(QR_DOMAIN_BATCH, spans, 2);
    seen->n++;
}

static void leaf(void *context, uint64_t as_of, struct qr_span bytes)
{
    tell(context, &as_of, sizeof as_of);
    tell(context, bytes.bytes, bytes.size);
}

static void batch(void *context, uint64_t sequence, const struct qr_hash *mandate, uint64_t as_of, size_t n)
{
    uint64_t numbers[] = {sequence, as_of, n};
    tell(context, mandate->bytes, QR_HASH_SIZE);
    tell(context, numbers, sizeof numbers);
}

static void recorded(void *context, uint64_t sequence, uint64_t height)
{
    uint64_t numbers[] = {sequence, height};
    tell(context, numbers, sizeof numbers);
}

static const struct journal_events events = {leaf, batch, recorded};

static void append_and_reopen(struct journal *journal, const char *path, struct seen *before)
{
    struct qr_hash mandate = {{7}};
    struct seen after = {0};
    journal_leaf(journal, 3, (struct qr_span){"a leaf", 6});
    journal_batch(journal, 9, &mandate, 3, 1);
    journal_recorded(journal, 9, 4);
    FUZZ_CHECK(journal_flush(journal, NULL) == 0);
    journal_close(journal);
    leaf(before, 3, (struct qr_span){"a leaf", 6});
    batch(before, 9, &mandate, 3, 1);
    recorded(before, 9, 4);
    struct journal *again = NULL;
    FUZZ_CHECK(journal_open(path, &events, &after, &again, NULL) == 0);
    FUZZ_CHECK(after.n == before->n && qr_hash_equal(&after.digest, &before->digest));
    journal_close(again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct seen seen = {0};
    struct journal *journal = NULL;
    int file = memfd_create("journal", MFD_CLOEXEC);
    FUZZ_CHECK(file >= 0 && write(file, data, size) == (ssize_t)size);
    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    if (journal_open(path, &events, &seen, &journal, NULL) == 0)
        append_and_reopen(journal, path, &seen);
    close(file);
    return 0;
}
