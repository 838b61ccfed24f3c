#ifndef QR_TESTS_UNIT_NODE_VALIDATORS_H
#define QR_TESTS_UNIT_NODE_VALIDATORS_H

#include "tests/unit/node/stage.h"

/* The genesis of a ledger that several organisations run, as tests fill it: three members, the validators a of Ada and b of Bob,
 * their nodes, an agent of Ada's. */

enum { MEMBERS = 3, GENESIS_VALIDATORS = 2, POWER = 10 };
#define CHAIN "validator-test"

static const char *const members[MEMBERS] = {"Ada", "Bob", "Cyd"};
static struct qr_key *member_keys[MEMBERS], *agent;
static struct qr_reference *reference;

/* Keys of validators start with 1, those of their nodes with 2. */
static inline struct qr_public_key key_of(uint8_t first, uint8_t second) { return (struct qr_public_key){{first, second}}; }

static inline struct qr_validator validator_of(const char *name, uint8_t key, int64_t power, const char *member)
{
    struct qr_validator validator = {.key = key_of(1, key), .power = power};
    ck_assert(qr_copy_text(validator.name, sizeof validator.name, name));
    ck_assert(qr_copy_text(validator.member, sizeof validator.member, member));
    return validator;
}

static inline void fill_genesis(struct qr_genesis *genesis)
{
    qr_genesis_defaults(genesis);
    ck_assert(qr_copy_text(genesis->chain_id, sizeof genesis->chain_id, CHAIN));
    genesis->time = STAGE_START;
    for (int i = 0; i < MEMBERS; i++)
        qr_genesis_add_member(genesis, members[i], qr_key_public(member_keys[i]), 1);
    qr_genesis_add_operator(genesis, QR_KEY_AGENT, "agent", qr_key_public(agent), "Ada");
    stage_add(&genesis->model, qr_model_bytes(stage_model));
    stage_add(&genesis->baseline, qr_baseline_bytes(stage_baseline));
    stage_add(&genesis->rows, qr_reference_bytes(reference));
    qr_rules_encode(&stage_rules, &genesis->rules);
}

static inline void add_validators(struct qr_genesis *genesis)
{
    genesis->engine = QR_ENGINE_COMETBFT;
    for (int i = GENESIS_VALIDATORS - 1; i >= 0; i--) { /* written in the order of keys all the same */
        char name[] = {(char)('a' + i), 0};
        struct qr_validator validator = validator_of(name, (uint8_t)i, POWER, members[i]);
        struct qr_public_key signer = key_of(2, (uint8_t)i);
        qr_genesis_add_validator(genesis, &validator);
        qr_genesis_add_operator(genesis, QR_KEY_NODE, name, &signer, members[i]);
    }
}

/* Once for each program, before the others. */
static inline void load_genesis(void)
{
    struct qr_schema schema = {0};
    qr_crypto_init();
    for (int i = 0; i < MEMBERS; i++)
        member_keys[i] = qr_key_from_seed(QR_KEY_MEMBER, members[i], (uint8_t[32]){(uint8_t)(i + 1)});
    agent = qr_key_from_seed(QR_KEY_AGENT, "agent", (uint8_t[32]){99});
    stage_load(&schema, &reference);
    qr_schema_done(&schema);
}

#endif
