#include "governance/payload.h"

#include "governance/entries.h"

void qr_propose_encode(const struct qr_propose *propose, struct qr_buffer *out)
{
    qr_put_text(out, propose->track);
    qr_put_text(out, propose->title);
    qr_put_hash(out, &propose->model);
    qr_put_hash(out, &propose->baseline);
}

int qr_propose_decode(const void *bytes, size_t size, struct qr_propose *ret, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_propose propose = {0};
    qr_get_text(&in, propose.track, sizeof propose.track);
    qr_get_text(&in, propose.title, sizeof propose.title);
    qr_get_hash(&in, &propose.model);
    qr_get_hash(&in, &propose.baseline);
    int rc = qr_reader_end(&in, "a proposal's payload", error);
    if (rc == 0)
        *ret = propose;
    return rc;
}

void qr_propose_validator_encode(const struct qr_propose_validator *propose, struct qr_buffer *out)
{
    qr_put_text(out, propose->track);
    qr_put_text(out, propose->title);
    qr_validator_proposed_put(out, &propose->validator);
}

int qr_propose_validator_decode(const void *bytes, size_t size, struct qr_propose_validator *ret, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_propose_validator propose = {.title = ""};
    qr_get_text(&in, propose.track, sizeof propose.track);
    qr_get_text(&in, propose.title, sizeof propose.title);
    qr_validator_proposed_get(&in, &propose.validator);
    int rc = qr_reader_end(&in, "a proposal's payload", error);
    if (rc == 0)
        *ret = propose;
    return rc;
}

void qr_cast_encode(const struct qr_cast *cast, struct qr_buffer *out)
{
    qr_put_hash(out, &cast->proposal);
    qr_put_u8(out, (uint8_t)cast->choice);
    qr_put_hash(out, &cast->report);
    qr_put_text(out, cast->reason);
}

int qr_cast_decode(const void *bytes, size_t size, struct qr_cast *ret, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_cast cast = {0};
    qr_get_hash(&in, &cast.proposal);
    cast.choice = (enum qr_choice)qr_get_u8(&in);
    if (cast.choice >= QR_CHOICES)
        qr_reader_fail(&in, "no such choice");
    qr_get_hash(&in, &cast.report);
    qr_get_text(&in, cast.reason, sizeof cast.reason);
    int rc = qr_reader_end(&in, "a ballot's payload", error);
    if (rc == 0)
        *ret = cast;
    return rc;
}

void qr_reported_encode(const struct qr_reported *reported, struct qr_buffer *out)
{
    qr_put_hash(out, &reported->proposal);
    qr_put_hash(out, &reported->report);
}

int qr_reported_decode(const void *bytes, size_t size, struct qr_reported *ret, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_reported reported = {0};
    qr_get_hash(&in, &reported.proposal);
    qr_get_hash(&in, &reported.report);
    int rc = qr_reader_end(&in, "a report's payload", error);
    if (rc == 0)
        *ret = reported;
    return rc;
}

void qr_execute_encode(const struct qr_execute *execute, struct qr_buffer *out)
{
    qr_put_hash(out, &execute->proposal);
}

int qr_execute_decode(const void *bytes, size_t size, struct qr_execute *ret, struct qr_error *error)
{
    struct qr_reader in = qr_reader_of(bytes, size);
    struct qr_execute execute = {0};
    qr_get_hash(&in, &execute.proposal);
    int rc = qr_reader_end(&in, "an execution's payload", error);
    if (rc == 0)
        *ret = execute;
    return rc;
}

bool qr_line_valid(const char *text)
{
    if (!qr_utf8_valid(text, strlen(text)))
        return false;
    for (const uint8_t *at = (const uint8_t *)text; *at; at++) {
        bool c1 = at[0] == 0xc2 && at[1] >= 0x80 && at[1] < 0xa0;
        if (*at < 0x20 || *at == 0x7f || c1)
            return false;
    }
    return true;
}
