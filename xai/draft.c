#include "xai/draft.h"

#define SUM_MAX (INT64_C(1) << 30)

void draft_done(struct draft *draft)
{
    free(draft->nodes);
    free(draft->sets);
    free(draft->roots);
}

uint32_t draft_add(struct draft *draft, const struct draft_node *node)
{
    if (draft->n_nodes == draft->nodes_capacity) {
        draft->nodes_capacity = draft->nodes_capacity ? 2 * draft->nodes_capacity : 1024;
        draft->nodes = qr_realloc(draft->nodes, draft->nodes_capacity, sizeof *draft->nodes);
    }
    const struct qr_feature *feature = node->feature == QR_LEAF ? NULL : &draft->schema->features[node->feature];
    bool category = feature && feature->kind == QR_FEATURE_CATEGORY;
    draft->bytes += category ? 1 + feature->n_categories / 8 + 1 : 2;
    draft->nodes[draft->n_nodes] = *node;
    return (uint32_t)draft->n_nodes++;
}

bool draft_is_full(const struct draft *draft)
{
    return draft->bytes > QR_MODEL_FILE_MAX;
}

void draft_add_tree(struct draft *draft, uint32_t root)
{
    if (draft->n_trees == draft->trees_capacity) {
        draft->trees_capacity = draft->trees_capacity ? 2 * draft->trees_capacity : 256;
        draft->roots = qr_realloc(draft->roots, draft->trees_capacity, sizeof *draft->roots);
    }
    draft->roots[draft->n_trees++] = root;
}

enum draft_route draft_number(const struct qr_feature *feature, int64_t threshold, bool missing_left,
                              struct draft_node *node, bool *ret_swapped)
{
    bool all_right = threshold <= feature->min, all_left = threshold > feature->max;
    *ret_swapped = false;
    node->missing_right = feature->missing && !missing_left;
    if (all_right && (!feature->missing || !missing_left))
        return ROUTE_RIGHT;
    if (all_left && !node->missing_right)
        return ROUTE_LEFT;
    if (all_right) { /* numbers against blanks: written with the numbers on the left */
        *ret_swapped = true;
        node->missing_right = true;
    }
    node->threshold = all_right || all_left ? feature->max + 1 : (int32_t)threshold;
    return ROUTE_BOTH;
}

void draft_codes_below(const struct qr_feature *feature, size_t end, uint64_t *set)
{
    for (size_t i = 0; i < qr_set_words(feature); i++)
        set[i] = 64 * (i + 1) <= end ? UINT64_MAX : 64 * i < end ? (UINT64_C(1) << (end % 64)) - 1 : 0;
}

enum draft_route draft_category(struct draft *draft, const struct qr_feature *feature, uint64_t *set,
                                struct draft_node *node)
{
    size_t outcomes = feature->n_categories + feature->missing, words = qr_set_words(feature);
    for (size_t i = outcomes; i < 64 * words; i++)
        set[i / 64] &= ~(UINT64_C(1) << (i % 64));
    if (!qr_category_splits(feature, set))
        return set[0] & 1 ? ROUTE_LEFT : ROUTE_RIGHT;
    if (draft->n_sets + words > draft->sets_capacity) {
        draft->sets_capacity = 2 * draft->sets_capacity + words;
        draft->sets = qr_realloc(draft->sets, draft->sets_capacity, sizeof *draft->sets);
    }
    node->set = draft->n_sets;
    memcpy(draft->sets + draft->n_sets, set, words * sizeof *set);
    draft->n_sets += words;
    return ROUTE_BOTH;
}

int64_t draft_threshold(const struct qr_feature *feature, bool (*goes_right)(double value, const void *context),
                        const void *context)
{
    int64_t low = feature->min, high = (int64_t)feature->max + 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (goes_right((double)middle / (double)feature->scale, context))
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

double draft_log(double value)
{
    int exponent = 0;
    for (; value >= 1.5; value /= 2)
        exponent++;
    for (; value < 0.75; value *= 2)
        exponent--;
    double y = (value - 1) / (value + 1), square = y * y, sum = 0;
    for (int k = 39; k >= 1; k -= 2)
        sum = sum * square + 1.0 / k;
    return 2 * y * sum + exponent * 0.693147180559945309417;
}

/* A number in units of 2^-bits: rounded half to even, and how far off that is, rounded up. */
struct rounding {
    int64_t value;
    uint64_t error;
};

/* False when it is beyond what admission allows. All steps are exact: powers of two, and parts of one double. */
static bool round_number(double number, unsigned bits, struct rounding *ret)
{
    double size = (number < 0 ? -number : number) * (double)(INT64_C(1) << bits);
    if (!(size <= (double)SUM_MAX))
        return false;
    int64_t whole = (int64_t)size;
    double part = size - (double)whole;
    bool up = part > 0.5 || (part == 0.5 && (whole & 1));
    double off = (up ? 1 - part : part) * (double)(INT64_C(1) << DRAFT_ERROR_BITS);
    ret->error = (uint64_t)off;
    ret->error += (double)ret->error < off;
    whole += up;
    ret->value = number < 0 ? -whole : whole;
    return true;
}

/* Facts of one tree at some number of score bits. */
struct tree_rounding {
    int64_t least, most;
    uint64_t error;
};

static bool round_tree(const struct draft *draft, uint32_t at, unsigned bits, struct tree_rounding *tree)
{
    const struct draft_node *node = &draft->nodes[at];
    if (node->feature != QR_LEAF)
        return round_tree(draft, node->left, bits, tree) && round_tree(draft, node->right, bits, tree);
    struct rounding leaf;
    if (!round_number(node->leaf, bits, &leaf))
        return false;
    tree->least = leaf.value < tree->least ? leaf.value : tree->least;
    tree->most = leaf.value > tree->most ? leaf.value : tree->most;
    tree->error = leaf.error > tree->error ? leaf.error : tree->error;
    return true;
}

/* Whether the sums of admission hold at these bits; then the whole error. */
static bool round_model(const struct draft *draft, unsigned bits, uint64_t *ret_error)
{
    struct rounding base;
    if (!round_number(draft->base, bits, &base))
        return false;
    uint64_t error = base.error + (draft->base_inexact ? UINT64_C(1) << bits : 0);
    if (draft->leaves_inexact) /* all leaves of one path are at most 2^30 units */
        error += UINT64_C(1) << (30 - 53 + DRAFT_ERROR_BITS);
    int64_t spread = 0;
    for (size_t t = 0; t < draft->n_trees; t++) {
        struct tree_rounding tree = {0};
        if (!round_tree(draft, draft->roots[t], bits, &tree))
            return false;
        spread += tree.most - tree.least; /* both begin at 0, as admission counts */
        error += tree.error;
        if (spread > SUM_MAX)
            return false;
    }
    *ret_error = error;
    return true;
}

static void put_tree(const struct draft *draft, uint32_t at, unsigned bits, struct qr_buffer *out)
{
    const struct draft_node *node = &draft->nodes[at];
    if (node->feature == QR_LEAF) {
        struct rounding leaf = {0};
        (void)round_number(node->leaf, bits, &leaf);
        qr_model_put_leaf(out, (int32_t)leaf.value);
        return;
    }
    size_t feature = (size_t)node->feature;
    if (draft->schema->features[feature].kind == QR_FEATURE_NUMBER)
        qr_model_put_number(out, draft->schema, feature, node->threshold, node->missing_right);
    else
        qr_model_put_category(out, draft->schema, feature, draft->sets + node->set);
    put_tree(draft, node->left, bits, out);
    put_tree(draft, node->right, bits, out);
}

void draft_format_error(uint64_t error, unsigned bits, char text[QR_ERROR_BOUND_TEXT])
{
    unsigned shift = bits + DRAFT_ERROR_BITS;
    unsigned __int128 scaled = (unsigned __int128)error * UINT64_C(1000000000000000000);
    scaled += ((unsigned __int128)1 << shift) - 1;
    scaled >>= shift;
    uint64_t whole = (uint64_t)(scaled / UINT64_C(1000000000000000000));
    uint64_t part = (uint64_t)(scaled % UINT64_C(1000000000000000000));
    int n = snprintf(text, QR_ERROR_BOUND_TEXT, "%" PRIu64 ".%018" PRIu64, whole, part);
    while (text[n - 1] == '0')
        text[--n] = 0;
    if (text[n - 1] == '.')
        text[n - 1] = 0;
}

static int too_large(const struct draft *draft, struct qr_error *error)
{
    if (draft->schema->output.link == QR_LINK_LOG)
        return qr_fail(error, QR_ENOT_ADMITTED,
                       "the leaves or the base score are too large for a log link: together at most 64 (e^28 is the "
                       "largest fare)");
    return qr_fail(error, QR_ENOT_ADMITTED, "the leaves or the base score are too large: together at most 2^30");
}

int draft_finish(const struct draft *draft, struct qr_import *ret_import, struct qr_error *error)
{
    if (draft->n_trees == 0)
        return qr_fail(error, QR_EUNSUPPORTED, "the model has no trees");
    if (draft->n_trees > QR_TREES_MAX)
        return qr_fail(error, QR_ELIMIT, "the model has %zu trees and at most %d are possible", draft->n_trees,
                       QR_TREES_MAX);
    int bits = QR_SCORE_BITS_MAX, least = draft->schema->output.link == QR_LINK_LOG ? QR_SCORE_BITS_MAX : 0;
    uint64_t rounding_error = 0;
    while (bits >= least && !round_model(draft, (unsigned)bits, &rounding_error))
        bits--;
    if (bits < least)
        return too_large(draft, error);
    struct rounding base = {0};
    (void)round_number(draft->base, (unsigned)bits, &base);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    qr_model_put_head(&bytes, draft->schema, (unsigned)bits, base.value, draft->n_trees);
    for (size_t t = 0; t < draft->n_trees; t++)
        put_tree(draft, draft->roots[t], (unsigned)bits, &bytes);
    int code = qr_model_decode(bytes.data, bytes.size, &ret_import->model, error);
    if (!code)
        draft_format_error(rounding_error, (unsigned)bits, ret_import->max_error);
    return code;
}
