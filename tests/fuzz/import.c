#include "xai/import.h"
#include "tests/fuzz/xai_schema.h"

/* A source file is a model that decodes anew from its own bytes, or a sentence. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct qr_import import;
    struct qr_error error;
    if (qr_import_source(data, size, fuzz_schema(), &import, &error) != QR_OK) {
        FUZZ_CHECK(error.text[0] && qr_utf8_valid(error.text, strlen(error.text)));
        return 0;
    }
    struct qr_span bytes = qr_model_bytes(import.model);
    struct qr_model *again = NULL;
    FUZZ_CHECK(qr_model_decode(bytes.bytes, bytes.size, &again, &error) == QR_OK);
    FUZZ_CHECK(strlen(import.max_error) > 0);
    qr_model_free(again);
    qr_model_free(import.model);
    return 0;
}
