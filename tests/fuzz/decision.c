#include "xai/decision.h"
#include "tests/fuzz/target.h"

/* A leaf that decodes encodes to the same bytes and adds up; so do rules. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct qr_decision decision;
    struct qr_rules rules;
    struct qr_error error;
    if (qr_decision_decode(data, size, &decision, &error) == QR_OK) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        qr_decision_encode(&decision, &bytes);
        FUZZ_CHECK(bytes.size == size && memcmp(bytes.data, data, size) == 0);
    }
    if (qr_rules_decode(data, size, &rules, &error) == QR_OK) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        qr_rules_encode(&rules, &bytes);
        FUZZ_CHECK(bytes.size == size && memcmp(bytes.data, data, size) == 0);
    }
    return 0;
}
