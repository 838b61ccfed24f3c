#ifndef QR_XAI_TABLES_H
#define QR_XAI_TABLES_H

#include "xai/explainer.h"

/* Attribution tables: Phi of a tree as sums of looked-up rows.
 *
 * A tree is cut into subtrees that hold all of its leaves. What a subtree adds to Phi depends on a few bits of the row
 * alone: one for each distinct feature among the subtree's ancestors (whether the row satisfies all of its splits on
 * the way), and one for each split inside. Each bit depends on one feature's value, so the indexes of all subtrees of a
 * tree are the OR of one precomputed vector a feature, chosen by the bin that the value falls into between that tree's
 * thresholds. An entry holds an int64 for each feature that the subtree's paths touch, in the order of the features.
 * Internal to xai/. */

enum {
    TABLE_BITS_MAX = 16,
    TABLE_LANES_MAX = 16,
    TABLE_GROUP = 16,           /* subtrees whose indexes stand in one vector */
    TABLE_PLACES_NARROW = 16,   /* two registers of sums */
    TABLE_PLACES_MAX = 32,      /* four; with more, adding lanes one by one is as fast */
    TABLE_PLACED_LANES_MAX = 8, /* that a place can name; this number names none */
};

/* How the values of one feature fall into bins, between all thresholds of the model; the last bin is for blanks. */
struct table_bins {
    size_t n;              /* bins; 0: no tree asks about the feature */
    const int32_t *starts; /* numbers: n - 2 thresholds, ascending; bin i begins at starts[i - 1] */
    size_t n_starts;
    uint16_t *direct; /* numbers in a small range: bin of min + i; else NULL */
};

/* One feature of one tree: from the model's bins to the tree's own, and for each of those a vector of index bits. */
struct table_feature {
    uint16_t feature;
    const uint16_t *own_bin; /* of each of the model's bins */
    const uint16_t *vectors; /* own bins x padded subtrees */
};

struct table_subtree {
    const int64_t *entries; /* 2^bits, each `stride` lanes; readable to 64 bytes from each entry's start */
    uint16_t stride;        /* lanes rounded up to a multiple of 4 */
    uint16_t lanes;
    uint16_t feature[TABLE_LANES_MAX]; /* of each lane, ascending */
    /* Of at most TABLE_PLACED_LANES_MAX lanes: the lane at each of the tree's places, 4 bits each. */
    uint64_t places[TABLE_PLACES_MAX / 16];
};

/* Sums stand at places: one a feature of the model when it has at most TABLE_PLACES_NARROW, else one a feature of this
 * tree. */
struct table_tree {
    size_t tree;
    bool own_places;
    size_t n_places;             /* beyond TABLE_PLACES_MAX there are none */
    size_t n_subtrees, n_padded; /* padded to whole groups of indexes */
    size_t n_features;
    struct table_feature *features;
    struct table_subtree *subtrees;
    const uint8_t *memory; /* holds all that the pointers lead to; the entries first */
    size_t bytes;
};

struct tables {
    struct table_bins bins[QR_FEATURES_MAX];
    int32_t *starts; /* of all bins */
    size_t n_trees;
    struct table_tree *trees;
    uint8_t *memory;  /* of all trees, one after another */
    uint32_t *direct; /* trees without tables */
    size_t n_direct;
};

/* Never fails: trees that do not fit are left to the direct method. */
void tables_build(struct qr_explainer *explainer, const struct qr_explainer_options *options);
void tables_free(struct tables *tables);

/* One tree's tables (in tables_fill.c), and what they would take. `scratch` is for one thread. */
struct fill_scratch;
struct fill_scratch *fill_scratch_new(const struct qr_explainer *explainer);
void fill_scratch_free(struct fill_scratch *scratch);
size_t fill_plan(struct fill_scratch *scratch, size_t tree, size_t bytes_per_leaf); /* bytes */
/* Into zeroed memory of as many bytes as the plan says, on a cache line. */
void fill_tree(struct fill_scratch *scratch, size_t tree, size_t bytes_per_leaf, uint8_t *memory,
               struct table_tree *ret_tree);

/* The bin of each value of `n` rows: bins[n * n_features]. */
void tables_bin_rows(const struct qr_explainer *explainer, const int32_t *rows, size_t n, uint16_t *ret_bins);

/* Adds one tree for `n` binned rows to phi[n * n_features]. Every variant gives the same sums. */
typedef void tables_add(const struct table_tree *tree, const uint16_t *bins, size_t n, size_t n_features, int64_t *phi);
tables_add tables_add_portable;
/* The fastest that is allowed and that this processor runs, and its name. */
tables_add *tables_choose(enum qr_instructions most, const char **ret_name);

#endif
