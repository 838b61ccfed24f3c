#include "ledger/consistency.h"
#include "ledger/pin.h"
#include "tests/unit/unit.h"

/* Two checkpoints of one log, against every size up to LEAVES_MAX. */

enum { LEAVES_MAX = 40 };

static struct qr_hash leaves[LEAVES_MAX];

static void make_leaves(void)
{
    for (uint8_t i = 0; i < LEAVES_MAX; i++)
        leaves[i] = qr_merkle_leaf(&i, 1);
}

/* The checkpoint of a ledger with a leaf a block. */
static struct qr_checkpoint at(uint64_t height)
{
    return (struct qr_checkpoint){.genesis = {{1}},
                                  .size = height,
                                  .root = qr_merkle_root(leaves, height),
                                  .height = height,
                                  .time = (int64_t)(1000 + height),
                                  .app_hash = {{(uint8_t)height}}};
}

/* RFC 9162 2.1.4.1 as it stands there: SUBPROOF(m, D_n, b). */
static void subproof(size_t m, size_t first, size_t n, bool whole, struct qr_proof *out)
{
    if (m == n) {
        if (!whole)
            out->path[out->n++] = qr_merkle_root(leaves + first, n);
        return;
    }
    size_t k = 1;
    while (2 * k < n)
        k *= 2;
    if (m <= k) {
        subproof(m, first, k, whole, out);
        out->path[out->n++] = qr_merkle_root(leaves + first + k, n - k);
    } else {
        subproof(m - k, first + k, n - k, false, out);
        out->path[out->n++] = qr_merkle_root(leaves + first, k);
    }
}

static struct qr_proof prove(uint64_t old_size, uint64_t new_size)
{
    struct qr_proof proof = {.n = 0};
    if (old_size > 0 && old_size < new_size)
        subproof(old_size, 0, new_size, true, &proof);
    return proof;
}

START_TEST(a_log_that_grew_agrees_with_its_beginning_in_either_order)
{
    make_leaves();
    for (uint64_t a = 1; a <= LEAVES_MAX; a++)
        for (uint64_t b = a; b <= LEAVES_MAX; b++) {
            struct qr_checkpoint old = at(a), new = at(b);
            struct qr_proof proof = prove(a, b);
            unit_holds(qr_log_compare(&old, &new, &proof) == (a == b ? QR_LOG_SAME : QR_LOG_GROWN));
            unit_holds(qr_log_compare(&new, &old, &proof) == (a == b ? QR_LOG_SAME : QR_LOG_GROWN));
            unit_holds(qr_log_needs_proof(&old, &new) == (a < b));
        }
}
END_TEST

START_TEST(every_changed_bit_of_root_or_proof_is_a_rewritten_log)
{
    make_leaves();
    for (uint64_t a = 1; a < LEAVES_MAX; a++) {
        struct qr_checkpoint old = at(a), new = at(LEAVES_MAX);
        struct qr_proof proof = prove(a, LEAVES_MAX);
        for (unsigned bit = 0; bit < 8 * QR_HASH_SIZE; bit++) {
            old.root.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            unit_holds(qr_log_compare(&old, &new, &proof) == QR_LOG_REWRITTEN);
            old.root.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            for (unsigned i = 0; i < proof.n; i++) {
                proof.path[i].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
                unit_holds(qr_log_compare(&old, &new, &proof) == QR_LOG_REWRITTEN);
                proof.path[i].bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            }
        }
        proof.n--;
        unit_holds(qr_log_compare(&old, &new, &proof) == QR_LOG_REWRITTEN);
    }
}
END_TEST

START_TEST(what_cannot_be_one_ledger_is_told_apart)
{
    make_leaves();
    struct qr_checkpoint a = at(7), b = at(7);
    struct qr_proof none = {.n = 0};
    struct qr_error error = {0};
    b.app_hash.bytes[0] ^= 1;
    ck_assert_int_eq(qr_log_compare(&a, &b, &none), QR_LOG_EQUIVOCATION);
    b = at(7);
    b.time++;
    ck_assert_int_eq(qr_log_compare(&a, &b, &none), QR_LOG_EQUIVOCATION);
    b = at(7);
    b.genesis.bytes[0] ^= 1;
    ck_assert_int_eq(qr_log_compare(&a, &b, &none), QR_LOG_OTHER);
    unit_fails(qr_log_fail(QR_LOG_OTHER, &a, &b, &error), QR_EMISMATCH, error);
    b = at(6);
    b.height = 8;
    ck_assert_int_eq(qr_log_compare(&a, &b, &none), QR_LOG_SHORTENED);
    b = at(9);
    b.time = a.time;
    struct qr_proof proof = prove(7, 9);
    ck_assert_int_eq(qr_log_compare(&a, &b, &proof), QR_LOG_SHORTENED);
    b = at(7);
    b.height = 9;
    b.time++;
    ck_assert_int_eq(qr_log_compare(&a, &b, &none), QR_LOG_GROWN); /* blocks without leaves */
    b.root.bytes[0] ^= 1;
    ck_assert_int_eq(qr_log_compare(&a, &b, &none), QR_LOG_REWRITTEN);
    unit_fails(qr_log_fail(QR_LOG_REWRITTEN, &a, &b, &error), QR_EFORKED, error);
    ck_assert_int_eq(qr_code_exit_status(error.code), 1);
}
END_TEST

START_TEST(a_proof_file_reads_back_and_is_read_strictly)
{
    static const char *const refused[] = {
        "", "{}", "[]", "{\"version\":2,\"old_size\":1,\"new_size\":2,\"path\":[]}",
        "{\"version\":1,\"old_size\":-1,\"new_size\":2,\"path\":[]}", "{\"version\":1,\"old_size\":1.0,\"new_size\":2,\"path\":[]}",
        "{\"version\":1,\"old_size\":1,\"new_size\":2,\"path\":[\"00\"]}",
        "{\"version\":1,\"old_size\":1,\"old_size\":1,\"new_size\":2,\"path\":[]}",
        "{\"version\":1,\"old_size\":1,\"new_size\":2,\"path\":[],\"more\":0}"};
    struct qr_consistency consistency = {.old_size = 5, .new_size = 40}, back;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    struct qr_error error = {0};
    make_leaves();
    consistency.proof = prove(5, 40);
    qr_consistency_write(&consistency, &text);
    unit_ok(qr_consistency_read(qr_buffer_string(&text), text.size, &back, &error), error);
    ck_assert_uint_eq(back.old_size, 5);
    ck_assert_uint_eq(back.new_size, 40);
    ck_assert_uint_eq(back.proof.n, consistency.proof.n);
    ck_assert_mem_eq(back.proof.path, consistency.proof.path, back.proof.n * sizeof back.proof.path[0]);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        unit_fails(qr_consistency_read(refused[i], strlen(refused[i]), &back, &error), QR_EFORMAT, error);
    QR_CLEANUP(qr_freep) char *large = qr_alloc(1, QR_CONSISTENCY_FILE_MAX + 1);
    unit_fails(qr_consistency_read(large, QR_CONSISTENCY_FILE_MAX + 1, &back, &error), QR_EFORMAT, error);
}
END_TEST

START_TEST(a_pin_tells_who_signed)
{
    struct qr_key *keys[3];
    struct qr_pin pin = {.need = 1, .n = 3};
    struct qr_signed_checkpoint note = {.checkpoint = at(3)};
    for (uint8_t i = 0; i < 3; i++) {
        char name[] = "node-0";
        name[5] = (char)('0' + i);
        keys[i] = qr_key_from_seed(QR_KEY_NODE, name, (uint8_t[32]){i, 9});
        qr_copy_text(pin.nodes[i].name, sizeof pin.nodes[i].name, name);
        pin.nodes[i].key = *qr_key_public(keys[i]);
    }
    ck_assert_uint_eq(qr_pin_signers(&pin, &note), 0);
    qr_checkpoint_sign(&note.checkpoint, keys[2], &note.signatures[note.n++]);
    qr_checkpoint_sign(&note.checkpoint, keys[0], &note.signatures[note.n++]);
    ck_assert_uint_eq(qr_pin_signers(&pin, &note), 5);
    ck_assert_uint_eq(qr_pin_signer(&pin, &note.checkpoint, &note.signatures[0]), 2);
    note.signatures[0].signature.bytes[0] ^= 1;
    ck_assert_uint_eq(qr_pin_signers(&pin, &note), 1);
    ck_assert(qr_checkpoint_claims(&note.signatures[0], "node-2", &pin.nodes[2].key)); /* it says so, but it is not */
    note.checkpoint.time++;
    ck_assert_uint_eq(qr_pin_signers(&pin, &note), 0);
    for (size_t i = 0; i < 3; i++)
        qr_key_free(keys[i]);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_log_that_grew_agrees_with_its_beginning_in_either_order,
                                  every_changed_bit_of_root_or_proof_is_a_rewritten_log,
                                  what_cannot_be_one_ledger_is_told_apart, a_proof_file_reads_back_and_is_read_strictly,
                                  a_pin_tells_who_signed};
    return unit_run("ledger/consistency", tests, sizeof tests / sizeof tests[0]);
}
