#ifndef QR_TESTS_FUZZ_XAI_SCHEMA_H
#define QR_TESTS_FUZZ_XAI_SCHEMA_H

#include "tests/fuzz/target.h"
#include "xai/schema.h"

/* The features that the seeds of rows/ and import/ are written for. */
static inline const struct qr_schema *fuzz_schema(void)
{
    static const char text[] = "{\"output\":{\"unit\":\"INR\",\"minor_digits\":2,\"link\":\"log\"},\"features\":[{"
                               "\"name\":\"days\",\"scale\":1,\"min\":0,"
                               "\"max\":365},{\"name\":\"hours\",\"scale\":100,\"min\":-1.5,\"max\":60,\"missing\":"
                               "true},{\"name\":\"airline\","
                               "\"categories\":[\"A\",\"B, Inc\"],\"missing\":true}]}";
    static struct qr_schema schema;
    if (schema.n_features == 0)
        FUZZ_CHECK(qr_schema_parse(text, sizeof text - 1, &schema, NULL) == QR_OK);
    return &schema;
}

#endif
