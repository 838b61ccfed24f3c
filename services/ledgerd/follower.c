#include "services/ledgerd/follower.h"

#include "common/clock.h"
#include "ledger/evidence.h"
#include "node/witness.h"

/* The engine that follows: executes each block of another home's ledger, keeps and signs it if a node in office had signed it. Blocks that
 * wait are executed in groups, one sync for all of a group; while one is ended, workers prepare the next. Nothing is sent, announced or answered before the disk has it.
 * A height has one header here for good: a leader that shows another one is not followed any more. */

enum {
    AHEAD_MS = 10000,   /* how far a block may be ahead of this machine's clock */
    GROUP_MAX = 256,    /* blocks of one sync */
    TURN_MS = 100,      /* how long a group may keep requests waiting */
    CATCHING_UP = 16,   /* blocks behind that are called so */
};

/* ---- What it says of itself ---- */

static const char *state_word(const struct follower *follower)
{
    bool far = follower->leader_head > qr_chain_head(follower->ledgerd->chain)->height + CATCHING_UP;
    switch (follower->state) {
    case FOLLOWER_FOLLOWS:
        return far ? "catching_up" : "running";
    case FOLLOWER_AWAY:
        return "waiting_for_leader";
    case FOLLOWER_BEHIND:
        return "leader_behind";
    case FOLLOWER_CLOCK:
        return "waiting_for_clock";
    case FOLLOWER_INVALID:
        return "stopped_by_invalid_block";
    case FOLLOWER_DIVERGED:
        return "diverged";
    }
    return "stopped";
}

static void tell(struct follower *follower)
{
    uint64_t height = qr_chain_head(follower->ledgerd->chain)->height;
    struct qr_daemon *daemon = follower->ledgerd->daemon;
    *follower->height = (int64_t)height;
    *follower->lag = follower->leader_head > height ? (int64_t)(follower->leader_head - height) : 0;
    if (follower->state != FOLLOWER_FOLLOWS)
        qr_daemon_set_state(daemon, state_word(follower), "%s", follower->why.text);
    else if (strcmp(state_word(follower), "running") != 0)
        qr_daemon_set_state(daemon, state_word(follower), "follows %s, at block %" PRIu64 " of %" PRIu64, follower->address, height,
                            follower->leader_head);
    else
        qr_daemon_set_state(daemon, "running", "follows %s", follower->address);
}

void follower_set(struct follower *follower, enum follower_state state, const struct qr_error *why)
{
    if (follower_stopped(follower))
        return;
    follower->state = state;
    if (why)
        follower->why = *why;
    if (follower_stopped(follower))
        qr_log_error("following ends", why);
}

/* ---- A leader that went another way ---- */

static void keep_evidence(const struct follower *follower, const struct qr_signed_checkpoint *shown)
{
    struct qr_error error;
    if (qr_evidence_keep(qr_daemon_home(follower->ledgerd->daemon), follower->seen, shown, &error))
        qr_log_error("cannot keep checkpoints as evidence", &error);
}

static void other_checkpoint_came(void *context, Quorate__Reply *reply, const struct qr_error *refusal)
{
    const struct follower *follower = context;
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *shown = qr_alloc(1, sizeof *shown);
    struct qr_error error;
    const char *note = refusal ? "" : reply->ledger_checkpoint->note;
    int code = qr_note_read(note, strlen(note), shown, &error);
    if (code)
        qr_log_error("the leader does not give its other checkpoint", refusal ? refusal : &error);
    keep_evidence(follower, code ? NULL : shown);
    qr_reply_free(reply);
}

static void ask_other_checkpoint(struct follower *follower, uint64_t height)
{
    enum { CALL_MS = 5000 };
    Quorate__LedgerCheckpointRequest ask = QUORATE__LEDGER_CHECKPOINT_REQUEST__INIT;
    Quorate__Request request = QUORATE__REQUEST__INIT;
    ask.height = height;
    request.body_case = QUORATE__REQUEST__BODY_LEDGER_CHECKPOINT;
    request.ledger_checkpoint = &ask;
    if (qr_client_send(follower->client, QR_SERVICE_LEDGER, &request, CALL_MS, other_checkpoint_came, follower, NULL))
        keep_evidence(follower, NULL);
}

void follower_diverge(struct follower *follower, uint64_t height)
{
    struct ledgerd *ledgerd = follower->ledgerd;
    struct qr_error why;
    if (follower_stopped(follower))
        return;
    if (height == 0)
        qr_fail(&why, QR_EMISMATCH, "the ledger at %.100s is another one than this home's", follower->address);
    else
        qr_fail(&why, QR_EFORKED,
                "the ledger at %.100s has another block %" PRIu64 " than the one executed and kept here: it was rewritten or "
                "restored from an old copy",
                follower->address, height);
    qr_hint(&why, "what is here stays; both checkpoints lie in HOME/evidence");
    follower->seen = qr_alloc(1, sizeof *follower->seen);
    if (height > 0 && qr_store_note(ledgerd->store, height, qr_node_genesis(ledgerd->node), follower->seen, NULL) == 0)
        ask_other_checkpoint(follower, height);
    follower_set(follower, FOLLOWER_DIVERGED, &why);
}

/* ---- Executing ---- */

/* What a group's blocks are announced with, once all of them are on the disk. */
struct group {
    size_t n;
    struct {
        struct qr_header header;
        struct qr_block_facts facts;
    } blocks[GROUP_MAX];
};

/* Whether the block may be executed now. */
static bool may_execute(struct follower *follower, const struct qr_header *header)
{
    const struct qr_header *head = qr_chain_head(follower->ledgerd->chain);
    struct qr_hash hash = qr_header_hash(head);
    int64_t now = qr_clock_now();
    struct qr_error why;
    if (!qr_hash_equal(&header->previous, &hash)) {
        follower_diverge(follower, head->height);
        return false;
    }
    if (header->time <= now + AHEAD_MS) /* a time is any number yet */
        return true;
    qr_fail(&why, QR_EREFUSED, "block %" PRIu64 " of %.100s is %" PRId64 " s ahead of this machine's clock", header->height,
            follower->address, (header->time - now) / 1000);
    follower_set(follower, FOLLOWER_CLOCK, &why);
    return false;
}

/* Whether it holds, of which a signature that came back from here needs no second copy. */
static bool take_line(struct ledgerd *ledgerd, const struct qr_checkpoint *checkpoint, const struct qr_note_signature *line)
{
    struct qr_operator_record record;
    if (!qr_witness_find(qr_node_state(ledgerd->node), checkpoint, line, &record))
        return false;
    if (strcmp(line->name, qr_key_name(ledgerd->key)) != 0)
        qr_chain_witness(ledgerd->chain, line);
    return true;
}

/* Signatures that the leader had gathered already, each checked as if it came alone. One at least has to hold: whoever can put a block
 * between the leader and this home still cannot have it signed here. */
static int take_lines(struct follower *follower, const char *text, struct qr_error *error)
{
    struct ledgerd *ledgerd = follower->ledgerd;
    QR_CLEANUP(qr_freep) struct qr_signed_checkpoint *note = qr_alloc(1, sizeof *note);
    struct qr_checkpoint checkpoint =
        qr_checkpoint_of(qr_replay_append(follower->replay)->header, qr_node_genesis(ledgerd->node));
    unsigned held = 0;
    if (qr_note_read(text, strlen(text), note, NULL) != 0)
        note->n = 0;
    for (unsigned i = 0; i < note->n; i++)
        held += take_line(ledgerd, &checkpoint, &note->signatures[i]);
    return held > 0 ? 0 : qr_fail(error, QR_EBAD_SIGNATURE, "no node in office signed it as it is computed here");
}

/* Executes the block and leaves it open, if it is what a node in office signed. */
static int repeat(struct follower *follower, const struct received *received, struct qr_error *error)
{
    const struct qr_block *next = received->next ? &received->next->block : NULL;
    int code = qr_replay_block(follower->replay, &received->block, next, error);
    if (code)
        return code;
    code = take_lines(follower, received->note, error);
    if (code)
        qr_chain_abort(follower->ledgerd->chain);
    return code;
}

static int execute_first(struct follower *follower, struct group *group, struct qr_error *error)
{
    struct received *received = follower->first;
    struct ledgerd *ledgerd = follower->ledgerd;
    int code = repeat(follower, received, error);
    if (code) {
        qr_prefix(error, "block %" PRIu64 " of %.100s does not hold", received->block.header.height, follower->address);
        follower_set(follower, FOLLOWER_INVALID, error);
        return 0;
    }
    const struct qr_append *append = qr_replay_append(follower->replay);
    if (qr_witness_in_office(qr_node_state(ledgerd->node), qr_key_public(ledgerd->key)))
        sender_add(follower, append->header->height, &append->signatures[0]);
    code = qr_replay_next(follower->replay, error);
    if (code)
        return code;
    group->blocks[group->n].header = *qr_chain_head(ledgerd->chain);
    group->blocks[group->n++].facts = *qr_node_facts(ledgerd->node);
    feeder_drop_first(follower);
    return 0;
}

/* Whether the first block is executed now: not while the one after it is on its way, so that workers go from one to the other without a
 * pause. */
static bool is_turn(const struct follower *follower)
{
    const struct received *first = follower->first;
    return first && (first->next || !follower->asking || follower->leader_head == first->block.header.height);
}

static int execute_group(struct follower *follower, struct group *group, struct qr_error *error)
{
    int64_t end = qr_clock_monotonic() / 1000 + TURN_MS;
    bool several = follower->first->next != NULL;
    int code = several ? qr_store_group_begin(follower->ledgerd->store, error) : 0;
    while (code == 0 && is_turn(follower) && !follower_stopped(follower) && group->n < GROUP_MAX &&
           qr_clock_monotonic() / 1000 < end && may_execute(follower, &follower->first->block.header))
        code = execute_first(follower, group, error);
    return code == 0 && several ? qr_store_group_end(follower->ledgerd->store, error) : code;
}

static void wake(void *context)
{
    struct follower *follower = context;
    follower->waking = false;
}

static void execute(struct follower *follower)
{
    struct ledgerd *ledgerd = follower->ledgerd;
    struct qr_error error;
    if (!is_turn(follower) || follower_stopped(follower))
        return;
    struct group *group = qr_alloc(1, sizeof *group);
    int code = execute_group(follower, group, &error);
    if (code)
        ledgerd_give_up(ledgerd, "cannot keep a block", &error);
    for (size_t i = 0; code == 0 && i < group->n; i++)
        ledgerd_announce(ledgerd, &group->blocks[i].header, &group->blocks[i].facts);
    if (group->n > 0 && !follower_stopped(follower))
        follower->state = FOLLOWER_FOLLOWS;
    if (code == 0 && qr_node_facts(ledgerd->node)->governance)
        ledgerd_prepare_upgrade(ledgerd);
    if (code == 0 && group->n > 0 && follower->first && !follower->waking) { /* the rest, after what came meanwhile */
        follower->waking = true;
        qr_daemon_after(ledgerd->daemon, 0, wake, follower);
    }
    free(group);
}

/* ---- The engine ---- */

static int start(struct ledgerd *ledgerd, struct qr_error *error)
{
    struct follower *follower = qr_alloc(1, sizeof *follower);
    struct qr_error why;
    ledgerd->order = follower;
    follower->ledgerd = ledgerd;
    follower->address = qr_daemon_follow(ledgerd->daemon);
    follower->next = qr_chain_head(ledgerd->chain)->height + 1;
    follower->end = &follower->first;
    follower->height = qr_daemon_metric(ledgerd->daemon, "quorate_ledgerd_follower_height", "Last block executed here.");
    follower->lag = qr_daemon_metric(ledgerd->daemon, "quorate_ledgerd_follower_lag_blocks",
                                     "Blocks that the ledger that is followed has and this one has not.");
    follower->replay = qr_replay_on(ledgerd->node, ledgerd->chain, ledgerd->log, ledgerd->workers);
    qr_fail(&why, QR_EUNREACHABLE, "the ledger at %.100s has not answered yet", follower->address);
    follower_set(follower, FOLLOWER_AWAY, &why);
    sender_start(follower);
    tell(follower);
    return qr_daemon_leader(ledgerd->daemon, &follower->client, error);
}

static int submit(struct ledgerd *ledgerd, const struct qr_buffer *encoded, uint64_t token, struct qr_error *error)
{
    return forward_submit(ledgerd->order, encoded, token, error);
}

static void settle(struct ledgerd *ledgerd)
{
    struct follower *follower = ledgerd->order;
    feeder_ask(follower);
    execute(follower);
    feeder_ask(follower);
    sender_send(follower);
    forward_settle(follower);
    tell(follower);
}

static void stop(struct ledgerd *ledgerd)
{
    struct follower *follower = ledgerd->order;
    forward_free(follower);
    qr_replay_free(follower->replay);
    feeder_free(follower);
    sender_free(follower);
    free(follower->seen);
    free(follower);
}

const struct ledgerd_engine ledgerd_follower = {
    .name = "follower", .start = start, .submit = submit, .settle = settle, .stop = stop};
