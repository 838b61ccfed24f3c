#include "xai/fare.h"
#include "xai/tree.h"

/* The model file "QRM1": unit, minor digits, link, score bits, base score; features; trees in preorder. A node is 0
 * and its leaf, or its feature + 1 and the split: for numbers the missing side (only where the feature allows blanks; 1
 * is right) and the threshold, for categories the bitset in whole bytes, missing behind the categories. */

static const char magic[4] = "QRM1";
#define SUM_MAX (INT64_C(1) << 30)

/* Writing. */

void qr_model_put_head(struct qr_buffer *out, const struct qr_schema *schema, unsigned score_bits, int64_t base_score,
                       size_t n_trees)
{
    qr_put_raw(out, magic, sizeof magic);
    qr_put_text(out, schema->output.unit);
    qr_put_u8(out, (uint8_t)schema->output.minor_digits);
    qr_put_u8(out, (uint8_t)schema->output.link);
    qr_put_u8(out, (uint8_t)score_bits);
    qr_put_int(out, base_score);
    qr_schema_put_features(schema, out);
    qr_put_uint(out, n_trees);
}

void qr_model_put_leaf(struct qr_buffer *out, int32_t leaf)
{
    qr_put_uint(out, 0);
    qr_put_int(out, leaf);
}

void qr_model_put_number(struct qr_buffer *out, const struct qr_schema *schema, size_t feature, int32_t threshold,
                         bool missing_right)
{
    qr_put_uint(out, feature + 1);
    if (schema->features[feature].missing)
        qr_put_u8(out, missing_right);
    qr_put_int(out, threshold);
}

static size_t set_bytes(const struct qr_feature *feature)
{
    return feature->n_categories / 8 + 1;
}

void qr_model_put_category(struct qr_buffer *out, const struct qr_schema *schema, size_t feature, const uint64_t *set)
{
    qr_put_uint(out, feature + 1);
    for (size_t i = 0; i < set_bytes(&schema->features[feature]); i++)
        qr_put_u8(out, (uint8_t)(set[i / 8] >> (i % 8 * 8)));
}

bool qr_number_splits(const struct qr_feature *feature, int64_t threshold, bool missing_right)
{
    if (threshold <= feature->min || threshold > (int64_t)feature->max + 1)
        return false;
    return threshold <= feature->max || (feature->missing && missing_right);
}

bool qr_category_splits(const struct qr_feature *feature, const uint64_t *set)
{
    size_t outcomes = feature->n_categories + feature->missing, ones = 0;
    for (size_t i = 0; i < outcomes; i++)
        ones += set[i / 64] >> (i % 64) & 1;
    return ones > 0 && ones < outcomes;
}

/* Reading. */

struct reading {
    struct qr_reader in;
    struct qr_model *model;
    struct qr_tree *tree;
    unsigned on_path[QR_FEATURES_MAX]; /* splits on each feature between the root and here */
    unsigned path_features;
    const char *refused; /* what breaks admission, first reason */
};

static void refuse(struct reading *r, const char *reason)
{
    if (!r->in.failed)
        r->refused = reason;
    qr_reader_fail(&r->in, reason);
}

static struct qr_node *add_node(struct qr_model *model)
{
    if (model->n_nodes == model->nodes_capacity) {
        model->nodes_capacity = model->nodes_capacity ? 2 * model->nodes_capacity : 256;
        model->nodes = qr_realloc(model->nodes, model->nodes_capacity, sizeof *model->nodes);
    }
    struct qr_node *node = &model->nodes[model->n_nodes++];
    *node = (struct qr_node){0};
    return node;
}

static uint64_t *add_set(struct qr_model *model, size_t words)
{
    if (model->n_sets + words > model->sets_capacity) {
        model->sets_capacity = 2 * model->sets_capacity + words;
        model->sets = qr_realloc(model->sets, model->sets_capacity, sizeof *model->sets);
    }
    uint64_t *set = &model->sets[model->n_sets];
    memset(set, 0, words * sizeof *set);
    model->n_sets += words;
    return set;
}

static void get_number(struct reading *r, const struct qr_feature *feature, struct qr_node *node)
{
    uint8_t missing_right = feature->missing ? qr_get_u8(&r->in) : 0;
    int64_t threshold = qr_get_int(&r->in);
    if (missing_right > 1)
        qr_reader_fail(&r->in, "a split's missing side is neither 0 nor 1");
    else if (!r->in.failed && !qr_number_splits(feature, threshold, missing_right))
        qr_reader_fail(&r->in, "a split's threshold does not divide its feature's range");
    node->missing_right = missing_right;
    node->threshold = (int32_t)threshold;
}

static void get_category(struct reading *r, const struct qr_feature *feature, struct qr_node *node)
{
    size_t size = set_bytes(feature);
    const uint8_t *bytes = qr_get_raw(&r->in, size);
    if (!bytes)
        return;
    node->category = 1;
    node->n_categories = (uint16_t)feature->n_categories;
    node->set = (uint32_t)r->model->n_sets;
    uint64_t *set = add_set(r->model, qr_set_words(feature));
    for (size_t i = 0; i < size; i++)
        set[i / 8] |= (uint64_t)bytes[i] << (i % 8 * 8);
    size_t used = feature->n_categories + feature->missing;
    if (used < 8 * size && bytes[used / 8] >> (used % 8))
        qr_reader_fail(&r->in, "a split's set has bits that mean nothing");
    else if (!qr_category_splits(feature, set))
        qr_reader_fail(&r->in, "a split's set does not divide its feature's categories");
}

static void get_leaf(struct reading *r, struct qr_node *node)
{
    int64_t leaf = qr_get_int(&r->in);
    if (leaf < -SUM_MAX || leaf > SUM_MAX)
        refuse(r, "a leaf is larger than 2^30 units");
    node->feature = QR_LEAF;
    node->leaf = r->in.failed ? 0 : (int32_t)leaf;
    if (node->leaf < r->tree->leaf_min)
        r->tree->leaf_min = node->leaf;
    if (node->leaf > r->tree->leaf_max)
        r->tree->leaf_max = node->leaf;
    r->model->facts.leaves++;
}

static void get_node(struct reading *r, unsigned depth);

static void get_split(struct reading *r, size_t f, size_t at, unsigned depth)
{
    struct qr_model *model = r->model;
    const struct qr_feature *feature = &model->schema.features[f];
    struct qr_node node = {.feature = (int32_t)f};
    if (feature->kind == QR_FEATURE_NUMBER)
        get_number(r, feature, &node);
    else
        get_category(r, feature, &node);
    model->used[f] = true;
    model->facts.splits++;
    r->path_features += r->on_path[f]++ == 0;
    if (r->path_features > QR_PATH_FEATURES_MAX)
        refuse(r, "a path asks about more than 16 features");
    get_node(r, depth + 1);
    node.right = (uint32_t)(model->n_nodes - r->tree->first);
    get_node(r, depth + 1);
    r->path_features -= --r->on_path[f] == 0;
    model->nodes[at] = node;
}

static void get_node(struct reading *r, unsigned depth)
{
    if (r->in.failed)
        return;
    if (depth > QR_TREE_DEPTH_MAX) {
        refuse(r, "a tree is deeper than 64 splits");
        return;
    }
    size_t at = r->model->n_nodes;
    struct qr_node *node = add_node(r->model);
    uint64_t tag = qr_get_uint_max(&r->in, r->model->schema.n_features);
    if (depth > r->tree->depth)
        r->tree->depth = depth;
    if (r->path_features > r->model->facts.path_features)
        r->model->facts.path_features = r->path_features;
    if (tag == 0)
        get_leaf(r, node);
    else
        get_split(r, (size_t)tag - 1, at, depth);
}

static void get_head(struct reading *r)
{
    struct qr_model *model = r->model;
    const uint8_t *start = qr_get_raw(&r->in, sizeof magic);
    if (start && memcmp(start, magic, sizeof magic) != 0)
        qr_reader_fail(&r->in, "it does not begin with QRM1");
    qr_get_text(&r->in, model->schema.output.unit, sizeof model->schema.output.unit);
    if (!qr_label_valid(model->schema.output.unit))
        qr_reader_fail(&r->in, "the unit is empty or holds control characters");
    uint8_t digits = qr_get_u8(&r->in), link = qr_get_u8(&r->in), bits = qr_get_u8(&r->in);
    if (digits > QR_MINOR_DIGITS_MAX || link > QR_LINK_LOG || bits > QR_SCORE_BITS_MAX)
        qr_reader_fail(&r->in, "the minor digits, link or score bits are unknown");
    model->schema.output.minor_digits = digits;
    model->schema.output.link = (enum qr_link)link;
    model->facts.score_bits = bits;
    model->facts.base_score = qr_get_int(&r->in);
    if (!r->in.failed)
        qr_schema_get_features(&r->in, &model->schema);
}

static void get_trees(struct reading *r)
{
    struct qr_model *model = r->model;
    size_t n = qr_get_count(&r->in, QR_TREES_MAX, 2);
    if (n == 0)
        qr_reader_fail(&r->in, "there are no trees");
    model->trees = qr_alloc(n, sizeof *model->trees);
    for (size_t t = 0; t < n && !r->in.failed; t++) {
        r->tree = &model->trees[t];
        *r->tree = (struct qr_tree){.first = model->n_nodes, .leaf_min = INT32_MAX, .leaf_max = INT32_MIN};
        get_node(r, 0);
        r->tree->n_nodes = model->n_nodes - r->tree->first;
        if (r->tree->depth > model->facts.depth)
            model->facts.depth = r->tree->depth;
        model->facts.trees++;
    }
}

/* Admission (CANON, "Model"). */

static int admit_log_link(const struct qr_model *model, struct qr_error *error)
{
    const struct qr_model_facts *facts = &model->facts;
    if (facts->score_bits != QR_SCORE_BITS_MAX)
        return qr_fail(error, QR_ENOT_ADMITTED, "a model with a log link needs 24 score bits and has %u",
                       facts->score_bits);
    if (facts->score_min < QR_LOG_SCORE_MIN || facts->score_max >= QR_LOG_SCORE_END)
        return qr_fail(error, QR_ENOT_ADMITTED, "its score can leave -16 to 28, where exp(score) is a fare");
    if (qr_fare(model, facts->score_max).minor >= QR_FARE_END)
        return qr_fail(error, QR_ENOT_ADMITTED, "a fare can reach 2^47 minor units");
    return 0;
}

static int admit(struct qr_model *model, struct qr_error *error)
{
    struct qr_model_facts *facts = &model->facts;
    if (facts->base_score > SUM_MAX || facts->base_score < -SUM_MAX)
        return qr_fail(error, QR_ENOT_ADMITTED, "its base score is larger than 2^30 units");
    int64_t spread = 0;
    facts->score_min = facts->score_max = facts->base_score;
    for (size_t t = 0; t < facts->trees; t++) {
        int64_t least = model->trees[t].leaf_min, most = model->trees[t].leaf_max;
        spread += (most > 0 ? most : 0) - (least < 0 ? least : 0);
        facts->score_min += least;
        facts->score_max += most;
    }
    if (spread > SUM_MAX)
        return qr_fail(error, QR_ENOT_ADMITTED, "its leaves add up to more than 2^30 units");
    return model->schema.output.link == QR_LINK_LOG ? admit_log_link(model, error) : 0;
}

int qr_model_decode(const void *bytes, size_t size, struct qr_model **ret_model, struct qr_error *error)
{
    if (size > QR_MODEL_FILE_MAX)
        return qr_fail(error, QR_ELIMIT, "a model file has at most %d bytes and this has %zu", QR_MODEL_FILE_MAX, size);
    QR_CLEANUP(qr_model_freep) struct qr_model *model = qr_alloc(1, sizeof *model);
    model->references = 1;
    struct reading reading = {.in = qr_reader_of(bytes, size), .model = model};
    get_head(&reading);
    if (!reading.in.failed)
        get_trees(&reading);
    if (reading.refused)
        return qr_fail(error, QR_ENOT_ADMITTED, "the model is not admitted: %s", reading.refused);
    int code = qr_reader_end(&reading.in, "the model file", error);
    if (!code)
        code = admit(model, error);
    if (code)
        return code;
    qr_buffer_add(&model->bytes, bytes, size);
    model->hash = qr_sha256(bytes, size);
    model->schema_hash = qr_schema_hash(&model->schema);
    *ret_model = model;
    model = NULL;
    return 0;
}
