#include "cli/histogram.h"

/* The doubling that a value of at least 2 * SUBS falls in, from 1; 0 below. */
static unsigned doubling_of(uint64_t value)
{
    return value < 2 * QR_HISTOGRAM_SUBS ? 0 : 63 - 11 + 1 - (unsigned)__builtin_clzll(value);
}

static size_t index_of(int64_t value)
{
    unsigned doubling = doubling_of((uint64_t)value);
    return (size_t)doubling * QR_HISTOGRAM_SUBS + (size_t)((uint64_t)value >> doubling);
}

/* The largest value that has this index. */
static int64_t value_of(size_t index)
{
    if (index < 2 * QR_HISTOGRAM_SUBS)
        return (int64_t)index;
    size_t doubling = index / QR_HISTOGRAM_SUBS - 1;
    uint64_t sub = index - doubling * QR_HISTOGRAM_SUBS;
    return (int64_t)(((sub + 1) << doubling) - 1);
}

void qr_histogram_add(struct qr_histogram *histogram, int64_t value)
{
    if (value < 0)
        value = 0;
    if (value > QR_HISTOGRAM_MOST)
        value = QR_HISTOGRAM_MOST;
    histogram->counts[index_of(value)]++;
    histogram->total++;
    if (value > histogram->largest)
        histogram->largest = value;
}

void qr_histogram_merge(struct qr_histogram *target, const struct qr_histogram *source)
{
    for (size_t i = 0; i < QR_HISTOGRAM_COUNTS; i++)
        target->counts[i] += source->counts[i];
    target->total += source->total;
    if (source->largest > target->largest)
        target->largest = source->largest;
}

int64_t qr_histogram_at(const struct qr_histogram *histogram, unsigned parts)
{
    enum { MILLION = 1000000 };
    if (!histogram->total)
        return 0;
    uint64_t rank = (histogram->total / MILLION) * parts + (histogram->total % MILLION * parts + MILLION - 1) / MILLION;
    uint64_t seen = 0;
    for (size_t i = 0; i < QR_HISTOGRAM_COUNTS; i++) {
        seen += histogram->counts[i];
        if (seen && seen >= rank)
            return value_of(i) < histogram->largest ? value_of(i) : histogram->largest;
    }
    return histogram->largest;
}
