#include "ledger/checks.h"

#include <sodium.h>

enum { WEIGHT = 16 /* bytes of memory for a byte of a transaction: a batch's leaves are about so much larger */ };

struct qr_checks {
    const struct qr_app *app;
    struct qr_workers *workers;
    struct qr_table table;
    size_t bytes;
};

struct qr_checks *qr_checks_new(const struct qr_app *app, struct qr_workers *workers)
{
    struct qr_checks *checks = qr_alloc(1, sizeof *checks);
    checks->app = app;
    checks->workers = workers;
    qr_table_init(&checks->table);
    return checks;
}

static void forget(struct qr_checks *checks, struct qr_checked *checked)
{
    qr_table_remove(&checks->table, &checked->entry);
    checks->bytes -= WEIGHT * checked->encoded.size;
    if (checked->prepared)
        checks->app->forget(checks->app->context, checked->prepared);
    free((void *)(uintptr_t)checked->encoded.bytes);
    free(checked);
}

void qr_checks_free(struct qr_checks *checks)
{
    while (checks->table.oldest)
        forget(checks, (struct qr_checked *)checks->table.oldest);
    qr_table_done(&checks->table);
    free(checks);
}

/* SipHash: where to look, a fifth of the time of SHA-256. The bytes decide. */
static struct qr_hash key_of(const struct qr_span *encoded)
{
    static const uint8_t fixed[crypto_shorthash_siphashx24_KEYBYTES] = "quorate checks ";
    struct qr_hash key = {{0}};
    crypto_shorthash_siphashx24(key.bytes, encoded->bytes, encoded->size, fixed);
    return key;
}

static struct qr_checked *find(const struct qr_checks *checks, const struct qr_hash *key, const struct qr_span *encoded)
{
    struct qr_table_entry *entry = qr_table_find(&checks->table, key);
    for (; entry; entry = qr_table_find_next(entry)) {
        struct qr_checked *checked = (struct qr_checked *)entry;
        if (checked->encoded.size == encoded->size && memcmp(checked->encoded.bytes, encoded->bytes, encoded->size) == 0)
            return checked;
    }
    return NULL;
}

static struct qr_checked *find_or_make(struct qr_checks *checks, const struct qr_span *encoded)
{
    struct qr_hash key = key_of(encoded);
    struct qr_checked *checked = find(checks, &key, encoded);
    if (checked)
        return checked;
    checked = qr_alloc(1, sizeof *checked);
    checked->encoded = (struct qr_span){.bytes = qr_memdup(encoded->bytes, encoded->size), .size = encoded->size};
    checked->made =
        qr_transaction_read(checked->encoded.bytes, encoded->size, &checked->transaction, &checked->error) != 0;
    qr_table_add(&checks->table, &checked->entry, &key);
    checks->bytes += WEIGHT * encoded->size;
    return checked;
}

struct work {
    const struct qr_app *app;
    const char *chain_id;
    struct qr_checked **list;
};

static void make_one(void *context, size_t i)
{
    struct work *work = context;
    struct qr_checked *checked = work->list[i];
    if (!checked->made)
        (void)!qr_transaction_verify(&checked->transaction, work->chain_id, &checked->error);
    else
        (void)!work->app->prepare(work->app->context, &checked->transaction, &checked->prepared, &checked->error);
}

static bool may_come(const struct qr_checks *checks, const struct qr_checked *checked, const struct qr_header *head)
{
    const struct qr_app *app = checks->app;
    return !head || app->check(app->context, head->height + 1, &checked->transaction, NULL, NULL) == 0;
}

struct qr_checked **qr_checks_take(struct qr_checks *checks, const struct qr_span *encoded, size_t n, const struct qr_header *head)
{
    struct qr_checked **list = qr_alloc(n, sizeof *list);
    QR_CLEANUP(qr_freep) struct qr_checked **fresh = qr_alloc(n, sizeof *fresh);
    size_t n_fresh = 0;
    for (size_t i = 0; i < n; i++) {
        list[i] = find_or_make(checks, &encoded[i]);
        if (list[i]->pins++ > 0 || list[i]->made)
            continue;
        list[i]->made = may_come(checks, list[i], head);
        fresh[n_fresh++] = list[i];
    }
    struct work work = {.app = checks->app, .chain_id = head ? head->chain_id : "", .list = fresh};
    qr_workers_run(checks->workers, n_fresh, make_one, &work);
    return list;
}

static void shrink(struct qr_checks *checks)
{
    struct qr_table_entry *entry = checks->table.oldest;
    while (entry && (checks->table.n > QR_CHECKS_MAX || checks->bytes > QR_CHECKS_BYTES_MAX)) {
        struct qr_checked *checked = (struct qr_checked *)entry;
        entry = entry->newer;
        if (checked->pins == 0)
            forget(checks, checked);
    }
}

void qr_checks_release(struct qr_checks *checks, struct qr_checked **list, size_t n, bool spent)
{
    for (size_t i = 0; i < n; i++)
        if (--list[i]->pins == 0 && (spent || list[i]->error.code != QR_OK || !list[i]->made))
            forget(checks, list[i]);
    free(list);
    shrink(checks);
}
