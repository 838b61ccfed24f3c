#ifndef QR_TESTS_UNIT_NODE_HISTORY_H
#define QR_TESTS_UNIT_NODE_HISTORY_H

#include "node/impact.h"
#include "node/restore.h"
#include "node/snapshot.h"
#include "tests/unit/node/stage.h"

/* A ledger with every kind of content (decisions, orders, uploads, an upgrade by vote, empty blocks), its snapshot, and
 * a place to restore it: for tests of snapshots. */

static struct stage stage;
static char folder[64], snapshots[96], target[96]; /* the store that is restored */
static uint64_t agent_sequence;

/* ---- A history ---- */

static inline int member_submits(uint64_t kind, const struct qr_buffer *payload)
{
    return stage_submit(&stage, stage_member, kind, stage_height(&stage) + 100, payload);
}

static inline void publish(enum qr_object_kind kind, struct qr_span bytes)
{
    for (size_t at = 0; at < bytes.size; at += QR_CHUNK_SIZE) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
        size_t left = bytes.size - at;
        struct qr_publish chunk = {
            .object = kind,
            .hash = qr_sha256(bytes.bytes, bytes.size),
            .size = bytes.size,
            .index = at / QR_CHUNK_SIZE,
            .bytes = {(const uint8_t *)bytes.bytes + at, left < QR_CHUNK_SIZE ? left : QR_CHUNK_SIZE},
        };
        qr_publish_encode(&chunk, &payload);
        ck_assert_int_eq(member_submits(QR_ACTION_PUBLISH, &payload), 0);
    }
}

static inline struct qr_hash report_of(const struct qr_model *model)
{
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    QR_CLEANUP(qr_report_freep) struct qr_report *report = NULL;
    struct qr_error error = {0};
    unit_ok(qr_genesis_read(stage_genesis.data, stage_genesis.size, &genesis, &error), error);
    const struct qr_span parts[QR_IMPACT_PARTS] = {qr_model_bytes(stage_model),
                                                   qr_baseline_bytes(stage_baseline),
                                                   qr_model_bytes(model),
                                                   qr_baseline_bytes(stage_baseline),
                                                   {genesis.rules.data, genesis.rules.size},
                                                   {genesis.rows.data, genesis.rows.size}};
    unit_ok(qr_impact_report(parts, &report, &error), error);
    return qr_report_hash(report);
}

static inline void agent_submits(uint64_t kind, const struct qr_buffer *payload)
{
    ck_assert_int_eq(stage_submit(&stage, stage_agent, kind, ++agent_sequence, payload), 0);
}

/* Blocks that a passed deadline makes. */
static inline void pass_time(int64_t until)
{
    stage.now = until;
    ck_assert(stage_cut(&stage));
}

static inline void vote_in(const struct qr_model *model)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer propose = {0}, report = {0}, ballot = {0}, execute = {0};
    struct qr_propose proposed = {.track = "upgrade",
                                  .title = "Second",
                                  .model = *qr_model_hash(model),
                                  .baseline = *qr_baseline_hash(stage_baseline)};
    struct qr_proposal proposal;
    struct qr_error error = {0};
    qr_propose_encode(&proposed, &propose);
    ck_assert_int_eq(member_submits(QR_ACTION_PROPOSE, &propose), 0);
    struct qr_hash id = stage.id, found = report_of(model);
    qr_reported_encode(&(struct qr_reported){id, found}, &report);
    agent_submits(QR_ACTION_REPORT, &report);
    qr_cast_encode(&(struct qr_cast){id, QR_CHOICE_YES, found, "because"}, &ballot);
    ck_assert_int_eq(member_submits(QR_ACTION_BALLOT, &ballot), 0);
    unit_ok(qr_proposal_get(qr_node_state(stage.node), &id, &proposal, &error), error);
    pass_time(proposal.closes_at);
    unit_ok(qr_proposal_get(qr_node_state(stage.node), &id, &proposal, &error), error);
    stage.now = proposal.executable_at;
    qr_execute_encode(&(struct qr_execute){id}, &execute);
    agent_submits(QR_ACTION_EXECUTE, &execute);
}

static inline void upgrade(void)
{
    QR_CLEANUP(qr_freep) char *features = stage_data("features.json"), *second = stage_data("second.json");
    struct qr_schema schema = {0};
    struct qr_import imported = {0};
    struct qr_mandate mandate;
    struct qr_error error = {0};
    unit_ok(qr_schema_load(features, &schema, &error), error);
    unit_ok(qr_import_file(second, &schema, &imported, &error), error);
    publish(QR_OBJECT_MODEL, qr_model_bytes(imported.model));
    vote_in(imported.model);
    unit_ok(qr_mandate_active(qr_node_state(stage.node), &mandate, &error), error);
    ck_assert(qr_hash_equal(&mandate.activation.model, qr_model_hash(imported.model)));
    qr_model_free(imported.model);
    qr_schema_done(&schema);
}

/* A block that nothing brought about, as CometBFT makes them. */
static inline void empty_block(struct stage *of)
{
    struct qr_error error = {0};
    unit_ok(qr_chain_begin(of->chain, of->now += 1000, &error), error);
    (void)qr_chain_end(of->chain);
    unit_ok(qr_chain_commit(of->chain, &error), error);
}

/* An upload that is not complete, so that the content takes several chunks. */
static inline void half_upload(void)
{
    QR_CLEANUP(qr_freep) uint8_t *bytes = qr_alloc(1, QR_CHUNK_SIZE);
    for (uint64_t index = 0; index < 6; index++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
        for (size_t i = 0; i < QR_CHUNK_SIZE; i++)
            bytes[i] = (uint8_t)(i * i >> 7 ^ i * (index + 3));
        struct qr_publish chunk = {.object = QR_OBJECT_MODEL,
                                   .hash = {{5}},
                                   .size = 40 * QR_CHUNK_SIZE,
                                   .index = index,
                                   .bytes = {bytes, QR_CHUNK_SIZE}};
        qr_publish_encode(&chunk, &payload);
        ck_assert_int_eq(member_submits(QR_ACTION_PUBLISH, &payload), 0);
    }
}

static inline void play(void)
{
    ck_assert_int_eq(stage_record(&stage, 40), 0);
    ck_assert_int_eq(stage_order(&stage), 0);
    half_upload();
    empty_block(&stage);
    empty_block(&stage);
    ck_assert_int_eq(stage_record(&stage, 3), 0);
    upgrade();
    ck_assert_int_eq(stage_appoint(&stage, 1, stage_height(&stage) + 10), 0);
    ck_assert_int_eq(stage_order(&stage), 0);
}

static inline void setup(void)
{
    char name[] = "/tmp/quorate-snapshot-XXXXXX";
    if (!stage_model)
        stage_open();
    stage_init(&stage);
    ck_assert_ptr_nonnull(mkdtemp(name));
    qr_copy_text(folder, sizeof folder, name);
    snprintf(snapshots, sizeof snapshots, "%s/snapshots", folder);
    snprintf(target, sizeof target, "%s/restored.db", folder);
    agent_sequence = 0;
    play();
}

static inline void clear_target(void)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-mark"};
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s%s", target, suffixes[i]);
        unlink(path);
    }
}

static inline void teardown(void)
{
    struct qr_snapshot found[8];
    size_t n = 0;
    clear_target();
    ck_assert_int_eq(qr_snapshot_list(snapshots, found, 8, &n, NULL), 0);
    for (size_t i = 0; i < n; i++) {
        char path[160];
        snprintf(path, sizeof path, "%s/%" PRIu64 ".qrs", snapshots, found[i].height);
        unlink(path);
        qr_snapshot_done(&found[i]);
    }
    rmdir(snapshots);
    rmdir(folder);
    stage_done(&stage);
}

/* ---- Snapshots of it ---- */

static inline void write_snapshot(struct stage *of, const char *where)
{
    struct qr_error error = {0};
    struct qr_snapshot_draft *draft =
        qr_snapshot_begin(qr_node_state(of->node), qr_chain_head(of->chain), qr_node_genesis(of->node));
    ck_assert_ptr_nonnull(draft);
    unit_ok(qr_snapshot_write(draft, of->path, where, &error), error);
    qr_snapshot_draft_free(draft);
}

/* Makes the snapshot of the head; gives the offer and all chunks in a row. */
static inline void make(struct qr_snapshot *ret, struct qr_buffer *content)
{
    size_t n = 0;
    struct qr_error error = {0};
    write_snapshot(&stage, snapshots);
    unit_ok(qr_snapshot_list(snapshots, ret, 1, &n, &error), error);
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(ret->height, stage_height(&stage));
    for (uint32_t i = 0; i < ret->chunks; i++)
        unit_ok(qr_snapshot_chunk(snapshots, ret->height, i, content, &error), error);
    ck_assert_uint_gt(ret->chunks, 3);
}

static inline struct qr_restore_setup restore_setup(void)
{
    return (struct qr_restore_setup){
        .genesis = {stage_genesis.data, stage_genesis.size}, .path = target, .key = stage_node_key};
}

static inline const struct qr_hash *trusted(void)
{
    return &qr_chain_head(stage.chain)->app_hash;
}

static inline int give(struct qr_restore *restore, const struct qr_buffer *content, uint32_t index, bool *ret_done,
                       struct qr_error *error)
{
    size_t at = (size_t)index * QR_SNAPSHOT_CHUNK_SIZE, left = content->size - at;
    return qr_restore_chunk(restore, index, content->data + at,
                            left < QR_SNAPSHOT_CHUNK_SIZE ? left : QR_SNAPSHOT_CHUNK_SIZE, ret_done, error);
}

/* Hands over an offer and all of its content; the code of the first failure. */
static inline int restore_all(const struct qr_snapshot *offer, const struct qr_buffer *content,
                              const struct qr_hash *app_hash, struct qr_error *error)
{
    QR_CLEANUP(qr_restore_freep) struct qr_restore *restore = NULL;
    struct qr_restore_setup with = restore_setup();
    bool done = false;
    int code = qr_restore_begin(&with, offer, app_hash, &restore, error);
    for (uint32_t i = 0; code == 0 && i < offer->chunks; i++) {
        ck_assert(!done);
        ck_assert_uint_eq(qr_restore_next(restore), i);
        code = give(restore, content, i, &done, error);
    }
    ck_assert(done == (code == 0));
    return code;
}

static inline void target_is_empty(void)
{
    QR_CLEANUP(qr_store_closep) struct qr_store *store = NULL;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer genesis = {0};
    struct qr_header head;
    struct qr_error error = {0};
    unit_ok(qr_store_open(target, true, &store, &error), error);
    ck_assert_int_eq(qr_store_head(store, &head, NULL), QR_ENOT_FOUND);
    ck_assert_int_eq(qr_store_genesis(store, &genesis, NULL), QR_ENOT_FOUND);
}

static inline void restores(const struct qr_snapshot *offer, const struct qr_buffer *content)
{
    struct qr_error error = {0};
    unit_ok(restore_all(offer, content, trusted(), &error), error);
}

/* Runs each test on a history of its own. */
static inline int run(const char *name, const TTest *const *tests, size_t n)
{
    Suite *suite = suite_create(name);
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, UNIT_SECONDS_MAX);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(all, tests[i]);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}

#endif
