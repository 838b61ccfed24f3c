#ifndef QR_SERVICES_LIB_CONFIG_H
#define QR_SERVICES_LIB_CONFIG_H

#include "common/buffer.h"
#include "common/error.h"

/* HOME/quorate.ini: every setting of every service in one table (config.c), from which the file is checked, written by
 * `quorate init` and documented in quorate(1). An unknown section or key, a key given twice and a value out of its
 * range are errors that name the line. A missing file means defaults. To add a setting, add a row. */
struct qr_config;

QR_MUST_USE int qr_config_load(const char *home, struct qr_config **ret_config, struct qr_error *error);
/* From text, `path` being what errors call it. */
QR_MUST_USE int qr_config_parse(const char *text, const char *path, struct qr_config **ret_config,
                                struct qr_error *error);
void qr_config_free(struct qr_config *config);
void qr_config_freep(struct qr_config **config);

/* The value or the default. A section and name that are not in the table, or of the other type, abort: a programming
 * error. */
int64_t qr_config_integer(const struct qr_config *config, const char *section, const char *name);
const char *qr_config_text(const struct qr_config *config, const char *section, const char *name); /* "" when not set */

/* The file as `quorate init` writes it: every setting with its meaning, commented out at its default; those given with their values.
 * QR_EINPUT for a value that would not be read back as it is. */
struct qr_config_given {
    const char *section, *name, *value;
};
void qr_config_write_default(struct qr_buffer *out);
QR_MUST_USE int qr_config_write(const struct qr_config_given *given, size_t n, struct qr_buffer *out, struct qr_error *error);

enum { QR_CONFIG_SIZE_MAX = 64 << 10, QR_CONFIG_VALUE_MAX = 256, QR_TABLE_MEMORY_MAX = 1 << 20 /* MiB */ };

#endif
