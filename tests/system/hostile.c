/* Model files made to cost as much as a file can: hostile KIND >FILE. Each is as large as an importer reads (128 MiB)
 * or as large as its trap needs; a few are even models. tests/system/models.sh imports them under limits of time and
 * memory. */

#include "common/buffer.h"

enum { FILE_MAX = (128 << 20) - 4096, CATEGORIES = 4096 };

static size_t written;

static void put(const char *text)
{
    written += strlen(text);
    if (fputs(text, stdout) == EOF)
        exit(1);
}

static void put_byte(int byte)
{
    written++;
    if (putchar(byte) == EOF)
        exit(1);
}

static void put_number(int64_t number)
{
    char text[24] = "", *at = text + sizeof text - 1;
    uint64_t size = number < 0 ? -(uint64_t)number : (uint64_t)number;
    do
        *--at = (char)('0' + size % 10);
    while (size /= 10);
    if (number < 0)
        *--at = '-';
    put(at);
}

static void fill(const char *text, size_t size)
{
    char block[1 << 13];
    size_t one = strlen(text), whole = 0;
    for (; whole + one < sizeof block; whole += one)
        memcpy(block + whole, text, one);
    block[whole] = 0;
    while (written < size)
        put(size - written > whole ? block : text);
}

/* ---- XGBoost's JSON ---- */

static void head(void)
{
    put("{\"learner\":{\"learner_model_param\":{\"base_score\":\"5E-1\",\"num_feature\":\"2\"},\"feature_names\":["
        "\"x\",\"c\"],"
        "\"objective\":{\"name\":\"reg:squarederror\"},\"gradient_booster\":{\"name\":\"gbtree\",\"model\":{\"trees\":"
        "[");
}

static void foot(void)
{
    put("]}}}}");
}

/* "name":[element(0),...], after a comma unless it is the first. */
static void array(const char *name, size_t n, int64_t (*element)(size_t i, size_t n))
{
    put(name);
    put(":[");
    for (size_t i = 0; i < n; i++) {
        if (i)
            put_byte(',');
        put_number(element(i, n));
    }
    put_byte(']');
}

static int64_t left_of(size_t i, size_t n)
{
    return 2 * i + 2 < n ? (int64_t)(2 * i + 1) : -1;
}
static int64_t right_of(size_t i, size_t n)
{
    return 2 * i + 2 < n ? (int64_t)(2 * i + 2) : -1;
}
static int64_t next_of(size_t i, size_t n)
{
    return i + 2 < n ? (int64_t)(i + 1) : -1;
}
static int64_t last_of(size_t i, size_t n)
{
    return i + 2 < n ? (int64_t)(n - 1) : -1;
}
static int64_t zero(size_t i, size_t n)
{
    (void)i, (void)n;
    return 0;
}
static int64_t one(size_t i, size_t n)
{
    (void)i, (void)n;
    return 1;
}
static int64_t itself(size_t i, size_t n)
{
    (void)n;
    return (int64_t)i;
}
static int64_t all(size_t i, size_t n)
{
    (void)i;
    return (int64_t)n;
}
static int64_t threshold(size_t i, size_t n)
{
    (void)n;
    return (int64_t)(1 + i % 4000);
}
static int64_t large(size_t i, size_t n) /* the last leaf alone is too large for any scale */
{
    return i + 1 < n ? (int64_t)(1 + i % 4000) : INT64_C(1) << 40;
}

struct shape {
    int64_t (*left)(size_t, size_t), (*right)(size_t, size_t), (*feature)(size_t, size_t), (*condition)(size_t, size_t);
    int64_t (*type)(size_t, size_t);
};

static void tree(size_t n, const struct shape *shape)
{
    put("{");
    array("\"left_children\"", n, shape->left);
    array(",\"right_children\"", n, shape->right);
    array(",\"split_indices\"", n, shape->feature);
    array(",\"split_conditions\"", n, shape->condition);
    array(",\"default_left\"", n, zero);
    if (shape->type)
        array(",\"split_type\"", n, shape->type);
}

static void json_nodes(void) /* millions of nodes in one tree */
{
    head();
    tree(3000001, &(struct shape){left_of, right_of, zero, threshold, NULL});
    put("}");
    foot();
}

static void json_scales(void) /* as many, and each scale is tried in vain */
{
    head();
    tree(3000001, &(struct shape){left_of, right_of, zero, large, NULL});
    put("}");
    foot();
}

static void json_codes(void) /* as many, each over all categories by a threshold */
{
    head();
    tree(3000001, &(struct shape){left_of, right_of, one, threshold, NULL});
    put("}");
    foot();
}

static void json_chain(void)
{
    head();
    tree(3000001, &(struct shape){next_of, last_of, zero, threshold, NULL});
    put("}");
    foot();
}

static void json_sets(void) /* each of a million nodes lists the same million categories */
{
    enum { NODES = 1000001 };
    head();
    tree(NODES, &(struct shape){left_of, right_of, one, zero, one});
    array(",\"categories_nodes\"", NODES, itself);
    array(",\"categories_segments\"", NODES, zero);
    array(",\"categories_sizes\"", NODES, all);
    array(",\"categories\"", NODES, one);
    put("}");
    foot();
}

static void json_trees(void)
{
    head();
    put("{}");
    fill(",{}", FILE_MAX - 64);
    foot();
}

static void json_keys(void) /* one tree of millions of keys that are asked for by name */
{
    head();
    put("{\"left_children\":[0]");
    for (int i = 0; i < 8000000; i++)
        put(",\"left_child\":0");
    put("}");
    foot();
}

static void json_nesting(void)
{
    put("{\"learner\":");
    fill("[", FILE_MAX);
}

static void json_objects(void)
{
    put("{\"learner\":");
    fill("{\"a\":", FILE_MAX);
}

static void json_values(void)
{
    put("{\"learner\":[0");
    fill(",0", FILE_MAX);
}

static void json_empties(void)
{
    put("{\"learner\":[[]");
    fill(",[]", FILE_MAX);
}

static void json_texts(void)
{
    put("{\"learner\":[\"\"");
    fill(",\"\"", 48 << 20);
    put(",\"");
    fill("\\u0041\\n", FILE_MAX);
    put("\"]}");
}

static void json_digits(void)
{
    put("{\"learner\":0.");
    fill("1234567890", FILE_MAX);
    put("e-10}");
}

static void json_exponents(void)
{
    put("{\"learner\":[0");
    fill(",1.7976931348623157e-320", FILE_MAX);
    put("]}");
}

/* ---- UBJSON ---- */

static void put_length(uint32_t length)
{
    put_byte('l');
    for (int shift = 24; shift >= 0; shift -= 8)
        put_byte((int)(length >> shift & 0xff));
}

static void put_key(const char *name)
{
    put_byte('U');
    put_byte((int)strlen(name));
    put(name);
}

static void ubj_head(void)
{
    put_byte('{');
    put_byte('L');
    for (int i = 0; i < 7; i++)
        put_byte(0);
    put_byte(7);
    put("learner");
}

static void ubj_nothings(void) /* elements that take no bytes */
{
    ubj_head();
    put("[$Z#");
    put_length(INT32_MAX);
}

static void ubj_nulls(void) /* the same, unsaid */
{
    ubj_head();
    put("[#");
    put_length(INT32_MAX);
    fill("Z", FILE_MAX);
}

static void ubj_members(void)
{
    ubj_head();
    put("{$N#");
    put_length(INT32_MAX);
    fill("U", FILE_MAX);
}

static void ubj_bytes(void)
{
    ubj_head();
    put("[$U#");
    put_length(FILE_MAX);
    fill("0", FILE_MAX);
}

static void ubj_characters(void)
{
    ubj_head();
    put("[$C#");
    put_length(16000000);
    fill("0", written + 16000000);
    put_key("a");
    put("S");
    put_length((uint32_t)(FILE_MAX - written - 5));
    fill("0", FILE_MAX);
    put("}");
}

static void ubj_arrays(void) /* arrays of arrays, three bytes each */
{
    ubj_head();
    put("[$[#");
    put_length(INT32_MAX);
    while (written < FILE_MAX) {
        put("#U");
        put_byte(0);
    }
}

static void ubj_nesting(void)
{
    ubj_head();
    while (written < FILE_MAX) {
        put("[$[#U");
        put_byte(1);
    }
}

static void ubj_text(void)
{
    ubj_head();
    put("S");
    put_length(INT32_MAX);
    fill("0", FILE_MAX);
}

static void ubj_keys(void)
{
    ubj_head();
    put("{");
    while (written < FILE_MAX) {
        put_key("");
        put("i0");
    }
}

/* ---- LightGBM's text ---- */

static void lightgbm_head(void)
{
    put("tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nobjective=regression\nfeature_names=x c\n\n");
}

static void numbers(const char *name, size_t n, int64_t (*element)(size_t i, size_t n))
{
    put(name);
    for (size_t i = 0; i < n; i++) {
        put_number(element(i, n));
        put_byte(' ');
    }
    put_byte('\n');
}

/* Split i of n has the splits i + 1 and, as a leaf, i. */
static int64_t leaf_of(size_t i, size_t n)
{
    (void)n;
    return ~(int64_t)i;
}
static int64_t following(size_t i, size_t n)
{
    return i + 1 < n ? (int64_t)(i + 1) : ~(int64_t)n;
}
static int64_t half_left(size_t i, size_t n)
{
    return 2 * i + 1 < n ? (int64_t)(2 * i + 1) : ~(int64_t)(2 * i + 1 - n);
}
static int64_t half_right(size_t i, size_t n)
{
    return 2 * i + 2 < n ? (int64_t)(2 * i + 2) : ~(int64_t)(2 * i + 2 - n);
}
static int64_t zero_missing(size_t i, size_t n)
{
    (void)i, (void)n;
    return 4; /* 0 and blanks go right */
}

static void text_line(void)
{
    lightgbm_head();
    put("Tree=0\nthreshold=");
    fill("1 ", FILE_MAX);
}

static void text_reals(void) /* numbers as long as they may be */
{
    lightgbm_head();
    put("Tree=0\nthreshold=");
    while (written < FILE_MAX) {
        put("0.");
        for (int i = 0; i < 380; i++)
            put_byte('0' + i * 7 % 10);
        put("e-300 ");
    }
}

static void text_names(void)
{
    put("tree\nversion=v4\nobjective=regression\nfeature_names=");
    fill("x ", FILE_MAX);
}

static void text_lines(void)
{
    put("tree\n");
    fill("=\n", FILE_MAX);
}

static void text_trees(void)
{
    lightgbm_head();
    fill("Tree=0\nleaf_value=0\n\n", FILE_MAX);
}

static void text_again(void) /* the same array over and over */
{
    lightgbm_head();
    put("Tree=0\n");
    while (written < FILE_MAX - 200000)
        numbers("left_child=", 100000, zero);
}

static void text_doubling(void) /* splits that stand for two, over a long way without any */
{
    enum { SPLITS = 1000 };
    lightgbm_head();
    put("Tree=0\n");
    put("threshold=");
    for (size_t i = 0; i < SPLITS; i++)
        put(i < 200 ? "100 " : "-2000000 ");
    put("\n");
    numbers("split_feature=", SPLITS, zero);
    numbers("decision_type=", SPLITS, zero_missing);
    numbers("left_child=", SPLITS, following);
    numbers("right_child=", SPLITS, leaf_of);
    numbers("leaf_value=", SPLITS + 1, itself);
    put("\nend of trees\n");
}

static void text_idle(void) /* the same with the long way below the doubling, and nothing on it that divides */
{
    enum { SPLITS = 900, DOUBLING = 21 };
    lightgbm_head();
    put("Tree=0\nthreshold=");
    for (size_t i = 0; i < SPLITS; i++)
        put(i < DOUBLING ? "100 " : "-2000000 ");
    put("\nsplit_feature=");
    for (size_t i = 0; i < SPLITS; i++)
        put("0 ");
    put("\ndecision_type=");
    for (size_t i = 0; i < SPLITS; i++)
        put(i < DOUBLING ? "4 " : "0 ");
    put("\n");
    put("left_child=");
    for (size_t i = 0; i < SPLITS; i++) {
        put_number(i < DOUBLING ? following(i, SPLITS) : leaf_of(i, SPLITS));
        put_byte(' ');
    }
    put("\nright_child=");
    for (size_t i = 0; i < SPLITS; i++) {
        put_number(i < DOUBLING ? leaf_of(i, SPLITS) : following(i, SPLITS));
        put_byte(' ');
    }
    put("\n");
    numbers("leaf_value=", SPLITS + 1, itself);
    put("\nend of trees\n");
}

/* Millions of splits over categories that divide nothing, half of them by an empty set and half by a code beyond all.
 */
static void text_categories(bool sets)
{
    size_t n = 2700001;
    lightgbm_head();
    put("Tree=0\n");
    numbers("threshold=", n, sets ? zero : itself);
    numbers("split_feature=", n, one);
    numbers("decision_type=", n, sets ? one : zero);
    numbers("left_child=", n, half_left);
    numbers("right_child=", n, half_right);
    numbers("leaf_value=", n + 1, one);
    put("cat_boundaries=0 1\ncat_threshold=0\n\nend of trees\n");
}

static void text_sets(void)
{
    text_categories(true);
}

static void text_codes(void)
{
    text_categories(false);
}

static void text_boundaries(void) /* every split with a set of all categories */
{
    enum { SPLITS = 400001, WORDS = CATEGORIES / 32 };
    lightgbm_head();
    put("Tree=0\n");
    numbers("threshold=", SPLITS, zero);
    numbers("split_feature=", SPLITS, one);
    numbers("decision_type=", SPLITS, one);
    numbers("left_child=", SPLITS, half_left);
    numbers("right_child=", SPLITS, half_right);
    numbers("leaf_value=", SPLITS + 1, zero);
    put("cat_boundaries=0 128\ncat_threshold=");
    for (int i = 0; i < WORDS; i++)
        put("2863311530 ");
    put("\n\nend of trees\n");
}

static const struct {
    const char *name;
    void (*make)(void);
} kinds[] = {
    {"json_nodes", json_nodes},
    {"json_scales", json_scales},
    {"json_codes", json_codes},
    {"json_chain", json_chain},
    {"json_sets", json_sets},
    {"json_trees", json_trees},
    {"json_keys", json_keys},
    {"json_nesting", json_nesting},
    {"json_objects", json_objects},
    {"json_values", json_values},
    {"json_empties", json_empties},
    {"json_texts", json_texts},
    {"json_digits", json_digits},
    {"json_exponents", json_exponents},
    {"ubj_nothings", ubj_nothings},
    {"ubj_nulls", ubj_nulls},
    {"ubj_members", ubj_members},
    {"ubj_bytes", ubj_bytes},
    {"ubj_characters", ubj_characters},
    {"ubj_arrays", ubj_arrays},
    {"ubj_nesting", ubj_nesting},
    {"ubj_text", ubj_text},
    {"ubj_keys", ubj_keys},
    {"text_line", text_line},
    {"text_reals", text_reals},
    {"text_names", text_names},
    {"text_lines", text_lines},
    {"text_trees", text_trees},
    {"text_again", text_again},
    {"text_doubling", text_doubling},
    {"text_idle", text_idle},
    {"text_sets", text_sets},
    {"text_codes", text_codes},
    {"text_boundaries", text_boundaries},
};

/* hostile: the kinds, a line each. */
int main(int argc, char **argv)
{
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (argc < 2)
            puts(kinds[i].name);
        else if (strcmp(argv[1], kinds[i].name) == 0)
            kinds[i].make();
    return fflush(stdout) != 0;
}
