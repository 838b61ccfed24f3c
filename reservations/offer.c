#include "reservations/offer.h"

#include <sodium.h>

#include "reservations/sql.h"

enum { NUMBERS_AT_ONCE = 4096, TAG_SIZE = 8, MASK_KEY = 16 };

/* --- ids --- */

static void put_be64(uint8_t bytes[8], uint64_t value)
{
    for (int i = 7; i >= 0; i--, value >>= 8)
        bytes[i] = (uint8_t)value;
}

static uint64_t get_be64(const uint8_t bytes[8])
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value = value << 8 | bytes[i];
    return value;
}

/* The tag authenticates the number; the mask that hides it is the tag's own hash under another key. */
static void tag_of(const struct qr_reservations *store, uint64_t number, uint8_t tag[TAG_SIZE])
{
    uint8_t plain[8];
    put_be64(plain, number);
    crypto_shorthash(tag, plain, sizeof plain, store->secret);
}

static uint64_t mask_of(const struct qr_reservations *store, const uint8_t tag[TAG_SIZE])
{
    uint8_t mask[8];
    crypto_shorthash(mask, tag, TAG_SIZE, store->secret + MASK_KEY);
    return get_be64(mask);
}

struct qr_offer_id qr_offer_id(const struct qr_reservations *store, uint64_t number)
{
    struct qr_offer_id id;
    tag_of(store, number, id.bytes);
    put_be64(id.bytes + TAG_SIZE, number ^ mask_of(store, id.bytes));
    return id;
}

bool qr_offer_number(const struct qr_reservations *store, struct qr_offer_id id, uint64_t *ret_number)
{
    uint8_t tag[TAG_SIZE];
    uint64_t number = get_be64(id.bytes + TAG_SIZE) ^ mask_of(store, id.bytes);
    tag_of(store, number, tag);
    if (sodium_memcmp(tag, id.bytes, TAG_SIZE) != 0 || number == 0 || number > INT64_MAX)
        return false;
    *ret_number = number;
    return true;
}

/* Numbers are taken from the file in runs. A run that is not used up is lost at a restart, and no number is given
 * twice, also not after the offers that had the highest ones were pruned. */
static int next_number(struct qr_reservations *store, uint64_t *ret_number, struct qr_error *error)
{
    if (store->next_offer == store->last_offer) {
        bool found;
        sqlite3_stmt *take = qr_sql(store, QR_SQL_OFFER_NUMBERS);
        sqlite3_bind_int64(take, 1, NUMBERS_AT_ONCE);
        int code = qr_sql_step(store, take, &found, error);
        if (code < 0)
            return code;
        if (!found)
            return qr_fail(error, QR_ECORRUPT, "reserved.db: its entry `next_offer` is missing");
        store->last_offer = (uint64_t)sqlite3_column_int64(take, 0);
        store->next_offer = store->last_offer - NUMBERS_AT_ONCE;
        sqlite3_reset(take);
    }
    *ret_number = store->next_offer++;
    return 0;
}

/* --- mandates --- */

static sqlite3_stmt *mandate_statement(struct qr_reservations *store, enum qr_sql which, const struct qr_offer *offer)
{
    sqlite3_stmt *statement = qr_sql(store, which);
    sqlite3_bind_blob(statement, 1, offer->mandate.bytes, QR_HASH_SIZE, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, offer->currency, -1, SQLITE_STATIC);
    sqlite3_bind_int64(statement, 3, offer->minor_digits);
    return statement;
}

static bool mandate_remembered(const struct qr_reservations *store, const struct qr_offer *offer)
{
    return store->mandate_number != 0 && store->mandate_digits == offer->minor_digits &&
           qr_hash_equal(&store->mandate, &offer->mandate) && strcmp(store->mandate_currency, offer->currency) == 0;
}

/* The number that stands for an offer's mandate and currency. */
static int mandate_number(struct qr_reservations *store, const struct qr_offer *offer, int64_t *ret_number,
                          struct qr_error *error)
{
    if (!mandate_remembered(store, offer)) {
        bool found;
        sqlite3_stmt *get = mandate_statement(store, QR_SQL_MANDATE_GET, offer);
        int code = qr_sql_step(store, get, &found, error);
        int64_t number = code == 0 && found ? sqlite3_column_int64(get, 0) : 0;
        sqlite3_reset(get);
        if (code == 0 && !found) {
            code = qr_sql_run(store, mandate_statement(store, QR_SQL_MANDATE_ADD, offer), NULL, error);
            number = sqlite3_last_insert_rowid(store->database);
        }
        if (code < 0)
            return code;
        store->mandate = offer->mandate;
        store->mandate_digits = offer->minor_digits;
        store->mandate_number = number;
        memcpy(store->mandate_currency, offer->currency, sizeof store->mandate_currency);
    }
    *ret_number = store->mandate_number;
    return 0;
}

int qr_offer_revoke_mandate(struct qr_reservations *store, const struct qr_hash *mandate, struct qr_error *error)
{
    static const enum qr_sql steps[] = {QR_SQL_MANDATE_ADD_REVOKED, QR_SQL_MANDATE_REVOKE};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        sqlite3_stmt *step = qr_sql(store, steps[i]);
        sqlite3_bind_blob(step, 1, mandate->bytes, QR_HASH_SIZE, SQLITE_STATIC);
        int code = qr_sql_run(store, step, NULL, error);
        if (code < 0)
            return code;
    }
    return 0;
}

/* --- offers --- */

int qr_offer_put(struct qr_reservations *store, struct qr_offer *offer, struct qr_error *error)
{
    int64_t mandate = 0;
    uint64_t number = 0;
    if (offer->leaf.size == 0 || offer->leaf.size > QR_LEAF_MAX)
        return qr_fail(error, QR_ELIMIT, "a decision record has 1 to %d bytes, not %zu", QR_LEAF_MAX, offer->leaf.size);
    int code = mandate_number(store, offer, &mandate, error);
    if (code == 0)
        code = next_number(store, &number, error);
    if (code < 0)
        return code;
    sqlite3_stmt *add = qr_sql(store, QR_SQL_OFFER_ADD);
    sqlite3_bind_int64(add, 1, (int64_t)number);
    sqlite3_bind_int64(add, 2, qr_departure_pack(&offer->departure));
    sqlite3_bind_int64(add, 3, offer->fare.minor);
    sqlite3_bind_int64(add, 4, mandate);
    sqlite3_bind_int64(add, 5, offer->created_at);
    sqlite3_bind_int64(add, 6, offer->expires_at);
    sqlite3_bind_blob(add, 7, offer->decision.bytes, QR_HASH_SIZE, SQLITE_STATIC);
    sqlite3_bind_blob(add, 8, offer->leaf.bytes, (int)offer->leaf.size, SQLITE_STATIC);
    sqlite3_bind_int(add, 9, offer->recorded);
    code = qr_sql_run(store, add, NULL, error);
    if (code == 0)
        offer->number = number;
    return code;
}

static int read_offer(sqlite3_stmt *row, struct qr_buffer *leaf_bytes, struct qr_offer *offer, struct qr_error *error)
{
    offer->departure = qr_departure_unpack(sqlite3_column_int64(row, 0));
    offer->fare.minor = sqlite3_column_int64(row, 1);
    offer->created_at = sqlite3_column_int64(row, 3);
    offer->expires_at = sqlite3_column_int64(row, 4);
    offer->minor_digits = (unsigned)sqlite3_column_int(row, 9);
    offer->recorded = sqlite3_column_int(row, 11) != 0;
    qr_buffer_clear(leaf_bytes);
    qr_buffer_add(leaf_bytes, sqlite3_column_blob(row, 6), (size_t)sqlite3_column_bytes(row, 6));
    offer->leaf = (struct qr_span){leaf_bytes->data, leaf_bytes->size};
    int code = qr_sql_hash(row, 5, &offer->decision, error);
    if (code == 0)
        code = qr_sql_hash(row, 7, &offer->mandate, error);
    if (code == 0)
        code = qr_sql_text(row, 8, offer->currency, sizeof offer->currency, error);
    return code;
}

int qr_offer_get(struct qr_reservations *store, uint64_t number, struct qr_buffer *leaf_bytes,
                 struct qr_offer *ret_offer, struct qr_error *error)
{
    bool found;
    struct qr_offer offer = {.number = number};
    sqlite3_stmt *get = qr_sql(store, QR_SQL_OFFER_GET);
    sqlite3_bind_int64(get, 1, (int64_t)number);
    int code = qr_sql_step(store, get, &found, error);
    if (code < 0)
        return code;
    if (!found)
        return qr_fail(error, QR_ENOT_FOUND, "no such offer");
    code = read_offer(get, leaf_bytes, &offer, error);
    sqlite3_reset(get);
    if (code == 0)
        *ret_offer = offer;
    return code;
}

static int no_such_offer(struct qr_error *error)
{
    qr_fail(error, QR_ENOT_FOUND, "no such offer");
    return qr_hint(error, "copy an offer's id from `quorate search`");
}

int qr_offer_find(struct qr_reservations *store, const uint8_t *prefix, size_t size, struct qr_offer_id *ret_id,
                  struct qr_error *error)
{
    size_t matches = 0;
    if (size < QR_OFFER_PREFIX_MIN || size > QR_OFFER_ID_SIZE)
        return qr_fail(error, QR_EINPUT, "an offer's id, or its beginning, has %d to %d bytes, not %zu",
                       QR_OFFER_PREFIX_MIN, QR_OFFER_ID_SIZE, size);
    if (size == QR_OFFER_ID_SIZE) {
        memcpy(ret_id->bytes, prefix, size);
        return 0;
    }
    sqlite3_stmt *rows = qr_sql(store, QR_SQL_OFFER_NEWEST);
    sqlite3_bind_int64(rows, 1, QR_OFFERS_SEARCHED);
    for (bool more = true;;) {
        int code = qr_sql_step(store, rows, &more, error);
        if (code < 0)
            return code;
        if (!more)
            break;
        struct qr_offer_id id = qr_offer_id(store, (uint64_t)sqlite3_column_int64(rows, 0));
        if (memcmp(id.bytes, prefix, size) == 0) {
            *ret_id = id;
            matches++;
        }
    }
    if (matches > 1)
        return qr_fail(error, QR_ENOT_FOUND, "%zu offers begin like this: give more of the id", matches);
    return matches == 1 ? 0 : no_such_offer(error);
}

/* The number of the last offer in the run of expired ones at the beginning; 0: none. */
static int last_expired(struct qr_reservations *store, int64_t before, size_t most, int64_t *ret_last,
                        struct qr_error *error)
{
    int64_t last = 0;
    sqlite3_stmt *rows = qr_sql(store, QR_SQL_OFFER_OLDEST);
    sqlite3_bind_int64(rows, 1, (int64_t)most);
    for (bool more = true;;) {
        int code = qr_sql_step(store, rows, &more, error);
        if (code < 0)
            return code;
        if (!more || sqlite3_column_int64(rows, 1) >= before)
            break;
        last = sqlite3_column_int64(rows, 0);
    }
    sqlite3_reset(rows);
    *ret_last = last;
    return 0;
}

int qr_offer_prune(struct qr_reservations *store, int64_t before, size_t most, size_t *ret_deleted,
                   struct qr_error *error)
{
    int64_t last;
    int deleted = 0, code = last_expired(store, before, most, &last, error);
    if (code == 0 && last > 0) {
        sqlite3_stmt *prune = qr_sql(store, QR_SQL_OFFER_PRUNE);
        sqlite3_bind_int64(prune, 1, last);
        code = qr_sql_run(store, prune, &deleted, error);
    }
    if (code == 0)
        *ret_deleted = (size_t)deleted;
    return code;
}
