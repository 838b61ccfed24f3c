#ifndef QR_GOVERNANCE_TRACK_H
#define QR_GOVERNANCE_TRACK_H

#include "common/buffer.h"
#include "common/codec.h"
#include "common/state.h"

/* A track: the rules by which one kind of proposal is decided, as data. There are two: `upgrade`, which replaces the
 * model and the baseline, and on ledgers that several organisations run `validators`, which adds or removes one of
 * their validators. Rules are set in the genesis (`quorate init --set upgrade.voting_seconds=5`), have a version and
 * a hash, and are copied into a proposal when its vote opens.
 *
 * Ratios are integers and are compared by cross multiplication, never divided:
 *   quorum     at least num/den of the total weight must have cast a ballot; abstaining counts
 *   threshold  yes must be more than num/den of yes + no + veto
 *   veto       a veto of at least num/den of the total weight defeats the proposal, whatever else was cast */

enum {
    QR_TRACK_NAME_MAX = 17,          /* with the final zero */
    QR_TRACK_BANNED_MAX = 32,        /* features */
    QR_TRACK_FEATURE_NAME_MAX = 64,  /* with the final zero */
    QR_TRACK_SECONDS_MAX = 31622400, /* a leap year */
    QR_TRACK_RATIO_MAX = 1000000,    /* of numerator and denominator */
    QR_TRACK_REPORTS_MAX = 100,
    QR_TRACK_LIVE_MAX = 100,
    QR_TRACK_STEP_MAX = 1000000,
};

/* What a track's proposals change. */
enum qr_subject {
    QR_SUBJECT_UPGRADE,   /* model and baseline; voted on with an impact report */
    QR_SUBJECT_VALIDATOR, /* one validator; there is nothing to report, so its vote opens at once */
};
#define QR_TRACK_VALIDATORS "validators"

struct qr_ratio {
    int64_t num;
    int64_t den;
};

struct qr_track {
    char name[QR_TRACK_NAME_MAX];
    int64_t version;
    int64_t review_seconds;   /* from the proposal until enough reports agree, or it expires */
    int64_t voting_seconds;   /* from then until the vote closes */
    int64_t timelock_seconds; /* from the close until it may be executed */
    int64_t grace_seconds;    /* from then until it expires unexecuted */
    struct qr_ratio quorum;
    struct qr_ratio threshold;
    struct qr_ratio veto;
    int64_t reports;        /* equal impact reports, of agents of as many members, that open the vote; 0 on `validators` */
    int64_t live_proposals; /* undecided proposals a member may have at once */
    /* Gates: what a model must pass to be admitted at all. node/ evaluates them. */
    int64_t step_limit_bp; /* most that any reference row's fare may change, in 1/10,000 of its present fare; 0: any */
    size_t n_banned;       /* features a model may not have, sorted by name, each once */
    char banned[QR_TRACK_BANNED_MAX][QR_TRACK_FEATURE_NAME_MAX];
};

/* The tracks as `quorate init` sets them unless told otherwise. */
void qr_track_upgrade(struct qr_track *ret_track);
void qr_track_validators(struct qr_track *ret_track);

enum qr_subject qr_track_subject(const char *name);

/* Sets one parameter from text: whole numbers, ratios as "N/D", banned_features as names between commas.
 * Fails with QR_EINPUT for a name that is no parameter, and with QR_EFORMAT or QR_ERANGE for a value; the
 * sentence gives the bounds. On failure nothing is changed. */
QR_MUST_USE int qr_track_set(struct qr_track *track, const char *name, const char *value, struct qr_error *error);

/* One of the parameters, for help and display: NULL past the last. */
struct qr_track_parameter {
    const char *name;
    const char *meaning;
};
const struct qr_track_parameter *qr_track_parameter(size_t i);
/* Its value as qr_track_set reads it, appended. */
void qr_track_value(const struct qr_track *track, size_t i, struct qr_buffer *out);

/* Every bound, and those between parameters (a threshold below one half could pass two opposites). */
QR_MUST_USE int qr_track_check(const struct qr_track *track, struct qr_error *error);

/* Canonical bytes. Decoding checks the bounds too. */
void qr_track_encode(const struct qr_track *track, struct qr_buffer *out);
QR_MUST_USE int qr_track_decode(const void *bytes, size_t size, struct qr_track *ret_track, struct qr_error *error);
struct qr_hash qr_track_hash(const struct qr_track *track); /* QR_DOMAIN_RULES */

/* The rules in force in the replicated state. qr_track_put checks them; qr_track_get fails with QR_ENOT_FOUND. */
QR_MUST_USE int qr_track_put(struct qr_state *state, const struct qr_track *track, struct qr_error *error);
QR_MUST_USE int qr_track_get(const struct qr_state *state, const char *name, struct qr_track *ret_track,
                             struct qr_error *error);

#endif
