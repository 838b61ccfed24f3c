#include "xai/whatif.h"

#include "xai/box.h"
#include "xai/fare.h"

/* Boxes that wait, the smallest change first: a binary heap. Ties go to the older box, so that the answer is the same
 * everywhere. */
struct waiting {
    uint64_t cost, order;
    struct box box;
};

struct search {
    const struct qr_model *model;
    const int32_t *row;
    int64_t score_below; /* scores must be below this */
    struct waiting *heap;
    size_t n, capacity;
    uint64_t pushed;
};

static bool before(const struct waiting *a, const struct waiting *b)
{
    return a->cost != b->cost ? a->cost < b->cost : a->order < b->order;
}

static void push(struct search *search, const struct box *box, uint64_t cost)
{
    if (search->n == search->capacity) {
        search->capacity = search->capacity ? 2 * search->capacity : 64;
        search->heap = qr_realloc(search->heap, search->capacity, sizeof *search->heap);
    }
    struct waiting added = {cost, search->pushed++, *box};
    size_t at = search->n++;
    for (; at > 0 && before(&added, &search->heap[(at - 1) / 2]); at = (at - 1) / 2)
        search->heap[at] = search->heap[(at - 1) / 2];
    search->heap[at] = added;
}

static struct waiting pop(struct search *search)
{
    struct waiting first = search->heap[0], last = search->heap[--search->n];
    size_t at = 0;
    for (size_t child; (child = 2 * at + 1) < search->n; at = child) {
        child += child + 1 < search->n && before(&search->heap[child + 1], &search->heap[child]);
        if (!before(&search->heap[child], &last))
            break;
        search->heap[at] = search->heap[child];
    }
    search->heap[at] = last;
    return first;
}

enum { WAITING_BYTES_MAX = 256 << 20 };

/* Steps are parts of 2^39: a feature has less than 2^32 values, so that no two steps of one are equal, and the steps of
 * QR_FEATURES_MAX features come to less than what a further feature costs. */
static const uint64_t whole_range = UINT64_C(1) << 39, feature_cost = UINT64_C(1) << 48;

static uint64_t step_size(const struct qr_feature *feature, int32_t from, int32_t to)
{
    if (feature->kind == QR_FEATURE_CATEGORY || from == QR_MISSING || to == QR_MISSING)
        return whole_range;
    int64_t range = (int64_t)feature->max - feature->min, step = (int64_t)to - from;
    return (uint64_t)((unsigned __int128)(step < 0 ? -step : step) * whole_range / (uint64_t)range);
}

/* The row of the box nearest to the one asked about, and how far it is; false when the box is empty. */
static bool nearest(const struct search *search, const struct box *box, int32_t *ret_row, uint64_t *ret_cost)
{
    const struct qr_schema *schema = &search->model->schema;
    *ret_cost = 0;
    for (size_t i = 0; i < schema->n_features; i++) {
        if (!box_nearest(box, i, search->row[i], &ret_row[i]))
            return false;
        if (ret_row[i] != search->row[i])
            *ret_cost += feature_cost + step_size(&schema->features[i], search->row[i], ret_row[i]);
    }
    return true;
}

/* Least score in the box; the undecided split of the tree with the widest bounds, or NULL when every tree is decided.
 */
static int64_t least_score(const struct search *search, const struct box *box, const struct qr_node **ret_open)
{
    const struct qr_model *model = search->model;
    int64_t least = model->facts.base_score, widest = -1;
    *ret_open = NULL;
    for (size_t t = 0; t < model->facts.trees; t++) {
        const struct qr_node *root = qr_tree_root(model, t), *open = NULL;
        struct leaf_bounds bounds = box_bounds(box, root, root, &open);
        least += bounds.least;
        if (open && (int64_t)bounds.most - bounds.least > widest) {
            widest = (int64_t)bounds.most - bounds.least;
            *ret_open = open;
        }
    }
    return least;
}

static void push_half(struct search *search, const struct box *box, const struct qr_node *split, bool left)
{
    struct box half;
    int32_t row[QR_FEATURES_MAX];
    uint64_t cost;
    box_copy(&half, box);
    box_restrict(&half, split, left);
    if (nearest(search, &half, row, &cost))
        push(search, &half, cost);
    else
        box_done(&half);
}

/* True when the box's nearest row is the answer. */
static bool visit(struct search *search, const struct box *box, struct qr_whatif *answer)
{
    const struct qr_node *open;
    uint64_t cost;
    if (least_score(search, box, &open) >= search->score_below || !nearest(search, box, answer->row, &cost))
        return false;
    answer->score = qr_model_score(search->model, answer->row);
    if (answer->score < search->score_below)
        return true;
    if (open) {
        push_half(search, box, open, true);
        push_half(search, box, open, false);
    }
    return false;
}

/* Least score whose fare is `below` or more, by bisection: fares never fall as scores rise. */
static int64_t first_score_at(const struct qr_model *model, int64_t below)
{
    int64_t low = model->facts.score_min, high = model->facts.score_max + 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (qr_fare(model, middle).minor >= below)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

int qr_whatif_search(const struct qr_model *model, const int32_t *row, const bool *may_change, int64_t below,
                     uint64_t nodes_max, struct qr_whatif *ret_answer, struct qr_error *error)
{
    int code = qr_schema_check_row(&model->schema, row, error);
    if (code)
        return code;
    struct search search = {.model = model, .row = row, .score_below = first_score_at(model, below)};
    struct box all;
    box_init(&all, model);
    for (size_t i = 0; i < model->schema.n_features; i++)
        if (!may_change[i])
            box_fix(&all, i, row[i]);
    push(&search, &all, 0);
    struct qr_whatif answer = {0};
    size_t waiting_max = WAITING_BYTES_MAX / (sizeof(struct waiting) + model->schema.n_features * sizeof(struct range) +
                                              all.n_words * sizeof *all.sets);
    while (search.n > 0 && !answer.found && answer.nodes < nodes_max && search.n < waiting_max) {
        struct waiting next = pop(&search);
        answer.nodes++;
        answer.found = visit(&search, &next.box, &answer);
        box_done(&next.box);
    }
    answer.limited = !answer.found && search.n > 0;
    while (search.n > 0)
        box_done(&search.heap[--search.n].box);
    free(search.heap);
    *ret_answer = answer;
    return 0;
}
