#include "common/file.h"
#include "node/actions.h"
#include "node/explainers.h"
#include "node/impact.h"
#include "node/node.h"
#include "xai/import.h"

#include <check.h>

/* An upgrade by vote through the state machine as ledgerd runs it: signed transactions, blocks, the sample models. */

enum { MEMBERS = 3, START = 1000000 };

static const char *const names[MEMBERS] = {"Air_India", "Indigo", "Vistara"};
static struct qr_key *member_keys[MEMBERS], *agent;
static struct qr_schema schema;
static struct qr_model *first, *second, *personal;
static struct qr_baseline *baseline;
static struct qr_reference *reference;
static struct qr_rules rules = {.version = 1, .n = 1, .rule = {{QR_RULE_FLOOR, {50000}}}};
static struct qr_buffer rules_bytes, genesis_bytes;
static struct qr_node *node;
static uint64_t height, sequence;
static int64_t now;
static struct qr_hash last_id;
static uint64_t expiry; /* of members' transactions; 0: a hundred blocks ahead */

static char *source(const char *name)
{
    QR_CLEANUP(qr_freep) char *data = qr_path_join(getenv("QR_TOP_SRCDIR"), "data");
    return qr_path_join(data, name);
}

static struct qr_model *import(const struct qr_schema *of, const char *name)
{
    QR_CLEANUP(qr_freep) char *path = source(name);
    struct qr_import imported = {0};
    struct qr_error error = {0};
    ck_assert_msg(qr_import_file(path, of, &imported, &error) == 0, "%s", error.text);
    return imported.model;
}

static void load_samples(void)
{
    QR_CLEANUP(qr_freep)
    char *features = source("features.json"), *csv = source("baseline.csv"), *table = source("reference.csv");
    QR_CLEANUP(qr_rows_freep) struct qr_rows *rows = NULL;
    struct qr_schema nosy = {0};
    ck_assert_int_eq(qr_schema_load(features, &schema, NULL), 0);
    first = import(&schema, "first.json");
    second = import(&schema, "second.json");
    qr_schema_copy(&schema, &nosy);
    nosy.features[0].personal = true;
    personal = import(&nosy, "second.json");
    qr_schema_done(&nosy);
    ck_assert_int_eq(qr_baseline_load(&schema, csv, &baseline, NULL), 0);
    ck_assert_int_eq(qr_rows_open(&schema, table, &rows, NULL), 0);
    ck_assert_int_eq(qr_rows_amount_column(rows, "price", NULL), 0);
    ck_assert_int_eq(qr_reference_from_rows(&schema, rows, &reference, NULL), 0);
    qr_rules_encode(&rules, &rules_bytes);
}

static void add_span(struct qr_buffer *out, struct qr_span span)
{
    qr_buffer_add(out, span.bytes, span.size);
}

static void make_genesis(void)
{
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    struct qr_error error = {0};
    qr_genesis_defaults(&genesis);
    ck_assert(qr_copy_text(genesis.chain_id, sizeof genesis.chain_id, "upgrade-test"));
    genesis.time = START;
    for (int i = 0; i < MEMBERS; i++) {
        member_keys[i] = qr_key_from_seed(QR_KEY_MEMBER, names[i], (uint8_t[32]){(uint8_t)(i + 1)});
        qr_genesis_add_member(&genesis, names[i], qr_key_public(member_keys[i]), 1);
    }
    agent = qr_key_from_seed(QR_KEY_AGENT, "agent", (uint8_t[32]){99});
    qr_genesis_add_operator(&genesis, QR_KEY_AGENT, "agent", qr_key_public(agent), "Vistara");
    add_span(&genesis.model, qr_model_bytes(first));
    add_span(&genesis.baseline, qr_baseline_bytes(baseline));
    add_span(&genesis.rows, qr_reference_bytes(reference));
    qr_buffer_add(&genesis.rules, rules_bytes.data, rules_bytes.size);
    ck_assert_int_eq(qr_genesis_set(&genesis, "upgrade.voting_seconds", "10", NULL), 0);
    ck_assert_int_eq(qr_genesis_set(&genesis, "upgrade.timelock_seconds", "5", NULL), 0);
    ck_assert_msg(qr_genesis_write(&genesis, &genesis_bytes, &error) == 0, "%s", error.text);
}

static struct qr_node *start_node(void)
{
    struct qr_node *made = NULL;
    struct qr_error error = {0};
    struct qr_node_setup setup = {.genesis = {genesis_bytes.data, genesis_bytes.size}};
    ck_assert_msg(qr_node_new(&setup, &made, &error) == 0, "%s", error.text);
    qr_node_app(made)->commit(qr_node_app(made)->context);
    return made;
}

static void setup(void)
{
    qr_crypto_init();
    if (!first) {
        load_samples();
        make_genesis();
    }
    height = sequence = expiry = 0;
    now = START;
    node = start_node();
}

static void teardown(void)
{
    qr_node_free(node);
}

/* ---- blocks of at most one transaction ---- */

static struct qr_hash end_block(void)
{
    const struct qr_app *app = qr_node_app(node);
    struct qr_header header = {.height = height, .time = now};
    (void)app->end(app->context);
    struct qr_hash hash = app->seal(app->context, &header);
    app->commit(app->context);
    return hash;
}

static void begin_block(int64_t time)
{
    const struct qr_app *app = qr_node_app(node);
    now = time > now ? time : now + 1;
    ck_assert_int_eq(app->begin(app->context, ++height, now, NULL), 0);
}

static void empty_block(int64_t time)
{
    begin_block(time);
    (void)end_block();
}

static int block_of(const struct qr_key *key, enum qr_action kind, const struct qr_buffer *payload)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    const struct qr_app *app = qr_node_app(node);
    struct qr_transaction transaction;
    bool member = qr_key_kind(key) == QR_KEY_MEMBER;
    begin_block(now + 1);
    qr_transaction_sign(key, "upgrade-test", kind, member ? (expiry ? expiry : height + 100) : sequence + 1,
                        payload->data, payload->size, &bytes, &last_id);
    ck_assert_int_eq(qr_transaction_read(bytes.data, bytes.size, &transaction, NULL), 0);
    struct qr_error error = {0};
    int rc = app->apply(app->context, &transaction, NULL, &error);
    sequence += rc == 0 && !member;
    (void)end_block();
    if (rc < 0)
        ck_assert_uint_gt(strlen(error.text), 0);
    return rc;
}

/* ---- what members and agents do ---- */

static int publish(const struct qr_key *key, struct qr_span bytes)
{
    int rc = 0;
    for (size_t at = 0; rc == 0 && at < bytes.size; at += QR_CHUNK_SIZE) {
        QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
        size_t left = bytes.size - at;
        struct qr_publish chunk = {
            .object = QR_OBJECT_MODEL,
            .hash = qr_sha256(bytes.bytes, bytes.size),
            .size = bytes.size,
            .index = at / QR_CHUNK_SIZE,
            .bytes = {(const uint8_t *)bytes.bytes + at, left < QR_CHUNK_SIZE ? left : QR_CHUNK_SIZE},
        };
        qr_publish_encode(&chunk, &payload);
        rc = block_of(key, QR_ACTION_PUBLISH, &payload);
    }
    return rc;
}

static int propose(int member, const struct qr_model *model, struct qr_hash *ret_id)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_propose propose = {.track = "upgrade",
                                 .title = "Second model",
                                 .model = *qr_model_hash(model),
                                 .baseline = *qr_baseline_hash(baseline)};
    qr_propose_encode(&propose, &payload);
    int rc = block_of(member_keys[member], QR_ACTION_PROPOSE, &payload);
    *ret_id = last_id;
    return rc;
}

static struct qr_hash report_hash(void)
{
    QR_CLEANUP(qr_report_freep) struct qr_report *report = NULL;
    const struct qr_span parts[QR_IMPACT_PARTS] = {
        qr_model_bytes(first),       qr_baseline_bytes(baseline),          qr_model_bytes(second),
        qr_baseline_bytes(baseline), {rules_bytes.data, rules_bytes.size}, qr_reference_bytes(reference)};
    ck_assert_int_eq(qr_impact_report(parts, &report, NULL), 0);
    return qr_report_hash(report);
}

static int report(const struct qr_key *key, const struct qr_hash *id)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    qr_reported_encode(&(struct qr_reported){*id, report_hash()}, &payload);
    return block_of(key, QR_ACTION_REPORT, &payload);
}

static int cast(const struct qr_key *key, const struct qr_hash *id, enum qr_choice choice)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    qr_cast_encode(&(struct qr_cast){*id, choice, report_hash(), "because"}, &payload);
    return block_of(key, QR_ACTION_BALLOT, &payload);
}

static int execute(const struct qr_key *key, const struct qr_hash *id)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    qr_execute_encode(&(struct qr_execute){*id}, &payload);
    return block_of(key, QR_ACTION_EXECUTE, &payload);
}

static struct qr_proposal proposal_of(const struct qr_hash *id)
{
    struct qr_proposal proposal;
    ck_assert_int_eq(qr_proposal_get(qr_node_state(node), id, &proposal, NULL), 0);
    return proposal;
}

static struct qr_mandate active(void)
{
    struct qr_mandate mandate;
    ck_assert_int_eq(qr_mandate_active(qr_node_state(node), &mandate, NULL), 0);
    return mandate;
}

static void pass(const struct qr_hash *id)
{
    ck_assert_int_eq(report(agent, id), 0);
    for (int i = 0; i < MEMBERS; i++)
        ck_assert_int_eq(cast(member_keys[i], id, QR_CHOICE_YES), 0);
}

/* ---- promises ---- */

START_TEST(a_vote_replaces_the_model)
{
    struct qr_hash id;
    struct qr_mandate before = active();
    ck_assert_int_eq(publish(member_keys[0], qr_model_bytes(second)), 0);
    ck_assert_int_eq(propose(0, second, &id), 0);
    pass(&id);
    empty_block(proposal_of(&id).closes_at);
    ck_assert_int_eq(proposal_of(&id).state, QR_PROPOSAL_QUEUED);
    struct qr_explainer_draft *draft = qr_node_upgrade_begin(node);
    ck_assert_ptr_nonnull(draft);
    qr_explainers_build(draft);
    qr_node_upgrade_keep(node, draft);
    ck_assert_ptr_null(qr_node_upgrade_begin(node)); /* it is ready */
    ck_assert(qr_node_facts(node)->governance); /* a due transition is news although no transaction was there */
    ck_assert_int_eq(execute(agent, &id), QR_ENOT_DUE);
    empty_block(proposal_of(&id).executable_at);
    ck_assert_int_eq(execute(agent, &id), 0);
    ck_assert(qr_node_facts(node)->activation);
    struct qr_mandate after = active();
    ck_assert(qr_hash_equal(&after.activation.model, qr_model_hash(second)));
    ck_assert(qr_hash_equal(&after.activation.baseline, &before.activation.baseline));
    ck_assert(qr_hash_equal(&after.activation.rules, &before.activation.rules));
    ck_assert(qr_hash_equal(&after.activation.proposal, &id));
    ck_assert_uint_eq(after.activation.height, height);
    ck_assert_int_eq(qr_mandate_get(qr_node_state(node), &before.id, &before, NULL), 0);
    ck_assert_uint_eq(before.ended, height);
    ck_assert_int_eq(execute(agent, &id), QR_EREFUSED);
}
END_TEST

START_TEST(only_what_is_published_and_fit_is_admitted)
{
    struct qr_hash id;
    ck_assert_int_eq(propose(0, second, &id), QR_ENOT_FOUND);
    ck_assert_int_eq(propose(0, first, &id), QR_EREFUSED);
    int rc = publish(member_keys[0], qr_model_bytes(personal));
    if (rc == 0) /* a ledger may hold a model that may not be activated */
        rc = propose(0, personal, &id);
    ck_assert_int_eq(rc, QR_ENOT_ADMITTED);
    ck_assert_uint_eq(qr_proposal_count(qr_node_state(node)), 0);
}
END_TEST

START_TEST(keys_do_only_what_their_kind_says)
{
    struct qr_hash id;
    struct qr_key *stranger = qr_key_from_seed(QR_KEY_MEMBER, "Eve", (uint8_t[32]){77});
    ck_assert_int_eq(publish(member_keys[0], qr_model_bytes(second)), 0);
    ck_assert_int_eq(propose(0, second, &id), 0);
    ck_assert_int_eq(report(member_keys[0], &id), QR_EWRONG_KEY);
    ck_assert_int_eq(cast(member_keys[0], &id, QR_CHOICE_YES), QR_EVOTING_CLOSED);
    ck_assert_int_eq(report(agent, &id), 0);
    ck_assert_int_eq(cast(agent, &id, QR_CHOICE_YES), QR_EWRONG_KEY);
    ck_assert_int_lt(cast(stranger, &id, QR_CHOICE_YES), 0);
    ck_assert_int_eq(proposal_of(&id).tally.weight[QR_CHOICE_YES], 0);
    qr_key_free(stranger);
}
END_TEST

START_TEST(of_two_that_passed_one_is_executed)
{
    struct qr_hash one, two;
    ck_assert_int_eq(publish(member_keys[0], qr_model_bytes(second)), 0);
    ck_assert_int_eq(propose(0, second, &one), 0);
    ck_assert_int_eq(propose(1, second, &two), 0);
    pass(&one);
    pass(&two);
    empty_block(proposal_of(&two).closes_at);
    empty_block(proposal_of(&two).executable_at);
    ck_assert_int_eq(execute(agent, &two), 0);
    struct qr_mandate mandate = active();
    ck_assert_int_eq(execute(agent, &one), 0);
    ck_assert_int_eq(proposal_of(&two).state, QR_PROPOSAL_EXECUTED);
    ck_assert_int_eq(proposal_of(&one).state, QR_PROPOSAL_FAILED);
    struct qr_mandate still = active();
    ck_assert(qr_hash_equal(&mandate.id, &still.id));
}
END_TEST

START_TEST(going_back_is_another_vote)
{
    struct qr_hash id, back;
    ck_assert_int_eq(publish(member_keys[0], qr_model_bytes(second)), 0);
    ck_assert_int_eq(propose(0, second, &id), 0);
    pass(&id);
    empty_block(proposal_of(&id).closes_at);
    empty_block(proposal_of(&id).executable_at);
    ck_assert_int_eq(execute(agent, &id), 0);
    ck_assert_int_eq(propose(2, first, &back), 0);
    ck_assert_int_eq(report(agent, &back), 0);
    ck_assert_int_eq(cast(member_keys[2], &back, QR_CHOICE_VETO), 0);
    empty_block(proposal_of(&back).closes_at);
    ck_assert_int_eq(proposal_of(&back).state, QR_PROPOSAL_DEFEATED);
}
END_TEST

/* With one expiry, the words of the three ballots are the same; so are those of a copied proposal. */
START_TEST(equal_words_of_two_members_count_twice)
{
    struct qr_hash mine, copied;
    ck_assert_int_eq(publish(member_keys[0], qr_model_bytes(second)), 0);
    expiry = 90;
    ck_assert_int_eq(propose(0, second, &mine), 0);
    ck_assert_int_eq(propose(1, second, &copied), 0);
    ck_assert(!qr_hash_equal(&mine, &copied));
    ck_assert_str_eq(proposal_of(&copied).proposer, names[1]);
    ck_assert_int_eq(report(agent, &mine), 0);
    for (int i = 0; i < MEMBERS; i++)
        ck_assert_int_eq(cast(member_keys[i], &mine, QR_CHOICE_YES), 0);
    ck_assert_int_eq(proposal_of(&mine).tally.weight[QR_CHOICE_YES], MEMBERS);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("node/upgrade");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, 120);
    tcase_add_test(all, a_vote_replaces_the_model);
    tcase_add_test(all, only_what_is_published_and_fit_is_admitted);
    tcase_add_test(all, keys_do_only_what_their_kind_says);
    tcase_add_test(all, of_two_that_passed_one_is_executed);
    tcase_add_test(all, going_back_is_another_vote);
    tcase_add_test(all, equal_words_of_two_members_count_twice);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
