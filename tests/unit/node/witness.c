#include "node/audit.h"
#include "node/replay.h"
#include "node/witness.h"
#include "tests/unit/node/stage.h"

#include <sqlite3.h>

/* Whose signatures count, what an audit makes of them, and a second node that repeats the first one's blocks, singly and in groups. */

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

static struct qr_key *second(void)
{
    return qr_key_from_seed(QR_KEY_NODE, "second", (uint8_t[32]){77});
}

static void appoint_node(const struct qr_key *key)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_appoint appoint = {.kind = QR_KEY_NODE, .key = *qr_key_public(key)};
    qr_copy_text(appoint.name, sizeof appoint.name, qr_key_name(key));
    qr_appoint_encode(&appoint, &payload);
    ck_assert_int_eq(stage_submit(&stage, stage_member, QR_ACTION_APPOINT, stage_height(&stage) + 10, &payload), 0);
}

static void dismiss(const struct qr_key *key)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_dismiss dismissal = {.key = *qr_key_public(key)};
    qr_dismiss_encode(&dismissal, &payload);
    ck_assert_int_eq(stage_submit(&stage, stage_member, QR_ACTION_DISMISS, stage_height(&stage) + 10, &payload), 0);
}

static void note_of(struct qr_store *store, uint64_t height, struct qr_signed_checkpoint *ret)
{
    struct qr_error error = {0};
    unit_ok(qr_store_note(store, height, qr_node_genesis(stage.node), ret, &error), error);
}

static struct qr_note_signature line_by(const struct qr_key *key, uint64_t height)
{
    struct qr_signed_checkpoint note;
    struct qr_note_signature line;
    note_of(stage.store, height, &note);
    qr_checkpoint_sign(&note.checkpoint, key, &line);
    return line;
}

static bool counts(const struct qr_key *key, uint64_t height)
{
    struct qr_signed_checkpoint note;
    struct qr_operator_record record;
    struct qr_note_signature line = line_by(key, height);
    note_of(stage.store, height, &note);
    return qr_witness_find(qr_node_state(stage.node), &note.checkpoint, &line, &record);
}

static int audit(const char *path, struct qr_error *error)
{
    QR_CLEANUP(qr_store_closep) struct qr_store *store = NULL;
    struct qr_audit result;
    int code = qr_store_open_read(path, &store, error);
    return code ? code : qr_audit_store(store, NULL, NULL, &result, error);
}

static void keep(const struct qr_key *key, uint64_t height)
{
    struct qr_cosignature one = {.height = height, .line = line_by(key, height)};
    struct qr_error error = {0};
    unit_ok(qr_store_add_signatures(stage.store, &one, 1, &error), error);
}

START_TEST(a_signature_counts_from_the_appointment_to_the_dismissal)
{
    struct qr_key *key = second();
    struct qr_error error = {0};
    ck_assert_int_eq(stage_record(&stage, 3), 0);
    ck_assert(!counts(key, 1));
    appoint_node(key);
    uint64_t appointed = stage_height(&stage);
    ck_assert_int_eq(stage_record(&stage, 3), 0);
    ck_assert(counts(stage_node_key, 1));
    ck_assert(!counts(key, appointed - 1));
    ck_assert(counts(key, appointed));
    ck_assert(counts(key, appointed + 1));
    ck_assert(qr_witness_in_office(qr_node_state(stage.node), qr_key_public(key)));
    ck_assert(!qr_witness_in_office(qr_node_state(stage.node), qr_key_public(stage_pricing)));
    keep(key, appointed);
    keep(key, appointed); /* again */
    unit_ok(audit(stage.path, &error), error);
    dismiss(key);
    ck_assert(!counts(key, appointed));
    unit_ok(audit(stage.path, &error), error); /* it was in office then */
    qr_key_free(key);
}
END_TEST

START_TEST(an_audit_refuses_a_line_by_whoever_was_not_in_office)
{
    struct qr_key *key = second();
    struct qr_error error = {0};
    ck_assert_int_eq(stage_record(&stage, 3), 0);
    appoint_node(key);
    keep(key, 1);
    unit_fails(audit(stage.path, &error), QR_EINVALID, error);
    ck_assert_ptr_nonnull(strstr(error.text, "height 1"));
    qr_key_free(key);
}
END_TEST

static void edit(const char *sql)
{
    sqlite3 *db = NULL;
    ck_assert_int_eq(sqlite3_open(stage.path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_gt(sqlite3_changes(db), 0);
    sqlite3_close(db);
}

START_TEST(a_node_signs_while_it_is_in_office_and_an_audit_misses_what_it_signed)
{
    struct qr_signed_checkpoint note;
    struct qr_error error = {0};
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(stage_record(&stage, 2), 0);
    dismiss(stage_node_key);
    uint64_t dismissed = stage_height(&stage);
    ck_assert_int_eq(stage_record(&stage, 2), 0);
    note_of(stage.store, dismissed - 1, &note);
    ck_assert_uint_eq(note.n, 1);
    note_of(stage.store, dismissed, &note);
    ck_assert_uint_eq(note.n, 0);
    note_of(stage.store, dismissed + 1, &note);
    ck_assert_uint_eq(note.n, 0);
    unit_ok(audit(stage.path, &error), error);
    edit("DELETE FROM signature WHERE height = 2");
    unit_fails(audit(stage.path, &error), QR_EINVALID, error);
    ck_assert_ptr_nonnull(strstr(error.text, "height 2"));
}
END_TEST

START_TEST(the_newest_checkpoint_with_enough_signatures_is_found)
{
    struct qr_key *key = second();
    uint64_t height = 0;
    struct qr_error error = {0};
    appoint_node(key);
    for (int i = 0; i < 6; i++)
        ck_assert_int_eq(stage_record(&stage, 1), 0);
    unit_fails(qr_store_signed(stage.store, 0, 7, 2, &height, &error), QR_ENOT_FOUND, error);
    keep(key, 3);
    keep(key, 5);
    unit_ok(qr_store_signed(stage.store, 0, 7, 1, &height, &error), error);
    ck_assert_uint_eq(height, 7);
    unit_ok(qr_store_signed(stage.store, 0, 7, 2, &height, &error), error);
    ck_assert_uint_eq(height, 5);
    unit_ok(qr_store_signed(stage.store, 0, 4, 2, &height, &error), error);
    ck_assert_uint_eq(height, 3);
    unit_fails(qr_store_signed(stage.store, 6, 7, 2, &height, &error), QR_ENOT_FOUND, error);
    unit_fails(qr_store_signed(stage.store, 0, 7, 3, &height, &error), QR_ENOT_FOUND, error);
    unit_ok(qr_store_most_signed(stage.store, 0, 7, &height, &error), error);
    ck_assert_uint_eq(height, 5);
    unit_ok(qr_store_most_signed(stage.store, 0, 4, &height, &error), error);
    ck_assert_uint_eq(height, 3);
    unit_ok(qr_store_most_signed(stage.store, 6, 7, &height, &error), error);
    ck_assert_uint_eq(height, 7);
    unit_fails(qr_store_most_signed(stage.store, 8, 9, &height, &error), QR_ENOT_FOUND, error);
    qr_key_free(key);
}
END_TEST

/* ---- A second node ---- */

struct repeater {
    char path[96];
    struct qr_key *key;
    struct qr_store *store;
    struct qr_node *node;
    struct qr_merkle_log *log;
    struct qr_chain *chain;
    struct qr_replay *replay;
};

static void repeater_start(struct repeater *repeater)
{
    struct qr_error error = {0};
    struct qr_header head;
    struct qr_node_setup node = {.genesis = {stage_genesis.data, stage_genesis.size}};
    snprintf(repeater->path, sizeof repeater->path, "%s.second", stage.path);
    repeater->key = second();
    unit_ok(qr_store_open(repeater->path, true, &repeater->store, &error), error);
    unit_ok(qr_node_open(&node, repeater->store, repeater->key, &repeater->node, &repeater->log, &head, &error), error);
    struct qr_chain_setup chain = {.app = qr_node_app(repeater->node),
                                   .store = repeater->store,
                                   .log = repeater->log,
                                   .head = &head,
                                   .genesis = qr_node_genesis(repeater->node),
                                   .key = repeater->key};
    repeater->chain = qr_chain_new(&chain);
    repeater->replay = qr_replay_on(repeater->node, repeater->chain, repeater->log, NULL);
}

static void repeater_stop(struct repeater *repeater)
{
    qr_replay_free(repeater->replay);
    qr_chain_free(repeater->chain);
    qr_merkle_log_free(repeater->log);
    qr_node_free(repeater->node);
    qr_store_close(repeater->store);
    qr_key_free(repeater->key);
}

static void repeater_remove(struct repeater *repeater)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-mark"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%.90s%s", repeater->path, suffixes[i]);
        unlink(path);
    }
}

/* Repeats blocks from..to with the first node's lines, as a follower does. */
static void repeat(struct repeater *repeater, uint64_t from, uint64_t to)
{
    for (uint64_t height = from; height <= to; height++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        QR_CLEANUP(qr_block_done) struct qr_block block = {.n = 0};
        struct qr_signed_checkpoint note;
        struct qr_error error = {0};
        unit_ok(qr_store_block(stage.store, height, &bytes, &error), error);
        unit_ok(qr_block_read(bytes.data, bytes.size, &block, &error), error);
        unit_ok(qr_replay_block(repeater->replay, &block, NULL, &error), error);
        note_of(stage.store, height, &note);
        for (unsigned i = 0; i < note.n; i++)
            qr_chain_witness(repeater->chain, &note.signatures[i]);
        unit_ok(qr_replay_next(repeater->replay, &error), error);
    }
}

START_TEST(blocks_repeated_in_groups_are_kept_as_if_one_by_one)
{
    struct repeater repeater;
    struct qr_signed_checkpoint note;
    struct qr_header head;
    struct qr_error error = {0};
    repeater_start(&repeater);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(stage_record(&stage, 3), 0);
    appoint_node(repeater.key);
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(stage_record(&stage, 3), 0);
    repeat(&repeater, 1, 2);
    unit_ok(qr_store_group_begin(repeater.store, &error), error);
    repeat(&repeater, 3, 7);
    unit_ok(qr_store_group_end(repeater.store, &error), error);
    unit_ok(qr_store_group_begin(repeater.store, &error), error); /* nothing in it */
    unit_ok(qr_store_group_end(repeater.store, &error), error);
    note_of(repeater.store, 4, &note);
    ck_assert_uint_eq(note.n, 1); /* the second node was not in office yet, and did not sign */
    note_of(repeater.store, 5, &note);
    ck_assert_uint_eq(note.n, 2);
    repeater_stop(&repeater);
    unit_ok(audit(repeater.path, &error), error);
    repeater_start(&repeater); /* the mark beside the store names the group's last block */
    unit_ok(qr_store_head(repeater.store, &head, &error), error);
    ck_assert_uint_eq(head.height, 7);
    repeat(&repeater, 8, stage_height(&stage));
    struct qr_hash a = qr_header_hash(qr_chain_head(repeater.chain)), b = qr_header_hash(qr_chain_head(stage.chain));
    ck_assert(qr_hash_equal(&a, &b));
    repeater_stop(&repeater);
    unit_ok(audit(repeater.path, &error), error);
    repeater_remove(&repeater);
}
END_TEST

START_TEST(a_group_that_did_not_end_was_not)
{
    struct repeater repeater;
    struct qr_header head;
    struct qr_error error = {0};
    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(stage_record(&stage, 3), 0);
    repeater_start(&repeater);
    repeat(&repeater, 1, 1);
    unit_ok(qr_store_group_begin(repeater.store, &error), error);
    repeat(&repeater, 2, 4);
    repeater_stop(&repeater); /* as a crash: what was not committed is gone */
    repeater_start(&repeater);
    unit_ok(qr_store_head(repeater.store, &head, &error), error);
    ck_assert_uint_eq(head.height, 1);
    repeat(&repeater, 2, 4);
    repeater_stop(&repeater);
    unit_ok(audit(repeater.path, &error), error);
    repeater_remove(&repeater);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {a_signature_counts_from_the_appointment_to_the_dismissal,
                                  an_audit_refuses_a_line_by_whoever_was_not_in_office,
                                  a_node_signs_while_it_is_in_office_and_an_audit_misses_what_it_signed,
                                  the_newest_checkpoint_with_enough_signatures_is_found,
                                  blocks_repeated_in_groups_are_kept_as_if_one_by_one, a_group_that_did_not_end_was_not};
    Suite *suite = suite_create("node/witness");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 300);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(all, tests[i]);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
