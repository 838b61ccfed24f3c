#ifndef QR_COMMON_MONEY_H
#define QR_COMMON_MONEY_H

#include "common/error.h"

/* Money is a number of minor units (paise) in its own type. Sums are checked: false means that the result
 * does not fit, and nothing was written. */
struct qr_money {
    int64_t minor;
};

QR_MUST_USE bool qr_money_add(struct qr_money *ret_sum, struct qr_money a, struct qr_money b);
QR_MUST_USE bool qr_money_sub(struct qr_money *ret_difference, struct qr_money a, struct qr_money b);

/* "6,104.00" with the given number of minor digits (0 to 4), "-236.10" below zero. Returns text. */
enum { QR_MONEY_TEXT = 48 };
char *qr_money_format(struct qr_money amount, unsigned minor_digits, char text[QR_MONEY_TEXT]);

#endif
