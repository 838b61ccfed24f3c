#include "xai/export.h"

#include "xai/draft.h"

#include <locale.h>

/* float32 in the shortest form that reads back the same, with a point so that no reader takes it for a whole number. */
static void put_float(struct qr_buffer *out, float value)
{
    char text[32];
    snprintf(text, sizeof text, "%.9g", (double)value);
    qr_buffer_text(out, "%s%s", text, strpbrk(text, ".e") ? "" : ".0");
}

static float scaled(const struct qr_model *model, int64_t value)
{
    return (float)((double)value / (double)(1 << model->facts.score_bits));
}

static float threshold_of(const struct qr_model *model, const struct qr_node *node)
{
    return (float)((double)node->threshold / (double)model->schema.features[node->feature].scale);
}

static int check_split(const struct qr_model *model, const struct qr_node *node, struct qr_error *error)
{
    const struct qr_feature *feature = &model->schema.features[node->feature];
    if (node->category || (float)((double)(node->threshold - 1) / (double)feature->scale) < threshold_of(model, node))
        return 0;
    return qr_fail(error, QR_EUNSUPPORTED,
                   "feature %s has neighbouring values that are one float32, and a split parts them", feature->name);
}

/* A tree numbered as XGBoost has to have it: its predictors step to the left child, or to the number behind it. */
struct numbered {
    const struct qr_model *model;
    const struct qr_node *root;
    size_t n;
    uint32_t *nodes;   /* of each number, its place in the model */
    uint32_t *left;    /* 0: a leaf */
    uint32_t *parents; /* INT32_MAX: none */
};

/* Level by level, which keeps the two children of a node together. */
static struct numbered number_tree(const struct qr_model *model, size_t tree)
{
    size_t size = model->trees[tree].n_nodes;
    struct numbered t = {model,
                         qr_tree_root(model, tree),
                         1,
                         qr_alloc(size, sizeof *t.nodes),
                         qr_alloc(size, sizeof *t.left),
                         qr_alloc(size, sizeof *t.parents)};
    t.parents[0] = INT32_MAX;
    for (uint32_t i = 0; i < t.n; i++) {
        const struct qr_node *node = &t.root[t.nodes[i]];
        if (node->feature == QR_LEAF)
            continue;
        t.left[i] = (uint32_t)t.n;
        t.nodes[t.n] = t.nodes[i] + 1;
        t.nodes[t.n + 1] = node->right;
        t.parents[t.n] = t.parents[t.n + 1] = i;
        t.n += 2;
    }
    return t;
}

static void numbered_done(struct numbered *tree)
{
    free(tree->nodes);
    free(tree->left);
    free(tree->parents);
}

static const struct qr_node *node_of(const struct numbered *tree, size_t number)
{
    return &tree->root[tree->nodes[number]];
}

/* One array of a tree: `put` writes the element of a node. */
typedef void put_element(struct qr_buffer *out, const struct numbered *tree, size_t number);

static void put_array(struct qr_buffer *out, const struct numbered *tree, const char *key, put_element *put)
{
    qr_buffer_text(out, "\"%s\":[", key);
    for (size_t i = 0; i < tree->n; i++) {
        if (i > 0)
            qr_buffer_byte(out, ',');
        put(out, tree, i);
    }
    qr_buffer_text(out, "],");
}

static void put_left(struct qr_buffer *out, const struct numbered *tree, size_t number)
{
    qr_buffer_text(out, "%" PRId64, tree->left[number] ? (int64_t)tree->left[number] : -1);
}

static void put_right(struct qr_buffer *out, const struct numbered *tree, size_t number)
{
    qr_buffer_text(out, "%" PRId64, tree->left[number] ? (int64_t)tree->left[number] + 1 : -1);
}

static void put_parent(struct qr_buffer *out, const struct numbered *tree, size_t number)
{
    qr_buffer_text(out, "%" PRIu32, tree->parents[number]);
}

static void put_feature(struct qr_buffer *out, const struct numbered *tree, size_t number)
{
    const struct qr_node *node = node_of(tree, number);
    qr_buffer_text(out, "%d", node->feature == QR_LEAF ? 0 : (int)node->feature);
}

static void put_condition(struct qr_buffer *out, const struct numbered *tree, size_t number)
{
    const struct qr_node *node = node_of(tree, number);
    put_float(out, node->feature == QR_LEAF ? scaled(tree->model, node->leaf)
                   : node->category         ? 0.0f
                                            : threshold_of(tree->model, node));
}

static void put_default_left(struct qr_buffer *out, const struct numbered *tree, size_t number)
{
    const struct qr_node *node = node_of(tree, number);
    qr_buffer_byte(out, node->feature != QR_LEAF && qr_node_left(tree->model, node, QR_MISSING) ? '1' : '0');
}

static void put_type(struct qr_buffer *out, const struct numbered *tree, size_t number)
{
    qr_buffer_byte(out, node_of(tree, number)->category ? '1' : '0');
}

static void put_zero(struct qr_buffer *out, const struct numbered *tree, size_t number)
{
    (void)tree;
    (void)number;
    qr_buffer_text(out, "0.0");
}

/* Sets as XGBoost has them: the categories that go right, one list for all nodes. */
static void put_categories(struct qr_buffer *out, const struct numbered *tree)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer values = {0}, nodes = {0}, segments = {0}, sizes = {0};
    size_t n = 0;
    for (size_t i = 0; i < tree->n; i++) {
        const struct qr_node *node = node_of(tree, i);
        if (!node->category)
            continue;
        size_t first = n, last = tree->model->schema.features[node->feature].n_categories;
        for (size_t c = 0; c < last; c++)
            if (!qr_node_left(tree->model, node, (int32_t)c))
                qr_buffer_text(&values, "%s%zu", n++ ? "," : "", c);
        const char *comma = nodes.size ? "," : "";
        qr_buffer_text(&nodes, "%s%zu", comma, i);
        qr_buffer_text(&segments, "%s%zu", comma, first);
        qr_buffer_text(&sizes, "%s%zu", comma, n - first);
    }
    qr_buffer_text(
        out, "\"categories\":[%s],\"categories_nodes\":[%s],\"categories_segments\":[%s],\"categories_sizes\":[%s],",
        qr_buffer_string(&values), qr_buffer_string(&nodes), qr_buffer_string(&segments), qr_buffer_string(&sizes));
}

static void put_tree(struct qr_buffer *out, const struct qr_model *model, size_t index)
{
    QR_CLEANUP(numbered_done) struct numbered tree = number_tree(model, index);
    qr_buffer_text(out, "%s{", index ? "," : "");
    put_array(out, &tree, "left_children", put_left);
    put_array(out, &tree, "right_children", put_right);
    put_array(out, &tree, "split_indices", put_feature);
    put_array(out, &tree, "split_conditions", put_condition);
    put_array(out, &tree, "default_left", put_default_left);
    put_array(out, &tree, "split_type", put_type);
    put_array(out, &tree, "base_weights", put_zero);
    put_array(out, &tree, "loss_changes", put_zero);
    put_array(out, &tree, "sum_hessian", put_zero);
    put_array(out, &tree, "parents", put_parent);
    put_categories(out, &tree);
    qr_buffer_text(out,
                   "\"id\":%zu,\"tree_param\":{\"num_deleted\":\"0\",\"num_feature\":\"%zu\",\"num_nodes\":\"%zu\","
                   "\"size_leaf_vector\":\"1\"}}",
                   index, model->schema.n_features, tree.n);
}

static void put_names(struct qr_buffer *out, const struct qr_schema *schema)
{
    json_t *names = json_array(), *types = json_array();
    for (size_t i = 0; i < schema->n_features; i++) {
        json_array_append_new(names, json_string(schema->features[i].name));
        json_array_append_new(types, json_string(schema->features[i].kind == QR_FEATURE_CATEGORY ? "c" : "float"));
    }
    char *of_names = json_dumps(names, JSON_COMPACT), *of_types = json_dumps(types, JSON_COMPACT);
    qr_buffer_text(out, "\"feature_names\":%s,\"feature_types\":%s", of_names, of_types);
    free(of_names);
    free(of_types);
    json_decref(names);
    json_decref(types);
}

static void put_model(struct qr_buffer *out, const struct qr_model *model)
{
    size_t n = model->facts.trees;
    qr_buffer_text(out, "{\"learner\":{\"attributes\":{},");
    put_names(out, &model->schema);
    qr_buffer_text(
        out,
        ",\"gradient_booster\":{\"model\":{\"gbtree_model_param\":{\"num_parallel_tree\":\"1\",\"num_trees\":\"%zu\"},"
        "\"iteration_indptr\":[",
        n);
    for (size_t i = 0; i <= n; i++)
        qr_buffer_text(out, "%s%zu", i ? "," : "", i);
    qr_buffer_text(out, "],\"tree_info\":[");
    for (size_t i = 0; i < n; i++)
        qr_buffer_text(out, "%s0", i ? "," : "");
    qr_buffer_text(out, "],\"trees\":[");
    for (size_t i = 0; i < n; i++)
        put_tree(out, model, i);
    qr_buffer_text(out, "]},\"name\":\"gbtree\"},\"learner_model_param\":{\"base_score\":\"");
    put_float(out, scaled(model, model->facts.base_score));
    qr_buffer_text(out,
                   "\",\"boost_from_average\":\"1\",\"num_class\":\"0\",\"num_feature\":\"%zu\",\"num_target\":\"1\"},"
                   "\"objective\":{\"name\":\"reg:squarederror\",\"reg_loss_param\":{\"scale_pos_weight\":\"1\"}}},"
                   "\"version\":[2,1,0]}\n",
                   model->schema.n_features);
}

/* In units of the score: whole, because a float32 of that size is. */
static int64_t off_by(const struct qr_model *model, int64_t value)
{
    double back = (double)scaled(model, value) * (double)(1 << model->facts.score_bits) - (double)value;
    return (int64_t)(back < 0 ? -back : back);
}

/* What can come together in one sum, in units of the score. */
struct extremes {
    int64_t off;  /* by rounding of the leaves and the base score */
    int64_t size; /* of all that is added, without signs */
};

static void extend(struct extremes *most, const struct qr_model *model, int64_t value)
{
    int64_t off = off_by(model, value), size = llabs((long long)value) + off;
    most->off = off > most->off ? off : most->off;
    most->size = size > most->size ? size : most->size;
}

static struct extremes extremes_of(const struct qr_model *model)
{
    struct extremes sum = {0};
    extend(&sum, model, model->facts.base_score);
    for (size_t t = 0; t < model->facts.trees; t++) {
        struct extremes most = {0};
        const struct qr_node *root = qr_tree_root(model, t);
        for (size_t i = 0; i < model->trees[t].n_nodes; i++)
            if (root[i].feature == QR_LEAF)
                extend(&most, model, root[i].leaf);
        sum.off += most.off;
        sum.size += most.size;
    }
    return sum;
}

/* n additions in float32 are off by at most n u / (1 - n u) of the sum of sizes, u = 2^-24, in any order (Higham,
 * Accuracy and Stability of Numerical Algorithms, 4.2). In units of 2^-DRAFT_ERROR_BITS of the score's. */
static uint64_t addition_error(const struct qr_model *model, int64_t size)
{
    uint64_t n = model->facts.trees, divisor = (UINT64_C(1) << 24) - n;
    unsigned __int128 product = (unsigned __int128)n * (uint64_t)size << DRAFT_ERROR_BITS;
    return (uint64_t)((product + divisor - 1) / divisor);
}

int qr_export_xgboost(const struct qr_model *model, struct qr_buffer *out, struct qr_export_error *ret_max_error,
                      struct qr_error *error)
{
    for (size_t i = 0; i < model->n_nodes; i++) {
        int code = model->nodes[i].feature == QR_LEAF ? 0 : check_split(model, &model->nodes[i], error);
        if (code)
            return code;
    }
    locale_t c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0), before = uselocale(c_locale);
    put_model(out, model);
    uselocale(before);
    freelocale(c_locale);
    struct extremes most = extremes_of(model);
    uint64_t of_leaves = (uint64_t)most.off << DRAFT_ERROR_BITS;
    draft_format_error(of_leaves, model->facts.score_bits, ret_max_error->leaves);
    draft_format_error(of_leaves + addition_error(model, most.size), model->facts.score_bits, ret_max_error->score);
    return 0;
}
