#include "ledger/extension.h"

#include "common/codec.h"

enum { VERSION = 1 };

void qr_extension_write(uint64_t height, const struct qr_note_signature *line, struct qr_buffer *out)
{
    qr_put_u8(out, VERSION);
    qr_put_uint(out, height);
    qr_put_text(out, line->name);
    qr_put_raw(out, line->key_hash, sizeof line->key_hash);
    qr_put_raw(out, line->signature.bytes, QR_SIGNATURE_SIZE);
}

int qr_extension_read(const void *bytes, size_t size, uint64_t *ret_height, struct qr_note_signature *ret_line,
                      struct qr_error *error)
{
    struct qr_note_signature line = {.name = ""};
    struct qr_reader in = qr_reader_of(bytes, size);
    if (qr_get_u8(&in) != VERSION)
        qr_reader_fail(&in, "it is of another version");
    uint64_t height = qr_get_uint(&in);
    qr_get_text(&in, line.name, sizeof line.name);
    if (!in.failed && !qr_name_valid(line.name))
        qr_reader_fail(&in, "the node's name is not a name");
    const uint8_t *key_hash = qr_get_raw(&in, sizeof line.key_hash);
    const uint8_t *signature = qr_get_raw(&in, QR_SIGNATURE_SIZE);
    int code = qr_reader_end(&in, "vote extension", error);
    if (code)
        return code;
    memcpy(line.key_hash, key_hash, sizeof line.key_hash);
    memcpy(line.signature.bytes, signature, QR_SIGNATURE_SIZE);
    *ret_height = height;
    *ret_line = line;
    return 0;
}
