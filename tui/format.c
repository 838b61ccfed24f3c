#include "tui/format.h"

#include "common/clock.h"

char *tui_short_hash(const struct qr_hash *hash, char text[TUI_FORMAT])
{
    snprintf(text, TUI_FORMAT, "%.8s", qr_hash_is_zero(hash) ? "-" : qr_hash_text(hash).text);
    return text;
}

char *tui_number(uint64_t number, char text[TUI_FORMAT])
{
    char digits[24];
    int n = snprintf(digits, sizeof digits, "%" PRIu64, number);
    char *at = text;
    for (int i = 0; i < n; i++) {
        if (i > 0 && (n - i) % 3 == 0)
            *at++ = ',';
        *at++ = digits[i];
    }
    *at = '\0';
    return text;
}

char *tui_money(int64_t minor, unsigned digits, char text[TUI_FORMAT])
{
    return qr_money_format((struct qr_money){minor}, digits, text);
}

char *tui_signed_money(int64_t minor, unsigned digits, char text[TUI_FORMAT])
{
    text[0] = '+';
    qr_money_format((struct qr_money){minor}, digits, minor > 0 ? text + 1 : text);
    return text;
}

/* Tenths of a percent, rounded half away from zero. */
static int64_t tenths(int64_t bp)
{
    return (bp + (bp < 0 ? -5 : 5)) / 10;
}

char *tui_basis_points(int64_t bp, char text[TUI_FORMAT])
{
    int64_t value = tenths(bp);
    int64_t size = value < 0 ? -value : value;
    snprintf(text, TUI_FORMAT, "%s%" PRId64 ".%" PRId64, value < 0 ? "-" : "", size / 10, size % 10);
    return text;
}

char *tui_signed_basis_points(int64_t bp, char text[TUI_FORMAT])
{
    int64_t value = tenths(bp);
    int64_t size = value < 0 ? -value : value;
    const char *sign = value < 0 ? "-" : value > 0 ? "+" : "";
    snprintf(text, TUI_FORMAT, "%s%" PRId64 ".%" PRId64 "%%", sign, size / 10, size % 10);
    return text;
}

char *tui_basis_points_change(int64_t now_bp, int64_t next_bp, char text[TUI_FORMAT])
{
    int64_t value = tenths(next_bp) - tenths(now_bp);
    int64_t size = value < 0 ? -value : value;
    const char *sign = value < 0 ? "-" : value > 0 ? "+" : "";
    snprintf(text, TUI_FORMAT, "%s%" PRId64 ".%" PRId64, sign, size / 10, size % 10);
    return text;
}

static int offset_at(const struct tui_app *app, int64_t time_ms)
{
    if (app->utc)
        return 0;
    time_t seconds = (time_t)(time_ms / 1000);
    struct tm local;
    return localtime_r(&seconds, &local) ? (int)(local.tm_gmtoff / 60) : 0;
}

struct moment {
    int year, month, day, hour, minute, second;
};

static struct moment moment_at(int64_t time_ms, int offset_minutes)
{
    char text[QR_TIME_TEXT];
    struct moment moment = {0};
    qr_time_format_offset(time_ms, offset_minutes, text);
    sscanf(text, "%d-%d-%dT%d:%d:%d", &moment.year, &moment.month, &moment.day, &moment.hour, &moment.minute,
           &moment.second);
    return moment;
}

static const char *month_name(int month)
{
    static const char *const names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                        "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    return month >= 1 && month <= 12 ? names[month - 1] : "?";
}

char *tui_local_time(int64_t time_ms, int offset_minutes, char text[TUI_FORMAT])
{
    struct moment at = moment_at(time_ms, offset_minutes);
    snprintf(text, TUI_FORMAT, "%2d %s %02d:%02d", at.day, month_name(at.month), at.hour, at.minute);
    return text;
}

char *tui_clock(const struct tui_app *app, int64_t time_ms, char text[TUI_FORMAT])
{
    int offset = offset_at(app, time_ms);
    if (qr_date_of(time_ms, offset).days != qr_date_of(app->now_ms, offset_at(app, app->now_ms)).days)
        return tui_local_time(time_ms, offset, text);
    struct moment at = moment_at(time_ms, offset);
    snprintf(text, TUI_FORMAT, "%02d:%02d:%02d", at.hour, at.minute, at.second);
    return text;
}

char *tui_date_time(const struct tui_app *app, int64_t time_ms, char text[TUI_FORMAT])
{
    struct moment at = moment_at(time_ms, offset_at(app, time_ms));
    snprintf(text, TUI_FORMAT, "%04d-%02d-%02d %02d:%02d:%02d", at.year, at.month, at.day, at.hour, at.minute, at.second);
    return text;
}

char *tui_zone(const struct tui_app *app, int64_t time_ms, char text[TUI_FORMAT])
{
    int offset = offset_at(app, time_ms);
    int size = offset < 0 ? -offset : offset;
    if (offset == 0)
        snprintf(text, TUI_FORMAT, "UTC");
    else
        snprintf(text, TUI_FORMAT, "%c%02d:%02d", offset < 0 ? '-' : '+', size / 60, size % 60);
    return text;
}

char *tui_span(int64_t ms, char text[TUI_FORMAT])
{
    int64_t seconds = ms / 1000;
    if (seconds < 120)
        snprintf(text, TUI_FORMAT, "%" PRId64 " s", seconds);
    else if (seconds < 120 * 60)
        snprintf(text, TUI_FORMAT, "%" PRId64 " min", seconds / 60);
    else if (seconds < 48 * 3600)
        snprintf(text, TUI_FORMAT, "%" PRId64 " h", seconds / 3600);
    else
        snprintf(text, TUI_FORMAT, "%" PRId64 " d", seconds / 86400);
    return text;
}

char *tui_moment(const struct tui_app *app, int64_t time_ms, char text[TUI_FORMAT])
{
    char at[TUI_FORMAT];
    char far[TUI_FORMAT];
    tui_clock(app, time_ms, at);
    if (time_ms > app->now_ms)
        snprintf(text, TUI_FORMAT, "%.24s (in %.16s)", at, tui_span(time_ms - app->now_ms, far));
    else
        snprintf(text, TUI_FORMAT, "%.24s (%.16s ago)", at, tui_span(app->now_ms - time_ms, far));
    return text;
}

void tui_sparkline(struct tui_area area, int row, int col, int width, const uint32_t counts[TUI_HISTORY])
{
    static const uint32_t levels[] = {0x2581, 0x2582, 0x2583, 0x2584, 0x2585, 0x2586, 0x2587, 0x2588};
    width = width > TUI_HISTORY ? TUI_HISTORY : width;
    uint32_t most = 1;
    for (int i = TUI_HISTORY - width; i < TUI_HISTORY; i++)
        most = counts[i] > most ? counts[i] : most;
    for (int i = 0; i < width; i++) {
        uint64_t count = counts[TUI_HISTORY - width + i];
        uint32_t shape = count == 0 ? ' ' : levels[(count * 8 - 1) / most > 7 ? 7 : (count * 8 - 1) / most];
        tui_repeat(area, row, col + i, 1, TUI_GOOD, shape);
    }
}
