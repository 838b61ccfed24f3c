#ifndef QR_COMMON_FILE_H
#define QR_COMMON_FILE_H

#include "common/buffer.h"
#include "common/error.h"

/* Whole files. `path` "-" is standard input for reading and standard output for writing. */

/* Fails with QR_ENO_FILE, QR_EIO, or QR_ELIMIT for more than `most` bytes. Appends to the buffer. */
QR_MUST_USE int qr_file_read(const char *path, size_t most, struct qr_buffer *out, struct qr_error *error);

/* As qr_file_read, for a kind of file that starts with `magic`: another is QR_EFORMAT after its first bytes, however
 * large it is. */
QR_MUST_USE int qr_file_read_kind(const char *path, const char *magic, size_t most, struct qr_buffer *out,
                                  struct qr_error *error);

/* Makes a file that is not there yet, synced; one that is there is left untouched (QR_EINPUT), and none is left behind by
 * a failure. `mode` as in open(2). */
QR_MUST_USE int qr_file_create(const char *path, const void *bytes, size_t size, unsigned mode, struct qr_error *error);

/* Replaces the file in one step: written beside, synced, renamed. Follows links; a device or pipe is written to. */
QR_MUST_USE int qr_file_write(const char *path, const void *bytes, size_t size, unsigned mode, struct qr_error *error);

/* A code and sentence for errno after a system call on `path`: QR_EDISK_FULL, QR_ENO_FILE, else QR_EIO. */
int qr_fail_errno(struct qr_error *error, const char *doing, const char *path);

/* "folder/name"; free with free(). */
char *qr_path_join(const char *folder, const char *name);

#endif
