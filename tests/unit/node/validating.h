#ifndef QR_TESTS_UNIT_NODE_VALIDATING_H
#define QR_TESTS_UNIT_NODE_VALIDATING_H

#include "ledger/cometbft.h"

#include "node/audit.h"
#include "tests/unit/node/stage.h"

/* The engine cometbft, driven as CometBFT drives it: several nodes, one order. One set of them a test program. */

enum { NODES = 3, SUBMISSIONS_MAX = 512 };

struct told {
    unsigned times;
    uint64_t height;
    bool replayed;
    enum qr_code code;
};

struct validator {
    struct stage stage;
    struct qr_cometbft *comet;
    struct told told[SUBMISSIONS_MAX]; /* by token */
};

static struct validator validators[NODES];
static int64_t now;
static uint64_t n_tokens, sequence_of_orders, sequence_of_batches;
static uint8_t n_appointed;

static inline void answered(void *context, const struct qr_answer *answer)
{
    struct validator *validator = context;
    struct told *told = &validator->told[answer->token];
    told->times++;
    told->height = answer->height;
    told->replayed = answer->replayed;
    told->code = answer->error ? answer->error->code : QR_OK;
}

static inline void setup(void)
{
    if (!stage_model)
        stage_open();
    now = STAGE_START;
    n_tokens = sequence_of_orders = sequence_of_batches = n_appointed = 0;
    for (size_t i = 0; i < NODES; i++) {
        validators[i] = (struct validator){.comet = NULL};
        stage_init(&validators[i].stage);
        struct qr_cometbft_setup comet = {.app = qr_node_app(validators[i].stage.node),
                                          .chain = validators[i].stage.chain,
                                          .answer = answered,
                                          .context = &validators[i]};
        validators[i].comet = qr_cometbft_new(&comet);
    }
}

static inline void teardown(void)
{
    for (size_t i = 0; i < NODES; i++) {
        qr_cometbft_free(validators[i].comet);
        stage_done(&validators[i].stage);
    }
}

/* ---- Transactions ---- */

static inline struct qr_buffer sign(const struct qr_key *key, uint64_t kind, uint64_t replay, const struct qr_buffer *payload)
{
    struct qr_buffer bytes = {0};
    qr_transaction_sign(key, STAGE_CHAIN, kind, replay, payload->data, payload->size, &bytes, NULL);
    return bytes;
}

static inline struct qr_buffer order_at(uint64_t sequence)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_order_leaf order = {.event = QR_ORDER_CONFIRMED, .commitment = {{7}}, .time = (int64_t)sequence};
    qr_orders_encode(&order, 1, &payload);
    return sign(stage_reservation, QR_ACTION_ORDERS, sequence, &payload);
}

static inline struct qr_buffer appointment(uint8_t seed)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_appoint appoint = {.kind = QR_KEY_AGENT};
    struct qr_key *key = qr_key_from_seed(QR_KEY_AGENT, "x", (uint8_t[32]){9, seed});
    snprintf(appoint.name, sizeof appoint.name, "agent%u", seed);
    appoint.key = *qr_key_public(key);
    qr_key_free(key);
    qr_appoint_encode(&appoint, &payload);
    return sign(stage_member, QR_ACTION_APPOINT, 1000 + seed, &payload);
}

static inline struct qr_buffer batch_of(size_t n, bool honest)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct stage *stage = &validators[0].stage;
    stage->pricing = sequence_of_batches;
    stage_batch(stage, n, &payload);
    if (!honest)
        payload.data[payload.size - 1] ^= 1; /* the last value of a row: the root is no longer that of the rows */
    return sign(stage_pricing, QR_ACTION_BATCH, sequence_of_batches + 1, &payload);
}

/* A transaction that a rule refuses in its turn: the member is no operator. */
static inline struct qr_buffer refused_by_a_rule(void)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_dismiss dismiss = {.key = *qr_key_public(stage_member)};
    qr_dismiss_encode(&dismiss, &payload);
    return sign(stage_member, QR_ACTION_DISMISS, 50, &payload);
}

static inline struct qr_span span_of(const struct qr_buffer *buffer)
{
    return (struct qr_span){.bytes = buffer->data, .size = buffer->size};
}

/* ---- Blocks ---- */

static inline const struct qr_header *head_of(size_t i)
{
    return qr_chain_head(validators[i].stage.chain);
}

static inline void finalize(size_t i, const struct qr_span *spans, size_t n, struct qr_error *results, struct qr_hash *ret_hash)
{
    struct qr_error error = {0};
    const struct qr_header *header = NULL;
    unit_ok(qr_cometbft_finalize(validators[i].comet, head_of(i)->height + 1, now, spans, n, results, &header, &error), error);
    *ret_hash = header->app_hash;
}

/* Every node executes and commits the block; they agree. */
static inline void decide(const struct qr_span *spans, size_t n, struct qr_error *results)
{
    struct qr_error error = {0};
    struct qr_hash first = {{0}};
    for (size_t i = 0; i < NODES; i++) {
        struct qr_hash hash;
        finalize(i, spans, n, results, &hash);
        if (i == 0)
            first = hash;
        unit_holds(qr_hash_equal(&first, &hash));
        unit_ok(qr_cometbft_commit(validators[i].comet, now, &error), error);
        struct qr_hash mine = qr_header_hash(head_of(i)), zeroth = qr_header_hash(head_of(0));
        unit_holds(qr_hash_equal(&mine, &zeroth));
    }
}

static inline bool accepted_by_all(const struct qr_span *spans, size_t n)
{
    bool all = true;
    for (size_t i = 0; i < NODES; i++) {
        struct qr_error error = {0};
        bool accepts = qr_cometbft_accepts(validators[i].comet, now, spans, n, &error);
        unit_holds(i == 0 || accepts == all);
        all = accepts;
    }
    return all;
}

static inline uint64_t submit(size_t node, const struct qr_buffer *bytes)
{
    struct qr_error error = {0};
    uint64_t token = n_tokens++;
    unit_ok(qr_cometbft_submit(validators[node].comet, bytes->data, bytes->size, token, now, &error), error);
    return token;
}

static inline struct qr_buffer bundle_of(const struct qr_buffer *const *parts, size_t n)
{
    struct qr_buffer bundle = {0};
    for (size_t i = 0; i < n; i++)
        qr_buffer_add(&bundle, parts[i]->data, parts[i]->size);
    return bundle;
}

static inline bool same_bytes(const struct qr_span *span, const struct qr_buffer *bytes)
{
    return span->size == bytes->size && memcmp(span->bytes, bytes->data, bytes->size) == 0;
}

static inline int validating_run(const char *name, const TTest *const *tests, size_t n)
{
    Suite *suite = suite_create(name);
    qr_crypto_init();
    for (size_t i = 0; i < n; i++) {
        TCase *tcase = tcase_create(name);
        tcase_add_checked_fixture(tcase, setup, teardown);
        tcase_set_timeout(tcase, UNIT_SECONDS_MAX);
        tcase_add_test(tcase, tests[i]);
        suite_add_tcase(suite, tcase);
    }
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
