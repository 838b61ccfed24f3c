#include "node/witness.h"

static bool is_witness(const struct qr_operator_record *record)
{
    return record->operator.kind == QR_KEY_NODE && record->dismissed == UINT64_MAX;
}

bool qr_witness_in_office(const struct qr_state *state, const struct qr_public_key *key)
{
    struct qr_operator_record record;
    return qr_operator_get(state, key, &record, NULL) == 0 && is_witness(&record);
}

bool qr_witness_next(const struct qr_state *state, const struct qr_public_key *after, struct qr_operator_record *ret)
{
    struct qr_operator_record record;
    struct qr_public_key last;
    for (bool more = qr_operator_next(state, after, &record); more; more = qr_operator_next(state, &last, &record)) {
        if (is_witness(&record)) {
            *ret = record;
            return true;
        }
        last = record.operator.key;
    }
    return false;
}

bool qr_witness_claimed(const struct qr_state *state, uint64_t height, const struct qr_note_signature *line,
                        struct qr_operator_record *ret)
{
    struct qr_operator_record record;
    struct qr_public_key last;
    for (bool more = qr_witness_next(state, NULL, &record); more; more = qr_witness_next(state, &last, &record)) {
        last = record.operator.key;
        if (record.appointed <= height && qr_checkpoint_claims(line, record.operator.name, &last)) {
            *ret = record;
            return true;
        }
    }
    return false;
}

bool qr_witness_find(const struct qr_state *state, const struct qr_checkpoint *checkpoint,
                     const struct qr_note_signature *line, struct qr_operator_record *ret)
{
    struct qr_operator_record record;
    if (!qr_witness_claimed(state, checkpoint->height, line, &record) ||
        !qr_checkpoint_verify(checkpoint, line, record.operator.name, &record.operator.key))
        return false;
    *ret = record;
    return true;
}
