#ifndef QR_SERVICES_LEDGERD_FOLLOWER_H
#define QR_SERVICES_LEDGERD_FOLLOWER_H

#include "node/replay.h"
#include "services/ledgerd/ledgerd.h"

/* What the files of the engine that follows share: follower.c executes, feeder.c fetches, forward.c passes submissions on, sender.c sends
 * signatures. */

enum { FOLLOWER_BACKLOG_MAX = 32 << 20, FOLLOWER_RETRY_MS = 500 };

/* A block that came and waits to be executed. */
struct received {
    struct received *next;
    struct qr_buffer bytes;
    struct qr_block block; /* points into bytes */
    char *note;            /* its checkpoint with the signatures that the leader had */
};

enum follower_state {
    FOLLOWER_FOLLOWS,
    FOLLOWER_AWAY,     /* the leader does not answer */
    FOLLOWER_BEHIND,   /* the leader has lost blocks that are here */
    FOLLOWER_CLOCK,    /* its block is from a time that has not come here */
    FOLLOWER_INVALID,  /* its block does not hold; final, as is */
    FOLLOWER_DIVERGED, /* it has another block at a height that is here */
};

struct forward;

struct follower {
    struct ledgerd *ledgerd;
    const char *address;
    struct qr_client *client;
    struct qr_replay *replay;
    enum follower_state state;
    struct qr_error why; /* of the states but the first */
    struct qr_signed_checkpoint *seen; /* own checkpoint at the height where the leader has another block; NULL: nowhere */
    int64_t *height, *lag;
    bool waking; /* a timer will go on executing */

    /* feeder.c */
    struct received *first, **end; /* whole blocks, in order */
    size_t backlog;                /* bytes that they take, notes included */
    uint64_t next;                 /* height of the block that is fetched */
    struct qr_buffer partial;      /* what is there of it */
    uint64_t leader_head;
    bool asking;
    int64_t ask_after; /* monotonic, ms */

    /* sender.c */
    struct qr_cosignature *lines; /* own signatures that the leader has not got, oldest first */
    size_t n_lines;
    size_t sending; /* so many of them are on their way */
    int64_t send_after;

    struct forward *forwards; /* forward.c */
};

static inline bool follower_stopped(const struct follower *follower)
{
    return follower->state == FOLLOWER_INVALID || follower->state == FOLLOWER_DIVERGED;
}

/* Takes a state with the error that says why; a final one stays. */
void follower_set(struct follower *follower, enum follower_state state, const struct qr_error *why);
/* The leader has another block at this height: keeps both checkpoints in HOME/evidence. */
void follower_diverge(struct follower *follower, uint64_t height);

/* feeder.c: asks for blocks, one request while what the last one brought is executed. */
void feeder_ask(struct follower *follower);
void feeder_drop_first(struct follower *follower);
void feeder_free(struct follower *follower);

/* sender.c: own signatures, to the leader. */
void sender_start(struct follower *follower); /* with those over the last blocks, which it may not have got */
void sender_add(struct follower *follower, uint64_t height, const struct qr_note_signature *line);
void sender_send(struct follower *follower);
void sender_free(struct follower *follower);

/* forward.c: submissions, to the leader; answered when their block is here. */
QR_MUST_USE int forward_submit(struct follower *follower, const struct qr_buffer *encoded, uint64_t token, struct qr_error *error);
void forward_settle(struct follower *follower);
void forward_free(struct follower *follower); /* answers that it ends */

#endif
