#include "xai/tables.h"

/* A subtree in the making: how the root of the tree leads to it, and what its index bits mean. */
struct step {
    uint32_t node;
    bool left;
};

struct subtree {
    uint32_t root;
    unsigned n_steps, n_ancestors, n_own, n_lanes;
    struct step steps[QR_TREE_DEPTH_MAX];
    uint16_t ancestors[TABLE_BITS_MAX]; /* distinct features of the steps, in order: index bits 0 to n_ancestors - 1 */
    uint32_t own[TABLE_BITS_MAX];       /* splits inside, in preorder: the bits after those */
    uint16_t lanes[TABLE_LANES_MAX];    /* features of both, ascending */
};

struct fill_scratch {
    const struct qr_explainer *explainer;
    const struct qr_node *root; /* of the tree at hand */
    size_t bytes_per_leaf;
    size_t n_rows;
    int32_t *columns;          /* the baseline's distinct rows, feature by feature */
    uint32_t *splits, *leaves; /* below each node */
    size_t nodes_capacity;
    struct subtree *subtrees;
    size_t n_subtrees, subtrees_capacity;
    struct subtree path; /* the steps to the node at hand */
    /* of the leaf at hand */
    uint16_t *masks; /* for each depth, of each baseline row: which path features it fails */
    uint32_t *histogram;
    uint16_t *touched;
    int64_t *effects, *losses;
    int local_of[QR_FEATURES_MAX];
};

enum { MASK_LEVELS = QR_TREE_DEPTH_MAX + TABLE_BITS_MAX + 2 };

struct fill_scratch *fill_scratch_new(const struct qr_explainer *explainer)
{
    struct fill_scratch *scratch = qr_alloc(1, sizeof *scratch);
    size_t n_features = explainer->model->schema.n_features, n = qr_baseline_distinct(explainer->baseline);
    scratch->explainer = explainer;
    scratch->n_rows = n;
    scratch->columns = qr_alloc(n * n_features, sizeof *scratch->columns);
    for (size_t f = 0; f < n_features; f++)
        for (size_t i = 0; i < n; i++)
            scratch->columns[f * n + i] = qr_baseline_row(explainer->baseline, i)[f];
    scratch->masks = qr_alloc(MASK_LEVELS * n, sizeof *scratch->masks);
    scratch->histogram = qr_alloc(1 << TABLE_BITS_MAX, sizeof *scratch->histogram);
    scratch->touched = qr_alloc(n, sizeof *scratch->touched);
    for (size_t f = 0; f < QR_FEATURES_MAX; f++)
        scratch->local_of[f] = -1;
    return scratch;
}

void fill_scratch_free(struct fill_scratch *scratch)
{
    free(scratch->columns);
    free(scratch->splits);
    free(scratch->leaves);
    free(scratch->subtrees);
    free(scratch->masks);
    free(scratch->histogram);
    free(scratch->touched);
    free(scratch->effects);
    free(scratch->losses);
    free(scratch);
}

/* Planning: where to cut. */

static void count_below(struct fill_scratch *scratch, size_t n_nodes)
{
    if (n_nodes > scratch->nodes_capacity) {
        scratch->nodes_capacity = n_nodes;
        scratch->splits = qr_realloc(scratch->splits, n_nodes, sizeof *scratch->splits);
        scratch->leaves = qr_realloc(scratch->leaves, n_nodes, sizeof *scratch->leaves);
    }
    for (size_t i = n_nodes; i-- > 0;) { /* children stand behind their parents */
        const struct qr_node *node = &scratch->root[i];
        bool leaf = node->feature == QR_LEAF;
        scratch->splits[i] = leaf ? 0 : 1 + scratch->splits[i + 1] + scratch->splits[node->right];
        scratch->leaves[i] = leaf ? 1 : scratch->leaves[i + 1] + scratch->leaves[node->right];
    }
}

static void add_lane(struct subtree *subtree, uint16_t feature)
{
    unsigned at = 0;
    while (at < subtree->n_lanes && subtree->lanes[at] < feature)
        at++;
    if (at < subtree->n_lanes && subtree->lanes[at] == feature)
        return;
    if (subtree->n_lanes++ >= TABLE_LANES_MAX)
        return;
    memmove(&subtree->lanes[at + 1], &subtree->lanes[at], (subtree->n_lanes - 1 - at) * sizeof *subtree->lanes);
    subtree->lanes[at] = feature;
}

/* The subtree below `at`, whose bits are known to be few enough. */
static void describe(const struct fill_scratch *scratch, uint32_t at, struct subtree *subtree)
{
    *subtree = scratch->path;
    subtree->root = at;
    for (unsigned i = 0; i < subtree->n_ancestors; i++)
        add_lane(subtree, subtree->ancestors[i]);
    for (uint32_t i = at; subtree->n_own < scratch->splits[at]; i++)
        if (scratch->root[i].feature != QR_LEAF) {
            subtree->own[subtree->n_own++] = i;
            add_lane(subtree, (uint16_t)scratch->root[i].feature);
        }
}

static size_t stride_of(const struct subtree *subtree)
{
    return (subtree->n_lanes + 3u) / 4 * 4;
}

static size_t entry_bytes(const struct subtree *subtree)
{
    return (stride_of(subtree) * sizeof(int64_t)) << (subtree->n_ancestors + subtree->n_own);
}

static void keep_subtree(struct fill_scratch *scratch, const struct subtree *subtree)
{
    if (scratch->n_subtrees == scratch->subtrees_capacity) {
        scratch->subtrees_capacity = 2 * scratch->subtrees_capacity + 64;
        scratch->subtrees = qr_realloc(scratch->subtrees, scratch->subtrees_capacity, sizeof *scratch->subtrees);
    }
    scratch->subtrees[scratch->n_subtrees++] = *subtree;
}

/* Bytes of the subtree below `at` in one piece; SIZE_MAX where it has too many bits or lanes. */
static size_t whole_bytes(const struct fill_scratch *scratch, uint32_t at, struct subtree *subtree)
{
    if (scratch->path.n_ancestors + scratch->splits[at] > TABLE_BITS_MAX)
        return SIZE_MAX;
    describe(scratch, at, subtree);
    return subtree->n_lanes > TABLE_LANES_MAX ? SIZE_MAX : entry_bytes(subtree);
}

static size_t cut(struct fill_scratch *scratch, uint32_t at);

static size_t cut_children(struct fill_scratch *scratch, uint32_t at)
{
    struct subtree *path = &scratch->path;
    uint16_t feature = (uint16_t)scratch->root[at].feature;
    unsigned ancestors = path->n_ancestors, i = 0;
    while (i < ancestors && path->ancestors[i] != feature)
        i++;
    if (i == ancestors)
        path->ancestors[path->n_ancestors++] = feature;
    struct step *step = &path->steps[path->n_steps++];
    *step = (struct step){at, true};
    size_t bytes = cut(scratch, at + 1);
    step->left = false;
    bytes += cut(scratch, scratch->root[at].right);
    path->n_steps--;
    path->n_ancestors = ancestors;
    return bytes;
}

/* Cuts below `at` and returns the bytes: in one piece where that is small for its leaves, or not much more than in two.
 */
static size_t cut(struct fill_scratch *scratch, uint32_t at)
{
    struct subtree subtree = {0};
    size_t kept = scratch->n_subtrees, whole = whole_bytes(scratch, at, &subtree);
    if (scratch->splits[at] > 0 && (whole == SIZE_MAX || whole > scratch->bytes_per_leaf * scratch->leaves[at])) {
        size_t parts = cut_children(scratch, at);
        if (whole == SIZE_MAX || whole / 3 > parts / 2)
            return parts;
        scratch->n_subtrees = kept;
    }
    if (subtree.n_lanes > 0) /* a tree of one leaf explains nothing */
        keep_subtree(scratch, &subtree);
    return whole;
}

/* Subtrees of at most 8 lanes first, so that the loop over them takes one branch many times. */
static void sort_by_width(struct fill_scratch *scratch)
{
    QR_CLEANUP(qr_freep) struct subtree *wide = qr_alloc(scratch->n_subtrees, sizeof *wide);
    size_t n_wide = 0, n = 0;
    for (size_t i = 0; i < scratch->n_subtrees; i++)
        if (scratch->subtrees[i].n_lanes > 8)
            wide[n_wide++] = scratch->subtrees[i];
        else
            scratch->subtrees[n++] = scratch->subtrees[i];
    if (n_wide > 0)
        memcpy(scratch->subtrees + n, wide, n_wide * sizeof *wide);
}

/* Model bins and own bins. */

/* The tree's own bins of one feature: own_bin[] for each of the model's. Returns how many. */
static size_t own_bins(const struct fill_scratch *scratch, size_t n_nodes, size_t feature, uint16_t *own_bin)
{
    const struct table_bins *bins = &scratch->explainer->tables->bins[feature];
    if (scratch->explainer->model->schema.features[feature].kind == QR_FEATURE_CATEGORY) {
        for (size_t i = 0; i < bins->n; i++)
            own_bin[i] = (uint16_t)i;
        return bins->n;
    }
    memset(own_bin, 0, bins->n * sizeof *own_bin);
    for (size_t i = 0; i < n_nodes; i++) {
        if (scratch->root[i].feature != (int32_t)feature)
            continue;
        size_t low = 0, high = bins->n_starts;
        while (low < high) {
            size_t middle = (low + high) / 2;
            if (bins->starts[middle] < scratch->root[i].threshold)
                low = middle + 1;
            else
                high = middle;
        }
        own_bin[low + 1] = 1;
    }
    own_bin[bins->n - 1] = 1; /* blanks */
    for (size_t i = 1; i < bins->n; i++)
        own_bin[i] = (uint16_t)(own_bin[i - 1] + own_bin[i]);
    return own_bin[bins->n - 1] + 1u;
}

/* Some value that falls into one of the model's bins. */
static int32_t value_in_bin(const struct fill_scratch *scratch, size_t feature, size_t bin)
{
    const struct table_bins *bins = &scratch->explainer->tables->bins[feature];
    const struct qr_feature *declared = &scratch->explainer->model->schema.features[feature];
    if (bin == bins->n - 1)
        return QR_MISSING;
    if (declared->kind == QR_FEATURE_CATEGORY)
        return (int32_t)bin;
    return bin == 0 ? declared->min : bins->starts[bin - 1];
}

static size_t used_features(const struct fill_scratch *scratch, size_t n_nodes, uint16_t *features)
{
    bool used[QR_FEATURES_MAX] = {0};
    size_t n = 0;
    for (size_t i = 0; i < n_nodes; i++)
        if (scratch->root[i].feature != QR_LEAF)
            used[scratch->root[i].feature] = true;
    for (size_t f = 0; f < QR_FEATURES_MAX; f++)
        if (used[f])
            features[n++] = (uint16_t)f;
    return n;
}

/* Memory of one tree's tables, in this order; each part begins on a cache line. */
struct parts {
    size_t entries, subtrees, features, own_bins, vectors, total;
};

static size_t lines(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

static struct parts measure(const struct fill_scratch *scratch, size_t n_nodes)
{
    struct parts parts = {0};
    uint16_t features[QR_FEATURES_MAX];
    size_t n_features = used_features(scratch, n_nodes, features),
           n_padded = (scratch->n_subtrees + TABLE_GROUP - 1) / TABLE_GROUP * TABLE_GROUP;
    for (size_t i = 0; i < scratch->n_subtrees; i++)
        parts.entries += entry_bytes(&scratch->subtrees[i]);
    parts.entries = lines(parts.entries + 128); /* an entry may be read further than it goes */
    parts.subtrees = lines(scratch->n_subtrees * sizeof(struct table_subtree));
    parts.features = lines(n_features * sizeof(struct table_feature));
    for (size_t i = 0; i < n_features; i++) {
        size_t bins = scratch->explainer->tables->bins[features[i]].n;
        QR_CLEANUP(qr_freep) uint16_t *own_bin = qr_alloc(bins, sizeof *own_bin);
        parts.own_bins += bins * sizeof(uint16_t);
        parts.vectors += own_bins(scratch, n_nodes, features[i], own_bin) * n_padded * sizeof(uint16_t);
    }
    parts.own_bins = lines(parts.own_bins);
    parts.vectors = lines(parts.vectors);
    parts.total = parts.entries + parts.subtrees + parts.features + parts.own_bins + parts.vectors;
    return parts;
}

size_t fill_plan(struct fill_scratch *scratch, size_t tree, size_t bytes_per_leaf)
{
    const struct qr_model *model = scratch->explainer->model;
    scratch->root = qr_tree_root(model, tree);
    scratch->bytes_per_leaf = bytes_per_leaf;
    scratch->n_subtrees = 0;
    scratch->path = (struct subtree){0};
    count_below(scratch, model->trees[tree].n_nodes);
    cut(scratch, 0);
    sort_by_width(scratch);
    return measure(scratch, model->trees[tree].n_nodes).total;
}

/* Filling. */

struct own_step {
    unsigned bit;
    bool left;
    unsigned local;
};

struct filling {
    struct fill_scratch *scratch;
    const struct subtree *subtree;
    int64_t *entries;
    size_t stride;
    unsigned n_local; /* path features so far: the ancestors, then those of own splits */
    uint8_t lane_of_local[QR_PATH_FEATURES_MAX];
    unsigned n_own_steps;
    struct own_step own_steps[TABLE_BITS_MAX];
    unsigned next_own; /* splits are met in preorder */
};

/* Rows that leave the path at this split fail its feature. */
static void mark_failing(const struct fill_scratch *scratch, const struct qr_node *node, bool left, unsigned local,
                         const uint16_t *masks, uint16_t *ret_masks)
{
    const int32_t *column = scratch->columns + (size_t)node->feature * scratch->n_rows;
    for (size_t i = 0; i < scratch->n_rows; i++) {
        bool fails = qr_node_left(scratch->explainer->model, node, column[i]) != left;
        ret_masks[i] = (uint16_t)(masks[i] | (unsigned)fails << local);
    }
}

/* The sets of path features that baseline rows fail, and how many rows each. */
static size_t count_masks(struct fill_scratch *scratch, const uint16_t *masks)
{
    size_t n = 0;
    for (size_t i = 0; i < scratch->n_rows; i++) {
        if (scratch->histogram[masks[i]] == 0)
            scratch->touched[n++] = masks[i];
        scratch->histogram[masks[i]] += qr_baseline_count(scratch->explainer->baseline, i);
    }
    return n;
}

/* One failing set of the baseline against every set that a row can fail beside it. */
static void add_set(struct fill_scratch *scratch, unsigned set, int64_t weight, unsigned k)
{
    const int64_t(*weights)[QR_PATH_FEATURES_MAX + 1] = scratch->explainer->shapley.weights;
    unsigned rest = ((1u << k) - 1) & ~set, p = (unsigned)__builtin_popcount(set);
    for (unsigned x = rest;; x = (x - 1) & rest) {
        unsigned q = (unsigned)__builtin_popcount(x);
        int64_t gain = weight * weights[p][q];
        scratch->losses[x] += weight * weights[q][p];
        for (unsigned left = set; left; left &= left - 1)
            scratch->effects[x * k + (unsigned)__builtin_ctz(left)] += gain;
        if (x == 0)
            return;
    }
}

/* effects[x][i]: what path feature i gets from this leaf for a row that fails the set x. */
static void leaf_effects(struct fill_scratch *scratch, int64_t leaf, unsigned k, const uint16_t *masks)
{
    memset(scratch->effects, 0, ((size_t)k << k) * sizeof *scratch->effects);
    memset(scratch->losses, 0, sizeof *scratch->losses << k);
    size_t n = count_masks(scratch, masks);
    for (size_t i = 0; i < n; i++) {
        add_set(scratch, scratch->touched[i], leaf * scratch->histogram[scratch->touched[i]], k);
        scratch->histogram[scratch->touched[i]] = 0;
    }
    for (unsigned x = 1; x < 1u << k; x++)
        for (unsigned left = x; left; left &= left - 1)
            scratch->effects[x * k + (unsigned)__builtin_ctz(left)] -= scratch->losses[x];
}

static void add_leaf(struct filling *f, int64_t leaf, const uint16_t *masks)
{
    unsigned k = f->n_local, ancestors = (1u << f->subtree->n_ancestors) - 1;
    leaf_effects(f->scratch, leaf, k, masks);
    for (unsigned index = 0; index < 1u << (f->subtree->n_ancestors + f->subtree->n_own); index++) {
        unsigned fails = ~index & ancestors;
        for (unsigned i = 0; i < f->n_own_steps; i++)
            fails |= (unsigned)((index >> f->own_steps[i].bit & 1) != f->own_steps[i].left) << f->own_steps[i].local;
        const int64_t *effects = f->scratch->effects + (size_t)fails * k;
        int64_t *entry = f->entries + index * f->stride;
        for (unsigned i = 0; i < k; i++)
            entry[f->lane_of_local[i]] += effects[i];
    }
}

static unsigned lane_of(const struct subtree *subtree, uint16_t feature)
{
    unsigned lane = 0;
    while (subtree->lanes[lane] != feature)
        lane++;
    return lane;
}

static void fill_node(struct filling *f, uint32_t at, const uint16_t *masks)
{
    struct fill_scratch *scratch = f->scratch;
    const struct qr_node *node = &scratch->root[at];
    if (node->feature == QR_LEAF) {
        add_leaf(f, node->leaf, masks);
        return;
    }
    unsigned bit = f->subtree->n_ancestors + f->next_own++;
    int known = scratch->local_of[node->feature];
    unsigned local = known >= 0 ? (unsigned)known : f->n_local++;
    scratch->local_of[node->feature] = (int)local;
    f->lane_of_local[local] = (uint8_t)lane_of(f->subtree, (uint16_t)node->feature);
    uint16_t *next = (uint16_t *)(uintptr_t)masks + scratch->n_rows;
    struct own_step *step = &f->own_steps[f->n_own_steps++];
    for (int left = 1; left >= 0; left--) {
        *step = (struct own_step){bit, left, local};
        mark_failing(scratch, node, left, local, masks, next);
        fill_node(f, left ? at + 1 : node->right, next);
    }
    f->n_own_steps--;
    if (known < 0) {
        f->n_local--;
        scratch->local_of[node->feature] = -1;
    }
}

static void fill_subtree(struct fill_scratch *scratch, const struct subtree *subtree, int64_t *entries)
{
    struct filling f = {.scratch = scratch, .subtree = subtree, .entries = entries, .stride = stride_of(subtree)};
    uint16_t *masks = scratch->masks;
    memset(masks, 0, scratch->n_rows * sizeof *masks);
    for (unsigned i = 0; i < subtree->n_ancestors; i++) {
        scratch->local_of[subtree->ancestors[i]] = (int)i;
        f.lane_of_local[f.n_local++] = (uint8_t)lane_of(subtree, subtree->ancestors[i]);
    }
    for (unsigned i = 0; i < subtree->n_steps; i++) {
        const struct qr_node *node = &scratch->root[subtree->steps[i].node];
        mark_failing(scratch, node, subtree->steps[i].left, (unsigned)scratch->local_of[node->feature], masks, masks);
    }
    fill_node(&f, subtree->root, masks);
    for (unsigned i = 0; i < subtree->n_ancestors; i++)
        scratch->local_of[subtree->ancestors[i]] = -1;
}

/* Index vectors: the bits of every subtree that depend on one feature, for each bin. */

static bool on_path(const struct fill_scratch *scratch, const struct subtree *subtree, size_t feature, int32_t value)
{
    for (unsigned i = 0; i < subtree->n_steps; i++) {
        const struct qr_node *node = &scratch->root[subtree->steps[i].node];
        if (node->feature == (int32_t)feature &&
            qr_node_left(scratch->explainer->model, node, value) != subtree->steps[i].left)
            return false;
    }
    return true;
}

static uint16_t index_bits(const struct fill_scratch *scratch, const struct subtree *subtree, size_t feature,
                           int32_t value)
{
    unsigned bits = 0;
    for (unsigned i = 0; i < subtree->n_ancestors; i++)
        if (subtree->ancestors[i] == feature)
            bits |= (unsigned)on_path(scratch, subtree, feature, value) << i;
    for (unsigned i = 0; i < subtree->n_own; i++) {
        const struct qr_node *node = &scratch->root[subtree->own[i]];
        if (node->feature == (int32_t)feature)
            bits |= (unsigned)qr_node_left(scratch->explainer->model, node, value) << (subtree->n_ancestors + i);
    }
    return (uint16_t)bits;
}

static void fill_vectors(const struct fill_scratch *scratch, size_t feature, const uint16_t *own_bin, size_t n_padded,
                         uint16_t *vectors)
{
    size_t n_bins = scratch->explainer->tables->bins[feature].n;
    for (size_t bin = 0; bin < n_bins; bin++) {
        if (bin > 0 && own_bin[bin] == own_bin[bin - 1])
            continue;
        int32_t value = value_in_bin(scratch, feature, bin);
        for (size_t s = 0; s < scratch->n_subtrees; s++)
            vectors[own_bin[bin] * n_padded + s] = index_bits(scratch, &scratch->subtrees[s], feature, value);
    }
}

static void fill_features(const struct fill_scratch *scratch, size_t n_nodes, struct table_tree *tree, uint8_t *at_own,
                          uint8_t *at_vectors)
{
    uint16_t features[QR_FEATURES_MAX];
    tree->n_features = used_features(scratch, n_nodes, features);
    for (size_t i = 0; i < tree->n_features; i++) {
        uint16_t *own_bin = (uint16_t *)(void *)at_own, *vectors = (uint16_t *)(void *)at_vectors;
        size_t n_own = own_bins(scratch, n_nodes, features[i], own_bin);
        fill_vectors(scratch, features[i], own_bin, tree->n_padded, vectors);
        tree->features[i] = (struct table_feature){features[i], own_bin, vectors};
        at_own += scratch->explainer->tables->bins[features[i]].n * sizeof *own_bin;
        at_vectors += n_own * tree->n_padded * sizeof *vectors;
    }
}

static void fill_places(const struct table_tree *tree, struct table_subtree *table)
{
    unsigned lane = 0;
    for (size_t place = 0; place < TABLE_PLACES_MAX; place++) {
        size_t feature = !tree->own_places ? place : place < tree->n_places ? tree->features[place].feature : SIZE_MAX;
        bool found = lane < table->lanes && table->feature[lane] == feature;
        table->places[place / 16] |= (uint64_t)(found ? lane : TABLE_PLACED_LANES_MAX) << (place % 16 * 4);
        lane += found;
    }
}

static struct table_subtree table_of(const struct table_tree *tree, const struct subtree *subtree,
                                     const int64_t *entries)
{
    struct table_subtree table = {
        .entries = entries, .stride = (uint16_t)stride_of(subtree), .lanes = (uint16_t)subtree->n_lanes};
    for (unsigned i = 0; i < subtree->n_lanes; i++)
        table.feature[i] = subtree->lanes[i];
    if (subtree->n_lanes <= TABLE_PLACED_LANES_MAX)
        fill_places(tree, &table);
    return table;
}

static void reserve_effects(struct fill_scratch *scratch)
{
    unsigned most = 0;
    for (size_t i = 0; i < scratch->n_subtrees; i++)
        if (scratch->subtrees[i].n_ancestors + scratch->subtrees[i].n_own > most)
            most = scratch->subtrees[i].n_ancestors + scratch->subtrees[i].n_own;
    scratch->effects = qr_realloc(scratch->effects, (size_t)(most + 1) << most, sizeof *scratch->effects);
    scratch->losses = qr_realloc(scratch->losses, (size_t)1 << most, sizeof *scratch->losses);
}

void fill_tree(struct fill_scratch *scratch, size_t tree, size_t bytes_per_leaf, uint8_t *memory,
               struct table_tree *ret_tree)
{
    size_t n_nodes = scratch->explainer->model->trees[tree].n_nodes;
    (void)fill_plan(scratch, tree, bytes_per_leaf);
    struct parts parts = measure(scratch, n_nodes);
    reserve_effects(scratch);
    *ret_tree =
        (struct table_tree){.tree = tree,
                            .n_subtrees = scratch->n_subtrees,
                            .n_padded = (scratch->n_subtrees + TABLE_GROUP - 1) / TABLE_GROUP * TABLE_GROUP,
                            .memory = memory,
                            .bytes = parts.total,
                            .subtrees = (struct table_subtree *)(void *)(memory + parts.entries),
                            .features = (struct table_feature *)(void *)(memory + parts.entries + parts.subtrees)};
    uint8_t *at_own = memory + parts.entries + parts.subtrees + parts.features;
    fill_features(scratch, n_nodes, ret_tree, at_own, at_own + parts.own_bins);
    size_t n_features = scratch->explainer->model->schema.n_features;
    ret_tree->own_places = n_features > TABLE_PLACES_NARROW;
    ret_tree->n_places = ret_tree->own_places ? ret_tree->n_features : n_features;
    int64_t *entries = (int64_t *)(void *)memory;
    for (size_t i = 0; i < scratch->n_subtrees; i++) {
        fill_subtree(scratch, &scratch->subtrees[i], entries);
        ret_tree->subtrees[i] = table_of(ret_tree, &scratch->subtrees[i], entries);
        entries += entry_bytes(&scratch->subtrees[i]) / sizeof *entries;
    }
}
