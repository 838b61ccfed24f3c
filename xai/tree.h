#ifndef QR_XAI_TREE_H
#define QR_XAI_TREE_H

#include "xai/model.h"

/* Inside of a model, for the other files of this folder: trees as arrays in preorder, and the writer of the canonical
 * file. The left child of a split is the node after it. */

enum { QR_LEAF = -1 };

/* A split sends a row left when its outcome bit is 1: a number below the threshold, a category in the set. */
struct qr_node {
    int32_t feature; /* QR_LEAF, or an index */
    uint32_t right;  /* index of the right child among the tree's nodes */
    union {
        int32_t leaf;
        int32_t threshold; /* least number that goes right */
        uint32_t set;      /* categories: first word of the bitset in model->sets; bit n_categories is missing */
    };
    uint16_t n_categories; /* of the feature, where the split is over categories */
    uint8_t category;      /* the split is over categories */
    uint8_t missing_right; /* numbers: a missing one goes right */
};

struct qr_tree {
    size_t first, n_nodes; /* in model->nodes */
    int32_t leaf_min, leaf_max;
    unsigned depth;
};

struct qr_model {
    int references;
    struct qr_schema schema;
    struct qr_hash schema_hash;
    struct qr_hash hash;
    struct qr_buffer bytes;
    struct qr_model_facts facts;
    struct qr_tree *trees; /* facts.trees */
    struct qr_node *nodes;
    size_t n_nodes, nodes_capacity;
    uint64_t *sets;
    size_t n_sets, sets_capacity;
    bool used[QR_FEATURES_MAX];
};

/* Outcome of a split for a value: true is left. */
static inline bool qr_node_left(const struct qr_model *model, const struct qr_node *node, int32_t value)
{
    if (!node->category) /* a missing number is the least int32, or, one taken off, the largest */
        return (int32_t)((uint32_t)value - node->missing_right) < node->threshold - node->missing_right;
    uint32_t bit = (uint32_t)value < node->n_categories ? (uint32_t)value : node->n_categories;
    return model->sets[node->set + bit / 64] >> (bit % 64) & 1;
}

static inline const struct qr_node *qr_tree_root(const struct qr_model *model, size_t tree)
{
    return model->nodes + model->trees[tree].first;
}

/* Words of a bitset over a feature's categories and missing. */
static inline size_t qr_set_words(const struct qr_feature *feature)
{
    return feature->n_categories / 64 + 1;
}

/* Writing a canonical file: the head, then each tree in preorder. A set has qr_set_words words. */
void qr_model_put_head(struct qr_buffer *out, const struct qr_schema *schema, unsigned score_bits, int64_t base_score,
                       size_t n_trees);
void qr_model_put_leaf(struct qr_buffer *out, int32_t leaf);
void qr_model_put_number(struct qr_buffer *out, const struct qr_schema *schema, size_t feature, int32_t threshold,
                         bool missing_right);
void qr_model_put_category(struct qr_buffer *out, const struct qr_schema *schema, size_t feature, const uint64_t *set);

/* What a split may be: not the same outcome for every value that the feature allows. */
bool qr_number_splits(const struct qr_feature *feature, int64_t threshold, bool missing_right);
bool qr_category_splits(const struct qr_feature *feature, const uint64_t *set);

#endif
