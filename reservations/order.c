#include "reservations/order.h"

#include <sodium.h>

#include "reservations/sql.h"

static const char alphabet[] = "23456789ABCDEFGHJKMNPQRSTUVWXYZ";
enum { ALPHABET = sizeof alphabet - 1, LOCATOR_SIZE = QR_LOCATOR_TEXT - 1, KEY_HASH = 16, LOCATOR_TRIES = 64 };

const char *qr_order_state_name(enum qr_order_state state)
{
    return state == QR_CONFIRMED ? "confirmed" : "cancelled";
}

/* --- locators and keys --- */

static uint64_t locators(void)
{
    uint64_t count = 1;
    for (int i = 0; i < LOCATOR_SIZE; i++)
        count *= ALPHABET;
    return count;
}

static void locator_format(uint64_t locator, char text[QR_LOCATOR_TEXT])
{
    text[LOCATOR_SIZE] = 0;
    for (int i = LOCATOR_SIZE - 1; i >= 0; i--, locator /= ALPHABET)
        text[i] = alphabet[locator % ALPHABET];
}

static bool locator_parse(const char *text, uint64_t *ret_locator)
{
    uint64_t locator = 0;
    if (strlen(text) != LOCATOR_SIZE)
        return false;
    for (int i = 0; i < LOCATOR_SIZE; i++) {
        char c = text[i] >= 'a' && text[i] <= 'z' ? (char)(text[i] - 'a' + 'A') : text[i];
        const char *at = memchr(alphabet, c, ALPHABET);
        if (at == NULL)
            return false;
        locator = locator * ALPHABET + (uint64_t)(at - alphabet);
    }
    *ret_locator = locator;
    return true;
}

/* What stands for an idempotency key in the store: its keyed hash, for a key may hold anything. */
struct key_hash {
    uint8_t bytes[KEY_HASH];
};

static struct key_hash hash_key(const struct qr_reservations *store, const char *key)
{
    struct key_hash hash;
    crypto_generichash(hash.bytes, KEY_HASH, (const uint8_t *)key, strlen(key), store->secret, QR_SECRET_SIZE);
    return hash;
}

/* The locator that a key leads to, or the next one when other keys had taken it. */
static uint64_t locator_of(const struct qr_reservations *store, const struct key_hash *key, uint8_t attempt)
{
    uint8_t input[KEY_HASH + 1], hash[8];
    memcpy(input, key->bytes, KEY_HASH);
    input[KEY_HASH] = attempt;
    crypto_shorthash(hash, input, sizeof input, store->secret);
    uint64_t number;
    memcpy(&number, hash, sizeof number);
    return number % locators();
}

static int check_key(const char *key, struct qr_error *error)
{
    size_t size = strlen(key);
    bool plain = true;
    for (size_t i = 0; i < size; i++)
        plain = plain && key[i] >= 0x20 && key[i] < 0x7f;
    if (size >= 1 && size <= QR_ORDER_KEY_MAX && plain)
        return 0;
    return qr_fail(error, QR_EINPUT, "a booking's key is 1 to %d printable ASCII characters", QR_ORDER_KEY_MAX);
}

/* --- reading --- */

enum column {
    NUMBER,
    LOCATOR,
    KEY,
    STATE,
    DEPARTURE,
    FARE,
    CREATED,
    DECISION,
    COMMITMENT,
    CURRENCY,
    DIGITS,
    SALT,
    DATA,
    HEIGHT
};

static int read_passenger(sqlite3_stmt *row, struct qr_order *order, struct qr_error *error)
{
    order->erased = sqlite3_column_type(row, DATA) == SQLITE_NULL;
    if (order->erased)
        return 0;
    return qr_passenger_decode(sqlite3_column_blob(row, DATA), (size_t)sqlite3_column_bytes(row, DATA),
                               &order->passenger, error);
}

static int read_order(sqlite3_stmt *row, struct qr_order *ret_order, struct qr_error *error)
{
    struct qr_order order = {
        .number = (uint64_t)sqlite3_column_int64(row, NUMBER),
        .state = sqlite3_column_int(row, STATE) == 0 ? QR_CONFIRMED : QR_CANCELLED,
        .departure = qr_departure_unpack(sqlite3_column_int64(row, DEPARTURE)),
        .fare = {sqlite3_column_int64(row, FARE)},
        .minor_digits = (unsigned)sqlite3_column_int(row, DIGITS),
        .created_at = sqlite3_column_int64(row, CREATED),
        .height = (uint64_t)sqlite3_column_int64(row, HEIGHT),
    };
    locator_format((uint64_t)sqlite3_column_int64(row, LOCATOR), order.locator);
    int code = qr_sql_hash(row, DECISION, &order.decision, error);
    if (code == 0)
        code = qr_sql_hash(row, COMMITMENT, &order.commitment, error);
    if (code == 0)
        code = qr_sql_text(row, CURRENCY, order.currency, sizeof order.currency, error);
    if (code == 0)
        code = read_passenger(row, &order, error);
    if (code == 0)
        *ret_order = order;
    return code;
}

int qr_order_list(struct qr_reservations *store, size_t most, struct qr_order *ret_orders, size_t *ret_count,
                  struct qr_error *error)
{
    size_t count = 0;
    sqlite3_stmt *rows = qr_sql(store, QR_SQL_ORDER_LATEST);
    sqlite3_bind_int64(rows, 1, (int64_t)most);
    for (bool more = true; count < most; count++) {
        int code = qr_sql_step(store, rows, &more, error);
        if (code == 0 && more)
            code = read_order(rows, &ret_orders[count], error);
        if (code < 0) {
            sqlite3_reset(rows);
            return code;
        }
        if (!more)
            break;
        ret_orders[count].erased = true;
        ret_orders[count].passenger = (struct qr_passenger){0};
    }
    sqlite3_reset(rows);
    *ret_count = count;
    return 0;
}

/* --- booking --- */

/* A key that was used before: the same offer and passenger are the same order. */
static int replay(struct qr_reservations *store, sqlite3_stmt *row, const struct qr_booking *booking,
                  struct qr_order *ret_order, struct qr_error *error)
{
    uint64_t number;
    struct qr_order order;
    int code = read_order(row, &order, error);
    if (code < 0)
        return code;
    bool same = qr_offer_number(store, booking->offer, &number) && number == order.number && !order.erased &&
                sqlite3_column_bytes(row, SALT) == QR_SALT_SIZE;
    if (same) {
        struct qr_hash asked =
            qr_passenger_commitment(&booking->passenger, order.locator, sqlite3_column_blob(row, SALT));
        same = qr_hash_equal(&asked, &order.commitment);
    }
    if (!same) {
        qr_fail(error, QR_EKEY_CONFLICT, "this key has already booked %s", "another offer or passenger");
        return qr_hint(error, "use a new key for a new booking");
    }
    order.replayed = true;
    *ret_order = order;
    return 0;
}

/* Looks for the key. ret_free: the locator that it may have when it is new. */
static int find_key(struct qr_reservations *store, const struct qr_booking *booking, const struct key_hash *key,
                    uint64_t *ret_free, struct qr_order *ret_order, bool *ret_found, struct qr_error *error)
{
    for (uint8_t attempt = 0; attempt < LOCATOR_TRIES; attempt++) {
        bool taken;
        uint64_t locator = locator_of(store, key, attempt);
        sqlite3_stmt *get = qr_sql(store, QR_SQL_ORDER_BY_LOCATOR);
        sqlite3_bind_int64(get, 1, (int64_t)locator);
        int code = qr_sql_step(store, get, &taken, error);
        if (code < 0)
            return code;
        *ret_found = taken && sqlite3_column_bytes(get, KEY) == KEY_HASH &&
                     memcmp(sqlite3_column_blob(get, KEY), key->bytes, KEY_HASH) == 0;
        if (*ret_found)
            code = replay(store, get, booking, ret_order, error);
        sqlite3_reset(get);
        if (!taken)
            *ret_free = locator;
        if (!taken || *ret_found)
            return code;
    }
    return qr_fail(error, QR_ELIMIT, "no free record locator for this key");
}

static int offer_used(struct qr_reservations *store, uint64_t number, struct qr_error *error)
{
    bool used;
    sqlite3_stmt *exists = qr_sql(store, QR_SQL_ORDER_EXISTS);
    sqlite3_bind_int64(exists, 1, (int64_t)number);
    int code = qr_sql_step(store, exists, &used, error);
    if (code < 0 || !used)
        return code;
    sqlite3_reset(exists);
    qr_fail(error, QR_EOFFER_USED, "this offer has been booked already");
    return qr_hint(error, "search again: each order needs an offer of its own");
}

static int expired(struct qr_reservations *store, struct qr_error *error)
{
    store->clock_judged = true;
    qr_fail(error, QR_EEXPIRED, "this offer has expired");
    return qr_hint(error, "search again for a new one");
}

/* Fetches the offer's row and checks it in the order that the interface promises, up to the seats. */
static int check_offer(struct qr_reservations *store, uint64_t number, int64_t now, sqlite3_stmt **ret_row,
                       struct qr_error *error)
{
    bool found;
    int code = offer_used(store, number, error);
    if (code < 0)
        return code;
    sqlite3_stmt *row = qr_sql(store, QR_SQL_OFFER_GET);
    sqlite3_bind_int64(row, 1, (int64_t)number);
    code = qr_sql_step(store, row, &found, error);
    if (code < 0)
        return code;
    if (!found)
        return expired(store, error); /* its number is genuine, so it was there, and only expired ones are pruned */
    enum { EXPIRES = 4, REVOKED = 10 };
    if (sqlite3_column_int(row, REVOKED) != 0) {
        code = qr_fail(error, QR_EREVOKED, "the pricing behind this offer was revoked");
        qr_hint(error, "search again for a fare under the pricing in force");
    } else if (qr_reservations_time(store, now) >= sqlite3_column_int64(row, EXPIRES)) {
        code = expired(store, error);
    }
    if (code < 0)
        sqlite3_reset(row);
    else
        *ret_row = row;
    return code;
}

static int add_passenger(struct qr_reservations *store, const struct qr_order *order, const uint8_t salt[QR_SALT_SIZE],
                         struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer data = {0};
    qr_passenger_encode(&order->passenger, &data);
    sqlite3_stmt *add = qr_sql(store, QR_SQL_PASSENGER_ADD);
    sqlite3_bind_int64(add, 1, (int64_t)order->number);
    sqlite3_bind_blob(add, 2, salt, QR_SALT_SIZE, SQLITE_STATIC);
    sqlite3_bind_blob(add, 3, data.data, (int)data.size, SQLITE_STATIC);
    return qr_sql_run(store, add, NULL, error);
}

static int add_event(struct qr_reservations *store, const struct qr_order *order, int64_t time, struct qr_error *error)
{
    sqlite3_stmt *add = qr_sql(store, QR_SQL_EVENT_ADD);
    sqlite3_bind_int64(add, 1, (int64_t)order->number);
    sqlite3_bind_int(add, 2, (int)order->state);
    sqlite3_bind_int64(add, 3, time);
    return qr_sql_run(store, add, NULL, error);
}

/* The order's own row: what it shares with its offer is bound from the offer's. */
static int add_order(struct qr_reservations *store, const struct qr_order *order, uint64_t locator,
                     const struct key_hash *key, sqlite3_stmt *offer, struct qr_error *error)
{
    enum { MANDATE = 2, OFFER_DECISION = 5, LEAF = 6 };
    sqlite3_stmt *add = qr_sql(store, QR_SQL_ORDER_ADD);
    sqlite3_bind_int64(add, 1, (int64_t)order->number);
    sqlite3_bind_int64(add, 2, (int64_t)locator);
    sqlite3_bind_blob(add, 3, key->bytes, KEY_HASH, SQLITE_STATIC);
    sqlite3_bind_int64(add, 4, qr_departure_pack(&order->departure));
    sqlite3_bind_int64(add, 5, order->fare.minor);
    sqlite3_bind_int64(add, 6, sqlite3_column_int64(offer, MANDATE));
    sqlite3_bind_int64(add, 7, order->created_at);
    sqlite3_bind_blob(add, 8, order->decision.bytes, QR_HASH_SIZE, SQLITE_STATIC);
    sqlite3_bind_blob(add, 9, order->commitment.bytes, QR_HASH_SIZE, SQLITE_STATIC);
    sqlite3_bind_blob(add, 10, sqlite3_column_blob(offer, LEAF), sqlite3_column_bytes(offer, LEAF), SQLITE_STATIC);
    return qr_sql_run(store, add, NULL, error);
}

/* What the ledger is to be told of a new order. */
static int add_to_outbox(struct qr_reservations *store, const struct qr_order *order, struct qr_error *error)
{
    sqlite3_stmt *unrecorded = qr_sql(store, QR_SQL_UNRECORDED_ADD);
    sqlite3_bind_int64(unrecorded, 1, (int64_t)order->number);
    int code = qr_sql_run(store, unrecorded, NULL, error);
    return code < 0 ? code : add_event(store, order, order->created_at, error);
}

static int order_from_offer(sqlite3_stmt *offer, const struct qr_booking *booking, uint64_t locator,
                            struct qr_order *order, struct qr_error *error)
{
    locator_format(locator, order->locator);
    order->departure = qr_departure_unpack(sqlite3_column_int64(offer, 0));
    order->fare.minor = sqlite3_column_int64(offer, 1);
    order->minor_digits = (unsigned)sqlite3_column_int(offer, 9);
    order->passenger = booking->passenger;
    order->commitment = qr_passenger_commitment(&booking->passenger, order->locator, booking->salt);
    int code = qr_sql_hash(offer, 5, &order->decision, error);
    return code < 0 ? code : qr_sql_text(offer, 8, order->currency, sizeof order->currency, error);
}

/* Sells the seat, the last check, and only then writes. */
static int sell(struct qr_reservations *store, const struct qr_booking *booking, uint64_t locator,
                const struct key_hash *key, sqlite3_stmt *offer, struct qr_order *order, struct qr_error *error)
{
    int code = order_from_offer(offer, booking, locator, order, error);
    if (code == 0)
        code = qr_inventory_sell(store, &order->departure, error);
    if (code == 0)
        code = add_order(store, order, locator, key, offer, error);
    if (code == 0)
        code = add_passenger(store, order, booking->salt, error);
    enum { RECORDED = 11 };
    if (code == 0 && sqlite3_column_int(offer, RECORDED) != 0)
        code = add_to_outbox(store, order, error);
    return code;
}

int qr_order_book(struct qr_reservations *store, const struct qr_booking *booking, struct qr_order *ret_order,
                  struct qr_error *error)
{
    bool found = false;
    uint64_t locator = 0, number;
    sqlite3_stmt *offer = NULL;
    int code = check_key(booking->key, error);
    if (code < 0)
        return code;
    struct key_hash key = hash_key(store, booking->key);
    code = find_key(store, booking, &key, &locator, ret_order, &found, error);
    if (code < 0 || found)
        return code;
    if (!qr_offer_number(store, booking->offer, &number)) {
        qr_fail(error, QR_ENOT_FOUND, "no such offer");
        return qr_hint(error, "copy an offer's id from `quorate search`");
    }
    code = check_offer(store, number, booking->now, &offer, error);
    if (code < 0)
        return code;
    struct qr_order order = {
        .number = number, .state = QR_CONFIRMED, .created_at = qr_reservations_time(store, booking->now)};
    code = sell(store, booking, locator, &key, offer, &order, error);
    sqlite3_reset(offer);
    if (code == 0)
        *ret_order = order;
    return code;
}

/* --- afterwards --- */

static int no_such_order(struct qr_reservations *store, uint64_t locator, int64_t now, struct qr_error *error)
{
    qr_misses_count(&store->misses, locator, now);
    qr_fail(error, QR_ENOT_FOUND, "no order with this locator and surname");
    return qr_hint(error, "a locator has six letters and digits; the surname is the one it was booked under");
}

int qr_order_show(struct qr_reservations *store, const struct qr_order_question *question, struct qr_order *ret_order,
                  struct qr_error *error)
{
    bool found = false;
    struct qr_order order;
    uint64_t locator = UINT64_MAX; /* everything that cannot be a locator shares one limit */
    bool plausible = locator_parse(question->locator, &locator);
    int code = qr_misses_check(&store->misses, locator, question->now, error);
    if (code < 0)
        return code;
    if (plausible) {
        sqlite3_stmt *get = qr_sql(store, QR_SQL_ORDER_BY_LOCATOR);
        sqlite3_bind_int64(get, 1, (int64_t)locator);
        code = qr_sql_step(store, get, &found, error);
        if (code == 0 && found)
            code = read_order(get, &order, error);
        sqlite3_reset(get);
    }
    if (code < 0)
        return code;
    if (!found || order.erased || !qr_surname_equal(order.passenger.surname, question->surname))
        return no_such_order(store, locator, question->now, error);
    *ret_order = order;
    return 0;
}

int qr_order_cancel(struct qr_reservations *store, const struct qr_order_question *question, struct qr_order *ret_order,
                    struct qr_error *error)
{
    int changed = 0;
    struct qr_order order;
    int code = qr_order_show(store, question, &order, error);
    if (code < 0)
        return code;
    sqlite3_stmt *cancel = qr_sql(store, QR_SQL_ORDER_CANCEL);
    sqlite3_bind_int64(cancel, 1, (int64_t)order.number);
    code = qr_sql_run(store, cancel, &changed, error);
    order.state = QR_CANCELLED;
    if (code == 0 && changed == 1) /* else it was cancelled before, and its seat given back then */
        code = qr_inventory_give_back(store, &order.departure, error);
    if (code == 0 && changed == 1)
        code = add_event(store, &order, qr_reservations_time(store, question->now), error);
    if (code == 0)
        *ret_order = order;
    return code;
}

static int delete_passenger(struct qr_reservations *store, uint64_t number, struct qr_error *error)
{
    int code = qr_reservations_begin(store, QR_DURABLE, error);
    if (code < 0)
        return code;
    sqlite3_stmt *erase = qr_sql(store, QR_SQL_PASSENGER_ERASE);
    sqlite3_bind_int64(erase, 1, (int64_t)number);
    code = qr_sql_run(store, erase, NULL, error);
    if (code < 0) {
        qr_reservations_rollback(store);
        return code;
    }
    return qr_reservations_commit(store, error);
}

int qr_order_erase_passenger(struct qr_reservations *store, const struct qr_order_question *question,
                             struct qr_error *error)
{
    struct qr_order order;
    int code = qr_order_show(store, question, &order, error);
    if (code == 0)
        code = qr_sql_exec(store, "PRAGMA secure_delete = ON", error); /* also pages that become free */
    if (code == 0)
        code = delete_passenger(store, order.number, error);
    if (code == 0)
        code = qr_sql_exec(store, "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA secure_delete = FAST", error);
    return code;
}
