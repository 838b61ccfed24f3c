#include "xai/rows.h"
#include "tests/fuzz/xai_schema.h"

/* Any text gives rows whose values are all in range, then an end or a sentence. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct qr_schema *schema = fuzz_schema();
    struct qr_rows *rows = NULL;
    struct qr_error error;
    if (qr_rows_of_memory(schema, "rows", data, size, &rows, &error) != QR_OK)
        return 0;
    int32_t row[QR_FEATURES_MAX];
    int code;
    while ((code = qr_rows_next(rows, row, NULL, &error)) == 1)
        FUZZ_CHECK(qr_schema_check_row(schema, row, NULL) == QR_OK);
    FUZZ_CHECK(code == 0 || qr_utf8_valid(error.text, strlen(error.text)));
    qr_rows_free(rows);
    return 0;
}
