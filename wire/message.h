#ifndef QR_WIRE_MESSAGE_H
#define QR_WIRE_MESSAGE_H

#include "common/error.h"
#include "common/hash.h"
#include "wire/quorate.pb-c.h"

/* Requests, replies and events as frames of bytes, and the conversions that every side of a socket needs.
 *
 * What is decoded here lies in one piece of memory behind its message: it is freed whole by the functions below, never
 * by protobuf-c's own. A frame asks for memory in proportion to its structure, so decoding stops at QR_DECODED_MAX. */

enum {
    QR_FRAME_MAX = 1 << 20,    /* bytes of one frame */
    QR_DECODED_MAX = 24 << 20, /* bytes of memory that one decoded frame may take */
};

/* NULL when the bytes are no such message, hold a text that is no UTF-8, are more than QR_FRAME_MAX, or would take more
 * than QR_DECODED_MAX. A request or an event whose body this version does not know decodes with body_case 0. */
Quorate__Request *qr_request_decode(const void *bytes, size_t size);
Quorate__Reply *qr_reply_decode(const void *bytes, size_t size);
Quorate__Event *qr_event_decode(const void *bytes, size_t size);

/* Any message of protobuf-c that takes at most `most` bytes of memory, likewise; freed with qr_message_free. */
void *qr_message_decode(const ProtobufCMessageDescriptor *descriptor, const void *bytes, size_t size, size_t most);
void qr_message_free(void *message);

/* The freep forms are for QR_CLEANUP; they take the address of a pointer and accept NULL in it. */
void qr_request_message_free(Quorate__Request *request);
void qr_reply_free(Quorate__Reply *reply);
void qr_reply_freep(Quorate__Reply **reply);
void qr_event_free(Quorate__Event *event);

/* Whether a reply's body is the one that answers a request's (an error answers any). */
bool qr_reply_answers(Quorate__Request__BodyCase request, Quorate__Reply__BodyCase reply);

/* The field name of a request's body, "ledger_head"; "nothing" for an empty or unknown one. */
const char *qr_request_word(Quorate__Request__BodyCase body);

/* An error as it came over the wire: unknown codes become QR_EINTERNAL, control characters are replaced. Returns its
 * code. */
int qr_error_from_wire(const Quorate__Error *message, struct qr_error *ret_error);
/* Points into `error`, which must outlive the message. */
void qr_error_to_wire(const struct qr_error *error, Quorate__Error *ret_message);

/* Bytes fields. qr_wire_bytes points at what it is given. */
ProtobufCBinaryData qr_wire_bytes(const void *bytes, size_t size);
ProtobufCBinaryData qr_wire_hash(const struct qr_hash *hash);
/* Exactly 32 bytes, else QR_EFORMAT naming `what`. */
QR_MUST_USE int qr_hash_from_wire(ProtobufCBinaryData bytes, const char *what, struct qr_hash *ret_hash,
                                  struct qr_error *error);

#endif
