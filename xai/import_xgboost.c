#include "xai/draft.h"

/* XGBoost 1.0 to 3.x, JSON or UBJSON: the same document (XGBoost's doc/tutorials/saving_model and model.schema). Its
 * predictor compares in float32: blank to the default child; a number left iff x < threshold; a category left iff it is
 * not in the set. Only nodes that the root reaches are looked at: deleted ones keep rubbish. */

struct source {
    struct doc *doc;
    struct draft draft;
    int *features; /* of the schema, for each column of the source */
    size_t n_features;
    struct qr_error *error;
};

/* One tree's arrays, each of n values; the optional ones may be NULL. */
struct source_tree {
    size_t index, n;
    const struct doc_value *left, *right, *features, *conditions, *default_left, *split_type;
    const struct doc_value *category_nodes, *segments, *sizes, *categories;
    double weight; /* DART */
    uint8_t *seen;
    size_t n_listed;         /* categories in the sets so far */
    int32_t *category_entry; /* of each node in category_nodes, or -1; NULL when there are none */
};

static int fail_tree(struct source *source, const struct source_tree *tree, enum qr_code code, const char *what)
{
    return qr_fail(source->error, code, "tree %zu: %s", tree->index, what);
}

/* Members that may be texts or numbers. */

static bool whole_of(const struct doc *doc, const struct doc_value *value, int64_t *ret_value)
{
    if (doc_is(value, DOC_INTEGER) || doc_is(value, DOC_BOOL)) {
        *ret_value = value->integer;
        return true;
    }
    const char *text = doc_text(doc, value);
    if (!text || !*text)
        return false;
    char *end;
    errno = 0;
    *ret_value = strtoll(text, &end, 10);
    return *end == 0 && errno == 0;
}

/* An absent count is `otherwise`. */
static bool count_of(const struct doc *doc, const struct doc_value *object, const char *key, int64_t otherwise,
                     int64_t *ret_value)
{
    const struct doc_value *value = doc_get(doc, object, key);
    *ret_value = otherwise;
    return !value || whole_of(doc, value, ret_value);
}

static bool real_of(const struct doc_value *value, double *ret_value)
{
    if (doc_is(value, DOC_FLOAT))
        *ret_value = (double)(float)value->real;
    else if (doc_is(value, DOC_INTEGER))
        *ret_value = (double)(float)value->integer;
    else
        return false;
    return true;
}

/* Splits. */

static bool float_reaches(double value, const void *threshold)
{
    return (float)value >= *(const float *)threshold;
}

/* A threshold over the indexes of categories, as a model trained on codes has it. */
static enum draft_route split_codes(struct source *source, const struct qr_feature *feature, float threshold,
                                    bool missing_left, struct draft_node *node)
{
    uint64_t set[QR_CATEGORIES_MAX / 64 + 1] = {0};
    draft_codes_below(feature, (size_t)draft_threshold(feature, float_reaches, &threshold), set);
    if (missing_left)
        set[feature->n_categories / 64] |= UINT64_C(1) << (feature->n_categories % 64);
    return draft_category(&source->draft, feature, set, node);
}

static int split_number(struct source *source, const struct source_tree *tree, size_t at, bool missing_left,
                        struct draft_node *node, enum draft_route *ret_route, bool *ret_swapped)
{
    double condition = 0;
    const struct doc_value *value = doc_at(source->doc, tree->conditions, at);
    if (!real_of(value, &condition) || condition != condition)
        return fail_tree(source, tree, QR_EFORMAT, "the threshold of a split is no number");
    float threshold = (float)condition;
    const struct qr_feature *feature = &source->draft.schema->features[node->feature];
    *ret_swapped = false;
    if (feature->kind == QR_FEATURE_NUMBER)
        *ret_route =
            draft_number(feature, draft_threshold(feature, float_reaches, &threshold), missing_left, node, ret_swapped);
    else
        *ret_route = split_codes(source, feature, threshold, missing_left, node);
    return 0;
}

static int read_set(struct source *source, struct source_tree *tree, size_t at, const struct qr_feature *feature,
                    uint64_t *set)
{
    int32_t entry = tree->category_entry ? tree->category_entry[at] : -1;
    if (entry < 0)
        return fail_tree(source, tree, QR_EFORMAT, "a split over categories lists none");
    int64_t first, size;
    if (!whole_of(source->doc, doc_at(source->doc, tree->segments, (size_t)entry), &first) ||
        !whole_of(source->doc, doc_at(source->doc, tree->sizes, (size_t)entry), &size) || first < 0 || size < 0 ||
        first > tree->categories->count || size > tree->categories->count - first)
        return fail_tree(source, tree, QR_EFORMAT, "a split's categories lie outside their list");
    tree->n_listed += (size_t)size; /* or a short list could be read a million times */
    if (tree->n_listed > tree->categories->count)
        return fail_tree(source, tree, QR_EFORMAT, "its splits list more categories than there are in their list");
    for (int64_t i = first; i < first + size; i++) {
        int64_t category;
        if (!whole_of(source->doc, doc_at(source->doc, tree->categories, (size_t)i), &category) || category < 0)
            return fail_tree(source, tree, QR_EFORMAT, "a category is no index");
        if ((uint64_t)category < feature->n_categories) /* others cannot stand in a row */
            set[category / 64] &= ~(UINT64_C(1) << (category % 64));
    }
    return 0;
}

static int split_category(struct source *source, struct source_tree *tree, size_t at, bool missing_left,
                          struct draft_node *node, enum draft_route *ret_route)
{
    const struct qr_feature *feature = &source->draft.schema->features[node->feature];
    if (feature->kind != QR_FEATURE_CATEGORY)
        return qr_fail(source->error, QR_EINPUT,
                       "feature %s has categories in the model and is a number in FEATURES.json", feature->name);
    uint64_t set[QR_CATEGORIES_MAX / 64 + 1];
    memset(set, 0xff, sizeof set); /* left is what is not listed */
    int code = read_set(source, tree, at, feature, set);
    if (code)
        return code;
    if (!missing_left)
        set[feature->n_categories / 64] &= ~(UINT64_C(1) << (feature->n_categories % 64));
    *ret_route = draft_category(&source->draft, feature, set, node);
    return 0;
}

/* Trees. */

static int convert(struct source *source, struct source_tree *tree, int64_t at, unsigned depth, uint32_t *ret_node);

static int convert_leaf(struct source *source, const struct source_tree *tree, size_t at, uint32_t *ret_node)
{
    struct draft_node node = {.feature = QR_LEAF};
    if (!real_of(doc_at(source->doc, tree->conditions, at), &node.leaf) || node.leaf - node.leaf != 0)
        return fail_tree(source, tree, QR_EFORMAT, "a leaf is no finite number");
    node.leaf *= tree->weight;
    *ret_node = draft_add(&source->draft, &node);
    return 0;
}

static int read_split(struct source *source, struct source_tree *tree, size_t at, struct draft_node *node,
                      enum draft_route *ret_route, bool *ret_swapped)
{
    int64_t column, missing_left, categorical = 0;
    if (!whole_of(source->doc, doc_at(source->doc, tree->features, at), &column) || column < 0 ||
        (uint64_t)column >= source->n_features)
        return fail_tree(source, tree, QR_EFORMAT, "a split is on a feature that the model does not have");
    if (!whole_of(source->doc, doc_at(source->doc, tree->default_left, at), &missing_left) ||
        (tree->split_type && !whole_of(source->doc, doc_at(source->doc, tree->split_type, at), &categorical)) ||
        (missing_left | categorical) >> 1)
        return fail_tree(source, tree, QR_EFORMAT, "a split's default side or type is neither 0 nor 1");
    *node = (struct draft_node){.feature = source->features[column]};
    *ret_swapped = false;
    return categorical ? split_category(source, tree, at, missing_left, node, ret_route)
                       : split_number(source, tree, at, missing_left, node, ret_route, ret_swapped);
}

static int convert_split(struct source *source, struct source_tree *tree, size_t at, unsigned depth, int64_t left,
                         int64_t right, uint32_t *ret_node)
{
    struct draft_node node;
    enum draft_route route = ROUTE_BOTH;
    bool swapped;
    int code = read_split(source, tree, at, &node, &route, &swapped);
    if (code)
        return code;
    if (route != ROUTE_BOTH)
        return convert(source, tree, route == ROUTE_LEFT ? left : right, depth + 1, ret_node);
    uint32_t place = draft_add(&source->draft, &node), children[2] = {0};
    code = convert(source, tree, swapped ? right : left, depth + 1, &children[0]);
    if (!code)
        code = convert(source, tree, swapped ? left : right, depth + 1, &children[1]);
    source->draft.nodes[place].left = children[0];
    source->draft.nodes[place].right = children[1];
    *ret_node = place;
    return code;
}

static int convert(struct source *source, struct source_tree *tree, int64_t at, unsigned depth, uint32_t *ret_node)
{
    if (at < 0 || (uint64_t)at >= tree->n)
        return fail_tree(source, tree, QR_EFORMAT, "a child lies outside the tree");
    if (tree->seen[at]++)
        return fail_tree(source, tree, QR_EFORMAT, "a node has two parents");
    if (depth > DRAFT_DEPTH_MAX)
        return fail_tree(source, tree, QR_ELIMIT, "it is deeper than this program reads");
    if (draft_is_full(&source->draft))
        return fail_tree(source, tree, QR_ELIMIT, "with it the model is larger than a model file can be");
    int64_t left, right;
    if (!whole_of(source->doc, doc_at(source->doc, tree->left, (size_t)at), &left) ||
        !whole_of(source->doc, doc_at(source->doc, tree->right, (size_t)at), &right) || (left == -1) != (right == -1))
        return fail_tree(source, tree, QR_EFORMAT, "a node has one child, or one that is no index");
    return left == -1 ? convert_leaf(source, tree, (size_t)at, ret_node)
                      : convert_split(source, tree, (size_t)at, depth, left, right, ret_node);
}

static bool array_of(const struct doc *doc, const struct doc_value *object, const char *key, size_t n,
                     const struct doc_value **ret_array)
{
    *ret_array = doc_get(doc, object, key);
    return doc_is(*ret_array, DOC_ARRAY) && (*ret_array)->count == n && !doc_key_repeated(doc, object, key);
}

/* Where each categorical node's set is listed. */
static int index_categories(struct source *source, const struct doc_value *object, struct source_tree *tree)
{
    const struct doc *doc = source->doc;
    const struct doc_value *nodes = doc_get(doc, object, "categories_nodes");
    if (!doc_is(nodes, DOC_ARRAY) || nodes->count == 0)
        return 0;
    tree->categories = doc_get(doc, object, "categories");
    if (!array_of(doc, object, "categories_segments", nodes->count, &tree->segments) ||
        !array_of(doc, object, "categories_sizes", nodes->count, &tree->sizes) || !doc_is(tree->categories, DOC_ARRAY))
        return fail_tree(source, tree, QR_EFORMAT, "its lists of categories do not fit together");
    tree->category_entry = qr_alloc(tree->n, sizeof *tree->category_entry);
    memset(tree->category_entry, 0xff, tree->n * sizeof *tree->category_entry);
    for (size_t i = 0; i < nodes->count; i++) {
        int64_t node;
        if (!whole_of(doc, doc_at(doc, nodes, i), &node) || node < 0 || (uint64_t)node >= tree->n)
            return fail_tree(source, tree, QR_EFORMAT, "categories are listed for a node that is not there");
        tree->category_entry[node] = (int32_t)i;
    }
    return 0;
}

static int read_arrays(struct source *source, const struct doc_value *object, struct source_tree *tree)
{
    const struct doc *doc = source->doc;
    const struct doc_value *left = doc_get(doc, object, "left_children");
    int64_t leaf_vector;
    if (!count_of(doc, doc_get(doc, object, "tree_param"), "size_leaf_vector", 0, &leaf_vector) || leaf_vector > 1)
        return fail_tree(source, tree, QR_EUNSUPPORTED, "its leaves are vectors, and a fare is one number");
    tree->n = doc_is(left, DOC_ARRAY) ? left->count : 0;
    tree->split_type = doc_get(doc, object, "split_type");
    if (tree->n == 0 || !array_of(doc, object, "left_children", tree->n, &tree->left) ||
        !array_of(doc, object, "right_children", tree->n, &tree->right) ||
        !array_of(doc, object, "split_indices", tree->n, &tree->features) ||
        !array_of(doc, object, "split_conditions", tree->n, &tree->conditions) ||
        !array_of(doc, object, "default_left", tree->n, &tree->default_left) ||
        (tree->split_type && !array_of(doc, object, "split_type", tree->n, &tree->split_type)))
        return fail_tree(source, tree, QR_EFORMAT,
                         "an array of its nodes is missing or of another length than the others");
    return index_categories(source, object, tree);
}

static int read_tree(struct source *source, const struct doc_value *object, size_t index, double weight)
{
    struct source_tree tree = {.index = index, .weight = weight};
    int code = read_arrays(source, object, &tree);
    if (!code) {
        uint32_t root;
        tree.seen = qr_alloc(tree.n, 1);
        code = convert(source, &tree, 0, 0, &root);
        if (!code)
            draft_add_tree(&source->draft, root);
    }
    free(tree.seen);
    free(tree.category_entry);
    return code;
}

/* The document around the trees. */

static int read_trees(struct source *source, const struct doc_value *booster)
{
    const struct doc *doc = source->doc;
    const struct doc_value *drops = doc_get(doc, booster, "weight_drop");
    if (doc_is(doc_get(doc, booster, "gbtree"), DOC_OBJECT)) /* DART keeps its trees one step down */
        booster = doc_get(doc, booster, "gbtree");
    const struct doc_value *model = doc_get(doc, booster, "model");
    const struct doc_value *trees = doc_get(doc, model, "trees"), *groups = doc_get(doc, model, "tree_info");
    if (!doc_is(trees, DOC_ARRAY))
        return qr_fail(source->error, QR_EFORMAT, "the document has no learner.gradient_booster.model.trees");
    if (trees->count > QR_TREES_MAX)
        return qr_fail(source->error, QR_ELIMIT, "the model has %u trees and at most %d are possible", trees->count,
                       QR_TREES_MAX);
    if (drops && (!doc_is(drops, DOC_ARRAY) || drops->count != trees->count))
        return qr_fail(source->error, QR_EFORMAT, "weight_drop does not hold a weight for every tree");
    for (size_t i = 0; i < trees->count; i++) {
        int64_t group = 0;
        double weight = 1;
        if (doc_is(groups, DOC_ARRAY) && i < groups->count && whole_of(doc, doc_at(doc, groups, i), &group) &&
            group != 0)
            return qr_fail(source->error, QR_EUNSUPPORTED, "the model has several outputs, and a fare is one number");
        if (drops && (!real_of(doc_at(doc, drops, i), &weight) || weight - weight != 0))
            return qr_fail(source->error, QR_EFORMAT, "the weight of tree %zu is no number", i);
        int code = read_tree(source, doc_at(doc, trees, i), i, weight);
        if (code)
            return code;
    }
    return 0;
}

/* Objectives whose score is base + leaves and whose base score is the score itself or exp of it. */
static const struct objective {
    const char *name;
    bool log_base;
} objectives[] = {
    {"reg:squarederror", false},  {"reg:linear", false},          {"reg:pseudohubererror", false},
    {"reg:absoluteerror", false}, {"reg:squaredlogerror", false}, {"count:poisson", true},
    {"reg:gamma", true},          {"reg:tweedie", true},
};

/* "5E-1", "[5E-1]" or "0.500000". */
static int read_base(struct source *source, const struct doc_value *learner, bool log_base)
{
    const char *text =
        doc_text(source->doc, doc_get(source->doc, doc_get(source->doc, learner, "learner_model_param"), "base_score"));
    if (!text)
        return qr_fail(source->error, QR_EFORMAT, "the document has no learner.learner_model_param.base_score");
    size_t size = strlen(text);
    bool vector = size >= 2 && text[0] == '[' && text[size - 1] == ']';
    if (vector && strchr(text, ','))
        return qr_fail(source->error, QR_EUNSUPPORTED, "the model has several outputs, and a fare is one number");
    text += vector;
    size -= vector ? 2 : 0;
    if (size == 0 || strspn(text, "+-.0123456789eE") < size)
        return qr_fail(source->error, QR_EFORMAT, "base_score is no number: %.40s", text);
    double base = (double)doc_float(source->doc, text, size);
    if (base - base != 0 || (log_base && base <= 0))
        return qr_fail(source->error, QR_EFORMAT, "base_score is out of range: %.40s", text);
    source->draft.base = log_base ? draft_log(base) : base;
    source->draft.base_inexact = log_base && base != 1;
    return 0;
}

static int read_objective(struct source *source, const struct doc_value *learner)
{
    const char *name = doc_text(source->doc, doc_get(source->doc, doc_get(source->doc, learner, "objective"), "name"));
    if (!name)
        return qr_fail(source->error, QR_EFORMAT, "the document has no learner.objective.name");
    for (size_t i = 0; i < sizeof objectives / sizeof *objectives; i++) {
        if (strcmp(objectives[i].name, name) != 0)
            continue;
        if (objectives[i].log_base && source->draft.schema->output.link != QR_LINK_LOG)
            return qr_fail(source->error, QR_EINPUT,
                           "objective %s predicts exp of its score: FEATURES.json needs \"link\": \"log\"", name);
        return read_base(source, learner, objectives[i].log_base);
    }
    qr_fail(source->error, QR_EUNSUPPORTED, "objective %.60s has no exact counterpart as a fare", name);
    qr_hint(source->error, "train with reg:squarederror, count:poisson, reg:gamma or reg:tweedie");
    return QR_EUNSUPPORTED;
}

static int read_counts(struct source *source, const struct doc_value *learner)
{
    const struct doc_value *parameters = doc_get(source->doc, learner, "learner_model_param");
    int64_t classes, targets, features;
    if (!count_of(source->doc, parameters, "num_class", 0, &classes) ||
        !count_of(source->doc, parameters, "num_target", 1, &targets) ||
        !count_of(source->doc, parameters, "num_feature", -1, &features))
        return qr_fail(source->error, QR_EFORMAT, "learner.learner_model_param holds something that is no number");
    if (classes > 1 || targets > 1)
        return qr_fail(source->error, QR_EUNSUPPORTED, "the model has several outputs, and a fare is one number");
    if (features < 1 || features > QR_FEATURES_MAX)
        return qr_fail(source->error, QR_ELIMIT, "the model has %" PRId64 " features and 1 to %d are possible",
                       features, QR_FEATURES_MAX);
    source->n_features = (size_t)features;
    return 0;
}

/* By name where the source names its features, else by position. */
static int map_features(struct source *source, const struct doc_value *learner)
{
    const struct qr_schema *schema = source->draft.schema;
    const struct doc_value *names = doc_get(source->doc, learner, "feature_names");
    bool named = doc_is(names, DOC_ARRAY) && names->count > 0;
    if ((named && names->count != source->n_features) || (!named && schema->n_features != source->n_features))
        return qr_fail(source->error, QR_EINPUT, "the model has %zu features and %s %zu", source->n_features,
                       named ? "names" : "FEATURES.json declares", named ? (size_t)names->count : schema->n_features);
    source->features = qr_alloc(source->n_features, sizeof *source->features);
    bool taken[QR_FEATURES_MAX] = {0};
    for (size_t i = 0; i < source->n_features; i++) {
        const char *name = named ? doc_text(source->doc, doc_at(source->doc, names, i)) : NULL;
        int feature = named ? (name ? qr_schema_find(schema, name) : -1) : (int)i;
        if (feature < 0)
            return qr_fail(source->error, QR_EINPUT, "the model's feature %.60s is not declared in FEATURES.json",
                           name ? name : "without a name");
        if (taken[feature])
            return qr_fail(source->error, QR_EFORMAT, "the model names feature %.60s twice", name);
        taken[feature] = true;
        source->features[i] = feature;
    }
    for (size_t i = 0; i < schema->n_features; i++)
        if (!taken[i])
            return qr_fail(source->error, QR_EINPUT, "FEATURES.json declares %s, and the model does not have it",
                           schema->features[i].name);
    return 0;
}

/* From 3.1 on a model trained on named categories holds their names: offsets into bytes. They must be the declared
 * ones. */
static int check_names(struct source *source, const struct qr_feature *feature, const struct doc_value *encoding)
{
    const struct doc *doc = source->doc;
    const struct doc_value *offsets = doc_get(doc, encoding, "offsets"), *bytes = doc_get(doc, encoding, "values");
    if (!doc_is(offsets, DOC_ARRAY) || offsets->count < 2 || !doc_is(bytes, DOC_ARRAY) ||
        feature->kind != QR_FEATURE_CATEGORY)
        return 0;
    for (size_t i = 0; i + 1 < offsets->count && i < feature->n_categories; i++) {
        int64_t from, to, byte;
        const char *name = feature->categories[i];
        size_t size = strlen(name);
        bool same = whole_of(doc, doc_at(doc, offsets, i), &from) && whole_of(doc, doc_at(doc, offsets, i + 1), &to) &&
                    from >= 0 && to >= from && to <= bytes->count && (size_t)(to - from) == size;
        for (size_t j = 0; same && j < size; j++)
            same = whole_of(doc, doc_at(doc, bytes, (size_t)from + j), &byte) && (uint8_t)byte == (uint8_t)name[j];
        if (!same)
            return qr_fail(source->error, QR_EINPUT,
                           "category %zu of %s is %s in FEATURES.json and another one in the model", i, feature->name,
                           name);
    }
    if (feature->n_categories + 1 > offsets->count)
        return qr_fail(source->error, QR_EINPUT, "%s has %zu categories in FEATURES.json and %u in the model",
                       feature->name, feature->n_categories, offsets->count - 1);
    return 0;
}

static int check_categories(struct source *source, const struct doc_value *booster)
{
    const struct doc *doc = source->doc;
    const struct doc_value *model = doc_get(doc, booster, "model");
    if (!model)
        model = doc_get(doc, doc_get(doc, booster, "gbtree"), "model");
    const struct doc_value *encodings = doc_get(doc, doc_get(doc, model, "cats"), "enc");
    for (size_t i = 0; doc_is(encodings, DOC_ARRAY) && i < encodings->count && i < source->n_features; i++) {
        int code = check_names(source, &source->draft.schema->features[source->features[i]], doc_at(doc, encodings, i));
        if (code)
            return code;
    }
    return 0;
}

static int read_learner(struct source *source)
{
    const struct doc_value *learner = doc_get(source->doc, &source->doc->root, "learner");
    if (!learner)
        return qr_fail(source->error, QR_EFORMAT, "the document is no XGBoost model: it has no \"learner\"");
    const struct doc_value *booster = doc_get(source->doc, learner, "gradient_booster");
    const char *name = doc_text(source->doc, doc_get(source->doc, booster, "name"));
    if (!name || (strcmp(name, "gbtree") != 0 && strcmp(name, "dart") != 0))
        return qr_fail(source->error, QR_EUNSUPPORTED, "booster %.40s is no tree ensemble",
                       name ? name : "without a name");
    int code = read_counts(source, learner);
    if (!code)
        code = map_features(source, learner);
    if (!code)
        code = check_categories(source, booster);
    if (!code)
        code = read_objective(source, learner);
    return code ? code : read_trees(source, booster);
}

int import_xgboost(struct doc *doc, const struct qr_schema *schema, struct qr_import *ret_import,
                   struct qr_error *error)
{
    struct source source = {.doc = doc, .draft.schema = schema, .error = error};
    int code = read_learner(&source);
    if (!code)
        code = draft_finish(&source.draft, ret_import, error);
    draft_done(&source.draft);
    free(source.features);
    return code;
}
