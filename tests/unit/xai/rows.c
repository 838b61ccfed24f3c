#include "common/codec.h"
#include "tests/unit/unit.h"
#include "xai/baseline.h"
#include "xai/reference.h"

static struct qr_schema schema;

static void start(void)
{
    static const char text[] =
        "{\"output\":{\"unit\":\"INR\",\"minor_digits\":2,\"link\":\"log\"},\"features\":["
        "{\"name\":\"days\",\"unit\":\"day\",\"scale\":1,\"min\":0,\"max\":365},"
        "{\"name\":\"hours\",\"unit\":\"hour\",\"scale\":100,\"min\":-1.5,\"max\":60,\"missing\":true},"
        "{\"name\":\"airline\",\"categories\":[\"Air India\",\"B, Inc\",\"C\\\"s\"],\"missing\":true}]}";
    struct qr_error error;
    unit_ok(qr_schema_parse(text, sizeof text - 1, &schema, &error), error);
}

static struct qr_rows *open_text(const char *text)
{
    struct qr_rows *rows = NULL;
    struct qr_error error;
    unit_ok(qr_rows_of_memory(&schema, "t.csv", text, strlen(text), &rows, &error), error);
    return rows;
}

static void expect(struct qr_rows *rows, int32_t days, int32_t hours, int32_t airline)
{
    int32_t row[3];
    struct qr_error error = {0};
    int code = qr_rows_next(rows, row, NULL, &error);
    ck_assert_msg(code == 1, "%d: %s", code, error.text);
    ck_assert_int_eq(row[0], days);
    ck_assert_int_eq(row[1], hours);
    ck_assert_int_eq(row[2], airline);
}

static void expect_end(struct qr_rows *rows)
{
    int32_t row[3];
    struct qr_error error;
    ck_assert_int_eq(qr_rows_next(rows, row, NULL, &error), 0);
    qr_rows_free(rows);
}

START_TEST(columns_stand_in_any_order_with_others_between)
{
    start();
    struct qr_rows *rows = open_text(
        "\xef\xbb\xbf"
        "extra,airline,days,hours\r\nx,Air India,3,2.17\r\n\r\n,\"B, Inc\",365,\r\n\"q\"\"\n\",\"C\"\"s\",0,60");
    expect(rows, 3, 217, 0);
    ck_assert_uint_eq(qr_rows_line(rows), 2);
    expect(rows, 365, QR_MISSING, 1);
    ck_assert_uint_eq(qr_rows_line(rows), 4);
    expect(rows, 0, 6000, 2);
    ck_assert_uint_eq(qr_rows_line(rows), 5);
    expect_end(rows);
}
END_TEST

START_TEST(decimals_round_half_to_even)
{
    start();
    struct qr_rows *rows =
        open_text("days,hours,airline\n1,0.005,\n1,0.015,\n1,0.0150001,\n1,-1.5,\n1,1e1,\n1,-0.005,\n0.5,0,\n1.5,0,\n");
    expect(rows, 1, 0, QR_MISSING);
    expect(rows, 1, 2, QR_MISSING);
    expect(rows, 1, 2, QR_MISSING);
    expect(rows, 1, -150, QR_MISSING);
    expect(rows, 1, 1000, QR_MISSING);
    expect(rows, 1, 0, QR_MISSING);
    expect(rows, 0, 0, QR_MISSING);
    expect(rows, 2, 0, QR_MISSING);
    expect_end(rows);
}
END_TEST

START_TEST(errors_name_line_and_column)
{
    start();
    static const struct {
        const char *line;
        enum qr_code code;
        const char *names;
    } cases[] = {
        {"366,1,", QR_ERANGE, "t.csv, line 3, column days"},
        {"-1,1,", QR_ERANGE, "t.csv, line 3, column days"},
        {",1,", QR_EFORMAT, "t.csv, line 3, column days"},
        {"1,x,", QR_EFORMAT, "t.csv, line 3, column hours"},
        {"1,nan,", QR_EFORMAT, "t.csv, line 3, column hours"},
        {"1,1 ,", QR_EFORMAT, "t.csv, line 3, column hours"},
        {"1,0x1,", QR_EFORMAT, "t.csv, line 3, column hours"},
        {"1,60.01,", QR_ERANGE, "t.csv, line 3, column hours"},
        {"1,1,Air", QR_ERANGE, "t.csv, line 3, column airline"},
        {"1,1,\xff", QR_ERANGE, "t.csv, line 3, column airline"},
        {"1,1", QR_EFORMAT, "t.csv, line 3"},
        {"1,1,,", QR_EFORMAT, "t.csv, line 3"},
        {"1,\"1,", QR_EFORMAT, "t.csv: line 3"},
        {"1,\"1\"2,", QR_EFORMAT, "t.csv: line 3"},
        {"1,1\",", QR_EFORMAT, "t.csv: line 3"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[128];
        snprintf(text, sizeof text, "days,hours,airline\n1,1,\n%s\n", cases[i].line);
        struct qr_rows *rows = open_text(text);
        int32_t row[3];
        struct qr_error error;
        expect(rows, 1, 100, QR_MISSING);
        unit_fails(qr_rows_next(rows, row, NULL, &error), cases[i].code, error);
        ck_assert_msg(strstr(error.text, cases[i].names), "%s", error.text);
        ck_assert(qr_utf8_valid(error.text, strlen(error.text)));
        qr_rows_free(rows);
    }
}
END_TEST

START_TEST(a_header_without_a_feature_or_with_one_twice_is_refused)
{
    start();
    static const char *const headers[] = {"", "days,hours\n", "days,hours,airline,days\n", "\n\n"};
    for (size_t i = 0; i < 4; i++) {
        struct qr_rows *rows = NULL;
        struct qr_error error;
        unit_fails(qr_rows_of_memory(&schema, "t.csv", headers[i], strlen(headers[i]), &rows, &error), QR_EFORMAT,
                   error);
    }
}
END_TEST

START_TEST(a_header_of_another_kind_of_file_is_recognised)
{
    static const struct {
        const char *text;
        size_t size;
        const char *advice;
    } files[] = {
        {"days;hours;airline\n1;2;\n", 24, "commas"},
        {"days\thours\tairline\n", 19, "commas"},
        {"\xff\xfe"
         "d\0a\0y\0s\0\n\0",
         12, "UTF-8"},
        {"days,hours\n", 11, "every feature"},
    };
    start();
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct qr_rows *rows = NULL;
        struct qr_error error;
        unit_fails(qr_rows_of_memory(&schema, "t.csv", files[i].text, files[i].size, &rows, &error), QR_EFORMAT, error);
        ck_assert_ptr_nonnull(strstr(error.hint, files[i].advice));
    }
}
END_TEST

START_TEST(amounts_are_read_in_minor_units)
{
    start();
    struct qr_rows *rows = open_text("days,hours,airline,price\n1,,,5953\n1,,,\n1,,,0.125\n1,,,-1\n");
    struct qr_error error;
    unit_fails(qr_rows_amount_column(rows, "cost", &error), QR_EINPUT, error);
    unit_fails(qr_rows_amount_column(rows, "days", &error), QR_EINPUT, error);
    unit_ok(qr_rows_amount_column(rows, "price", &error), error);
    const int64_t expected[] = {595300, -1, 12};
    for (size_t i = 0; i < 3; i++) {
        int32_t row[3];
        int64_t amount;
        ck_assert_int_eq(qr_rows_next(rows, row, &amount, &error), 1);
        ck_assert_int_eq(amount, expected[i]);
    }
    int32_t row[3];
    int64_t amount;
    unit_fails(qr_rows_next(rows, row, &amount, &error), QR_ERANGE, error);
    qr_rows_free(rows);
}
END_TEST

/* A file longer than any buffer, records of every size, and one record that is too long. */
START_TEST(long_files_stream)
{
    start();
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    qr_buffer_text(&text, "days,note,hours,airline\n");
    for (int i = 0; i < 20000; i++)
        qr_buffer_text(
            &text, "%d,\"%.*s\n\",%d.5,\n", i % 366, i % 97,
            "................................................................................................", i % 59);
    char path[] = "/tmp/quorate-rows-XXXXXX";
    int file = mkstemp(path);
    ck_assert_int_eq(write(file, text.data, text.size), (ssize_t)text.size);
    struct qr_rows *rows = NULL;
    struct qr_error error;
    unit_ok(qr_rows_open(&schema, path, &rows, &error), error);
    for (int i = 0; i < 20000; i++) {
        expect(rows, i % 366, i % 59 * 100 + 50, QR_MISSING);
        unit_holds(qr_rows_line(rows) == 2 + 2 * (uint64_t)i);
    }
    expect_end(rows);
    ck_assert_int_eq(ftruncate(file, 0), 0);
    qr_buffer_clear(&text);
    qr_buffer_text(&text, "days,hours,airline\n1,1,");
    for (int i = 0; i < 3 << 20; i++)
        qr_buffer_byte(&text, 'x');
    ck_assert_int_eq(pwrite(file, text.data, text.size, 0), (ssize_t)text.size);
    unit_ok(qr_rows_open(&schema, path, &rows, &error), error);
    int32_t row[3];
    unit_fails(qr_rows_next(rows, row, NULL, &error), QR_ELIMIT, error);
    qr_rows_free(rows);
    close(file);
    unlink(path);
}
END_TEST

START_TEST(a_baseline_is_the_same_in_any_order)
{
    start();
    static const char *const texts[] = {"days,hours,airline\n3,,C\"s\n1,2,\n3,,C\"s\n",
                                        "days,hours,airline\n1,2,\n3,,\"C\"\"s\"\n3,,\"C\"\"s\"\n"};
    struct qr_error error;
    struct qr_rows *rows = open_text(texts[1]);
    struct qr_baseline *baseline = NULL, *again = NULL;
    unit_ok(qr_baseline_from_rows(&schema, rows, &baseline, &error), error);
    qr_rows_free(rows);
    ck_assert_uint_eq(qr_baseline_rows(baseline), 3);
    ck_assert_uint_eq(qr_baseline_distinct(baseline), 2);
    ck_assert_uint_eq(qr_baseline_count(baseline, 1), 2);
    const int32_t shuffled[] = {3, QR_MISSING, 2, 1, 200, QR_MISSING, 3, QR_MISSING, 2};
    unit_ok(qr_baseline_of(&schema, shuffled, 3, &again, &error), error);
    ck_assert(qr_hash_equal(qr_baseline_hash(baseline), qr_baseline_hash(again)));
    qr_baseline_free(again);
    struct qr_span bytes = qr_baseline_bytes(baseline);
    unit_ok(qr_baseline_decode(bytes.bytes, bytes.size, &again, &error), error);
    unit_ok(qr_baseline_check(again, &schema, &error), error);
    ck_assert_mem_eq(qr_baseline_bytes(again).bytes, bytes.bytes, bytes.size);
    qr_baseline_free(again);
    for (size_t cut = 0; cut < bytes.size; cut++)
        unit_fails(qr_baseline_decode(bytes.bytes, cut, &again, &error), QR_EFORMAT, error);
    qr_baseline_free(baseline);
}
END_TEST

START_TEST(reference_rows_keep_order_and_amounts)
{
    start();
    struct qr_rows *rows = open_text("days,hours,airline,price\n5,,,10\n1,2,,\n");
    struct qr_error error;
    unit_ok(qr_rows_amount_column(rows, "price", &error), error);
    struct qr_reference *reference = NULL, *again = NULL;
    unit_ok(qr_reference_from_rows(&schema, rows, &reference, &error), error);
    qr_rows_free(rows);
    struct qr_span bytes = qr_reference_bytes(reference);
    unit_ok(qr_reference_decode(bytes.bytes, bytes.size, &again, &error), error);
    ck_assert(qr_reference_rows(again) == 2 && qr_reference_all(again)[0] == 5 && qr_reference_all(again)[4] == 200);
    ck_assert(qr_reference_amount(again, 0) == 1000 && qr_reference_amount(again, 1) == -1);
    ck_assert(qr_hash_equal(qr_reference_hash(reference), qr_reference_hash(again)));
    qr_reference_free(reference);
    qr_reference_free(again);
}
END_TEST

START_TEST(json_lines_are_read_as_csv_is)
{
    start();
    struct qr_rows *rows = open_text(
        "\xef\xbb\xbf\n {\"airline\":\"Air India\",\"days\":3,\"hours\":2.175,\"extra\":{\"a\":[1,\"}\\\"\"]}}\r\n\n"
        "{ \"hours\" : null , \"airline\" : \"B,\\u0020Inc\", \"days\" : \"365\" }\n"
        "{\"days\":0,\"hours\":6e1,\"airline\":\"C\\\"s\",\"none\":null,\"t\":true,\"e\":[],\"u\":"
        "\"\\ud83d\\ude00\\n\"}");
    expect(rows, 3, 218, 0); /* half to even, of the decimal as it stands there */
    ck_assert_uint_eq(qr_rows_line(rows), 2);
    expect(rows, 365, QR_MISSING, 1);
    ck_assert_uint_eq(qr_rows_line(rows), 4);
    expect(rows, 0, 6000, 2);
    expect_end(rows);
}
END_TEST

START_TEST(json_lines_have_amounts_too)
{
    start();
    struct qr_rows *rows = open_text("{\"price\":5953.5,\"days\":1,\"hours\":1,\"airline\":null}\n"
                                     "{\"price\":null,\"days\":1,\"hours\":1,\"airline\":null}\n"
                                     "{\"days\":1,\"hours\":1,\"airline\":null}\n");
    struct qr_error error;
    int32_t row[3];
    int64_t amount;
    unit_fails(qr_rows_amount_column(rows, "days", &error), QR_EINPUT, error);
    unit_ok(qr_rows_amount_column(rows, "price", &error), error);
    ck_assert_int_eq(qr_rows_next(rows, row, &amount, &error), 1);
    ck_assert_int_eq(amount, 595350);
    ck_assert_int_eq(qr_rows_next(rows, row, &amount, &error), 1);
    ck_assert_int_eq(amount, -1);
    unit_fails(qr_rows_next(rows, row, &amount, &error), QR_EFORMAT, error);
    qr_rows_free(rows);
}
END_TEST

START_TEST(broken_json_lines_are_refused_with_line_and_column)
{
    static const char good[] = "{\"days\":1,\"hours\":1,\"airline\":null}\n";
    static const struct {
        const char *line, *sentence;
        enum qr_code code;
    } bad[] = {
        {"{\"days\":1,\"hours\":1}", "t.csv: line 2: there is no column airline", QR_EFORMAT},
        {"{\"days\":1,\"hours\":1,\"airline\":null,\"days\":2}", "t.csv: line 2: column days stands twice", QR_EFORMAT},
        {"{\"days\":null,\"hours\":1,\"airline\":null}", "t.csv, line 2, column days: it is blank", QR_EFORMAT},
        {"{\"days\":366,\"hours\":1,\"airline\":null}", "t.csv, line 2, column days: '366'", QR_ERANGE},
        {"{\"days\":[1],\"hours\":1,\"airline\":null}", "t.csv, line 2, column days: '[1]'", QR_EFORMAT},
        {"{\"days\":true,\"hours\":1,\"airline\":null}", "t.csv, line 2, column days: 'true'", QR_EFORMAT},
        {"{\"days\":1,\"hours\":1,\"airline\":\"Air\"}", "t.csv, line 2, column airline: 'Air'", QR_ERANGE},
        {"{\"days\":1,\"hours\":1,\"airline\":\"\\ud83d\"}", "t.csv: line 2: this is no JSON object", QR_EFORMAT},
        {"{\"days\":1,\"hours\":1,\"airline\":\"\\x\"}", "t.csv: line 2: this is no JSON object", QR_EFORMAT},
        {"{\"days\":1,\"hours\":1,\"airline\":null", "t.csv: line 2: this is no JSON object", QR_EFORMAT},
        {"{\"days\":1,\"hours\":1,\"airline\":null,}", "t.csv: line 2: this is no JSON object", QR_EFORMAT},
        {"{\"days\":1,\"hours\":1,\"airline\":null} {", "t.csv: line 2: this is no JSON object", QR_EFORMAT},
        {"{\"days\":,\"hours\":1,\"airline\":null}", "t.csv: line 2: this is no JSON object", QR_EFORMAT},
        {"{\"a\":[[1]", "t.csv: line 2: this is no JSON object", QR_EFORMAT},
        {"days,hours,airline", "t.csv: line 2: this is no JSON object", QR_EFORMAT},
    };
    start();
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char text[256];
        int32_t row[3];
        struct qr_error error;
        snprintf(text, sizeof text, "%s%s\n", good, bad[i].line);
        struct qr_rows *rows = open_text(text);
        expect(rows, 1, 100, QR_MISSING);
        unit_fails(qr_rows_next(rows, row, NULL, &error), bad[i].code, error);
        if (strncmp(error.text, bad[i].sentence, strlen(bad[i].sentence)) != 0)
            ck_abort_msg("%s: %s", bad[i].line, error.text);
        qr_rows_free(rows);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {columns_stand_in_any_order_with_others_between,
                                  decimals_round_half_to_even,
                                  errors_name_line_and_column,
                                  a_header_without_a_feature_or_with_one_twice_is_refused,
                                  a_header_of_another_kind_of_file_is_recognised,
                                  amounts_are_read_in_minor_units,
                                  long_files_stream,
                                  a_baseline_is_the_same_in_any_order,
                                  reference_rows_keep_order_and_amounts,
                                  json_lines_are_read_as_csv_is,
                                  json_lines_have_amounts_too,
                                  broken_json_lines_are_refused_with_line_and_column};
    return unit_run("rows", tests, sizeof tests / sizeof *tests);
}
