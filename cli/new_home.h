#ifndef QR_CLI_NEW_HOME_H
#define QR_CLI_NEW_HOME_H

#include "common/error.h"

/* A folder that is made whole or not at all: filled beside its place under another name, then renamed.
 *
 *     QR_CLEANUP(cli_new_home_done) struct cli_new_home home = {0};
 *     int failed = cli_new_home_begin(path, &home, error);
 *     ... fill home.folder ...
 *     return failed ? failed : cli_new_home_finish(&home, error);
 */
struct cli_new_home {
    char *home;   /* where it will be, without slashes at its end */
    char *folder; /* where it is made; NULL once it is there */
};

/* QR_EHOME_EXISTS where anything but an empty folder is there already. */
QR_MUST_USE int cli_new_home_begin(const char *home, struct cli_new_home *ret, struct qr_error *error);
QR_MUST_USE int cli_new_home_finish(struct cli_new_home *home, struct qr_error *error);
/* Removes what was not finished. */
void cli_new_home_done(struct cli_new_home *home);

/* mkdir of parent/name, mode 0700. */
QR_MUST_USE int cli_make_folder(const char *parent, const char *name, struct qr_error *error);

#endif
