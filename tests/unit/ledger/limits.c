#include "ledger/block.h"
#include "ledger/pin.h"
#include "ledger/receipt.h"
#include "ledger/transaction.h"
#include "tests/unit/unit.h"

/* What is read from a file or a stranger holds so much, and not one more. */

static int read_block(const struct qr_buffer *bytes)
{
    QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
    return qr_block_read(bytes->data, bytes->size, &block, NULL);
}

START_TEST(a_block_holds_16384_transactions)
{
    struct qr_span *transactions = qr_alloc(16385, sizeof *transactions);
    for (size_t i = 0; i < 16385; i++)
        transactions[i] = (struct qr_span){.bytes = "x", .size = 1};
    for (size_t n = 16384; n <= 16385; n++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        struct qr_block block = {.header = {.chain_id = "limits"}, .transactions = transactions, .n = n};
        qr_block_write(&block, &bytes);
        ck_assert_int_eq(read_block(&bytes), n == 16384 ? 0 : QR_EFORMAT);
    }
    free(transactions);
}
END_TEST

START_TEST(a_transaction_holds_320_kib_of_payload)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer body = {0};
    QR_CLEANUP(qr_freep) uint8_t *payload = qr_alloc(1, (320 << 10) + 1);
    struct qr_key *signer = qr_key_from_seed(QR_KEY_MEMBER, "limits", (uint8_t[32]){1});
    for (size_t size = 320 << 10; size <= (320 << 10) + 1; size++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        struct qr_transaction read;
        qr_buffer_clear(&body);
        qr_buffer_byte(&body, QR_TRANSACTION_VERSION);
        qr_put_uint(&body, 1);
        qr_put_uint(&body, 1);
        qr_put_raw(&body, qr_key_public(signer)->bytes, QR_PUBLIC_KEY_SIZE);
        qr_put_bytes(&body, payload, size);
        qr_put_bytes(&bytes, body.data, body.size);
        qr_put_raw(&bytes, qr_key_public(signer)->bytes, QR_PUBLIC_KEY_SIZE);
        qr_put_raw(&bytes, payload, QR_SIGNATURE_SIZE);
        ck_assert_int_eq(qr_transaction_read(bytes.data, bytes.size, &read, NULL), size == 320 << 10 ? 0 : QR_EFORMAT);
    }
    qr_key_free(signer);
}
END_TEST

/* Beyond 64, the last signature stands there once more. */
static void write_note(unsigned signatures, struct qr_buffer *out)
{
    struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    struct qr_key *node = qr_key_from_seed(QR_KEY_NODE, "node", (uint8_t[32]){2});
    note->n = signatures < 64 ? signatures : 64;
    for (unsigned i = 0; i < note->n; i++)
        qr_checkpoint_sign(&note->checkpoint, node, &note->signatures[i]);
    qr_note_write(note, out);
    if (signatures > 64) {
        QR_CLEANUP(qr_freep) char *text = qr_strdup(qr_buffer_string(out));
        qr_buffer_text(out, "%s", (char *)memrchr(text, '\n', out->size - 1) + 1);
    }
    qr_key_free(node);
    free(note);
}

START_TEST(a_checkpoint_holds_64_signatures)
{
    struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    for (unsigned n = 64; n <= 65; n++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
        write_note(n, &text);
        ck_assert_int_eq(qr_note_read(qr_buffer_string(&text), text.size, note, NULL), n == 64 ? 0 : QR_EFORMAT);
    }
    free(note);
}
END_TEST

/* White space before JSON carries nothing. */
static void pad(struct qr_buffer *json, size_t size)
{
    QR_CLEANUP(qr_freep) char *text = qr_strdup(qr_buffer_string(json));
    int blanks = size > json->size ? (int)(size - json->size) : 0;
    qr_buffer_clear(json);
    qr_buffer_text(json, "%*s%s", blanks, "", text);
}

static int read_pin(const struct qr_buffer *text)
{
    struct qr_pin *pin = qr_alloc(1, sizeof *pin);
    int code = qr_pin_read(qr_buffer_string(text), text->size, pin, NULL);
    free(pin);
    return code;
}

START_TEST(a_pin_holds_64_nodes_and_64_kib)
{
    for (unsigned n = 64; n <= 65; n++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
        qr_buffer_text(&text, "{\"version\":1,\"chain\":\"limits\",\"genesis\":\"%064x\",\"need\":1,\"nodes\":[", 1);
        for (unsigned i = 0; i < n; i++)
            qr_buffer_text(&text, "%s{\"name\":\"n%u\",\"key\":\"%064x\"}", i ? "," : "", i, i);
        qr_buffer_text(&text, "]}");
        ck_assert_int_eq(read_pin(&text), n == 64 ? 0 : QR_EFORMAT);
        pad(&text, 64 << 10);
        ck_assert_int_eq(read_pin(&text), n == 64 ? 0 : QR_EFORMAT);
        pad(&text, (64 << 10) + 1);
        ck_assert_int_eq(read_pin(&text), QR_EFORMAT);
    }
}
END_TEST

static int read_receipt(size_t leaf, unsigned path, size_t size)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0}, note = {0};
    struct qr_receipt *receipt = qr_alloc(2, sizeof *receipt);
    write_note(1, &note);
    struct qr_error error = {0};
    unit_ok(qr_note_read(qr_buffer_string(&note), note.size, &receipt->note, &error), error);
    qr_buffer_reserve(&receipt->decision.leaf, leaf);
    receipt->decision.leaf.size = leaf;
    qr_buffer_add(&receipt->activation.leaf, "activation", 10);
    receipt->decision.proof.n = 64;
    qr_receipt_write(receipt, &text);
    if (path > 64) {
        QR_CLEANUP(qr_freep) char *before = qr_strdup(qr_buffer_string(&text));
        char *at = strstr(before, "\"path\":[") + strlen("\"path\":[");
        qr_buffer_clear(&text);
        qr_buffer_text(&text, "%.*s\"%064x\",%s", (int)(at - before), before, 0, at);
    }
    pad(&text, size);
    int code = qr_receipt_read(qr_buffer_string(&text), text.size, &receipt[1], NULL);
    qr_receipt_done(&receipt[0]);
    qr_receipt_done(&receipt[1]);
    free(receipt);
    return code;
}

START_TEST(a_receipt_holds_leaves_of_32_kib_paths_of_64_and_256_kib)
{
    ck_assert_int_eq(read_receipt(32 << 10, 64, 0), 0);
    ck_assert_int_eq(read_receipt((32 << 10) + 1, 64, 0), QR_EINVALID);
    ck_assert_int_eq(read_receipt(10, 64, 0), 0);
    ck_assert_int_eq(read_receipt(10, 65, 0), QR_EINVALID);
    ck_assert_int_eq(read_receipt(10, 64, 256 << 10), 0);
    ck_assert_int_eq(read_receipt(10, 64, (256 << 10) + 1), QR_EFORMAT);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_block_holds_16384_transactions,
        a_transaction_holds_320_kib_of_payload,
        a_checkpoint_holds_64_signatures,
        a_pin_holds_64_nodes_and_64_kib,
        a_receipt_holds_leaves_of_32_kib_paths_of_64_and_256_kib,
    };
    return unit_run("ledger/limits", tests, sizeof tests / sizeof tests[0]);
}
