#include "ledger/bundle.h"

#include "tests/fuzz/target.h"

/* A bundle's parts are its bytes, one behind the other; all but the last are framed as transactions are, and a transaction alone is one
 * part. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct qr_span whole = {.bytes = data, .size = size};
    struct qr_bundles bundles = qr_bundles_split(&whole, 1);
    struct qr_transaction transaction;
    size_t at = 0;
    FUZZ_CHECK(bundles.n == 1 && bundles.first[0] == 0 && bundles.first[1] >= 1);
    for (size_t i = 0; i < bundles.first[1]; i++) {
        const struct qr_span *part = &bundles.parts[i];
        FUZZ_CHECK(size == 0 || (const uint8_t *)part->bytes == data + at);
        FUZZ_CHECK(i + 1 == bundles.first[1] || part->size > QR_PUBLIC_KEY_SIZE + QR_SIGNATURE_SIZE);
        at += part->size;
    }
    FUZZ_CHECK(at == size);
    if (qr_transaction_read(data, size, &transaction, NULL) == 0)
        FUZZ_CHECK(bundles.first[1] == 1);
    qr_bundles_done(&bundles);
    return 0;
}
