#include "reservations/feature.h"

#include "common/fixed.h"

/* What a candidate answers to each name: a category by name, or a number as a fraction. */

struct fraction {
    int64_t over, under;
};

typedef const char *category_of(const struct qr_network *network, const struct qr_candidate *candidate);
typedef struct fraction number_of(const struct qr_network *network, const struct qr_candidate *candidate);

static const struct qr_flight *flight_of(const struct qr_network *network, const struct qr_candidate *candidate)
{
    return &network->flights[candidate->departure.flight];
}

static const char *cabin_of(const struct qr_network *network, const struct qr_candidate *candidate)
{
    (void)network;
    return qr_cabin_name(candidate->departure.cabin);
}

static const char *airline_of(const struct qr_network *network, const struct qr_candidate *candidate)
{
    return network->airlines[flight_of(network, candidate)->airline].name;
}

static const char *from_of(const struct qr_network *network, const struct qr_candidate *candidate)
{
    return network->airports[flight_of(network, candidate)->origin].code;
}

static const char *to_of(const struct qr_network *network, const struct qr_candidate *candidate)
{
    return network->airports[flight_of(network, candidate)->destination].code;
}

static const char *departure_of(const struct qr_network *network, const struct qr_candidate *candidate)
{
    (void)network;
    return qr_daypart_name(candidate->departs_in);
}

static const char *arrival_of(const struct qr_network *network, const struct qr_candidate *candidate)
{
    (void)network;
    return qr_daypart_name(candidate->arrives_in);
}

static const char *weekday_of(const struct qr_network *network, const struct qr_candidate *candidate)
{
    static const char *const names[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
    (void)network;
    return names[candidate->weekday];
}

static struct fraction stops_of(const struct qr_network *network, const struct qr_candidate *candidate)
{
    return (struct fraction){flight_of(network, candidate)->stops, 1};
}

static struct fraction duration_of(const struct qr_network *network, const struct qr_candidate *candidate)
{
    return (struct fraction){flight_of(network, candidate)->minutes, 60};
}

static struct fraction days_left_of(const struct qr_network *network, const struct qr_candidate *candidate)
{
    (void)network;
    return (struct fraction){candidate->days_left, 1};
}

static struct fraction seats_left_of(const struct qr_network *network, const struct qr_candidate *candidate)
{
    (void)network;
    return (struct fraction){candidate->seats_left, 1};
}

static const struct source {
    const char *name;
    category_of *category; /* one of the two */
    number_of *number;
} sources[] = {
    {"cabin", cabin_of, NULL},     {"airline", airline_of, NULL},       {"from", from_of, NULL},
    {"to", to_of, NULL},           {"stops", NULL, stops_of},           {"departure", departure_of, NULL},
    {"arrival", arrival_of, NULL}, {"duration", NULL, duration_of},     {"days_left", NULL, days_left_of},
    {"weekday", weekday_of, NULL}, {"seats_left", NULL, seats_left_of},
};

enum { SOURCES = sizeof sources / sizeof sources[0] };

struct feature {
    const struct source *source;
    char **categories;
    size_t n_categories;
    int32_t scale, min, max;
};

struct qr_features {
    const struct qr_network *network;
    struct feature *items;
    size_t count;
};

static int bind_one(const struct qr_feature_spec *spec, struct feature *feature, struct qr_error *error)
{
    const struct source *source = NULL;
    for (size_t i = 0; i < SOURCES && source == NULL; i++) {
        if (strcmp(sources[i].name, spec->name) == 0)
            source = &sources[i];
    }
    if (source == NULL) {
        qr_fail(error, QR_EUNSUPPORTED, "the model asks for feature `%.60s`, which reservations do not have",
                spec->name);
        return qr_hint(error,
                       "known: cabin airline from to stops departure arrival duration days_left weekday seats_left");
    }
    if ((spec->categories != NULL) != (source->category != NULL))
        return qr_fail(error, QR_EUNSUPPORTED, "the model takes feature `%s` as a %s; reservations have %s", spec->name,
                       spec->categories != NULL ? "category" : "number",
                       source->category != NULL ? "categories" : "numbers");
    *feature = (struct feature){.source = source, .scale = spec->scale, .min = spec->min, .max = spec->max};
    feature->categories = qr_alloc(spec->n_categories, sizeof *feature->categories);
    for (; feature->n_categories < spec->n_categories; feature->n_categories++)
        feature->categories[feature->n_categories] = qr_strdup(spec->categories[feature->n_categories]);
    return 0;
}

int qr_features_bind(const struct qr_network *network, const struct qr_feature_spec *specs, size_t count,
                     struct qr_features **ret_features, struct qr_error *error)
{
    if (count > QR_FEATURE_SPECS_MAX)
        return qr_fail(error, QR_ELIMIT, "a model has at most %d features, not %zu", QR_FEATURE_SPECS_MAX, count);
    QR_CLEANUP(qr_features_freep) struct qr_features *features = qr_alloc(1, sizeof *features);
    features->network = network;
    features->items = qr_alloc(count, sizeof *features->items);
    for (; features->count < count; features->count++) {
        int code = bind_one(&specs[features->count], &features->items[features->count], error);
        if (code < 0)
            return code;
    }
    *ret_features = features;
    features = NULL;
    return 0;
}

void qr_features_free(struct qr_features *features)
{
    if (features == NULL)
        return;
    for (size_t i = 0; i < features->count; i++) {
        for (size_t k = 0; k < features->items[i].n_categories; k++)
            free(features->items[i].categories[k]);
        free(features->items[i].categories);
    }
    free(features->items);
    free(features);
}

void qr_features_freep(struct qr_features **features)
{
    qr_features_free(*features);
}

size_t qr_features_count(const struct qr_features *features)
{
    return features->count;
}

static int category_value(const struct feature *feature, const char *name, int32_t *ret_value, struct qr_error *error)
{
    for (size_t i = 0; i < feature->n_categories; i++) {
        if (strcmp(feature->categories[i], name) == 0) {
            *ret_value = (int32_t)i;
            return 0;
        }
    }
    return qr_fail(error, QR_EUNSUPPORTED, "the model does not know %s `%s`", feature->source->name, name);
}

/* over * scale / under, rounded half to even. */
static int64_t scaled(struct fraction fraction, int32_t scale)
{
    int64_t product = fraction.over * scale;
    int64_t whole = qr_floor_div(product, fraction.under);
    int64_t twice = 2 * (product - whole * fraction.under);
    bool up = twice > fraction.under || (twice == fraction.under && (whole & 1) != 0);
    return whole + (up ? 1 : 0);
}

static int number_value(const struct feature *feature, struct fraction fraction, int32_t *ret_value,
                        struct qr_error *error)
{
    int64_t value = scaled(fraction, feature->scale);
    if (value < feature->min || value > feature->max) {
        char shown[QR_FIXED_TEXT], least[QR_FIXED_TEXT], most[QR_FIXED_TEXT];
        return qr_fail(error, QR_EUNSUPPORTED, "the model takes %s from %s to %s, not %s", feature->source->name,
                       qr_fixed_format(feature->min, feature->scale, least),
                       qr_fixed_format(feature->max, feature->scale, most),
                       qr_fixed_format(value, feature->scale, shown));
    }
    *ret_value = (int32_t)value;
    return 0;
}

int qr_features_row(const struct qr_features *features, const struct qr_candidate *candidate, int32_t *ret_values,
                    struct qr_error *error)
{
    for (size_t i = 0; i < features->count; i++) {
        const struct feature *feature = &features->items[i];
        int code =
            feature->source->category != NULL
                ? category_value(feature, feature->source->category(features->network, candidate), &ret_values[i],
                                 error)
                : number_value(feature, feature->source->number(features->network, candidate), &ret_values[i], error);
        if (code < 0)
            return code;
    }
    return 0;
}
