#include "common/buffer.h"
#include "common/codec.h"

#include "tests/fuzz/target.h"
#include "wire/message.h"

/* Frames: what decodes can be encoded again, and its texts are fit to show. */

static void check_request(const uint8_t *data, size_t size)
{
    Quorate__Request *request = qr_request_decode(data, size);
    if (!request)
        return;
    FUZZ_CHECK(qr_request_word(request->body_case)[0]);
    size_t packed = quorate__request__get_packed_size(request);
    QR_CLEANUP(qr_freep) uint8_t *bytes = qr_alloc(1, packed);
    FUZZ_CHECK(quorate__request__pack(request, bytes) == packed);
    /* protobuf keeps fields it does not know as they came, so it may fail to read what it wrote; but not misread it. */
    Quorate__Request *again = qr_request_decode(bytes, packed);
    FUZZ_CHECK(!again || (again->id == request->id && again->body_case == request->body_case));
    qr_request_message_free(again);
    qr_request_message_free(request);
}

static void check_reply(const uint8_t *data, size_t size)
{
    Quorate__Reply *reply = qr_reply_decode(data, size);
    if (!reply)
        return;
    if (reply->body_case == QUORATE__REPLY__BODY_ERROR) {
        struct qr_error error;
        Quorate__Error back;
        int code = qr_error_from_wire(reply->error, &error);
        FUZZ_CHECK(code < 0 && (enum qr_code)code == error.code && qr_code_exit_status(error.code) > 0);
        FUZZ_CHECK(qr_utf8_valid(error.text, strlen(error.text)) && qr_utf8_valid(error.hint, strlen(error.hint)));
        qr_error_to_wire(&error, &back);
    }
    qr_reply_free(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_request(data, size);
    check_reply(data, size);
    qr_event_free(qr_event_decode(data, size));
    return 0;
}
