#include "ledger/merkle.h"

#include "common/buffer.h"
#include "tests/unit/unit.h"

/* RFC 9162 trees against the certificate-transparency vectors and against the definition, computed naively. */

enum { LEAVES = 300 };

/* A tile store in memory, growing as flushes write to it. */
struct tiles {
    size_t n;
    struct qr_tile *tile;
    size_t reads;
};

static int write_tile(void *context, const struct qr_tile *tile)
{
    struct tiles *tiles = context;
    size_t i = 0;
    while (i < tiles->n && (tiles->tile[i].level != tile->level || tiles->tile[i].index != tile->index))
        i++;
    if (i == tiles->n)
        tiles->tile = qr_realloc(tiles->tile, ++tiles->n, sizeof *tiles->tile);
    tiles->tile[i] = *tile;
    return 0;
}

static int read_tile(void *context, unsigned level, uint64_t index, struct qr_tile *ret, struct qr_error *error)
{
    struct tiles *tiles = context;
    tiles->reads++;
    for (size_t i = 0; i < tiles->n; i++)
        if (tiles->tile[i].level == level && tiles->tile[i].index == index) {
            *ret = tiles->tile[i];
            return 0;
        }
    return qr_fail(error, QR_ECORRUPT, "no tile %u/%" PRIu64, level, index);
}

static struct qr_hash leaf_of(uint64_t i) { return qr_merkle_leaf(&i, sizeof i); }

/* MTH of §2.1.1, as it is written there. */
static struct qr_hash definition(const struct qr_hash *leaves, size_t n)
{
    if (n == 0)
        return qr_sha256("", 0);
    if (n == 1)
        return leaves[0];
    size_t k = 1;
    while (k * 2 < n)
        k *= 2;
    struct qr_hash left = definition(leaves, k), right = definition(leaves + k, n - k);
    return qr_merkle_node(&left, &right);
}

START_TEST(the_published_vectors_come_out)
{
    static const struct {
        const char *hex;
        size_t size;
    } inputs[] = {{"", 0},         {"00", 1},       {"10", 1},          {"2021", 2},
                  {"3031", 2},     {"40414243", 4}, {"5051525354555657", 8}, {"606162636465666768696a6b6c6d6e6f", 16}};
    static const char *const roots[] = {
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    };
    struct qr_hash leaves[8];
    struct qr_merkle_log *log = qr_merkle_log_new();
    struct qr_hash empty = qr_merkle_log_root(log);
    ck_assert_str_eq(qr_hash_text(&empty).text, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (size_t i = 0; i < 8; i++) {
        uint8_t bytes[16];
        ck_assert_int_eq(qr_hex_decode(inputs[i].hex, inputs[i].size, bytes), 0);
        leaves[i] = qr_merkle_leaf(bytes, inputs[i].size);
        qr_merkle_log_append(log, &leaves[i]);
        struct qr_hash root = qr_merkle_root(leaves, i + 1), logged = qr_merkle_log_root(log);
        ck_assert_str_eq(qr_hash_text(&root).text, roots[i]);
        ck_assert_str_eq(qr_hash_text(&logged).text, roots[i]);
    }
    qr_merkle_log_free(log);
}
END_TEST

struct grown {
    struct tiles tiles;
    struct qr_tile_source source;
    struct qr_hash leaves[LEAVES];
    struct qr_hash roots[LEAVES + 1];
};

/* Appends in uneven steps, flushing and reopening in between, as blocks do. */
static void grow(struct grown *grown)
{
    struct qr_error error = {0};
    struct qr_merkle_log *log = qr_merkle_log_new();
    grown->source = (struct qr_tile_source){.read = read_tile, .context = &grown->tiles};
    grown->roots[0] = qr_merkle_log_root(log);
    for (size_t i = 0; i < LEAVES; i++) {
        grown->leaves[i] = leaf_of(i);
        qr_merkle_log_append(log, &grown->leaves[i]);
        grown->roots[i + 1] = qr_merkle_log_root(log);
        if (i % 7 == 3 || i == LEAVES - 1) {
            ck_assert_int_eq(qr_merkle_log_changes(log, write_tile, &grown->tiles), 0);
            qr_merkle_log_flush(log);
        }
        if (i % 49 == 45) {
            qr_merkle_log_free(log);
            unit_ok(qr_merkle_log_open(i + 1, &grown->source, &log, &error), error);
        }
    }
    qr_merkle_log_free(log);
}

START_TEST(roots_are_those_of_the_definition_at_every_size)
{
    struct grown *grown = qr_alloc(1, sizeof *grown);
    struct qr_error error = {0};
    grow(grown);
    for (size_t n = 0; n <= LEAVES; n++) {
        struct qr_hash expected = definition(grown->leaves, n), at;
        unit_ok(qr_merkle_log_root_at(&grown->source, n, &at, &error), error);
        unit_holds(qr_hash_equal(&expected, &grown->roots[n]));
        unit_holds(qr_hash_equal(&expected, &at));
    }
    free(grown->tiles.tile);
    free(grown);
}
END_TEST

START_TEST(every_inclusion_proof_holds_and_no_other)
{
    struct grown *grown = qr_alloc(1, sizeof *grown);
    struct unit_random random = unit_random_start();
    struct qr_error error = {0};
    grow(grown);
    for (size_t n = 1; n <= LEAVES; n += 1 + n / 40)
        for (size_t i = 0; i < n; i++) {
            struct qr_proof proof;
            unit_ok(qr_merkle_log_inclusion(&grown->source, i, n, &proof, &error), error);
            unit_ok(qr_inclusion_verify(&grown->leaves[i], i, n, &proof, &grown->roots[n], &error), error);
            size_t other = unit_random_below(&random, LEAVES);
            if (other != i)
                unit_holds(qr_inclusion_verify(&grown->leaves[i], other, n, &proof, &grown->roots[n], NULL) != 0);
            unit_holds(qr_inclusion_verify(&grown->leaves[i], i, n * 4 + 1, &proof, &grown->roots[n], NULL) != 0);
            unit_holds(i + 1 < n || qr_inclusion_verify(&grown->leaves[i], i, i, &proof, &grown->roots[n], NULL) != 0);
            if (proof.n) {
                proof.path[unit_random_below(&random, proof.n)].bytes[3] ^= 1;
                unit_holds(qr_inclusion_verify(&grown->leaves[i], i, n, &proof, &grown->roots[n], NULL) != 0);
                proof.n--;
                unit_holds(qr_inclusion_verify(&grown->leaves[i], i, n, &proof, &grown->roots[n], NULL) != 0);
            }
        }
    struct qr_proof proof;
    unit_fails(qr_merkle_log_inclusion(&grown->source, 5, 5, &proof, &error), QR_ERANGE, error);
    free(grown->tiles.tile);
    free(grown);
}
END_TEST

START_TEST(every_consistency_proof_holds_and_a_fork_is_told)
{
    struct grown *grown = qr_alloc(1, sizeof *grown);
    struct qr_error error = {0};
    grow(grown);
    for (size_t n = 1; n <= LEAVES; n += 1 + n / 30)
        for (size_t m = 0; m <= n; m++) {
            struct qr_proof proof;
            struct qr_hash forked = grown->roots[m];
            unit_ok(qr_merkle_log_consistency(&grown->source, m, n, &proof, &error), error);
            unit_ok(qr_consistency_verify(m, &grown->roots[m], n, &grown->roots[n], &proof, &error), error);
            forked.bytes[9] ^= 4;
            unit_holds(qr_consistency_verify(m, &forked, n, &grown->roots[n], &proof, NULL) != 0);
            if (m > 0 && m < n) {
                unit_holds(qr_consistency_verify(n, &grown->roots[n], m, &grown->roots[m], &proof, NULL) != 0);
                proof.n--;
                unit_holds(qr_consistency_verify(m, &grown->roots[m], n, &grown->roots[n], &proof, NULL) != 0);
            }
        }
    free(grown->tiles.tile);
    free(grown);
}
END_TEST

START_TEST(a_proof_reads_a_tile_a_level_and_a_rollback_forgets)
{
    struct grown *grown = qr_alloc(1, sizeof *grown);
    struct qr_merkle_log *log = NULL;
    struct qr_proof proof;
    struct qr_error error = {0};
    grow(grown);
    grown->tiles.reads = 0;
    unit_ok(qr_merkle_log_inclusion(&grown->source, 17, LEAVES, &proof, &error), error);
    ck_assert_uint_le(grown->tiles.reads, 6); /* 300 leaves are three levels of tiles */
    unit_ok(qr_merkle_log_open(LEAVES, &grown->source, &log, &error), error);
    for (uint64_t i = 0; i < 40; i++) {
        struct qr_hash leaf = leaf_of(i);
        qr_merkle_log_append(log, &leaf);
    }
    qr_merkle_log_rollback(log);
    struct qr_hash root = qr_merkle_log_root(log);
    ck_assert_uint_eq(qr_merkle_log_size(log), LEAVES);
    ck_assert(qr_hash_equal(&root, &grown->roots[LEAVES]));
    qr_merkle_log_free(log);
    free(grown->tiles.tile);
    free(grown);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        the_published_vectors_come_out,
        roots_are_those_of_the_definition_at_every_size,
        every_inclusion_proof_holds_and_no_other,
        every_consistency_proof_holds_and_a_fork_is_told,
        a_proof_reads_a_tile_a_level_and_a_rollback_forgets,
    };
    return unit_run("ledger/merkle", tests, sizeof tests / sizeof tests[0]);
}
