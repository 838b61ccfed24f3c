#include "ledger/json.h"

bool qr_json_keys(const json_t *object, const char *const *keys, size_t n)
{
    if (!json_is_object(object) || json_object_size(object) != n)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!json_object_get(object, keys[i]))
            return false;
    return true;
}

bool qr_json_uint(const json_t *value, uint64_t most, uint64_t *ret)
{
    if (!json_is_integer(value) || json_integer_value(value) < 0 || (uint64_t)json_integer_value(value) > most)
        return false;
    *ret = (uint64_t)json_integer_value(value);
    return true;
}

bool qr_json_text(const json_t *value, char *target, size_t capacity)
{
    const char *text = json_string_value(value);
    if (!text || strlen(text) != json_string_length(value) || json_string_length(value) >= capacity)
        return false;
    return qr_copy_text(target, capacity, text);
}

bool qr_json_hash(const json_t *value, struct qr_hash *ret)
{
    char text[QR_HASH_HEX + 1];
    return qr_json_text(value, text, sizeof text) && qr_hash_from_hex(text, "hash", ret, NULL) == 0;
}

bool qr_json_bytes(const json_t *value, size_t most, struct qr_buffer *out)
{
    const char *text = json_string_value(value);
    size_t length = json_string_length(value);
    if (!text || length % 2 || length / 2 > most || strlen(text) != length)
        return false;
    qr_buffer_reserve(out, length / 2);
    if (qr_hex_decode(text, length / 2, out->data + out->size) != 0)
        return false;
    out->size += length / 2;
    return true;
}

json_t *qr_json_of_bytes(const void *bytes, size_t size)
{
    char *text = qr_alloc(2 * size + 1, 1);
    qr_hex(bytes, size, text);
    json_t *value = json_string(text);
    free(text);
    return value;
}

static int add_piece(const char *piece, size_t size, void *out)
{
    qr_buffer_add(out, piece, size);
    return 0;
}

void qr_json_put_text(const char *text, struct qr_buffer *out)
{
    json_t *value = json_string(text);
    if (json_dump_callback(value, add_piece, out, JSON_COMPACT | JSON_ENCODE_ANY) != 0)
        abort(); /* only a text that is not UTF-8 */
    json_decref(value);
}

void qr_json_take(json_t *value, struct qr_buffer *out)
{
    if (json_dump_callback(value, add_piece, out, JSON_COMPACT) != 0)
        abort(); /* only a value that this code built wrongly */
    qr_buffer_byte(out, '\n');
    json_decref(value);
}

json_t *qr_json_parse(const char *text, size_t size, struct qr_error *error)
{
    size_t used = size && text[size - 1] == '\n' ? size - 1 : size;
    json_error_t problem;
    if (used && isspace((unsigned char)text[used - 1])) {
        qr_fail(error, QR_EFORMAT, "white space follows the end");
        return NULL;
    }
    json_t *value = json_loadb(text, used, JSON_REJECT_DUPLICATES, &problem);
    if (!value)
        qr_fail(error, QR_EFORMAT, "line %d: %s", problem.line, problem.text);
    return value;
}
