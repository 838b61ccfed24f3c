#include "xai/model.h"
#include "tests/fuzz/target.h"

/* Any bytes are a model or an error; a model is the bytes it came from, and scores rows within its stated bounds. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct qr_model *model = NULL;
    struct qr_error error;
    if (qr_model_decode(data, size, &model, &error) != QR_OK) {
        FUZZ_CHECK(error.text[0]);
        return 0;
    }
    struct qr_span bytes = qr_model_bytes(model);
    FUZZ_CHECK(bytes.size == size && memcmp(bytes.bytes, data, size) == 0);
    const struct qr_schema *schema = qr_model_schema(model);
    int32_t low[QR_FEATURES_MAX], high[QR_FEATURES_MAX], wild[QR_FEATURES_MAX];
    for (size_t i = 0; i < schema->n_features; i++) {
        low[i] = schema->features[i].missing ? QR_MISSING : schema->features[i].min;
        high[i] = schema->features[i].max;
        wild[i] = INT32_MAX;
    }
    const struct qr_model_facts *facts = qr_model_facts(model);
    int64_t of_low = qr_model_score(model, low), of_high = qr_model_score(model, high);
    FUZZ_CHECK(of_low >= facts->score_min && of_low <= facts->score_max);
    FUZZ_CHECK(of_high >= facts->score_min && of_high <= facts->score_max);
    qr_model_score(model, wild); /* out of range: some score, and no wild read */
    qr_model_free(model);
    return 0;
}
