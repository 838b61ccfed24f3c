#include "tests/unit/governance/stage.h"

#include "governance/entries.h"

static int host_admit(void *context, const struct qr_proposal *proposal, const struct qr_track *rules,
                      struct qr_error *error)
{
    struct stage *stage = context;
    ck_assert_int_eq(proposal->state, QR_PROPOSAL_DRAFT);
    ck_assert_str_eq(rules->name, proposal->track);
    return stage->admit == 0 ? 0 : qr_fail(error, stage->admit, "not fit");
}

static struct qr_hash host_mandate(void *context)
{
    return ((struct stage *)context)->mandate;
}

static int host_execute(void *context, const struct qr_proposal *proposal, struct qr_error *error)
{
    struct stage *stage = context;
    qr_state_put(stage->state, "m/a", 3, proposal->model.bytes, sizeof proposal->model.bytes);
    if (stage->execute != 0)
        return qr_fail(error, stage->execute, "the model is gone");
    stage->executed++;
    if (qr_track_subject(proposal->track) == QR_SUBJECT_UPGRADE)
        stage->mandate = proposal->id;
    return 0;
}

static void host_leaf(void *context, const void *bytes, size_t size)
{
    struct stage *stage = context;
    struct qr_report_record record;
    stage->leaves++;
    ck_assert_uint_ge(size, 4);
    if (memcmp(bytes, "QRV1", 4) == 0) {
        ck_assert_int_eq(qr_ballot_decode(bytes, size, &stage->last_ballot, NULL), 0);
        stage->ballots++;
    } else if (memcmp(bytes, "QRP1", 4) == 0) {
        ck_assert_int_eq(qr_report_record_decode(bytes, size, &record, NULL), 0);
        stage->reports++;
    } else {
        ck_assert_int_eq(qr_outcome_decode(bytes, size, &stage->last_outcome, NULL), 0);
        stage->outcomes++;
    }
}

static const struct qr_governance_host host = {
    .admit = host_admit,
    .mandate = host_mandate,
    .execute = host_execute,
    .leaf = host_leaf,
};

struct stage *stage_new(void)
{
    struct stage *stage = qr_alloc(1, sizeof *stage);
    struct qr_track rules;
    stage->state = qr_state_new();
    stage->mandate = stage_hash(9999);
    stage->governance = (struct qr_governance){stage->state, 1, 1000000, &host, stage};
    stage_member(stage, "Ada", 1);
    stage_member(stage, "Bob", 2);
    stage_member(stage, "Cyd", 4);
    qr_track_upgrade(&rules);
    ck_assert_int_eq(qr_track_put(stage->state, &rules, NULL), 0);
    stage_rule(stage, "review_seconds", "100");
    stage_rule(stage, "voting_seconds", "50");
    stage_rule(stage, "timelock_seconds", "10");
    stage_rule(stage, "grace_seconds", "30");
    return stage;
}

void stage_free(struct stage *stage)
{
    qr_state_free(stage->state);
    free(stage);
}

void stage_at(struct stage *stage, int64_t time)
{
    stage->governance.height++;
    stage->governance.time = time;
    ck_assert_int_eq(qr_governance_due(&stage->governance, NULL), 0);
}

void stage_member(struct stage *stage, const char *name, int64_t weight)
{
    struct qr_member member = {.weight = weight};
    ck_assert(qr_copy_text(member.name, sizeof member.name, name));
    ck_assert(qr_copy_text((char *)member.key.bytes, sizeof member.key.bytes, name));
    ck_assert_int_eq(qr_member_put(stage->state, &member, NULL), 0);
}

void stage_rule(struct stage *stage, const char *name, const char *value)
{
    struct qr_track rules;
    ck_assert_int_eq(qr_track_get(stage->state, "upgrade", &rules, NULL), 0);
    ck_assert_int_eq(qr_track_set(&rules, name, value, NULL), 0);
    ck_assert_int_eq(qr_track_put(stage->state, &rules, NULL), 0);
}

struct qr_hash stage_hash(unsigned n)
{
    return qr_sha256(&n, sizeof n);
}

int stage_propose(struct stage *stage, const char *member, unsigned id, struct qr_error *error)
{
    struct qr_hash hash = stage_hash(id);
    struct qr_propose propose = {
        .track = "upgrade", .title = "Newer", .model = stage_hash(1), .baseline = stage_hash(2)};
    return qr_governance_propose(&stage->governance, member, &hash, &propose, error);
}

void stage_validators(struct stage *stage)
{
    static const char *const times[][2] = {
        {"voting_seconds", "50"}, {"timelock_seconds", "10"}, {"grace_seconds", "30"}};
    struct qr_track rules;
    qr_track_validators(&rules);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        ck_assert_int_eq(qr_track_set(&rules, times[i][0], times[i][1], NULL), 0);
    ck_assert_int_eq(qr_track_put(stage->state, &rules, NULL), 0);
}

int stage_propose_validator(struct stage *stage, const char *member, unsigned id, struct qr_error *error)
{
    struct qr_hash hash = stage_hash(id);
    struct qr_propose_validator propose = {
        .track = "validators",
        .title = "One more",
        .validator = {.act = QR_VALIDATOR_ADD, .name = "delta", .key = {{1}}, .power = 3, .node_key = {{2}}, .member = "Cyd"},
    };
    return qr_governance_propose_validator(&stage->governance, member, &hash, &propose, error);
}

int stage_report(struct stage *stage, const char *member, unsigned id, unsigned report)
{
    struct qr_reported reported = {stage_hash(id), stage_hash(report)};
    struct qr_public_key agent = {{7}};
    return qr_governance_report(&stage->governance, member, &agent, &reported, NULL);
}

int stage_cast(struct stage *stage, const char *member, unsigned id, enum qr_choice choice)
{
    struct qr_cast cast = {.proposal = stage_hash(id), .choice = choice, .reason = "because"};
    struct qr_proposal proposal;
    if (qr_proposal_get(stage->state, &cast.proposal, &proposal, NULL) == 0)
        cast.report = proposal.report;
    return qr_governance_cast(&stage->governance, member, &cast, NULL);
}

int stage_execute(struct stage *stage, unsigned id, struct qr_error *error)
{
    struct qr_execute execute = {stage_hash(id)};
    return qr_governance_execute(&stage->governance, &execute, error);
}

struct qr_proposal stage_proposal(const struct stage *stage, unsigned id)
{
    struct qr_hash hash = stage_hash(id);
    struct qr_proposal proposal;
    ck_assert_int_eq(qr_proposal_get(stage->state, &hash, &proposal, NULL), 0);
    return proposal;
}

void stage_queue(struct stage *stage, unsigned id)
{
    ck_assert_int_eq(stage_propose(stage, "Ada", id, NULL), 0);
    ck_assert_int_eq(stage_report(stage, "Ada", id, 77), 0);
    ck_assert_int_eq(stage_cast(stage, "Ada", id, QR_CHOICE_YES), 0);
    ck_assert_int_eq(stage_cast(stage, "Bob", id, QR_CHOICE_YES), 0);
    ck_assert_int_eq(stage_cast(stage, "Cyd", id, QR_CHOICE_YES), 0);
    stage_at(stage, stage_proposal(stage, id).closes_at);
    ck_assert_int_eq(stage_proposal(stage, id).state, QR_PROPOSAL_QUEUED);
}

uint64_t stage_seed(void)
{
    const char *text = getenv("QR_SEED");
    uint64_t seed = text ? strtoull(text, NULL, 10) : (uint64_t)time(NULL);
    printf("QR_SEED=%" PRIu64 "\n", seed);
    return seed;
}

uint64_t stage_random(uint64_t *seed)
{
    uint64_t z = *seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

unsigned stage_below(uint64_t *seed, unsigned n)
{
    return (unsigned)(stage_random(seed) % n);
}

int stage_run(Suite *suite)
{
    qr_crypto_init();
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed > 0;
}
