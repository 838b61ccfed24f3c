#include "node/validator.h"

#include "node/entry.h"
#include "node/keyspace.h"
#include "node/machine.h"
#include "node/operator.h"

static int decode(const struct qr_public_key *key, const struct qr_span *value, struct qr_validator_record *ret,
                  struct qr_error *error)
{
    struct qr_validator_record record = {.validator = {.key = *key}};
    struct qr_reader in = qr_reader_of(value->bytes, value->size);
    qr_get_text(&in, record.validator.name, sizeof record.validator.name);
    record.validator.power = (int64_t)qr_get_uint_max(&in, (uint64_t)QR_VALIDATOR_POWER_MAX);
    qr_get_text(&in, record.validator.member, sizeof record.validator.member);
    record.height = qr_get_uint(&in);
    if (qr_reader_end(&in, "validator", NULL) != 0)
        return qr_node_corrupt(error, "a validator");
    *ret = record;
    return 0;
}

int qr_validator_get(const struct qr_state *state, const struct qr_public_key *key, struct qr_validator_record *ret,
                     struct qr_error *error)
{
    struct qr_span value;
    struct qr_node_key entry = qr_node_key_of(QR_KEY_VALIDATOR, key->bytes);
    if (!qr_node_get(state, &entry, &value))
        return qr_fail(error, QR_ENOT_FOUND, "no validator has this key");
    return decode(key, &value, ret, error);
}

bool qr_validator_next(const struct qr_state *state, const struct qr_public_key *after, struct qr_validator_record *ret)
{
    struct qr_public_key key;
    struct qr_span value;
    return qr_node_next_key(state, QR_KEY_VALIDATOR, after, &key, &value) && decode(&key, &value, ret, NULL) == 0;
}

/* Counts them, sums their power, and finds one of this name (NULL: none is looked for). */
static size_t survey(const struct qr_state *state, const char *name, int64_t *ret_power, bool *ret_named)
{
    struct qr_validator_record record;
    const struct qr_public_key *after = NULL;
    size_t n = 0;
    *ret_power = 0;
    *ret_named = false;
    for (struct qr_public_key last; qr_validator_next(state, after, &record); after = &last, n++) {
        *ret_power += record.validator.power;
        *ret_named = *ret_named || (name && strcmp(record.validator.name, name) == 0);
        last = record.validator.key;
    }
    return n;
}

size_t qr_validator_count(const struct qr_state *state)
{
    int64_t power;
    bool named;
    return survey(state, NULL, &power, &named);
}

int64_t qr_validator_total_power(const struct qr_state *state)
{
    int64_t power;
    bool named;
    (void)survey(state, NULL, &power, &named);
    return power;
}

static int check_key(const struct qr_state *state, const struct qr_public_key *key, struct qr_error *error)
{
    struct qr_validator_record validator;
    struct qr_operator_record operator;
    struct qr_member member;
    if (qr_validator_get(state, key, &validator, NULL) == 0)
        return qr_fail(error, QR_EDUPLICATE, "the key is that of validator %s already", validator.validator.name);
    if (qr_member_by_key(state, key, &member, NULL) == 0 || qr_operator_get(state, key, &operator, NULL) == 0)
        return qr_fail(error, QR_EDUPLICATE, "the consensus key is or was a member's or an operator's: make a new one");
    return 0;
}

int qr_validator_check_add(const struct qr_state *state, const struct qr_validator *validator, struct qr_error *error)
{
    struct qr_member member;
    int64_t power;
    bool named;
    size_t n = survey(state, validator->name, &power, &named);
    if (!qr_name_valid(validator->name))
        return qr_fail(error, QR_EINPUT, "\"%s\" cannot be a validator's name", validator->name);
    if (validator->power < 1 || validator->power > QR_VALIDATOR_POWER_MAX)
        return qr_fail(error, QR_ERANGE, "the power of validator %s is %" PRId64 ", but must be 1 to %" PRId64,
                       validator->name, validator->power, QR_VALIDATOR_POWER_MAX);
    if (named)
        return qr_fail(error, QR_EDUPLICATE, "there is a validator named %s already", validator->name);
    int code = check_key(state, &validator->key, error);
    if (code == 0)
        code = qr_member_by_name(state, validator->member, &member, error);
    if (code)
        return code;
    if (n >= QR_VALIDATORS_MAX)
        return qr_fail(error, QR_EREFUSED, "there are %zu validators already, the most there can be", n);
    if (validator->power > QR_VALIDATORS_POWER_MAX - power)
        return qr_fail(error, QR_EREFUSED, "with %s the validators would have more than %" PRId64 " power together",
                       validator->name, QR_VALIDATORS_POWER_MAX);
    return 0;
}

int qr_validator_add(struct qr_state *state, const struct qr_validator *validator, uint64_t height,
                     struct qr_error *error)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0};
    int code = qr_validator_check_add(state, validator, error);
    if (code)
        return code;
    qr_put_text(&value, validator->name);
    qr_put_uint(&value, (uint64_t)validator->power);
    qr_put_text(&value, validator->member);
    qr_put_uint(&value, height);
    struct qr_node_key key = qr_node_key_of(QR_KEY_VALIDATOR, validator->key.bytes);
    qr_node_put(state, &key, &value);
    return 0;
}

int qr_validator_check_remove(const struct qr_state *state, const struct qr_validator *validator, struct qr_error *error)
{
    struct qr_validator_record record;
    int code = qr_validator_get(state, &validator->key, &record, error);
    if (code)
        return code;
    if (strcmp(record.validator.name, validator->name) != 0 || strcmp(record.validator.member, validator->member) != 0)
        return qr_fail(error, QR_EMISMATCH, "the key is that of validator %s of %s, not of %s of %s",
                       record.validator.name, record.validator.member, validator->name, validator->member);
    if (qr_validator_count(state) == 1)
        return qr_fail(error, QR_EREFUSED, "%s is the last validator: without it the ledger would stand still",
                       validator->name);
    return 0;
}

int qr_validator_remove(struct qr_state *state, const struct qr_validator *validator, struct qr_error *error)
{
    int code = qr_validator_check_remove(state, validator, error);
    if (code)
        return code;
    struct qr_node_key key = qr_node_key_of(QR_KEY_VALIDATOR, validator->key.bytes);
    qr_node_delete(state, &key);
    return 0;
}

/* ---- what a block changed ---- */

static int collect(void *context, const struct qr_span *key, const struct qr_span *value)
{
    struct qr_node *node = context;
    struct qr_node_key prefix = qr_node_key(QR_KEY_VALIDATOR);
    struct qr_validator_record record = {.height = 0};
    if (key->size != prefix.size + QR_PUBLIC_KEY_SIZE || memcmp(key->bytes, prefix.bytes, prefix.size) != 0)
        return 0;
    struct qr_validator_change change;
    memcpy(change.key.bytes, (const uint8_t *)key->bytes + prefix.size, QR_PUBLIC_KEY_SIZE);
    if (value->bytes && decode(&change.key, value, &record, NULL) != 0)
        return QR_ECORRUPT;
    change.power = record.validator.power;
    node->changes = qr_realloc(node->changes, node->n_changes + 1, sizeof change);
    node->changes[node->n_changes++] = change;
    return 0;
}

void qr_node_collect_changes(struct qr_node *node)
{
    node->n_changes = 0;
    (void)!qr_state_changes(node->state, collect, node); /* every entry there was written above */
}

const struct qr_validator_change *qr_node_validator_changes(const struct qr_node *node, size_t *ret_n)
{
    *ret_n = node->n_changes;
    return node->changes;
}
