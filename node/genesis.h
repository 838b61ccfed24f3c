#ifndef QR_NODE_GENESIS_H
#define QR_NODE_GENESIS_H

#include "common/codec.h"
#include "common/key.h"
#include "governance/member.h"
#include "governance/track.h"

/* The genesis: what a ledger starts from, in HOME/genesis.qrg. "QRG1", then canonical codec: chain id, time, custody, the track
 * `upgrade`, parameters, members, operators, and the first model, baseline, pricing rules and reference rows as
 * files' bytes. A ledger of an engine other than solo starts with "QRG2" and goes on with the engine's name, the track
 * `validators` and the first validators. Its hash (QR_DOMAIN_GENESIS) names the ledger: the origin of every checkpoint. */

enum {
    QR_GENESIS_FILE_MAX = 64 << 20,
    QR_GENESIS_OPERATORS_MAX = 256,
    QR_CUSTODY_MAX = 32, /* with the final zero */
    QR_VALIDATORS_MAX = 200,
    QR_ENGINE_NAME_MAX = 16, /* with the final zero */
};
#define QR_VALIDATOR_POWER_MAX (INT64_C(1) << 58)
#define QR_VALIDATORS_POWER_MAX (INT64_MAX / 8) /* of all together; CometBFT's bound */

/* What orders transactions. */
enum qr_engine_kind {
    QR_ENGINE_SOLO,     /* one sequencer */
    QR_ENGINE_COMETBFT, /* validators of several organisations */
};
const char *qr_engine_kind_name(enum qr_engine_kind engine); /* "solo", "cometbft" */
QR_MUST_USE bool qr_engine_kind_from_name(const char *name, enum qr_engine_kind *ret);

struct qr_operator {
    enum qr_key_kind kind; /* any but QR_KEY_MEMBER */
    char name[QR_KEY_NAME_MAX];
    struct qr_public_key key;
    char member[QR_MEMBER_NAME_MAX]; /* who appointed it */
};

/* One that takes part in ordering blocks, with the key that it signs the engine's votes with. */
struct qr_validator {
    char name[QR_KEY_NAME_MAX];
    struct qr_public_key key;
    int64_t power;                   /* 1 to QR_VALIDATOR_POWER_MAX */
    char member[QR_MEMBER_NAME_MAX]; /* whose it is */
};

struct qr_genesis {
    char chain_id[QR_CHAIN_ID_MAX + 1];
    int64_t time;
    char custody[QR_CUSTODY_MAX]; /* "shared": all keys on one machine; proves procedure, not independence. Else "own" */
    struct qr_track upgrade;
    int64_t offer_seconds; /* how long an offer can be booked */
    size_t n_members;
    struct qr_member *members; /* sorted by name */
    size_t n_operators;
    struct qr_operator *operators; /* sorted by key */
    struct qr_buffer model;
    struct qr_buffer baseline;
    struct qr_buffer rules;
    struct qr_buffer rows; /* reference rows that impact reports and gates are computed on */
    enum qr_engine_kind engine;
    struct qr_track validation; /* the track `validators`; not of solo, likewise below */
    size_t n_validators;
    struct qr_validator *validators; /* sorted by key */
};

/* A zeroed struct is empty; done frees what it holds. */
void qr_genesis_done(struct qr_genesis *genesis);
/* Chain id and times apart, what `quorate init` starts from: default rules and parameters. */
void qr_genesis_defaults(struct qr_genesis *genesis);
void qr_genesis_add_member(struct qr_genesis *genesis, const char *name, const struct qr_public_key *key,
                           int64_t weight);
void qr_genesis_add_operator(struct qr_genesis *genesis, enum qr_key_kind kind, const char *name,
                             const struct qr_public_key *key, const char *member);
void qr_genesis_add_validator(struct qr_genesis *genesis, const struct qr_validator *validator);

/* Sets one parameter from text, as `quorate init --set` gives it: "offer_seconds", or "upgrade." or (unless the engine is solo)
 * "validators." and a parameter of the track. QR_EINPUT for a name that is none, QR_ERANGE or QR_EFORMAT for a value. */
QR_MUST_USE int qr_genesis_set(struct qr_genesis *genesis, const char *name, const char *value,
                               struct qr_error *error);

/* The file. Sorts members, operators and validators. What is missing or doubled is an error here already. */
QR_MUST_USE int qr_genesis_write(struct qr_genesis *genesis, struct qr_buffer *out, struct qr_error *error);
QR_MUST_USE int qr_genesis_read(const void *bytes, size_t size, struct qr_genesis *ret, struct qr_error *error);
struct qr_hash qr_genesis_hash(const void *bytes, size_t size);

#endif
