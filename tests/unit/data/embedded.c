/* The files that a home starts from are there whole and fit each other. */

#include <check.h>

#include "common/file.h"
#include "data/embedded.h"
#include "data/generate.h"
#include "reservations/network.h"
#include "xai/baseline.h"
#include "xai/fare.h"
#include "xai/import.h"
#include "xai/reference.h"

enum { ROUTES = 30, FLIGHTS_A_DAY_LEAST = 8, BRACKETS = 8 };

static const struct qr_embedded *const embedded[] = {&qr_embedded_features, &qr_embedded_first,     &qr_embedded_second,
                                                     &qr_embedded_baseline, &qr_embedded_reference, &qr_embedded_network};

START_TEST(test_files_are_whole)
{
    for (size_t i = 0; i < sizeof embedded / sizeof *embedded; i++) {
        struct qr_buffer path = {0}, file = {0};
        struct qr_error error = {0};
        qr_buffer_text(&path, "%s/data/%s", getenv("QR_TOP_SRCDIR") ? getenv("QR_TOP_SRCDIR") : ".", embedded[i]->name);
        ck_assert_msg(qr_file_read(qr_buffer_string(&path), 16 << 20, &file, &error) == 0, "%s", error.text);
        ck_assert_uint_eq(file.size, embedded[i]->size);
        ck_assert_mem_eq(file.data, embedded[i]->bytes, file.size);
        qr_buffer_done(&path);
        qr_buffer_done(&file);
    }
}
END_TEST

START_TEST(test_network)
{
    struct qr_network network = {0};
    struct qr_error error = {0};
    int code = qr_network_parse(qr_embedded_network.bytes, qr_embedded_network.size, &network, &error);
    ck_assert_msg(code == 0, "%s", error.text);
    size_t routes = 0, first, parts[QR_FARE_PARTS] = {0}, stops[3] = {0};
    for (uint32_t from = 0; from < network.n_airports; from++) {
        for (uint32_t to = 0; to < network.n_airports; to++) {
            size_t n = qr_network_route(&network, from, to, &first);
            routes += n >= FLIGHTS_A_DAY_LEAST;
        }
    }
    ck_assert_uint_eq(routes, ROUTES);
    for (size_t i = 0; i < network.n_flights; i++) {
        const struct qr_flight *flight = &network.flights[i];
        const char *airline = network.airlines[flight->airline].code;
        bool two_cabins = strcmp(airline, "UK") == 0 || strcmp(airline, "AI") == 0;
        ck_assert(two_cabins == (flight->seats[QR_BUSINESS] > 0));
        ck_assert_uint_eq(flight->weekdays, 0x7f);
        ck_assert_int_le(flight->minutes, 60 * 60);
        parts[qr_fare_part(flight->departure)]++;
        stops[flight->stops]++;
    }
    for (int part = 0; part < QR_FARE_PARTS; part++)
        ck_assert_uint_gt(parts[part], 0);
    ck_assert(stops[0] > 0 && stops[1] > 0 && stops[2] > 0);
    qr_network_done(&network);
}
END_TEST

/* What models know as airlines and places are the network's own, so that every flight can be priced. */
START_TEST(test_names_are_the_models)
{
    struct qr_network network = {0};
    ck_assert_int_eq(qr_network_parse(qr_embedded_network.bytes, qr_embedded_network.size, &network, NULL), 0);
    for (size_t i = 0; i < network.n_airlines; i++) {
        struct qr_buffer quoted = {0};
        qr_buffer_text(&quoted, "\"%s\"", network.airlines[i].name);
        ck_assert_ptr_nonnull(memmem(qr_embedded_features.bytes, qr_embedded_features.size, quoted.data, quoted.size));
        qr_buffer_done(&quoted);
    }
    for (size_t i = 0; i < network.n_airports; i++)
        ck_assert_ptr_nonnull(memmem(qr_embedded_features.bytes, qr_embedded_features.size, network.airports[i].code, 3));
    qr_network_done(&network);
}
END_TEST

/* ---- What init does with them ---- */

static struct qr_schema schema;
static struct qr_baseline *baseline;
static struct qr_reference *reference;

static struct qr_rows *rows_of(const struct qr_embedded *file)
{
    struct qr_error error = {0};
    struct qr_rows *rows = NULL;
    int code = qr_rows_of_memory(&schema, file->name, file->bytes, file->size, &rows, &error);
    ck_assert_msg(code == 0, "%s", error.text);
    return rows;
}

static void load(void)
{
    struct qr_error error = {0};
    int code = qr_schema_parse(qr_embedded_features.bytes, qr_embedded_features.size, &schema, &error);
    ck_assert_msg(code == 0, "%s", error.text);
    QR_CLEANUP(qr_rows_freep) struct qr_rows *compared = rows_of(&qr_embedded_baseline);
    ck_assert_msg(qr_baseline_from_rows(&schema, compared, &baseline, &error) == 0, "%s", error.text);
    QR_CLEANUP(qr_rows_freep) struct qr_rows *judged = rows_of(&qr_embedded_reference);
    ck_assert_msg(qr_rows_amount_column(judged, "price", &error) == 0, "%s", error.text);
    ck_assert_msg(qr_reference_from_rows(&schema, judged, &reference, &error) == 0, "%s", error.text);
}

static void unload(void)
{
    qr_reference_free(reference);
    qr_baseline_free(baseline);
    qr_schema_done(&schema);
}

static struct qr_model *import(const struct qr_embedded *file)
{
    struct qr_error error = {0};
    struct qr_import import = {0};
    int code = qr_import_source(file->bytes, file->size, &schema, &import, &error);
    ck_assert_msg(code == 0, "%s: %s", file->name, error.text);
    ck_assert_str_eq(import.format, "xgboost-json");
    return import.model;
}

/* Mean absolute error on the reference rows of one cabin, in paise. */
static int64_t mean_error(struct qr_model *model, int cabin)
{
    int64_t sum = 0, n = 0;
    for (size_t i = 0; i < qr_reference_rows(reference); i++) {
        const int32_t *row = qr_reference_all(reference) + i * schema.n_features;
        if (row[qr_schema_find(&schema, "cabin")] != cabin)
            continue;
        struct qr_money fare = qr_fare(model, qr_model_score(model, row));
        sum += llabs(fare.minor - qr_reference_amount(reference, i));
        n++;
    }
    return sum / n;
}

START_TEST(test_models_are_admitted)
{
    struct qr_model *first = import(&qr_embedded_first), *second = import(&qr_embedded_second);
    ck_assert_uint_eq(qr_baseline_rows(baseline), 256);
    ck_assert_int_eq(qr_baseline_check(baseline, qr_model_schema(second), NULL), 0);
    ck_assert_int_lt(mean_error(second, 0), mean_error(first, 0));
    for (size_t i = 0; i < schema.n_features; i++) {
        ck_assert(!schema.features[i].personal);
        ck_assert(strcmp(schema.features[i].name, "flight") != 0);
    }
    qr_model_free(first);
    qr_model_free(second);
}
END_TEST

static int bracket(int days_left)
{
    static const int ends[BRACKETS] = {2, 5, 10, 15, 21, 30, 40, 49};
    int i = 0;
    while (days_left > ends[i])
        i++;
    return i;
}

/* Every route in every cabin at every distance from departure, each with its true fare. */
START_TEST(test_reference_covers_everything)
{
    bool seen[2][QR_FARE_CITIES][QR_FARE_CITIES][BRACKETS] = {0};
    QR_CLEANUP(qr_freep) char *text = qr_alloc(qr_embedded_reference.size + 1, 1);
    memcpy(text, qr_embedded_reference.bytes, qr_embedded_reference.size);
    int cells = 0;
    for (char *line = strchr(text, '\n') + 1; *line; line = strchr(line, '\n') + 1) {
        char cabin[16], from[4], to[4];
        int days, price;
        ck_assert_int_eq(sscanf(line, "%15[^,],%*[^,],%3[^,],%3[^,],%*d,%*[^,],%*[^,],%*[^,],%d,%*[^,],%*d,%d", cabin, from, to,
                                &days, &price),
                         5);
        int a = 0, b = 0;
        while (strcmp(qr_fare_cities[a], from) != 0)
            a++;
        while (strcmp(qr_fare_cities[b], to) != 0)
            b++;
        bool *cell = &seen[strcmp(cabin, "business") == 0][a][b][bracket(days)];
        cells += !*cell;
        *cell = true;
        ck_assert_int_gt(price, 1000);
    }
    ck_assert_int_eq(cells, 2 * ROUTES * BRACKETS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("data/embedded");
    TCase *tests = tcase_create("embedded");
    suite_add_tcase(suite, tests);
    tcase_add_test(tests, test_files_are_whole);
    tcase_add_test(tests, test_network);
    tcase_add_test(tests, test_names_are_the_models);
    tcase_add_test(tests, test_reference_covers_everything);
    TCase *models = tcase_create("models");
    suite_add_tcase(suite, models);
    tcase_add_checked_fixture(models, load, unload);
    tcase_add_test(models, test_models_are_admitted);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
