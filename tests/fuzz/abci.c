#include "common/buffer.h"

#include "tests/fuzz/target.h"
#include "wire/abci.h"
#include "wire/message.h"

/* A stream of ABCI: cut the same way wherever it is split, and every request either decodes or is refused. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t at = 0, start, length;
    while (at < size) {
        struct qr_error error = {.code = QR_OK};
        int code = qr_abci_frame(data + at, size - at, &start, &length, &error);
        FUZZ_CHECK(code == 0 || code == QR_PENDING || error.text[0]);
        if (code)
            break;
        FUZZ_CHECK(start >= 1 && start <= QR_ABCI_PREFIX_MAX && length <= QR_ABCI_FRAME_MAX && start + length <= size - at);
        for (size_t part = 0; part < start; part++)
            FUZZ_CHECK(qr_abci_frame(data + at, part, &start, &length, &error) == QR_PENDING);
        Quorate__Abci__AbciRequest *request = qr_abci_request_decode(data + at + start, length);
        qr_message_free(request);
        at += start + length;
    }
    return 0;
}
