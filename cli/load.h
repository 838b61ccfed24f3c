#ifndef QR_CLI_LOAD_H
#define QR_CLI_LOAD_H

#include "cli/cli.h"
#include "cli/histogram.h"
#include "common/buffer.h"

/* The load tester: what it sends (load_operations.c) and when, and what it reports (load.c). */

enum load_operation { LOAD_SEARCH, LOAD_BOOK, LOAD_VOTE, LOAD_OPERATIONS };

enum { LOAD_CODES = 64, LOAD_OFFERS_MAX = 4096, LOAD_TIMEOUT_MS = 10000 };

struct load_counts {
    uint64_t errors[LOAD_CODES]; /* by the negative of the code */
    struct qr_histogram latency; /* of what was answered without an error */
};

struct load {
    struct cli *cli;
    struct qr_client *client;
    struct load_counts *counts; /* one for each operation */
    uint64_t random;            /* xorshift64 */
    Quorate__Reply *network;
    uint8_t (*offers)[16]; /* from the searches, each booked once: a ring */
    uint64_t offers_put, offers_taken;
    uint64_t books;
    /* Ballots: an open proposal, and the keys in this home. */
    char chain[QR_CHAIN_ID_MAX + 1];
    uint64_t height;
    struct qr_hash proposal, report;
    struct qr_key *voter;
    uint64_t ballots;
    void (*finished)(struct load *load); /* after each answer: the next of a closed loop; may be NULL */
};

/* Learns what there is to search for, and to vote on where `votes`. QR_ENOT_FOUND when no proposal is open. */
QR_MUST_USE int load_prepare(struct load *load, struct qr_error *error);
QR_MUST_USE int load_prepare_votes(struct load *load, struct qr_error *error);
void load_done(struct load *load);

/* Sends one; its latency counts from `planned`, monotonic us. A booking takes an offer that a search found; without
 * one, it searches first, and both count as the booking. */
void load_launch(struct load *load, enum load_operation operation, int64_t planned);
uint64_t load_random(struct load *load, uint64_t below);

#endif
