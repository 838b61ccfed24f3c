#include "xai/explainer.h"

/* One pair of rows walks a tree together. Where they part on a feature that has not parted them before, one walk
 * follows the row and one the baseline row, and from there on that feature follows the side it took. A leaf thus
 * reached is satisfied for the row's features by the row alone and for the baseline's by it alone. */

void shapley_fill(struct shapley_weights *weights)
{
    memset(weights, 0, sizeof *weights);
    for (int64_t n = 1; n <= QR_PATH_FEATURES_MAX; n++) {
        int64_t choose = 1; /* of q among n - 1 */
        for (int64_t q = 0; q < n; q++) {
            weights->weights[n - q][q] = QR_PHI_LCM / (n * choose);
            choose = choose * (n - 1 - q) / (q + 1);
        }
    }
}

enum side { SIDE_NONE, SIDE_ROW, SIDE_BASELINE };

struct walk {
    const struct qr_explainer *explainer;
    const struct qr_node *root;
    const int32_t *row, *baseline_row;
    int64_t count; /* of the baseline row */
    int64_t *phi;
    unsigned p, q;
    uint8_t side[QR_FEATURES_MAX];
};

/* Sums over the leaves below a node: what each feature on the row's side gains, on the baseline's side loses. */
struct flow {
    int64_t gain, loss;
};

static struct flow walk_node(struct walk *walk, const struct qr_node *node);

static const struct qr_node *child(const struct walk *walk, const struct qr_node *node, bool left)
{
    return left ? node + 1 : walk->root + node->right;
}

static struct flow part(struct walk *walk, const struct qr_node *node, bool row_left)
{
    uint8_t *side = &walk->side[node->feature];
    *side = SIDE_ROW;
    walk->p++;
    struct flow of_row = walk_node(walk, child(walk, node, row_left));
    walk->p--;
    *side = SIDE_BASELINE;
    walk->q++;
    struct flow of_baseline = walk_node(walk, child(walk, node, !row_left));
    walk->q--;
    *side = SIDE_NONE;
    walk->phi[node->feature] += (of_row.gain - of_baseline.loss) * walk->count;
    return (struct flow){of_row.gain + of_baseline.gain, of_row.loss + of_baseline.loss};
}

static struct flow walk_node(struct walk *walk, const struct qr_node *node)
{
    if (node->feature == QR_LEAF) {
        const int64_t(*weights)[QR_PATH_FEATURES_MAX + 1] = walk->explainer->shapley.weights;
        return (struct flow){node->leaf * weights[walk->p][walk->q], node->leaf * weights[walk->q][walk->p]};
    }
    const struct qr_model *model = walk->explainer->model;
    uint8_t side = walk->side[node->feature];
    bool row_left = qr_node_left(model, node, walk->row[node->feature]);
    bool baseline_left = qr_node_left(model, node, walk->baseline_row[node->feature]);
    if (row_left == baseline_left || side == SIDE_ROW)
        return walk_node(walk, child(walk, node, row_left));
    if (side == SIDE_BASELINE)
        return walk_node(walk, child(walk, node, baseline_left));
    return part(walk, node, row_left);
}

void direct_add(const struct qr_explainer *explainer, size_t tree, const int32_t *row, int64_t *phi)
{
    struct walk walk = {.explainer = explainer, .root = qr_tree_root(explainer->model, tree), .row = row, .phi = phi};
    const struct qr_baseline *baseline = explainer->baseline;
    for (size_t i = 0; i < qr_baseline_distinct(baseline); i++) {
        walk.baseline_row = qr_baseline_row(baseline, i);
        walk.count = qr_baseline_count(baseline, i);
        walk_node(&walk, walk.root);
    }
}
