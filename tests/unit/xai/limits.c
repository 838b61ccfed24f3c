#include "common/file.h"
#include "tests/unit/unit.h"
#include "xai/baseline.h"
#include "xai/import.h"
#include "xai/reference.h"
#include "xai/rows.h"

/* What the files of models and rows may hold, and not one more. */

static int parse_schema(const char *digits, const char *scale, struct qr_schema *ret)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    qr_buffer_text(&text,
                   "{\"output\":{\"unit\":\"INR\",\"minor_digits\":%s,\"link\":\"identity\"},\"features\":["
                   "{\"name\":\"x\",\"scale\":%s,\"min\":0,\"max\":1}]}",
                   digits, scale);
    return qr_schema_parse(qr_buffer_string(&text), text.size, ret, NULL);
}

static struct qr_schema schema_of_x(void)
{
    struct qr_schema schema;
    ck_assert_int_eq(parse_schema("2", "1", &schema), 0);
    return schema;
}

START_TEST(a_scale_is_at_most_1000000000_and_an_amount_has_4_digits)
{
    static const struct {
        const char *digits, *scale;
        int code;
    } rows[] = {{"4", "1000000000", 0}, {"5", "1", QR_ERANGE}, {"0", "1000000001", QR_ERANGE}, {"0", "0", QR_ERANGE}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct qr_schema schema = {0};
        ck_assert_int_eq(parse_schema(rows[i].digits, rows[i].scale, &schema), rows[i].code);
        qr_schema_done(&schema);
    }
}
END_TEST

/* Reads all rows; 0 or why not. */
static int read_rows(const struct qr_buffer *text)
{
    struct qr_schema schema = schema_of_x();
    QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
    int32_t row[1];
    int code = qr_rows_of_memory(&schema, "t.csv", (const char *)text->data, text->size, &rows, NULL);
    while (code == 0 && (code = qr_rows_next(rows, row, NULL, NULL)) == 1)
        code = 0;
    qr_schema_done(&schema);
    return code;
}

START_TEST(a_record_has_4096_fields)
{
    for (int n = 4096; n <= 4097; n++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
        qr_buffer_text(&text, "x");
        for (int i = 1; i < n; i++)
            qr_buffer_text(&text, ",");
        qr_buffer_text(&text, "\n1");
        for (int i = 1; i < n; i++)
            qr_buffer_text(&text, ",");
        ck_assert_int_eq(read_rows(&text), n == 4096 ? 0 : QR_ELIMIT);
    }
}
END_TEST

START_TEST(a_record_has_a_mebibyte)
{
    for (int size = 1 << 20; size <= (1 << 20) + 1; size++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
        qr_buffer_text(&text, "x,more\n1,%0*d\n0,\n", size - 2, 0);
        ck_assert_int_eq(read_rows(&text), size == 1 << 20 ? 0 : QR_ELIMIT);
    }
}
END_TEST

START_TEST(there_are_16384_reference_rows)
{
    struct qr_schema schema = schema_of_x();
    for (int n = 16384; n <= 16385; n++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
        QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
        QR_CLEANUP(qr_reference_freep) struct qr_reference *reference = NULL;
        struct qr_error error = {0};
        qr_buffer_text(&text, "x,price\n");
        for (int i = 0; i < n; i++)
            qr_buffer_text(&text, "1,2\n");
        unit_ok(qr_rows_of_memory(&schema, "t.csv", qr_buffer_string(&text), text.size, &rows, &error), error);
        unit_ok(qr_rows_amount_column(rows, "price", &error), error);
        ck_assert_int_eq(qr_reference_from_rows(&schema, rows, &reference, &error), n == 16384 ? 0 : QR_ELIMIT);
    }
    qr_schema_done(&schema);
}
END_TEST

/* A model of so many stumps, as XGBoost writes it, with something nested so deeply beside it. */
static int import_xgboost(int trees, int nesting)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    struct qr_schema schema = schema_of_x();
    struct qr_import import = {0};
    qr_buffer_text(&text, "{\"learner\":{\"learner_model_param\":{\"base_score\":\"0\",\"num_class\":\"0\",\"num_feature\":\"1\"},"
                          "\"objective\":{\"name\":\"reg:squarederror\"},\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{"
                          "\"tree_info\":[0");
    for (int i = 1; i < trees; i++)
        qr_buffer_text(&text, ",0");
    qr_buffer_text(&text, "],\"trees\":[");
    for (int i = 0; i < trees; i++)
        qr_buffer_text(&text,
                       "%s{\"left_children\":[1,-1,-1],\"right_children\":[2,-1,-1],\"split_indices\":[0,0,0],"
                       "\"split_conditions\":[1,%s],\"default_left\":[0,0,0]}",
                       i ? "," : "", i ? "0,0" : "1,2");
    qr_buffer_text(&text, "]}}},\"more\":");
    for (int i = 0; i < nesting; i++)
        qr_buffer_text(&text, "[");
    for (int i = 0; i < nesting; i++)
        qr_buffer_text(&text, "]");
    qr_buffer_text(&text, "}");
    int code = qr_import_source(text.data, text.size, &schema, &import, NULL);
    qr_model_free(import.model);
    qr_schema_done(&schema);
    return code;
}

START_TEST(a_model_has_16384_trees)
{
    ck_assert_int_eq(import_xgboost(16384, 1), 0);
    ck_assert_int_eq(import_xgboost(16385, 1), QR_ELIMIT);
}
END_TEST

START_TEST(json_nests_64_deep)
{
    ck_assert_int_eq(import_xgboost(1, 63), 0); /* and the object around it */
    ck_assert_int_eq(import_xgboost(1, 64), QR_EFORMAT);
}
END_TEST

/* Reads a file of so many blanks. */
static int read_blanks(size_t size, int (*read)(const char *path))
{
    char path[] = "/tmp/quorate-limits-XXXXXX";
    int file = mkstemp(path);
    QR_CLEANUP(qr_freep) char *blanks = qr_alloc(size, 1);
    memset(blanks, ' ', size);
    ck_assert_int_eq(write(file, blanks, size), (ssize_t)size);
    close(file);
    int code = read(path);
    unlink(path);
    return code;
}

static int read_schema(const char *path)
{
    struct qr_schema schema;
    return qr_schema_load(path, &schema, NULL);
}

static int read_model(const char *path)
{
    struct qr_model *model;
    return qr_model_load(path, &model, NULL);
}

START_TEST(files_have_their_sizes)
{
    ck_assert_int_eq(read_blanks(4 << 20, read_schema), QR_EFORMAT); /* it is read, and is none */
    ck_assert_int_eq(read_blanks((4 << 20) + 1, read_schema), QR_ELIMIT);
    ck_assert_int_eq(read_blanks(16 << 20, read_model), QR_EFORMAT);
    ck_assert_int_eq(read_blanks((16 << 20) + 1, read_model), QR_ELIMIT);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_scale_is_at_most_1000000000_and_an_amount_has_4_digits,
        a_record_has_4096_fields,
        a_record_has_a_mebibyte,
        there_are_16384_reference_rows,
        a_model_has_16384_trees,
        json_nests_64_deep,
        files_have_their_sizes,
    };
    return unit_run("xai/limits", tests, sizeof tests / sizeof tests[0]);
}
