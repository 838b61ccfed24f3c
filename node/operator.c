#include "node/operator.h"

#include "node/entry.h"
#include "node/keyspace.h"
#include "node/validator.h"

static void put(struct qr_state *state, const struct qr_operator_record *record)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0};
    qr_put_u8(&value, (uint8_t)record->operator.kind);
    qr_put_text(&value, record->operator.name);
    qr_put_text(&value, record->operator.member);
    qr_put_uint(&value, record->appointed);
    qr_put_uint(&value, record->dismissed);
    struct qr_node_key key = qr_node_key_of(QR_KEY_OPERATOR, record->operator.key.bytes);
    qr_node_put(state, &key, &value);
}

static uint64_t last_sequence(const struct qr_state *state, const struct qr_public_key *key)
{
    struct qr_span value;
    struct qr_node_key entry = qr_node_key_of(QR_KEY_SEQUENCE, key->bytes);
    if (!qr_node_get(state, &entry, &value))
        return 0;
    struct qr_reader in = qr_reader_of(value.bytes, value.size);
    return qr_get_uint(&in);
}

static int decode(const struct qr_state *state, const struct qr_public_key *key, const struct qr_span *value,
                  struct qr_operator_record *ret, struct qr_error *error)
{
    struct qr_operator_record record = {.operator = {.key = *key}};
    struct qr_reader in = qr_reader_of(value->bytes, value->size);
    uint8_t kind = qr_get_u8(&in);
    qr_get_text(&in, record.operator.name, sizeof record.operator.name);
    qr_get_text(&in, record.operator.member, sizeof record.operator.member);
    record.appointed = qr_get_uint(&in);
    record.dismissed = qr_get_uint(&in);
    if (qr_reader_end(&in, "operator", NULL) != 0 || kind >= QR_KEY_KINDS)
        return qr_node_corrupt(error, "an operator");
    record.operator.kind = (enum qr_key_kind)kind;
    record.sequence = last_sequence(state, key);
    *ret = record;
    return 0;
}

int qr_operator_get(const struct qr_state *state, const struct qr_public_key *key, struct qr_operator_record *ret,
                    struct qr_error *error)
{
    struct qr_span value;
    struct qr_node_key entry = qr_node_key_of(QR_KEY_OPERATOR, key->bytes);
    if (!qr_node_get(state, &entry, &value))
        return qr_fail(error, QR_ENOT_FOUND, "no operator has this key");
    return decode(state, key, &value, ret, error);
}

bool qr_operator_next(const struct qr_state *state, const struct qr_public_key *after, struct qr_operator_record *ret)
{
    struct qr_public_key key;
    struct qr_span value;
    return qr_node_next_key(state, QR_KEY_OPERATOR, after, &key, &value) && decode(state, &key, &value, ret, NULL) == 0;
}

bool qr_operator_named(const struct qr_state *state, enum qr_key_kind kind, const char *name,
                       struct qr_operator_record *ret)
{
    struct qr_operator_record record;
    const struct qr_public_key *after = NULL;
    for (struct qr_public_key last; qr_operator_next(state, after, &record); after = &last) {
        if (record.dismissed == UINT64_MAX && record.operator.kind == kind && strcmp(record.operator.name, name) == 0) {
            *ret = record;
            return true;
        }
        last = record.operator.key;
    }
    return false;
}

int qr_operator_check(const struct qr_state *state, const struct qr_operator *operator, struct qr_error *error)
{
    struct qr_operator_record record;
    struct qr_validator_record validator;
    struct qr_member member;
    if (qr_operator_get(state, &operator->key, &record, NULL) == 0 ||
        qr_member_by_key(state, &operator->key, &member, NULL) == 0 ||
        qr_validator_get(state, &operator->key, &validator, NULL) == 0)
        return qr_fail(error, QR_EDUPLICATE, "the key is or was in use already: make a new one");
    if (qr_operator_named(state, operator->kind, operator->name, &record))
        return qr_fail(error, QR_EDUPLICATE, "there is a %s operator named %s already",
                       qr_key_kind_name(operator->kind), operator->name);
    return 0;
}

int qr_operator_appoint(struct qr_state *state, const struct qr_operator *operator, uint64_t height,
                        struct qr_error *error)
{
    int code = qr_operator_check(state, operator, error);
    if (code)
        return code;
    put(state, &(struct qr_operator_record){.operator = *operator, .appointed = height, .dismissed = UINT64_MAX});
    return 0;
}

int qr_operator_dismiss(struct qr_state *state, const struct qr_public_key *key, const char *member, uint64_t height,
                        struct qr_error *error)
{
    struct qr_operator_record record;
    int code = qr_operator_get(state, key, &record, error);
    if (code)
        return code;
    if (record.dismissed != UINT64_MAX)
        return qr_fail(error, QR_EREFUSED, "%s was dismissed at height %" PRIu64, record.operator.name,
                       record.dismissed);
    if (strcmp(record.operator.member, member) != 0)
        return qr_fail(error, QR_EREFUSED, "%s was appointed by %s, who alone can dismiss it", record.operator.name,
                       record.operator.member);
    record.dismissed = height;
    put(state, &record);
    return 0;
}

int qr_signer_find(const struct qr_state *state, const struct qr_public_key *key, struct qr_signer *ret,
                   struct qr_error *error)
{
    struct qr_operator_record record;
    struct qr_member member;
    *ret = (struct qr_signer){.kind = QR_KEY_MEMBER};
    if (qr_member_by_key(state, key, &member, NULL) == 0) {
        qr_copy_text(ret->name, sizeof ret->name, member.name);
        qr_copy_text(ret->member, sizeof ret->member, member.name);
        return 0;
    }
    if (qr_operator_get(state, key, &record, NULL) != 0)
        return qr_fail(error, QR_EWRONG_KEY, "the signer is neither a member nor an operator of this ledger");
    ret->kind = record.operator.kind;
    qr_copy_text(ret->name, sizeof ret->name, record.operator.name);
    qr_copy_text(ret->member, sizeof ret->member, record.operator.member);
    if (record.dismissed != UINT64_MAX)
        return qr_fail(error, QR_EWRONG_KEY, "the operator %s was dismissed", record.operator.name);
    return 0;
}

static int take_sequence(struct qr_state *state, const struct qr_transaction *transaction, struct qr_error *error)
{
    uint64_t last = last_sequence(state, &transaction->signer);
    if (transaction->replay != last + 1)
        return qr_fail(error, QR_ESEQUENCE, "sequence number %" PRIu64 " does not follow %" PRIu64,
                       transaction->replay, last);
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0};
    qr_put_uint(&value, transaction->replay);
    struct qr_node_key key = qr_node_key_of(QR_KEY_SEQUENCE, transaction->signer.bytes);
    qr_node_put(state, &key, &value);
    return 0;
}

static struct qr_node_key replay_key(uint64_t expiry, const struct qr_hash *id)
{
    struct qr_node_key key = qr_node_key(QR_KEY_REPLAY);
    qr_node_key_add_number(&key, expiry);
    qr_node_key_add(&key, id->bytes, sizeof id->bytes);
    return key;
}

bool qr_replay_find(const struct qr_state *state, uint64_t expiry, const struct qr_hash *id, uint64_t *ret_height)
{
    struct qr_span value;
    struct qr_node_key key = replay_key(expiry, id);
    if (!qr_node_get(state, &key, &value))
        return false;
    struct qr_reader in = qr_reader_of(value.bytes, value.size);
    *ret_height = qr_get_uint(&in);
    return true;
}

static int check_once(const struct qr_state *state, const struct qr_transaction *transaction, uint64_t height,
                      struct qr_error *error)
{
    uint64_t taken;
    if (transaction->replay < height)
        return qr_fail(error, QR_EEXPIRED, "the transaction expired at height %" PRIu64 "; this is %" PRIu64,
                       transaction->replay, height);
    if (transaction->replay - height > QR_EXPIRY_BLOCKS_MAX)
        return qr_fail(error, QR_ERANGE, "the expiry %" PRIu64 " is more than %d blocks ahead of %" PRIu64,
                       transaction->replay, QR_EXPIRY_BLOCKS_MAX, height);
    if (qr_replay_find(state, transaction->replay, &transaction->id, &taken))
        return qr_fail(error, QR_EDUPLICATE, "the transaction stands in block %" PRIu64 " already", taken);
    return 0;
}

static int take_once(struct qr_state *state, const struct qr_transaction *transaction, uint64_t height,
                     struct qr_error *error)
{
    int code = check_once(state, transaction, height, error);
    if (code)
        return code;
    QR_CLEANUP(qr_buffer_done) struct qr_buffer value = {0};
    qr_put_uint(&value, height);
    struct qr_node_key key = replay_key(transaction->replay, &transaction->id);
    qr_node_put(state, &key, &value);
    return 0;
}

int qr_replay_check(const struct qr_state *state, const struct qr_signer *signer, const struct qr_transaction *transaction,
                    uint64_t height, struct qr_error *error)
{
    if (signer->kind == QR_KEY_MEMBER)
        return check_once(state, transaction, height, error);
    uint64_t last = last_sequence(state, &transaction->signer);
    if (transaction->replay <= last)
        return qr_fail(error, QR_ESEQUENCE, "sequence number %" PRIu64 " was used; the last is %" PRIu64,
                       transaction->replay, last);
    return 0;
}

int qr_replay_take(struct qr_state *state, const struct qr_signer *signer, const struct qr_transaction *transaction,
                   uint64_t height, struct qr_error *error)
{
    return signer->kind == QR_KEY_MEMBER ? take_once(state, transaction, height, error)
                                         : take_sequence(state, transaction, error);
}

void qr_replay_expire(struct qr_state *state, uint64_t height)
{
    struct qr_node_key prefix = qr_node_key(QR_KEY_REPLAY);
    struct qr_span key, value;
    while (qr_state_next(state, prefix.bytes, prefix.size, NULL, &key, &value)) {
        if (qr_node_key_number((const uint8_t *)key.bytes + prefix.size) >= height)
            return;
        struct qr_node_key copy = {.size = 0};
        qr_node_key_add(&copy, key.bytes, key.size);
        qr_node_delete(state, &copy);
    }
}
