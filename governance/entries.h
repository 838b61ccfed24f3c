#ifndef QR_GOVERNANCE_ENTRIES_H
#define QR_GOVERNANCE_ENTRIES_H

#include "governance/proposal.h"

/* How governance lays out its entries in the replicated state; for governance/ alone. A key is "g/", one of
 * these letters, "/", and parts as said; numbers in keys are 8 bytes, highest first, so that they sort. */
enum qr_entry {
    QR_ENTRY_MEMBER = 'm',   /* name: key, weight */
    QR_ENTRY_KEY = 'k',      /* public key: member's name */
    QR_ENTRY_TRACK = 't',    /* name: rules in force */
    QR_ENTRY_PROPOSAL = 'p', /* id: record */
    QR_ENTRY_NUMBER = 'n',   /* number: id */
    QR_ENTRY_COUNT = 'c',    /* (nothing): how many proposals there were */
    QR_ENTRY_LIVE = 'l',     /* proposer, "/", id: undecided proposals */
    QR_ENTRY_DEADLINE = 'd', /* time, id: when a proposal's state ends by itself */
    QR_ENTRY_REPORT = 'r',   /* id, member: last report of an agent of theirs */
    QR_ENTRY_RULES = 's',    /* id: rules as copied when the vote opened */
    QR_ENTRY_WEIGHT = 'w',   /* id, member: weight in the snapshot */
    QR_ENTRY_BALLOT = 'v',   /* id, member: last ballot */
};

/* The longest key has a letter, a name, a slash and a hash. */
struct qr_entry_key {
    uint8_t bytes[128];
    size_t size;
};

struct qr_entry_key qr_entry_key(enum qr_entry entry);
struct qr_entry_key qr_entry_key_text(enum qr_entry entry, const char *text);
struct qr_entry_key qr_entry_key_hash(enum qr_entry entry, const struct qr_hash *hash);
struct qr_entry_key qr_entry_key_number(enum qr_entry entry, uint64_t number);
void qr_entry_key_add(struct qr_entry_key *key, const void *bytes, size_t size);

void qr_entry_put(struct qr_state *state, const struct qr_entry_key *key, const struct qr_buffer *value);
void qr_entry_put_hash(struct qr_state *state, const struct qr_entry_key *key, const struct qr_hash *value);
void qr_entry_put_uint(struct qr_state *state, const struct qr_entry_key *key, uint64_t value);
void qr_entry_delete(struct qr_state *state, const struct qr_entry_key *key);
bool qr_entry_get(const struct qr_state *state, const struct qr_entry_key *key, struct qr_span *ret_value);
/* 0 when there is no such entry. */
uint64_t qr_entry_get_uint(const struct qr_state *state, const struct qr_entry_key *key);

/* The first entry under `prefix` whose key goes on with something after `after` (NULL or size 0: with anything).
 * ret_rest is what follows the prefix in its key. */
bool qr_entry_next(const struct qr_state *state, const struct qr_entry_key *prefix, const void *after,
                   size_t after_size, struct qr_span *ret_rest, struct qr_span *ret_value);
/* Likewise for keys that end in a member's name, which is copied out; `after` NULL or "": the first. */
bool qr_entry_next_name(const struct qr_state *state, const struct qr_entry_key *prefix, const char *after,
                        char *ret_name, size_t capacity, struct qr_span *ret_value);

uint64_t qr_entry_number(const uint8_t bytes[8]); /* of a key */

/* A number that must fit int64 and not be negative, as every weight, time and count here. */
int64_t qr_get_amount(struct qr_reader *in);
void qr_tally_get(struct qr_reader *in, struct qr_tally *tally); /* onto an empty one */

/* The same in a payload and in a proposal's record. */
void qr_validator_proposed_put(struct qr_buffer *out, const struct qr_validator_proposed *proposed);
void qr_validator_proposed_get(struct qr_reader *in, struct qr_validator_proposed *proposed);

#endif
