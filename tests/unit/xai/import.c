#include <locale.h>

#include "common/file.h"
#include "tests/unit/unit.h"
#include "xai/export.h"
#include "xai/rows.h"
#include "xai/tree.h"

static const char *library = "xgboost";

static char *golden(const char *name)
{
    const char *top = getenv("QR_TOP_SRCDIR");
    QR_CLEANUP(qr_freep) char *folder = qr_path_join(top ? top : ".", "tests/golden");
    QR_CLEANUP(qr_freep) char *inner = qr_path_join(folder, library);
    return qr_path_join(inner, name);
}

static void load_schema(struct qr_schema *schema)
{
    QR_CLEANUP(qr_freep) char *path = golden("features.json");
    struct qr_error error;
    unit_ok(qr_schema_load(path, schema, &error), error);
}

static void import_golden(const char *name, const struct qr_schema *schema, struct qr_import *import)
{
    QR_CLEANUP(qr_freep) char *path = golden(name);
    struct qr_error error;
    unit_ok(qr_import_file(path, schema, import, &error), error);
}

/* Every row's score against the library's: within the stated bound, and the slack of a float32 sum. A
 * row that took one wrong branch is off by far more than that. */
static void check_scores(const char *name, const struct qr_schema *schema, const struct qr_import *import)
{
    char file[64];
    snprintf(file, sizeof file, "%s.margins", name);
    QR_CLEANUP(qr_freep) char *margins_path = golden(file), *rows_path = golden("rows.csv");
    QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
    struct qr_error error;
    unit_ok(qr_rows_open(schema, rows_path, &rows, &error), error);
    FILE *margins = fopen(margins_path, "r");
    ck_assert_ptr_nonnull(margins);
    int32_t row[QR_FEATURES_MAX];
    size_t n = 0;
    for (; qr_rows_next(rows, row, NULL, &error) == 1; n++) {
        double expected;
        ck_assert_int_eq(fscanf(margins, "%lf", &expected), 1);
        const struct qr_model_facts *facts = qr_model_facts(import->model);
        double score = (double)qr_model_score(import->model, row) / (double)(1 << facts->score_bits);
        double bound = strtod(import->max_error, NULL) + (double)(facts->trees + 2) * 16 * 0x1p-24;
        if (score - expected > bound || expected - score > bound)
            ck_abort_msg("%s, row %zu: %.9f and the library has %.9f", name, n, score, expected);
    }
    ck_assert_int_gt(n, 700);
    fclose(margins);
}

static const char *const cases[] = {"squarederror", "onehot", "sets",   "leafwise", "gamma", "tweedie",
                                    "poisson",      "dart",   "pruned", "v1_7",     "v2_1",  "v3_0"};
enum { N_CASES = sizeof cases / sizeof *cases };

START_TEST(scores_are_what_xgboost_predicts_at_every_threshold)
{
    struct qr_schema schema;
    load_schema(&schema);
    for (size_t i = 0; i < N_CASES; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.json", cases[i]);
        struct qr_import import;
        import_golden(name, &schema, &import);
        ck_assert_str_eq(import.format, "xgboost-json");
        check_scores(cases[i], &schema, &import);
        qr_model_free(import.model);
    }
    qr_schema_done(&schema);
}
END_TEST

START_TEST(json_and_ubjson_give_one_hash)
{
    struct qr_schema schema;
    load_schema(&schema);
    for (size_t i = 0; i < N_CASES; i++) {
        struct qr_import json, ubjson;
        char name[64];
        snprintf(name, sizeof name, "%s.json", cases[i]);
        import_golden(name, &schema, &json);
        snprintf(name, sizeof name, "%s.ubj", cases[i]);
        import_golden(name, &schema, &ubjson);
        ck_assert_str_eq(ubjson.format, "xgboost-ubj");
        ck_assert_str_eq(json.max_error, ubjson.max_error);
        ck_assert(qr_hash_equal(qr_model_hash(json.model), qr_model_hash(ubjson.model)));
        qr_model_free(json.model);
        qr_model_free(ubjson.model);
    }
    qr_schema_done(&schema);
}
END_TEST

START_TEST(scores_are_what_lightgbm_predicts_at_every_threshold)
{
    static const char *const lightgbm[] = {"plain", "zero", "nomissing", "forest", "poisson", "dart", "constant"};
    library = "lightgbm";
    struct qr_schema schema;
    load_schema(&schema);
    for (size_t i = 0; i < sizeof lightgbm / sizeof *lightgbm; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s.txt", lightgbm[i]);
        struct qr_import import;
        import_golden(name, &schema, &import);
        ck_assert_str_eq(import.format, "lightgbm-text");
        check_scores(lightgbm[i], &schema, &import);
        qr_model_free(import.model);
    }
    qr_schema_done(&schema);
}
END_TEST

/* A model with fewer trees, or a shorter number in the last, would be another model. */
START_TEST(a_cut_text_is_refused_wherever_it_was_cut)
{
    library = "lightgbm";
    struct qr_schema schema;
    load_schema(&schema);
    QR_CLEANUP(qr_freep) char *path = golden("plain.txt");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    struct qr_error error;
    struct qr_import import;
    unit_ok(qr_file_read(path, QR_SOURCE_FILE_MAX, &text, &error), error);
    const char *end = strstr(qr_buffer_string(&text), "end of trees");
    ck_assert_ptr_nonnull(end);
    size_t last = (size_t)(end - (const char *)text.data);
    unit_ok(qr_import_source(text.data, text.size, &schema, &import, &error), error);
    qr_model_free(import.model);
    size_t whole = last + strlen("end of trees");
    QR_CLEANUP(qr_freep) char *tight = qr_memdup(text.data, whole); /* so that a sanitizer sees a step beyond it */
    unit_ok(qr_import_source(tight, whole, &schema, &import, &error), error);
    qr_model_free(import.model);
    for (size_t size = last; size > 0; size -= 1 + size / 1024)
        unit_holds(qr_import_source(text.data, size, &schema, &import, &error) != 0 && error.text[0]);
    qr_schema_done(&schema);
}
END_TEST

/* A stump over one category, as a model trained on a data frame has it; `names` is its last line. */
static int import_named(const char *names, struct qr_import *import, struct qr_error *error)
{
    static const char features[] =
        "{\"output\":{\"unit\":\"INR\",\"minor_digits\":2,\"link\":\"identity\"},\"features\":["
        "{\"name\":\"x\",\"scale\":1,\"min\":0,\"max\":9},{\"name\":\"k\",\"categories\":[\"red\",\"blue\"]}]}";
    static const char model[] =
        "tree\r\nversion=v4\r\nnum_class=1\r\nnum_tree_per_iteration=1\r\nobjective=regression\r\nfeature_names=x k\r\n"
        "\r\nTree=0\r\nnum_leaves=2\r\nnum_cat=1\r\nsplit_feature=1\r\nthreshold=0\r\ndecision_type=1\r\nleft_child=-"
        "1\r\n"
        "right_child=-2\r\nleaf_value=1 2\r\ncat_boundaries=0 1\r\ncat_threshold=1\r\n\r\nend of trees\r\n\r\n%s\r\n";
    struct qr_schema schema;
    unit_ok(qr_schema_parse(features, sizeof features - 1, &schema, error), *error);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    qr_buffer_text(&text, model, names);
    int code = qr_import_source(text.data, text.size, &schema, import, error);
    qr_schema_done(&schema);
    return code;
}

START_TEST(names_of_categories_are_those_that_lightgbm_was_trained_on)
{
    static const char *const good_names[] = {
        "pandas_categorical:[[\"red\", \"blue\"]]",
        "pandas_categorical:[[\"red\", \"blue\", \"green\"]]",
        "pandas_categorical:[[\"red\"]]",
        "pandas_categorical:[[0, 1]]",
        "pandas_categorical:[[\"of one column\"], [\"of another\"]]",
        "pandas_categorical:null",
        "pandas_categorical:[]",
        "",
    };
    static const char *const bad_names[] = {
        "pandas_categorical:[[\"blue\", \"red\"]]",
        "pandas_categorical:[[\"blue\"]]",
    };
    struct qr_import import;
    struct qr_error error;
    for (size_t i = 0; i < sizeof good_names / sizeof *good_names; i++) {
        unit_ok(import_named(good_names[i], &import, &error), error);
        ck_assert_int_eq(qr_model_score(import.model, (int32_t[]){0, 0}), 1 << 24);
        qr_model_free(import.model);
    }
    for (size_t i = 0; i < sizeof bad_names / sizeof *bad_names; i++)
        unit_fails(import_named(bad_names[i], &import, &error), QR_EINPUT, error);
}
END_TEST

START_TEST(an_exported_model_imports_back_to_itself)
{
    struct qr_schema schema;
    load_schema(&schema);
    for (size_t i = 0; i < N_CASES; i++) {
        char name[64];
        struct qr_export_error max_error;
        snprintf(name, sizeof name, "%s.json", cases[i]);
        struct qr_import import, again;
        struct qr_error error;
        import_golden(name, &schema, &import);
        QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
        unit_ok(qr_export_xgboost(import.model, &text, &max_error, &error), error);
        unit_ok(qr_import_source(text.data, text.size, &schema, &again, &error), error);
        ck_assert_uint_eq(qr_model_facts(again.model)->leaves, qr_model_facts(import.model)->leaves);
        if (strcmp(max_error.leaves, "0") == 0)
            ck_assert(qr_hash_equal(qr_model_hash(import.model), qr_model_hash(again.model)));
        check_scores(cases[i], &schema, &again);
        qr_model_free(import.model);
        qr_model_free(again.model);
    }
    qr_schema_done(&schema);
}
END_TEST

/* Leaf that a row reaches, as the float32 that an exported model has. */
static float leaf_of(const struct qr_model *model, size_t tree, const int32_t *row)
{
    const struct qr_node *root = qr_tree_root(model, tree), *node = root;
    while (node->feature != QR_LEAF)
        node = qr_node_left(model, node, row[node->feature]) ? node + 1 : root + node->right;
    return (float)((double)node->leaf / (double)(1 << qr_model_facts(model)->score_bits));
}

/* XGBoost starts with the base score in some versions and ends with it in others. */
static double float_sum(const struct qr_model *model, const int32_t *row, bool base_first)
{
    const struct qr_model_facts *facts = qr_model_facts(model);
    float base = (float)((double)facts->base_score / (double)(1 << facts->score_bits)), sum = base_first ? base : 0;
    for (size_t t = 0; t < facts->trees; t++)
        sum += leaf_of(model, t, row);
    return (double)(base_first ? sum : sum + base);
}

START_TEST(a_margin_added_in_float32_stays_within_the_stated_error)
{
    struct qr_schema schema;
    struct qr_error error;
    size_t beyond_leaves = 0;
    load_schema(&schema);
    for (size_t i = 0; i < N_CASES; i++) {
        char name[64];
        struct qr_export_error max_error;
        snprintf(name, sizeof name, "%s.json", cases[i]);
        struct qr_import import;
        import_golden(name, &schema, &import);
        QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
        unit_ok(qr_export_xgboost(import.model, &text, &max_error, &error), error);
        QR_CLEANUP(qr_freep) char *rows_path = golden("rows.csv");
        QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
        unit_ok(qr_rows_open(&schema, rows_path, &rows, &error), error);
        double stated = strtod(max_error.score, NULL), of_leaves = strtod(max_error.leaves, NULL);
        int32_t row[QR_FEATURES_MAX];
        while (qr_rows_next(rows, row, NULL, &error) == 1)
            for (int base_first = 0; base_first < 2; base_first++) {
                double score =
                    (double)qr_model_score(import.model, row) / (double)(1 << qr_model_facts(import.model)->score_bits);
                double off = float_sum(import.model, row, base_first) - score;
                off = off < 0 ? -off : off;
                unit_holds(off <= stated);
                beyond_leaves += off > of_leaves;
            }
        qr_model_free(import.model);
    }
    ck_assert_uint_gt(beyond_leaves, 0);
    qr_schema_done(&schema);
}
END_TEST

/* XGBoost's predictors read the left child alone and take the number behind it for the right one. */
START_TEST(children_of_an_exported_tree_are_neighbours)
{
    struct qr_schema schema;
    load_schema(&schema);
    for (size_t i = 0; i < N_CASES; i++) {
        char name[64];
        struct qr_export_error max_error;
        snprintf(name, sizeof name, "%s.json", cases[i]);
        struct qr_import import;
        struct qr_error error;
        import_golden(name, &schema, &import);
        QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
        unit_ok(qr_export_xgboost(import.model, &text, &max_error, &error), error);
        json_t *document = json_loadb((const char *)text.data, text.size, 0, NULL), *tree;
        json_t *learner = json_object_get(document, "learner"), *booster = json_object_get(learner, "gradient_booster");
        json_t *trees = json_object_get(json_object_get(booster, "model"), "trees");
        size_t t;
        json_array_foreach(trees, t, tree)
        {
            json_t *left = json_object_get(tree, "left_children"), *right = json_object_get(tree, "right_children");
            json_t *parents = json_object_get(tree, "parents");
            for (size_t at = 0; at < json_array_size(left); at++) {
                json_int_t l = json_integer_value(json_array_get(left, at)),
                           r = json_integer_value(json_array_get(right, at));
                unit_holds(l == -1 ? r == -1 : r == l + 1);
                unit_holds(l == -1 || json_integer_value(json_array_get(parents, (size_t)r)) == (json_int_t)at);
            }
        }
        unit_holds(json_array_size(trees) == qr_model_facts(import.model)->trees);
        json_decref(document);
        qr_model_free(import.model);
    }
    qr_schema_done(&schema);
}
END_TEST

START_TEST(a_locale_with_a_decimal_comma_changes_nothing)
{
    struct qr_schema schema;
    load_schema(&schema);
    struct qr_import before, after;
    import_golden("squarederror.json", &schema, &before);
    QR_CLEANUP(qr_freep) char *made = qr_path_join(getenv("QR_TOP_BUILDDIR"), "tests/locale"); /* by tests/local.mk */
    setenv("LOCPATH", made, 1);
    bool found = setlocale(LC_ALL, "de_DE.UTF-8");
    unsetenv("LOCPATH"); /* with it, newlocale() of the C library leaks */
    found = found || setlocale(LC_ALL, "fr_FR.UTF-8");
    if (!found)
        printf("# no locale with a decimal comma is installed here\n");
    import_golden("squarederror.json", &schema, &after);
    setlocale(LC_ALL, "C");
    ck_assert(qr_hash_equal(qr_model_hash(before.model), qr_model_hash(after.model)));
    qr_model_free(before.model);
    qr_model_free(after.model);
    qr_schema_done(&schema);
}
END_TEST

/* One stump over x (scale 100, 0 to 60, blanks allowed) with these parts. */
static const char stump[] =
    "{\"learner\":{\"learner_model_param\":{\"base_score\":\"%s\",\"num_class\":\"0\",\"num_feature\":\"1\"},"
    "\"objective\":{\"name\":\"%s\"},\"gradient_booster\":{\"name\":\"%s\",\"model\":{\"tree_info\":[%s],\"trees\":[{"
    "\"left_children\":[%s],\"right_children\":[2,-1,-1],\"split_indices\":[%s],\"split_conditions\":[%s],\"default_"
    "left\":[%s,0,0]}]}}}}";

struct stump {
    const char *base, *objective, *booster, *info, *left, *indices, *conditions, *default_left;
};
static const struct stump good = {"5E-1",    "reg:squarederror", "gbtree",          "0",
                                  "1,-1,-1", "0,7,2147483647",   "2.17E0,1E0,-1E0", "1"};

static int import_stump(const struct stump *s, struct qr_import *import, struct qr_error *error)
{
    static const char features[] =
        "{\"output\":{\"unit\":\"INR\",\"minor_digits\":2,\"link\":\"identity\"},\"features\":[{\"name\":\"x\","
        "\"scale\":100,\"min\":0,\"max\":60,\"missing\":true}]}";
    struct qr_schema schema;
    unit_ok(qr_schema_parse(features, sizeof features - 1, &schema, error), *error);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    qr_buffer_text(&text, stump, s->base, s->objective, s->booster, s->info, s->left, s->indices, s->conditions,
                   s->default_left);
    int code = qr_import_source(text.data, text.size, &schema, import, error);
    qr_schema_done(&schema);
    return code;
}

static int64_t score_of(const struct qr_model *model, int32_t x)
{
    return qr_model_score(model, &x);
}

START_TEST(thresholds_that_are_data_values_route_as_float32_does)
{
    struct qr_error error;
    for (int i = 1; i <= 6000; i++) {
        char conditions[64];
        snprintf(conditions, sizeof conditions, "%.9g,1E0,-1E0", (double)((float)i / 100.0f));
        if (!strpbrk(conditions, ".e"))
            continue;
        struct stump s = good;
        s.conditions = conditions;
        struct qr_import import;
        unit_ok(import_stump(&s, &import, &error), error);
        float threshold = strtof(conditions, NULL);
        for (int x = i - 1; x <= i + 1 && x <= 6000; x++)
            unit_holds((score_of(import.model, x) > 0) == ((float)((double)x / 100) < threshold));
        qr_model_free(import.model);
    }
}
END_TEST

START_TEST(blanks_follow_the_default_side_even_where_numbers_are_not_divided)
{
    static const char *const conditions[] = {"6.100001E1,1E0,-1E0", "-1E-5,1E0,-1E0", "3E0,1E0,-1E0"};
    struct qr_error error;
    for (size_t i = 0; i < 3; i++)
        for (int left = 0; left < 2; left++) {
            struct stump s = good;
            s.conditions = conditions[i];
            s.default_left = left ? "1" : "0";
            struct qr_import import;
            unit_ok(import_stump(&s, &import, &error), error);
            unit_holds((score_of(import.model, QR_MISSING) > 0) == left);
            unit_holds((score_of(import.model, 0) > 0) == (i != 1));
            unit_holds((score_of(import.model, 6000) > 0) == (i == 0));
            qr_model_free(import.model);
        }
}
END_TEST

START_TEST(spellings_of_the_base_score_are_one_number)
{
    static const char *const spellings[] = {"5E-1", "[5E-1]", "0.500000", "5.0e-01"};
    struct qr_error error;
    for (size_t i = 0; i < 4; i++) {
        struct stump s = good;
        s.base = spellings[i];
        struct qr_import import;
        unit_ok(import_stump(&s, &import, &error), error);
        ck_assert_int_eq(qr_model_facts(import.model)->base_score, 1 << 23);
        ck_assert_str_eq(import.max_error, "0");
        qr_model_free(import.model);
    }
}
END_TEST

START_TEST(the_error_bound_is_rounded_up)
{
    struct stump s = good;
    s.conditions = "2.17E0,1E-1,-1E0"; /* float32(0.1) * 2^24 = 1677721.625: off by 0.375 */
    struct qr_import import;
    struct qr_error error;
    unit_ok(import_stump(&s, &import, &error), error);
    ck_assert_str_eq(import.max_error, "0.000000022351741791"); /* 0.375 / 2^24 = 2.2351741790771484375e-8 */
    qr_model_free(import.model);
}
END_TEST

START_TEST(what_has_no_exact_counterpart_is_refused)
{
    struct qr_import import;
    struct qr_error error;
    struct {
        struct stump s;
        enum qr_code code;
    } bad[] = {
        {{good.base, "binary:logistic", good.booster, good.info, good.left, good.indices, good.conditions, "1"},
         QR_EUNSUPPORTED},
        {{good.base, "count:poisson", good.booster, good.info, good.left, good.indices, good.conditions, "1"},
         QR_EINPUT},
        {{good.base, good.objective, "gblinear", good.info, good.left, good.indices, good.conditions, "1"},
         QR_EUNSUPPORTED},
        {{"[5E-1,5E-1]", good.objective, good.booster, good.info, good.left, good.indices, good.conditions, "1"},
         QR_EUNSUPPORTED},
        {{"nan", good.objective, good.booster, good.info, good.left, good.indices, good.conditions, "1"}, QR_EFORMAT},
        {{good.base, good.objective, good.booster, "1", good.left, good.indices, good.conditions, "1"},
         QR_EUNSUPPORTED},
        {{good.base, good.objective, good.booster, good.info, "0,-1,-1", good.indices, good.conditions, "1"},
         QR_EFORMAT},
        {{good.base, good.objective, good.booster, good.info, "9,-1,-1", good.indices, good.conditions, "1"},
         QR_EFORMAT},
        {{good.base, good.objective, good.booster, good.info, good.left, "3,0,0", good.conditions, "1"}, QR_EFORMAT},
        {{good.base, good.objective, good.booster, good.info, good.left, good.indices, "NaN,1E0,-1E0", "1"},
         QR_EFORMAT},
        {{good.base, good.objective, good.booster, good.info, good.left, good.indices, "2E0,NaN,-1E0", "1"},
         QR_EFORMAT},
        {{good.base, good.objective, good.booster, good.info, good.left, good.indices, "2E0,1E30,-1E0", "1"},
         QR_ENOT_ADMITTED},
        {{good.base, good.objective, good.booster, good.info, good.left, good.indices, good.conditions, "2"},
         QR_EFORMAT},
        {{good.base, good.objective, good.booster, good.info, good.left, "0,0", good.conditions, "1"}, QR_EFORMAT},
        {{good.base, good.objective, good.booster, good.info, good.left, "0,NaN,0", good.conditions, "1"}, QR_EFORMAT},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        unit_fails(import_stump(&bad[i].s, &import, &error), bad[i].code, error);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {scores_are_what_xgboost_predicts_at_every_threshold,
                                  json_and_ubjson_give_one_hash,
                                  scores_are_what_lightgbm_predicts_at_every_threshold,
                                  a_cut_text_is_refused_wherever_it_was_cut,
                                  names_of_categories_are_those_that_lightgbm_was_trained_on,
                                  an_exported_model_imports_back_to_itself,
                                  a_margin_added_in_float32_stays_within_the_stated_error,
                                  children_of_an_exported_tree_are_neighbours,
                                  a_locale_with_a_decimal_comma_changes_nothing,
                                  thresholds_that_are_data_values_route_as_float32_does,
                                  blanks_follow_the_default_side_even_where_numbers_are_not_divided,
                                  spellings_of_the_base_score_are_one_number,
                                  the_error_bound_is_rounded_up,
                                  what_has_no_exact_counterpart_is_refused};
    return unit_run("import", tests, sizeof tests / sizeof *tests);
}
