/* faregen: prints fares of data/generate.h as CSV. Usage: faregen [--rows N] [--seed S] */

#include "common/fixed.h"
#include "data/generate.h"

static int usage(const struct qr_error *error)
{
    if (error)
        fprintf(stderr, "faregen: %s\n", error->text);
    fprintf(stderr, "usage: faregen [--rows N] [--seed S]    N fares as CSV (10000, seed 1)\n");
    return 2;
}

static void print_row(const struct qr_fare_row *row)
{
    printf("%s,%s,%s,%s,%d,%s,%s,%d.%02d,%d,%s,%d,%d,%d\n", qr_fare_cabins[row->cabin], qr_fare_airlines[row->airline],
           qr_fare_cities[row->from], qr_fare_cities[row->to], row->stops, qr_fare_parts[row->departure],
           qr_fare_parts[row->arrival], row->duration / 100, row->duration % 100, row->days_left,
           qr_fare_weekdays[row->weekday], row->seats_left, row->itinerary, row->price);
}

int main(int argc, char **argv)
{
    int64_t rows = 10000, seed = 1;
    struct qr_error error = {0};
    for (int i = 1; i < argc; i += 2) {
        int64_t *target = strcmp(argv[i], "--rows") == 0 ? &rows : strcmp(argv[i], "--seed") == 0 ? &seed : NULL;
        if (!target || i + 1 == argc)
            return usage(NULL);
        if (qr_integer_parse(argv[i + 1], argv[i], 0, INT32_MAX, target, &error) < 0)
            return usage(&error);
    }
    printf("cabin,airline,from,to,stops,departure,arrival,duration,days_left,weekday,seats_left,itinerary,price\n");
    QR_CLEANUP(qr_faregen_freep) struct qr_faregen *generator = qr_faregen_new((uint64_t)seed);
    for (int64_t i = 0; i < rows; i++) {
        struct qr_fare_row row;
        qr_faregen_next(generator, &row);
        print_row(&row);
    }
    return fflush(stdout) == 0 ? 0 : 5;
}
