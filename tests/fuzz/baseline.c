#include "xai/baseline.h"
#include "tests/fuzz/target.h"
#include "xai/reference.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct qr_baseline *baseline = NULL;
    struct qr_reference *reference = NULL;
    struct qr_error error;
    if (qr_baseline_decode(data, size, &baseline, &error) == QR_OK) {
        FUZZ_CHECK(qr_baseline_bytes(baseline).size == size);
        FUZZ_CHECK(qr_baseline_rows(baseline) >= qr_baseline_distinct(baseline) &&
                   qr_baseline_rows(baseline) <= QR_BASELINE_ROWS_MAX);
        qr_baseline_free(baseline);
    }
    if (qr_reference_decode(data, size, &reference, &error) == QR_OK) {
        FUZZ_CHECK(qr_reference_rows(reference) > 0);
        qr_reference_free(reference);
    }
    return 0;
}
