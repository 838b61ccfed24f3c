#include "tests/unit/node/validators.h"

/* What a ledger of several organisations starts from. */

static struct qr_error last_error;

static int set(struct qr_genesis *genesis, const char *name, const char *value)
{
    return qr_genesis_set(genesis, name, value, NULL);
}

START_TEST(a_genesis_with_validators_is_one_without_and_more)
{
    QR_CLEANUP(qr_genesis_done) struct qr_genesis solo = {0};
    QR_CLEANUP(qr_genesis_done) struct qr_genesis shared = {0};
    QR_CLEANUP(qr_genesis_done) struct qr_genesis back = {0};
    QR_CLEANUP(qr_buffer_done) struct qr_buffer one = {0}, two = {0}, again = {0};
    fill_genesis(&shared);
    add_validators(&shared);
    unit_ok(qr_genesis_write(&shared, &two, &last_error), last_error);
    fill_genesis(&solo);
    for (int i = 0; i < GENESIS_VALIDATORS; i++)
        qr_genesis_add_operator(&solo, QR_KEY_NODE, i ? "b" : "a", &(struct qr_public_key){{2, (uint8_t)i}}, members[i]);
    unit_ok(qr_genesis_write(&solo, &one, &last_error), last_error);
    ck_assert(memcmp(one.data, "QRG1", 4) == 0 && memcmp(two.data, "QRG2", 4) == 0);
    ck_assert_uint_gt(two.size, one.size);
    ck_assert(memcmp(one.data + 4, two.data + 4, one.size - 4) == 0);
    unit_ok(qr_genesis_read(two.data, two.size, &back, &last_error), last_error);
    ck_assert_int_eq(back.engine, QR_ENGINE_COMETBFT);
    ck_assert_str_eq(qr_engine_kind_name(back.engine), "cometbft");
    ck_assert_uint_eq(back.n_validators, GENESIS_VALIDATORS);
    ck_assert_str_eq(back.validators[1].name, "b");
    unit_ok(qr_genesis_write(&back, &again, &last_error), last_error);
    ck_assert(again.size == two.size && memcmp(again.data, two.data, two.size) == 0);
}
END_TEST

/* Each spoils a genesis that is good. */
static void no_validator(struct qr_genesis *genesis) { genesis->n_validators = 0; }
static void a_name_twice(struct qr_genesis *genesis) { genesis->validators[0].name[0] = 'a'; }
static void no_name(struct qr_genesis *genesis) { genesis->validators[0].name[0] = '/'; }
static void a_key_twice(struct qr_genesis *genesis) { genesis->validators[0].key = genesis->validators[1].key; }
static void a_key_of_a_node(struct qr_genesis *genesis) { genesis->validators[0].key = key_of(2, 0); }
static void a_key_of_a_member(struct qr_genesis *genesis) { genesis->validators[0].key = *qr_key_public(member_keys[2]); }
static void no_power(struct qr_genesis *genesis) { genesis->validators[0].power = 0; }
static void much_power(struct qr_genesis *genesis) { genesis->validators[0].power = QR_VALIDATOR_POWER_MAX + 1; }
static void nobodys(struct qr_genesis *genesis) { genesis->validators[0].member[0] = 'X'; }
static void another_track(struct qr_genesis *genesis) { genesis->validation.name[0] = 'X'; }
static void reports_asked_for(struct qr_genesis *genesis) { genesis->validation.reports = 1; }
static void power_together(struct qr_genesis *genesis)
{
    for (uint8_t i = 2; i < 4; i++) {
        char name[] = {(char)('a' + i), 0};
        struct qr_validator validator = validator_of(name, i, QR_VALIDATOR_POWER_MAX, "Ada");
        qr_genesis_add_validator(genesis, &validator);
    }
    genesis->validators[0].power = genesis->validators[1].power = QR_VALIDATOR_POWER_MAX;
}
static void too_many(struct qr_genesis *genesis)
{
    for (uint8_t i = GENESIS_VALIDATORS; i <= QR_VALIDATORS_MAX; i++) {
        char name[QR_KEY_NAME_MAX];
        snprintf(name, sizeof name, "v%u", i);
        struct qr_validator validator = validator_of(name, i, 1, "Ada");
        qr_genesis_add_validator(genesis, &validator);
    }
}
static void add_operators(struct qr_genesis *genesis, size_t n)
{
    while (genesis->n_operators < n) {
        char name[QR_KEY_NAME_MAX];
        snprintf(name, sizeof name, "o%zu", genesis->n_operators);
        struct qr_public_key key = key_of(9, (uint8_t)genesis->n_operators);
        qr_genesis_add_operator(genesis, QR_KEY_AGENT, name, &key, "Ada");
    }
}
static void too_many_operators(struct qr_genesis *genesis) { add_operators(genesis, 257); }
static void as_many_operators_as_there_may_be(struct qr_genesis *genesis) { add_operators(genesis, 256); }
static void as_many_and_as_much_as_there_may_be(struct qr_genesis *genesis)
{
    too_many(genesis);
    genesis->n_validators--;
    int64_t rest = QR_VALIDATORS_POWER_MAX - (QR_VALIDATORS_MAX - 4);
    for (int i = 0; i < 4; i++) {
        genesis->validators[i].power = rest < QR_VALIDATOR_POWER_MAX ? rest : QR_VALIDATOR_POWER_MAX;
        rest -= genesis->validators[i].power;
    }
    ck_assert_int_eq(rest, 0);
}

START_TEST(a_genesis_that_does_not_hold_together_is_refused)
{
    static const struct {
        void (*spoil)(struct qr_genesis *genesis);
        int code;
    } rows[] = {
        {no_validator, QR_EINPUT},      {a_name_twice, QR_EINPUT},      {no_name, QR_EINPUT},
        {a_key_twice, QR_EINPUT},       {a_key_of_a_node, QR_EINPUT},   {a_key_of_a_member, QR_EINPUT},
        {no_power, QR_ERANGE},          {much_power, QR_ERANGE},        {nobodys, QR_EINPUT},
        {another_track, QR_EINPUT},     {reports_asked_for, QR_ERANGE}, {power_together, QR_ERANGE},
        {too_many, QR_EINPUT},          {as_many_and_as_much_as_there_may_be, 0},
        {too_many_operators, QR_ELIMIT}, {as_many_operators_as_there_may_be, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
        QR_CLEANUP(qr_buffer_done) struct qr_buffer bytes = {0};
        fill_genesis(&genesis);
        add_validators(&genesis);
        rows[i].spoil(&genesis);
        last_error = (struct qr_error){.code = QR_OK};
        ck_assert_msg(qr_genesis_write(&genesis, &bytes, &last_error) == rows[i].code, "row %zu: %s", i, last_error.text);
        ck_assert_int_eq(last_error.text[0] == 0, rows[i].code == 0);
    }
}
END_TEST

START_TEST(parameters_of_the_track_are_those_of_such_a_ledger)
{
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    qr_genesis_defaults(&genesis);
    ck_assert_int_eq(set(&genesis, "validators.voting_seconds", "7"), QR_EINPUT);
    genesis.engine = QR_ENGINE_COMETBFT;
    ck_assert_int_eq(set(&genesis, "validators.voting_seconds", "7"), 0);
    ck_assert_int_eq(genesis.validation.voting_seconds, 7);
    ck_assert_int_eq(genesis.upgrade.voting_seconds, 300);
    ck_assert_int_eq(set(&genesis, "validators.reports", "1"), QR_ERANGE);
    ck_assert_int_eq(set(&genesis, "upgrade.voting_seconds", "8"), 0);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        a_genesis_with_validators_is_one_without_and_more,
        a_genesis_that_does_not_hold_together_is_refused,
        parameters_of_the_track_are_those_of_such_a_ledger,
    };
    load_genesis();
    return unit_run("node/genesis", tests, sizeof tests / sizeof tests[0]);
}
