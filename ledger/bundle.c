#include "ledger/bundle.h"

/* The bytes of the transaction at the front; all that there are when none is. */
static size_t first_size(const uint8_t *bytes, size_t size)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    size_t body;
    (void)qr_get_bytes(&in, QR_TRANSACTION_MAX, &body);
    const uint8_t *last = qr_get_raw(&in, QR_PUBLIC_KEY_SIZE + QR_SIGNATURE_SIZE);
    return last ? (size_t)(last - bytes) + QR_PUBLIC_KEY_SIZE + QR_SIGNATURE_SIZE : size;
}

struct qr_bundles qr_bundles_split(const struct qr_span *bundles, size_t n)
{
    struct qr_bundles split = {.n = n, .first = qr_alloc(n + 1, sizeof *split.first)};
    size_t filled = 0, room = n;
    split.parts = qr_alloc(room, sizeof *split.parts);
    for (size_t i = 0; i < n; i++) {
        const uint8_t *bytes = bundles[i].size ? bundles[i].bytes : (const uint8_t *)"";
        size_t at = 0;
        split.first[i] = filled;
        do {
            if (filled == room)
                split.parts = qr_realloc(split.parts, room *= 2, sizeof *split.parts);
            size_t size = first_size(bytes + at, bundles[i].size - at);
            split.parts[filled++] = (struct qr_span){.bytes = bytes + at, .size = size};
            at += size;
        } while (at < bundles[i].size);
    }
    split.first[n] = filled;
    return split;
}

void qr_bundles_done(struct qr_bundles *bundles)
{
    free(bundles->parts);
    free(bundles->first);
    *bundles = (struct qr_bundles){.n = 0};
}
