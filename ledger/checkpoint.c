#include "ledger/checkpoint.h"

#include <sodium.h>

static const char dash[] = "\xe2\x80\x94 "; /* the em dash and blank that begin a signature line */

enum { LINE_BYTES = 4 + QR_SIGNATURE_SIZE, BASE64_TEXT = 128 };

struct qr_checkpoint qr_checkpoint_of(const struct qr_header *header, const struct qr_hash *genesis)
{
    return (struct qr_checkpoint){
        .genesis = *genesis,
        .size = header->log_size,
        .root = header->log_root,
        .height = header->height,
        .time = header->time,
        .app_hash = header->app_hash,
    };
}

static const char *base64(const void *bytes, size_t size, char text[BASE64_TEXT])
{
    return sodium_bin2base64(text, BASE64_TEXT, bytes, size, sodium_base64_VARIANT_ORIGINAL);
}

void qr_checkpoint_text(const struct qr_checkpoint *checkpoint, struct qr_buffer *out)
{
    char root[BASE64_TEXT];
    qr_buffer_text(out, "quorate/%s\n%" PRIu64 "\n%s\n", qr_hash_text(&checkpoint->genesis).text, checkpoint->size,
                   base64(checkpoint->root.bytes, QR_HASH_SIZE, root));
    qr_buffer_text(out, "height %" PRIu64 "\ntime %" PRId64 "\napplication %s\n", checkpoint->height,
                   checkpoint->time, qr_hash_text(&checkpoint->app_hash).text);
}

static void key_hash(const char *name, const struct qr_public_key *key, uint8_t ret_hash[4])
{
    struct qr_hash hash;
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const uint8_t *)name, strlen(name));
    crypto_hash_sha256_update(&state, (const uint8_t *)"\n\x01", 2);
    crypto_hash_sha256_update(&state, key->bytes, sizeof key->bytes);
    crypto_hash_sha256_final(&state, hash.bytes);
    memcpy(ret_hash, hash.bytes, 4);
}

void qr_checkpoint_sign(const struct qr_checkpoint *checkpoint, const struct qr_key *key,
                        struct qr_note_signature *ret)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    qr_checkpoint_text(checkpoint, &text);
    struct qr_note_signature line = {.signature = qr_sign_note(key, text.data, text.size)};
    qr_copy_text(line.name, sizeof line.name, qr_key_name(key));
    key_hash(line.name, qr_key_public(key), line.key_hash);
    *ret = line;
}

bool qr_checkpoint_claims(const struct qr_note_signature *line, const char *name, const struct qr_public_key *key)
{
    uint8_t expected[4];
    if (strcmp(line->name, name) != 0)
        return false;
    key_hash(name, key, expected);
    return memcmp(line->key_hash, expected, sizeof expected) == 0;
}

bool qr_checkpoint_verify(const struct qr_checkpoint *checkpoint, const struct qr_note_signature *line,
                          const char *name, const struct qr_public_key *key)
{
    if (!qr_checkpoint_claims(line, name, key))
        return false;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    qr_checkpoint_text(checkpoint, &text);
    return qr_verify_note(key, text.data, text.size, &line->signature);
}

void qr_note_write(const struct qr_signed_checkpoint *note, struct qr_buffer *out)
{
    qr_checkpoint_text(&note->checkpoint, out);
    qr_buffer_text(out, "\n");
    for (unsigned i = 0; i < note->n; i++) {
        uint8_t bytes[LINE_BYTES];
        char text[BASE64_TEXT];
        memcpy(bytes, note->signatures[i].key_hash, 4);
        memcpy(bytes + 4, note->signatures[i].signature.bytes, QR_SIGNATURE_SIZE);
        qr_buffer_text(out, "%s%s %s\n", dash, note->signatures[i].name, base64(bytes, sizeof bytes, text));
    }
}

/* Reading cuts the text into lines and fills the fields loosely; writing it back and comparing makes it strict. */
struct lines {
    const char *at;
    const char *end;
};

static bool next_line(struct lines *lines, char *target, size_t capacity)
{
    const char *newline = lines->at < lines->end ? memchr(lines->at, '\n', (size_t)(lines->end - lines->at)) : NULL;
    if (!newline || (size_t)(newline - lines->at) >= capacity)
        return false;
    memcpy(target, lines->at, (size_t)(newline - lines->at));
    target[newline - lines->at] = 0;
    lines->at = newline + 1;
    return true;
}

static bool number_after(const char *line, const char *prefix, uint64_t *ret)
{
    size_t skip = strlen(prefix);
    if (strncmp(line, prefix, skip) != 0 || !isdigit((unsigned char)line[skip]))
        return false;
    errno = 0;
    char *end;
    *ret = strtoull(line + skip, &end, 10);
    return errno == 0 && *end == 0;
}

static bool decode64(const char *text, void *target, size_t size)
{
    size_t n = 0;
    const char *end = NULL;
    size_t length = strlen(text);
    return sodium_base642bin(target, size, text, length, NULL, &n, &end, sodium_base64_VARIANT_ORIGINAL) == 0 &&
           n == size && end == text + length;
}

static bool read_head(struct lines *lines, struct qr_checkpoint *ret)
{
    char line[256];
    uint64_t time = 0;
    const char *origin = "quorate/", *application = "application ";
    bool good = next_line(lines, line, sizeof line) && strncmp(line, origin, strlen(origin)) == 0 &&
                qr_hash_from_hex(line + strlen(origin), "origin", &ret->genesis, NULL) == 0;
    good = good && next_line(lines, line, sizeof line) && number_after(line, "", &ret->size);
    good = good && next_line(lines, line, sizeof line) && decode64(line, ret->root.bytes, QR_HASH_SIZE);
    good = good && next_line(lines, line, sizeof line) && number_after(line, "height ", &ret->height);
    good = good && next_line(lines, line, sizeof line) && number_after(line, "time ", &time) && time <= INT64_MAX;
    good = good && next_line(lines, line, sizeof line) && strncmp(line, application, strlen(application)) == 0 &&
           qr_hash_from_hex(line + strlen(application), "application", &ret->app_hash, NULL) == 0;
    ret->time = (int64_t)time;
    return good && next_line(lines, line, sizeof line) && line[0] == 0;
}

static bool read_signature(struct lines *lines, struct qr_note_signature *ret)
{
    char line[512];
    uint8_t bytes[LINE_BYTES];
    if (!next_line(lines, line, sizeof line) || strncmp(line, dash, strlen(dash)) != 0)
        return false;
    char *name = line + strlen(dash);
    char *blank = strchr(name, ' ');
    if (!blank)
        return false;
    *blank = 0;
    if (!qr_name_valid(name) || !decode64(blank + 1, bytes, sizeof bytes))
        return false;
    qr_copy_text(ret->name, sizeof ret->name, name);
    memcpy(ret->key_hash, bytes, 4);
    memcpy(ret->signature.bytes, bytes + 4, QR_SIGNATURE_SIZE);
    return true;
}

int qr_note_read(const char *text, size_t size, struct qr_signed_checkpoint *ret, struct qr_error *error)
{
    if (size > QR_NOTE_MAX)
        return qr_fail(error, QR_EFORMAT, "checkpoint: longer than %d bytes", QR_NOTE_MAX);
    struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    struct lines lines = {.at = text, .end = text + size};
    bool good = read_head(&lines, &note->checkpoint);
    while (good && lines.at < lines.end)
        good = note->n < QR_NOTE_SIGNATURES_MAX && read_signature(&lines, &note->signatures[note->n++]);

    QR_CLEANUP(qr_buffer_done) struct qr_buffer again = {0};
    if (good)
        qr_note_write(note, &again);
    good = good && again.size == size && memcmp(again.data, text, size) == 0;
    if (good)
        *ret = *note;
    free(note);
    return good ? 0 : qr_fail(error, QR_EFORMAT, "this is no checkpoint: not a signed note of a ledger's, byte by byte");
}
