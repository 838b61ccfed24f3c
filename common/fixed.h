#ifndef QR_COMMON_FIXED_H
#define QR_COMMON_FIXED_H

#include "common/error.h"

/* Decimal text and fixed point, without floating point and without locale. */

/* Characters of a decimal number: the smallest double, written out in full, has 1,077. */
enum { QR_DECIMAL_MAX = 1100 };

/* Reads a decimal number ("12", "-0.5", ".5", "1.25e-3") as round-half-even(value * scale). `scale` is 1 to
 * 2^30. Fails with QR_EFORMAT on anything else (inf, nan, hex, blanks, more than QR_DECIMAL_MAX characters) and with
 * QR_ERANGE when the result does not fit int64. */
QR_MUST_USE int qr_fixed_parse(const char *text, size_t size, int64_t scale, int64_t *ret_value, struct qr_error *error);

/* value / scale in the shortest exact decimal form, "2.25": text holds QR_FIXED_TEXT. `scale` is 1 to 2^30; one that
 * is no product of 2s and 5s is given to 9 decimals, cut. Returns text. */
enum { QR_FIXED_TEXT = 48 };
char *qr_fixed_format(int64_t value, int64_t scale, char text[QR_FIXED_TEXT]);

/* A whole number within [least, most] and nothing else in the text, else QR_EFORMAT or QR_ERANGE naming `what`. */
QR_MUST_USE int qr_integer_parse(const char *text, const char *what, int64_t least, int64_t most, int64_t *ret_value,
                                 struct qr_error *error);

/* Division that rounds down, also below zero: what CANON-defined quotients use. divisor > 0. */
int64_t qr_floor_div(int64_t value, int64_t divisor);

#endif
