#include "services/ledgerd/follower.h"

#include "common/clock.h"

/* Own signatures on their way to the leader. They are in the store already, so what is lost on the way can be sent again: a start sends
 * those over the last blocks. */

enum { LINES_MAX = 4096, SENT_MAX = 256, CALL_MS = 5000 };

void sender_add(struct follower *follower, uint64_t height, const struct qr_note_signature *line)
{
    if (follower->n_lines == LINES_MAX) { /* the leader takes none; the newest matter most */
        size_t dropped = LINES_MAX / 2;
        follower->n_lines -= dropped;
        follower->sending -= follower->sending < dropped ? follower->sending : dropped;
        memmove(follower->lines, follower->lines + dropped, follower->n_lines * sizeof *follower->lines);
    }
    follower->lines[follower->n_lines++] = (struct qr_cosignature){.height = height, .line = *line};
}

void sender_start(struct follower *follower)
{
    struct ledgerd *ledgerd = follower->ledgerd;
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    uint64_t head = qr_chain_head(ledgerd->chain)->height;
    follower->lines = qr_alloc(LINES_MAX, sizeof *follower->lines);
    for (uint64_t height = head < SENT_MAX ? 1 : head - SENT_MAX + 1; height <= head; height++) {
        if (qr_store_note(ledgerd->store, height, qr_node_genesis(ledgerd->node), note, NULL) != 0)
            continue;
        for (unsigned i = 0; i < note->n; i++)
            if (qr_checkpoint_claims(&note->signatures[i], qr_key_name(ledgerd->key), qr_key_public(ledgerd->key)))
                sender_add(follower, height, &note->signatures[i]);
    }
}

void sender_free(struct follower *follower)
{
    free(follower->lines);
}

static void lines_taken(void *context, Quorate__Reply *reply, const struct qr_error *error)
{
    struct follower *follower = context;
    size_t sent = follower->sending;
    follower->sending = 0;
    if (error) {
        follower->send_after = qr_clock_monotonic() / 1000 + FOLLOWER_RETRY_MS;
        return;
    }
    if (*reply->ledger_cosign->refused)
        qr_log(QR_LOG_WARNING, "the leader refused signatures: %s", reply->ledger_cosign->refused);
    follower->n_lines -= sent;
    memmove(follower->lines, follower->lines + sent, follower->n_lines * sizeof *follower->lines);
    qr_reply_free(reply);
}

static void fill(const struct qr_cosignature *line, Quorate__LedgerCosignature *message)
{
    quorate__ledger_cosignature__init(message);
    message->height = line->height;
    message->name = (char *)(uintptr_t)line->line.name;
    message->key_hash = qr_wire_bytes(line->line.key_hash, sizeof line->line.key_hash);
    message->signature = qr_wire_bytes(line->line.signature.bytes, QR_SIGNATURE_SIZE);
}

void sender_send(struct follower *follower)
{
    Quorate__LedgerCosignature messages[SENT_MAX], *list[SENT_MAX];
    Quorate__LedgerCosignRequest cosign = QUORATE__LEDGER_COSIGN_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    if (follower->sending || follower->n_lines == 0 || follower_stopped(follower) ||
        qr_clock_monotonic() / 1000 < follower->send_after)
        return;
    for (; cosign.n_lines < follower->n_lines && cosign.n_lines < SENT_MAX; cosign.n_lines++) {
        fill(&follower->lines[cosign.n_lines], &messages[cosign.n_lines]);
        list[cosign.n_lines] = &messages[cosign.n_lines];
    }
    cosign.lines = list;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_COSIGN;
    request.ledger_cosign = &cosign;
    if (qr_client_send(follower->client, QR_SERVICE_LEDGER, &request, CALL_MS, lines_taken, follower, NULL) == 0)
        follower->sending = cosign.n_lines;
}
