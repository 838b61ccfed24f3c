#include "tests/unit/unit.h"

#include "ledger/store_rows.h"

#include <fcntl.h>
#include <sys/stat.h>

/* The index of places: what it finds beside a plain list of the same hashes. A third of the hashes begin with the same two bytes, so
 * that every level of buckets fills. */
enum { LEAVES = 120000, BLOCK_MOST = 3000, SAMPLES = 4000, PATH_SIZE = 80 };

struct index {
    char folder[PATH_SIZE], path[PATH_SIZE + 16];
    struct qr_store *store;
    struct qr_leaves leaves; /* all of them: their hashes */
    struct qr_store_sum sum;
};

static void open_index(struct index *index)
{
    struct qr_error error;
    unit_ok(qr_store_open(index->path, true, &index->store, &error), error);
    ck_assert_int_eq(sqlite3_exec(index->store->db, "PRAGMA synchronous = OFF", NULL, NULL, NULL), SQLITE_OK); /* no crash here */
}

static struct qr_hash any_hash(struct unit_random *random)
{
    struct qr_hash hash;
    for (size_t i = 0; i < sizeof hash.bytes; i++)
        hash.bytes[i] = (uint8_t)unit_random_next(random);
    if (unit_random_below(random, 3) == 0)
        hash.bytes[0] = hash.bytes[1] = 0xa5;
    return hash;
}

/* Adds a block of n leaves. */
static void add_block(struct index *index, size_t n, struct unit_random *random)
{
    QR_CLEANUP(qr_leaves_done) struct qr_leaves leaves = {.n = 0};
    QR_CLEANUP(qr_freep) struct store_place *places = NULL;
    struct qr_error error;
    size_t found = 0;
    for (size_t i = 0; i < n; i++) {
        struct qr_hash hash = any_hash(random);
        qr_leaves_add_hashed(&leaves, "leaf", 4, &hash);
        qr_leaves_add_hashed(&index->leaves, "leaf", 4, &hash);
    }
    struct qr_header header = {.height = 1, .log_size = index->leaves.n};
    struct qr_append append = {.header = &header, .leaves = &leaves};
    unit_ok(qr_store_places_of(&append, &places, &found, &error), error);
    ck_assert_uint_eq(found, n);
    for (size_t i = 0; i < n; i++)
        qr_store_sum_place(&index->sum, &places[i]);
    unit_ok(qr_store_run(index->store, STORE_BEGIN, &error), error);
    unit_ok(qr_store_put_places(index->store, places, n, &error), error);
    unit_ok(qr_store_run(index->store, STORE_COMMIT, &error), error);
}

static struct index *make_index(struct unit_random *random)
{
    struct index *index = qr_alloc(1, sizeof *index);
    snprintf(index->folder, sizeof index->folder, "/tmp/quorate-places-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(index->folder));
    snprintf(index->path, sizeof index->path, "%s/ledgerd.db", index->folder);
    open_index(index);
    while (index->leaves.n < LEAVES) {
        size_t most = unit_random_below(random, 4) ? 8 : BLOCK_MOST;
        add_block(index, 1 + unit_random_below(random, most), random);
        if (unit_random_below(random, 100) == 0) { /* as after a restart */
            qr_store_close(index->store);
            open_index(index);
        }
    }
    return index;
}

static void index_free(struct index *index)
{
    qr_store_close(index->store);
    qr_leaves_done(&index->leaves);
    char mark[PATH_SIZE + 32];
    snprintf(mark, sizeof mark, "%s-mark", index->path);
    ck_assert_int_eq(unlink(index->path) | unlink(mark) | rmdir(index->folder), 0);
    free(index);
}

/* How many leaves lie between these, first 8 bytes compared; *ret_sum adds up their indexes. */
static size_t count(const struct index *index, const struct qr_hash *low, const struct qr_hash *high, uint64_t *ret_sum)
{
    size_t n = 0;
    *ret_sum = 0;
    for (size_t i = 0; i < index->leaves.n; i++)
        if (memcmp(index->leaves.hashes[i].bytes, low->bytes, STORE_PREFIX) >= 0 &&
            memcmp(index->leaves.hashes[i].bytes, high->bytes, STORE_PREFIX) <= 0) {
            *ret_sum += i;
            n++;
        }
    return n;
}

static int64_t number(struct index *index, const char *query)
{
    sqlite3_stmt *statement = NULL;
    ck_assert_int_eq(sqlite3_prepare_v2(index->store->db, query, -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    int64_t result = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return result;
}

START_TEST(every_leaf_is_found_by_its_hash)
{
    struct unit_random random = unit_random_start();
    struct index *index = make_index(&random);
    ck_assert_int_gt(number(index, "SELECT count(*) FROM place"), 0);
    for (int level = 10; level <= 22; level += 4) {
        char query[100];
        snprintf(query, sizeof query, "SELECT count(*) FROM bucket WHERE id BETWEEN %d AND %d", 1 << level, (2 << level) - 1);
        ck_assert_int_gt(number(index, query), 0);
    }
    for (size_t i = 0; i < SAMPLES; i++) {
        size_t at = unit_random_below(&random, index->leaves.n), n = 0;
        const struct qr_hash *hash = &index->leaves.hashes[at];
        QR_CLEANUP(qr_freep) struct store_place *found = NULL;
        struct qr_error error;
        unit_ok(qr_store_find_places(index->store, hash, hash, &found, &n, &error), error);
        unit_holds(n == 1 && qr_store_place_number(&found[0]) == (int64_t)at);
    }
    index_free(index);
}
END_TEST

START_TEST(a_prefix_finds_all_that_begin_with_it)
{
    struct unit_random random = unit_random_start();
    struct index *index = make_index(&random);
    for (size_t i = 0; i < SAMPLES / 20; i++) {
        struct qr_hash low = index->leaves.hashes[unit_random_below(&random, index->leaves.n)], high;
        size_t kept = 3 + unit_random_below(&random, 3), n = 0;
        uint64_t expected, sum = 0;
        memset(low.bytes + kept, 0, sizeof low.bytes - kept);
        high = low;
        memset(high.bytes + kept, 0xff, sizeof high.bytes - kept);
        QR_CLEANUP(qr_freep) struct store_place *found = NULL;
        struct qr_error error;
        unit_ok(qr_store_find_places(index->store, &low, &high, &found, &n, &error), error);
        for (size_t k = 0; k < n; k++)
            sum += (uint64_t)qr_store_place_number(&found[k]);
        unit_holds(n == count(index, &low, &high, &expected) && sum == expected);
        for (size_t k = 1; k < n; k++)
            unit_holds(memcmp(&found[k - 1], &found[k], sizeof found[k]) < 0);
    }
    index_free(index);
}
END_TEST

/* Whether the index is found to be another than was written. */
static bool differs(struct index *index)
{
    struct qr_store_sum found;
    struct qr_error error;
    return qr_store_sum_places(index->store, &found, &error) != 0 || memcmp(&found, &index->sum, sizeof found) != 0;
}

START_TEST(whatever_is_changed_in_it_is_noticed)
{
    static const char *const edits[] = {
        "UPDATE place SET prefix = prefix + 1 WHERE prefix = (SELECT max(prefix) FROM place)",
        "UPDATE place SET place = place + 1 WHERE prefix = (SELECT min(prefix) FROM place)",
        "UPDATE place SET place = 9223372036854775807 WHERE prefix = (SELECT min(prefix) FROM place)",
        "UPDATE place SET place = -9223372036854775807 - 1 WHERE prefix = (SELECT min(prefix) FROM place)",
        "DELETE FROM place WHERE prefix = (SELECT min(prefix) FROM place)",
        "INSERT INTO place VALUES(1, 1)",
        "UPDATE bucket SET places = x'00' || substr(places, 2) WHERE id = (SELECT max(id) FROM bucket)",
        ("UPDATE bucket SET places = substr(places, 1, 13) || x'ff' || substr(places, 15)"
         " WHERE id = (SELECT min(id) FROM bucket WHERE substr(places, 14, 1) <> x'ff')"),
        "UPDATE bucket SET places = substr(places, 1, length(places) - 1) WHERE id = (SELECT min(id) FROM bucket)",
        "UPDATE bucket SET places = substr(places, 15) WHERE id = (SELECT min(id) FROM bucket WHERE length(places) > 14)",
        "UPDATE bucket SET id = id + 1 WHERE id = (SELECT max(id) FROM bucket)",
        "UPDATE bucket SET id = 5 WHERE id = (SELECT min(id) FROM bucket)",
        "UPDATE bucket SET id = 1 << 30 WHERE id = (SELECT max(id) FROM bucket)",
        "DELETE FROM bucket WHERE id = (SELECT max(id) FROM bucket)",
        "INSERT INTO bucket VALUES(7, x'')",
    };
    struct unit_random random = unit_random_start();
    struct index *index = make_index(&random);
    unit_holds(!differs(index));
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        ck_assert_int_eq(sqlite3_exec(index->store->db, "BEGIN", NULL, NULL, NULL), SQLITE_OK);
        ck_assert_int_eq(sqlite3_exec(index->store->db, edits[i], NULL, NULL, NULL), SQLITE_OK);
        ck_assert_int_eq(sqlite3_changes(index->store->db), 1);
        if (!differs(index))
            ck_abort_msg("not noticed: %s", edits[i]);
        ck_assert_int_eq(sqlite3_exec(index->store->db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    }
    index_free(index);
}
END_TEST

/* The disk is not to blame, and nobody should look into its log. */
START_TEST(a_file_that_this_user_may_not_open_is_told_from_a_broken_disk)
{
    char folder[] = "/tmp/quorate-places-XXXXXX", path[PATH_SIZE];
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/ledgerd.db", folder);
    int file = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0000);
    ck_assert_int_ge(file, 0);
    close(file);
    uid_t before = geteuid();
    if (before == 0)
        ck_assert_int_eq(setreuid(65534, 0), 0); /* access() asks for the real user */
    struct qr_store *store = NULL;
    struct qr_error error;
    if (before == 0)
        ck_assert_int_eq(chmod(folder, 0755), 0);
    unit_fails(qr_store_open_read(path, &store, &error), QR_EINPUT, error);
    ck_assert_ptr_nonnull(strstr(error.text, "Permission denied"));
    unit_fails(qr_store_open(path, true, &store, &error), QR_EINPUT, error);
    ck_assert_ptr_nonnull(strstr(error.text, "Permission denied"));
    if (before == 0)
        ck_assert_int_eq(setreuid(0, 0), 0);
    unlink(path);
    rmdir(folder);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {every_leaf_is_found_by_its_hash, a_prefix_finds_all_that_begin_with_it,
                                  whatever_is_changed_in_it_is_noticed,
                                  a_file_that_this_user_may_not_open_is_told_from_a_broken_disk};
    return unit_run("places", tests, sizeof tests / sizeof tests[0]);
}
