#ifndef QR_RESERVATIONS_FEATURE_H
#define QR_RESERVATIONS_FEATURE_H

#include "reservations/candidate.h"

/* What a pricing model asks of a candidate, by the names of its features:
 *
 *     cabin airline from to departure arrival weekday     categories; airlines and airports as the network names them,
 *                                                         weekdays Mon to Sun, parts of the day as qr_daypart_name
 *     stops days_left seats_left duration (hours)         numbers
 *
 * Any governed schema made of these works, in any order and with any subset. Never a flight number, never anything
 * about a passenger: a schema that asks for something else is refused when it is bound. */

struct qr_feature_spec {
    const char *name;
    const char *const *categories; /* NULL for a number */
    size_t n_categories;
    int32_t scale;    /* a number's fixed-point value is number * scale, rounded half to even */
    int32_t min, max; /* fixed point, inclusive */
};

struct qr_features; /* a schema bound to a network */

enum { QR_FEATURE_SPECS_MAX = 256 };

/* Fails with QR_EUNSUPPORTED naming a feature that reservations do not have, or one that is a number where they have
 * categories or the other way round. Keeps no pointer into specs; the network must outlive ret_features. */
QR_MUST_USE int qr_features_bind(const struct qr_network *network, const struct qr_feature_spec *specs, size_t count,
                                 struct qr_features **ret_features, struct qr_error *error);
void qr_features_free(struct qr_features *features);
void qr_features_freep(struct qr_features **features);
size_t qr_features_count(const struct qr_features *features);

/* Writes qr_features_count values. Fails with QR_EUNSUPPORTED when the model does not know this airline, airport or
 * value, or a number is outside its declared range: the candidate cannot be priced by this model. */
QR_MUST_USE int qr_features_row(const struct qr_features *features, const struct qr_candidate *candidate,
                                int32_t *ret_values, struct qr_error *error);

#endif
