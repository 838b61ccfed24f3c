#include "governance/governance.h"

#include "tests/fuzz/target.h"

/* The first byte chooses the decoder; what decodes encodes to the same bytes. */

static struct qr_buffer again;

#define DECODER(name, type)                                                                                            \
    static bool name##_again(const uint8_t *data, size_t size)                                                         \
    {                                                                                                                  \
        struct type value;                                                                                             \
        struct qr_error error = {0};                                                                                   \
        if (qr_##name##_decode(data, size, &value, &error) < 0) {                                                      \
            FUZZ_CHECK(error.code < 0 && error.text[0]);                                                               \
            return false;                                                                                              \
        }                                                                                                              \
        qr_##name##_encode(&value, &again);                                                                            \
        return true;                                                                                                   \
    }

DECODER(propose, qr_propose)
DECODER(propose_validator, qr_propose_validator)
DECODER(cast, qr_cast)
DECODER(reported, qr_reported)
DECODER(execute, qr_execute)
DECODER(ballot, qr_ballot)
DECODER(report_record, qr_report_record)
DECODER(outcome, qr_outcome)
DECODER(track, qr_track)

static bool proposal_again(const uint8_t *data, size_t size)
{
    struct qr_proposal proposal;
    if (qr_proposal_decode(&(struct qr_hash){{1}}, data, size, &proposal, NULL) < 0)
        return false;
    qr_proposal_encode(&proposal, &again);
    return true;
}

static bool (*const decoders[])(const uint8_t *data, size_t size) = {
    propose_again,       cast_again,    reported_again, execute_again,  ballot_again,
    report_record_again, outcome_again, track_again,    proposal_again, propose_validator_again,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    size_t which = data[0] % (sizeof decoders / sizeof decoders[0]);
    qr_buffer_clear(&again);
    if (decoders[which](data + 1, size - 1))
        FUZZ_CHECK(again.size == size - 1 && (size == 1 || memcmp(again.data, data + 1, size - 1) == 0));
    return 0;
}
