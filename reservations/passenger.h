#ifndef QR_RESERVATIONS_PASSENGER_H
#define QR_RESERVATIONS_PASSENGER_H

#include "common/buffer.h"
#include "common/error.h"
#include "common/hash.h"

/* Passengers. Their data stays in the store; only a salted commitment leaves it. */

enum { QR_NAME_MAX = 64, QR_SALT_SIZE = 32 };

struct qr_passenger {
    char surname[QR_NAME_MAX + 1]; /* UTF-8, without control characters, without blanks at the ends */
    char given[QR_NAME_MAX + 1];
};

/* "SURNAME/GIVEN", each part 1 to QR_NAME_MAX bytes. Fails with QR_EINPUT. */
QR_MUST_USE int qr_passenger_parse(const char *name, struct qr_passenger *ret_passenger, struct qr_error *error);

/* Checks and trims the parts as qr_passenger_parse does. */
QR_MUST_USE int qr_passenger_set(const char *surname, const char *given, struct qr_passenger *ret_passenger,
                                 struct qr_error *error);

/* Surname and given name in the canonical codec: what is stored. */
void qr_passenger_encode(const struct qr_passenger *passenger, struct qr_buffer *out);
QR_MUST_USE int qr_passenger_decode(const void *bytes, size_t size, struct qr_passenger *ret_passenger,
                                    struct qr_error *error);

/* The tagged hash of QR_DOMAIN_COMMITMENT over salt ‖ record locator ‖ encoded passenger. */
struct qr_hash qr_passenger_commitment(const struct qr_passenger *passenger, const char *locator,
                                       const uint8_t salt[QR_SALT_SIZE]);

/* Equal without regard to case in any script of Unicode's simple case mapping, and to blanks at the ends. Text that is
 * not UTF-8 equals nothing. */
bool qr_surname_equal(const char *a, const char *b);

#endif
