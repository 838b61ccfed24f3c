#include "data/generate.h"

#include "common/buffer.h"
#include "data/fare_tables.h"

#include <math.h>

enum { ECONOMY, BUSINESS };
enum { DAY_MINUTES = 1440, PART_MINUTES = 240, SHORTEST_CONNECTION = 75 };

const char *const qr_fare_cabins[] = {"economy", "business"};
const char *const qr_fare_airlines[] = {"SpiceJet", "AirAsia", "Vistara", "GO_FIRST", "Indigo", "Air_India"};
const char *const qr_fare_cities[] = {"DEL", "BOM", "BLR", "CCU", "HYD", "MAA"};
const char *const qr_fare_parts[] = {"early_morning", "morning", "afternoon", "evening", "night", "late_night"};
const char *const qr_fare_weekdays[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};

/* Simulated: fares by weekday, and seats for sale by cabin and airline (a cabin without seats is not flown). */
static const double weekday_effect[] = {0.010, -0.020, -0.025, -0.005, 0.025, -0.010, 0.025};
static const int capacity[][QR_FARE_AIRLINES] = {
    [ECONOMY] = {157, 180, 149, 181, 178, 166},
    [BUSINESS] = {0, 0, 8, 0, 0, 12},
};

struct qr_faregen {
    uint64_t seed, state;
    int itineraries;
    int day; /* the last one considered; QR_FARE_DAYS_MAX when the itinerary is done */
    struct qr_fare_row row;
    double log_fare; /* what does not depend on the day */
    double popularity;
};

/* splitmix64 (Steele, Lea and Flood 2014). */
static uint64_t next_bits(struct qr_faregen *generator)
{
    uint64_t z = generator->state += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static double uniform(struct qr_faregen *generator)
{
    return (double)(next_bits(generator) >> 11) * 0x1p-53;
}

static int below(struct qr_faregen *generator, int n)
{
    return (int)(uniform(generator) * n);
}

/* The sum of twelve uniforms: normal but for tails beyond six deviations, and without libm. */
static double normal(struct qr_faregen *generator)
{
    double sum = -6;
    for (int i = 0; i < 12; i++)
        sum += uniform(generator);
    return sum;
}

static int weighted(struct qr_faregen *generator, const double *weights, int n)
{
    double total = 0;
    for (int i = 0; i < n; i++)
        total += weights[i];
    double at = uniform(generator) * total;
    int chosen = 0;
    while (chosen < n - 1 && at >= weights[chosen])
        at -= weights[chosen++];
    return chosen;
}

/* Piecewise linear through n points (x ascending), with the end slopes continued. */
static double interpolate(const double *xs, const double *ys, int n, double x)
{
    int i = 1;
    while (i < n - 1 && x > xs[i])
        i++;
    return ys[i - 1] + (ys[i] - ys[i - 1]) * (x - xs[i - 1]) / (xs[i] - xs[i - 1]);
}

int qr_fare_part(int minute)
{
    return (minute / PART_MINUTES + QR_FARE_PARTS - 1) % QR_FARE_PARTS;
}

/* The two cities of a pair, 0 to 14 in the order DEL-BOM, DEL-BLR, ..., HYD-MAA, either way round. */
static void draw_route(struct qr_faregen *generator, int pair)
{
    struct qr_fare_row *row = &generator->row;
    int from = 0;
    for (int left = QR_FARE_CITIES - 1; pair >= left; left--) {
        pair -= left;
        from++;
    }
    bool back = below(generator, 2) == 1;
    row->from = back ? from + 1 + pair : from;
    row->to = back ? from : from + 1 + pair;
}

static int draw_duration_minutes(struct qr_faregen *generator, int cabin, int stops, int pair)
{
    double flying = nonstop_minutes[pair];
    if (stops == 0)
        return (int)(flying + 6 * normal(generator)) / 5 * 5;
    double quantile = uniform(generator) * (DURATION_POINTS - 1);
    int i = (int)quantile;
    const double *hours = connecting_hours[cabin][stops - 1];
    double minutes = 60 * (hours[i] + (hours[i + 1] - hours[i]) * (quantile - i));
    return (int)fmax(minutes, flying + SHORTEST_CONNECTION * stops) / 5 * 5;
}

static void next_itinerary(struct qr_faregen *generator)
{
    struct qr_fare_row *row = &generator->row;
    generator->state = generator->seed ^ (uint64_t)generator->itineraries * 0xd1342543de82ef95u;
    row->itinerary = generator->itineraries++;
    row->cabin = uniform(generator) < business_itineraries ? BUSINESS : ECONOMY;
    const struct fare_class *class = &fare_classes[row->cabin];
    row->airline = weighted(generator, class->airline_weight, QR_FARE_AIRLINES);
    int pair = weighted(generator, class->pair_weight, PAIRS);
    draw_route(generator, pair);
    row->stops = weighted(generator, class->stops_weight[row->airline], 3);
    int minutes = draw_duration_minutes(generator, row->cabin, row->stops, pair);
    row->duration = (minutes * 100 + 30) / 60;
    row->departure = weighted(generator, class->departure_weight, QR_FARE_PARTS);
    int start = (row->departure + 1) % QR_FARE_PARTS * PART_MINUTES + 5 * below(generator, PART_MINUTES / 5);
    row->arrival = qr_fare_part((start + minutes) % DAY_MINUTES);
    generator->popularity = normal(generator);
    generator->log_fare = class->base + class->airline[row->airline][row->stops] + class->pair[pair][row->stops > 0] +
                          class->departure[row->departure] + class->itinerary_deviation * normal(generator);
    if (row->stops > 0)
        generator->log_fare += interpolate(duration_hours, class->duration, DURATION_KNOTS, minutes / 60.0);
    generator->day = 0;
}

/* Simulated: seats sell until departure, those of popular itineraries first; business sells later than economy. */
static int draw_seats_left(struct qr_faregen *generator, const struct qr_fare_row *row)
{
    double sold = row->cabin == BUSINESS ? 0.78 - 0.008 * row->days_left : 0.95 - 0.006 * row->days_left;
    sold += 0.09 * generator->popularity + 0.09 * normal(generator);
    double free = fabs(1 - sold) * capacity[row->cabin][row->airline];
    return free < 1 ? 1 : free > 9 ? 9 : (int)free;
}

static double scarcity(int cabin, int seats_left)
{
    int scarce_below = cabin == BUSINESS ? 4 : 9;
    return seats_left < scarce_below ? 0.016 * (scarce_below - seats_left) : 0;
}

/* The rung of the itinerary's ladder nearest to a log fare: price points a fixed ratio apart. */
static int snap(const struct fare_class *class, double anchor, double log_fare)
{
    double step = log(class->ladder_step);
    return (int)round(exp(anchor + step * round((log_fare - anchor) / step)));
}

static double days_effect(const struct fare_class *class, const struct qr_fare_row *row)
{
    int bracket = 0;
    while (bracket < 3 && row->days_left >= late_bracket[bracket])
        bracket++;
    return class->days[row->days_left - 1] + class->late[row->airline][bracket];
}

static void price_row(struct qr_faregen *generator, struct qr_fare_row *row)
{
    const struct fare_class *class = &fare_classes[row->cabin];
    row->weekday = below(generator, QR_FARE_WEEKDAYS);
    row->seats_left = draw_seats_left(generator, row);
    double log_fare = generator->log_fare + days_effect(class, row) + weekday_effect[row->weekday] +
                      scarcity(row->cabin, row->seats_left) + class->noise_deviation * normal(generator);
    double anchor = interpolate(class->curve_raw, class->curve_log, CURVE_POINTS, generator->log_fare);
    log_fare = interpolate(class->curve_raw, class->curve_log, CURVE_POINTS, log_fare);
    row->price = snap(class, anchor, fmin(fmax(log_fare, log(class->least)), log(class->most)));
}

struct qr_faregen *qr_faregen_new(uint64_t seed)
{
    struct qr_faregen *generator = qr_alloc(1, sizeof *generator);
    generator->seed = seed * 0x9e3779b97f4a7c15u;
    generator->day = QR_FARE_DAYS_MAX;
    return generator;
}

void qr_faregen_freep(struct qr_faregen **generator)
{
    free(*generator);
    *generator = NULL;
}

void qr_faregen_next(struct qr_faregen *generator, struct qr_fare_row *ret_row)
{
    for (;;) {
        if (generator->day == QR_FARE_DAYS_MAX)
            next_itinerary(generator);
        const struct fare_class *class = &fare_classes[generator->row.cabin];
        double ramp = fmin(1, day_ramp[0] + day_ramp[1] * generator->day);
        generator->day++;
        if (uniform(generator) >= class->seen * ramp)
            continue;
        *ret_row = generator->row;
        ret_row->days_left = generator->day;
        price_row(generator, ret_row);
        return;
    }
}
