#include "xai/certify.h"

#include "xai/box.h"

const char *qr_certificate_word(enum qr_certificate_result result)
{
    switch (result) {
    case QR_CERTIFICATE_PROVED:
        return "proved";
    case QR_CERTIFICATE_BROKEN:
        return "broken";
    case QR_CERTIFICATE_UNDECIDED:
        break;
    }
    return "undecided";
}

/* A threshold of the feature, and a tree that splits there. */
struct step {
    int32_t threshold;
    uint32_t tree;
};

struct proof {
    const struct qr_model *model;
    size_t feature;
    int32_t sign; /* 1: the score must not fall; -1: it must not rise */
    const struct qr_certify_limits *limits;
    uint64_t steps;
    int32_t below, above;     /* values on both sides of the threshold at hand */
    const struct step *first; /* of the trees that split there */
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

static int64_t bound(struct proof *proof, const struct box *box, const struct qr_node **ret_open)
{
    int64_t sum = 0, widest = INT64_MIN;
    *ret_open = NULL;
    for (size_t i = 0; i < proof->n_trees; i++) {
        size_t tree = proof->first[i].tree;
        const struct qr_node *root = qr_tree_root(proof->model, tree), *open = NULL;
        proof->steps += proof->model->trees[tree].n_nodes;
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

/* True when the claim holds in the whole box, which was cut out of `depth` others. */
static bool holds(struct proof *proof, const struct box *box, unsigned depth)
{
    const struct qr_node *open;
    if (proof->certificate->nodes++ >= proof->limits->nodes || proof->steps >= proof->limits->steps ||
        depth > QR_CERTIFY_DEPTH_MAX) {
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
        both = holds(proof, &half, depth + 1);
        box_done(&half);
    }
    return both;
}

static int by_threshold(const void *a, const void *b)
{
    const struct step *x = a, *y = b;
    if (x->threshold != y->threshold)
        return x->threshold < y->threshold ? -1 : 1;
    return (x->tree > y->tree) - (x->tree < y->tree);
}

/* Where the feature parts numbers: thresholds ascending, and each tree once at each. */
static size_t steps_of(const struct qr_model *model, size_t feature, struct step *ret_steps)
{
    size_t n = 0, distinct = 0;
    for (size_t t = 0; t < model->facts.trees; t++) {
        const struct qr_node *root = qr_tree_root(model, t);
        for (size_t i = 0; i < model->trees[t].n_nodes; i++)
            if (root[i].feature == (int32_t)feature && root[i].threshold <= model->schema.features[feature].max)
                ret_steps[n++] = (struct step){root[i].threshold, (uint32_t)t};
    }
    qsort(ret_steps, n, sizeof *ret_steps, by_threshold);
    for (size_t i = 0; i < n; i++)
        if (distinct == 0 || by_threshold(&ret_steps[distinct - 1], &ret_steps[i]) != 0)
            ret_steps[distinct++] = ret_steps[i];
    return distinct;
}

int qr_certify_monotone(const struct qr_model *model, size_t feature, bool increasing,
                        const struct qr_certify_limits *limits, struct qr_certificate *ret_certificate,
                        struct qr_error *error)
{
    if (model->schema.features[feature].kind == QR_FEATURE_CATEGORY)
        return qr_fail(error, QR_EUSAGE, "feature %s is a category, and categories have no order",
                       model->schema.features[feature].name);
    *ret_certificate = (struct qr_certificate){.result = QR_CERTIFICATE_PROVED};
    QR_CLEANUP(qr_freep) struct step *steps = qr_alloc(model->facts.splits, sizeof *steps);
    QR_CLEANUP(box_done) struct box all;
    box_init(&all, model);
    size_t n = steps_of(model, feature, steps);
    struct proof proof = {.model = model,
                          .feature = feature,
                          .sign = increasing ? 1 : -1,
                          .limits = limits,
                          .certificate = ret_certificate};
    for (size_t i = 0; i < n && ret_certificate->result == QR_CERTIFICATE_PROVED; i += proof.n_trees) {
        proof.below = steps[i].threshold - 1;
        proof.above = steps[i].threshold;
        proof.first = &steps[i];
        for (proof.n_trees = 1; i + proof.n_trees < n && steps[i + proof.n_trees].threshold == proof.above;)
            proof.n_trees++;
        ret_certificate->cells++;
        (void)holds(&proof, &all, 0);
    }
    return 0;
}
