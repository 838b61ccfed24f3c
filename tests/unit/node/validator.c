#include "tests/unit/node/validators.h"

#include "node/operator.h"
#include "node/validator.h"

/* Members of a ledger that several organisations run vote its validators in and out, on the state machine alone. */

enum { NAMES = 6, MOST = 64 };

static struct qr_buffer genesis_bytes;
static struct qr_node *node;
static uint64_t height, sequence;
static int64_t now;
static struct qr_hash last_id;
static struct qr_error last_error;

static void make_genesis(void)
{
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    fill_genesis(&genesis);
    add_validators(&genesis);
    ck_assert_int_eq(qr_genesis_set(&genesis, "validators.voting_seconds", "10", NULL), 0);
    ck_assert_int_eq(qr_genesis_set(&genesis, "validators.timelock_seconds", "5", NULL), 0);
    unit_ok(qr_genesis_write(&genesis, &genesis_bytes, &last_error), last_error);
}

static struct qr_node *open_node(const struct qr_buffer *bytes)
{
    struct qr_node *made = NULL;
    struct qr_node_setup from = {.genesis = {bytes->data, bytes->size}};
    unit_ok(qr_node_new(&from, &made, &last_error), last_error);
    qr_node_app(made)->commit(qr_node_app(made)->context);
    return made;
}

static void setup(void)
{
    if (genesis_bytes.size == 0)
        make_genesis();
    height = sequence = 0;
    now = STAGE_START;
    node = open_node(&genesis_bytes);
}

static void teardown(void) { qr_node_free(node); }

/* ---- blocks ---- */

static void begin_block(int64_t time)
{
    const struct qr_app *app = qr_node_app(node);
    now = time > now ? time : now + 1;
    unit_ok(app->begin(app->context, ++height, now, &last_error), last_error);
}

static void end_block(void)
{
    const struct qr_app *app = qr_node_app(node);
    struct qr_header header = {.height = height, .time = now};
    (void)app->end(app->context);
    (void)app->seal(app->context, &header);
    app->commit(app->context);
}

static void empty_block(int64_t time)
{
    begin_block(time);
    end_block();
}

/* In the block at hand. */
static int apply(const struct qr_key *key, enum qr_action kind, const struct qr_buffer *payload)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    const struct qr_app *app = qr_node_app(node);
    struct qr_transaction transaction;
    bool member = qr_key_kind(key) == QR_KEY_MEMBER;
    qr_transaction_sign(key, CHAIN, kind, member ? height + 100 : sequence + 1, payload->data, payload->size, &bytes,
                        &last_id);
    ck_assert_int_eq(qr_transaction_read(bytes.data, bytes.size, &transaction, NULL), 0);
    last_error = (struct qr_error){.code = QR_OK};
    int code = app->apply(app->context, &transaction, NULL, &last_error);
    sequence += code == 0 && !member;
    return code;
}

static int block_of(const struct qr_key *key, enum qr_action kind, const struct qr_buffer *payload)
{
    begin_block(now + 1);
    int code = apply(key, kind, payload);
    end_block();
    return code;
}

/* ---- what members do ---- */

static struct qr_validator_proposed adding(const char *name, uint8_t key, int64_t power, const char *member)
{
    struct qr_validator_proposed proposed = {
        .act = QR_VALIDATOR_ADD, .key = key_of(1, key), .power = power, .node_key = key_of(2, key)};
    ck_assert(qr_copy_text(proposed.name, sizeof proposed.name, name));
    ck_assert(qr_copy_text(proposed.member, sizeof proposed.member, member));
    return proposed;
}

static struct qr_validator_proposed removing(const char *name, uint8_t key, const char *member)
{
    struct qr_validator_proposed proposed = adding(name, key, 0, member);
    proposed.act = QR_VALIDATOR_REMOVE;
    proposed.node_key = (struct qr_public_key){{0}};
    return proposed;
}

static int propose(int member, const struct qr_validator_proposed *proposed, struct qr_hash *ret_id)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_propose_validator propose = {.track = "validators", .title = "A change", .validator = *proposed};
    qr_propose_validator_encode(&propose, &payload);
    int code = block_of(member_keys[member], QR_ACTION_PROPOSE_VALIDATOR, &payload);
    *ret_id = last_id;
    return code;
}

static void vote(const struct qr_hash *id, enum qr_choice choice)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    qr_cast_encode(&(struct qr_cast){.proposal = *id, .choice = choice, .reason = "because"}, &payload);
    for (int i = 0; i < MEMBERS; i++)
        ck_assert_int_eq(block_of(member_keys[i], QR_ACTION_BALLOT, &payload), 0);
}

static struct qr_proposal proposal_of(const struct qr_hash *id)
{
    struct qr_proposal proposal;
    unit_ok(qr_proposal_get(qr_node_state(node), id, &proposal, &last_error), last_error);
    return proposal;
}

static void execute_in_block(const struct qr_hash *id)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    qr_execute_encode(&(struct qr_execute){*id}, &payload);
    unit_ok(apply(agent, QR_ACTION_EXECUTE, &payload), last_error);
}

/* Past the vote and the timelock. */
static void await(const struct qr_hash *id)
{
    empty_block(proposal_of(id).closes_at);
    ck_assert_int_eq(proposal_of(id).state, QR_PROPOSAL_QUEUED);
    empty_block(proposal_of(id).executable_at);
}

static enum qr_proposal_state carry(const struct qr_validator_proposed *proposed)
{
    struct qr_hash id;
    unit_ok(propose(0, proposed, &id), last_error);
    vote(&id, QR_CHOICE_YES);
    await(&id);
    begin_block(now + 1);
    execute_in_block(&id);
    end_block();
    return proposal_of(&id).state;
}

static struct qr_operator_record signer_of(uint8_t key)
{
    struct qr_operator_record record;
    struct qr_public_key signer = key_of(2, key);
    unit_ok(qr_operator_get(qr_node_state(node), &signer, &record, &last_error), last_error);
    return record;
}

/* ---- votes ---- */

START_TEST(a_vote_adds_a_validator_and_its_node)
{
    size_t n;
    struct qr_hash id;
    struct qr_validator_record record;
    struct qr_validator_proposed delta = adding("delta", 7, 5, "Cyd");
    ck_assert_int_eq(propose(2, &delta, &id), 0);
    ck_assert_int_eq(proposal_of(&id).state, QR_PROPOSAL_VOTING); /* in the block that proposed it */
    ck_assert_uint_eq(proposal_of(&id).height, height);
    vote(&id, QR_CHOICE_YES);
    await(&id);
    ck_assert_uint_eq(qr_validator_count(qr_node_state(node)), GENESIS_VALIDATORS);
    begin_block(now + 1);
    execute_in_block(&id);
    end_block();
    ck_assert_int_eq(proposal_of(&id).state, QR_PROPOSAL_EXECUTED);
    unit_ok(qr_validator_get(qr_node_state(node), &delta.key, &record, &last_error), last_error);
    ck_assert_str_eq(record.validator.name, "delta");
    ck_assert_str_eq(record.validator.member, "Cyd");
    ck_assert_int_eq(record.validator.power, 5);
    ck_assert_uint_eq(record.height, height);
    ck_assert_int_eq(qr_validator_total_power(qr_node_state(node)), GENESIS_VALIDATORS * POWER + 5);
    ck_assert_str_eq(signer_of(7).operator.name, "delta");
    ck_assert_str_eq(signer_of(7).operator.member, "Cyd");
    ck_assert_int_eq(signer_of(7).operator.kind, QR_KEY_NODE);
    const struct qr_validator_change *changes = qr_node_validator_changes(node, &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(changes[0].power, 5);
    ck_assert_mem_eq(&changes[0].key, &delta.key, sizeof delta.key);
    empty_block(now + 1);
    (void)qr_node_validator_changes(node, &n);
    ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(a_vote_removes_a_validator_and_its_node)
{
    size_t n;
    struct qr_validator_proposed gone = removing("b", 1, "Bob");
    ck_assert_uint_eq(signer_of(1).dismissed, UINT64_MAX);
    ck_assert_int_eq(carry(&gone), QR_PROPOSAL_EXECUTED);
    const struct qr_validator_change *changes = qr_node_validator_changes(node, &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_int_eq(changes[0].power, 0);
    ck_assert_mem_eq(&changes[0].key, &gone.key, sizeof gone.key);
    ck_assert_uint_eq(signer_of(1).dismissed, height);
    ck_assert_uint_eq(signer_of(0).dismissed, UINT64_MAX);
    ck_assert_int_eq(qr_validator_total_power(qr_node_state(node)), POWER);
}
END_TEST

START_TEST(a_validator_whose_node_is_gone_already_can_be_removed)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_validator_proposed gone = removing("b", 1, "Bob");
    qr_dismiss_encode(&(struct qr_dismiss){key_of(2, 1)}, &payload);
    ck_assert_int_eq(block_of(member_keys[1], QR_ACTION_DISMISS, &payload), 0);
    uint64_t dismissed = height;
    ck_assert_int_eq(carry(&gone), QR_PROPOSAL_EXECUTED);
    ck_assert_uint_eq(signer_of(1).dismissed, dismissed);
}
END_TEST

/* Of the same name and member alone. */
START_TEST(a_node_that_followed_becomes_a_validators)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_hash id;
    struct qr_appoint appoint = {.kind = QR_KEY_NODE, .name = "delta", .key = key_of(2, 7)};
    struct qr_validator_proposed delta = adding("delta", 7, 5, "Cyd"), bobs = adding("delta", 7, 5, "Bob");
    struct qr_validator_proposed named_otherwise = adding("echo", 7, 5, "Cyd"), gone = removing("delta", 7, "Cyd");
    qr_appoint_encode(&appoint, &payload);
    ck_assert_int_eq(block_of(member_keys[2], QR_ACTION_APPOINT, &payload), 0);
    uint64_t appointed = height;
    ck_assert_int_eq(propose(0, &bobs, &id), QR_EDUPLICATE);
    ck_assert_int_eq(propose(0, &named_otherwise, &id), QR_EDUPLICATE);
    ck_assert_int_eq(carry(&delta), QR_PROPOSAL_EXECUTED);
    ck_assert_uint_eq(signer_of(7).appointed, appointed);
    ck_assert_int_eq(carry(&gone), QR_PROPOSAL_EXECUTED);
    ck_assert_uint_eq(signer_of(7).dismissed, height);
    ck_assert_int_eq(propose(0, &delta, &id), QR_EDUPLICATE); /* its key was in use */
}
END_TEST

START_TEST(a_vote_that_is_lost_changes_nothing)
{
    struct qr_hash id;
    struct qr_validator_proposed delta = adding("delta", 7, 5, "Cyd");
    ck_assert_int_eq(propose(0, &delta, &id), 0);
    vote(&id, QR_CHOICE_NO);
    empty_block(proposal_of(&id).closes_at);
    ck_assert_int_eq(proposal_of(&id).state, QR_PROPOSAL_DEFEATED);
    ck_assert_uint_eq(qr_validator_count(qr_node_state(node)), GENESIS_VALIDATORS);
}
END_TEST

/* ---- what is refused ---- */

START_TEST(what_could_not_be_carried_out_is_not_admitted)
{
    static const char *const nobody = "Eve";
    struct qr_validator_proposed same_keys = adding("delta", 7, 1, "Ada");
    same_keys.node_key = same_keys.key;
    struct qr_validator_proposed node_in_use = adding("delta", 7, 1, "Ada");
    node_in_use.node_key = key_of(2, 0);
    struct qr_validator_proposed consensus_in_use = adding("delta", 7, 1, "Ada");
    consensus_in_use.key = key_of(2, 0);
    struct qr_validator_proposed of_a_member = adding("delta", 7, 1, "Ada");
    of_a_member.key = *qr_key_public(member_keys[0]);
    struct qr_validator_proposed signs_as_validator = adding("delta", 7, 1, "Ada");
    signs_as_validator.node_key = key_of(1, 0);
    const struct {
        struct qr_validator_proposed proposed;
        int code;
    } rows[] = {
        {adding("delta", 0, 1, "Ada"), QR_EDUPLICATE},
        {adding("a", 7, 1, "Ada"), QR_EDUPLICATE},
        {adding("delta", 7, 1, nobody), QR_ENOT_A_MEMBER},
        {adding("delta", 7, 0, "Ada"), QR_ERANGE},
        {adding("delta", 7, QR_VALIDATOR_POWER_MAX + 1, "Ada"), QR_ERANGE},
        {adding("no name", 7, 1, "Ada"), QR_EINPUT},
        {same_keys, QR_EINPUT},
        {node_in_use, QR_EDUPLICATE},
        {consensus_in_use, QR_EDUPLICATE},
        {of_a_member, QR_EDUPLICATE},
        {signs_as_validator, QR_EDUPLICATE},
        {removing("delta", 7, "Ada"), QR_ENOT_FOUND},
        {removing("b", 0, "Ada"), QR_EMISMATCH},
        {removing("a", 0, "Bob"), QR_EMISMATCH},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct qr_hash id;
        ck_assert_msg(propose(0, &rows[i].proposed, &id) == rows[i].code, "row %zu: %s", i, last_error.text);
        ck_assert_uint_gt(strlen(last_error.text), 0);
    }
    ck_assert_uint_eq(qr_proposal_count(qr_node_state(node)), 0);
}
END_TEST

/* Also when its node, which has the name too, is dismissed. */
START_TEST(a_name_is_taken_as_long_as_its_validator_is_there)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_hash id;
    struct qr_validator_proposed b = adding("b", 7, 1, "Cyd"), gone = removing("b", 1, "Bob");
    qr_dismiss_encode(&(struct qr_dismiss){key_of(2, 1)}, &payload);
    ck_assert_int_eq(block_of(member_keys[1], QR_ACTION_DISMISS, &payload), 0);
    ck_assert_int_eq(propose(0, &b, &id), QR_EDUPLICATE);
    ck_assert_int_eq(carry(&gone), QR_PROPOSAL_EXECUTED);
    ck_assert_int_eq(carry(&b), QR_PROPOSAL_EXECUTED);
}
END_TEST

START_TEST(the_last_validator_stays)
{
    struct qr_hash id;
    struct qr_validator_proposed b = removing("b", 1, "Bob"), a = removing("a", 0, "Ada");
    ck_assert_int_eq(carry(&b), QR_PROPOSAL_EXECUTED);
    ck_assert_int_eq(propose(0, &a, &id), QR_EREFUSED);
    ck_assert_uint_eq(qr_validator_count(qr_node_state(node)), 1);
}
END_TEST

/* Whether `second` fails although it was admitted, when `first` is carried out in the same block before it. */
static void first_wins(const struct qr_validator_proposed *first, const struct qr_validator_proposed *second)
{
    struct qr_hash one, two;
    size_t n;
    unit_ok(propose(0, first, &one), last_error);
    unit_ok(propose(1, second, &two), last_error);
    vote(&one, QR_CHOICE_YES);
    vote(&two, QR_CHOICE_YES);
    empty_block(proposal_of(&two).closes_at);
    empty_block(proposal_of(&two).executable_at);
    begin_block(now + 1);
    execute_in_block(&one);
    int64_t power = qr_validator_total_power(qr_node_state(node));
    execute_in_block(&two);
    end_block();
    ck_assert_int_eq(proposal_of(&one).state, QR_PROPOSAL_EXECUTED);
    ck_assert_int_eq(proposal_of(&two).state, QR_PROPOSAL_FAILED);
    ck_assert_uint_gt(strlen(proposal_of(&two).reason), 0);
    ck_assert_int_eq(qr_validator_total_power(qr_node_state(node)), power);
    const struct qr_validator_change *changes = qr_node_validator_changes(node, &n);
    ck_assert_uint_eq(n, 1);
    ck_assert_mem_eq(&changes[0].key, &first->key, sizeof first->key);
}

START_TEST(what_became_impossible_fails_when_it_is_carried_out)
{
    struct qr_validator_proposed first, second;
    first = adding("delta", 7, 5, "Cyd");
    second = adding("delta", 8, 5, "Bob"); /* the name */
    first_wins(&first, &second);
    first = adding("echo", 9, 5, "Cyd");
    second = adding("foxtrot", 9, 5, "Bob"); /* the key */
    second.node_key = key_of(2, 10);
    first_wins(&first, &second);
    struct qr_operator_record signer; /* nothing of it is left */
    ck_assert_int_eq(qr_operator_get(qr_node_state(node), &second.node_key, &signer, NULL), QR_ENOT_FOUND);
    first = adding("golf", 11, 5, "Cyd");
    second = adding("hotel", 12, 5, "Bob"); /* the node's key */
    second.node_key = key_of(2, 11);
    first_wins(&first, &second);
    struct qr_validator_record none;
    ck_assert_int_eq(qr_validator_get(qr_node_state(node), &second.key, &none, NULL), QR_ENOT_FOUND);
    first = second = removing("delta", 7, "Cyd"); /* twice */
    first_wins(&first, &second);
}
END_TEST

START_TEST(of_two_that_would_leave_none_one_fails)
{
    struct qr_validator_proposed a = removing("a", 0, "Ada"), b = removing("b", 1, "Bob");
    first_wins(&a, &b);
    ck_assert_uint_eq(signer_of(1).dismissed, UINT64_MAX);
}
END_TEST

START_TEST(power_together_is_bounded)
{
    struct qr_hash id;
    struct qr_validator_proposed full = adding("full", 10, QR_VALIDATOR_POWER_MAX, "Ada");
    for (uint8_t i = 0; i < 3; i++) {
        char name[] = {'p', (char)('0' + i), 0};
        struct qr_validator_proposed most = adding(name, (uint8_t)(20 + i), QR_VALIDATOR_POWER_MAX, "Ada");
        ck_assert_int_eq(carry(&most), QR_PROPOSAL_EXECUTED);
    }
    ck_assert_int_eq(propose(0, &full, &id), QR_EREFUSED);
    full.power = QR_VALIDATORS_POWER_MAX - qr_validator_total_power(qr_node_state(node));
    ck_assert_int_eq(carry(&full), QR_PROPOSAL_EXECUTED);
    ck_assert_int_eq(qr_validator_total_power(qr_node_state(node)), QR_VALIDATORS_POWER_MAX);
    struct qr_validator_proposed one = adding("one", 11, 1, "Ada");
    ck_assert_int_eq(propose(0, &one, &id), QR_EREFUSED);
}
END_TEST

START_TEST(members_alone_propose_validators)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer payload = {0};
    struct qr_propose_validator propose = {.track = "validators", .title = "A change", .validator = adding("d", 7, 1, "Ada")};
    qr_propose_validator_encode(&propose, &payload);
    ck_assert_int_eq(block_of(agent, QR_ACTION_PROPOSE_VALIDATOR, &payload), QR_EWRONG_KEY);
}
END_TEST

START_TEST(a_ledger_of_one_has_no_validators_to_vote_on)
{
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
    struct qr_hash id;
    struct qr_validator_proposed delta = adding("delta", 7, 5, "Cyd");
    fill_genesis(&genesis);
    unit_ok(qr_genesis_write(&genesis, &bytes, &last_error), last_error);
    qr_node_free(node);
    node = open_node(&bytes);
    ck_assert_int_eq(propose(0, &delta, &id), QR_EREFUSED);
    ck_assert_ptr_nonnull(strstr(last_error.text, "solo"));
    ck_assert_uint_eq(qr_validator_count(qr_node_state(node)), 0);
}
END_TEST

/* ---- blocks that are undone, and the changes that engines are told ---- */

START_TEST(a_block_that_is_undone_changed_nothing)
{
    const struct qr_app *app = qr_node_app(node);
    size_t n;
    struct qr_hash id;
    struct qr_validator_proposed delta = adding("delta", 7, 5, "Cyd");
    ck_assert_int_eq(propose(0, &delta, &id), 0);
    vote(&id, QR_CHOICE_YES);
    await(&id);
    struct qr_hash before = qr_state_digest(qr_node_state(node));
    begin_block(now + 1);
    execute_in_block(&id);
    (void)app->end(app->context);
    (void)qr_node_validator_changes(node, &n);
    ck_assert_uint_eq(n, 1);
    app->abort(app->context);
    (void)qr_node_validator_changes(node, &n);
    ck_assert_uint_eq(n, 0);
    struct qr_hash after = qr_state_digest(qr_node_state(node));
    ck_assert(qr_hash_equal(&before, &after));
}
END_TEST

/* The validators as an engine has them: what it was told, added up. */
struct mirror {
    size_t n;
    struct qr_validator_change set[MOST];
};

static struct qr_validator_change *mirror_find(struct mirror *mirror, const struct qr_public_key *key)
{
    for (size_t i = 0; i < mirror->n; i++)
        if (memcmp(&mirror->set[i].key, key, sizeof *key) == 0)
            return &mirror->set[i];
    return NULL;
}

/* As CometBFT takes updates: it stops at a key twice, and at the removal of what is not there. */
static void mirror_update(struct mirror *mirror)
{
    size_t n;
    const struct qr_validator_change *changes = qr_node_validator_changes(node, &n);
    for (size_t i = 0; i < n; i++) {
        struct qr_validator_change *found = mirror_find(mirror, &changes[i].key);
        ck_assert(i == 0 || memcmp(&changes[i - 1].key, &changes[i].key, sizeof changes[i].key) < 0);
        ck_assert(found || changes[i].power > 0);
        if (found && changes[i].power == 0) {
            *found = mirror->set[--mirror->n];
        } else {
            ck_assert_uint_lt(mirror->n, MOST);
            *(found ? found : &mirror->set[mirror->n++]) = changes[i];
        }
    }
}

static void mirror_compare(struct mirror *mirror)
{
    struct qr_validator_record record;
    const struct qr_public_key *after = NULL;
    int64_t power = 0;
    size_t n = 0;
    for (struct qr_public_key last; qr_validator_next(qr_node_state(node), after, &record); after = &last, n++) {
        struct qr_validator_change *found = mirror_find(mirror, &record.validator.key);
        ck_assert(found && found->power == record.validator.power);
        power += record.validator.power;
        last = record.validator.key;
    }
    ck_assert_uint_ge(n, 1);
    ck_assert_uint_eq(n, mirror->n);
    ck_assert_uint_eq(n, qr_validator_count(qr_node_state(node)));
    ck_assert_int_eq(power, qr_validator_total_power(qr_node_state(node)));
}

/* A proposal about one of a few names: adds it with a key of its own, or removes the one that is there. Refusals are part of it. */
static bool propose_any(struct unit_random *random, uint8_t *fresh, struct qr_hash *ret_id)
{
    char name[] = {(char)('a' + unit_random_below(random, NAMES)), 0};
    struct qr_validator_record record;
    const struct qr_public_key *after = NULL;
    struct qr_validator_proposed proposed =
        adding(name, (*fresh)++, 1 + (int64_t)unit_random_below(random, 9), members[unit_random_below(random, MEMBERS)]);
    for (struct qr_public_key last; qr_validator_next(qr_node_state(node), after, &record); after = &last) {
        last = record.validator.key;
        if (strcmp(record.validator.name, name) != 0 || unit_random_below(random, 4) == 0)
            continue;
        proposed = removing(name, 0, record.validator.member);
        proposed.key = record.validator.key;
    }
    return propose((int)unit_random_below(random, MEMBERS), &proposed, ret_id) == 0;
}

/* Several changes fall into one block, some of which undo one another or fail. */
START_TEST(an_engine_that_adds_up_the_changes_has_the_set)
{
    enum { ROUNDS = 15, AT_ONCE = 5 };
    struct unit_random random = unit_random_start();
    struct mirror mirror = {.n = GENESIS_VALIDATORS, .set = {{key_of(1, 0), POWER}, {key_of(1, 1), POWER}}};
    uint8_t fresh = GENESIS_VALIDATORS;
    mirror_compare(&mirror);
    for (int round = 0; round < ROUNDS; round++) {
        struct qr_hash ids[AT_ONCE];
        size_t n = 0;
        for (int i = 0; i < AT_ONCE; i++)
            n += propose_any(&random, &fresh, &ids[n]);
        for (size_t i = 0; i < n; i++)
            vote(&ids[i], QR_CHOICE_YES);
        if (n == 0)
            continue;
        empty_block(proposal_of(&ids[n - 1]).closes_at);
        empty_block(proposal_of(&ids[n - 1]).executable_at);
        begin_block(now + 1);
        for (size_t i = 0; i < n; i++)
            execute_in_block(&ids[i]);
        end_block();
        mirror_update(&mirror);
        mirror_compare(&mirror);
    }
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_vote_adds_a_validator_and_its_node,
        a_vote_removes_a_validator_and_its_node,
        a_validator_whose_node_is_gone_already_can_be_removed,
        a_node_that_followed_becomes_a_validators,
        a_vote_that_is_lost_changes_nothing,
        what_could_not_be_carried_out_is_not_admitted,
        a_name_is_taken_as_long_as_its_validator_is_there,
        the_last_validator_stays,
        what_became_impossible_fails_when_it_is_carried_out,
        of_two_that_would_leave_none_one_fails,
        power_together_is_bounded,
        members_alone_propose_validators,
        a_ledger_of_one_has_no_validators_to_vote_on,
        a_block_that_is_undone_changed_nothing,
        an_engine_that_adds_up_the_changes_has_the_set,
    };
    load_genesis();
    Suite *suite = suite_create("node/validator");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, setup, teardown);
    tcase_set_timeout(all, UNIT_SECONDS_MAX);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(all, tests[i]);
    suite_add_tcase(suite, all);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
