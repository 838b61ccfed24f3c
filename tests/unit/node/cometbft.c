#include "tests/unit/node/validating.h"

/* What the engine makes of what CometBFT asks it. */

/* ---- A mempool ---- */

struct mempool {
    struct qr_buffer bundles[SUBMISSIONS_MAX];
    size_t n;
};

/* What the nodes' clients submitted comes in, bundled by each node. */
static void fill(struct mempool *mempool)
{
    for (size_t i = 0; i < NODES; i++) {
        qr_cometbft_settle(validators[i].comet, now);
        while (mempool->n < SUBMISSIONS_MAX && qr_cometbft_take(validators[i].comet, now, &mempool->bundles[mempool->n]) > 0)
            mempool->n++;
    }
}

/* Every mempool has its own order. */
static void shuffle(struct mempool *mempool, struct unit_random *random)
{
    for (size_t i = mempool->n; i > 1; i--) {
        size_t k = unit_random_below(random, i);
        struct qr_buffer swap = mempool->bundles[i - 1];
        mempool->bundles[i - 1] = mempool->bundles[k];
        mempool->bundles[k] = swap;
    }
}

/* After a block, what is not good any more goes. */
static void recheck(struct mempool *mempool, size_t node)
{
    size_t kept = 0;
    for (size_t i = 0; i < mempool->n; i++) {
        struct qr_buffer bundle = mempool->bundles[i];
        struct qr_span span = span_of(&bundle);
        struct qr_error error;
        mempool->bundles[i] = (struct qr_buffer){0};
        if (qr_cometbft_check(validators[node].comet, &span, true, now, &error) == 0)
            mempool->bundles[kept++] = bundle;
        else
            qr_buffer_done(&bundle);
    }
    mempool->n = kept;
}

static void make_block(const struct mempool *mempool, size_t proposer, uint64_t room)
{
    struct qr_span spans[SUBMISSIONS_MAX];
    struct qr_error results[SUBMISSIONS_MAX];
    QR_CLEANUP(qr_candidate_done) struct qr_candidate candidate;
    for (size_t i = 0; i < mempool->n; i++)
        spans[i] = span_of(&mempool->bundles[i]);
    qr_cometbft_propose(validators[proposer].comet, now, spans, mempool->n, room, now, &candidate);
    uint64_t used = 0;
    for (size_t i = 0; i < candidate.n; i++)
        used += candidate.bundles[i].size;
    unit_holds(used <= room);
    unit_holds(accepted_by_all(candidate.bundles, candidate.n));
    decide(candidate.bundles, candidate.n, results);
    for (size_t i = 0; i < candidate.n; i++)
        unit_holds(results[i].code == QR_OK);
}

struct client {
    size_t node;
    uint64_t token;
};

START_TEST(one_order_makes_one_ledger_and_everybody_is_answered_once)
{
    struct unit_random random = unit_random_start();
    struct mempool mempool = {.n = 0};
    struct client clients[SUBMISSIONS_MAX];
    size_t n_clients = 0, n_transactions = 0;
    for (unsigned round = 0; round < 40 || mempool.n > 0; round++) {
        now += 1 + (int64_t)unit_random_below(&random, 3000);
        for (size_t i = unit_random_below(&random, 8); round < 40 && i > 0; i--, n_transactions++) {
            QR_CLEANUP(qr_buffer_done)
            struct qr_buffer one = unit_random_below(&random, 2) ? order_at(++sequence_of_orders) : appointment(n_appointed++);
            for (uint64_t copies = 1 + !unit_random_below(&random, 4); copies > 0; copies--) { /* some ask two nodes */
                struct client *client = &clients[n_clients++];
                client->node = unit_random_below(&random, NODES);
                client->token = submit(client->node, &one);
            }
        }
        fill(&mempool);
        shuffle(&mempool, &random);
        make_block(&mempool, round % NODES, 200 + unit_random_below(&random, 3000));
        recheck(&mempool, (round + 1) % NODES);
    }
    for (size_t i = 0; i < n_clients; i++) {
        const struct told *told = &validators[clients[i].node].told[clients[i].token];
        unit_holds(told->times == 1 && told->code == QR_OK && told->height > 0 && !told->replayed);
    }
    for (size_t i = 0; i < NODES; i++) {
        QR_CLEANUP(qr_store_closep) struct qr_store *store = NULL;
        struct qr_audit audit;
        struct qr_error error = {0};
        unit_holds(qr_cometbft_pending(validators[i].comet) == 0);
        unit_ok(qr_store_open_read(validators[i].stage.path, &store, &error), error);
        unit_ok(qr_audit_store(store, NULL, NULL, &audit, &error), error);
        unit_holds(audit.transactions == n_transactions && qr_hash_equal(&audit.app_hash, &head_of(0)->app_hash));
    }
}
END_TEST

START_TEST(sequence_numbers_find_their_turn)
{
    struct qr_buffer orders[5];
    struct qr_span spans[5];
    QR_CLEANUP(qr_candidate_done) struct qr_candidate whole, none;
    now += 1000;
    for (size_t i = 0; i < 5; i++) {
        orders[i] = order_at(5 - i);
        spans[i] = span_of(&orders[i]);
    }
    qr_cometbft_propose(validators[0].comet, now, spans, 5, 1 << 20, now, &whole);
    ck_assert_uint_eq(whole.n, 5);
    for (size_t i = 0; i < 5; i++)
        ck_assert(same_bytes(&whole.bundles[i], &orders[4 - i]));
    qr_cometbft_propose(validators[0].comet, now, spans, 4, 1 << 20, now, &none); /* the first is missing */
    ck_assert_uint_eq(none.n, 0);
    QR_CLEANUP(qr_buffer_done)
    struct qr_buffer mixed = bundle_of((const struct qr_buffer *[]){&orders[3], &orders[4], &orders[0]}, 3); /* 2, 1, 5 */
    QR_CLEANUP(qr_buffer_done)
    struct qr_buffer rest = bundle_of((const struct qr_buffer *[]){&orders[1], &orders[2]}, 2); /* 4, 3 */
    struct qr_span bundles[] = {span_of(&mixed), span_of(&rest)};
    QR_CLEANUP(qr_candidate_done) struct qr_candidate walks;
    qr_cometbft_propose(validators[0].comet, now, bundles, 2, 1 << 20, now, &walks);
    ck_assert(accepted_by_all(walks.bundles, walks.n));
    ck_assert_uint_eq(walks.bytes.size, mixed.size + rest.size); /* all of them, in as many bundles as it takes */
    for (size_t i = 0; i < 5; i++)
        qr_buffer_done(&orders[i]);
}
END_TEST

/* No honest proposer includes it, and every node rejects a proposal that does, alone or behind a good transaction. */
static void offends(const struct qr_buffer *bytes)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer good = appointment(200);
    struct qr_span spans[] = {span_of(&good), span_of(bytes)};
    QR_CLEANUP(qr_candidate_done) struct qr_candidate candidate;
    ck_assert(accepted_by_all(spans, 1));
    ck_assert(!accepted_by_all(spans, 2));
    ck_assert(!accepted_by_all(&spans[1], 1));
    qr_cometbft_propose(validators[0].comet, now, spans, 2, 1 << 20, now, &candidate);
    ck_assert(candidate.n == 1 && same_bytes(&candidate.bundles[0], &good));
}

START_TEST(a_proposal_with_an_offence_is_rejected)
{
    now += 1000;
    struct qr_buffer forged = appointment(1), early = order_at(2), wrong = batch_of(3, false), rubbish = {0}, tick = {0},
                     stranger = {0}, empty = {0};
    forged.data[forged.size - 1] ^= 1;
    qr_buffer_text(&rubbish, "rubbish");
    qr_buffer_text(&tick, "quorate tick 5");
    struct qr_key *unknown = qr_key_from_seed(QR_KEY_MEMBER, "nobody", (uint8_t[32]){77});
    stranger = sign(unknown, QR_ACTION_APPOINT, 100, &rubbish);
    const struct qr_buffer *all[] = {&forged, &early, &wrong, &rubbish, &tick, &stranger, &empty};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        offends(all[i]);

    struct qr_buffer good = appointment(2);
    struct qr_span twice[] = {span_of(&good), span_of(&good)};
    struct qr_error results[1];
    ck_assert(!accepted_by_all(twice, 2));
    decide(twice, 1, results);
    now += 1000;
    offends(&good);
    qr_buffer_done(&good);
    qr_key_free(unknown);
    qr_buffer_done(&forged), qr_buffer_done(&early), qr_buffer_done(&wrong), qr_buffer_done(&rubbish), qr_buffer_done(&tick);
    qr_buffer_done(&stranger);
}
END_TEST

START_TEST(what_a_rule_refuses_is_no_part_of_the_block_and_its_sender_is_told)
{
    struct qr_error results[2];
    now += 1000;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer refused = refused_by_a_rule(), good = appointment(3);
    struct qr_span spans[] = {span_of(&refused), span_of(&good)};
    uint64_t token = submit(1, &refused), other = submit(2, &good);
    for (size_t i = 0; i < NODES; i++)
        qr_cometbft_settle(validators[i].comet, now);
    ck_assert(accepted_by_all(spans, 2));
    decide(spans, 2, results);
    ck_assert_int_eq(results[0].code, QR_ENOT_FOUND);
    ck_assert_int_eq(results[1].code, QR_OK);
    ck_assert_int_eq(validators[1].told[token].code, QR_ENOT_FOUND);
    ck_assert_uint_eq(validators[2].told[other].height, 1);
    struct qr_block block = {.n = 0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_error error = {0};
    unit_ok(qr_store_block(validators[0].stage.store, 1, &bytes, &error), error);
    unit_ok(qr_block_read(bytes.data, bytes.size, &block, &error), error);
    ck_assert_uint_eq(block.n, 1);
    qr_block_done(&block);
}
END_TEST

START_TEST(a_block_that_was_not_committed_is_executed_again_to_the_same_hash)
{
    struct qr_error results[2], error = {0};
    struct qr_hash first, again;
    now += 1000;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer good = appointment(4), batch = batch_of(5, true);
    struct qr_span spans[] = {span_of(&good), span_of(&batch)};
    finalize(0, spans, 2, results, &first);
    qr_cometbft_abandon(validators[0].comet); /* CometBFT went away */
    ck_assert_uint_eq(head_of(0)->height, 0);
    finalize(0, spans, 2, results, &again);
    ck_assert(qr_hash_equal(&first, &again));
    finalize(0, spans, 2, results, &again); /* and asks once more */
    ck_assert(qr_hash_equal(&first, &again));
    unit_ok(qr_cometbft_commit(validators[0].comet, now, &error), error);
    ck_assert(qr_hash_equal(&head_of(0)->app_hash, &first));
    unit_fails(qr_cometbft_commit(validators[0].comet, now, &error), QR_ESEQUENCE, error);
    const struct qr_header *header;
    unit_fails(qr_cometbft_finalize(validators[0].comet, 1, now + 1, spans, 0, results, &header, &error), QR_ESEQUENCE, error);
    unit_fails(qr_cometbft_finalize(validators[0].comet, 3, now + 1, spans, 0, results, &header, &error), QR_ESEQUENCE, error);
}
END_TEST

START_TEST(after_a_pause_the_first_block_is_empty_so_that_time_is_fresh)
{
    struct qr_error results[1];
    QR_CLEANUP(qr_candidate_done) struct qr_candidate none, one;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer good = appointment(5);
    struct qr_span span = span_of(&good);
    now += 1000;
    decide(NULL, 0, results);
    int64_t old = now + 1;
    now += 60000;
    qr_cometbft_propose(validators[0].comet, old, &span, 1, 1 << 20, now, &none);
    ck_assert_uint_eq(none.n, 0);
    struct qr_hash hash, before = head_of(0)->app_hash;
    finalize(0, NULL, 0, results, &hash);
    ck_assert(qr_hash_equal(&hash, &before)); /* an empty block changes nothing, so that CometBFT makes no further one for it */
    struct qr_error error = {0};
    unit_ok(qr_cometbft_commit(validators[0].comet, now, &error), error);
    qr_cometbft_propose(validators[0].comet, old + 100, &span, 1, 1 << 20, now, &one);
    ck_assert_uint_eq(one.n, 1);
}
END_TEST

static size_t take(struct qr_cometbft *comet, int64_t at)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bundle = {0};
    return qr_cometbft_take(comet, at, &bundle);
}

START_TEST(what_does_not_come_into_a_block_is_sent_again_and_given_up_in_the_end)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer good = appointment(6), forged = appointment(7);
    struct qr_cometbft *comet = validators[0].comet;
    forged.data[forged.size - 1] ^= 1;
    uint64_t token = submit(0, &good), bad = submit(0, &forged);
    qr_cometbft_settle(comet, now);
    ck_assert_int_eq(validators[0].told[bad].code, QR_EBAD_SIGNATURE);
    ck_assert_uint_eq(take(comet, now), 1);
    ck_assert_uint_eq(take(comet, now + 1), 0);
    qr_cometbft_retake(comet, now + 1); /* what was sent later did not arrive */
    ck_assert_uint_eq(take(comet, now + 2), 0);
    qr_cometbft_retake(comet, now); /* nor did this */
    ck_assert_uint_eq(take(comet, now + 2), 1);
    ck_assert_uint_eq(take(comet, now + 2 + QR_COMETBFT_RESEND_MS), 1);
    qr_cometbft_settle(comet, now + QR_COMETBFT_PENDING_MS);
    ck_assert_int_eq(validators[0].told[token].code, QR_ETIMEOUT);
    ck_assert_uint_eq(validators[0].told[token].times, 1);
    ck_assert_uint_eq(qr_cometbft_pending(comet), 0);
}
END_TEST

START_TEST(what_stands_already_is_answered_with_its_block)
{
    struct qr_error results[1];
    QR_CLEANUP(qr_buffer_done) struct qr_buffer good = appointment(8), order = order_at(1);
    struct qr_span spans[] = {span_of(&good), span_of(&order)};
    now += 1000;
    decide(&spans[0], 1, results);
    now += 1000;
    decide(&spans[1], 1, results);
    uint64_t first = submit(2, &good), second = submit(2, &order);
    qr_cometbft_settle(validators[2].comet, now);
    ck_assert_uint_eq(validators[2].told[first].height, 1);
    ck_assert_uint_eq(validators[2].told[second].height, 2);
    ck_assert(validators[2].told[first].replayed && validators[2].told[second].replayed);
    struct qr_error error = {0};
    unit_fails(qr_cometbft_check(validators[2].comet, &spans[0], false, now, &error), QR_EDUPLICATE, error);
    char tick[QR_TICK_MAX];
    size_t size;
    ck_assert(!qr_cometbft_tick(validators[2].comet, now, tick, &size)); /* nothing is due */
    struct qr_span false_tick = {.bytes = "quorate tick 1", .size = 14};
    unit_fails(qr_cometbft_check(validators[2].comet, &false_tick, false, now, &error), QR_ENOT_DUE, error);
}
END_TEST

/* A proposal of another model, published in the block before. */
static void open_review(void)
{
    QR_CLEANUP(qr_freep) char *features = stage_data("features.json"), *file = stage_data("second.json");
    QR_CLEANUP(qr_buffer_done) struct qr_buffer published = {0}, proposed = {0};
    struct qr_schema schema = {0};
    struct qr_import second = {0};
    struct qr_error error = {0}, results[2];
    unit_ok(qr_schema_load(features, &schema, &error), error);
    unit_ok(qr_import_file(file, &schema, &second, &error), error);
    struct qr_span bytes = qr_model_bytes(second.model);
    struct qr_publish publish = {
        .object = QR_OBJECT_MODEL, .hash = *qr_model_hash(second.model), .size = bytes.size, .bytes = bytes};
    struct qr_propose propose = {.track = "upgrade",
                                 .title = "Second",
                                 .model = *qr_model_hash(second.model),
                                 .baseline = *qr_baseline_hash(stage_baseline)};
    qr_publish_encode(&publish, &published);
    qr_propose_encode(&propose, &proposed);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer first = sign(stage_member, QR_ACTION_PUBLISH, 50, &published);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer then = sign(stage_member, QR_ACTION_PROPOSE, 50, &proposed);
    struct qr_span spans[] = {span_of(&first), span_of(&then)};
    now += 1000;
    decide(spans, 2, results);
    ck_assert_msg(results[0].code == 0 && results[1].code == 0, "%s %s", results[0].text, results[1].text);
    qr_model_free(second.model);
    qr_schema_done(&schema);
}

START_TEST(a_deadline_that_passed_asks_for_a_block_until_one_is_past_it)
{
    struct qr_cometbft *comet = validators[0].comet;
    const struct qr_app *app = qr_node_app(validators[0].stage.node);
    char tick[QR_TICK_MAX];
    struct qr_error error = {0};
    struct qr_span span = {.bytes = tick};
    open_review();
    int64_t deadline = app->deadline(app->context);
    ck_assert_int_gt(deadline, now);
    ck_assert(!qr_cometbft_tick(comet, deadline - 1, tick, &span.size));
    ck_assert(qr_cometbft_tick(comet, deadline, tick, &span.size));
    ck_assert_int_eq(qr_cometbft_check(validators[1].comet, &span, false, deadline, &error), 0);
    unit_fails(qr_cometbft_check(validators[1].comet, &span, false, deadline - 1, &error), QR_ENOT_DUE, error);
    now = deadline;
    QR_CLEANUP(qr_candidate_done) struct qr_candidate candidate;
    qr_cometbft_propose(comet, now, &span, 1, 1 << 20, now, &candidate); /* it asks for a block and is in none */
    ck_assert_uint_eq(candidate.n, 0);
    ck_assert(!accepted_by_all(&span, 1));
    decide(NULL, 0, NULL);
    ck_assert_int_gt(app->deadline(app->context), deadline);
    unit_fails(qr_cometbft_check(validators[1].comet, &span, true, now, &error), QR_ENOT_DUE, error);
}
END_TEST

/* ---- What one node has at hand ---- */

/* A batch that does not recompute: one value is outside of its feature's range, or the root is wrong and so is the height. */
static struct qr_buffer wrong_batch(bool range)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer honest = {0}, payload = {0};
    QR_CLEANUP(qr_batch_done) struct qr_batch batch = {.n = 0};
    struct qr_error error = {0};
    stage_batch(&validators[0].stage, 2, &honest);
    unit_ok(qr_batch_decode(honest.data, honest.size, &batch, &error), error);
    if (range) {
        batch.rows[0] = INT32_MAX - 1;
    } else {
        batch.root.bytes[0] ^= 1;
        batch.as_of = head_of(0)->height + 7;
    }
    qr_batch_encode(&batch, &payload);
    return sign(stage_pricing, QR_ACTION_BATCH, batch.sequence, &payload);
}

/* A started node has the mandates at hand that it met since, which this one then has not. */
static void restart(struct validator *validator)
{
    qr_cometbft_free(validator->comet);
    stage_stop(&validator->stage);
    stage_start(&validator->stage);
    struct qr_cometbft_setup comet = {.app = qr_node_app(validator->stage.node),
                                      .chain = validator->stage.chain,
                                      .answer = answered,
                                      .context = validator};
    validator->comet = qr_cometbft_new(&comet);
}

START_TEST(no_answer_depends_on_which_mandates_a_node_has_at_hand)
{
    struct qr_error error = {0};
    now += 1000;
    restart(&validators[1]);
    for (int i = 0; i < 2; i++) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = wrong_batch(i == 0);
        struct qr_span span = span_of(&bytes);
        (void)accepted_by_all(&span, 1); /* all of them alike */
        unit_fails(qr_cometbft_check(validators[0].comet, &span, false, now, &error), QR_EMISMATCH, error);
    }
    QR_CLEANUP(qr_buffer_done) struct qr_buffer outside = wrong_batch(true);
    struct qr_span span = span_of(&outside);
    ck_assert(!accepted_by_all(&span, 1));
}
END_TEST

START_TEST(a_copy_with_a_forged_signature_answers_nobody_else)
{
    struct qr_error error = {0}, results[1];
    now += 1000;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer good = appointment(1), forged = appointment(1);
    forged.data[forged.size - 1] ^= 1;
    struct qr_span good_span = span_of(&good), forged_span = span_of(&forged);
    uint64_t waits = submit(0, &good);
    qr_cometbft_settle(validators[0].comet, now);
    unit_fails(qr_cometbft_check(validators[0].comet, &forged_span, false, now, &error), QR_EBAD_SIGNATURE, error);
    ck_assert_uint_eq(validators[0].told[waits].times, 0);
    uint64_t liar = submit(0, &forged);
    qr_cometbft_settle(validators[0].comet, now);
    ck_assert_uint_eq(validators[0].told[liar].times, 1);
    ck_assert_int_eq(validators[0].told[liar].code, QR_EBAD_SIGNATURE);
    ck_assert_uint_eq(validators[0].told[waits].times, 0);
    decide(&good_span, 1, results);
    ck_assert_uint_eq(validators[0].told[waits].times, 1);
    ck_assert_uint_eq(validators[0].told[waits].height, head_of(0)->height);
}
END_TEST

static unsigned n_prepared;

static int count_prepare(void *context, const struct qr_transaction *transaction, struct qr_prepared **ret,
                         struct qr_error *error)
{
    n_prepared++;
    return qr_node_app(context)->prepare(context, transaction, ret, error);
}

START_TEST(the_mempool_makes_no_costly_check_for_a_key_that_is_nobodys)
{
    struct qr_error error = {0};
    struct qr_app app = *qr_node_app(validators[1].stage.node);
    app.prepare = count_prepare;
    struct qr_cometbft_setup counting = {.app = &app, .chain = validators[1].stage.chain, .answer = answered,
                                         .context = &validators[1]};
    struct qr_cometbft *comet = qr_cometbft_new(&counting);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_key *stranger = qr_key_from_seed(QR_KEY_PRICING, "stranger", (uint8_t[32]){77});
    stage_batch(&validators[0].stage, 2, &payload);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = sign(stranger, QR_ACTION_BATCH, 1, &payload);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer known = sign(stage_pricing, QR_ACTION_BATCH, 1, &payload);
    struct qr_span spans[] = {span_of(&bytes), span_of(&bytes)}, known_span = span_of(&known);
    n_prepared = 0;
    qr_cometbft_prepare_all(comet, spans, 2);
    unit_fails(qr_cometbft_check(comet, spans, false, now, &error), QR_EWRONG_KEY, error);
    ck_assert_uint_eq(n_prepared, 0);
    ck_assert_int_eq(qr_cometbft_check(comet, &known_span, false, now, &error), 0);
    ck_assert_uint_eq(n_prepared, 1);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer good = appointment(1);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer mixed = bundle_of((const struct qr_buffer *[]){&good, &bytes}, 2);
    struct qr_span mixed_span = span_of(&mixed);
    ck_assert_int_eq(qr_cometbft_check(comet, &mixed_span, false, now, &error), 0); /* cut out by who proposes */
    mixed.data[mixed.size - 1] ^= 1;
    unit_fails(qr_cometbft_check(comet, &mixed_span, false, now, &error), QR_EBAD_SIGNATURE, error);
    ck_assert_uint_eq(n_prepared, 2);
    ck_assert(!qr_cometbft_accepts(comet, now + 1000, spans, 1, &error)); /* of a block everything is checked */
    ck_assert_uint_eq(n_prepared, 3);
    qr_cometbft_free(comet);
    qr_key_free(stranger);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        one_order_makes_one_ledger_and_everybody_is_answered_once,
        sequence_numbers_find_their_turn,
        a_proposal_with_an_offence_is_rejected,
        what_a_rule_refuses_is_no_part_of_the_block_and_its_sender_is_told,
        a_block_that_was_not_committed_is_executed_again_to_the_same_hash,
        after_a_pause_the_first_block_is_empty_so_that_time_is_fresh,
        what_does_not_come_into_a_block_is_sent_again_and_given_up_in_the_end,
        what_stands_already_is_answered_with_its_block,
        a_deadline_that_passed_asks_for_a_block_until_one_is_past_it,
        no_answer_depends_on_which_mandates_a_node_has_at_hand,
        a_copy_with_a_forged_signature_answers_nobody_else,
        the_mempool_makes_no_costly_check_for_a_key_that_is_nobodys,
    };
    return validating_run("cometbft", tests, sizeof tests / sizeof tests[0]);
}
