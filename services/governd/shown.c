#include "services/governd/shown.h"

static char *text(const char *borrowed)
{
    return (char *)(uintptr_t)borrowed; /* protobuf-c's strings are not const, but encoding only reads them */
}

static ProtobufCBinaryData hash_or_empty(const struct qr_hash *hash)
{
    return qr_hash_is_zero(hash) ? qr_wire_bytes(NULL, 0) : qr_wire_hash(hash);
}

static void fill_validator(struct shown *shown)
{
    const struct qr_validator_proposed *proposed = &shown->proposal.validator;
    Quorate__ProposedValidator *message = &shown->validator;
    quorate__proposed_validator__init(message);
    message->change = text(qr_validator_act_word(proposed->act));
    message->name = text(proposed->name);
    message->key = qr_wire_bytes(proposed->key.bytes, sizeof proposed->key.bytes);
    message->power = (uint64_t)proposed->power;
    if (proposed->act == QR_VALIDATOR_ADD)
        message->node_key = qr_wire_bytes(proposed->node_key.bytes, sizeof proposed->node_key.bytes);
    message->member = text(proposed->member);
    shown->message.validator = message;
}

static void fill_what(struct shown *shown, const struct governd *governd)
{
    const struct qr_proposal *proposal = &shown->proposal;
    const struct mandate *mandate = mirror_mandate(governd->mirror, &proposal->against);
    Quorate__Proposal *message = &shown->message;
    message->id = qr_wire_hash(&proposal->id);
    message->number = proposal->number;
    message->track = text(proposal->track);
    message->state = text(qr_proposal_state_word(proposal->state));
    message->title = text(proposal->title);
    message->proposer = text(proposal->proposer);
    message->model = hash_or_empty(&proposal->model);
    message->baseline = hash_or_empty(&proposal->baseline);
    message->against = hash_or_empty(&proposal->against);
    if (mandate)
        message->current_model = qr_wire_hash(&mandate->model);
    if (qr_track_subject(proposal->track) == QR_SUBJECT_VALIDATOR)
        fill_validator(shown);
    message->report = hash_or_empty(&proposal->report);
    message->rules = hash_or_empty(&proposal->rules);
}

static bool ended_badly(enum qr_proposal_state state)
{
    return state == QR_PROPOSAL_DEFEATED || state == QR_PROPOSAL_EXPIRED || state == QR_PROPOSAL_FAILED;
}

static void fill_standing(struct shown *shown)
{
    const struct qr_proposal *proposal = &shown->proposal;
    Quorate__Proposal *message = &shown->message;
    message->created_height = proposal->height;
    message->created_ms = proposal->proposed_at;
    message->opens_ms = proposal->opened_at;
    message->closes_ms = proposal->closes_at;
    message->executable_ms = proposal->executable_at;
    message->expires_ms = proposal->state == QR_PROPOSAL_REVIEW ? proposal->review_ends_at : proposal->expires_at;
    message->executed_height = proposal->state == QR_PROPOSAL_EXECUTED ? proposal->ended_height : 0;
    message->failure = text(ended_badly(proposal->state) ? proposal->reason : "");
    message->reason = text(proposal->reason);
    quorate__tally__init(&shown->tally);
    shown->tally.yes = (uint64_t)proposal->tally.weight[QR_CHOICE_YES];
    shown->tally.no = (uint64_t)proposal->tally.weight[QR_CHOICE_NO];
    shown->tally.abstain = (uint64_t)proposal->tally.weight[QR_CHOICE_ABSTAIN];
    shown->tally.veto = (uint64_t)proposal->tally.weight[QR_CHOICE_VETO];
    message->tally = &shown->tally;
}

/* Before the vote opens, what would decide it were it opened now. */
static void fill_rules(struct shown *shown, const struct qr_state *state)
{
    struct qr_track rules;
    Quorate__Proposal *message = &shown->message;
    int64_t total = shown->proposal.total > 0 ? shown->proposal.total : qr_member_total_weight(state);
    if (qr_proposal_rules(state, &shown->proposal, &rules, NULL) < 0)
        return;
    message->reports_needed = (uint32_t)rules.reports;
    message->total_weight = (uint64_t)total;
    message->quorum = (uint64_t)qr_tally_quorum_need(total, &rules);
    message->veto_weight = (uint64_t)qr_tally_veto_need(total, &rules);
    message->threshold_numerator = (uint64_t)rules.threshold.num;
    message->threshold_denominator = (uint64_t)rules.threshold.den;
}

/* How many agents recorded the report that most of them, or the vote, agreed on. */
static uint32_t agreeing(const struct qr_state *state, const struct qr_proposal *proposal)
{
    struct qr_report_record record = {0}, other;
    uint32_t most = 0;
    while (qr_report_record_next(state, &proposal->id, record.member, &record)) {
        uint32_t n = 0;
        bool counts = qr_hash_is_zero(&proposal->report) || qr_hash_equal(&proposal->report, &record.report);
        other.member[0] = 0;
        while (counts && qr_report_record_next(state, &proposal->id, other.member, &other))
            n += qr_hash_equal(&other.report, &record.report);
        most = n > most ? n : most;
    }
    return most;
}

static void fill_ballots(struct shown *shown, const struct qr_state *state)
{
    struct qr_ballot ballot = {0};
    size_t n = 0;
    while (qr_ballot_next(state, &shown->proposal.id, ballot.member, &ballot)) {
        shown->ballots = qr_realloc(shown->ballots, n + 1, sizeof ballot);
        shown->ballots[n++] = ballot;
    }
    shown->ballot_messages = qr_alloc(n, sizeof *shown->ballot_messages);
    shown->ballot_list = qr_alloc(n, sizeof *shown->ballot_list);
    for (size_t i = 0; i < n; i++) {
        Quorate__Ballot *message = shown->ballot_list[i] = &shown->ballot_messages[i];
        quorate__ballot__init(message);
        message->member = shown->ballots[i].member;
        message->choice = text(qr_choice_word(shown->ballots[i].choice));
        message->reason = shown->ballots[i].reason;
        message->weight = (uint64_t)shown->ballots[i].weight;
        message->height = shown->ballots[i].height;
    }
    shown->message.ballots = shown->ballot_list;
    shown->message.n_ballots = n;
}

static bool voted(const struct shown *shown, const char *member)
{
    for (size_t i = 0; i < shown->message.n_ballots; i++)
        if (strcmp(shown->ballots[i].member, member) == 0)
            return true;
    return false;
}

static void fill_missing(struct shown *shown, const struct qr_state *state)
{
    struct qr_member member = {0};
    size_t n = 0;
    while (qr_snapshot_next(state, &shown->proposal.id, member.name, &member)) {
        if (voted(shown, member.name))
            continue;
        shown->missing = qr_realloc(shown->missing, n + 1, sizeof member);
        shown->missing[n++] = member;
    }
    shown->missing_list = qr_alloc(n, sizeof *shown->missing_list);
    for (size_t i = 0; i < n; i++)
        shown->missing_list[i] = shown->missing[i].name;
    shown->message.missing = shown->missing_list;
    shown->message.n_missing = n;
}

void shown_fill(struct shown *shown, const struct governd *governd, const struct qr_proposal *proposal,
                bool with_ballots)
{
    const struct qr_state *state = mirror_state(governd->mirror);
    *shown = (struct shown){.proposal = *proposal};
    quorate__proposal__init(&shown->message);
    fill_what(shown, governd);
    fill_standing(shown);
    fill_rules(shown, state);
    shown->message.reports_agreeing = agreeing(state, proposal);
    if (!with_ballots)
        return;
    fill_ballots(shown, state);
    fill_missing(shown, state);
}

void shown_done(struct shown *shown)
{
    free(shown->ballots);
    free(shown->ballot_messages);
    free(shown->ballot_list);
    free(shown->missing);
    free(shown->missing_list);
}
