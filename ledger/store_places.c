#include "ledger/store_rows.h"

#include "ledger/transaction.h"

/* The index of places. Prefixes are the first bytes of hashes and lie anywhere: kept in one tree, each new one would change a page of
 * its own, and a ledger of millions of leaves would write a page for each. So new places gather in table `place`, which stays
 * small. A slice of it that has enough of them (the prefixes with the same first 6 bits) moves into 16 rows of table `bucket`, which
 * lie side by side, and a bucket that has enough into 16 buckets of its own, four bits further on. A place is moved at most LEVELS
 * times, always in company, and a search looks into one row of each level.
 *
 * A bucket's id is a one followed by the bits that its prefixes begin with. Its places lie one after the other, sorted: 8 bytes of prefix,
 * 6 of 2^47 + place, most significant first. */
enum {
    SLICE_BITS = 6,
    FAN_BITS = 4,
    LEVELS = 4, /* of buckets, whose ids begin with 10, 14, 18 and 22 bits; one of the last takes what comes */
    SLICE_MAX = 256,
    PLACE_BYTES = 6,
    FOUND_MAX = 4096,
};
_Static_assert(1 << SLICE_BITS == STORE_SLICES, "a slice is the first bits of a prefix");

static unsigned level_bits(unsigned level)
{
    return SLICE_BITS + FAN_BITS * level;
}

/* How many places stay together. Buckets of a level fill at about the same time: were their limits one, all would move at once. */
static size_t bucket_max(int64_t id)
{
    enum { LEAST = 128, SPREAD = 384, STEP = 157 }; /* the step is prime to the spread */
    return LEAST + (size_t)id * STEP % SPREAD;
}

static uint64_t prefix_of(const struct store_place *place)
{
    uint64_t prefix = 0;
    for (unsigned i = 0; i < STORE_PREFIX; i++)
        prefix = prefix << 8 | place->bytes[i];
    return prefix;
}

static int64_t bucket_of(uint64_t prefix, unsigned level)
{
    unsigned bits = level_bits(level);
    return (int64_t)(UINT64_C(1) << bits | prefix >> (64 - bits));
}

/* Table `place` holds a prefix as a number that sorts as the hash does. */
static int64_t to_column(uint64_t prefix)
{
    return (int64_t)(prefix ^ UINT64_C(1) << 63);
}

static uint64_t of_column(int64_t column)
{
    return (uint64_t)column ^ UINT64_C(1) << 63;
}

/* A number that does not fit, as a damaged row may hold, makes another place. */
static struct store_place make_place(uint64_t prefix, int64_t place)
{
    struct store_place made;
    uint64_t number = (uint64_t)place + (UINT64_C(1) << 47);
    for (unsigned i = 0; i < STORE_PREFIX; i++)
        made.bytes[i] = (uint8_t)(prefix >> (8 * (STORE_PREFIX - 1 - i)));
    for (unsigned i = 0; i < PLACE_BYTES; i++)
        made.bytes[STORE_PREFIX + i] = (uint8_t)(number >> (8 * (PLACE_BYTES - 1 - i)));
    return made;
}

static uint64_t hash_prefix(const struct qr_hash *hash)
{
    uint64_t prefix = 0;
    for (unsigned i = 0; i < STORE_PREFIX; i++)
        prefix = prefix << 8 | hash->bytes[i];
    return prefix;
}

static struct store_place hash_place(const struct qr_hash *hash, int64_t place)
{
    return make_place(hash_prefix(hash), place);
}

int64_t qr_store_place_number(const struct store_place *place)
{
    uint64_t number = 0;
    for (unsigned i = 0; i < PLACE_BYTES; i++)
        number = number << 8 | place->bytes[STORE_PREFIX + i];
    return (int64_t)number - (INT64_C(1) << 47);
}

static int compare_places(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct store_place));
}

int qr_store_places_of(const struct qr_append *append, struct store_place **ret_places, size_t *ret_n,
                       struct qr_error *error)
{
    const struct qr_leaves *leaves = append->leaves;
    uint64_t first = append->header->log_size - leaves->n;
    QR_CLEANUP(qr_freep) struct store_place *places = qr_alloc(append->n + leaves->n, sizeof *places);
    for (size_t i = 0; i < append->n; i++) {
        struct qr_transaction transaction;
        int code = qr_transaction_read(append->transactions[i].bytes, append->transactions[i].size, &transaction, error);
        if (code)
            return code;
        places[i] = hash_place(&transaction.id, qr_store_place_of_transaction(append->header->height, i));
    }
    for (size_t i = 0; i < leaves->n; i++)
        places[append->n + i] = hash_place(&leaves->hashes[i], qr_store_place_of_leaf(first + i));
    *ret_n = append->n + leaves->n;
    *ret_places = places;
    places = NULL;
    return 0;
}

/* ---- Rows ---- */

/* A growing array of places. */
struct places {
    struct store_place *at;
    size_t n;
    size_t capacity;
};

static void places_done(struct places *places)
{
    free(places->at);
}

static void places_add(struct places *places, const struct store_place *more, size_t n)
{
    if (places->n + n > places->capacity) {
        places->capacity = 2 * places->capacity + n;
        places->at = qr_realloc(places->at, places->capacity, sizeof *places->at);
    }
    if (n)
        memcpy(places->at + places->n, more, n * sizeof *more);
    places->n += n;
}

/* Sorted places are added to sorted ones. */
static void places_merge(struct places *places, const struct store_place *more, size_t n)
{
    size_t left = places->n;
    places_add(places, more, n);
    for (size_t to = places->n; n > 0; to--) {
        bool from_left = left > 0 && compare_places(&places->at[left - 1], &more[n - 1]) > 0;
        places->at[to - 1] = from_left ? places->at[left - 1] : more[n - 1];
        left -= from_left;
        n -= !from_left;
    }
}

/* The rows of table `place` from low to high are added. */
static int get_rows(struct qr_store *store, uint64_t low, uint64_t high, struct places *out, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_FIND_PLACES, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, to_column(low));
    sqlite3_bind_int64(statement, 2, to_column(high));
    int code;
    while ((code = qr_store_step(store, statement, error)) == 1) {
        struct store_place place = make_place(of_column(sqlite3_column_int64(statement, 0)),
                                              sqlite3_column_int64(statement, 1));
        places_add(out, &place, 1);
    }
    return code;
}

static int drop_rows(struct qr_store *store, uint64_t low, uint64_t high, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_DELETE_PLACES, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, to_column(low));
    sqlite3_bind_int64(statement, 2, to_column(high));
    return qr_store_step(store, statement, error);
}

static int put_row(struct qr_store *store, const struct store_place *place, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_PUT_PLACE, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, to_column(prefix_of(place)));
    sqlite3_bind_int64(statement, 2, qr_store_place_number(place));
    return qr_store_step(store, statement, error);
}

/* What a row of table `bucket` holds; QR_ECORRUPT for anything but whole places. */
static int row_places(sqlite3_stmt *statement, int column, const struct store_place **ret, size_t *ret_n,
                      struct qr_error *error)
{
    size_t size = (size_t)sqlite3_column_bytes(statement, column);
    if (size == 0 || size % sizeof **ret != 0)
        return qr_fail(error, QR_ECORRUPT, "a row of the index (table bucket) is damaged");
    *ret = sqlite3_column_blob(statement, column);
    *ret_n = size / sizeof **ret;
    return 0;
}

/* The buckets from first to last are added. */
static int get_buckets(struct qr_store *store, int64_t first, int64_t last, struct places *out, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_GET_BUCKETS, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, first);
    sqlite3_bind_int64(statement, 2, last);
    int code;
    while ((code = qr_store_step(store, statement, error)) == 1) {
        const struct store_place *found = NULL;
        size_t n = 0;
        code = row_places(statement, 0, &found, &n, error);
        if (code)
            break;
        places_add(out, found, n);
    }
    sqlite3_reset(statement);
    return code;
}

static int drop_bucket(struct qr_store *store, int64_t id, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_DELETE_BUCKET, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, id);
    return qr_store_step(store, statement, error);
}

static int put_bucket(struct qr_store *store, int64_t id, const struct places *places, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_PUT_BUCKET, error);
    if (!statement)
        return QR_EIO;
    sqlite3_bind_int64(statement, 1, id);
    sqlite3_bind_blob64(statement, 2, places->at, places->n * sizeof *places->at, SQLITE_STATIC);
    return qr_store_step(store, statement, error);
}

/* ---- Adding ---- */

static int move_down(struct qr_store *store, unsigned level, const struct store_place *places, size_t n,
                     struct qr_error *error);

/* Adds places to one bucket; a full one moves on. */
static int fill_bucket(struct qr_store *store, unsigned level, int64_t id, const struct store_place *places, size_t n,
                       struct qr_error *error)
{
    QR_CLEANUP(places_done) struct places all = {0};
    int code = get_buckets(store, id, id, &all, error);
    if (code)
        return code;
    bool there = all.n > 0;
    places_merge(&all, places, n);
    if (level == LEVELS || all.n <= bucket_max(id))
        return put_bucket(store, id, &all, error);
    if (there)
        code = drop_bucket(store, id, error);
    return code ? code : move_down(store, level + 1, all.at, all.n, error);
}

/* Shares sorted places out to the buckets of a level. */
static int move_down(struct qr_store *store, unsigned level, const struct store_place *places, size_t n,
                     struct qr_error *error)
{
    int code = 0;
    for (size_t i = 0, end; code == 0 && i < n; i = end) {
        int64_t id = bucket_of(prefix_of(&places[i]), level);
        for (end = i + 1; end < n && bucket_of(prefix_of(&places[end]), level) == id;)
            end++;
        code = fill_bucket(store, level, id, places + i, end - i, error);
    }
    return code;
}

/* Adds sorted places to their slice; a full one moves on, with what it would have taken. */
static int fill_slice(struct qr_store *store, unsigned slice, const struct store_place *places, size_t n,
                      struct qr_error *error)
{
    int code = 0;
    if (store->slices[slice] + n <= SLICE_MAX) {
        for (size_t i = 0; code == 0 && i < n; i++)
            code = put_row(store, &places[i], error);
        store->slices[slice] += n;
        return code;
    }
    QR_CLEANUP(places_done) struct places all = {0};
    uint64_t low = (uint64_t)slice << (64 - SLICE_BITS), high = low | UINT64_MAX >> SLICE_BITS;
    code = get_rows(store, low, high, &all, error);
    if (code == 0)
        code = drop_rows(store, low, high, error);
    if (code)
        return code;
    store->slices[slice] = 0;
    places_merge(&all, places, n);
    return move_down(store, 1, all.at, all.n, error);
}

static int count_slices(struct qr_store *store, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_COUNT_SLICES, error);
    if (!statement)
        return QR_EIO;
    int code;
    while ((code = qr_store_step(store, statement, error)) == 1)
        store->slices[(sqlite3_column_int64(statement, 0) + STORE_SLICES / 2) % STORE_SLICES] =
            (size_t)sqlite3_column_int64(statement, 1);
    store->counted = code == 0;
    return code;
}

int qr_store_put_places(struct qr_store *store, struct store_place *places, size_t n, struct qr_error *error)
{
    int code = store->counted ? 0 : count_slices(store, error);
    qsort(places, n, sizeof *places, compare_places);
    for (size_t i = 0, end; code == 0 && i < n; i = end) {
        unsigned slice = (unsigned)(prefix_of(&places[i]) >> (64 - SLICE_BITS));
        for (end = i + 1; end < n && prefix_of(&places[end]) >> (64 - SLICE_BITS) == slice;)
            end++;
        code = fill_slice(store, slice, places + i, end - i, error);
    }
    return code;
}

/* ---- Finding ---- */

int qr_store_find_places(struct qr_store *store, const struct qr_hash *low, const struct qr_hash *high,
                         struct store_place **ret_places, size_t *ret_n, struct qr_error *error)
{
    QR_CLEANUP(places_done) struct places all = {0};
    struct store_place least = make_place(hash_prefix(low), -(INT64_C(1) << 47));
    struct store_place most = make_place(hash_prefix(high), (INT64_C(1) << 47) - 1);
    int code = get_rows(store, hash_prefix(low), hash_prefix(high), &all, error);
    for (unsigned level = 1; code == 0 && level <= LEVELS; level++)
        code = get_buckets(store, bucket_of(hash_prefix(low), level), bucket_of(hash_prefix(high), level), &all, error);
    if (code)
        return code;
    size_t n = 0;
    for (size_t i = 0; i < all.n; i++)
        if (compare_places(&all.at[i], &least) >= 0 && compare_places(&all.at[i], &most) <= 0)
            all.at[n++] = all.at[i];
    if (n > 0)
        qsort(all.at, n, sizeof *all.at, compare_places);
    *ret_places = all.at;
    *ret_n = n < FOUND_MAX ? n : FOUND_MAX;
    all.at = NULL;
    return 0;
}

/* ---- Audit ---- */

void qr_store_sum_place(struct qr_store_sum *sum, const struct store_place *place)
{
    struct qr_hash hash = qr_sha256(place->bytes, sizeof place->bytes);
    uint64_t lanes[QR_STORE_SUM_LANES];
    _Static_assert(sizeof lanes == sizeof hash.bytes, "each byte of the hash is in a lane");
    memcpy(lanes, hash.bytes, sizeof lanes);
    for (size_t i = 0; i < QR_STORE_SUM_LANES; i++)
        sum->lanes[i] += lanes[i];
    sum->n++;
}

static int sum_rows(struct qr_store *store, struct qr_store_sum *sum, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_WALK_PLACES, error);
    if (!statement)
        return QR_EIO;
    int code;
    while ((code = qr_store_step(store, statement, error)) == 1) {
        int64_t number = sqlite3_column_int64(statement, 1);
        struct store_place place = make_place(of_column(sqlite3_column_int64(statement, 0)), number);
        if (qr_store_place_number(&place) != number) {
            code = qr_fail(error, QR_ECORRUPT, "a row of the index (table place) names no place");
            break;
        }
        qr_store_sum_place(sum, &place);
    }
    sqlite3_reset(statement);
    return code;
}

/* Whether a bucket is one that a search would look into for each of its places. */
static bool is_bucket(int64_t id, const struct store_place *places, size_t n)
{
    unsigned level = 1;
    while (level < LEVELS && bucket_of(UINT64_MAX, level) < id)
        level++;
    for (size_t i = 0; i < n; i++)
        if (bucket_of(prefix_of(&places[i]), level) != id)
            return false;
    return true;
}

static int sum_buckets(struct qr_store *store, struct qr_store_sum *sum, struct qr_error *error)
{
    sqlite3_stmt *statement = qr_store_statement(store, STORE_WALK_BUCKETS, error);
    if (!statement)
        return QR_EIO;
    int code;
    while ((code = qr_store_step(store, statement, error)) == 1) {
        const struct store_place *places = NULL;
        size_t n = 0;
        code = row_places(statement, 1, &places, &n, error);
        if (code)
            break;
        if (!is_bucket(sqlite3_column_int64(statement, 0), places, n)) {
            code = qr_fail(error, QR_ECORRUPT, "a row of the index (table bucket) holds what no search would find there");
            break;
        }
        for (size_t i = 0; i < n; i++)
            qr_store_sum_place(sum, &places[i]);
    }
    sqlite3_reset(statement);
    return code;
}

int qr_store_sum_places(struct qr_store *store, struct qr_store_sum *ret, struct qr_error *error)
{
    *ret = (struct qr_store_sum){.n = 0};
    int code = sum_rows(store, ret, error);
    return code ? code : sum_buckets(store, ret, error);
}
