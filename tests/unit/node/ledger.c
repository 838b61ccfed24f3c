#include "ledger/pin.h"
#include "node/audit.h"
#include "node/operator.h"
#include "node/verify.h"
#include "tests/unit/node/stage.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <sys/stat.h>

/* The whole ledger below the sockets: solo, store, state machine, receipts, exports and audits. */

static struct stage stage;

static void setup(void)
{
    if (!stage_model)
        stage_open();
    stage_init(&stage);
}

static void teardown(void)
{
    stage_done(&stage);
}

/* A short history with every kind of row in it. */
static void play(void)
{
    ck_assert_int_eq(stage_record(&stage, 20), 0);
    ck_assert_int_eq(stage_order(&stage), 0);
    ck_assert_int_eq(stage_appoint(&stage, 1, stage_height(&stage) + 10), 0);
    ck_assert_int_eq(stage_record(&stage, 3), 0);
}

static int audit_now(struct qr_audit *ret, struct qr_error *error)
{
    QR_CLEANUP(qr_store_closep) struct qr_store *store = NULL;
    int code = qr_store_open_read(stage.path, &store, error);
    return code ? code : qr_audit_store(store, NULL, NULL, ret, error);
}

START_TEST(what_is_submitted_stands_in_a_block_and_the_audit_agrees)
{
    struct qr_audit audit;
    struct qr_error error = {0};
    play();
    ck_assert_uint_eq(stage_height(&stage), 4);
    unit_ok(audit_now(&audit, &error), error);
    ck_assert_uint_eq(audit.height, 4);
    ck_assert_uint_eq(audit.decisions, 23);
    ck_assert_uint_eq(audit.orders, 1);
    ck_assert_uint_eq(audit.transactions, 4);
    ck_assert(qr_hash_equal(&audit.app_hash, &qr_chain_head(stage.chain)->app_hash));
}
END_TEST

START_TEST(a_start_finds_what_the_last_run_left)
{
    play();
    struct qr_hash before = qr_header_hash(qr_chain_head(stage.chain));
    stage_stop(&stage);
    stage_start(&stage);
    struct qr_hash after = qr_header_hash(qr_chain_head(stage.chain));
    ck_assert(qr_hash_equal(&before, &after));
    ck_assert_int_eq(stage_record(&stage, 5), 0);
    struct qr_audit audit;
    struct qr_error error = {0};
    unit_ok(audit_now(&audit, &error), error);
    ck_assert_uint_eq(audit.decisions, 28);
}
END_TEST

START_TEST(a_batch_that_differs_in_one_bit_is_refused_and_leaves_no_trace)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    QR_CLEANUP(qr_batch_done) struct qr_batch batch;
    struct qr_error error = {0};
    struct qr_header before = *qr_chain_head(stage.chain);
    stage_batch(&stage, 4, &payload);
    unit_ok(qr_batch_decode(payload.data, payload.size, &batch, &error), error);
    batch.root.bytes[5] ^= 1;
    qr_buffer_clear(&payload);
    qr_batch_encode(&batch, &payload);
    ck_assert_int_eq(stage_submit(&stage, stage_pricing, QR_ACTION_BATCH, 1, &payload), QR_EMISMATCH);
    ck_assert_uint_eq(stage_height(&stage), before.height);
    struct qr_hash digest = qr_state_digest(qr_node_state(stage.node));
    ck_assert(qr_hash_equal(&digest, &before.app_hash));
    ck_assert_uint_eq(qr_merkle_log_size(stage.log), before.log_size);
    ck_assert_int_eq(stage_record(&stage, 4), 0);
}
END_TEST

START_TEST(a_key_does_only_what_its_kind_says)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_key *stranger = qr_key_from_seed(QR_KEY_PRICING, "pricing", (uint8_t[32]){66});
    const struct qr_key *wrong[] = {stage_member, stage_node_key, stage_reservation, stage_agent, stranger};
    stage_batch(&stage, 1, &payload);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_int_eq(stage_submit(&stage, wrong[i], QR_ACTION_BATCH, 1, &payload), QR_EWRONG_KEY);
    for (uint64_t kind = 0; kind < 64; kind++)
        for (int key = 0; key < QR_KEY_KINDS; key++)
            ck_assert(!qr_action_allowed(kind, (enum qr_key_kind)key) || qr_action_name(kind));
    ck_assert(!qr_action_allowed(QR_ACTION_BALLOT, QR_KEY_AGENT));
    ck_assert_uint_eq(stage_height(&stage), 0);
    qr_key_free(stranger);
}
END_TEST

START_TEST(sequence_numbers_have_no_gaps_and_no_repeats)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0}, other = {0};
    stage_batch(&stage, 2, &payload);
    ck_assert_int_eq(stage_submit(&stage, stage_pricing, QR_ACTION_BATCH, 2, &payload), QR_ESEQUENCE);
    ck_assert_int_eq(stage_submit(&stage, stage_pricing, QR_ACTION_BATCH, 1, &payload), 0);
    uint64_t first = stage.answer.height;
    ck_assert_int_eq(stage_submit(&stage, stage_pricing, QR_ACTION_BATCH, 1, &payload), 0); /* the same again */
    ck_assert(stage.answer.replayed);
    ck_assert_uint_eq(stage.answer.height, first);
    stage_batch(&stage, 1, &other);
    ck_assert_int_eq(stage_submit(&stage, stage_pricing, QR_ACTION_BATCH, 1, &other), QR_ESEQUENCE);
}
END_TEST

START_TEST(a_members_transaction_expires_and_is_taken_once)
{
    uint64_t height = stage_height(&stage);
    ck_assert_int_eq(stage_appoint(&stage, 1, height + QR_EXPIRY_BLOCKS_MAX + 2), QR_ERANGE);
    ck_assert_int_eq(stage_appoint(&stage, 1, height), QR_EEXPIRED);
    ck_assert_int_eq(stage_appoint(&stage, 1, height + 3), 0);
    ck_assert(!stage.answer.replayed);
    ck_assert_int_eq(stage_appoint(&stage, 1, height + 3), 0);
    ck_assert(stage.answer.replayed);
    for (int i = 0; i < 5; i++)
        ck_assert_int_eq(stage_record(&stage, 1), 0);
    ck_assert_int_eq(stage_appoint(&stage, 1, height + 3), 0); /* long expired, but it stands */
    ck_assert(stage.answer.replayed);
    ck_assert_int_eq(stage_appoint(&stage, 2, height + 3), QR_EEXPIRED);
}
END_TEST

START_TEST(after_a_refusal_the_rest_of_a_request_is_not_tried)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0}, bytes = {0};
    struct qr_error error = {0};
    stage_batch(&stage, 1, &payload);
    for (uint64_t replay = 2; replay >= 1; replay--) { /* 2 is refused, 1 alone would be taken */
        qr_buffer_clear(&bytes);
        qr_transaction_sign(stage_pricing, STAGE_CHAIN, QR_ACTION_BATCH, replay, payload.data, payload.size, &bytes, NULL);
        unit_ok(qr_solo_submit(stage.solo, bytes.data, bytes.size, 7, &error), error);
    }
    ck_assert(!stage_cut(&stage));
    ck_assert_int_eq(stage.error.code, QR_EREFUSED);
}
END_TEST

START_TEST(a_signature_for_another_chain_is_refused)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0}, bytes = {0};
    struct qr_error error = {0};
    stage_batch(&stage, 1, &payload);
    qr_transaction_sign(stage_pricing, "another", QR_ACTION_BATCH, 1, payload.data, payload.size, &bytes, NULL);
    unit_ok(qr_solo_submit(stage.solo, bytes.data, bytes.size, 1, &error), error);
    ck_assert(!stage_cut(&stage));
    ck_assert_int_eq(stage.error.code, QR_EBAD_SIGNATURE);
}
END_TEST

/* ---- receipts ---- */

static void entry_of(const struct qr_hash *hash, struct qr_receipt_entry *entry)
{
    struct qr_tile_source tiles = qr_store_tiles(stage.store);
    struct qr_hash found;
    struct qr_error error = {0};
    unit_ok(qr_store_find_leaf(stage.store, hash, 64, &entry->index, &found, &error), error);
    unit_ok(qr_store_leaf(stage.store, entry->index, &entry->leaf, NULL, &error), error);
    unit_ok(qr_merkle_log_inclusion(&tiles, entry->index, qr_chain_head(stage.chain)->log_size, &entry->proof, &error),
            error);
}

/* The receipt of leaf 3, which is a decision. */
static void make_receipt(struct qr_buffer *out, struct qr_pin *pin)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    struct qr_receipt *receipt = qr_alloc(1, sizeof *receipt);
    struct qr_mandate mandate;
    struct qr_error error = {0};
    unit_ok(qr_store_leaf(stage.store, 3, &leaf, NULL, &error), error);
    struct qr_hash id = qr_merkle_leaf(leaf.data, leaf.size);
    unit_ok(qr_mandate_active(qr_node_state(stage.node), &mandate, &error), error);
    entry_of(&id, &receipt->decision);
    entry_of(&mandate.id, &receipt->activation);
    unit_ok(qr_store_note(stage.store, stage_height(&stage), qr_node_genesis(stage.node), &receipt->note, &error), error);
    qr_receipt_write(receipt, out);
    qr_receipt_done(receipt);
    free(receipt);
    *pin = (struct qr_pin){.genesis = *qr_node_genesis(stage.node), .need = 1, .n = 1};
    qr_copy_text(pin->chain_id, sizeof pin->chain_id, STAGE_CHAIN);
    qr_copy_text(pin->nodes[0].name, sizeof pin->nodes[0].name, "node");
    pin->nodes[0].key = *qr_key_public(stage_node_key);
}

/* QR_OK: valid; QR_EINVALID: not; QR_EFORMAT: no receipt. */
static int judge(const void *text, size_t size, const struct qr_pin *pin, bool with_files)
{
    struct qr_span model = qr_model_bytes(stage_model), baseline = qr_baseline_bytes(stage_baseline);
    struct qr_verification *verification = qr_alloc(1, sizeof *verification);
    int code = qr_verify_receipt(text, size, pin, with_files ? &model : NULL, with_files ? &baseline : NULL,
                                 verification, NULL);
    if (code == 0 && !verification->valid)
        code = QR_EINVALID;
    qr_verification_done(verification);
    free(verification);
    return code;
}

START_TEST(a_receipt_holds_and_every_changed_byte_of_it_is_noticed)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    struct qr_pin *pin = qr_alloc(1, sizeof *pin);
    play();
    make_receipt(&text, pin);
    ck_assert_int_eq(judge(text.data, text.size, pin, false), 0);
    ck_assert_int_eq(judge(text.data, text.size, pin, true), 0);
    for (size_t i = 0; i < text.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            text.data[i] ^= (uint8_t)(1 << bit);
            unit_holds(judge(text.data, text.size, pin, false) != 0);
            text.data[i] ^= (uint8_t)(1 << bit);
        }
    for (size_t size = 0; size + 1 < text.size; size += 7)
        unit_holds(judge(text.data, size, pin, false) != 0);
    free(pin);
}
END_TEST

START_TEST(a_receipt_is_judged_by_the_pin_alone)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0};
    struct qr_pin *pin = qr_alloc(1, sizeof *pin), *other = qr_alloc(1, sizeof *other);
    play();
    make_receipt(&text, pin);
    *other = *pin;
    other->genesis.bytes[0] ^= 1;
    ck_assert_int_eq(judge(text.data, text.size, other, false), QR_EINVALID);
    *other = *pin;
    other->nodes[0].key.bytes[0] ^= 1;
    ck_assert_int_eq(judge(text.data, text.size, other, false), QR_EINVALID);
    *other = *pin;
    qr_copy_text(other->nodes[0].name, sizeof other->nodes[0].name, "edon");
    ck_assert_int_eq(judge(text.data, text.size, other, false), QR_EINVALID);
    *other = *pin;
    other->need = other->n = 2;
    qr_copy_text(other->nodes[1].name, sizeof other->nodes[1].name, "second");
    other->nodes[1].key = *qr_key_public(stage_pricing);
    ck_assert_int_eq(judge(text.data, text.size, other, false), QR_EINVALID); /* one signature is not two */
    free(pin);
    free(other);
}
END_TEST

static int judge_text(const char *text, const struct qr_pin *pin) { return judge(text, strlen(text), pin, false); }

START_TEST(unknown_and_duplicate_keys_make_a_receipt_invalid_and_rubbish_is_none)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer text = {0}, changed = {0};
    struct qr_pin *pin = qr_alloc(1, sizeof *pin);
    play();
    make_receipt(&text, pin);
    const char *rest = qr_buffer_string(&text) + 1;
    qr_buffer_text(&changed, "{\"fare\":1,%s", rest);
    ck_assert_int_eq(judge_text(qr_buffer_string(&changed), pin), QR_EINVALID);
    qr_buffer_clear(&changed);
    qr_buffer_text(&changed, "{\"version\":1,%s", rest);
    ck_assert_int_eq(judge_text(qr_buffer_string(&changed), pin), QR_EINVALID);
    qr_buffer_clear(&changed);
    qr_buffer_text(&changed, "{ %s", rest); /* white space carries nothing */
    ck_assert_int_eq(judge_text(qr_buffer_string(&changed), pin), 0);
    ck_assert_int_eq(judge_text("", pin), QR_EFORMAT);
    ck_assert_int_eq(judge_text("hello", pin), QR_EFORMAT);
    ck_assert_int_eq(judge_text("{}", pin), QR_EFORMAT);
    ck_assert_int_eq(judge_text("[1,2]", pin), QR_EFORMAT);
    free(pin);
}
END_TEST

/* ---- exports and audits ---- */

static int audit_bytes(const struct qr_buffer *bytes, const char *path)
{
    struct qr_audit audit;
    struct qr_error error = {0};
    unit_ok(qr_file_write(path, bytes->data, bytes->size, 0600, &error), error);
    return qr_audit_file(path, NULL, NULL, &audit, &error);
}

START_TEST(an_export_goes_where_a_link_leads_and_through_a_device)
{
    struct stat there;
    struct qr_error error = {0};
    char target[128], link[128];
    play();
    snprintf(target, sizeof target, "%s.target", stage.path);
    snprintf(link, sizeof link, "%s.link", stage.path);
    ck_assert_int_eq(symlink(target, link), 0);
    ck_assert_int_eq(close(open(target, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), 0);
    unit_ok(qr_export(stage.store, link, &error), error);
    ck_assert(lstat(link, &there) == 0 && S_ISLNK(there.st_mode));
    ck_assert(stat(target, &there) == 0 && there.st_size > 0);
    unlink(link);
    unlink(target);
    unit_fails(qr_export(stage.store, "/dev/full", &error), QR_EDISK_FULL, error);
    ck_assert(stat("/dev/full", &there) == 0 && S_ISCHR(there.st_mode));
}
END_TEST

START_TEST(an_export_audits_and_every_changed_byte_of_its_blocks_is_noticed)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    char path[128];
    struct qr_audit audit;
    struct qr_error error = {0};
    play();
    snprintf(path, sizeof path, "%s.qrx", stage.path);
    unit_ok(qr_export(stage.store, path, &error), error);
    unit_ok(qr_audit_file(path, NULL, NULL, &audit, &error), error);
    ck_assert_uint_eq(audit.height, 4);
    ck_assert_uint_eq(audit.decisions, 23);
    unit_ok(qr_file_read(path, SIZE_MAX, &bytes, &error), error);
    struct unit_random random = unit_random_start();
    size_t start = bytes.size - 3000; /* blocks and the signed head; the genesis before is one hash */
    for (int i = 0; i < 150; i++) {
        size_t at = i < 10 ? unit_random_below(&random, start) : start + unit_random_below(&random, 3000);
        uint8_t was = bytes.data[at];
        bytes.data[at] ^= (uint8_t)(1 + unit_random_below(&random, 255));
        unit_holds(audit_bytes(&bytes, path) != 0);
        bytes.data[at] = was;
    }
    bytes.size -= 1;
    ck_assert_int_ne(audit_bytes(&bytes, path), 0);
    bytes.size -= 400;
    ck_assert_int_ne(audit_bytes(&bytes, path), 0);
    unlink(path);
}
END_TEST

static void edit(const char *command)
{
    sqlite3 *db;
    char *message = NULL;
    ck_assert_int_eq(sqlite3_open(stage.path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, command, NULL, NULL, &message) == SQLITE_OK, "%s: %s", command, message);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

START_TEST(an_audit_notices_every_edited_row)
{
    static const char *const edits[] = {
        "UPDATE block SET header = substr(header, 1, 80) || x'00' || substr(header, 82) WHERE height = 2",
        "UPDATE block SET transactions = substr(transactions, 1, 40) || x'00' || substr(transactions, 42) WHERE height = 1",
        "DELETE FROM block WHERE height = 3",
        "DELETE FROM block WHERE height = 4",
        "UPDATE leaf SET leaves = substr(leaves, 1, 50) || x'00' || substr(leaves, 52) WHERE first = 1",
        "UPDATE leaf SET height = height + 1 WHERE first = 1",
        "DELETE FROM leaf WHERE first = 1",
        "INSERT INTO leaf VALUES(1000, 9, x'0101')",
        "UPDATE tile SET hashes = x'00' || substr(hashes, 2)",
        "INSERT INTO tile VALUES(5, x'00')",
        "DELETE FROM place WHERE place = 7",
        "INSERT INTO place VALUES(1, 1)",
        "UPDATE state SET value = x'ff' || substr(value, 2) WHERE key = x'6e2f63'",
        "DELETE FROM state WHERE key = x'6e2f63'",
        "INSERT INTO state VALUES(x'7a', x'00')",
        "UPDATE use SET height = height + 1",
        "DELETE FROM use",
        "UPDATE signature SET signature = x'00' || substr(signature, 2) WHERE height = 2",
        "DELETE FROM signature WHERE height = 4",
        "UPDATE fact SET value = x'00' || substr(value, 2) WHERE name = 'genesis'",
        "INSERT INTO fact VALUES('more', x'00')",
    };
    play();
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer clean = {0};
        struct qr_audit audit;
        struct qr_error error = {0};
        edit("PRAGMA wal_checkpoint(TRUNCATE)");
        unit_ok(qr_file_read(stage.path, SIZE_MAX, &clean, &error), error);
        edit(edits[i]);
        int code = audit_now(&audit, &error);
        ck_assert_msg(code == QR_EINVALID, "%s: %d %s", edits[i], code, error.text);
        ck_assert_ptr_nonnull(strstr(error.text, "height "));
        edit("PRAGMA wal_checkpoint(TRUNCATE)");
        FILE *file = fopen(stage.path, "r+b"); /* in place: the running store has the file open */
        ck_assert_uint_eq(fwrite(clean.data, clean.size, 1, file), 1);
        ck_assert_int_eq(ftruncate(fileno(file), (off_t)clean.size), 0);
        fclose(file);
    }
}
END_TEST

START_TEST(a_start_on_a_changed_state_is_refused)
{
    struct qr_node_setup node_setup = {.genesis = {stage_genesis.data, stage_genesis.size}};
    struct qr_node *node = NULL;
    struct qr_merkle_log *log = NULL;
    struct qr_header head;
    struct qr_error error = {0};
    play();
    edit("UPDATE state SET value = x'ff' || substr(value, 2) WHERE key = x'6e2f63'");
    unit_fails(qr_node_open(&node_setup, stage.store, NULL, &node, &log, &head, &error), QR_ECORRUPT, error);
    ck_assert_int_eq(qr_code_exit_status(error.code), 5);
    edit("UPDATE state SET value = x'04' || substr(value, 2) WHERE key = x'6e2f63'");
}
END_TEST

START_TEST(leaves_and_transactions_are_found_by_a_prefix)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
    struct qr_hash found, id;
    uint64_t index, height;
    size_t position;
    struct qr_error error = {0};
    play();
    unit_ok(qr_store_leaf(stage.store, 5, &leaf, &height, &error), error);
    ck_assert_uint_eq(height, 1);
    id = qr_merkle_leaf(leaf.data, leaf.size);
    unit_ok(qr_store_find_leaf(stage.store, &id, 9, &index, &found, &error), error);
    ck_assert_uint_eq(index, 5);
    ck_assert(qr_hash_equal(&found, &id));
    id.bytes[1] ^= 1;
    unit_fails(qr_store_find_leaf(stage.store, &id, 64, &index, &found, &error), QR_ENOT_FOUND, error);
    unit_ok(qr_store_find_transaction(stage.store, &stage.id, 6, &height, &position, &error), error);
    ck_assert_uint_eq(height, 4);
    ck_assert_uint_eq(position, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("node/ledger");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 300);
    tcase_add_test(all, what_is_submitted_stands_in_a_block_and_the_audit_agrees);
    tcase_add_test(all, a_start_finds_what_the_last_run_left);
    tcase_add_test(all, a_batch_that_differs_in_one_bit_is_refused_and_leaves_no_trace);
    tcase_add_test(all, a_key_does_only_what_its_kind_says);
    tcase_add_test(all, sequence_numbers_have_no_gaps_and_no_repeats);
    tcase_add_test(all, a_members_transaction_expires_and_is_taken_once);
    tcase_add_test(all, after_a_refusal_the_rest_of_a_request_is_not_tried);
    tcase_add_test(all, a_signature_for_another_chain_is_refused);
    tcase_add_test(all, a_receipt_holds_and_every_changed_byte_of_it_is_noticed);
    tcase_add_test(all, a_receipt_is_judged_by_the_pin_alone);
    tcase_add_test(all, unknown_and_duplicate_keys_make_a_receipt_invalid_and_rubbish_is_none);
    tcase_add_test(all, an_export_goes_where_a_link_leads_and_through_a_device);
    tcase_add_test(all, an_export_audits_and_every_changed_byte_of_its_blocks_is_noticed);
    tcase_add_test(all, an_audit_notices_every_edited_row);
    tcase_add_test(all, a_start_on_a_changed_state_is_refused);
    tcase_add_test(all, leaves_and_transactions_are_found_by_a_prefix);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
