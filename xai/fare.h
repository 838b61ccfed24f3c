#ifndef QR_XAI_FARE_H
#define QR_XAI_FARE_H

#include "common/money.h"
#include "xai/model.h"

/* From scores to money, in integers. With a log link the fare is exp(score); the contributions become amounts by
 * the logarithmic-mean Divisia split (LMDI-I: Ang 2004), amount_i = contribution_i * (fare - base fare) / (score -
 * base), the mean computed so that it needs no case for score = base. base_amount + sum of amounts = amount, to
 * the last minor unit, and a contribution of 0 is an amount of 0. See CANON, "Fares and money lines". */

/* Where a score of a log link may lie, in units of 2^-24, and where fares end. */
#define QR_LOG_SCORE_MIN (-INT64_C(16) * (1 << 24))
#define QR_LOG_SCORE_END (INT64_C(28) * (1 << 24))
#define QR_FARE_END (INT64_C(1) << 47)

/* A score that admission allows: log link, within [-16, 28) * 2^24. */
struct qr_money qr_fare(const struct qr_model *model, int64_t score);

/* The amounts of one explanation; contributions sum to score - base. */
void qr_fare_lines(const struct qr_model *model, int64_t base, int64_t score, const int64_t *contributions,
                   struct qr_money *ret_base_amount, struct qr_money *ret_amounts, struct qr_money *ret_amount);

/* What both are made of, for models and tests: t in units of 2^-24, within [-16, 28) * 2^24, digits 0 to 4.
 * exp_fixed: floor(10^digits * e^t * 2^16) up to the error of 30 truncated 64-bit products. */
uint64_t qr_exp_fixed(int64_t t, unsigned digits);

#endif
