#include "governance/proposal.h"

#include "governance/entries.h"

static const char *const state_words[QR_PROPOSAL_STATES] = {
    "draft", "review", "voting", "confirming", "queued", "executed", "defeated", "expired", "withdrawn", "failed",
};

/* The only ways on. A new lifecycle step is a new row here. */
static const struct transition {
    enum qr_proposal_state from;
    enum qr_proposal_event event;
    enum qr_proposal_state to;
} transitions[] = {
    {QR_PROPOSAL_DRAFT, QR_EVENT_ADMITTED, QR_PROPOSAL_REVIEW},
    {QR_PROPOSAL_DRAFT, QR_EVENT_ADMITTED_TO_VOTE, QR_PROPOSAL_VOTING},
    {QR_PROPOSAL_REVIEW, QR_EVENT_REPORTS_AGREE, QR_PROPOSAL_VOTING},
    {QR_PROPOSAL_REVIEW, QR_EVENT_REVIEW_OVERDUE, QR_PROPOSAL_EXPIRED},
    {QR_PROPOSAL_VOTING, QR_EVENT_VOTE_PASSED, QR_PROPOSAL_QUEUED},
    {QR_PROPOSAL_VOTING, QR_EVENT_VOTE_LOST, QR_PROPOSAL_DEFEATED},
    {QR_PROPOSAL_QUEUED, QR_EVENT_EXECUTED, QR_PROPOSAL_EXECUTED},
    {QR_PROPOSAL_QUEUED, QR_EVENT_EXECUTION_FAILED, QR_PROPOSAL_FAILED},
    {QR_PROPOSAL_QUEUED, QR_EVENT_GRACE_OVER, QR_PROPOSAL_EXPIRED},
};

enum { N_TRANSITIONS = sizeof transitions / sizeof transitions[0] };

const char *qr_proposal_state_word(enum qr_proposal_state state)
{
    return state < QR_PROPOSAL_STATES ? state_words[state] : "unknown";
}

bool qr_proposal_state_from_word(const char *word, enum qr_proposal_state *ret_state)
{
    for (unsigned i = 0; i < QR_PROPOSAL_STATES; i++) {
        if (strcmp(word, state_words[i]) == 0) {
            *ret_state = (enum qr_proposal_state)i;
            return true;
        }
    }
    return false;
}

bool qr_proposal_after(enum qr_proposal_state state, enum qr_proposal_event event, enum qr_proposal_state *ret_state)
{
    for (size_t i = 0; i < N_TRANSITIONS; i++) {
        if (transitions[i].from == state && transitions[i].event == event) {
            *ret_state = transitions[i].to;
            return true;
        }
    }
    return false;
}

bool qr_proposal_state_final(enum qr_proposal_state state)
{
    for (size_t i = 0; i < N_TRANSITIONS; i++) {
        if (transitions[i].from == state)
            return false;
    }
    return true;
}

int64_t qr_proposal_deadline(const struct qr_proposal *proposal)
{
    switch (proposal->state) {
    case QR_PROPOSAL_REVIEW:
        return proposal->review_ends_at;
    case QR_PROPOSAL_VOTING:
        return proposal->closes_at;
    case QR_PROPOSAL_QUEUED:
        return proposal->expires_at;
    case QR_PROPOSAL_DRAFT:
    case QR_PROPOSAL_CONFIRMING:
    case QR_PROPOSAL_EXECUTED:
    case QR_PROPOSAL_DEFEATED:
    case QR_PROPOSAL_EXPIRED:
    case QR_PROPOSAL_WITHDRAWN:
    case QR_PROPOSAL_FAILED:
    case QR_PROPOSAL_STATES:
        break;
    }
    return 0;
}

const char *qr_validator_act_word(enum qr_validator_act act)
{
    return act == QR_VALIDATOR_ADD ? "add" : "remove";
}

void qr_validator_proposed_put(struct qr_buffer *out, const struct qr_validator_proposed *proposed)
{
    qr_put_u8(out, (uint8_t)proposed->act);
    qr_put_text(out, proposed->name);
    qr_put_raw(out, proposed->key.bytes, sizeof proposed->key.bytes);
    qr_put_uint(out, (uint64_t)proposed->power);
    qr_put_raw(out, proposed->node_key.bytes, sizeof proposed->node_key.bytes);
    qr_put_text(out, proposed->member);
}

static void get_key(struct qr_reader *in, struct qr_public_key *key)
{
    const uint8_t *bytes = qr_get_raw(in, sizeof key->bytes);
    if (bytes)
        memcpy(key->bytes, bytes, sizeof key->bytes);
}

void qr_validator_proposed_get(struct qr_reader *in, struct qr_validator_proposed *proposed)
{
    static const struct qr_public_key none;
    uint8_t act = qr_get_u8(in);
    if (act != QR_VALIDATOR_ADD && act != QR_VALIDATOR_REMOVE)
        qr_reader_fail(in, "it neither adds nor removes a validator");
    proposed->act = (enum qr_validator_act)act;
    qr_get_text(in, proposed->name, sizeof proposed->name);
    get_key(in, &proposed->key);
    proposed->power = qr_get_amount(in);
    get_key(in, &proposed->node_key);
    qr_get_text(in, proposed->member, sizeof proposed->member);
    bool bare = proposed->power == 0 && memcmp(&proposed->node_key, &none, sizeof none) == 0;
    if (act == QR_VALIDATOR_REMOVE && !bare)
        qr_reader_fail(in, "a removal gives neither a power nor a node key");
}

static void put_subject(struct qr_buffer *out, const struct qr_proposal *proposal)
{
    switch (qr_track_subject(proposal->track)) {
    case QR_SUBJECT_UPGRADE:
        qr_put_hash(out, &proposal->model);
        qr_put_hash(out, &proposal->baseline);
        qr_put_hash(out, &proposal->against);
        return;
    case QR_SUBJECT_VALIDATOR:
        qr_validator_proposed_put(out, &proposal->validator);
        return;
    }
}

static void get_subject(struct qr_reader *in, struct qr_proposal *proposal)
{
    switch (qr_track_subject(proposal->track)) {
    case QR_SUBJECT_UPGRADE:
        qr_get_hash(in, &proposal->model);
        qr_get_hash(in, &proposal->baseline);
        qr_get_hash(in, &proposal->against);
        return;
    case QR_SUBJECT_VALIDATOR:
        qr_validator_proposed_get(in, &proposal->validator);
        return;
    }
}

void qr_proposal_encode(const struct qr_proposal *proposal, struct qr_buffer *out)
{
    const int64_t times[] = {proposal->proposed_at, proposal->review_ends_at, proposal->opened_at,
                             proposal->closes_at,   proposal->executable_at,  proposal->expires_at,
                             proposal->ended_at};
    qr_put_uint(out, proposal->number);
    qr_put_text(out, proposal->track);
    qr_put_text(out, proposal->title);
    qr_put_text(out, proposal->proposer);
    put_subject(out, proposal);
    qr_put_u8(out, (uint8_t)proposal->state);
    qr_put_uint(out, proposal->height);
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++)
        qr_put_uint(out, (uint64_t)times[i]);
    qr_put_uint(out, proposal->ended_height);
    qr_put_hash(out, &proposal->rules);
    qr_put_hash(out, &proposal->report);
    qr_put_uint(out, (uint64_t)proposal->total);
    for (size_t i = 0; i < QR_CHOICES; i++)
        qr_put_uint(out, (uint64_t)proposal->tally.weight[i]);
    qr_put_text(out, proposal->reason);
}

static void get_what(struct qr_reader *in, struct qr_proposal *proposal)
{
    proposal->number = qr_get_uint(in);
    qr_get_text(in, proposal->track, sizeof proposal->track);
    qr_get_text(in, proposal->title, sizeof proposal->title);
    qr_get_text(in, proposal->proposer, sizeof proposal->proposer);
    get_subject(in, proposal);
}

static void get_standing(struct qr_reader *in, struct qr_proposal *proposal)
{
    proposal->state = (enum qr_proposal_state)qr_get_u8(in);
    if (proposal->state >= QR_PROPOSAL_STATES)
        qr_reader_fail(in, "no such state");
    proposal->height = qr_get_uint(in);
    proposal->proposed_at = qr_get_amount(in);
    proposal->review_ends_at = qr_get_amount(in);
    proposal->opened_at = qr_get_amount(in);
    proposal->closes_at = qr_get_amount(in);
    proposal->executable_at = qr_get_amount(in);
    proposal->expires_at = qr_get_amount(in);
    proposal->ended_at = qr_get_amount(in);
    proposal->ended_height = qr_get_uint(in);
}

void qr_tally_get(struct qr_reader *in, struct qr_tally *tally)
{
    for (unsigned i = 0; i < QR_CHOICES; i++) {
        if (!qr_tally_add(tally, (enum qr_choice)i, qr_get_amount(in)))
            qr_reader_fail(in, "a tally beyond all bounds");
    }
}

int qr_proposal_decode(const struct qr_hash *id, const void *bytes, size_t size, struct qr_proposal *ret_proposal,
                       struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_proposal proposal = {.id = *id};
    get_what(&in, &proposal);
    get_standing(&in, &proposal);
    qr_get_hash(&in, &proposal.rules);
    qr_get_hash(&in, &proposal.report);
    proposal.total = qr_get_amount(&in);
    qr_tally_get(&in, &proposal.tally);
    qr_get_text(&in, proposal.reason, sizeof proposal.reason);
    int rc = qr_reader_end(&in, "a proposal's record", error);
    if (rc == 0)
        *ret_proposal = proposal;
    return rc;
}

int qr_proposal_get(const struct qr_state *state, const struct qr_hash *id, struct qr_proposal *ret_proposal,
                    struct qr_error *error)
{
    struct qr_span value;
    struct qr_entry_key entry = qr_entry_key_hash(QR_ENTRY_PROPOSAL, id);
    if (!qr_entry_get(state, &entry, &value)) {
        qr_fail(error, QR_ENOT_FOUND, "there is no proposal %.12s", qr_hash_text(id).text);
        (void)qr_hint(error, "`quorate proposal list` shows the proposals");
        return QR_ENOT_FOUND;
    }
    if (qr_proposal_decode(id, value.bytes, value.size, ret_proposal, error) < 0)
        return qr_fail(error, QR_ECORRUPT, "the record of proposal %.12s cannot be read", qr_hash_text(id).text);
    return 0;
}

bool qr_proposal_next(const struct qr_state *state, uint64_t number, struct qr_proposal *ret_proposal)
{
    struct qr_span value;
    struct qr_hash id;
    for (uint64_t count = qr_proposal_count(state); number <= count; number++) {
        struct qr_entry_key entry = qr_entry_key_number(QR_ENTRY_NUMBER, number);
        if (!qr_entry_get(state, &entry, &value) || value.size != sizeof id.bytes)
            continue;
        memcpy(id.bytes, value.bytes, sizeof id.bytes);
        return qr_proposal_get(state, &id, ret_proposal, NULL) == 0;
    }
    return false;
}

uint64_t qr_proposal_count(const struct qr_state *state)
{
    struct qr_entry_key entry = qr_entry_key(QR_ENTRY_COUNT);
    return qr_entry_get_uint(state, &entry);
}

int qr_proposal_rules(const struct qr_state *state, const struct qr_proposal *proposal, struct qr_track *ret_rules,
                      struct qr_error *error)
{
    struct qr_span value;
    struct qr_entry_key entry = qr_entry_key_hash(QR_ENTRY_RULES, &proposal->id);
    if (qr_entry_get(state, &entry, &value))
        return qr_track_decode(value.bytes, value.size, ret_rules, error);
    return qr_track_get(state, proposal->track, ret_rules, error);
}
