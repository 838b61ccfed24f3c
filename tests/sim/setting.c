#include "node/impact.h"
#include "tests/sim/sim.h"
#include "tests/unit/node/small.h"

struct sim_setting sim_setting;

static struct qr_hash report_of(const struct qr_model *before, const struct qr_model *after)
{
    QR_CLEANUP(qr_report_freep) struct qr_report *report = NULL;
    struct qr_span baseline = qr_baseline_bytes(sim_setting.baseline);
    struct qr_span rules = {sim_setting.rules_bytes.data, sim_setting.rules_bytes.size};
    struct qr_span reference = {sim_setting.reference.data, sim_setting.reference.size};
    const struct qr_span parts[QR_IMPACT_PARTS] = {qr_model_bytes(before), baseline, qr_model_bytes(after), baseline, rules,
                                                   reference};
    struct qr_error error = {0};
    unit_ok(qr_impact_report(parts, &report, &error), error);
    return qr_report_hash(report);
}

static void make_models(const struct qr_schema *schema)
{
    struct qr_explainer_options direct = {.table_bytes = 0, .threads = 1};
    struct qr_error error = {0};
    for (int i = 0; i < SIM_MODELS; i++) {
        sim_setting.models[i] = small_model(schema, i);
        unit_ok(qr_explainer_new(sim_setting.models[i], sim_setting.baseline, &direct, &sim_setting.explainers[i], &error),
                error);
    }
    for (int i = 0; i < SIM_MODELS; i++)
        for (int j = 0; j < SIM_MODELS; j++)
            sim_setting.reports[i][j] = report_of(sim_setting.models[i], sim_setting.models[j]);
}

static const enum qr_key_kind kinds[SIM_OPERATORS] = {
    QR_KEY_AGENT,       QR_KEY_AGENT, QR_KEY_AGENT,   QR_KEY_AGENT,   QR_KEY_AGENT, QR_KEY_PRICING,
    QR_KEY_RESERVATION, QR_KEY_NODE,  QR_KEY_PRICING, QR_KEY_PRICING, QR_KEY_AGENT, QR_KEY_RESERVATION,
};
enum { IN_OFFICE = 8 }; /* from the genesis on */
static const char *const node_names[2] = {"first", "second"};

static struct qr_public_key public_key(const uint8_t seed[32])
{
    QR_CLEANUP(qr_key_freep) struct qr_key *key = qr_key_from_seed(QR_KEY_NODE, "key", seed);
    return *qr_key_public(key);
}

void sim_setting_open(void)
{
    struct qr_schema schema = {0};
    qr_crypto_init();
    for (uint8_t i = 0; i < SIM_MEMBERS_MAX; i++)
        sim_setting.members[i] = qr_key_from_seed(QR_KEY_MEMBER, sim_member_name(i), (uint8_t[32]){1, i});
    for (uint8_t i = 0; i < SIM_OPERATORS; i++)
        sim_setting.operators[i] = qr_key_from_seed(kinds[i], "operator", (uint8_t[32]){2, i});
    for (uint8_t i = 0; i < 2; i++)
        sim_setting.nodes[i] = qr_key_from_seed(QR_KEY_NODE, node_names[i], (uint8_t[32]){3, i});
    for (uint8_t i = 0; i < SIM_VALIDATORS; i++)
        sim_setting.validators[i] = public_key((uint8_t[32]){4, i});
    for (uint8_t i = 0; i < SIM_VALIDATOR_NODES; i++)
        sim_setting.validator_nodes[i] = public_key((uint8_t[32]){5, i});
    sim_setting.rules = (struct qr_rules){.version = 1, .n = 1, .rule = {{QR_RULE_FLOOR, {50000}}}};
    qr_rules_encode(&sim_setting.rules, &sim_setting.rules_bytes);
    small_schema(&schema);
    sim_setting.baseline = small_baseline(&schema);
    small_reference(&schema, &sim_setting.reference);
    make_models(&schema);
    qr_schema_done(&schema);
}

const char *sim_member_name(size_t member)
{
    static const char *const names[SIM_MEMBERS_MAX] = {"Air_India", "GO_FIRST", "Indigo", "SpiceJet", "Vistara"};
    return names[member];
}

/* ---- one seed ---- */

static void set(struct qr_genesis *genesis, const char *track, const char *parameter, const char *value)
{
    char name[64];
    struct qr_error error = {0};
    snprintf(name, sizeof name, "%s.%s", track, parameter);
    unit_ok(qr_genesis_set(genesis, name, value, &error), error);
}

static void set_ratio(struct sim *sim, struct qr_genesis *genesis, const char *track, const char *parameter,
                      const char *const *choices, size_t n)
{
    set(genesis, track, parameter, choices[sim_chance(sim, n)]);
}

static void set_seconds(struct sim *sim, struct qr_genesis *genesis, const char *track, const char *parameter,
                        uint64_t most)
{
    char value[24];
    snprintf(value, sizeof value, "%" PRIu64, 1 + sim_chance(sim, most));
    set(genesis, track, parameter, value);
}

static void draw_track(struct sim *sim, struct qr_genesis *genesis, const char *track)
{
    static const char *const quorums[] = {"1/2", "2/3", "1/3", "1/1"}, *const thresholds[] = {"1/2", "2/3"};
    static const char *const vetoes[] = {"1/3", "1/2", "2/3"};
    set_ratio(sim, genesis, track, "quorum", quorums, 4);
    set_ratio(sim, genesis, track, "threshold", thresholds, 2);
    set_ratio(sim, genesis, track, "veto", vetoes, 3);
    set_seconds(sim, genesis, track, "voting_seconds", 200);
    set_seconds(sim, genesis, track, "timelock_seconds", 30);
    set_seconds(sim, genesis, track, "grace_seconds", 300);
}

static void draw_rules(struct sim *sim, struct qr_genesis *genesis)
{
    static const char *const reports[] = {"1", "1", "2"}, *const any[] = {"0"};
    draw_track(sim, genesis, "upgrade");
    set_ratio(sim, genesis, "upgrade", "reports", reports, sim->n_members > 1 ? 3 : 1);
    set_ratio(sim, genesis, "upgrade", "step_limit_bp", any, 1);
    set_seconds(sim, genesis, "upgrade", "review_seconds", 400);
    if (sim->validators)
        draw_track(sim, genesis, QR_TRACK_VALIDATORS);
    sim->upgrade = genesis->upgrade;
    sim->validation = genesis->validation;
    sim->consent = sim_chance(sim, 3) ? 90 : 20;
}

static void draw_parties(struct sim *sim, struct qr_genesis *genesis)
{
    sim->n_members = 1 + sim_chance(sim, SIM_MEMBERS_MAX);
    for (size_t i = 0; i < sim->n_members; i++) {
        sim->weights[i] = 1 + (int64_t)sim_chance(sim, 4);
        qr_genesis_add_member(genesis, sim_member_name(i), qr_key_public(sim_setting.members[i]), sim->weights[i]);
    }
    for (size_t i = 0; i < IN_OFFICE; i++) {
        char name[16];
        snprintf(name, sizeof name, "operator%zu", i);
        qr_genesis_add_operator(genesis, kinds[i], name, qr_key_public(sim_setting.operators[i]),
                                sim_member_name(i % sim->n_members));
    }
    for (size_t i = 0; i < 2; i++)
        qr_genesis_add_operator(genesis, QR_KEY_NODE, node_names[i], qr_key_public(sim_setting.nodes[i]),
                                sim_member_name(0));
    sim->validators = sim_chance(sim, 2);
    if (sim->validators) {
        genesis->engine = QR_ENGINE_COMETBFT;
        for (size_t i = 0, n = 1 + sim_chance(sim, 2); i < n; i++) {
            struct qr_validator validator = {.key = sim_setting.validators[i], .power = 3};
            snprintf(validator.name, sizeof validator.name, "validator%zu", i);
            qr_copy_text(validator.member, sizeof validator.member, sim_member_name(0));
            qr_genesis_add_validator(genesis, &validator);
        }
    }
    for (size_t i = 0; i < SIM_OPERATORS; i++)
        sim->operators[i] = (struct sim_operator){.next = 1, .skew = (int64_t)sim_chance(sim, 40000) - 20000};
}

void sim_genesis(struct sim *sim)
{
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {0};
    struct qr_span model = qr_model_bytes(sim_setting.models[0]), baseline = qr_baseline_bytes(sim_setting.baseline);
    struct qr_error error = {0};
    qr_genesis_defaults(&genesis);
    qr_copy_text(genesis.chain_id, sizeof genesis.chain_id, SIM_CHAIN);
    genesis.time = SIM_START;
    draw_parties(sim, &genesis);
    draw_rules(sim, &genesis);
    qr_buffer_add(&genesis.model, model.bytes, model.size);
    qr_buffer_add(&genesis.baseline, baseline.bytes, baseline.size);
    qr_buffer_add(&genesis.rows, sim_setting.reference.data, sim_setting.reference.size);
    qr_buffer_add(&genesis.rules, sim_setting.rules_bytes.data, sim_setting.rules_bytes.size);
    unit_ok(qr_genesis_write(&genesis, &sim->genesis, &error), error);
}
