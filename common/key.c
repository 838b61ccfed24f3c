#include "common/key.h"

#include <sodium.h>

#include "common/file.h"

struct qr_key {
    enum qr_key_kind kind;
    char name[QR_KEY_NAME_MAX];
    struct qr_public_key public;
    uint8_t seed[crypto_sign_SEEDBYTES];
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
};

static const char *const kind_names[QR_KEY_KINDS] = {
    [QR_KEY_MEMBER] = "member",           [QR_KEY_NODE] = "node",   [QR_KEY_PRICING] = "pricing",
    [QR_KEY_RESERVATION] = "reservation", [QR_KEY_AGENT] = "agent",
};

static const char file_magic[] = "quorate-key-1";

const char *qr_key_kind_name(enum qr_key_kind kind) { return kind_names[kind]; }

void qr_crypto_init(void)
{
    if (sodium_init() < 0) {
        fputs("quorate: libsodium cannot start\n", stderr);
        abort();
    }
}

struct qr_key *qr_key_from_seed(enum qr_key_kind kind, const char *name, const uint8_t seed[32])
{
    struct qr_key *key = qr_alloc(1, sizeof *key);
    /* Where the limit of locked memory is reached the key stays usable; it may then be swapped out. */
    (void)sodium_mlock(key, sizeof *key);
    key->kind = kind;
    qr_copy_text(key->name, sizeof key->name, name);
    memcpy(key->seed, seed, sizeof key->seed);
    crypto_sign_seed_keypair(key->public.bytes, key->secret, seed);
    return key;
}

struct qr_key *qr_key_generate(enum qr_key_kind kind, const char *name)
{
    uint8_t seed[crypto_sign_SEEDBYTES];
    randombytes_buf(seed, sizeof seed);
    struct qr_key *key = qr_key_from_seed(kind, name, seed);
    sodium_memzero(seed, sizeof seed);
    return key;
}

void qr_key_free(struct qr_key *key)
{
    if (!key)
        return;
    sodium_memzero(key, sizeof *key);
    (void)sodium_munlock(key, sizeof *key);
    free(key);
}

void qr_key_freep(struct qr_key **key) { qr_key_free(*key); }

enum qr_key_kind qr_key_kind(const struct qr_key *key) { return key->kind; }
const char *qr_key_name(const struct qr_key *key) { return key->name; }
const struct qr_public_key *qr_key_public(const struct qr_key *key) { return &key->public; }

bool qr_name_valid(const char *name)
{
    size_t size = strlen(name);
    if (size < 1 || size > 32 || strchr("_-.", name[0]))
        return false;
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";
    return strspn(name, allowed) == size;
}

static bool kind_from_name(const char *name, enum qr_key_kind *ret_kind)
{
    for (int kind = 0; kind < QR_KEY_KINDS; kind++)
        if (strcmp(kind_names[kind], name) == 0) {
            *ret_kind = (enum qr_key_kind)kind;
            return true;
        }
    return false;
}

static void wipe_buffer(struct qr_buffer *buffer)
{
    if (buffer->data)
        sodium_memzero(buffer->data, buffer->capacity);
    qr_buffer_done(buffer);
}

static int parse_key(char *text, struct qr_key **ret_key)
{
    char *fields[4], *rest = text;
    size_t n = 0;
    char *end = text + strcspn(text, "\r\n");
    if (strspn(end, "\r\n") != strlen(end))
        return QR_EFORMAT;
    *end = '\0';
    for (char *field; n < 4 && (field = strsep(&rest, " "));)
        fields[n++] = field;
    enum qr_key_kind kind;
    uint8_t seed[crypto_sign_SEEDBYTES];
    if (n != 4 || rest || strcmp(fields[0], file_magic) != 0 || !kind_from_name(fields[1], &kind) ||
        !qr_name_valid(fields[2]) || qr_hex_decode(fields[3], sizeof seed, seed) != QR_OK)
        return QR_EFORMAT;
    *ret_key = qr_key_from_seed(kind, fields[2], seed);
    sodium_memzero(seed, sizeof seed);
    return QR_OK;
}

int qr_key_load(const char *path, struct qr_key **ret_key, struct qr_error *error)
{
    QR_CLEANUP(wipe_buffer) struct qr_buffer text = {0};
    qr_buffer_reserve(&text, 4096);
    int result = qr_file_read(path, 4096, &text, error);
    if (result != QR_OK)
        return result;
    if (memchr(text.data, '\0', text.size) || parse_key((char *)text.data, ret_key) != QR_OK) {
        qr_fail(error, QR_EFORMAT, "%s is not a key file", path);
        return qr_hint(error, "a key file is one line: %s KIND NAME SEED", file_magic);
    }
    return QR_OK;
}

int qr_key_save(const struct qr_key *key, const char *path, struct qr_error *error)
{
    char line[256], seed[2 * crypto_sign_SEEDBYTES + 1];
    qr_hex(key->seed, sizeof key->seed, seed);
    int size = snprintf(line, sizeof line, "%s %s %s %s\n", file_magic, kind_names[key->kind], key->name, seed);
    sodium_memzero(seed, sizeof seed);
    int result = qr_file_create(path, line, (size_t)size, 0600, error);
    sodium_memzero(line, sizeof line);
    return result;
}

static void signed_content(struct qr_buffer *out, enum qr_domain domain, const char *chain_id, const void *bytes,
                           size_t size)
{
    const char *tag = qr_domain_tag(domain);
    qr_buffer_byte(out, (uint8_t)strlen(tag));
    qr_buffer_add(out, tag, strlen(tag));
    qr_buffer_byte(out, (uint8_t)strlen(chain_id));
    qr_buffer_add(out, chain_id, strlen(chain_id));
    qr_buffer_add(out, bytes, size);
}

struct qr_signature qr_sign(const struct qr_key *key, enum qr_domain domain, const char *chain_id, const void *bytes,
                            size_t size)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    signed_content(&content, domain, chain_id, bytes, size);
    return qr_sign_note(key, content.data, content.size);
}

bool qr_verify(const struct qr_public_key *key, enum qr_domain domain, const char *chain_id, const void *bytes,
               size_t size, const struct qr_signature *signature)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    signed_content(&content, domain, chain_id, bytes, size);
    return qr_verify_note(key, content.data, content.size, signature);
}

struct qr_signature qr_sign_note(const struct qr_key *key, const void *bytes, size_t size)
{
    struct qr_signature signature;
    crypto_sign_detached(signature.bytes, NULL, bytes, size, key->secret);
    return signature;
}

bool qr_verify_note(const struct qr_public_key *key, const void *bytes, size_t size,
                    const struct qr_signature *signature)
{
    return crypto_sign_verify_detached(signature->bytes, bytes, size, key->bytes) == 0;
}

void qr_random(void *ret_bytes, size_t size) { randombytes_buf(ret_bytes, size); }
