#include "tests/fuzz/target.h"
#include "xai/schema.h"

/* What parses is written as canonical bytes that read back to the same hash, and as JSON that parses to the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    QR_CLEANUP(qr_schema_done) struct qr_schema schema = {0}, read = {0}, parsed = {0};
    struct qr_error error;
    if (qr_schema_parse((const char *)data, size, &schema, &error) != QR_OK) {
        FUZZ_CHECK(error.text[0] && qr_utf8_valid(error.text, strlen(error.text)));
        return 0;
    }
    struct qr_hash hash = qr_schema_hash(&schema);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_schema_put_features(&schema, &bytes);
    struct qr_reader in = qr_reader_of(bytes.data, bytes.size);
    qr_schema_get_features(&in, &read);
    FUZZ_CHECK(qr_reader_end(&in, "the features", &error) == QR_OK);
    struct qr_hash again = qr_schema_hash(&read);
    FUZZ_CHECK(qr_hash_equal(&hash, &again));
    json_t *json = qr_schema_json(&schema);
    FUZZ_CHECK(json);
    char *text = json_dumps(json, JSON_COMPACT);
    FUZZ_CHECK(qr_schema_parse(text, strlen(text), &parsed, &error) == QR_OK);
    again = qr_schema_hash(&parsed);
    FUZZ_CHECK(qr_hash_equal(&hash, &again));
    free(text);
    json_decref(json);
    return 0;
}
