#include "common/clock.h"

#include "common/fixed.h"

enum { DAY_MS = 86400000, LAST_YEAR = 9999 };

int64_t qr_clock_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t qr_clock_monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Days and civil dates after Hinnant, "chrono-compatible low-level date algorithms". */
static int32_t days_from_civil(int year, int month, int day)
{
    year -= month <= 2;
    int era = year / 400, of_era = year % 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void civil_from_days(int32_t days, int *ret_year, int *ret_month, int *ret_day)
{
    int64_t shifted = (int64_t)days + 719468;
    int64_t era = qr_floor_div(shifted, 146097);
    int of_era = (int)(shifted - era * 146097);
    int year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int shifted_month = (5 * of_year + 2) / 153;
    *ret_day = of_year - (153 * shifted_month + 2) / 5 + 1;
    *ret_month = shifted_month + (shifted_month < 10 ? 3 : -9);
    *ret_year = year_of_era + (int)era * 400 + (*ret_month <= 2);
}

char *qr_date_format(struct qr_date date, char text[QR_TIME_TEXT])
{
    int year, month, day;
    civil_from_days(date.days, &year, &month, &day);
    snprintf(text, QR_TIME_TEXT, "%04d-%02d-%02d", year, month, day);
    return text;
}

/* A time in a zone, kept where the calendar is. */
static int64_t local_time(int64_t time_ms, int offset_minutes)
{
    int64_t inside = time_ms < 0 ? 0 : time_ms > QR_TIME_MAX ? QR_TIME_MAX : time_ms;
    int64_t local = inside + (int64_t)offset_minutes * 60000;
    return local > QR_TIME_MAX ? QR_TIME_MAX : local;
}

static char *format_time(int64_t time_ms, int offset_minutes, const char *zone, char text[QR_TIME_TEXT])
{
    int64_t local = local_time(time_ms, offset_minutes);
    int64_t days = qr_floor_div(local, DAY_MS);
    int ms = (int)(local - days * DAY_MS);
    char date[QR_TIME_TEXT], fraction[8] = "";
    qr_date_format((struct qr_date){(int32_t)days}, date);
    if (ms % 1000)
        snprintf(fraction, sizeof fraction, ".%03d", ms % 1000);
    snprintf(text, QR_TIME_TEXT, "%.10sT%02d:%02d:%02d%s%s", date, ms / 3600000, ms / 60000 % 60, ms / 1000 % 60,
             fraction, zone);
    return text;
}

char *qr_time_format(int64_t time_ms, char text[QR_TIME_TEXT]) { return format_time(time_ms, 0, "Z", text); }

char *qr_time_format_offset(int64_t time_ms, int offset_minutes, char text[QR_TIME_TEXT])
{
    char zone[16];
    int size = abs(offset_minutes) % 1440;
    snprintf(zone, sizeof zone, "%c%02d:%02d", offset_minutes < 0 ? '-' : '+', size / 60, size % 60);
    return format_time(time_ms, offset_minutes, zone, text);
}

/* Reads exactly n digits; -1 when one is missing. */
static int digits_at(const char **at, int n)
{
    int value = 0;
    for (int i = 0; i < n; i++) {
        if (!isdigit((unsigned char)**at))
            return -1;
        value = value * 10 + (*(*at)++ - '0');
    }
    return value;
}

static bool separator_at(const char **at, char expected) { return **at == expected && (*at)++; }

static bool read_date(const char **at, struct qr_date *ret_date)
{
    static const int month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    int year = digits_at(at, 4);
    if (year < 1970 || year > LAST_YEAR || !separator_at(at, '-'))
        return false;
    int month = digits_at(at, 2);
    if (month < 1 || month > 12 || !separator_at(at, '-'))
        return false;
    int day = digits_at(at, 2);
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (day < 1 || day > month_days[month - 1] + (month == 2 && leap))
        return false;
    ret_date->days = days_from_civil(year, month, day);
    return true;
}

int qr_date_parse(const char *text, struct qr_date *ret_date, struct qr_error *error)
{
    const char *at = text;
    struct qr_date date;
    if (!read_date(&at, &date) || *at)
        return qr_fail(error, QR_EFORMAT, "'%.40s' is not a date like 2026-11-30", text);
    *ret_date = date;
    return QR_OK;
}

/* Milliseconds east of UTC of "Z" or "+05:30"; false for anything else. */
static bool read_zone(const char **at, int64_t *ret_ms)
{
    if (separator_at(at, 'Z')) {
        *ret_ms = 0;
        return true;
    }
    int sign = **at == '-' ? -1 : 1;
    if (!separator_at(at, '+') && !separator_at(at, '-'))
        return false;
    int hours = digits_at(at, 2);
    if (hours < 0 || hours > 23 || !separator_at(at, ':'))
        return false;
    int minutes = digits_at(at, 2);
    if (minutes < 0 || minutes > 59)
        return false;
    *ret_ms = (int64_t)sign * (hours * 60 + minutes) * 60000;
    return true;
}

static bool read_time(const char *at, int64_t *ret_time_ms)
{
    struct qr_date date;
    if (!read_date(&at, &date) || !separator_at(&at, 'T'))
        return false;
    int hours = digits_at(&at, 2);
    if (hours < 0 || hours > 23 || !separator_at(&at, ':'))
        return false;
    int minutes = digits_at(&at, 2);
    if (minutes < 0 || minutes > 59 || !separator_at(&at, ':'))
        return false;
    int seconds = digits_at(&at, 2), ms = 0;
    if (seconds < 0 || seconds > 59)
        return false;
    if (separator_at(&at, '.')) {
        int weight = 100;
        if (!isdigit((unsigned char)*at))
            return false;
        for (; isdigit((unsigned char)*at); at++, weight /= 10)
            ms += (*at - '0') * weight;
    }
    int64_t zone;
    if (!read_zone(&at, &zone) || *at)
        return false;
    *ret_time_ms = (int64_t)date.days * DAY_MS + hours * 3600000LL + minutes * 60000LL + seconds * 1000LL + ms - zone;
    return *ret_time_ms >= 0 && *ret_time_ms <= QR_TIME_MAX;
}

int qr_time_parse(const char *text, int64_t *ret_time_ms, struct qr_error *error)
{
    int64_t time_ms;
    if (!read_time(text, &time_ms))
        return qr_fail(error, QR_EFORMAT, "'%.40s' is not a time like 2026-11-30T09:30:00Z", text);
    *ret_time_ms = time_ms;
    return QR_OK;
}

int qr_date_weekday(struct qr_date date)
{
    int64_t from_monday = (int64_t)date.days + 3; /* 1970-01-01 was a Thursday */
    return (int)(from_monday - 7 * qr_floor_div(from_monday, 7));
}

struct qr_date qr_date_of(int64_t time_ms, int offset_minutes)
{
    return (struct qr_date){(int32_t)qr_floor_div(local_time(time_ms, offset_minutes), DAY_MS)};
}
