#ifndef QR_CLI_HISTOGRAM_H
#define QR_CLI_HISTOGRAM_H

#include "common/prelude.h"

/* Counts of latencies, in us, from 0 to an hour, to three significant digits: the log-linear layout of HdrHistogram
 * (Tene), which no package of Debian 12 brings for C. A value below 2,048 has a count of its own; above, each doubling
 * is divided into 1,024 equal parts, so that a percentile is at most 1/1,024 too high and never too low. */

enum {
    QR_HISTOGRAM_SUBS = 1024,
    QR_HISTOGRAM_DOUBLINGS = 21,
    QR_HISTOGRAM_COUNTS = (QR_HISTOGRAM_DOUBLINGS + 2) * QR_HISTOGRAM_SUBS
};
#define QR_HISTOGRAM_MOST INT64_C(3600000000)

struct qr_histogram {
    uint64_t total;
    int64_t largest; /* exact */
    uint64_t counts[QR_HISTOGRAM_COUNTS];
};

/* Values outside are counted at the nearest end. */
void qr_histogram_add(struct qr_histogram *histogram, int64_t value);
void qr_histogram_merge(struct qr_histogram *target, const struct qr_histogram *source);

/* The least value that `parts` of a million of all values are not above (the nearest rank), at most 1/1,024 high; 0
 * when empty. */
int64_t qr_histogram_at(const struct qr_histogram *histogram, unsigned parts);

#endif
