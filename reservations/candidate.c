#include "reservations/candidate.h"

#include "reservations/sql.h"

static const char *const daypart_names[QR_DAYPARTS] = {"early_morning", "morning", "afternoon",
                                                       "evening",       "night",   "late_night"};

const char *qr_daypart_name(enum qr_daypart part)
{
    return daypart_names[part];
}

/* The part of the day at a time, by the local clock. */
static enum qr_daypart daypart_of(int64_t time, int offset_minutes)
{
    enum { DAY_MINUTES = 24 * 60, PART_MINUTES = 4 * 60 };
    int64_t minute = (time / 60000 + offset_minutes) % DAY_MINUTES;
    return (enum qr_daypart)((minute + DAY_MINUTES - PART_MINUTES) % DAY_MINUTES / PART_MINUTES);
}

static int unknown_airport(const struct qr_network *network, const char *code, struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer known = {0};
    for (size_t i = 0; i < network->n_airports && known.size < 120; i++)
        qr_buffer_text(&known, "%s%s", i == 0 ? "" : " ", network->airports[i].code);
    bool all = strlen(qr_buffer_string(&known)) == network->n_airports * 4 - 1;
    qr_fail(error, QR_EINPUT, "no airport `%.20s` in this network", code);
    return qr_hint(error, "airports here: %s%s", qr_buffer_string(&known), all ? "" : " ...");
}

static int check_date(struct qr_reservations *store, const struct qr_search *search, uint32_t origin,
                      struct qr_error *error)
{
    struct qr_date horizon;
    char first[QR_TIME_TEXT], last[QR_TIME_TEXT], asked[QR_TIME_TEXT];
    const struct qr_airport *airport = &store->network.airports[origin];
    struct qr_date today = qr_date_of(search->now, airport->offset_minutes);
    int code = qr_inventory_horizon(store, &horizon, error);
    if (code < 0 || (search->date.days >= today.days && search->date.days <= horizon.days))
        return code;
    return qr_fail(error, QR_ERANGE, "%s is outside the dates on sale in %s, %s to %s",
                   qr_date_format(search->date, asked), airport->code, qr_date_format(today, first),
                   qr_date_format(horizon, last));
}

static struct qr_candidate describe(const struct qr_network *network, const struct qr_search *search,
                                    const struct qr_departure *departure, int seats)
{
    const struct qr_flight *flight = &network->flights[departure->flight];
    int origin_offset = network->airports[flight->origin].offset_minutes;
    int64_t departs = qr_flight_departs(network, flight, departure->date);
    int64_t arrives = qr_flight_arrives(network, flight, departure->date);
    return (struct qr_candidate){
        .departure = *departure,
        .departs = departs,
        .arrives = arrives,
        .departs_in = daypart_of(departs, origin_offset),
        .arrives_in = daypart_of(arrives, network->airports[flight->destination].offset_minutes),
        .days_left = departure->date.days - qr_date_of(search->now, origin_offset).days,
        .weekday = qr_date_weekday(departure->date),
        .seats_left = seats < QR_SEATS_SHOWN_MAX ? seats : QR_SEATS_SHOWN_MAX,
    };
}

/* The route's departures are neighbours in the inventory, in order of time. */
static int collect(struct qr_reservations *store, const struct qr_search *search, size_t first, size_t count,
                   struct qr_candidate *candidates, size_t *ret_count, struct qr_error *error)
{
    struct qr_departure low = {.flight = (uint32_t)first, .date = search->date, .cabin = QR_ECONOMY};
    struct qr_departure high = {.flight = (uint32_t)(first + count - 1), .date = search->date, .cabin = QR_BUSINESS};
    sqlite3_stmt *rows = qr_sql(store, QR_SQL_INVENTORY_RANGE);
    sqlite3_bind_int64(rows, 1, qr_departure_pack(&low));
    sqlite3_bind_int64(rows, 2, qr_departure_pack(&high));
    size_t found = 0;
    bool more = true;
    while (found < QR_CANDIDATES_MAX) {
        int code = qr_sql_step(store, rows, &more, error);
        if (code < 0)
            return code;
        if (!more)
            break;
        struct qr_departure departure = qr_departure_unpack(sqlite3_column_int64(rows, 0));
        int seats = sqlite3_column_int(rows, 1) - sqlite3_column_int(rows, 2);
        if (seats <= 0 || (search->cabin != QR_CABINS && departure.cabin != search->cabin))
            continue;
        struct qr_candidate candidate = describe(&store->network, search, &departure, seats);
        if (candidate.departs > search->now)
            candidates[found++] = candidate;
    }
    sqlite3_reset(rows);
    *ret_count = found;
    return 0;
}

int qr_candidates_find(struct qr_reservations *store, const struct qr_search *search,
                       struct qr_candidate ret_candidates[QR_CANDIDATES_MAX], size_t *ret_count, struct qr_error *error)
{
    const struct qr_network *network = &store->network;
    uint32_t origin, destination;
    if (!qr_network_airport(network, search->from, &origin))
        return unknown_airport(network, search->from, error);
    if (!qr_network_airport(network, search->to, &destination))
        return unknown_airport(network, search->to, error);
    if (origin == destination)
        return qr_fail(error, QR_EINPUT, "a journey from %s to %s needs no flight", search->from, search->to);
    int code = check_date(store, search, origin, error);
    if (code < 0)
        return code;
    size_t first, count = qr_network_route(network, origin, destination, &first);
    if (count == 0) {
        *ret_count = 0;
        return 0;
    }
    return collect(store, search, first, count, ret_candidates, ret_count, error);
}
