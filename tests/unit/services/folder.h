#ifndef QR_TESTS_FOLDER_H
#define QR_TESTS_FOLDER_H

#include <ftw.h>
#include <sys/stat.h>

static int folder_remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts, (void)kind, (void)place;
    return remove(path);
}

/* A test's home, with all that is in it. */
static inline void folder_remove(const char *path) { (void)nftw(path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS); }

#endif
