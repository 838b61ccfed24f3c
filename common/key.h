#ifndef QR_COMMON_KEY_H
#define QR_COMMON_KEY_H

#include "common/hash.h"

/* Ed25519 keys (libsodium), what they may sign, and their files. A key file is one line of text:
 * `quorate-key-1 KIND NAME SEED`, SEED being 64 hexadecimal digits, mode 0600. */

enum { QR_PUBLIC_KEY_SIZE = 32, QR_SIGNATURE_SIZE = 64, QR_KEY_NAME_MAX = 64, QR_CHAIN_ID_MAX = 64 };

/* What a key is for: a key can do only what its kind says. The numbers are recorded; they never change. */
enum qr_key_kind {
    QR_KEY_MEMBER = 0,      /* proposals, ballots, publishing, appointment of operators */
    QR_KEY_NODE = 1,        /* checkpoints */
    QR_KEY_PRICING = 2,     /* decision batches */
    QR_KEY_RESERVATION = 3, /* order leaves */
    QR_KEY_AGENT = 4,       /* impact reports, due executions */
    QR_KEY_KINDS
};

struct qr_public_key {
    uint8_t bytes[QR_PUBLIC_KEY_SIZE];
};

struct qr_signature {
    uint8_t bytes[QR_SIGNATURE_SIZE];
};

/* A secret key is locked in memory where the system allows and wiped by qr_key_free. */
struct qr_key;

const char *qr_key_kind_name(enum qr_key_kind kind); /* "member", "node", ... */

/* Once per process, before any other call here or in hash.h. Ends the process if libsodium cannot start. */
void qr_crypto_init(void);

struct qr_key *qr_key_generate(enum qr_key_kind kind, const char *name);
struct qr_key *qr_key_from_seed(enum qr_key_kind kind, const char *name, const uint8_t seed[32]);
void qr_key_free(struct qr_key *key);
void qr_key_freep(struct qr_key **key);

enum qr_key_kind qr_key_kind(const struct qr_key *key);
const char *qr_key_name(const struct qr_key *key);
const struct qr_public_key *qr_key_public(const struct qr_key *key);

QR_MUST_USE int qr_key_load(const char *path, struct qr_key **ret_key, struct qr_error *error);
/* Refuses to overwrite a file that is there. */
QR_MUST_USE int qr_key_save(const struct qr_key *key, const char *path, struct qr_error *error);

/* Names of members and keys: 1 to 32 of A-Z a-z 0-9 _ - and ., starting with a letter or digit. */
bool qr_name_valid(const char *name);

/* Signs tag(domain) ‖ chain id ‖ bytes, each of the first two behind its length byte. */
struct qr_signature qr_sign(const struct qr_key *key, enum qr_domain domain, const char *chain_id,
                            const void *bytes, size_t size);
/* Strict: small-order keys and non-canonical signatures are refused (libsodium's rules). */
bool qr_verify(const struct qr_public_key *key, enum qr_domain domain, const char *chain_id, const void *bytes,
               size_t size, const struct qr_signature *signature);

/* Signs or checks the bytes as they are: C2SP signed notes alone, whose text names its origin. */
struct qr_signature qr_sign_note(const struct qr_key *key, const void *bytes, size_t size);
bool qr_verify_note(const struct qr_public_key *key, const void *bytes, size_t size, const struct qr_signature *signature);

/* Random bytes from the operating system. Deterministic code takes them as an argument instead. */
void qr_random(void *ret_bytes, size_t size);

#endif
