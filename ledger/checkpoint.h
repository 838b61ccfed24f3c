#ifndef QR_LEDGER_CHECKPOINT_H
#define QR_LEDGER_CHECKPOINT_H

#include "common/buffer.h"
#include "common/key.h"
#include "ledger/block.h"

/* Checkpoints: signed heads of the log, in the form of C2SP tlog-checkpoint and signed-note, so that witnesses that exist
 * can co-sign them:
 *
 *     quorate/<genesis hash in hexadecimal>
 *     <log size>
 *     <log root in base64>
 *     height <height>
 *     time <ms since 1970>
 *     application <application hash in hexadecimal>
 *                                              (an empty line)
 *     — <key name> <base64 of 4 bytes of key hash and the Ed25519 signature>
 *
 * The signature is over everything up to and without the empty line. The key hash is the first 4 bytes of
 * SHA-256(name ‖ 0x0a ‖ 0x01 ‖ public key). There is one way to write a checkpoint, and reading accepts no other. */

enum { QR_NOTE_MAX = 16 << 10, QR_NOTE_SIGNATURES_MAX = 64 };

struct qr_checkpoint {
    struct qr_hash genesis;
    uint64_t size;
    struct qr_hash root;
    uint64_t height;
    int64_t time;
    struct qr_hash app_hash;
};

struct qr_note_signature {
    char name[QR_KEY_NAME_MAX + 1];
    uint8_t key_hash[4];
    struct qr_signature signature;
};

struct qr_signed_checkpoint {
    struct qr_checkpoint checkpoint;
    unsigned n;
    struct qr_note_signature signatures[QR_NOTE_SIGNATURES_MAX];
};

struct qr_checkpoint qr_checkpoint_of(const struct qr_header *header, const struct qr_hash *genesis);

/* The text that is signed. */
void qr_checkpoint_text(const struct qr_checkpoint *checkpoint, struct qr_buffer *out);
/* One signature over it by a node's key. */
void qr_checkpoint_sign(const struct qr_checkpoint *checkpoint, const struct qr_key *key,
                        struct qr_note_signature *ret);
/* Whether this line says to be by a key of this name; its signature may not hold. */
bool qr_checkpoint_claims(const struct qr_note_signature *line, const char *name, const struct qr_public_key *key);
/* Whether it is. */
bool qr_checkpoint_verify(const struct qr_checkpoint *checkpoint, const struct qr_note_signature *line,
                          const char *name, const struct qr_public_key *key);

/* The whole note. Reading is strict: what is read writes back to the same text. QR_EFORMAT. */
void qr_note_write(const struct qr_signed_checkpoint *note, struct qr_buffer *out);
QR_MUST_USE int qr_note_read(const char *text, size_t size, struct qr_signed_checkpoint *ret, struct qr_error *error);

#endif
