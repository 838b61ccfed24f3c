#include "governance/proposal.h"
#include "node/keyspace.h"
#include "services/priced/priced.h"

/* After a block that changed governance: reads its entries and builds the explainers of proposals that wait for their
 * execution, so that an activation finds them ready. */

enum { PAGE = 1000, ENTRIES_MAX = 100000, CALL_MS = 5000 };

struct watch {
    struct priced *priced;
    struct qr_state *state;
    struct qr_buffer after;
};

static void end(struct watch *watch)
{
    qr_state_free(watch->state);
    qr_buffer_done(&watch->after);
    free(watch);
}

static void prefetch_queued(struct watch *watch)
{
    struct qr_proposal proposal;
    for (uint64_t number = 1; qr_proposal_next(watch->state, number, &proposal); number = proposal.number + 1) {
        if (proposal.state == QR_PROPOSAL_QUEUED && qr_track_subject(proposal.track) == QR_SUBJECT_UPGRADE)
            source_prefetch(watch->priced->source, &proposal.model, &proposal.baseline);
    }
}

static void ask(struct watch *watch);

static void page(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct watch *watch = context;
    if (error != NULL) { /* the activation itself will fetch what it needs */
        end(watch);
        return;
    }
    const Quorate__LedgerState *state = reply->ledger_state;
    for (size_t i = 0; i < state->n_entries; i++) {
        const Quorate__LedgerStateEntry *entry = state->entries[i];
        if (entry->key.len <= QR_STATE_KEY_MAX && entry->value.len <= QR_STATE_VALUE_MAX)
            qr_state_put(watch->state, entry->key.data, entry->key.len, entry->value.data, entry->value.len);
        qr_buffer_clear(&watch->after);
        qr_buffer_add(&watch->after, entry->key.data, entry->key.len);
    }
    bool more = state->more && state->n_entries > 0 && qr_state_count(watch->state) < ENTRIES_MAX;
    qr_reply_free(reply);
    if (more) {
        ask(watch);
    } else {
        prefetch_queued(watch);
        end(watch);
    }
}

static void ask(struct watch *watch)
{
    struct qr_error error;
    Quorate__LedgerStateRequest state = QUORATE__LEDGER_STATE_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    state.prefix = qr_wire_bytes(QR_KEY_GOVERNANCE, strlen(QR_KEY_GOVERNANCE));
    state.after = qr_wire_bytes(watch->after.data, watch->after.size);
    state.most = PAGE;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_STATE;
    request.ledger_state = &state;
    if (qr_client_send(qr_daemon_client(watch->priced->daemon), QR_SERVICE_LEDGER, &request, CALL_MS, page, watch,
                       &error) < 0)
        end(watch);
}

void watch_governance(struct priced *priced)
{
    struct watch *watch = qr_alloc(1, sizeof *watch);
    watch->priced = priced;
    watch->state = qr_state_new();
    ask(watch);
}
