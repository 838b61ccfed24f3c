#include "node/audit.h"
#include "tests/unit/node/history.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* Snapshots and what is restored from them, through damage on the way, crashes and other stores. */

/* ---- What a restored ledger is ---- */

static void open_restored(struct stage *restored)
{
    *restored = (struct stage){.now = stage.now, .pricing = stage.pricing, .reservation = stage.reservation};
    qr_copy_text(restored->path, sizeof restored->path, target);
    stage_start(restored);
}

static void same_headers(const struct stage *a, const struct stage *b)
{
    struct qr_hash x = qr_header_hash(qr_chain_head(a->chain)), y = qr_header_hash(qr_chain_head(b->chain));
    ck_assert(qr_hash_equal(&x, &y));
}

static uint64_t count(sqlite3 *db, const char *query)
{
    sqlite3_stmt *statement;
    ck_assert_msg(sqlite3_prepare_v2(db, query, -1, &statement, NULL) == SQLITE_OK, "%s: %s", query,
                  sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    uint64_t found = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return found;
}

/* Row by row, everything but the signatures is what execution wrote. */
static void same_rows(void)
{
    static const char *const tables[] = {"block", "leaf", "tile", "place", "bucket", "state", "use"};
    char query[256];
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(target, &db), SQLITE_OK);
    snprintf(query, sizeof query, "ATTACH '%s' AS made", stage.path);
    ck_assert_int_eq(sqlite3_exec(db, query, NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        snprintf(query, sizeof query, "SELECT count(*) FROM (SELECT * FROM main.%s EXCEPT SELECT * FROM made.%s)",
                 tables[i], tables[i]);
        ck_assert_msg(count(db, query) == 0, "table %s has other rows", tables[i]);
        snprintf(query, sizeof query, "SELECT (SELECT count(*) FROM main.%s) = (SELECT count(*) FROM made.%s)",
                 tables[i], tables[i]);
        ck_assert_msg(count(db, query) == 1, "table %s has fewer rows", tables[i]);
    }
    sqlite3_close(db);
}

static void audits(uint64_t height, uint64_t orders)
{
    QR_CLEANUP(qr_store_closep) struct qr_store *store = NULL;
    struct qr_audit audit;
    struct qr_error error = {0};
    unit_ok(qr_store_open_read(target, &store, &error), error);
    unit_ok(qr_audit_store(store, NULL, NULL, &audit, &error), error);
    ck_assert_uint_eq(audit.height, height);
    ck_assert_uint_eq(audit.decisions, 43);
    ck_assert_uint_eq(audit.orders, orders);
}

START_TEST(a_restored_ledger_is_the_ledger)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    struct qr_snapshot offer;
    struct stage restored;
    struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    struct qr_error error = {0};
    make(&offer, &content);
    restores(&offer, &content);
    same_rows();
    audits(stage_height(&stage), 2);
    open_restored(&restored);
    same_headers(&stage, &restored);
    unit_ok(qr_store_note(restored.store, offer.height, qr_node_genesis(restored.node), note, &error), error);
    ck_assert_uint_eq(note->n, 1); /* this node's own */
    ck_assert(qr_checkpoint_verify(&note->checkpoint, &note->signatures[0], "node", qr_key_public(stage_node_key)));
    free(note);
    stage_stop(&restored);
    qr_snapshot_done(&offer);
}
END_TEST

static void edit(const char *path, const char *command)
{
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, command, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_close(db), SQLITE_OK);
}

/* What an audit of the restored store says after an edit. */
static int edited(const char *command)
{
    QR_CLEANUP(qr_store_closep) struct qr_store *store = NULL;
    struct qr_audit audit;
    struct qr_error error = {0};
    edit(target, command);
    unit_ok(qr_store_open_read(target, &store, &error), error);
    return qr_audit_store(store, NULL, NULL, &audit, &error);
}

/* A line under the checkpoint of an old height, as another node would hand it over. */
static void add_signature(const struct stage *of, uint64_t height)
{
    struct qr_cosignature signature = {.height = height};
    struct qr_header header;
    struct qr_error error = {0};
    unit_ok(qr_store_header(of->store, height, &header, &error), error);
    struct qr_checkpoint checkpoint = qr_checkpoint_of(&header, qr_node_genesis(of->node));
    qr_checkpoint_sign(&checkpoint, stage_node_key, &signature.line);
    unit_ok(qr_store_add_signatures(of->store, &signature, 1, &error), error);
}

/* Elsewhere a node signs every block from its first on. */
START_TEST(an_audit_excuses_missing_signatures_up_to_the_snapshot_alone)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    struct qr_snapshot offer;
    struct stage restored;
    make(&offer, &content);
    restores(&offer, &content);
    open_restored(&restored);
    ck_assert_int_eq(stage_order(&restored), 0);
    add_signature(&restored, 3);
    stage_stop(&restored);
    ck_assert_int_eq(edited("SELECT 1"), 0);
    ck_assert_int_eq(edited("UPDATE fact SET value = x'7f' WHERE name = 'imported'"), QR_EINVALID); /* not reached */
    ck_assert_int_eq(edited("UPDATE fact SET value = x'05' WHERE name = 'imported'"), QR_EINVALID); /* 6: unsigned */
    ck_assert_int_eq(edited("UPDATE fact SET value = x'8000' WHERE name = 'imported'"), QR_EINVALID);
    ck_assert_int_eq(edited("DELETE FROM fact WHERE name = 'imported'"), QR_EINVALID);
    qr_snapshot_done(&offer);
}
END_TEST

START_TEST(it_goes_on_as_if_it_had_executed_all)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    struct qr_snapshot offer;
    struct stage restored;
    make(&offer, &content);
    restores(&offer, &content);
    open_restored(&restored);
    for (int i = 0; i < 3; i++) {
        ck_assert_int_eq(stage_order(&stage), 0);
        ck_assert_int_eq(stage_order(&restored), 0);
        same_headers(&stage, &restored);
    }
    ck_assert_int_eq(stage_appoint(&restored, 1, offer.height + 8), 0); /* stands in the last block of the snapshot */
    ck_assert(restored.answer.replayed);
    restored.reservation = 0;
    ck_assert_int_eq(stage_order(&restored), QR_ESEQUENCE);
    stage_stop(&restored);
    same_rows();
    audits(stage_height(&stage), 5);
    qr_snapshot_done(&offer);
}
END_TEST

START_TEST(it_serves_proofs_of_old_leaves_and_finds_old_transactions)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    struct qr_snapshot offer;
    struct stage restored;
    struct qr_error error = {0};
    make(&offer, &content);
    restores(&offer, &content);
    open_restored(&restored);
    struct qr_tile_source tiles = qr_store_tiles(restored.store);
    const struct qr_header *head = qr_chain_head(stage.chain);
    for (uint64_t index = 0; index < head->log_size; index++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer leaf = {0};
        struct qr_proof proof;
        uint64_t found;
        struct qr_hash hash;
        unit_ok(qr_store_leaf(stage.store, index, &leaf, NULL, &error), error);
        struct qr_hash id = qr_merkle_leaf(leaf.data, leaf.size);
        unit_ok(qr_store_find_leaf(restored.store, &id, 64, &found, &hash, &error), error);
        unit_ok(qr_merkle_log_inclusion(&tiles, found, head->log_size, &proof, &error), error);
        unit_ok(qr_inclusion_verify(&id, found, head->log_size, &proof, &head->log_root, &error), error);
    }
    stage_stop(&restored);
    qr_snapshot_done(&offer);
}
END_TEST

START_TEST(every_node_makes_the_same_bytes)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0}, again = {0};
    char others[128];
    struct qr_snapshot offer, other;
    struct stage restored;
    size_t n = 0;
    struct qr_error error = {0};
    make(&offer, &content);
    restores(&offer, &content);
    open_restored(&restored);
    snprintf(others, sizeof others, "%s/others", folder);
    write_snapshot(&restored, others);
    unit_ok(qr_snapshot_list(others, &other, 1, &n, &error), error);
    ck_assert(qr_hash_equal(&other.hash, &offer.hash));
    ck_assert_uint_eq(other.metadata.size, offer.metadata.size);
    ck_assert_mem_eq(other.metadata.data, offer.metadata.data, offer.metadata.size);
    for (uint32_t i = 0; i < other.chunks; i++)
        unit_ok(qr_snapshot_chunk(others, other.height, i, &again, &error), error);
    ck_assert_uint_eq(again.size, content.size);
    ck_assert(memcmp(again.data, content.data, content.size) == 0);
    snprintf(others, sizeof others, "%s/others/%" PRIu64 ".qrs", folder, offer.height);
    unlink(others);
    *strrchr(others, '/') = 0;
    rmdir(others);
    stage_stop(&restored);
    qr_snapshot_done(&offer);
    qr_snapshot_done(&other);
}
END_TEST

/* ---- Damage on the way ---- */

START_TEST(a_wrong_chunk_is_refused_and_can_be_given_again)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0}, before = {0};
    QR_CLEANUP(qr_restore_freep) struct qr_restore *restore = NULL;
    struct unit_random random = unit_random_start();
    struct qr_restore_setup with = restore_setup();
    struct qr_snapshot offer, older;
    struct qr_error error = {0};
    bool done = false;
    make(&older, &before);
    ck_assert_int_eq(stage_order(&stage), 0);
    make(&offer, &content);
    unit_ok(qr_restore_begin(&with, &offer, trusted(), &restore, &error), error);
    for (uint32_t i = 0; i < offer.chunks; i++) {
        size_t at = (size_t)i * QR_SNAPSHOT_CHUNK_SIZE, left = content.size - at;
        size_t size = left < QR_SNAPSHOT_CHUNK_SIZE ? left : QR_SNAPSHOT_CHUNK_SIZE;
        uint8_t *chunk = content.data + at;
        for (int n = 0; n < 8; n++) {
            size_t place = unit_random_below(&random, size);
            uint8_t bit = (uint8_t)(1 << unit_random_below(&random, 8));
            chunk[place] ^= bit;
            unit_fails(qr_restore_chunk(restore, i, chunk, size, &done, &error), QR_EMISMATCH, error);
            chunk[place] ^= bit;
        }
        unit_fails(qr_restore_chunk(restore, i, chunk, size - 1, &done, &error), QR_EMISMATCH, error);
        unit_fails(qr_restore_chunk(restore, i, chunk, 0, &done, &error), QR_EMISMATCH, error);
        unit_fails(qr_restore_chunk(restore, i + 1, chunk, size, &done, &error), QR_EINPUT, error); /* one left out */
        uint32_t other = i ? i - 1 : i + 1;
        unit_fails(qr_restore_chunk(restore, i, content.data + (size_t)other * QR_SNAPSHOT_CHUNK_SIZE,
                                    QR_SNAPSHOT_CHUNK_SIZE, &done, &error),
                   QR_EMISMATCH, error);
        if (i == 0) /* the head differs: it is of another height */
            unit_fails(give(restore, &before, i, &done, &error), QR_EMISMATCH, error);
        unit_ok(qr_restore_chunk(restore, i, chunk, size, &done, &error), error);
    }
    ck_assert(done);
    unit_fails(give(restore, &content, offer.chunks - 1, &done, &error), QR_EINPUT, error);
    unit_fails(qr_restore_chunk(restore, offer.chunks, content.data, QR_SNAPSHOT_CHUNK_SIZE, &done, &error), QR_EINPUT,
               error);
    qr_restore_free(restore);
    restore = NULL;
    audits(stage_height(&stage), 3);
    qr_snapshot_done(&offer);
    qr_snapshot_done(&older);
}
END_TEST

START_TEST(metadata_must_be_that_of_the_hash)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    struct qr_restore *restore = NULL;
    struct qr_restore_setup with = restore_setup();
    struct qr_snapshot offer, other;
    struct qr_error error = {0};
    make(&offer, &content);
    for (size_t i = 0; i < offer.metadata.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            offer.metadata.data[i] ^= (uint8_t)(1 << bit);
            unit_holds(qr_restore_begin(&with, &offer, trusted(), &restore, &error) != 0);
            offer.metadata.data[i] ^= (uint8_t)(1 << bit);
        }
    other = offer;
    other.hash.bytes[3] ^= 4;
    unit_fails(qr_restore_begin(&with, &other, trusted(), &restore, &error), QR_EMISMATCH, error);
    other = offer;
    other.chunks++;
    unit_fails(qr_restore_begin(&with, &other, trusted(), &restore, &error), QR_EMISMATCH, error);
    other = offer;
    other.height++;
    unit_fails(qr_restore_begin(&with, &other, trusted(), &restore, &error), QR_EMISMATCH, error);
    other = offer;
    other.format++;
    unit_fails(qr_restore_begin(&with, &other, trusted(), &restore, &error), QR_EUNSUPPORTED, error);
    other = offer;
    other.chunks = QR_SNAPSHOT_CHUNKS_MAX + 1;
    unit_fails(qr_restore_begin(&with, &other, trusted(), &restore, &error), QR_ELIMIT, error);
    target_is_empty();
    restores(&offer, &content);
    qr_snapshot_done(&offer);
}
END_TEST

/* ---- The store ---- */

START_TEST(a_store_with_blocks_is_left_alone_and_one_with_the_genesis_is_filled)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    struct qr_restore *restore = NULL;
    struct qr_restore_setup with = restore_setup();
    struct qr_snapshot offer;
    struct stage fresh = {.now = STAGE_START};
    struct qr_error error = {0};
    make(&offer, &content);
    qr_copy_text(fresh.path, sizeof fresh.path, target);
    stage_start(&fresh); /* writes the genesis */
    struct qr_restore_setup occupied = with;
    occupied.path = stage.path;
    unit_fails(qr_restore_begin(&occupied, &offer, trusted(), &restore, &error), QR_EREFUSED, error);
    unit_ok(qr_restore_begin(&with, &offer, trusted(), &restore, &error), error);
    qr_restore_free(restore); /* given up: the genesis is still there */
    restore = NULL;
    ck_assert_int_eq(stage_order(&fresh), 0);
    stage_stop(&fresh);
    unit_fails(qr_restore_begin(&with, &offer, trusted(), &restore, &error), QR_EREFUSED, error);
    clear_target();
    stage_start(&fresh);
    restores(&offer, &content); /* beside an open connection */
    stage_stop(&fresh);
    same_rows();
    audits(stage_height(&stage), 2);
    qr_snapshot_done(&offer);
}
END_TEST

START_TEST(a_restored_store_that_lost_its_blocks_is_not_taken_for_a_fresh_one)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    QR_CLEANUP(qr_store_closep) struct qr_store *store = NULL;
    struct qr_snapshot offer;
    struct qr_error error = {0};
    make(&offer, &content);
    restores(&offer, &content);
    edit(target, "DELETE FROM block; DELETE FROM leaf");
    unit_fails(qr_store_open(target, true, &store, &error), QR_ECORRUPT, error);
    qr_snapshot_done(&offer);
}
END_TEST

/* Dies with SIGKILL after some chunks. */
static void restore_and_die(const struct qr_snapshot *offer, const struct qr_buffer *content, uint32_t chunks)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct qr_restore *restore = NULL;
        struct qr_restore_setup with = restore_setup();
        bool done;
        int code = qr_restore_begin(&with, offer, trusted(), &restore, NULL);
        for (uint32_t i = 0; code == 0 && i < chunks; i++)
            code = give(restore, content, i, &done, NULL);
        if (code == 0)
            kill(getpid(), SIGKILL);
        _exit(1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

START_TEST(a_crash_in_the_middle_leaves_an_empty_store)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0};
    struct qr_snapshot offer;
    make(&offer, &content);
    for (uint32_t chunks = 0; chunks < offer.chunks; chunks++) {
        restore_and_die(&offer, &content, chunks);
        target_is_empty();
    }
    restores(&offer, &content);
    same_rows();
    qr_snapshot_done(&offer);
}
END_TEST

/* ---- Files ---- */

static size_t listed(struct qr_snapshot *found, size_t most)
{
    size_t n = 0;
    struct qr_error error = {0};
    unit_ok(qr_snapshot_list(snapshots, found, most, &n, &error), error);
    for (size_t i = 0; i < n; i++)
        qr_snapshot_done(&found[i]), found[i].height = 0;
    return n;
}

START_TEST(the_newest_two_are_kept_and_what_is_unfinished_is_cleaned)
{
    struct qr_snapshot found[4];
    uint64_t first = stage_height(&stage);
    char path[160];
    struct qr_error error = {0};
    size_t n = 9;
    unit_ok(qr_snapshot_list(snapshots, found, 4, &n, &error), error); /* no folder yet */
    ck_assert_uint_eq(n, 0);
    unit_ok(qr_snapshot_clean(snapshots, &error), error);
    for (int i = 0; i < 4; i++) {
        write_snapshot(&stage, snapshots);
        ck_assert_int_eq(stage_order(&stage), 0);
    }
    unit_ok(qr_snapshot_list(snapshots, found, 4, &n, &error), error);
    ck_assert_uint_eq(n, QR_SNAPSHOTS_KEPT);
    ck_assert_uint_eq(found[0].height, first + 3);
    ck_assert_uint_eq(found[1].height, first + 2);
    qr_snapshot_done(&found[0]);
    qr_snapshot_done(&found[1]);
    snprintf(path, sizeof path, "%s/77.qrs.new", snapshots);
    unit_ok(qr_file_write(path, "half", 4, 0600, &error), error);
    ck_assert_uint_eq(listed(found, 4), 2);
    unit_ok(qr_snapshot_clean(snapshots, &error), error);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_uint_eq(listed(found, 4), 2);
    ck_assert_uint_eq(listed(found, 1), 1);
}
END_TEST

START_TEST(a_damaged_file_is_not_offered_and_no_chunk_of_it_handed_out)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer content = {0}, file = {0}, out = {0};
    struct qr_snapshot offer, found[4];
    char path[160];
    struct qr_error error = {0};
    make(&offer, &content);
    unit_fails(qr_snapshot_chunk(snapshots, offer.height, offer.chunks, &out, &error), QR_ENOT_FOUND, error);
    unit_fails(qr_snapshot_chunk(snapshots, offer.height + 1, 0, &out, &error), QR_ENOT_FOUND, error);
    snprintf(path, sizeof path, "%s/%" PRIu64 ".qrs", snapshots, offer.height);
    unit_ok(qr_file_read(path, SIZE_MAX, &file, &error), error);
    file.data[QR_SNAPSHOT_CHUNK_SIZE + 5] ^= 1;
    unit_ok(qr_file_write(path, file.data, file.size, 0600, &error), error);
    unit_ok(qr_snapshot_chunk(snapshots, offer.height, 0, &out, &error), error);
    unit_fails(qr_snapshot_chunk(snapshots, offer.height, 1, &out, &error), QR_ECORRUPT, error);
    ck_assert_uint_eq(out.size, QR_SNAPSHOT_CHUNK_SIZE);
    for (size_t cut = 1; cut < 200; cut++) {
        unit_ok(qr_file_write(path, file.data, file.size - cut, 0600, &error), error);
        ck_assert_uint_eq(listed(found, 4), 0);
    }
    unit_ok(qr_file_write(path, "", 0, 0600, &error), error);
    ck_assert_uint_eq(listed(found, 4), 0);
    unit_ok(qr_file_write(path, file.data + QR_SNAPSHOT_CHUNK_SIZE, file.size - QR_SNAPSHOT_CHUNK_SIZE, 0600, &error),
            error);
    ck_assert_uint_eq(listed(found, 4), 0);
    unit_fails(qr_snapshot_chunk(snapshots, offer.height, 0, &out, &error), QR_ECORRUPT, error);
    unlink(path);
    qr_snapshot_done(&offer);
}
END_TEST

START_TEST(a_snapshot_that_cannot_be_finished_leaves_nothing)
{
    struct qr_error error = {0};
    struct stat status;
    char path[160];
    struct qr_snapshot_draft *draft =
        qr_snapshot_begin(qr_node_state(stage.node), qr_chain_head(stage.chain), qr_node_genesis(stage.node));
    unit_fails(qr_snapshot_write(draft, "/nowhere/ledgerd.db", snapshots, &error), QR_ENO_FILE, error);
    ck_assert_int_ne(stat(snapshots, &status), 0);
    edit(stage.path, "DELETE FROM leaf WHERE first > 41"); /* the store fails once a chunk has been written */
    unit_fails(qr_snapshot_write(draft, stage.path, snapshots, &error), QR_ECORRUPT, error);
    snprintf(path, sizeof path, "%s/%" PRIu64 ".qrs.new", snapshots, stage_height(&stage));
    ck_assert_int_ne(stat(path, &status), 0);
    *strrchr(path, '.') = 0;
    ck_assert_int_ne(stat(path, &status), 0);
    qr_snapshot_draft_free(draft);
}
END_TEST

START_TEST(one_is_due_at_the_first_change_after_each_multiple)
{
    const struct qr_state *state = qr_node_state(stage.node);
    const struct qr_header *head = qr_chain_head(stage.chain);
    uint64_t height = head->height;
    ck_assert(!qr_snapshot_due(state, head, 0, 0)); /* never */
    ck_assert(qr_snapshot_due(state, head, height, 0));
    ck_assert(!qr_snapshot_due(state, head, height, height)); /* made */
    ck_assert(!qr_snapshot_due(state, head, height + 1, 0));  /* not yet */
    ck_assert(qr_snapshot_due(state, head, 3, height - 3));
    empty_block(&stage);
    ck_assert(!qr_snapshot_due(state, head, 1, 0)); /* nothing authenticates its time */
    ck_assert_ptr_null(qr_snapshot_begin(state, head, qr_node_genesis(stage.node)));
    ck_assert_int_eq(stage_order(&stage), 0);
    ck_assert(qr_snapshot_due(state, head, height + 1, 0));
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_restored_ledger_is_the_ledger,
        an_audit_excuses_missing_signatures_up_to_the_snapshot_alone,
        it_goes_on_as_if_it_had_executed_all,
        it_serves_proofs_of_old_leaves_and_finds_old_transactions,
        every_node_makes_the_same_bytes,
        a_wrong_chunk_is_refused_and_can_be_given_again,
        metadata_must_be_that_of_the_hash,
        a_store_with_blocks_is_left_alone_and_one_with_the_genesis_is_filled,
        a_restored_store_that_lost_its_blocks_is_not_taken_for_a_fresh_one,
        a_crash_in_the_middle_leaves_an_empty_store,
        the_newest_two_are_kept_and_what_is_unfinished_is_cleaned,
        a_damaged_file_is_not_offered_and_no_chunk_of_it_handed_out,
        a_snapshot_that_cannot_be_finished_leaves_nothing,
        one_is_due_at_the_first_change_after_each_multiple,
    };
    return run("node/snapshot", tests, sizeof tests / sizeof tests[0]);
}
