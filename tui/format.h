#ifndef QR_TUI_FORMAT_H
#define QR_TUI_FORMAT_H

#include "tui/app.h"

/* Facts as screens write them. Each fills and returns the text it is given. */
enum { TUI_FORMAT = 64 };

char *tui_short_hash(const struct qr_hash *hash, char text[TUI_FORMAT]); /* 8 digits; "-" for zero */
char *tui_number(uint64_t number, char text[TUI_FORMAT]);                /* 12,345 */
char *tui_money(int64_t minor, unsigned digits, char text[TUI_FORMAT]);
char *tui_signed_money(int64_t minor, unsigned digits, char text[TUI_FORMAT]); /* "+812.40", "-236.10" */
char *tui_basis_points(int64_t bp, char text[TUI_FORMAT]);                     /* 1440 is "14.4" */
char *tui_signed_basis_points(int64_t bp, char text[TUI_FORMAT]);              /* "+12.0%" */

/* The difference of two such numbers as they are shown, so that the three agree: "-0.8". */
char *tui_basis_points_change(int64_t now_bp, int64_t next_bp, char text[TUI_FORMAT]);

/* Times in the zone that is shown (z): "17:30:05" when it is today, else "23 Nov 17:30". */
char *tui_clock(const struct tui_app *app, int64_t time_ms, char text[TUI_FORMAT]);
char *tui_date_time(const struct tui_app *app, int64_t time_ms, char text[TUI_FORMAT]); /* "2026-11-23 17:30:05" */
char *tui_zone(const struct tui_app *app, int64_t time_ms, char text[TUI_FORMAT]);      /* "+05:30", "UTC" */
/* At another place's offset, "23 Nov 07:15". */
char *tui_local_time(int64_t time_ms, int offset_minutes, char text[TUI_FORMAT]);

/* How long: "14 s", "3 min", "6 h", "5 d". */
char *tui_span(int64_t ms, char text[TUI_FORMAT]);
/* A moment with how far it is: "17:30:05 (in 6 h)", "17:30:05 (3 min ago)". */
char *tui_moment(const struct tui_app *app, int64_t time_ms, char text[TUI_FORMAT]);

/* The last counts as a row of blocks, newest at the right end, scaled to the largest. */
void tui_sparkline(struct tui_area area, int row, int col, int width, const uint32_t counts[TUI_HISTORY]);

#endif
