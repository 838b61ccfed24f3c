#ifndef QR_TESTS_UNIT_DATA_REAL_H
#define QR_TESTS_UNIT_DATA_REAL_H

#include "common/buffer.h"
#include "common/file.h"

/* The real fares, where there are any: $QUORATE_SHARED_DATA/fares/Clean_Dataset.csv.gz, or ../shared/data beside the
 * sources, unpacked into a temporary file. Returns its path, which the caller removes and frees, or NULL. */
static char *unpack_real_fares(void)
{
    const char *shared = getenv("QUORATE_SHARED_DATA"), *sources = getenv("QR_TOP_SRCDIR");
    struct qr_buffer command = {0};
    char path[] = "/tmp/quorate-fares-XXXXXX";
    qr_buffer_text(&command, "gzip -dc '%s%s/fares/Clean_Dataset.csv.gz' 2>/dev/null",
                   shared ? shared : sources ? sources : ".", shared ? "" : "/../shared/data");
    FILE *from = popen(qr_buffer_string(&command), "r");
    int to = mkstemp(path);
    ck_assert(from != NULL && to >= 0);
    char block[65536];
    size_t total = 0, n;
    while ((n = fread(block, 1, sizeof block, from)) > 0) {
        ck_assert_int_eq(write(to, block, n), (ssize_t)n);
        total += n;
    }
    pclose(from);
    close(to);
    qr_buffer_done(&command);
    if (total > 0)
        return qr_strdup(path);
    unlink(path);
    return NULL;
}

#endif
