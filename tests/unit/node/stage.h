#ifndef QR_TESTS_UNIT_NODE_STAGE_H
#define QR_TESTS_UNIT_NODE_STAGE_H

#include "common/file.h"
#include "ledger/solo.h"
#include "node/actions.h"
#include "node/batch.h"
#include "node/node.h"
#include "node/order.h"
#include "tests/unit/unit.h"
#include "xai/import.h"
#include "xai/reference.h"

/* A ledger in a folder of its own, as ledgerd runs it, with the sample model: for tests of everything above the store. */

enum { STAGE_START = 1000000 };
#define STAGE_CHAIN "stage-test"

static struct qr_key *stage_member, *stage_node_key, *stage_pricing, *stage_reservation, *stage_agent;
static struct qr_buffer stage_genesis;
static struct qr_model *stage_model;
static struct qr_baseline *stage_baseline;
static const struct qr_rules stage_rules = {.version = 1, .n = 1, .rule = {{QR_RULE_FLOOR, {50000}}}};

static char *stage_data(const char *name)
{
    QR_CLEANUP(qr_freep) char *data = qr_path_join(getenv("QR_TOP_SRCDIR"), "data");
    return qr_path_join(data, name);
}

static inline void stage_keys(void)
{
    stage_member = qr_key_from_seed(QR_KEY_MEMBER, "Vistara", (uint8_t[32]){1});
    stage_node_key = qr_key_from_seed(QR_KEY_NODE, "node", (uint8_t[32]){2});
    stage_pricing = qr_key_from_seed(QR_KEY_PRICING, "pricing", (uint8_t[32]){3});
    stage_reservation = qr_key_from_seed(QR_KEY_RESERVATION, "reservation", (uint8_t[32]){4});
    stage_agent = qr_key_from_seed(QR_KEY_AGENT, "agent", (uint8_t[32]){5});
}

static inline void stage_load(struct qr_schema *schema, struct qr_reference **reference)
{
    QR_CLEANUP(qr_freep) char *features = stage_data("features.json"), *model = stage_data("first.json");
    QR_CLEANUP(qr_freep) char *csv = stage_data("baseline.csv"), *table = stage_data("reference.csv");
    QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
    struct qr_import imported = {0};
    struct qr_error error = {0};
    unit_ok(qr_schema_load(features, schema, &error), error);
    unit_ok(qr_import_file(model, schema, &imported, &error), error);
    stage_model = imported.model;
    unit_ok(qr_baseline_load(schema, csv, &stage_baseline, &error), error);
    unit_ok(qr_rows_open(schema, table, &rows, &error), error);
    unit_ok(qr_rows_amount_column(rows, "price", &error), error);
    unit_ok(qr_reference_from_rows(schema, rows, reference, &error), error);
}

static inline void stage_add(struct qr_buffer *out, struct qr_span span) { qr_buffer_add(out, span.bytes, span.size); }

/* Once for each program. */
static inline void stage_open(void)
{
    struct qr_schema schema = {0};
    QR_CLEANUP(qr_reference_freep) struct qr_reference *reference = NULL;
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    struct qr_error error = {0};
    qr_crypto_init();
    stage_keys();
    stage_load(&schema, &reference);
    qr_genesis_defaults(&genesis);
    qr_copy_text(genesis.chain_id, sizeof genesis.chain_id, STAGE_CHAIN);
    genesis.time = STAGE_START;
    qr_genesis_add_member(&genesis, "Vistara", qr_key_public(stage_member), 1);
    qr_genesis_add_operator(&genesis, QR_KEY_NODE, "node", qr_key_public(stage_node_key), "Vistara");
    qr_genesis_add_operator(&genesis, QR_KEY_PRICING, "pricing", qr_key_public(stage_pricing), "Vistara");
    qr_genesis_add_operator(&genesis, QR_KEY_RESERVATION, "reservation", qr_key_public(stage_reservation), "Vistara");
    qr_genesis_add_operator(&genesis, QR_KEY_AGENT, "agent", qr_key_public(stage_agent), "Vistara");
    stage_add(&genesis.model, qr_model_bytes(stage_model));
    stage_add(&genesis.baseline, qr_baseline_bytes(stage_baseline));
    stage_add(&genesis.rows, qr_reference_bytes(reference));
    qr_rules_encode(&stage_rules, &genesis.rules);
    unit_ok(qr_genesis_write(&genesis, &stage_genesis, &error), error);
    qr_schema_done(&schema);
}

struct stage {
    char path[64];
    struct qr_store *store;
    struct qr_node *node;
    struct qr_merkle_log *log;
    struct qr_chain *chain;
    struct qr_solo *solo;
    struct qr_explainer *explainer;
    struct qr_header head; /* as of the start */
    uint64_t pricing, reservation; /* last sequence numbers */
    int64_t now;
    struct qr_answer answer; /* the last one */
    struct qr_error error;        /* of the last answer; code 0: it is in a block */
    struct qr_hash id;
};

static inline void stage_answered(void *context, const struct qr_answer *answer)
{
    struct stage *stage = context;
    stage->answer = *answer;
    stage->id = *answer->id;
    stage->error = answer->error ? *answer->error : (struct qr_error){.code = QR_OK};
}

static inline void stage_start(struct stage *stage)
{
    struct qr_error error = {0};
    struct qr_node_setup setup = {.genesis = {stage_genesis.data, stage_genesis.size}};
    unit_ok(qr_store_open(stage->path, true, &stage->store, &error), error);
    unit_ok(qr_node_open(&setup, stage->store, stage_node_key, &stage->node, &stage->log, &stage->head, &error), error);
    struct qr_chain_setup chain = {
        .app = qr_node_app(stage->node),
        .store = stage->store,
        .log = stage->log,
        .head = &stage->head,
        .genesis = qr_node_genesis(stage->node),
        .key = stage_node_key,
    };
    stage->chain = qr_chain_new(&chain);
    struct qr_solo_setup solo = {
        .app = chain.app,
        .chain = stage->chain,
        .answer = stage_answered,
        .context = stage,
    };
    stage->solo = qr_solo_new(&solo);
}

static inline void stage_stop(struct stage *stage)
{
    qr_solo_free(stage->solo);
    qr_chain_free(stage->chain);
    qr_merkle_log_free(stage->log);
    qr_node_free(stage->node);
    qr_store_close(stage->store);
}

static inline void stage_init(struct stage *stage)
{
    char folder[] = "/tmp/quorate-stage-XXXXXX";
    struct qr_error error = {0};
    struct qr_explainer_options direct = {.table_bytes = 0, .threads = 1};
    *stage = (struct stage){.now = STAGE_START};
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(stage->path, sizeof stage->path, "%s/ledgerd.db", folder);
    unit_ok(qr_explainer_new(stage_model, stage_baseline, &direct, &stage->explainer, &error), error);
    stage_start(stage);
}

static inline void stage_done(struct stage *stage)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-mark"};
    stage_stop(stage);
    qr_explainer_free(stage->explainer);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%.64s%s", stage->path, suffixes[i]);
        unlink(path);
    }
    *strrchr(stage->path, '/') = 0;
    rmdir(stage->path);
}

/* Cuts a block; whether one was made. */
static inline bool stage_cut(struct stage *stage)
{
    struct qr_error error = {0};
    bool made = false;
    stage->now += 1000;
    unit_ok(qr_solo_cut(stage->solo, stage->now, &made, &error), error);
    return made;
}

/* Submits one transaction and cuts; gives the code of its answer. */
static inline int stage_submit(struct stage *stage, const struct qr_key *key, uint64_t kind, uint64_t replay,
                               const struct qr_buffer *payload)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_error error = {0};
    qr_transaction_sign(key, STAGE_CHAIN, kind, replay, payload->data, payload->size, &bytes, NULL);
    unit_ok(qr_solo_submit(stage->solo, bytes.data, bytes.size, 1, &error), error);
    (void)stage_cut(stage);
    return stage->error.code;
}

static inline uint64_t stage_height(const struct stage *stage) { return qr_chain_head(stage->chain)->height; }

/* A batch of decisions on rows of the baseline, with its true root. */
static inline void stage_batch(struct stage *stage, size_t n, struct qr_buffer *payload)
{
    QR_CLEANUP(qr_batch_done) struct qr_batch batch = {.n = 0};
    QR_CLEANUP(qr_leaves_done) struct qr_leaves leaves = {.n = 0};
    struct qr_mandate mandate;
    struct qr_error error = {0};
    unit_ok(qr_mandate_active(qr_node_state(stage->node), &mandate, &error), error);
    size_t n_features = qr_model_schema(stage_model)->n_features;
    qr_batch_init(&batch, n_features, 0, n);
    batch.mandate = mandate.id;
    batch.as_of = stage_height(stage);
    batch.sequence = stage->pricing + 1;
    batch.t0 = stage->now;
    for (size_t i = 0; i < n; i++) {
        size_t row = (i + stage->pricing) % qr_baseline_distinct(stage_baseline);
        memcpy(batch.rows + i * n_features, qr_baseline_row(stage_baseline, row), n_features * sizeof batch.rows[0]);
        batch.decisions[i].time_ms = stage->now + (int64_t)i;
        memset(batch.decisions[i].nonce, (int)(i + 1), QR_NONCE_SIZE);
        batch.decisions[i].nonce[0] = (uint8_t)batch.sequence;
    }
    unit_ok(qr_batch_leaves(&batch, stage->explainer, &stage_rules, &leaves, &error), error);
    batch.root = qr_batch_root(&leaves);
    qr_batch_encode(&batch, payload);
}

static inline int stage_record(struct stage *stage, size_t n)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    stage_batch(stage, n, &payload);
    int code = stage_submit(stage, stage_pricing, QR_ACTION_BATCH, stage->pricing + 1, &payload);
    stage->pricing += code == 0;
    return code;
}

static inline int stage_order(struct stage *stage)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_order_leaf order = {.event = QR_ORDER_CONFIRMED, .commitment = {{7}}, .time = stage->now};
    qr_orders_encode(&order, 1, &payload);
    int code = stage_submit(stage, stage_reservation, QR_ACTION_ORDERS, stage->reservation + 1, &payload);
    stage->reservation += code == 0;
    return code;
}

/* A member's small transaction: appoints a fresh operator. */
static inline int stage_appoint(struct stage *stage, uint8_t seed, uint64_t expiry)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_appoint appoint = {.kind = QR_KEY_AGENT};
    struct qr_key *key = qr_key_from_seed(QR_KEY_AGENT, "x", (uint8_t[32]){9, seed});
    snprintf(appoint.name, sizeof appoint.name, "agent%u", seed);
    appoint.key = *qr_key_public(key);
    qr_key_free(key);
    qr_appoint_encode(&appoint, &payload);
    return stage_submit(stage, stage_member, QR_ACTION_APPOINT, expiry, &payload);
}

#endif
