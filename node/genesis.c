#include "node/genesis.h"

#include "common/fixed.h"
#include "xai/baseline.h"
#include "xai/model.h"
#include "xai/reference.h"
#include "xai/rules.h"

static const char magics[][4] = {
    [QR_ENGINE_SOLO] = {'Q', 'R', 'G', '1'},
    [QR_ENGINE_COMETBFT] = {'Q', 'R', 'G', '2'},
};
static const char *const engines[] = {[QR_ENGINE_SOLO] = "solo", [QR_ENGINE_COMETBFT] = "cometbft"};

enum {
    MAGIC_SIZE = sizeof magics[0],
    N_ENGINES = sizeof engines / sizeof engines[0],
    OFFER_SECONDS = 900,
    OFFER_SECONDS_MAX = 86400,
    MEMBER_BYTES_MIN = 35,
    OPERATOR_BYTES_MIN = 36,
    VALIDATOR_BYTES_MIN = 35,
};

const char *qr_engine_kind_name(enum qr_engine_kind engine)
{
    return engines[engine];
}

bool qr_engine_kind_from_name(const char *name, enum qr_engine_kind *ret)
{
    for (unsigned i = 0; i < N_ENGINES; i++) {
        if (strcmp(engines[i], name) == 0) {
            *ret = (enum qr_engine_kind)i;
            return true;
        }
    }
    return false;
}

void qr_genesis_done(struct qr_genesis *genesis)
{
    free(genesis->members);
    free(genesis->operators);
    free(genesis->validators);
    qr_buffer_done(&genesis->model);
    qr_buffer_done(&genesis->baseline);
    qr_buffer_done(&genesis->rules);
    qr_buffer_done(&genesis->rows);
    *genesis = (struct qr_genesis){0};
}

void qr_genesis_defaults(struct qr_genesis *genesis)
{
    qr_copy_text(genesis->custody, sizeof genesis->custody, "shared");
    qr_track_upgrade(&genesis->upgrade);
    qr_track_validators(&genesis->validation);
    genesis->offer_seconds = OFFER_SECONDS;
}

void qr_genesis_add_member(struct qr_genesis *genesis, const char *name, const struct qr_public_key *key,
                           int64_t weight)
{
    genesis->members = qr_realloc(genesis->members, genesis->n_members + 1, sizeof *genesis->members);
    struct qr_member *member = &genesis->members[genesis->n_members++];
    *member = (struct qr_member){.key = *key, .weight = weight};
    qr_copy_text(member->name, sizeof member->name, name);
}

void qr_genesis_add_operator(struct qr_genesis *genesis, enum qr_key_kind kind, const char *name,
                             const struct qr_public_key *key, const char *member)
{
    genesis->operators = qr_realloc(genesis->operators, genesis->n_operators + 1, sizeof *genesis->operators);
    struct qr_operator *operator = &genesis->operators[genesis->n_operators++];
    *operator = (struct qr_operator){.kind = kind, .key = *key};
    qr_copy_text(operator->name, sizeof operator->name, name);
    qr_copy_text(operator->member, sizeof operator->member, member);
}

void qr_genesis_add_validator(struct qr_genesis *genesis, const struct qr_validator *validator)
{
    genesis->validators = qr_realloc(genesis->validators, genesis->n_validators + 1, sizeof *genesis->validators);
    genesis->validators[genesis->n_validators++] = *validator;
}

int qr_genesis_set(struct qr_genesis *genesis, const char *name, const char *value, struct qr_error *error)
{
    static const char upgrade[] = "upgrade.", validation[] = QR_TRACK_VALIDATORS ".";
    if (strncmp(name, upgrade, sizeof upgrade - 1) == 0)
        return qr_track_set(&genesis->upgrade, name + sizeof upgrade - 1, value, error);
    if (genesis->engine != QR_ENGINE_SOLO && strncmp(name, validation, sizeof validation - 1) == 0)
        return qr_track_set(&genesis->validation, name + sizeof validation - 1, value, error);
    if (strcmp(name, "offer_seconds") == 0)
        return qr_integer_parse(value, name, 1, OFFER_SECONDS_MAX, &genesis->offer_seconds, error);
    qr_fail(error, QR_EINPUT, "%s is not a parameter of the genesis", name);
    return qr_hint(error, "there are offer_seconds, upgrade.voting_seconds, upgrade.timelock_seconds and other upgrade.*");
}

static int by_member_name(const void *a, const void *b)
{
    return strcmp(((const struct qr_member *)a)->name, ((const struct qr_member *)b)->name);
}

static int by_operator_key(const void *a, const void *b)
{
    return memcmp(&((const struct qr_operator *)a)->key, &((const struct qr_operator *)b)->key, QR_PUBLIC_KEY_SIZE);
}

static int by_validator_key(const void *a, const void *b)
{
    return memcmp(&((const struct qr_validator *)a)->key, &((const struct qr_validator *)b)->key, QR_PUBLIC_KEY_SIZE);
}

static bool is_member(const struct qr_genesis *genesis, const char *name)
{
    for (size_t i = 0; i < genesis->n_members; i++)
        if (strcmp(genesis->members[i].name, name) == 0)
            return true;
    return false;
}

static int check_members(const struct qr_genesis *genesis, struct qr_error *error)
{
    if (genesis->n_members < 1 || genesis->n_members > QR_MEMBERS_MAX)
        return qr_fail(error, QR_EINPUT, "a genesis has 1 to %d members", QR_MEMBERS_MAX);
    for (size_t i = 0; i < genesis->n_members; i++) {
        const struct qr_member *member = &genesis->members[i];
        if (!qr_name_valid(member->name))
            return qr_fail(error, QR_EINPUT, "\"%s\" cannot be a member's name", member->name);
        if (member->weight < 1 || member->weight > QR_MEMBER_WEIGHT_MAX)
            return qr_fail(error, QR_ERANGE, "the weight of %s is out of range", member->name);
        if (i && by_member_name(member - 1, member) >= 0)
            return qr_fail(error, QR_EINPUT, "the member %s is named twice or out of order", member->name);
    }
    if (genesis->upgrade.reports > (int64_t)genesis->n_members)
        return qr_fail(error, QR_ERANGE, "upgrade.reports asks for the agents of %" PRId64 " members, but there are %zu",
                       genesis->upgrade.reports, genesis->n_members);
    return 0;
}

static int check_operators(const struct qr_genesis *genesis, struct qr_error *error)
{
    if (genesis->n_operators > QR_GENESIS_OPERATORS_MAX)
        return qr_fail(error, QR_ELIMIT, "a genesis has at most %d operators", QR_GENESIS_OPERATORS_MAX);
    for (size_t i = 0; i < genesis->n_operators; i++) {
        const struct qr_operator *operator = &genesis->operators[i];
        if (operator->kind == QR_KEY_MEMBER || !qr_name_valid(operator->name))
            return qr_fail(error, QR_EINPUT, "\"%s\" cannot be an operator", operator->name);
        if (!is_member(genesis, operator->member))
            return qr_fail(error, QR_EINPUT, "%s is appointed by %s, who is no member", operator->name,
                           operator->member);
        if (i && by_operator_key(operator - 1, operator) >= 0)
            return qr_fail(error, QR_EINPUT, "an operator's key is there twice or out of order");
        for (size_t k = 0; k < genesis->n_members; k++)
            if (memcmp(&operator->key, &genesis->members[k].key, QR_PUBLIC_KEY_SIZE) == 0)
                return qr_fail(error, QR_EINPUT, "%s has the key of a member", operator->name);
    }
    return 0;
}

static bool key_in_use(const struct qr_genesis *genesis, const struct qr_public_key *key)
{
    for (size_t i = 0; i < genesis->n_members; i++)
        if (memcmp(&genesis->members[i].key, key, sizeof *key) == 0)
            return true;
    for (size_t i = 0; i < genesis->n_operators; i++)
        if (memcmp(&genesis->operators[i].key, key, sizeof *key) == 0)
            return true;
    return false;
}

static int check_validator(const struct qr_genesis *genesis, size_t i, struct qr_error *error)
{
    const struct qr_validator *validator = &genesis->validators[i];
    if (!qr_name_valid(validator->name))
        return qr_fail(error, QR_EINPUT, "\"%s\" cannot be a validator's name", validator->name);
    if (validator->power < 1 || validator->power > QR_VALIDATOR_POWER_MAX)
        return qr_fail(error, QR_ERANGE, "the power of validator %s is out of range", validator->name);
    if (!is_member(genesis, validator->member))
        return qr_fail(error, QR_EINPUT, "validator %s is %s's, who is no member", validator->name, validator->member);
    if (key_in_use(genesis, &validator->key))
        return qr_fail(error, QR_EINPUT, "validator %s has the key of a member or an operator", validator->name);
    if (i && by_validator_key(validator - 1, validator) >= 0)
        return qr_fail(error, QR_EINPUT, "a validator's key is there twice or out of order");
    for (size_t k = 0; k < i; k++)
        if (strcmp(genesis->validators[k].name, validator->name) == 0)
            return qr_fail(error, QR_EINPUT, "two validators are named %s", validator->name);
    return 0;
}

/* What an engine with validators adds. */
static int check_validation(const struct qr_genesis *genesis, struct qr_error *error)
{
    int64_t power = 0;
    if (genesis->n_validators < 1 || genesis->n_validators > QR_VALIDATORS_MAX)
        return qr_fail(error, QR_EINPUT, "a ledger of engine %s starts with 1 to %d validators", engines[genesis->engine],
                       QR_VALIDATORS_MAX);
    if (strcmp(genesis->upgrade.name, "upgrade") != 0 || strcmp(genesis->validation.name, QR_TRACK_VALIDATORS) != 0)
        return qr_fail(error, QR_EINPUT, "the tracks are not upgrade and " QR_TRACK_VALIDATORS);
    int code = qr_track_check(&genesis->validation, error);
    for (size_t i = 0; code == 0 && i < genesis->n_validators; i++) {
        code = check_validator(genesis, i, error);
        if (code == 0 && genesis->validators[i].power > QR_VALIDATORS_POWER_MAX - power)
            code = qr_fail(error, QR_ERANGE, "the validators have more than %" PRId64 " power together",
                           QR_VALIDATORS_POWER_MAX);
        if (code == 0)
            power += genesis->validators[i].power;
    }
    return code;
}

/* The first model, baseline, rules and reference rows, each by itself and together. */
static int check_objects(const struct qr_genesis *genesis, struct qr_error *error)
{
    QR_CLEANUP(qr_model_freep) struct qr_model *model = NULL;
    QR_CLEANUP(qr_baseline_freep) struct qr_baseline *baseline = NULL;
    QR_CLEANUP(qr_reference_freep) struct qr_reference *rows = NULL;
    struct qr_rules rules;
    int code = qr_model_decode(genesis->model.data, genesis->model.size, &model, error);
    if (code == 0)
        code = qr_baseline_decode(genesis->baseline.data, genesis->baseline.size, &baseline, error);
    if (code == 0)
        code = qr_baseline_check(baseline, qr_model_schema(model), error);
    if (code == 0)
        code = qr_rules_decode(genesis->rules.data, genesis->rules.size, &rules, error);
    if (code == 0)
        code = qr_reference_decode(genesis->rows.data, genesis->rows.size, &rows, error);
    return code ? code : qr_reference_check(rows, qr_model_schema(model), error);
}

static int check(const struct qr_genesis *genesis, struct qr_error *error)
{
    int code = genesis->chain_id[0] && genesis->time > 0 ? check_members(genesis, error)
                                                        : qr_fail(error, QR_EINPUT, "a genesis has a chain id and a time");
    if (code == 0 && (genesis->offer_seconds < 1 || genesis->offer_seconds > OFFER_SECONDS_MAX))
        code = qr_fail(error, QR_ERANGE, "offer_seconds is out of range");
    if (code == 0)
        code = qr_track_check(&genesis->upgrade, error);
    if (code == 0)
        code = check_operators(genesis, error);
    if (code == 0 && genesis->engine != QR_ENGINE_SOLO)
        code = check_validation(genesis, error);
    return code ? code : check_objects(genesis, error);
}

static void put_parties(const struct qr_genesis *genesis, struct qr_buffer *out)
{
    qr_put_uint(out, genesis->n_members);
    for (size_t i = 0; i < genesis->n_members; i++) {
        qr_put_text(out, genesis->members[i].name);
        qr_put_raw(out, genesis->members[i].key.bytes, QR_PUBLIC_KEY_SIZE);
        qr_put_uint(out, (uint64_t)genesis->members[i].weight);
    }
    qr_put_uint(out, genesis->n_operators);
    for (size_t i = 0; i < genesis->n_operators; i++) {
        qr_put_u8(out, (uint8_t)genesis->operators[i].kind);
        qr_put_text(out, genesis->operators[i].name);
        qr_put_raw(out, genesis->operators[i].key.bytes, QR_PUBLIC_KEY_SIZE);
        qr_put_text(out, genesis->operators[i].member);
    }
}

static void put_validation(const struct qr_genesis *genesis, struct qr_buffer *out)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer track = {0};
    qr_track_encode(&genesis->validation, &track);
    qr_put_text(out, engines[genesis->engine]);
    qr_put_bytes(out, track.data, track.size);
    qr_put_uint(out, genesis->n_validators);
    for (size_t i = 0; i < genesis->n_validators; i++) {
        qr_put_text(out, genesis->validators[i].name);
        qr_put_raw(out, genesis->validators[i].key.bytes, QR_PUBLIC_KEY_SIZE);
        qr_put_uint(out, (uint64_t)genesis->validators[i].power);
        qr_put_text(out, genesis->validators[i].member);
    }
}

int qr_genesis_write(struct qr_genesis *genesis, struct qr_buffer *out, struct qr_error *error)
{
    if (genesis->n_members)
        qsort(genesis->members, genesis->n_members, sizeof *genesis->members, by_member_name);
    if (genesis->n_operators)
        qsort(genesis->operators, genesis->n_operators, sizeof *genesis->operators, by_operator_key);
    if (genesis->n_validators)
        qsort(genesis->validators, genesis->n_validators, sizeof *genesis->validators, by_validator_key);
    int code = check(genesis, error);
    if (code)
        return code;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer track = {0};
    qr_track_encode(&genesis->upgrade, &track);
    qr_put_raw(out, magics[genesis->engine], MAGIC_SIZE);
    qr_put_text(out, genesis->chain_id);
    qr_put_int(out, genesis->time);
    qr_put_text(out, genesis->custody);
    qr_put_bytes(out, track.data, track.size);
    qr_put_int(out, genesis->offer_seconds);
    put_parties(genesis, out);
    qr_put_bytes(out, genesis->model.data, genesis->model.size);
    qr_put_bytes(out, genesis->baseline.data, genesis->baseline.size);
    qr_put_bytes(out, genesis->rules.data, genesis->rules.size);
    qr_put_bytes(out, genesis->rows.data, genesis->rows.size);
    if (genesis->engine != QR_ENGINE_SOLO)
        put_validation(genesis, out);
    return 0;
}

static void get_key(struct qr_reader *in, struct qr_public_key *key)
{
    const uint8_t *bytes = qr_get_raw(in, QR_PUBLIC_KEY_SIZE);
    if (bytes)
        memcpy(key->bytes, bytes, QR_PUBLIC_KEY_SIZE);
}

static void get_parties(struct qr_reader *in, struct qr_genesis *genesis)
{
    genesis->n_members = qr_get_count(in, QR_MEMBERS_MAX, MEMBER_BYTES_MIN);
    genesis->members = qr_alloc(genesis->n_members, sizeof *genesis->members);
    for (size_t i = 0; i < genesis->n_members; i++) {
        qr_get_text(in, genesis->members[i].name, sizeof genesis->members[i].name);
        get_key(in, &genesis->members[i].key);
        genesis->members[i].weight = (int64_t)qr_get_uint_max(in, QR_MEMBER_WEIGHT_MAX);
    }
    genesis->n_operators = qr_get_count(in, QR_GENESIS_OPERATORS_MAX, OPERATOR_BYTES_MIN);
    genesis->operators = qr_alloc(genesis->n_operators, sizeof *genesis->operators);
    for (size_t i = 0; i < genesis->n_operators; i++) {
        uint8_t kind = qr_get_u8(in);
        if (kind >= QR_KEY_KINDS)
            qr_reader_fail(in, "an operator is of no known kind");
        genesis->operators[i].kind = (enum qr_key_kind)(kind % QR_KEY_KINDS);
        qr_get_text(in, genesis->operators[i].name, sizeof genesis->operators[i].name);
        get_key(in, &genesis->operators[i].key);
        qr_get_text(in, genesis->operators[i].member, sizeof genesis->operators[i].member);
    }
}

static void get_file(struct qr_reader *in, struct qr_buffer *out)
{
    size_t size;
    const uint8_t *bytes = qr_get_bytes(in, QR_GENESIS_FILE_MAX, &size);
    if (bytes)
        qr_buffer_add(out, bytes, size);
}

static enum qr_engine_kind get_magic(struct qr_reader *in)
{
    const uint8_t *start = qr_get_raw(in, MAGIC_SIZE);
    for (unsigned i = 0; start && i < N_ENGINES; i++)
        if (memcmp(start, magics[i], MAGIC_SIZE) == 0)
            return (enum qr_engine_kind)i;
    qr_reader_fail(in, "it starts with neither QRG1 nor QRG2");
    return QR_ENGINE_SOLO;
}

/* The track is decoded once all has been read. */
static void get_validation(struct qr_reader *in, struct qr_genesis *genesis, struct qr_span *ret_track)
{
    char engine[QR_ENGINE_NAME_MAX];
    qr_get_text(in, engine, sizeof engine);
    if (!in->failed && strcmp(engine, engines[genesis->engine]) != 0)
        qr_reader_fail(in, "it is for an engine that is not known");
    ret_track->bytes = qr_get_bytes(in, QR_GENESIS_FILE_MAX, &ret_track->size);
    genesis->n_validators = qr_get_count(in, QR_VALIDATORS_MAX, VALIDATOR_BYTES_MIN);
    genesis->validators = qr_alloc(genesis->n_validators, sizeof *genesis->validators);
    for (size_t i = 0; i < genesis->n_validators; i++) {
        qr_get_text(in, genesis->validators[i].name, sizeof genesis->validators[i].name);
        get_key(in, &genesis->validators[i].key);
        genesis->validators[i].power = (int64_t)qr_get_uint_max(in, (uint64_t)QR_VALIDATOR_POWER_MAX);
        qr_get_text(in, genesis->validators[i].member, sizeof genesis->validators[i].member);
    }
}

int qr_genesis_read(const void *bytes, size_t size, struct qr_genesis *ret, struct qr_error *error)
{
    QR_CLEANUP(qr_genesis_done) struct qr_genesis genesis = {.time = 0};
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_span upgrade, validation = {.size = 0};
    genesis.engine = get_magic(&in);
    qr_get_text(&in, genesis.chain_id, sizeof genesis.chain_id);
    genesis.time = qr_get_int(&in);
    qr_get_text(&in, genesis.custody, sizeof genesis.custody);
    upgrade.bytes = qr_get_bytes(&in, QR_GENESIS_FILE_MAX, &upgrade.size);
    genesis.offer_seconds = qr_get_int(&in);
    get_parties(&in, &genesis);
    get_file(&in, &genesis.model);
    get_file(&in, &genesis.baseline);
    get_file(&in, &genesis.rules);
    get_file(&in, &genesis.rows);
    if (genesis.engine != QR_ENGINE_SOLO)
        get_validation(&in, &genesis, &validation);
    int code = qr_reader_end(&in, "the genesis", error);
    if (code == 0)
        code = qr_track_decode(upgrade.bytes, upgrade.size, &genesis.upgrade, error);
    if (code == 0 && genesis.engine != QR_ENGINE_SOLO)
        code = qr_track_decode(validation.bytes, validation.size, &genesis.validation, error);
    if (code == 0 && check(&genesis, error) != 0)
        code = error ? qr_prefix(error, "the genesis does not hold together") : QR_EFORMAT;
    if (code)
        return code;
    *ret = genesis;
    genesis = (struct qr_genesis){0};
    return 0;
}

struct qr_hash qr_genesis_hash(const void *bytes, size_t size)
{
    return qr_tagged_hash(QR_DOMAIN_GENESIS, bytes, size);
}
