#ifndef QR_XAI_DRAFT_H
#define QR_XAI_DRAFT_H

#include "xai/document.h"
#include "xai/import.h"
#include "xai/tree.h"

/* A model on its way in: trees whose splits are already those of the canonical model and whose leaves are still the
 * source's numbers. draft_finish chooses the score bits, rounds, proves the error and admits. Internal to xai/. */

enum {
    DRAFT_DEPTH_MAX = 1024,       /* of a source tree, before splits that divide nothing are taken out */
    DRAFT_VISITS_MAX = 1 << 22,   /* of the source's nodes, where one may be visited more than once */
    DRAFT_NUMBERS_MAX = 16 << 20, /* in the arrays of a text */
};

struct draft_node {
    int32_t feature; /* QR_LEAF, or an index */
    bool missing_right;
    int32_t threshold;
    uint32_t left, right;
    size_t set; /* categories: first word in draft->sets */
    double leaf;
};

struct draft {
    const struct qr_schema *schema;
    struct draft_node *nodes;
    size_t n_nodes, nodes_capacity;
    uint64_t *sets;
    size_t n_sets, sets_capacity;
    uint32_t *roots;
    size_t n_trees, trees_capacity;
    size_t bytes; /* that the trees take in a model file, at least */
    double base;
    bool base_inexact;   /* it is off by at most 2^-40 */
    bool leaves_inexact; /* each is off by at most 2^-53 of itself */
};

/* What a split of the source is over the declared range. */
enum draft_route { ROUTE_LEFT, ROUTE_RIGHT, ROUTE_BOTH };

/* A split after which numbers below the threshold go left and the others right, blanks as missing_left says. Fills the
 * node (swapping its sides where only blanks are divided: *ret_swapped) when it divides anything. */
enum draft_route draft_number(const struct qr_feature *feature, int64_t threshold, bool missing_left,
                              struct draft_node *node, bool *ret_swapped);

/* A split by the set of categories that go left, bit n_categories being missing; bits that mean nothing are cleared. */
enum draft_route draft_category(struct draft *draft, const struct qr_feature *feature, uint64_t *set,
                                struct draft_node *node);

/* The set of the codes below `end`. */
void draft_codes_below(const struct qr_feature *feature, size_t end, uint64_t *set);

uint32_t draft_add(struct draft *draft, const struct draft_node *node); /* its place */
bool draft_is_full(const struct draft *draft); /* more than a model file holds: no use in going on */
void draft_add_tree(struct draft *draft, uint32_t root);
void draft_done(struct draft *draft);

QR_MUST_USE int draft_finish(const struct draft *draft, struct qr_import *ret_import, struct qr_error *error);

/* Least integer v in [min, max + 1] for which `goes_right(v / scale, context)`; it holds from some value on. */
int64_t draft_threshold(const struct qr_feature *feature, bool (*goes_right)(double value, const void *context),
                        const void *context);

/* Natural logarithm to 2^-40 for values from 2^-126 to 2^128, in plain arithmetic, the same on every machine. */
double draft_log(double value);

/* error / 2^(bits + DRAFT_ERROR_BITS) in decimal, rounded up to 18 places, without zeros at the end. */
enum { DRAFT_ERROR_BITS = 40 };
void draft_format_error(uint64_t error, unsigned bits, char text[QR_ERROR_BOUND_TEXT]);

/* The importers. */
QR_MUST_USE int import_lightgbm(const char *text, size_t size, const struct qr_schema *schema,
                                struct qr_import *ret_import, struct qr_error *error);
QR_MUST_USE int import_xgboost(struct doc *doc, const struct qr_schema *schema, struct qr_import *ret_import,
                               struct qr_error *error);

#endif
