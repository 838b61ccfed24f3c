#include "xai/certify.h"

#include "xai/box.h"

struct proof {
    const struct qr_model *model;
    size_t feature;
    int32_t sign; /* 1: the score must not fall; -1: it must not rise */
    uint64_t nodes_max;
    int32_t below, above;  /* values on both sides of the threshold at hand */
    const uint32_t *trees; /* that split there */
    size_t n_trees;
    struct qr_certificate *certificate;
};

/* Bound of what one tree can go against the claim between both values: sign * (leaf below - leaf above). While both
 * walks are at one node they stay together on other features; once parted, each is bounded alone. */
static int64_t against(const struct proof *proof, const struct box *box, const struct qr_node *root,
                       const struct qr_node *node, const struct qr_node **open)
{
    if (node->feature == QR_LEAF)
        return 0;
    const struct qr_node *left = node + 1, *right = root + node->right;
    if (node->feature == (int32_t)proof->feature) {
        bool below_left = qr_node_left(proof->model, node, proof->below);
        if (below_left == qr_node_left(proof->model, node, proof->above))
            return against(proof, box, root, below_left ? left : right, open);
        struct box fixed = *box; /* only its range of the feature differs, and that is set anew for each walk */
        box_fix(&fixed, proof->feature, proof->below);
        struct leaf_bounds below = box_bounds(&fixed, root, below_left ? left : right, open);
        box_fix(&fixed, proof->feature, proof->above);
        struct leaf_bounds above = box_bounds(&fixed, root, below_left ? right : left, open);
        return proof->sign > 0 ? (int64_t)below.most - above.least : (int64_t)above.most - below.least;
    }
    unsigned sides = box_sides(box, node);
    if (sides != 3)
        return against(proof, box, root, sides == 1 ? left : right, open);
    if (!*open)
        *open = node;
    int64_t of_left = against(proof, box, root, left, open), of_right = against(proof, box, root, right, open);
    return of_left > of_right ? of_left : of_right;
}

static int64_t bound(const struct proof *proof, const struct box *box, const struct qr_node **ret_open)
{
    int64_t sum = 0, widest = INT64_MIN;
    *ret_open = NULL;
    for (size_t i = 0; i < proof->n_trees; i++) {
        const struct qr_node *root = qr_tree_root(proof->model, proof->trees[i]), *open = NULL;
        int64_t most = against(proof, box, root, root, &open);
        sum += most;
        if (open && most > widest) {
            widest = most;
            *ret_open = open;
        }
    }
    return sum;
}

static void keep_pair(struct proof *proof, const struct box *box)
{
    struct qr_certificate *certificate = proof->certificate;
    for (size_t i = 0; i < proof->model->schema.n_features; i++) {
        int32_t value = proof->model->schema.features[i].min;
        (void)box_nearest(box, i, value, &value);
        certificate->lower[i] = certificate->upper[i] = value;
    }
    certificate->lower[proof->feature] = proof->below;
    certificate->upper[proof->feature] = proof->above;
    certificate->lower_score = qr_model_score(proof->model, certificate->lower);
    certificate->upper_score = qr_model_score(proof->model, certificate->upper);
    certificate->result = QR_CERTIFICATE_BROKEN;
}

/* True when the claim holds in the whole box. */
static bool holds(struct proof *proof, const struct box *box)
{
    const struct qr_node *open;
    if (proof->certificate->nodes++ >= proof->nodes_max) {
        proof->certificate->result = QR_CERTIFICATE_UNDECIDED;
        return false;
    }
    if (bound(proof, box, &open) <= 0)
        return true;
    if (!open) {
        keep_pair(proof, box);
        return false;
    }
    bool both = true;
    for (int left = 1; left >= 0 && both; left--) {
        struct box half;
        box_copy(&half, box);
        box_restrict(&half, open, left);
        both = holds(proof, &half);
        box_done(&half);
    }
    return both;
}

static size_t trees_at(const struct qr_model *model, size_t feature, int32_t threshold, uint32_t *ret_trees)
{
    size_t n = 0;
    for (size_t t = 0; t < model->facts.trees; t++) {
        const struct qr_node *root = qr_tree_root(model, t);
        size_t i = 0;
        while (i < model->trees[t].n_nodes && (root[i].feature != (int32_t)feature || root[i].threshold != threshold))
            i++;
        if (i < model->trees[t].n_nodes)
            ret_trees[n++] = (uint32_t)t;
    }
    return n;
}

static int by_value(const void *a, const void *b)
{
    int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;
    return (x > y) - (x < y);
}

/* Thresholds of the feature that part numbers, ascending, some more than once. */
static size_t thresholds_of(const struct qr_model *model, size_t feature, int32_t *ret_thresholds)
{
    size_t n = 0;
    for (size_t i = 0; i < model->n_nodes; i++)
        if (model->nodes[i].feature == (int32_t)feature &&
            model->nodes[i].threshold <= model->schema.features[feature].max)
            ret_thresholds[n++] = model->nodes[i].threshold;
    qsort(ret_thresholds, n, sizeof *ret_thresholds, by_value);
    return n;
}

int qr_certify_monotone(const struct qr_model *model, size_t feature, bool increasing, uint64_t nodes_max,
                        struct qr_certificate *ret_certificate, struct qr_error *error)
{
    if (model->schema.features[feature].kind == QR_FEATURE_CATEGORY)
        return qr_fail(error, QR_EUSAGE, "feature %s is a category, and categories have no order",
                       model->schema.features[feature].name);
    *ret_certificate = (struct qr_certificate){.result = QR_CERTIFICATE_PROVED};
    QR_CLEANUP(qr_freep) int32_t *thresholds = qr_alloc(model->facts.splits, sizeof *thresholds);
    QR_CLEANUP(qr_freep) uint32_t *trees = qr_alloc(model->facts.trees, sizeof *trees);
    QR_CLEANUP(box_done) struct box all;
    box_init(&all, model);
    size_t n = thresholds_of(model, feature, thresholds);
    struct proof proof = {.model = model,
                          .feature = feature,
                          .sign = increasing ? 1 : -1,
                          .nodes_max = nodes_max,
                          .trees = trees,
                          .certificate = ret_certificate};
    for (size_t i = 0; i < n && ret_certificate->result == QR_CERTIFICATE_PROVED; i++) {
        if (i > 0 && thresholds[i] == thresholds[i - 1])
            continue;
        proof.below = thresholds[i] - 1;
        proof.above = thresholds[i];
        proof.n_trees = trees_at(model, feature, thresholds[i], trees);
        ret_certificate->cells++;
        (void)holds(&proof, &all);
    }
    return 0;
}
