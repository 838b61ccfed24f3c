#ifndef QR_TUI_LIVE_H
#define QR_TUI_LIVE_H

#include "services/lib/client.h"
#include "tui/source.h"

/* The source that speaks to the four services: subscribes to their events, asks again for what an event changed and a screen
 * shows, and asks each service for its state every second, so that one that is away is noticed and one that is back is
 * caught up with. Nothing waits; answers are taken in qr_client_process. */
struct tui_live;

QR_MUST_USE int tui_live_new(const char *home, struct tui_data *data, struct tui_live **ret_live, struct qr_error *error);
void tui_live_free(struct tui_live *live);
void tui_live_freep(struct tui_live **live);

struct tui_source tui_live_source(struct tui_live *live);
struct qr_client *tui_live_client(struct tui_live *live);

/* Sends what is due. Returns milliseconds until something will be. */
int tui_live_tick(struct tui_live *live, int64_t now_ms);

#endif
