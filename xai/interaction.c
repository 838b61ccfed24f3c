#include "xai/interaction.h"

#include "xai/explainer.h"

/* A leaf that needs the row's value for p features and the baseline's for q is a game of p + q players, worth l to a
 * coalition that holds all of the p and none of the q. Its interaction index is l (p-2)! q! / (p+q-1)! for two of the
 * p, l p! (q-2)! / (p+q-1)! for two of the q, and -l (p-1)! (q-1)! / (p+q-1)! for one of each: all of them L / (m
 * C(m-1, k)) with m = p + q - 1, so whole. */

size_t qr_pair_index(size_t n_features, size_t first, size_t second)
{
    return first * (2 * n_features - first - 1) / 2 + second - first - 1;
}

struct meeting {
    const struct qr_explainer *explainer;
    const struct qr_node *root;
    const int32_t *row, *baseline_row;
    int64_t count;
    int64_t *pairs;
    unsigned n;                              /* features on which the two rows have parted */
    uint16_t features[QR_PATH_FEATURES_MAX]; /* in order */
    bool of_row[QR_PATH_FEATURES_MAX];
    int8_t side[QR_FEATURES_MAX]; /* 0 none, 1 row, 2 baseline */
};

static int64_t choose(int64_t n, int64_t k)
{
    int64_t result = 1;
    for (int64_t i = 0; i < k; i++)
        result = result * (n - i) / (i + 1);
    return result;
}

static void add_leaf(struct meeting *meeting, int64_t leaf)
{
    unsigned p = 0, n = meeting->n;
    for (unsigned i = 0; i < n; i++)
        p += meeting->of_row[i];
    int64_t m = (int64_t)n - 1, q = n - p;
    for (unsigned i = 0; i < n; i++)
        for (unsigned j = i + 1; j < n; j++) {
            bool mixed = meeting->of_row[i] != meeting->of_row[j];
            int64_t among = mixed ? q - 1 : meeting->of_row[i] ? q : q - 2;
            int64_t value = leaf * (QR_PHI_LCM / (m * choose(m - 1, among))) * meeting->count;
            size_t a = meeting->features[i], b = meeting->features[j];
            size_t n_features = meeting->explainer->model->schema.n_features;
            meeting->pairs[a < b ? qr_pair_index(n_features, a, b) : qr_pair_index(n_features, b, a)] +=
                mixed ? -value : value;
        }
}

static void meet(struct meeting *meeting, const struct qr_node *node);

static void take_side(struct meeting *meeting, const struct qr_node *node, bool of_row, bool left)
{
    meeting->features[meeting->n] = (uint16_t)node->feature;
    meeting->of_row[meeting->n++] = of_row;
    meeting->side[node->feature] = of_row ? 1 : 2;
    meet(meeting, left ? node + 1 : meeting->root + node->right);
    meeting->side[node->feature] = 0;
    meeting->n--;
}

static void meet(struct meeting *meeting, const struct qr_node *node)
{
    if (node->feature == QR_LEAF) {
        if (meeting->n >= 2)
            add_leaf(meeting, node->leaf);
        return;
    }
    const struct qr_model *model = meeting->explainer->model;
    bool row_left = qr_node_left(model, node, meeting->row[node->feature]);
    bool baseline_left = qr_node_left(model, node, meeting->baseline_row[node->feature]);
    int8_t side = meeting->side[node->feature];
    if (row_left == baseline_left || side != 0) {
        bool left = side == 2 ? baseline_left : row_left;
        meet(meeting, left ? node + 1 : meeting->root + node->right);
        return;
    }
    take_side(meeting, node, true, row_left);
    take_side(meeting, node, false, baseline_left);
}

void qr_explainer_interactions_exact(const struct qr_explainer *explainer, const int32_t *row, int64_t *ret_score,
                                     int64_t *ret_twice_main, int64_t *ret_pairs)
{
    size_t n = explainer->model->schema.n_features;
    memset(ret_pairs, 0, n * (n - 1) / 2 * sizeof *ret_pairs);
    struct meeting meeting = {.explainer = explainer, .row = row, .pairs = ret_pairs};
    for (size_t t = 0; t < explainer->model->facts.trees; t++) {
        meeting.root = qr_tree_root(explainer->model, t);
        for (size_t i = 0; i < qr_baseline_distinct(explainer->baseline); i++) {
            meeting.baseline_row = qr_baseline_row(explainer->baseline, i);
            meeting.count = qr_baseline_count(explainer->baseline, i);
            meet(&meeting, meeting.root);
        }
    }
    qr_explainer_phi(explainer, row, 1, ret_score, ret_twice_main);
    for (size_t i = 0; i < n; i++)
        ret_twice_main[i] *= 2;
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            ret_twice_main[i] -= ret_pairs[qr_pair_index(n, i, j)];
            ret_twice_main[j] -= ret_pairs[qr_pair_index(n, i, j)];
        }
}

/* Largest first, ties to the lower index: as the contributions' own rounding, for any number of parts. */
static void round_parts(int64_t *parts, size_t n, int64_t denominator, int64_t total)
{
    QR_CLEANUP(qr_freep) int64_t *left = qr_alloc(n, sizeof *left);
    for (size_t i = 0; i < n; i++) {
        int64_t whole = qr_floor_div(parts[i], denominator);
        left[i] = parts[i] - whole * denominator;
        parts[i] = whole;
        total -= whole;
    }
    for (; total > 0; total--) {
        size_t largest = 0;
        for (size_t i = 1; i < n; i++)
            if (left[i] > left[largest])
                largest = i;
        parts[largest]++;
        left[largest] = 0;
    }
}

void qr_explainer_interactions(const struct qr_explainer *explainer, const int32_t *row, int64_t *ret_score,
                               int64_t *ret_main, int64_t *ret_pairs)
{
    size_t n = explainer->model->schema.n_features, n_pairs = n * (n - 1) / 2;
    QR_CLEANUP(qr_freep) int64_t *parts = qr_alloc(n + n_pairs, sizeof *parts);
    qr_explainer_interactions_exact(explainer, row, ret_score, parts, parts + n);
    for (size_t i = n; i < n + n_pairs; i++)
        parts[i] *= 2;
    round_parts(parts, n + n_pairs, 2 * explainer->denominator, *ret_score - explainer->base);
    memcpy(ret_main, parts, n * sizeof *parts);
    memcpy(ret_pairs, parts + n, n_pairs * sizeof *parts);
}
