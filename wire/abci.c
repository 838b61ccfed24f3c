#include "wire/abci.h"

#include "common/codec.h"
#include "wire/message.h"

int qr_abci_frame(const uint8_t *bytes, size_t size, size_t *ret_start, size_t *ret_size, struct qr_error *error)
{
    uint64_t length = 0;
    for (unsigned i = 0; i < QR_ABCI_PREFIX_MAX && i < size; i++) {
        uint64_t part = bytes[i] & 0x7f;
        if (i == QR_ABCI_PREFIX_MAX - 1 && part > 1)
            break;
        length |= part << (7 * i);
        if (length > QR_ABCI_FRAME_MAX)
            return qr_fail(error, QR_ELIMIT, "a message of more than %d bytes was announced", QR_ABCI_FRAME_MAX);
        if (bytes[i] & 0x80)
            continue;
        if (size - i - 1 < length)
            return QR_PENDING;
        *ret_start = i + 1;
        *ret_size = (size_t)length;
        return 0;
    }
    return size < QR_ABCI_PREFIX_MAX ? QR_PENDING : qr_fail(error, QR_EFORMAT, "the length of a message does not end");
}

Quorate__Abci__AbciRequest *qr_abci_request_decode(const void *bytes, size_t size)
{
    return qr_message_decode(&quorate__abci__abci_request__descriptor, bytes, size, QR_ABCI_DECODED_MAX);
}

void qr_abci_response_write(const Quorate__Abci__AbciResponse *response, struct qr_buffer *out)
{
    size_t size = quorate__abci__abci_response__get_packed_size(response);
    qr_put_uint(out, size);
    qr_buffer_reserve(out, size);
    out->size += quorate__abci__abci_response__pack(response, out->data + out->size);
}

bool qr_abci_time(const Quorate__Abci__Timestamp *timestamp, int64_t *ret_time)
{
    enum { SECONDS_MAX = 1 << 30, NANOS = 1000000000, NANOS_A_MS = 1000000 };
    int64_t seconds = timestamp ? timestamp->seconds : 0;
    int32_t nanos = timestamp ? timestamp->nanos : 0;
    if (seconds < 0 || seconds / 1024 > SECONDS_MAX || nanos < 0 || nanos >= NANOS)
        return false;
    *ret_time = seconds * 1000 + nanos / NANOS_A_MS;
    return true;
}
