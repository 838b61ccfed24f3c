#ifndef QR_COMMON_CLOCK_H
#define QR_COMMON_CLOCK_H

#include "common/error.h"

/* Times are milliseconds since 1970-01-01T00:00:00Z in int64; dates are days since 1970-01-01. The calendar is
 * the proleptic Gregorian one, years 1970 to 9999, computed here, so no locale or time zone takes part. Only
 * qr_clock_now reads a clock; deterministic code takes times as arguments. A time outside those years is not parsed,
 * and shown as the nearest that is inside. */

/* The last millisecond of the year 9999. */
#define QR_TIME_MAX INT64_C(253402300799999)

int64_t qr_clock_now(void);       /* wall clock, ms */
int64_t qr_clock_monotonic(void); /* never steps back, us; only differences mean anything */

enum { QR_TIME_TEXT = 32 };
/* RFC 3339 UTC: "2026-11-23T09:30:00.250Z", milliseconds left out when 0. Returns text. */
char *qr_time_format(int64_t time_ms, char text[QR_TIME_TEXT]);
/* With a zone: "2026-11-23T15:00:00+05:30". offset_minutes: -1080 to 1080. */
char *qr_time_format_offset(int64_t time_ms, int offset_minutes, char text[QR_TIME_TEXT]);
QR_MUST_USE int qr_time_parse(const char *text, int64_t *ret_time_ms, struct qr_error *error);

struct qr_date {
    int32_t days;
};
char *qr_date_format(struct qr_date date, char text[QR_TIME_TEXT]); /* "2026-11-30" */
QR_MUST_USE int qr_date_parse(const char *text, struct qr_date *ret_date, struct qr_error *error);
int qr_date_weekday(struct qr_date date); /* 0 Monday to 6 Sunday */
/* The date that a time falls on at an offset from UTC. */
struct qr_date qr_date_of(int64_t time_ms, int offset_minutes);

#endif
