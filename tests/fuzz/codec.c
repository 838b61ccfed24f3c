#include "common/codec.h"

#include "tests/fuzz/target.h"

/* The first byte of each step chooses what is read next; whatever is read is written again. */
static void read_one(struct qr_reader *in, uint8_t kind, struct qr_buffer *again)
{
    switch (kind % 5) {
    case 0: {
        uint64_t value = qr_get_uint(in);
        qr_put_uint(again, value);
        break;
    }
    case 1: {
        int64_t value = qr_get_int(in);
        qr_put_int(again, value);
        break;
    }
    case 2: {
        size_t size;
        const uint8_t *bytes = qr_get_bytes(in, 1024, &size);
        qr_put_bytes(again, bytes, size);
        break;
    }
    case 3: {
        char text[64];
        qr_get_text(in, text, sizeof text);
        FUZZ_CHECK(qr_utf8_valid(text, strlen(text)));
        qr_put_text(again, text);
        break;
    }
    case 4: {
        struct qr_hash hash;
        qr_get_hash(in, &hash);
        qr_put_hash(again, &hash);
        break;
    }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer again = {0};
    struct qr_reader in = qr_reader_of(data, size);
    while (!in.failed && in.at < in.end) {
        uint8_t kind = qr_get_u8(&in);
        qr_put_u8(&again, kind);
        read_one(&in, kind, &again);
    }
    struct qr_error error;
    if (qr_reader_end(&in, "input", &error) == QR_OK)
        FUZZ_CHECK(again.size == size && (size == 0 || memcmp(again.data, data, size) == 0));
    return 0;
}
