#ifndef QR_GOVERNANCE_PAYLOAD_H
#define QR_GOVERNANCE_PAYLOAD_H

#include "governance/proposal.h"

/* What a governance transaction carries, canonically coded. Decoding checks form alone; whether it may be done is
 * for governance.h. */

struct qr_propose {
    char track[QR_TRACK_NAME_MAX];
    char title[QR_PROPOSAL_TITLE_MAX]; /* 1 character or more, none of them a control character */
    struct qr_hash model;
    struct qr_hash baseline;
};

struct qr_propose_validator {
    char track[QR_TRACK_NAME_MAX];
    char title[QR_PROPOSAL_TITLE_MAX]; /* as above */
    struct qr_validator_proposed validator;
};

struct qr_cast {
    struct qr_hash proposal;
    enum qr_choice choice;
    struct qr_hash report;               /* must be the proposal's: a voter votes on what was reported; zero where nothing is */
    char reason[QR_PROPOSAL_REASON_MAX]; /* "" is none; a veto needs one */
};

struct qr_reported {
    struct qr_hash proposal;
    struct qr_hash report;
};

struct qr_execute {
    struct qr_hash proposal;
};

void qr_propose_encode(const struct qr_propose *propose, struct qr_buffer *out);
QR_MUST_USE int qr_propose_decode(const void *bytes, size_t size, struct qr_propose *ret, struct qr_error *error);
void qr_propose_validator_encode(const struct qr_propose_validator *propose, struct qr_buffer *out);
QR_MUST_USE int qr_propose_validator_decode(const void *bytes, size_t size, struct qr_propose_validator *ret,
                                            struct qr_error *error);
void qr_cast_encode(const struct qr_cast *cast, struct qr_buffer *out);
QR_MUST_USE int qr_cast_decode(const void *bytes, size_t size, struct qr_cast *ret, struct qr_error *error);
void qr_reported_encode(const struct qr_reported *reported, struct qr_buffer *out);
QR_MUST_USE int qr_reported_decode(const void *bytes, size_t size, struct qr_reported *ret, struct qr_error *error);
void qr_execute_encode(const struct qr_execute *execute, struct qr_buffer *out);
QR_MUST_USE int qr_execute_decode(const void *bytes, size_t size, struct qr_execute *ret, struct qr_error *error);

/* Whether a title or a reason is text for one line: UTF-8 without control characters. */
bool qr_line_valid(const char *text);

#endif
