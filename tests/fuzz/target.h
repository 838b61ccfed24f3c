#ifndef QR_TESTS_FUZZ_TARGET_H
#define QR_TESTS_FUZZ_TARGET_H

#include "common/prelude.h"

/* A fuzz target: takes any bytes, decodes them, and aborts when a promise is broken (what decodes must re-encode to the
 * same bytes, say). Returns 0. The name is libFuzzer's. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* States a promise; stays on in every build. */
#define FUZZ_CHECK(holds) \
    do { \
        if (!(holds)) { \
            fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #holds); \
            abort(); \
        } \
    } while (0)

#endif
