#include "common/file.h"
#include "ledger/block.h"
#include "ledger/merkle.h"
#include "ledger/pin.h"
#include "ledger/receipt.h"
#include "ledger/transaction.h"
#include "tests/unit/unit.h"

/* The bytes of a transaction, a block, a checkpoint, a pin and a receipt, against the committed ones: they are recorded, so
 * they never change. QR_WRITE_GOLDEN=1 writes them, for a new form. */

static void golden(const char *name, const struct qr_buffer *bytes)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer expected = {0};
    struct qr_error error = {0};
    char path[512];
    snprintf(path, sizeof path, "%s/tests/golden/ledger/%s", getenv("QR_TOP_SRCDIR"), name);
    if (getenv("QR_WRITE_GOLDEN"))
        unit_ok(qr_file_write(path, bytes->data, bytes->size, 0644, &error), error);
    unit_ok(qr_file_read(path, SIZE_MAX, &expected, &error), error);
    ck_assert_uint_eq(expected.size, bytes->size);
    ck_assert_mem_eq(expected.data, bytes->data, bytes->size);
}

static struct qr_key *key(enum qr_key_kind kind, uint8_t seed) { return qr_key_from_seed(kind, "golden", (uint8_t[32]){seed}); }

static void transaction(struct qr_buffer *out)
{
    struct qr_key *signer = key(QR_KEY_MEMBER, 1);
    qr_transaction_sign(signer, "golden", 3, 300, "payload", 7, out, NULL);
    qr_key_free(signer);
}

static struct qr_header header(void)
{
    struct qr_header header = {.chain_id = "golden",
                               .height = 12,
                               .time = 1764000000123,
                               .previous = {{1, 2, 3}},
                               .transactions_root = {{4}},
                               .log_size = 2,
                               .app_hash = {{6}}};
    struct qr_hash leaves[2] = {qr_merkle_leaf("decision", 8), qr_merkle_leaf("activation", 10)};
    header.log_root = qr_merkle_root(leaves, 2);
    return header;
}

static void note(struct qr_signed_checkpoint *ret)
{
    struct qr_key *node = key(QR_KEY_NODE, 2);
    struct qr_header head = header();
    ret->checkpoint = qr_checkpoint_of(&head, &(struct qr_hash){{7, 8, 9}});
    ret->n = 1;
    qr_checkpoint_sign(&ret->checkpoint, node, &ret->signatures[0]);
    ck_assert(qr_checkpoint_verify(&ret->checkpoint, &ret->signatures[0], "golden", qr_key_public(node)));
    qr_key_free(node);
}

START_TEST(a_transaction_has_its_recorded_bytes)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_transaction read;
    struct qr_error error = {0};
    transaction(&bytes);
    golden("transaction.bin", &bytes);
    unit_ok(qr_transaction_read(bytes.data, bytes.size, &read, &error), error);
    ck_assert_uint_eq(read.kind, 3);
    ck_assert_uint_eq(read.replay, 300);
    ck_assert_int_eq(qr_transaction_verify(&read, "golden", NULL), 0);
    ck_assert_int_eq(qr_transaction_verify(&read, "another", NULL), QR_EBAD_SIGNATURE);
}
END_TEST

START_TEST(a_changed_byte_of_a_transaction_breaks_it)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_transaction read;
    transaction(&bytes);
    for (size_t i = 0; i < bytes.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            bytes.data[i] ^= (uint8_t)(1 << bit);
            unit_holds(qr_transaction_read(bytes.data, bytes.size, &read, NULL) != 0 ||
                       qr_transaction_verify(&read, "golden", NULL) != 0);
            bytes.data[i] ^= (uint8_t)(1 << bit);
        }
}
END_TEST

START_TEST(a_block_has_its_recorded_bytes)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer one = {0}, bytes = {0}, again = {0};
    QR_CLEANUP(qr_block_done) struct qr_block read = {.n = 0};
    struct qr_error error = {0};
    transaction(&one);
    struct qr_span span = {one.data, one.size};
    struct qr_block block = {.header = header(), .n = 1, .transactions = &span};
    block.header.transactions_root = qr_transactions_root(&span, 1);
    qr_block_write(&block, &bytes);
    golden("block.bin", &bytes);
    unit_ok(qr_block_read(bytes.data, bytes.size, &read, &error), error);
    qr_block_write(&read, &again);
    ck_assert_uint_eq(again.size, bytes.size);
    ck_assert_mem_eq(again.data, bytes.data, bytes.size);
    for (size_t size = 0; size < bytes.size; size++) {
        QR_CLEANUP(qr_block_done) struct qr_block cut = {.n = 0};
        unit_holds(qr_block_read(bytes.data, size, &cut, NULL) != 0);
    }
}
END_TEST

START_TEST(a_checkpoint_has_its_recorded_text)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    struct qr_signed_checkpoint *signed_one = qr_alloc(2, sizeof *signed_one);
    struct qr_error error = {0};
    note(&signed_one[0]);
    qr_note_write(&signed_one[0], &text);
    golden("checkpoint.txt", &text);
    unit_ok(qr_note_read(qr_buffer_string(&text), text.size, &signed_one[1], &error), error);
    ck_assert_uint_eq(signed_one[1].checkpoint.height, 12);
    for (size_t i = 0; i < text.size; i++) {
        text.data[i] ^= 1;
        struct qr_key *node = key(QR_KEY_NODE, 2);
        unit_holds(qr_note_read(qr_buffer_string(&text), text.size, &signed_one[1], NULL) != 0 ||
                   !qr_checkpoint_verify(&signed_one[1].checkpoint, &signed_one[1].signatures[0], "golden",
                                         qr_key_public(node)));
        qr_key_free(node);
        text.data[i] ^= 1;
    }
    free(signed_one);
}
END_TEST

START_TEST(a_receipt_has_its_recorded_text)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0}, again = {0};
    struct qr_receipt *receipt = qr_alloc(2, sizeof *receipt);
    struct qr_error error = {0};
    qr_buffer_add(&receipt->decision.leaf, "decision", 8);
    qr_buffer_add(&receipt->activation.leaf, "activation", 10);
    receipt->decision.proof = (struct qr_proof){.n = 1, .path = {qr_merkle_leaf("activation", 10)}};
    receipt->activation.index = 1;
    receipt->activation.proof = (struct qr_proof){.n = 1, .path = {qr_merkle_leaf("decision", 8)}};
    note(&receipt->note);
    qr_receipt_write(receipt, &text);
    golden("receipt.json", &text);
    unit_ok(qr_receipt_read(qr_buffer_string(&text), text.size, &receipt[1], &error), error);
    qr_receipt_write(&receipt[1], &again);
    ck_assert_str_eq(qr_buffer_string(&text), qr_buffer_string(&again));
    qr_receipt_done(&receipt[0]);
    qr_receipt_done(&receipt[1]);
    free(receipt);
}
END_TEST

static int read_pin(const char *text)
{
    struct qr_pin *pin = qr_alloc(1, sizeof *pin);
    int code = qr_pin_read(text, strlen(text), pin, NULL);
    free(pin);
    return code;
}

START_TEST(a_pin_has_its_recorded_text_and_is_read_strictly)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    struct qr_pin *pin = qr_alloc(1, sizeof *pin);
    *pin = (struct qr_pin){.chain_id = "golden", .genesis = {{7, 8, 9}}, .need = 1, .n = 2};
    for (unsigned i = 0; i < 2; i++) {
        pin->nodes[i].name[0] = (char)('a' + i);
        pin->nodes[i].key.bytes[0] = (uint8_t)(i + 1);
    }
    qr_pin_write(pin, &text);
    golden("pin.json", &text);
    ck_assert_int_eq(read_pin(qr_buffer_string(&text)), 0);
    struct {
        const char *from, *to;
    } changes[] = {{"\"need\":1", "\"need\":0"},       {"\"need\":1", "\"need\":3"},  {"\"need\":1", "\"need\":1,\"x\":1"},
                   {"\"name\":\"b\"", "\"name\":\"a\""}, {"\"version\":1", "\"version\":2"}, {"\"key\":\"02", "\"key\":\"01"}};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer changed = {0};
        const char *start = qr_buffer_string(&text), *at = strstr(start, changes[i].from);
        ck_assert_ptr_nonnull(at);
        qr_buffer_text(&changed, "%.*s%s%s", (int)(at - start), start, changes[i].to, at + strlen(changes[i].from));
        ck_assert_int_eq(read_pin(qr_buffer_string(&changed)), QR_EFORMAT);
    }
    free(pin);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_transaction_has_its_recorded_bytes,     a_changed_byte_of_a_transaction_breaks_it,
        a_block_has_its_recorded_bytes,           a_checkpoint_has_its_recorded_text,
        a_receipt_has_its_recorded_text,          a_pin_has_its_recorded_text_and_is_read_strictly,
    };
    return unit_run("ledger/forms", tests, sizeof tests / sizeof tests[0]);
}
