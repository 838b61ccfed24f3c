#include "tests/unit/xai/random_model.h"

static void golden_schema(struct qr_schema *schema)
{
    static const char text[] =
        "{\"output\":{\"unit\":\"INR\",\"minor_digits\":2,\"link\":\"log\"},\"features\":["
        "{\"name\":\"days\",\"unit\":\"day\",\"scale\":1,\"min\":0,\"max\":365},"
        "{\"name\":\"hours\",\"unit\":\"hour\",\"scale\":100,\"min\":0,\"max\":60,\"missing\":true},"
        "{\"name\":\"airline\",\"categories\":[\"A\",\"B\",\"C\"],\"missing\":true}]}";
    struct qr_error error;
    unit_ok(qr_schema_parse(text, sizeof text - 1, schema, &error), error);
}

/* hours < 2.17, blanks right; then days < 7 on the left, airline in {A, blank} on the right. */
static void golden_bytes(struct qr_buffer *out)
{
    struct qr_schema schema;
    golden_schema(&schema);
    qr_model_put_head(out, &schema, 24, 100, 1);
    qr_model_put_number(out, &schema, 1, 217, true);
    qr_model_put_number(out, &schema, 0, 7, false);
    qr_model_put_leaf(out, 10);
    qr_model_put_leaf(out, -20);
    qr_model_put_category(out, &schema, 2, (const uint64_t[]){9});
    qr_model_put_leaf(out, 3000);
    qr_model_put_leaf(out, 0);
    qr_schema_done(&schema);
}

static int decode(const struct qr_buffer *bytes, struct qr_model **ret_model, struct qr_error *error)
{
    return qr_model_decode(bytes->data, bytes->size, ret_model, error);
}

START_TEST(the_file_has_these_bytes)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    golden_bytes(&bytes);
    char hex[512];
    ck_assert_uint_lt(2 * bytes.size, sizeof hex);
    qr_hex(bytes.data, bytes.size, hex);
    ck_assert_str_eq(hex, "51524d3103494e52020118c8010304646179730364617900000100da0505686f75727304686f757200016400e05d"
                          "076169726c696e6500010103014101420143010201b203010e00140027030900f02e0000");
    struct qr_model *model = NULL;
    struct qr_error error;
    unit_ok(decode(&bytes, &model, &error), error);
    ck_assert_str_eq(qr_hash_text(qr_model_hash(model)).text,
                     "126b36581b3ccddc064ded2bd5bf994034096a054c734d7368b2c544eecc9391");
    ck_assert_str_eq(qr_hash_text(qr_model_schema_hash(model)).text,
                     "9e5c28104bea0760d6be0dffaafd1860322059449d6b64d8bf539071b18cdef5");
    ck_assert_mem_eq(qr_model_bytes(model).bytes, bytes.data, bytes.size);
    qr_model_free(model);
}
END_TEST

START_TEST(a_row_takes_the_branches_that_the_file_says)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    golden_bytes(&bytes);
    struct qr_model *model = NULL;
    struct qr_error error;
    unit_ok(decode(&bytes, &model, &error), error);
    const struct {
        int32_t row[3];
        int64_t score;
    } cases[] = {
        {{6, 216, 0}, 110},        {{7, 216, 0}, 80},         {{6, 217, 0}, 3100},
        {{6, 217, 1}, 100},        {{6, QR_MISSING, 2}, 100}, {{6, QR_MISSING, QR_MISSING}, 3100},
        {{0, 0, QR_MISSING}, 110},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        ck_assert_int_eq(qr_model_score(model, cases[i].row), cases[i].score);
    const struct qr_model_facts *facts = qr_model_facts(model);
    ck_assert(facts->trees == 1 && facts->leaves == 4 && facts->splits == 3 && facts->depth == 2 &&
              facts->path_features == 2);
    ck_assert(facts->score_min == 80 && facts->score_max == 3100);
    qr_model_free(model);
}
END_TEST

START_TEST(what_decodes_is_what_was_encoded_and_cut_files_are_refused)
{
    struct unit_random random = unit_random_start();
    for (int i = 0; i < 100; i++) {
        struct shape shape = {.features = 1 + unit_random_below(&random, 12),
                              .trees = 1 + unit_random_below(&random, 4),
                              .depth = unit_random_below(&random, 8),
                              .stop_percent = 10,
                              .score_bits = 12,
                              .leaf_max = 1000};
        struct qr_model *model = random_model(&random, &shape), *other = NULL;
        struct qr_span bytes = qr_model_bytes(model);
        struct qr_error error;
        for (size_t cut = 0; cut < bytes.size; cut += 1 + cut / 8)
            unit_fails(qr_model_decode(bytes.bytes, cut, &other, &error), QR_EFORMAT, error);
        QR_CLEANUP(qr_buffer_done) struct qr_buffer longer = {0};
        qr_buffer_add(&longer, bytes.bytes, bytes.size);
        qr_buffer_byte(&longer, 0);
        unit_fails(decode(&longer, &other, &error), QR_EFORMAT, error);
        qr_model_free(model);
    }
}
END_TEST

static int64_t naive(const struct qr_model *model, const int32_t *row)
{
    int64_t sum = qr_model_facts(model)->base_score;
    for (size_t t = 0; t < model->facts.trees; t++) {
        const struct qr_node *root = qr_tree_root(model, t), *node = root;
        while (node->feature != QR_LEAF)
            node = qr_node_left(model, node, row[node->feature]) ? node + 1 : root + node->right;
        sum += node->leaf;
    }
    return sum;
}

START_TEST(many_rows_score_as_one_does)
{
    struct unit_random random = unit_random_start();
    for (int i = 0; i < 60; i++) {
        struct shape shape = {.features = 1 + unit_random_below(&random, 30),
                              .trees = 1 + unit_random_below(&random, 20),
                              .depth = unit_random_below(&random, 12),
                              .stop_percent = 10,
                              .score_bits = 12,
                              .leaf_max = 1000};
        struct qr_model *model = random_model(&random, &shape);
        enum { ROWS = 137 };
        QR_CLEANUP(qr_freep) int32_t *rows = random_rows(&random, qr_model_schema(model), ROWS);
        int64_t scores[ROWS];
        qr_model_scores(model, rows, ROWS, scores);
        for (size_t j = 0; j < ROWS; j++) {
            const int32_t *row = rows + j * qr_model_schema(model)->n_features;
            unit_holds(scores[j] == naive(model, row) && scores[j] == qr_model_score(model, row));
            unit_holds(scores[j] >= qr_model_facts(model)->score_min && scores[j] <= qr_model_facts(model)->score_max);
        }
        qr_model_free(model);
    }
}
END_TEST

/* A file around one tree, or several, of an identity or log link. */
static int admit(enum qr_link link, unsigned bits, int64_t base, size_t trees, int32_t low, int32_t high,
                 struct qr_error *error)
{
    struct qr_schema schema;
    golden_schema(&schema);
    schema.output.link = link;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_model_put_head(&bytes, &schema, bits, base, trees);
    for (size_t i = 0; i < trees; i++) {
        qr_model_put_number(&bytes, &schema, 0, 7, false);
        qr_model_put_leaf(&bytes, low);
        qr_model_put_leaf(&bytes, high);
    }
    qr_schema_done(&schema);
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    return decode(&bytes, &model, error);
}

START_TEST(admission_stops_at_its_bounds)
{
    struct qr_error error;
    unit_ok(admit(QR_LINK_IDENTITY, 0, 1 << 30, 2, -(1 << 28), 1 << 28, &error), error);
    unit_fails(admit(QR_LINK_IDENTITY, 0, (1 << 30) + 1, 2, -(1 << 28), 1 << 28, &error), QR_ENOT_ADMITTED, error);
    unit_fails(admit(QR_LINK_IDENTITY, 0, 0, 2, -(1 << 28), (1 << 28) + 1, &error), QR_ENOT_ADMITTED, error);
    unit_fails(admit(QR_LINK_IDENTITY, 0, 0, 1, 0, (1 << 30) + 1, &error), QR_ENOT_ADMITTED, error);
    unit_ok(admit(QR_LINK_LOG, 24, 0, 1, -(16 << 24), 0, &error), error);
    unit_fails(admit(QR_LINK_LOG, 24, -1, 1, -(16 << 24), 0, &error), QR_ENOT_ADMITTED, error);
    unit_fails(admit(QR_LINK_LOG, 23, 0, 1, 0, 1, &error), QR_ENOT_ADMITTED, error);
    unit_ok(admit(QR_LINK_LOG, 24, 0, 1, 0, 27 << 24, &error), error);
    unit_fails(admit(QR_LINK_LOG, 24, 0, 1, 0, (28 << 24) - 1, &error), QR_ENOT_ADMITTED,
               error); /* a fare above 2^47 */
    unit_fails(admit(QR_LINK_LOG, 24, 0, 2, 0, 14 << 24, &error), QR_ENOT_ADMITTED, error);
}
END_TEST

START_TEST(splits_that_divide_nothing_are_refused)
{
    struct qr_schema schema;
    golden_schema(&schema);
    const struct qr_feature *days = &schema.features[0], *hours = &schema.features[1], *airline = &schema.features[2];
    ck_assert(qr_number_splits(days, 1, false) && qr_number_splits(days, 365, false));
    ck_assert(!qr_number_splits(days, 0, false) && !qr_number_splits(days, 366, false) &&
              !qr_number_splits(days, 366, true));
    ck_assert(qr_number_splits(hours, 6001, true) && !qr_number_splits(hours, 6001, false) &&
              !qr_number_splits(hours, 6002, true));
    ck_assert(qr_category_splits(airline, (const uint64_t[]){1}) && qr_category_splits(airline, (const uint64_t[]){8}));
    ck_assert(!qr_category_splits(airline, (const uint64_t[]){0}) &&
              !qr_category_splits(airline, (const uint64_t[]){15}));
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_model_put_head(&bytes, &schema, 24, 0, 1);
    qr_model_put_number(&bytes, &schema, 0, 366, false);
    qr_model_put_leaf(&bytes, 1);
    qr_model_put_leaf(&bytes, 2);
    struct qr_model *model = NULL;
    struct qr_error error;
    unit_fails(decode(&bytes, &model, &error), QR_EFORMAT, error);
    qr_schema_done(&schema);
}
END_TEST

/* A chain that asks about n features, then again about the first. */
static int chain(unsigned n, unsigned repeats, struct qr_error *error)
{
    struct qr_schema schema = {.output = {.unit = "INR", .link = QR_LINK_IDENTITY}, .n_features = n};
    schema.features = qr_alloc(n, sizeof *schema.features);
    for (unsigned i = 0; i < n; i++) {
        schema.features[i] = (struct qr_feature){.scale = 1, .max = 1000};
        snprintf(schema.features[i].name, sizeof schema.features[i].name, "f%u", i);
    }
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_model_put_head(&bytes, &schema, 0, 0, 1);
    for (unsigned i = 0; i < n + repeats; i++) {
        qr_model_put_number(&bytes, &schema, i < n ? i : 0, (int32_t)(1 + i), false);
        qr_model_put_leaf(&bytes, 1);
    }
    qr_model_put_leaf(&bytes, 0);
    qr_schema_done(&schema);
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    return decode(&bytes, &model, error);
}

START_TEST(paths_have_at_most_sixteen_features_and_64_splits)
{
    struct qr_error error;
    unit_ok(chain(16, 48, &error), error);
    unit_fails(chain(17, 0, &error), QR_ENOT_ADMITTED, error);
    unit_fails(chain(16, 49, &error), QR_ENOT_ADMITTED, error);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {the_file_has_these_bytes,
                                  a_row_takes_the_branches_that_the_file_says,
                                  what_decodes_is_what_was_encoded_and_cut_files_are_refused,
                                  many_rows_score_as_one_does,
                                  admission_stops_at_its_bounds,
                                  splits_that_divide_nothing_are_refused,
                                  paths_have_at_most_sixteen_features_and_64_splits};
    return unit_run("model", tests, sizeof tests / sizeof *tests);
}
