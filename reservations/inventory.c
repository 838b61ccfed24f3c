#include "reservations/inventory.h"

#include "common/hash.h"
#include "reservations/sql.h"

enum { CABIN_BITS = 1, FLIGHT_BITS = 19 };

int64_t qr_departure_pack(const struct qr_departure *departure)
{
    int64_t flight = ((int64_t)departure->flight << CABIN_BITS) | departure->cabin;
    return ((int64_t)departure->date.days << (FLIGHT_BITS + CABIN_BITS)) | flight;
}

struct qr_departure qr_departure_unpack(int64_t number)
{
    return (struct qr_departure){
        .flight = (uint32_t)((number >> CABIN_BITS) & ((1 << FLIGHT_BITS) - 1)),
        .date = {(int32_t)(number >> (FLIGHT_BITS + CABIN_BITS))},
        .cabin = (number & 1) != 0 ? QR_BUSINESS : QR_ECONOMY,
    };
}

int qr_inventory_seats(struct qr_reservations *store, const struct qr_departure *departure, struct qr_seats *ret_seats,
                       struct qr_error *error)
{
    bool found;
    sqlite3_stmt *get = qr_sql(store, QR_SQL_INVENTORY_GET);
    sqlite3_bind_int64(get, 1, qr_departure_pack(departure));
    int code = qr_sql_step(store, get, &found, error);
    if (code < 0)
        return code;
    if (!found)
        return qr_fail(error, QR_ENOT_FOUND, "this flight does not operate on that date");
    *ret_seats = (struct qr_seats){.capacity = sqlite3_column_int(get, 0), .sold = sqlite3_column_int(get, 1)};
    sqlite3_reset(get);
    return 0;
}

static int change_sold(struct qr_reservations *store, enum qr_sql update, const struct qr_departure *departure,
                       int *ret_changed, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_sql(store, update);
    sqlite3_bind_int64(statement, 1, qr_departure_pack(departure));
    return qr_sql_run(store, statement, ret_changed, error);
}

int qr_inventory_sell(struct qr_reservations *store, const struct qr_departure *departure, struct qr_error *error)
{
    int changed = 0;
    struct qr_seats seats;
    int code = change_sold(store, QR_SQL_INVENTORY_SELL, departure, &changed, error);
    if (code < 0 || changed == 1)
        return code;
    code = qr_inventory_seats(store, departure, &seats, error);
    if (code < 0)
        return code;
    qr_fail(error, QR_ESOLD_OUT, "the last seat of this flight and cabin is sold");
    return qr_hint(error, "search again for another flight");
}

int qr_inventory_give_back(struct qr_reservations *store, const struct qr_departure *departure, struct qr_error *error)
{
    int changed = 0;
    int code = change_sold(store, QR_SQL_INVENTORY_GIVE_BACK, departure, &changed, error);
    if (code < 0 || changed == 1)
        return code;
    return qr_fail(error, QR_ECORRUPT, "reserved.db: a seat is given back to a flight that sold none");
}

/* --- what is sold already --- */

/* The booking curve: tenths of a percent sold at 0, 1, 3, 7, 14, 21, 30, 45 and 60 days before departure. */
static const struct {
    int days_left, permille;
} curve[] = {{0, 930}, {1, 910}, {3, 860}, {7, 760}, {14, 600}, {21, 470}, {30, 330}, {45, 190}, {60, 100}};

static int curve_at(int days_left)
{
    size_t n = sizeof curve / sizeof curve[0];
    if (days_left <= 0)
        return curve[0].permille;
    for (size_t i = 1; i < n; i++) {
        if (days_left <= curve[i].days_left) {
            int span = curve[i].days_left - curve[i - 1].days_left, into = days_left - curve[i - 1].days_left;
            return curve[i - 1].permille + (curve[i].permille - curve[i - 1].permille) * into / span;
        }
    }
    return curve[n - 1].permille;
}

int qr_inventory_presold(const char *flight_code, const struct qr_departure *departure, int capacity, int days_left)
{
    char text[QR_FLIGHT_CODE + 32];
    int size = snprintf(text, sizeof text, "%s %d %d %u", flight_code, departure->date.days, departure->cabin,
                        departure->flight);
    struct qr_hash hash = qr_sha256(text, (size_t)size);
    int shift = (hash.bytes[0] << 8 | hash.bytes[1]) % 401 - 200; /* permille of the cabin */
    int permille = curve_at(days_left) + shift;
    if (permille < 0)
        permille = 0;
    if (permille > 1000)
        permille = 1000;
    return capacity * permille / 1000;
}

/* --- the horizon --- */

static int add_departure(struct qr_reservations *store, const struct qr_departure *departure, int days_left,
                         size_t *added, struct qr_error *error)
{
    const struct qr_flight *flight = &store->network.flights[departure->flight];
    int capacity = flight->seats[departure->cabin], changed = 0;
    sqlite3_stmt *add = qr_sql(store, QR_SQL_INVENTORY_ADD);
    sqlite3_bind_int64(add, 1, qr_departure_pack(departure));
    sqlite3_bind_int(add, 2, capacity);
    sqlite3_bind_int(add, 3, qr_inventory_presold(flight->code, departure, capacity, days_left));
    int code = qr_sql_run(store, add, &changed, error);
    *added += (size_t)changed;
    return code;
}

static int add_date(struct qr_reservations *store, struct qr_date date, int64_t now, size_t *added,
                    struct qr_error *error)
{
    const struct qr_network *network = &store->network;
    for (size_t i = 0; i < network->n_flights; i++) {
        const struct qr_flight *flight = &network->flights[i];
        if ((flight->weekdays >> qr_date_weekday(date) & 1) == 0)
            continue;
        int days_left = date.days - qr_date_of(now, network->airports[flight->origin].offset_minutes).days;
        for (int cabin = 0; cabin < QR_CABINS; cabin++) {
            struct qr_departure departure = {.flight = (uint32_t)i, .date = date, .cabin = (enum qr_cabin)cabin};
            if (flight->seats[cabin] == 0)
                continue;
            int code = add_departure(store, &departure, days_left, added, error);
            if (code < 0)
                return code;
        }
    }
    return 0;
}

/* From the earliest local date of any airport to `days` after the latest one. */
static void dates_needed(const struct qr_network *network, int64_t now, unsigned days, int32_t *ret_first,
                         int32_t *ret_last)
{
    *ret_first = INT32_MAX;
    *ret_last = INT32_MIN;
    for (size_t i = 0; i < network->n_airports; i++) {
        int32_t today = qr_date_of(now, network->airports[i].offset_minutes).days;
        *ret_first = today < *ret_first ? today : *ret_first;
        *ret_last = today > *ret_last ? today : *ret_last;
    }
    *ret_last += (int32_t)days;
}

int qr_inventory_extend(struct qr_reservations *store, int64_t now, unsigned days, size_t *ret_added,
                        struct qr_error *error)
{
    int64_t horizon;
    int32_t first, last;
    if (days < 1 || days > QR_HORIZON_MAX)
        return qr_fail(error, QR_ERANGE, "a horizon is 1 to %d days, not %u", QR_HORIZON_MAX, days);
    int code = qr_sql_meta_get(store, "horizon", &horizon, error);
    if (code < 0)
        return code;
    dates_needed(&store->network, now, days, &first, &last);
    size_t added = 0;
    for (int32_t day = horizon + 1 > first ? (int32_t)horizon + 1 : first; day <= last; day++) {
        code = add_date(store, (struct qr_date){day}, now, &added, error);
        if (code < 0)
            return code;
    }
    if (last > horizon)
        code = qr_sql_meta_put(store, "horizon", last, error);
    if (code == 0)
        *ret_added = added;
    return code;
}

int qr_inventory_roll(struct qr_reservations *store, int64_t now, unsigned days, size_t *ret_added,
                      struct qr_error *error)
{
    int code = qr_reservations_begin(store, QR_DURABLE, error);
    if (code < 0)
        return code;
    code = qr_inventory_extend(store, now, days, ret_added, error);
    if (code < 0) {
        qr_reservations_rollback(store);
        return code;
    }
    return qr_reservations_commit(store, error);
}

int qr_inventory_horizon(struct qr_reservations *store, struct qr_date *ret_last, struct qr_error *error)
{
    int64_t horizon;
    int code = qr_sql_meta_get(store, "horizon", &horizon, error);
    if (code == 0)
        ret_last->days = (int32_t)horizon;
    return code;
}
