#include "reservations/misses.h"

/* Each miss spends a while of the future; what lies further ahead than all tries together is too much. */
static bool spent(int64_t spent_until, int64_t now, int64_t each_ms, int tries)
{
    return spent_until - now > each_ms * (tries - 1);
}

static int64_t spend(int64_t spent_until, int64_t now, int64_t each_ms)
{
    return (spent_until > now ? spent_until : now) + each_ms;
}

static int refuse(int64_t spent_until, int64_t now, int64_t each_ms, int tries, struct qr_error *error)
{
    int64_t wait = spent_until - now - each_ms * (tries - 1);
    qr_fail(error, QR_ERATE_LIMITED, "too many wrong locators or surnames");
    return qr_hint(error, "try again in %" PRId64 " seconds", wait / 1000 + 1);
}

int qr_misses_check(const struct qr_misses *misses, uint64_t locator, int64_t now, struct qr_error *error)
{
    if (spent(misses->all_spent_until, now, QR_MISS_IN_ALL_FORGIVEN_MS, QR_MISSES_IN_ALL))
        return refuse(misses->all_spent_until, now, QR_MISS_IN_ALL_FORGIVEN_MS, QR_MISSES_IN_ALL, error);
    for (size_t i = 0; i < QR_MISS_SLOTS; i++) {
        const struct qr_miss *slot = &misses->slots[i];
        if (slot->locator == locator && spent(slot->spent_until, now, QR_MISS_FORGIVEN_MS, QR_MISSES_PER_LOCATOR))
            return refuse(slot->spent_until, now, QR_MISS_FORGIVEN_MS, QR_MISSES_PER_LOCATOR, error);
    }
    return 0;
}

void qr_misses_count(struct qr_misses *misses, uint64_t locator, int64_t now)
{
    struct qr_miss *slot = &misses->slots[0];
    for (size_t i = 0; i < QR_MISS_SLOTS; i++) {
        if (misses->slots[i].locator == locator && misses->slots[i].spent_until > now) {
            slot = &misses->slots[i];
            break;
        }
        if (misses->slots[i].spent_until < slot->spent_until)
            slot = &misses->slots[i];
    }
    if (slot->locator != locator)
        *slot = (struct qr_miss){.locator = locator};
    slot->spent_until = spend(slot->spent_until, now, QR_MISS_FORGIVEN_MS);
    misses->all_spent_until = spend(misses->all_spent_until, now, QR_MISS_IN_ALL_FORGIVEN_MS);
}
