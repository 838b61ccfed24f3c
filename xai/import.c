#include "xai/import.h"

#include "common/file.h"
#include "xai/draft.h"

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/* JSON goes on with a quotation mark or a blank behind its brace, UBJSON with the letter of a length or a type. */
static bool looks_like_json(const uint8_t *bytes, size_t size)
{
    size_t at = 0;
    while (at < size && is_space(bytes[at]))
        at++;
    return at + 1 < size && bytes[at] == '{' &&
           (bytes[at + 1] == '"' || bytes[at + 1] == '}' || is_space(bytes[at + 1]));
}

int qr_import_source(const void *bytes, size_t size, const struct qr_schema *schema, struct qr_import *ret_import,
                     struct qr_error *error)
{
    if (size > QR_SOURCE_FILE_MAX)
        return qr_fail(error, QR_ELIMIT, "a source model has at most %d bytes and this has %zu", QR_SOURCE_FILE_MAX,
                       size);
    const uint8_t *start = bytes;
    struct qr_import import = {0};
    struct qr_error unwanted;
    error = error ? error : &unwanted;
    QR_CLEANUP(doc_done) struct doc doc = {0};
    int code;
    if (looks_like_json(start, size)) {
        import.format = "xgboost-json";
        code = doc_read_json(&doc, bytes, size, error);
    } else if (size >= 2 && start[0] == '{') {
        import.format = "xgboost-ubj";
        code = doc_read_ubjson(&doc, bytes, size, error);
    } else if (size >= 6 && (memcmp(start, "tree\n", 5) == 0 || memcmp(start, "tree\r\n", 6) == 0)) {
        import.format = "lightgbm-text";
        code = import_lightgbm(bytes, size, schema, &import, error);
        if (!code)
            *ret_import = import;
        return code;
    } else {
        qr_fail(error, QR_EFORMAT, "the content is of no known kind of model");
        qr_hint(error, "save the model with XGBoost's save_model as .json or .ubj, or with LightGBM's as text");
        return QR_EFORMAT;
    }
    if (!code)
        code = import_xgboost(&doc, schema, &import, error);
    if (!code)
        *ret_import = import;
    return code;
}

int qr_import_file(const char *path, const struct qr_schema *schema, struct qr_import *ret_import,
                   struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    int code = qr_file_read(path, QR_SOURCE_FILE_MAX, &bytes, error);
    if (code)
        return code;
    bytes.data = qr_realloc(bytes.data, bytes.size + 1, 1); /* reading doubles, and what follows needs the memory */
    bytes.capacity = bytes.size + 1;
    code = qr_import_source(bytes.data, bytes.size, schema, ret_import, error);
    if (code)
        qr_prefix(error, "%s", path);
    return code;
}
