#ifndef QR_LEDGER_PIN_H
#define QR_LEDGER_PIN_H

#include "common/buffer.h"
#include "common/key.h"
#include "ledger/checkpoint.h"

/* A pin: what a verifier trusts beforehand. {"version":1,"chain":ID,"genesis":HASH,"nodes":[{"name":N,"key":HEX}],"need":1}:
 * a checkpoint counts when its origin names the genesis hash and `need` different nodes signed it. "custody" may stand behind
 * "need": what the genesis says of the keys ("shared": they lie on one machine, so a receipt proves procedure, not independence). */

enum { QR_PIN_NODES_MAX = 64, QR_PIN_FILE_MAX = 64 << 10, QR_PIN_CUSTODY_MAX = 32 };

struct qr_pin {
    char chain_id[QR_CHAIN_ID_MAX + 1];
    struct qr_hash genesis;
    char custody[QR_PIN_CUSTODY_MAX]; /* "": the pin does not say */
    unsigned need;
    unsigned n;
    struct {
        char name[QR_KEY_NAME_MAX + 1];
        struct qr_public_key key;
    } nodes[QR_PIN_NODES_MAX];
};

/* Appends the pin as one line of JSON. */
void qr_pin_write(const struct qr_pin *pin, struct qr_buffer *out);
/* QR_EFORMAT for anything but a pin: unknown or duplicate keys, two nodes of one name or key, need of 0 or above n. */
QR_MUST_USE int qr_pin_read(const char *text, size_t size, struct qr_pin *ret, struct qr_error *error);

/* The pinned node that signed this line; pin->n when none did. */
unsigned qr_pin_signer(const struct qr_pin *pin, const struct qr_checkpoint *checkpoint, const struct qr_note_signature *line);
/* A bit for each pinned node that signed. */
uint64_t qr_pin_signers(const struct qr_pin *pin, const struct qr_signed_checkpoint *note);

#endif
