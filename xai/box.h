#ifndef QR_XAI_BOX_H
#define QR_XAI_BOX_H

#include "xai/tree.h"

/* A box: for each feature, the values that a row may still take. The searches of whatif.c and certify.c cut boxes in
 * two along the trees' own splits until nothing in them is undecided. Internal to xai/. */

struct range {
    int32_t low, high; /* numbers; empty when low > high */
    bool blank;
    size_t set; /* categories: first word in the box's sets; bit n_categories is blank */
};

struct box {
    const struct qr_model *model;
    struct range *ranges; /* of each feature */
    uint64_t *sets;
    size_t n_words;
};

void box_init(struct box *box, const struct qr_model *model); /* every row */
void box_copy(struct box *to, const struct box *from);        /* `to` is new */
void box_done(struct box *box);
void box_fix(struct box *box, size_t feature, int32_t value); /* to this value alone */

/* Whether rows of the box can go left (1), right (2) or both (3) at a split; 0 when the box is empty there. */
unsigned box_sides(const struct box *box, const struct qr_node *node);
void box_restrict(struct box *box, const struct qr_node *node, bool left);

/* The allowed value nearest to `value`: itself where allowed; false when there is none. */
bool box_nearest(const struct box *box, size_t feature, int32_t value, int32_t *ret_value);

/* Least and largest leaf that rows of the box can reach below a node; `ret_open` (may be NULL) becomes the first split
 * met that the box leaves undecided, and stays as it is when there is none. */
struct leaf_bounds {
    int32_t least, most;
};
struct leaf_bounds box_bounds(const struct box *box, const struct qr_node *root, const struct qr_node *node,
                              const struct qr_node **ret_open);

#endif
