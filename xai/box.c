#include "xai/box.h"

void box_init(struct box *box, const struct qr_model *model)
{
    size_t n = model->schema.n_features;
    *box = (struct box){.model = model, .ranges = qr_alloc(n, sizeof *box->ranges)};
    for (size_t i = 0; i < n; i++) {
        const struct qr_feature *feature = &model->schema.features[i];
        box->ranges[i] = (struct range){feature->min, feature->max, feature->missing, box->n_words};
        if (feature->kind == QR_FEATURE_CATEGORY)
            box->n_words += qr_set_words(feature);
    }
    box->sets = qr_alloc(box->n_words, sizeof *box->sets);
    for (size_t i = 0; i < n; i++) {
        const struct qr_feature *feature = &model->schema.features[i];
        for (size_t j = 0; feature->kind == QR_FEATURE_CATEGORY && j < feature->n_categories + feature->missing; j++)
            box->sets[box->ranges[i].set + j / 64] |= UINT64_C(1) << (j % 64);
    }
}

void box_copy(struct box *to, const struct box *from)
{
    *to = *from;
    to->ranges = qr_memdup(from->ranges, from->model->schema.n_features * sizeof *from->ranges);
    to->sets = qr_memdup(from->sets, from->n_words * sizeof *from->sets);
}

void box_done(struct box *box)
{
    free(box->ranges);
    free(box->sets);
}

static const struct qr_feature *feature_of(const struct box *box, size_t feature)
{
    return &box->model->schema.features[feature];
}

void box_fix(struct box *box, size_t feature, int32_t value)
{
    struct range *range = &box->ranges[feature];
    const struct qr_feature *declared = feature_of(box, feature);
    if (declared->kind == QR_FEATURE_NUMBER) {
        range->blank = value == QR_MISSING;
        range->low = range->blank ? 1 : value;
        range->high = range->blank ? 0 : value;
        return;
    }
    memset(box->sets + range->set, 0, qr_set_words(declared) * sizeof *box->sets);
    size_t bit = value == QR_MISSING ? declared->n_categories : (size_t)value;
    box->sets[range->set + bit / 64] = UINT64_C(1) << (bit % 64);
}

static unsigned category_sides(const struct box *box, const struct qr_node *node)
{
    const uint64_t *left = box->model->sets + node->set, *allowed = box->sets + box->ranges[node->feature].set;
    unsigned sides = 0;
    for (size_t i = 0; i < qr_set_words(feature_of(box, (size_t)node->feature)); i++)
        sides |= (unsigned)((allowed[i] & left[i]) != 0) | (unsigned)((allowed[i] & ~left[i]) != 0) << 1;
    return sides;
}

unsigned box_sides(const struct box *box, const struct qr_node *node)
{
    const struct range *range = &box->ranges[node->feature];
    if (node->category)
        return category_sides(box, node);
    bool numbers = range->low <= range->high;
    bool left = (numbers && range->low < node->threshold) || (range->blank && !node->missing_right);
    bool right = (numbers && range->high >= node->threshold) || (range->blank && node->missing_right);
    return (unsigned)left | (unsigned)right << 1;
}

void box_restrict(struct box *box, const struct qr_node *node, bool left)
{
    struct range *range = &box->ranges[node->feature];
    if (node->category) {
        uint64_t *allowed = box->sets + range->set;
        const uint64_t *set = box->model->sets + node->set;
        for (size_t i = 0; i < qr_set_words(feature_of(box, (size_t)node->feature)); i++)
            allowed[i] &= left ? set[i] : ~set[i];
        return;
    }
    range->blank = range->blank && (bool)node->missing_right != left;
    if (left && range->high >= node->threshold)
        range->high = node->threshold - 1;
    if (!left && range->low < node->threshold)
        range->low = node->threshold;
}

static bool nearest_category(const struct box *box, size_t feature, int32_t value, int32_t *ret_value)
{
    const struct qr_feature *declared = feature_of(box, feature);
    const uint64_t *allowed = box->sets + box->ranges[feature].set;
    size_t own = value == QR_MISSING ? declared->n_categories : (size_t)value;
    for (size_t i = 0; i <= declared->n_categories + 1; i++) { /* itself first, then the lowest index, then blank */
        size_t bit = i == 0 ? own : i - 1;
        if (allowed[bit / 64] >> (bit % 64) & 1) {
            *ret_value = bit == declared->n_categories ? QR_MISSING : (int32_t)bit;
            return true;
        }
    }
    return false;
}

bool box_nearest(const struct box *box, size_t feature, int32_t value, int32_t *ret_value)
{
    const struct range *range = &box->ranges[feature];
    if (feature_of(box, feature)->kind == QR_FEATURE_CATEGORY)
        return nearest_category(box, feature, value, ret_value);
    bool numbers = range->low <= range->high;
    if (!numbers && !range->blank)
        return false;
    if (value == QR_MISSING)
        *ret_value = range->blank ? QR_MISSING : range->low;
    else if (!numbers)
        *ret_value = QR_MISSING;
    else
        *ret_value = value < range->low ? range->low : value > range->high ? range->high : value;
    return true;
}

struct leaf_bounds box_bounds(const struct box *box, const struct qr_node *root, const struct qr_node *node,
                              const struct qr_node **ret_open)
{
    unsigned sides = 1;
    while (node->feature != QR_LEAF && (sides = box_sides(box, node)) != 3)
        node = sides == 1 ? node + 1 : root + node->right;
    if (node->feature == QR_LEAF)
        return (struct leaf_bounds){node->leaf, node->leaf};
    if (ret_open && !*ret_open)
        *ret_open = node;
    struct leaf_bounds left = box_bounds(box, root, node + 1, NULL),
                       right = box_bounds(box, root, root + node->right, NULL);
    return (struct leaf_bounds){left.least < right.least ? left.least : right.least,
                                left.most > right.most ? left.most : right.most};
}
