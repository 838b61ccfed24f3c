#ifndef QR_SERVICES_LIB_LOG_H
#define QR_SERVICES_LIB_LOG_H

#include "common/error.h"

/* The log of a daemon: one line of logfmt on standard error for each call,
 *
 *     time=2026-11-23T09:30:00.250Z level=info service=ledgerd msg="block 12 with 3 transactions"
 *
 * Only daemons log; libraries return errors. A line is one write(2), so lines of threads and processes never mix. */

enum qr_log_level { QR_LOG_DEBUG, QR_LOG_INFO, QR_LOG_WARNING, QR_LOG_ERROR };

/* Names the service and the least level written. Until then everything from QR_LOG_INFO is written under "quorate". */
void qr_log_open(const char *service, enum qr_log_level least);

void qr_log(enum qr_log_level level, const char *format, ...) QR_PRINTF(2, 3);
/* "doing: text (hint)". */
void qr_log_error(const char *doing, const struct qr_error *error);

#endif
