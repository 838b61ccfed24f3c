#ifndef QR_WIRE_ABCI_H
#define QR_WIRE_ABCI_H

#include "common/buffer.h"
#include "common/error.h"
#include "wire/abci.pb-c.h"

/* ABCI 2.0 on a byte stream: each message behind its length as a LEB128 varint (wire/abci.proto). */

enum {
    QR_ABCI_FRAME_MAX = 32 << 20,    /* bytes of one message; a block holds at most 8 MiB, a chunk of a snapshot 16 */
    QR_ABCI_DECODED_MAX = 128 << 20, /* bytes of memory that one decoded message may take */
    QR_ABCI_PREFIX_MAX = 10,         /* bytes of a length */
};

/* Where the message at the start of the bytes lies. 0 with *ret_start and *ret_size; QR_PENDING when there are too few bytes to
 * tell or to hold it, which is no error; QR_EFORMAT for a length that is none, QR_ELIMIT for one beyond QR_ABCI_FRAME_MAX. */
enum { QR_PENDING = 1 };
QR_MUST_USE int qr_abci_frame(const uint8_t *bytes, size_t size, size_t *ret_start, size_t *ret_size,
                              struct qr_error *error);

/* NULL when the bytes are no request. One whose value this version does not know decodes with value_case 0. Freed with
 * qr_message_free. */
Quorate__Abci__AbciRequest *qr_abci_request_decode(const void *bytes, size_t size);

/* Appends the response with its length. */
void qr_abci_response_write(const Quorate__Abci__AbciResponse *response, struct qr_buffer *out);

/* Milliseconds, rounded down; false for a time that is none. */
bool qr_abci_time(const Quorate__Abci__Timestamp *timestamp, int64_t *ret_time);

#endif
