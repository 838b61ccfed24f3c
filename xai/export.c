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

/* One array of a tree: `put` writes the element of a node. */
typedef void put_element(struct qr_buffer *out, const struct qr_model *model, const struct qr_node *root, size_t at);

static void put_array(struct qr_buffer *out, const struct qr_model *model, size_t tree, const char *key,
                      put_element *put)
{
    qr_buffer_text(out, "\"%s\":[", key);
    for (size_t i = 0; i < model->trees[tree].n_nodes; i++) {
        if (i > 0)
            qr_buffer_byte(out, ',');
        put(out, model, qr_tree_root(model, tree), i);
    }
    qr_buffer_text(out, "],");
}

static void put_left(struct qr_buffer *out, const struct qr_model *model, const struct qr_node *root, size_t at)
{
    (void)model;
    qr_buffer_text(out, "%" PRId64, root[at].feature == QR_LEAF ? -1 : (int64_t)at + 1);
}

static void put_right(struct qr_buffer *out, const struct qr_model *model, const struct qr_node *root, size_t at)
{
    (void)model;
    qr_buffer_text(out, "%" PRId64, root[at].feature == QR_LEAF ? -1 : (int64_t)root[at].right);
}

static void put_feature(struct qr_buffer *out, const struct qr_model *model, const struct qr_node *root, size_t at)
{
    (void)model;
    qr_buffer_text(out, "%d", root[at].feature == QR_LEAF ? 0 : (int)root[at].feature);
}

static void put_condition(struct qr_buffer *out, const struct qr_model *model, const struct qr_node *root, size_t at)
{
    const struct qr_node *node = &root[at];
    put_float(out, node->feature == QR_LEAF ? scaled(model, node->leaf)
                   : node->category         ? 0.0f
                                            : threshold_of(model, node));
}

static void put_default_left(struct qr_buffer *out, const struct qr_model *model, const struct qr_node *root, size_t at)
{
    qr_buffer_byte(out, root[at].feature != QR_LEAF && qr_node_left(model, &root[at], QR_MISSING) ? '1' : '0');
}

static void put_type(struct qr_buffer *out, const struct qr_model *model, const struct qr_node *root, size_t at)
{
    (void)model;
    qr_buffer_byte(out, root[at].category ? '1' : '0');
}

static void put_zero(struct qr_buffer *out, const struct qr_model *model, const struct qr_node *root, size_t at)
{
    (void)model;
    (void)root;
    (void)at;
    qr_buffer_text(out, "0.0");
}

static void put_parents(struct qr_buffer *out, const struct qr_model *model, size_t tree)
{
    size_t n = model->trees[tree].n_nodes;
    const struct qr_node *root = qr_tree_root(model, tree);
    QR_CLEANUP(qr_freep) uint32_t *parents = qr_alloc(n, sizeof *parents);
    parents[0] = INT32_MAX;
    for (uint32_t i = 0; i < n; i++)
        if (root[i].feature != QR_LEAF)
            parents[i + 1] = parents[root[i].right] = i;
    qr_buffer_text(out, "\"parents\":[");
    for (size_t i = 0; i < n; i++)
        qr_buffer_text(out, "%s%" PRIu32, i ? "," : "", parents[i]);
    qr_buffer_text(out, "],");
}

/* Sets as XGBoost has them: the categories that go right, one list for all nodes. */
static void put_categories(struct qr_buffer *out, const struct qr_model *model, size_t tree)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer values = {0}, nodes = {0}, segments = {0}, sizes = {0};
    size_t n = 0;
    const struct qr_node *root = qr_tree_root(model, tree);
    for (size_t i = 0; i < model->trees[tree].n_nodes; i++) {
        if (!root[i].category)
            continue;
        size_t first = n, last = model->schema.features[root[i].feature].n_categories;
        for (size_t c = 0; c < last; c++)
            if (!qr_node_left(model, &root[i], (int32_t)c))
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

static void put_tree(struct qr_buffer *out, const struct qr_model *model, size_t tree)
{
    qr_buffer_text(out, "%s{", tree ? "," : "");
    put_array(out, model, tree, "left_children", put_left);
    put_array(out, model, tree, "right_children", put_right);
    put_array(out, model, tree, "split_indices", put_feature);
    put_array(out, model, tree, "split_conditions", put_condition);
    put_array(out, model, tree, "default_left", put_default_left);
    put_array(out, model, tree, "split_type", put_type);
    put_array(out, model, tree, "base_weights", put_zero);
    put_array(out, model, tree, "loss_changes", put_zero);
    put_array(out, model, tree, "sum_hessian", put_zero);
    put_parents(out, model, tree);
    put_categories(out, model, tree);
    qr_buffer_text(out,
                   "\"id\":%zu,\"tree_param\":{\"num_deleted\":\"0\",\"num_feature\":\"%zu\",\"num_nodes\":\"%zu\","
                   "\"size_leaf_vector\":\"1\"}}",
                   tree, model->schema.n_features, model->trees[tree].n_nodes);
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

static int64_t whole_error(const struct qr_model *model)
{
    int64_t sum = off_by(model, model->facts.base_score);
    for (size_t t = 0; t < model->facts.trees; t++) {
        int64_t most = 0;
        const struct qr_node *root = qr_tree_root(model, t);
        for (size_t i = 0; i < model->trees[t].n_nodes; i++)
            if (root[i].feature == QR_LEAF && off_by(model, root[i].leaf) > most)
                most = off_by(model, root[i].leaf);
        sum += most;
    }
    return sum;
}

int qr_export_xgboost(const struct qr_model *model, struct qr_buffer *out, char ret_max_error[QR_ERROR_BOUND_TEXT],
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
    draft_format_error((uint64_t)whole_error(model) << DRAFT_ERROR_BITS, model->facts.score_bits, ret_max_error);
    return 0;
}
