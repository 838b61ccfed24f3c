#include "common/state.h"

#include <sodium.h>

#include "common/codec.h"

enum { LANES = 1024, DIGEST_BYTES = 2 * LANES, FIRST_BUCKETS = 64 };

/* A treap: a binary search tree by key and a heap by priority. The priority is a hash of the key, so the shape
 * depends on the contents alone. By the same hash each node is in a bucket too, where one key is found in one step.
 * A new node waits outside the tree until the order is asked for: many are undone before that. */
struct node {
    struct node *left, *right; /* outside the tree: the next that waits, the one before */
    struct node *next_in_bucket;
    struct node *next_uncounted, **at_uncounted; /* at_uncounted NULL: the entry is in the sum */
    uint64_t priority;
    uint32_t key_size, value_size;
    uint8_t *value;
    bool ordered; /* it is in the tree */
    uint8_t key[];
};

/* A change. Owns the value that was replaced or the node that was taken out. */
struct undo {
    enum { ADDED, CHANGED, DELETED } kind;
    uint32_t value_size;
    struct node *node;
    uint8_t *value;
};

struct tree {
    struct node *root;
    struct node *waiting; /* nodes that are not in it yet */
};

/* The digest's sum, brought up to date only when it is asked for: an entry that changes a thousand times in a block is taken out once
 * and added once. */
struct sum {
    uint16_t lanes[LANES];
    struct node *uncounted; /* entries that are to be added yet */
};

struct qr_state {
    struct tree *tree;
    size_t count;
    struct node **buckets;
    size_t n_buckets; /* a power of two, at least count */
    struct undo *undo;
    size_t n_undo, undo_capacity;
    struct sum *sum;
};

static int compare(const void *a, size_t a_size, const void *b, size_t b_size)
{
    size_t shared = a_size < b_size ? a_size : b_size;
    int order = shared ? memcmp(a, b, shared) : 0;
    return order ? order : (a_size > b_size) - (a_size < b_size);
}

static uint64_t priority_of(const void *key, size_t key_size)
{
    static const uint8_t fixed[crypto_shorthash_KEYBYTES] = "quorate treap  ";
    uint8_t hash[crypto_shorthash_BYTES];
    crypto_shorthash(hash, key, key_size, fixed);
    uint64_t priority;
    memcpy(&priority, hash, sizeof priority);
    return priority;
}

/* Adds an entry's vector to the sum of all, or subtracts it. */
static void sum_entry(struct sum *sum, const struct node *node, bool add)
{
    uint8_t prefix[10], stream[DIGEST_BYTES];
    static const uint8_t nonce[crypto_stream_chacha20_NONCEBYTES];
    size_t n = 0;
    for (uint64_t size = node->key_size; n == 0 || size; size >>= 7)
        prefix[n++] = (uint8_t)((size & 0x7f) | (size > 0x7f ? 0x80 : 0));
    crypto_hash_sha256_state sha;
    uint8_t key[crypto_hash_sha256_BYTES];
    crypto_hash_sha256_init(&sha);
    crypto_hash_sha256_update(&sha, prefix, n);
    crypto_hash_sha256_update(&sha, node->key, node->key_size);
    crypto_hash_sha256_update(&sha, node->value, node->value_size);
    crypto_hash_sha256_final(&sha, key);
    crypto_stream_chacha20(stream, sizeof stream, nonce, key);
    for (size_t i = 0; i < LANES; i++) {
        uint16_t lane = (uint16_t)(stream[2 * i] | stream[2 * i + 1] << 8);
        sum->lanes[i] = (uint16_t)(add ? sum->lanes[i] + lane : sum->lanes[i] - lane);
    }
}

static void count_later(struct sum *sum, struct node *node)
{
    node->next_uncounted = sum->uncounted;
    node->at_uncounted = &sum->uncounted;
    if (node->next_uncounted)
        node->next_uncounted->at_uncounted = &node->next_uncounted;
    sum->uncounted = node;
}

static void leave_uncounted(struct node *node)
{
    *node->at_uncounted = node->next_uncounted;
    if (node->next_uncounted)
        node->next_uncounted->at_uncounted = node->at_uncounted;
    node->at_uncounted = NULL;
}

/* Takes an entry that is about to change or go out of the sum, or off the list of those that wait for it. */
static void uncount(struct sum *sum, struct node *node)
{
    if (node->at_uncounted)
        leave_uncounted(node);
    else
        sum_entry(sum, node, false);
}

static struct node **bucket_of(const struct qr_state *state, uint64_t priority)
{
    return &state->buckets[priority & (state->n_buckets - 1)];
}

static struct node *find_by(const struct qr_state *state, uint64_t priority, const void *key, size_t key_size)
{
    struct node *node = *bucket_of(state, priority);
    while (node && (node->priority != priority || compare(node->key, node->key_size, key, key_size) != 0))
        node = node->next_in_bucket;
    return node;
}

static struct node *find(const struct qr_state *state, const void *key, size_t key_size)
{
    return find_by(state, priority_of(key, key_size), key, key_size);
}

static void put_into_bucket(struct qr_state *state, struct node *node)
{
    struct node **bucket = bucket_of(state, node->priority);
    node->next_in_bucket = *bucket;
    *bucket = node;
}

static void double_buckets(struct qr_state *state)
{
    struct node **old = state->buckets;
    size_t n_old = state->n_buckets;
    state->n_buckets *= 2;
    state->buckets = qr_alloc(state->n_buckets, sizeof *state->buckets);
    for (size_t i = 0; i < n_old; i++)
        for (struct node *node = old[i], *next; node; node = next) {
            next = node->next_in_bucket;
            put_into_bucket(state, node);
        }
    free(old);
}

static void split(struct node *tree, const void *key, size_t key_size, struct node **ret_less, struct node **ret_more)
{
    while (tree) {
        if (compare(tree->key, tree->key_size, key, key_size) < 0) {
            *ret_less = tree;
            ret_less = &tree->right;
            tree = tree->right;
        } else {
            *ret_more = tree;
            ret_more = &tree->left;
            tree = tree->left;
        }
    }
    *ret_less = *ret_more = NULL;
}

static struct node *merge(struct node *less, struct node *more)
{
    struct node *root = NULL, **at = &root;
    while (less && more) {
        if (less->priority > more->priority) {
            *at = less;
            at = &less->right;
            less = less->right;
        } else {
            *at = more;
            at = &more->left;
            more = more->left;
        }
    }
    *at = less ? less : more;
    return root;
}

static void remember(struct qr_state *state, unsigned kind, struct node *node)
{
    if (state->n_undo == state->undo_capacity) {
        state->undo_capacity = state->undo_capacity ? state->undo_capacity * 2 : 64;
        state->undo = qr_realloc(state->undo, state->undo_capacity, sizeof *state->undo);
    }
    struct undo *undo = &state->undo[state->n_undo++];
    *undo = (struct undo){.kind = kind, .node = node};
    if (kind == CHANGED) {
        undo->value = node->value;
        undo->value_size = node->value_size;
    }
}

static void insert_into_tree(struct tree *tree, struct node *node)
{
    struct node **at = &tree->root;
    while (*at && (*at)->priority >= node->priority)
        at = compare(node->key, node->key_size, (*at)->key, (*at)->key_size) < 0 ? &(*at)->left : &(*at)->right;
    split(*at, node->key, node->key_size, &node->left, &node->right);
    *at = node;
    node->ordered = true;
}

static void take_out_of_tree(struct tree *tree, const struct node *node)
{
    struct node **at = &tree->root;
    while (*at != node)
        at = compare(node->key, node->key_size, (*at)->key, (*at)->key_size) < 0 ? &(*at)->left : &(*at)->right;
    *at = merge(node->left, node->right);
}

static void start_waiting(struct tree *tree, struct node *node)
{
    node->ordered = false;
    node->right = NULL;
    node->left = tree->waiting;
    if (node->left)
        node->left->right = node;
    tree->waiting = node;
}

static void stop_waiting(struct tree *tree, const struct node *node)
{
    *(node->right ? &node->right->left : &tree->waiting) = node->left;
    if (node->left)
        node->left->right = node->right;
}

/* Puts those that wait into the tree. */
static void order(struct tree *tree)
{
    for (struct node *node = tree->waiting, *next; node; node = next) {
        next = node->left;
        insert_into_tree(tree, node);
    }
    tree->waiting = NULL;
}

static void insert(struct qr_state *state, struct node *node)
{
    start_waiting(state->tree, node);
    if (state->count++ == state->n_buckets)
        double_buckets(state);
    put_into_bucket(state, node);
    count_later(state->sum, node);
}

static void take_out(struct qr_state *state, struct node *node)
{
    uncount(state->sum, node);
    if (node->ordered)
        take_out_of_tree(state->tree, node);
    else
        stop_waiting(state->tree, node);
    struct node **at = bucket_of(state, node->priority);
    while (*at != node)
        at = &(*at)->next_in_bucket;
    *at = node->next_in_bucket;
    state->count--;
}

static void node_free(struct node *node)
{
    free(node->value);
    free(node);
}

static void add(struct qr_state *state, uint64_t priority, const void *key, size_t key_size, const struct qr_span *value)
{
    struct node *node = qr_alloc(1, sizeof *node + key_size);
    memcpy(node->key, key, key_size);
    node->key_size = (uint32_t)key_size;
    node->priority = priority;
    node->value = qr_memdup(value->bytes, value->size);
    node->value_size = (uint32_t)value->size;
    insert(state, node);
    remember(state, ADDED, node);
}

/* Takes the value; the one before is the caller's. */
static void replace(struct qr_state *state, struct node *node, uint8_t *value, uint32_t value_size)
{
    uncount(state->sum, node);
    node->value = value;
    node->value_size = value_size;
    count_later(state->sum, node);
}

struct qr_state *qr_state_new(void)
{
    struct qr_state *state = qr_alloc(1, sizeof *state);
    state->tree = qr_alloc(1, sizeof *state->tree);
    state->sum = qr_alloc(1, sizeof *state->sum);
    state->n_buckets = FIRST_BUCKETS;
    state->buckets = qr_alloc(state->n_buckets, sizeof *state->buckets);
    return state;
}

static void free_tree(struct node *node)
{
    while (node) {
        free_tree(node->left);
        struct node *right = node->right;
        node_free(node);
        node = right;
    }
}

void qr_state_free(struct qr_state *state)
{
    if (!state)
        return;
    order(state->tree);
    free_tree(state->tree->root);
    qr_state_flush(state);
    free(state->undo);
    free(state->buckets);
    free(state->tree);
    free(state->sum);
    free(state);
}

void qr_state_put(struct qr_state *state, const void *key, size_t key_size, const void *value, size_t value_size)
{
    if (key_size > QR_STATE_KEY_MAX || value_size > QR_STATE_VALUE_MAX)
        abort();
    uint64_t priority = priority_of(key, key_size);
    struct node *node = find_by(state, priority, key, key_size);
    if (!node) {
        add(state, priority, key, key_size, &(struct qr_span){value, value_size});
        return;
    }
    if (node->value_size == value_size && (value_size == 0 || memcmp(node->value, value, value_size) == 0))
        return;
    remember(state, CHANGED, node);
    replace(state, node, qr_memdup(value, value_size), (uint32_t)value_size);
}

void qr_state_delete(struct qr_state *state, const void *key, size_t key_size)
{
    struct node *node = find(state, key, key_size);
    if (!node)
        return;
    take_out(state, node);
    remember(state, DELETED, node);
}

bool qr_state_get(const struct qr_state *state, const void *key, size_t key_size, struct qr_span *ret_value)
{
    const struct node *node = find(state, key, key_size);
    if (!node)
        return false;
    *ret_value = (struct qr_span){node->value, node->value_size};
    return true;
}

bool qr_state_next(const struct qr_state *state, const void *prefix, size_t prefix_size, const struct qr_span *after,
                   struct qr_span *ret_key, struct qr_span *ret_value)
{
    const struct node *best = NULL;
    order(state->tree);
    for (const struct node *node = state->tree->root; node;) {
        bool fits = compare(node->key, node->key_size, prefix, prefix_size) >= 0 &&
                    (!after || compare(node->key, node->key_size, after->bytes, after->size) > 0);
        if (fits)
            best = node;
        node = fits ? node->left : node->right;
    }
    if (!best || best->key_size < prefix_size || (prefix_size && memcmp(best->key, prefix, prefix_size) != 0))
        return false;
    *ret_key = (struct qr_span){best->key, best->key_size};
    *ret_value = (struct qr_span){best->value, best->value_size};
    return true;
}

size_t qr_state_mark(const struct qr_state *state) { return state->n_undo; }

void qr_state_rollback(struct qr_state *state, size_t mark)
{
    while (state->n_undo > mark) {
        const struct undo *undo = &state->undo[--state->n_undo];
        uint8_t *value = undo->node->value;
        switch (undo->kind) {
        case ADDED:
            take_out(state, undo->node);
            node_free(undo->node);
            break;
        case CHANGED:
            replace(state, undo->node, undo->value, undo->value_size);
            free(value);
            break;
        case DELETED:
            insert(state, undo->node);
            break;
        }
    }
}

void qr_state_flush(struct qr_state *state)
{
    for (size_t i = 0; i < state->n_undo; i++) {
        free(state->undo[i].value);
        if (state->undo[i].kind == DELETED)
            node_free(state->undo[i].node);
    }
    state->n_undo = 0;
}

/* Orders changes by key, and the changes of one key by when they came. */
static int compare_undo(const void *a, const void *b)
{
    const struct undo *x = *(const struct undo *const *)a, *y = *(const struct undo *const *)b;
    int order = compare(x->node->key, x->node->key_size, y->node->key, y->node->key_size);
    return order ? order : (x > y) - (x < y);
}

static bool same_as_before(const struct undo *first, const struct node *now)
{
    if (first->kind == ADDED || !now)
        return first->kind == ADDED && !now;
    const uint8_t *value = first->kind == CHANGED ? first->value : first->node->value;
    uint32_t value_size = first->kind == CHANGED ? first->value_size : first->node->value_size;
    return value_size == now->value_size && memcmp(value, now->value, value_size) == 0;
}

int qr_state_changes(const struct qr_state *state,
                     int (*write)(void *context, const struct qr_span *key, const struct qr_span *value), void *context)
{
    QR_CLEANUP(qr_freep) const struct undo **sorted = qr_alloc(state->n_undo, sizeof *sorted);
    for (size_t i = 0; i < state->n_undo; i++)
        sorted[i] = &state->undo[i];
    if (state->n_undo > 1)
        qsort(sorted, state->n_undo, sizeof *sorted, compare_undo);
    for (size_t i = 0; i < state->n_undo; i++) {
        const struct node *node = sorted[i]->node, *last = i > 0 ? sorted[i - 1]->node : NULL;
        if (last && compare(node->key, node->key_size, last->key, last->key_size) == 0)
            continue;
        const struct node *now = find(state, node->key, node->key_size);
        if (same_as_before(sorted[i], now))
            continue;
        struct qr_span key = {node->key, node->key_size};
        struct qr_span value = {now ? now->value : NULL, now ? now->value_size : 0};
        int result = write(context, &key, &value);
        if (result != 0)
            return result;
    }
    return 0;
}

size_t qr_state_count(const struct qr_state *state) { return state->count; }

struct qr_hash qr_state_digest(const struct qr_state *state)
{
    struct sum *sum = state->sum;
    uint8_t bytes[DIGEST_BYTES];
    while (sum->uncounted) {
        sum_entry(sum, sum->uncounted, true);
        leave_uncounted(sum->uncounted);
    }
    for (size_t i = 0; i < LANES; i++) {
        bytes[2 * i] = (uint8_t)sum->lanes[i];
        bytes[2 * i + 1] = (uint8_t)(sum->lanes[i] >> 8);
    }
    return qr_tagged_hash(QR_DOMAIN_STATE, bytes, sizeof bytes);
}
