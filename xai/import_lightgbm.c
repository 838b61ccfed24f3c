#include "xai/draft.h"

/* LightGBM text, v3 and v4: lines of key=value, a block for each tree. It compares in double (src/io/tree.h,
 * NumericalDecision and CategoricalDecision): a blank is 0 unless the split's missing type is NaN; under type zero both
 * 0 and a blank take the default side; else left iff x <= threshold. Categories in the set go left, blanks right. Child
 * c < 0 is leaf ~c. */

enum { MISSING_NONE = 0, MISSING_ZERO = 1 }; /* 2: NaN */

struct line {
    const char *key, *value; /* not zero-terminated */
    size_t key_size, value_size;
};

struct source {
    struct draft draft;
    locale_t c_locale;
    const char *at, *end;
    int *features;
    size_t n_features;
    bool average;           /* of the trees, instead of their sum */
    size_t numbers, visits; /* read in arrays; of the trees' nodes */
    struct qr_error *error;
};

/* One tree's arrays: of its splits, its leaves, and its categories' bitsets. */
struct source_tree {
    size_t index, n_splits, n_leaves, n_boundaries, n_words;
    double *thresholds, *leaves;
    int64_t *features, *decisions, *left, *right, *boundaries, *words;
};

static int fail_tree(struct source *source, const struct source_tree *tree, enum qr_code code, const char *what)
{
    return qr_fail(source->error, code, "tree %zu: %s", tree->index, what);
}

/* Lines. */

static bool next_line(struct source *source, struct line *ret_line)
{
    if (source->at >= source->end)
        return false;
    const char *stop = memchr(source->at, '\n', (size_t)(source->end - source->at));
    size_t size = (size_t)((stop ? stop : source->end) - source->at);
    const char *equals = memchr(source->at, '=', size);
    *ret_line = (struct line){.key = source->at, .key_size = equals ? (size_t)(equals - source->at) : size};
    if (equals) {
        ret_line->value = equals + 1;
        ret_line->value_size = (size_t)(source->at + size - (equals + 1));
    }
    if (!equals && ret_line->key_size > 0 && ret_line->key[ret_line->key_size - 1] == '\r')
        ret_line->key_size--;
    source->at += size + (stop != NULL); /* the last line may lack its end */
    return true;
}

static bool is_key(const struct line *line, const char *key)
{
    return line->key_size == strlen(key) && memcmp(line->key, key, line->key_size) == 0;
}

/* Words of a value, parted by blanks. */
static bool next_word(const char **at, const char *end, const char **ret_word, size_t *ret_size)
{
    while (*at < end && (**at == ' ' || **at == '\r' || **at == '\t'))
        ++*at;
    *ret_word = *at;
    while (*at < end && **at != ' ' && **at != '\r' && **at != '\t')
        ++*at;
    *ret_size = (size_t)(*at - *ret_word);
    return *ret_size > 0;
}

static size_t count_words(const struct line *line)
{
    const char *at = line->value, *word;
    size_t n = 0, size;
    while (at && next_word(&at, line->value + line->value_size, &word, &size))
        n++;
    return n;
}

static bool whole_of(const char *word, size_t size, int64_t *ret_value)
{
    char copy[24], *end;
    if (size == 0 || size >= sizeof copy)
        return false;
    memcpy(copy, word, size);
    copy[size] = 0;
    errno = 0;
    *ret_value = strtoll(copy, &end, 10);
    return *end == 0 && errno == 0;
}

static bool real_of(struct source *source, const char *word, size_t size, double *ret_value)
{
    char copy[400], *end;
    if (size == 0 || size >= sizeof copy)
        return false;
    memcpy(copy, word, size);
    copy[size] = 0;
    *ret_value = strtod_l(copy, &end, source->c_locale);
    return *end == 0;
}

/* How many numbers the line holds; false when the file holds more than this program reads. */
static bool count_numbers(struct source *source, const struct line *line, size_t *ret_n)
{
    *ret_n = count_words(line);
    source->numbers += *ret_n;
    return source->numbers <= DRAFT_NUMBERS_MAX;
}

static bool read_wholes(struct source *source, const struct line *line, int64_t **ret_values, size_t *ret_n)
{
    const char *at = line->value, *word;
    size_t size, n;
    if (!count_numbers(source, line, &n))
        return false;
    free(*ret_values);
    *ret_values = qr_alloc(n, sizeof **ret_values);
    for (*ret_n = 0; at && next_word(&at, line->value + line->value_size, &word, &size); ++*ret_n)
        if (!whole_of(word, size, &(*ret_values)[*ret_n]))
            return false;
    return true;
}

static bool read_reals(struct source *source, const struct line *line, double **ret_values, size_t *ret_n)
{
    const char *at = line->value, *word;
    size_t size, n;
    if (!count_numbers(source, line, &n))
        return false;
    free(*ret_values);
    *ret_values = qr_alloc(n, sizeof **ret_values);
    for (*ret_n = 0; at && next_word(&at, line->value + line->value_size, &word, &size); ++*ret_n)
        if (!real_of(source, word, size, &(*ret_values)[*ret_n]))
            return false;
    return true;
}

/* Splits. */

static int convert(struct source *source, const struct source_tree *tree, int64_t at, unsigned depth,
                   uint32_t *ret_node);

/* Numbers by intervals: side[i] (true is left) from breaks[i - 1] on and below breaks[i]; blanks take one of the two
 * children. */
struct intervals {
    int32_t feature;
    unsigned n_breaks;
    int64_t breaks[3];
    bool left[4];
    bool blank_left;
};

static int64_t child_of(const struct source_tree *tree, size_t at, bool left)
{
    return left ? tree->left[at] : tree->right[at];
}

/* One split for each break. With more than one, a child stands twice, which changes no value of the function. */
static int convert_intervals(struct source *source, const struct source_tree *tree, size_t at,
                             const struct intervals *all, unsigned from, unsigned depth, uint32_t *ret_node)
{
    if (from == all->n_breaks)
        return convert(source, tree, child_of(tree, at, all->left[from]), depth + 1, ret_node);
    const struct qr_feature *feature = &source->draft.schema->features[all->feature];
    struct draft_node node = {.feature = all->feature};
    bool swapped;
    unsigned next = from + 1;
    while (next < all->n_breaks && all->breaks[next] == all->breaks[from]) /* nothing lies between */
        next++;
    enum draft_route route =
        draft_number(feature, all->breaks[from], all->left[from] == all->blank_left, &node, &swapped);
    if (route == ROUTE_LEFT)
        return convert(source, tree, child_of(tree, at, all->left[from]), depth + 1, ret_node);
    if (route == ROUTE_RIGHT)
        return convert_intervals(source, tree, at, all, next, depth, ret_node);
    uint32_t place = draft_add(&source->draft, &node), below = 0, others = 0;
    int code = convert(source, tree, child_of(tree, at, all->left[from]), depth + 1, &below);
    if (!code)
        code = convert_intervals(source, tree, at, all, next, depth + 1, &others);
    source->draft.nodes[place].left = swapped ? others : below;
    source->draft.nodes[place].right = swapped ? below : others;
    *ret_node = place;
    return code;
}

static bool above(double value, const void *threshold)
{
    return value > *(const double *)threshold;
}

static int convert_number(struct source *source, const struct source_tree *tree, size_t at, unsigned depth,
                          uint32_t *ret_node)
{
    double threshold = tree->thresholds[at];
    bool default_left = tree->decisions[at] & 2;
    int64_t missing = tree->decisions[at] >> 2;
    struct intervals split = {.feature = source->features[tree->features[at]], .n_breaks = 1, .left = {true, false}};
    int64_t first = draft_threshold(&source->draft.schema->features[split.feature], above, &threshold);
    bool zero_left = threshold >= 0;
    split.breaks[0] = first;
    split.blank_left = missing == MISSING_NONE ? zero_left : default_left;
    if (missing != MISSING_ZERO || default_left == zero_left)
        return convert_intervals(source, tree, at, &split, 0, depth, ret_node);
    if (default_left) /* up to the threshold left, to zero right, zero left, above right */
        split = (struct intervals){split.feature, 3, {first < 0 ? first : 0, 0, 1}, {true, false, true, false}, true};
    else /* below zero left, zero right, to the threshold left, above right */
        split = (struct intervals){split.feature, 3, {0, 1, first > 1 ? first : 1}, {true, false, true, false}, false};
    return convert_intervals(source, tree, at, &split, 0, depth, ret_node);
}

static void set_bit(uint64_t *set, size_t bit, bool value)
{
    set[bit / 64] = (set[bit / 64] & ~(UINT64_C(1) << (bit % 64))) | (uint64_t)value << (bit % 64);
}

/* The declared categories that go left, by codes or by a set. */
static void left_set(const struct source_tree *tree, size_t at, const struct qr_feature *feature, uint64_t *set)
{
    if (tree->decisions[at] & 1) {
        size_t which = (size_t)tree->thresholds[at];
        int64_t first = tree->boundaries[which], n = tree->boundaries[which + 1] - first;
        for (int64_t i = 0; i < n && i < 2 * (int64_t)qr_set_words(feature); i++)
            set[i / 2] |= (uint64_t)tree->words[first + i] << (32 * (i % 2));
        return;
    }
    draft_codes_below(feature, (size_t)draft_threshold(feature, above, &tree->thresholds[at]), set);
    if (tree->decisions[at] >> 2 == MISSING_ZERO)
        set_bit(set, 0, tree->decisions[at] & 2);
}

static bool blank_left(const struct source_tree *tree, size_t at)
{
    if (tree->decisions[at] & 1)
        return false;
    return tree->decisions[at] >> 2 == MISSING_NONE ? 0 <= tree->thresholds[at] : (tree->decisions[at] & 2) != 0;
}

static int convert_category(struct source *source, const struct source_tree *tree, size_t at, unsigned depth,
                            uint32_t *ret_node)
{
    struct draft_node node = {.feature = source->features[tree->features[at]]};
    const struct qr_feature *feature = &source->draft.schema->features[node.feature];
    uint64_t set[QR_CATEGORIES_MAX / 64 + 1] = {0};
    left_set(tree, at, feature, set);
    set_bit(set, feature->n_categories, blank_left(tree, at));
    enum draft_route route = draft_category(&source->draft, feature, set, &node);
    if (route != ROUTE_BOTH)
        return convert(source, tree, child_of(tree, at, route == ROUTE_LEFT), depth + 1, ret_node);
    uint32_t place = draft_add(&source->draft, &node), left = 0, right = 0;
    int code = convert(source, tree, tree->left[at], depth + 1, &left);
    if (!code)
        code = convert(source, tree, tree->right[at], depth + 1, &right);
    source->draft.nodes[place].left = left;
    source->draft.nodes[place].right = right;
    *ret_node = place;
    return code;
}

static int convert(struct source *source, const struct source_tree *tree, int64_t at, unsigned depth,
                   uint32_t *ret_node)
{
    if (depth > DRAFT_DEPTH_MAX)
        return fail_tree(source, tree, QR_ELIMIT, "it is deeper than this program reads");
    if (draft_is_full(&source->draft) || ++source->visits > DRAFT_VISITS_MAX)
        return fail_tree(source, tree, QR_ELIMIT, "with it the model is larger than a model file can be");
    if (at < 0) {
        *ret_node = draft_add(&source->draft, &(struct draft_node){.feature = QR_LEAF, .leaf = tree->leaves[~at]});
        return 0;
    }
    const struct qr_feature *feature = &source->draft.schema->features[source->features[tree->features[at]]];
    if (feature->kind == QR_FEATURE_CATEGORY)
        return convert_category(source, tree, (size_t)at, depth, ret_node);
    if (tree->decisions[at] & 1)
        return qr_fail(source->error, QR_EINPUT,
                       "feature %s has categories in the model and is a number in FEATURES.json", feature->name);
    return convert_number(source, tree, (size_t)at, depth, ret_node);
}

/* Trees. */

static void tree_done(struct source_tree *tree)
{
    free(tree->thresholds);
    free(tree->leaves);
    free(tree->features);
    free(tree->decisions);
    free(tree->left);
    free(tree->right);
    free(tree->boundaries);
    free(tree->words);
}

/* Each split but the root, and each leaf, is the child of one split. */
static bool is_tree(const struct source_tree *tree)
{
    QR_CLEANUP(qr_freep) uint8_t *seen = qr_alloc(tree->n_splits + tree->n_leaves, 1);
    for (size_t i = 0; i < 2 * tree->n_splits; i++) {
        int64_t child = i % 2 ? tree->right[i / 2] : tree->left[i / 2];
        bool leaf = child < 0;
        if (leaf ? ~child >= (int64_t)tree->n_leaves : child == 0 || child >= (int64_t)tree->n_splits)
            return false;
        if (seen[leaf ? (int64_t)tree->n_splits + ~child : child]++)
            return false;
    }
    return true;
}

static bool sets_fit(const struct source_tree *tree)
{
    for (size_t i = 0; i < tree->n_boundaries; i++)
        if (tree->boundaries[i] < (i ? tree->boundaries[i - 1] : 0) || tree->boundaries[i] > (int64_t)tree->n_words)
            return false;
    for (size_t i = 0; i < tree->n_words; i++)
        if (tree->words[i] < 0 || tree->words[i] > UINT32_MAX)
            return false;
    return true;
}

static bool split_fits(const struct source *source, const struct source_tree *tree, size_t i)
{
    if (tree->features[i] < 0 || tree->features[i] >= (int64_t)source->n_features)
        return false;
    if (tree->decisions[i] < 0 || tree->decisions[i] > 11 || tree->thresholds[i] != tree->thresholds[i])
        return false;
    return !(tree->decisions[i] & 1) ||
           (tree->thresholds[i] >= 0 && tree->thresholds[i] + 1 < (double)tree->n_boundaries);
}

static int check_tree(struct source *source, const struct source_tree *tree, size_t n_left, size_t n_right,
                      size_t n_features, size_t n_decisions)
{
    size_t n = tree->n_splits;
    if (tree->n_leaves != n + 1 || n_left != n || n_right != n || n_features != n || n_decisions != n)
        return fail_tree(source, tree, QR_EFORMAT, "its arrays are missing or of different lengths");
    for (size_t i = 0; i < tree->n_leaves; i++)
        if (tree->leaves[i] - tree->leaves[i] != 0)
            return fail_tree(source, tree, QR_EFORMAT, "a leaf is no finite number");
    for (size_t i = 0; i < n; i++)
        if (!split_fits(source, tree, i))
            return fail_tree(source, tree, QR_EFORMAT, "a split's feature, threshold or decision type is out of range");
    if (!sets_fit(tree))
        return fail_tree(source, tree, QR_EFORMAT, "its sets of categories do not fit together");
    return is_tree(tree)
               ? 0
               : fail_tree(source, tree, QR_EFORMAT, "a node has two parents, or a child lies outside the tree");
}

static int read_tree(struct source *source, struct source_tree *tree)
{
    size_t n_left = 0, n_right = 0, n_features = 0, n_decisions = 0;
    struct line line;
    bool good = true;
    while (good && next_line(source, &line) && line.value) {
        if (is_key(&line, "threshold"))
            good = read_reals(source, &line, &tree->thresholds, &tree->n_splits);
        else if (is_key(&line, "leaf_value"))
            good = read_reals(source, &line, &tree->leaves, &tree->n_leaves);
        else if (is_key(&line, "split_feature"))
            good = read_wholes(source, &line, &tree->features, &n_features);
        else if (is_key(&line, "decision_type"))
            good = read_wholes(source, &line, &tree->decisions, &n_decisions);
        else if (is_key(&line, "left_child"))
            good = read_wholes(source, &line, &tree->left, &n_left);
        else if (is_key(&line, "right_child"))
            good = read_wholes(source, &line, &tree->right, &n_right);
        else if (is_key(&line, "cat_boundaries"))
            good = read_wholes(source, &line, &tree->boundaries, &tree->n_boundaries);
        else if (is_key(&line, "cat_threshold"))
            good = read_wholes(source, &line, &tree->words, &tree->n_words);
        else if (is_key(&line, "is_linear") && line.value_size > 0 && line.value[0] == '1')
            return fail_tree(source, tree, QR_EUNSUPPORTED,
                             "its leaves are linear models, which no integer leaf can hold");
    }
    if (source->numbers > DRAFT_NUMBERS_MAX)
        return fail_tree(source, tree, QR_ELIMIT, "the file holds more numbers than this program reads");
    if (!good)
        return fail_tree(source, tree, QR_EFORMAT, "an array holds something that is no number");
    return check_tree(source, tree, n_left, n_right, n_features, n_decisions);
}

static int add_tree(struct source *source, size_t index)
{
    QR_CLEANUP(tree_done) struct source_tree tree = {.index = index};
    uint32_t root = 0;
    int code = read_tree(source, &tree);
    if (!code)
        code = convert(source, &tree, tree.n_splits == 0 ? ~INT64_C(0) : 0, 0, &root);
    if (!code)
        draft_add_tree(&source->draft, root);
    return code;
}

/* The head. */

static const struct objective {
    const char *name;
    bool log_link;
} objectives[] = {
    {"regression", false}, {"regression_l1", false}, {"huber", false}, {"fair", false},   {"quantile", false},
    {"mape", false},       {"poisson", true},        {"gamma", true},  {"tweedie", true},
};

static int read_objective(struct source *source, const struct line *line)
{
    const char *at = line->value, *end = line->value + line->value_size, *word;
    size_t size;
    if (!next_word(&at, end, &word, &size))
        return qr_fail(source->error, QR_EUNSUPPORTED, "the model names no objective");
    for (size_t i = 0; i < sizeof objectives / sizeof *objectives; i++) {
        if (strlen(objectives[i].name) != size || memcmp(objectives[i].name, word, size) != 0)
            continue;
        if (objectives[i].log_link && source->draft.schema->output.link != QR_LINK_LOG)
            return qr_fail(source->error, QR_EINPUT,
                           "objective %s predicts exp of its score: FEATURES.json needs \"link\": \"log\"",
                           objectives[i].name);
        if (next_word(&at, end, &word, &size) && size == 4 && memcmp(word, "sqrt", 4) == 0)
            return qr_fail(source->error, QR_EUNSUPPORTED, "reg_sqrt squares the output, which no link here does");
        return 0;
    }
    return qr_fail(source->error, QR_EUNSUPPORTED, "objective %.*s has no exact counterpart as a fare",
                   size > 40 ? 40 : (int)size, word);
}

static int map_features(struct source *source, const struct line *line)
{
    const struct qr_schema *schema = source->draft.schema;
    const char *at = line->value, *word;
    size_t size;
    bool taken[QR_FEATURES_MAX] = {0};
    source->n_features = count_words(line);
    if (source->features || source->n_features != schema->n_features)
        return qr_fail(source->error, QR_EINPUT, "the model has %zu features and FEATURES.json declares %zu",
                       source->n_features, schema->n_features);
    source->features = qr_alloc(source->n_features, sizeof *source->features);
    for (size_t i = 0; next_word(&at, line->value + line->value_size, &word, &size); i++) {
        char name[QR_FEATURE_NAME_SIZE] = "", number[32];
        snprintf(number, sizeof number, "Column_%zu", i);
        if (size < sizeof name)
            memcpy(name, word, size);
        int feature = strcmp(name, number) == 0 ? (int)i : qr_schema_find(schema, name);
        if (feature < 0 || taken[feature])
            return qr_fail(source->error, QR_EINPUT, "the model's feature %.*s is not declared in FEATURES.json",
                           size > 60 ? 60 : (int)size, word);
        taken[feature] = true;
        source->features[i] = feature;
    }
    return 0;
}

static bool is_one(const struct line *line)
{
    int64_t value;
    const char *at = line->value, *word;
    size_t size;
    return next_word(&at, line->value + line->value_size, &word, &size) && whole_of(word, size, &value) && value == 1;
}

static int read_head_line(struct source *source, const struct line *line, bool *objective)
{
    if (is_key(line, "average_output"))
        source->average = true;
    if (!line->value)
        return 0;
    if (is_key(line, "version") &&
        !(line->value_size >= 2 && line->value[0] == 'v' && (line->value[1] == '3' || line->value[1] == '4')))
        return qr_fail(source->error, QR_EUNSUPPORTED, "LightGBM's text of version %.*s is not read, only v3 and v4",
                       line->value_size > 10 ? 10 : (int)line->value_size, line->value);
    if ((is_key(line, "num_class") || is_key(line, "num_tree_per_iteration")) && !is_one(line))
        return qr_fail(source->error, QR_EUNSUPPORTED, "the model has several outputs, and a fare is one number");
    if (is_key(line, "feature_names"))
        return map_features(source, line);
    if (is_key(line, "objective")) {
        *objective = true;
        return read_objective(source, line);
    }
    return 0;
}

static int read_model(struct source *source)
{
    struct line line;
    bool objective = false, ended = false;
    size_t trees = 0;
    while (next_line(source, &line) && !(ended = is_key(&line, "end of trees"))) {
        int code;
        if (is_key(&line, "Tree") && (!objective || !source->features))
            return qr_fail(source->error, QR_EFORMAT, "the head names no objective or no features");
        if (trees == QR_TREES_MAX)
            return qr_fail(source->error, QR_ELIMIT, "the model has more than %d trees", QR_TREES_MAX);
        code = is_key(&line, "Tree") ? add_tree(source, trees++)
               : trees == 0          ? read_head_line(source, &line, &objective)
                                     : 0;
        if (code)
            return code;
    }
    return ended ? 0
                 : qr_fail(source->error, QR_EFORMAT,
                           "the file ends before \"end of trees\": it was cut off, so save the model again");
}

/* The last line of a model that was trained on pandas' categories: the names behind the codes, a list for each column
 * that has some, in the columns' order. */

enum { PANDAS_LINE_MAX = 4 << 20 };

static const char pandas_key[] = "\npandas_categorical:";

static json_t *pandas_names(const struct source *source)
{
    const char *line = memmem(source->at, (size_t)(source->end - source->at), pandas_key, sizeof pandas_key - 1);
    if (!line)
        return NULL;
    line += sizeof pandas_key - 1;
    const char *stop = memchr(line, '\n', (size_t)(source->end - line));
    size_t size = (size_t)((stop ? stop : source->end) - line);
    return size <= PANDAS_LINE_MAX ? json_loadb(line, size, 0, NULL) : NULL;
}

/* Codes that are numbers have no names to compare. A category beyond those of the model is one that it was not trained on: every tree
 * takes it to the right, as LightGBM does. */
static int check_column(struct source *source, const struct qr_feature *feature, const json_t *names)
{
    size_t n = json_array_size(names);
    for (size_t i = 0; i < n && i < feature->n_categories; i++) {
        const char *name = json_string_value(json_array_get(names, i));
        if (!name)
            return 0;
        if (strcmp(name, feature->categories[i]) != 0)
            return qr_fail(source->error, QR_EINPUT,
                           "category %zu of %s is %s in FEATURES.json and another one in the model", i, feature->name,
                           feature->categories[i]);
    }
    return 0;
}

static int check_names(struct source *source)
{
    const struct qr_schema *schema = source->draft.schema;
    json_t *lists = pandas_names(source);
    size_t columns = 0, at = 0;
    int code = 0;
    for (size_t i = 0; i < source->n_features; i++)
        columns += schema->features[source->features[i]].kind == QR_FEATURE_CATEGORY;
    bool same = json_array_size(lists) == columns; /* else some were codes, and nothing tells which */
    for (size_t i = 0; i < source->n_features && same && !code; i++) {
        const struct qr_feature *feature = &schema->features[source->features[i]];
        if (feature->kind == QR_FEATURE_CATEGORY)
            code = check_column(source, feature, json_array_get(lists, at++));
    }
    json_decref(lists);
    return code;
}

/* A random forest predicts the mean of its trees. */
static void divide_leaves(struct draft *draft)
{
    for (size_t i = 0; i < draft->n_nodes; i++)
        if (draft->nodes[i].feature == QR_LEAF)
            draft->nodes[i].leaf /= (double)draft->n_trees;
    draft->leaves_inexact = true;
}

int import_lightgbm(const char *text, size_t size, const struct qr_schema *schema, struct qr_import *ret_import,
                    struct qr_error *error)
{
    struct source source = {.draft.schema = schema, .at = text, .end = text + size, .error = error};
    source.c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    int code = read_model(&source);
    if (!code)
        code = check_names(&source);
    if (!code && source.average)
        divide_leaves(&source.draft);
    if (!code)
        code = draft_finish(&source.draft, ret_import, error);
    draft_done(&source.draft);
    free(source.features);
    freelocale(source.c_locale);
    return code;
}
