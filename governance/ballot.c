#include "governance/ballot.h"

#include "governance/entries.h"

static void put_name_at(struct qr_buffer *out, const char magic[5], const struct qr_hash *proposal, uint64_t height,
                        int64_t time)
{
    qr_put_raw(out, magic, 4);
    qr_put_hash(out, proposal);
    qr_put_uint(out, height);
    qr_put_uint(out, (uint64_t)time);
}

static void get_name_at(struct qr_reader *in, const char magic[5], struct qr_hash *proposal, uint64_t *height,
                        int64_t *time)
{
    const uint8_t *start = qr_get_raw(in, 4);
    if (start && memcmp(start, magic, 4) != 0)
        qr_reader_fail(in, "it starts otherwise");
    qr_get_hash(in, proposal);
    *height = qr_get_uint(in);
    *time = qr_get_amount(in);
}

void qr_ballot_encode(const struct qr_ballot *ballot, struct qr_buffer *out)
{
    put_name_at(out, "QRV1", &ballot->proposal, ballot->height, ballot->time);
    qr_put_text(out, ballot->member);
    qr_put_u8(out, (uint8_t)ballot->choice);
    qr_put_uint(out, (uint64_t)ballot->weight);
    qr_put_hash(out, &ballot->report);
    qr_put_text(out, ballot->reason);
}

int qr_ballot_decode(const void *bytes, size_t size, struct qr_ballot *ret_ballot, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_ballot ballot = {0};
    get_name_at(&in, "QRV1", &ballot.proposal, &ballot.height, &ballot.time);
    qr_get_text(&in, ballot.member, sizeof ballot.member);
    ballot.choice = (enum qr_choice)qr_get_u8(&in);
    if (ballot.choice >= QR_CHOICES)
        qr_reader_fail(&in, "no such choice");
    ballot.weight = qr_get_amount(&in);
    qr_get_hash(&in, &ballot.report);
    qr_get_text(&in, ballot.reason, sizeof ballot.reason);
    int rc = qr_reader_end(&in, "a ballot", error);
    if (rc == 0)
        *ret_ballot = ballot;
    return rc;
}

void qr_report_record_encode(const struct qr_report_record *record, struct qr_buffer *out)
{
    put_name_at(out, "QRP1", &record->proposal, record->height, record->time);
    qr_put_text(out, record->member);
    qr_put_raw(out, record->agent.bytes, sizeof record->agent.bytes);
    qr_put_hash(out, &record->report);
}

int qr_report_record_decode(const void *bytes, size_t size, struct qr_report_record *ret_record, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_report_record record = {0};
    get_name_at(&in, "QRP1", &record.proposal, &record.height, &record.time);
    qr_get_text(&in, record.member, sizeof record.member);
    const uint8_t *agent = qr_get_raw(&in, sizeof record.agent.bytes);
    if (agent)
        memcpy(record.agent.bytes, agent, sizeof record.agent.bytes);
    qr_get_hash(&in, &record.report);
    int rc = qr_reader_end(&in, "a recorded report", error);
    if (rc == 0)
        *ret_record = record;
    return rc;
}

void qr_outcome_encode(const struct qr_outcome *outcome, struct qr_buffer *out)
{
    put_name_at(out, "QRT1", &outcome->proposal, outcome->height, outcome->time);
    qr_put_u8(out, (uint8_t)outcome->state);
    for (size_t i = 0; i < QR_CHOICES; i++)
        qr_put_uint(out, (uint64_t)outcome->tally.weight[i]);
    qr_put_uint(out, (uint64_t)outcome->total);
    qr_put_hash(out, &outcome->rules);
    qr_put_hash(out, &outcome->report);
    qr_put_text(out, outcome->reason);
}

int qr_outcome_decode(const void *bytes, size_t size, struct qr_outcome *ret_outcome, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_outcome outcome = {0};
    get_name_at(&in, "QRT1", &outcome.proposal, &outcome.height, &outcome.time);
    outcome.state = (enum qr_proposal_state)qr_get_u8(&in);
    if (outcome.state >= QR_PROPOSAL_STATES)
        qr_reader_fail(&in, "no such state");
    qr_tally_get(&in, &outcome.tally);
    outcome.total = qr_get_amount(&in);
    qr_get_hash(&in, &outcome.rules);
    qr_get_hash(&in, &outcome.report);
    qr_get_text(&in, outcome.reason, sizeof outcome.reason);
    int rc = qr_reader_end(&in, "an outcome", error);
    if (rc == 0)
        *ret_outcome = outcome;
    return rc;
}

bool qr_ballot_next(const struct qr_state *state, const struct qr_hash *proposal, const char *after,
                    struct qr_ballot *ret_ballot)
{
    char name[QR_MEMBER_NAME_MAX];
    struct qr_span value;
    struct qr_entry_key prefix = qr_entry_key_hash(QR_ENTRY_BALLOT, proposal);
    return qr_entry_next_name(state, &prefix, after, name, sizeof name, &value) &&
           qr_ballot_decode(value.bytes, value.size, ret_ballot, NULL) == 0;
}

bool qr_report_record_next(const struct qr_state *state, const struct qr_hash *proposal, const char *after,
                           struct qr_report_record *ret_record)
{
    char name[QR_MEMBER_NAME_MAX];
    struct qr_span value;
    struct qr_entry_key prefix = qr_entry_key_hash(QR_ENTRY_REPORT, proposal);
    return qr_entry_next_name(state, &prefix, after, name, sizeof name, &value) &&
           qr_report_record_decode(value.bytes, value.size, ret_record, NULL) == 0;
}

bool qr_snapshot_next(const struct qr_state *state, const struct qr_hash *proposal, const char *after,
                      struct qr_member *ret_member)
{
    struct qr_member member = {0};
    struct qr_span value;
    struct qr_entry_key prefix = qr_entry_key_hash(QR_ENTRY_WEIGHT, proposal);
    if (!qr_entry_next_name(state, &prefix, after, member.name, sizeof member.name, &value))
        return false;
    struct qr_reader in = qr_reader_of(value.bytes, value.size);
    member.weight = qr_get_amount(&in);
    *ret_member = member;
    return true;
}
