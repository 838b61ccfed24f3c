/* A home made in a folder beside it and renamed, so that there is never half of one. */
#include "cli/new_home.h"

#include <dirent.h>
#include <ftw.h>
#include <sys/stat.h>

#include "common/file.h"

static int remove_one(const char *path, const struct stat *facts, int kind, struct FTW *place)
{
    (void)facts, (void)kind, (void)place;
    return remove(path);
}

static void remove_folder(const char *path)
{
    enum { DESCRIPTORS = 16 };
    (void)nftw(path, remove_one, DESCRIPTORS, FTW_DEPTH | FTW_PHYS);
}

int cli_make_folder(const char *parent, const char *name, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = qr_path_join(parent, name);
    return mkdir(path, 0700) ? qr_fail_errno(error, "make", path) : 0;
}

/* The folders above a home, as mkdir -p makes them. */
static int make_parents(const char *path, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *parent = qr_strdup(path);
    for (char *slash = strchr(parent + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = 0;
        if (mkdir(parent, 0755) && errno != EEXIST)
            return qr_fail_errno(error, "make", parent);
        *slash = '/';
    }
    return 0;
}

static bool folder_is_empty(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder)
        return false;
    size_t n = 0;
    while (readdir(folder))
        n++;
    closedir(folder);
    return n == 2; /* itself and its parent */
}

static int check_absent(const char *home, struct qr_error *error)
{
    struct stat facts;
    if (lstat(home, &facts))
        return 0;
    if (S_ISDIR(facts.st_mode) && folder_is_empty(home))
        return 0;
    QR_CLEANUP(qr_freep) char *genesis = qr_path_join(home, "genesis.qrg");
    bool is_home = access(genesis, F_OK) == 0;
    qr_fail(error, QR_EHOME_EXISTS, is_home ? "there is a home at %s already" : "%s exists and is no empty folder",
            home);
    return qr_hint(error, "name another with --home, or use this one with: quorate up");
}

static char *folder_beside(const char *home)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer path = {0};
    qr_buffer_text(&path, "%s.new-%d", home, (int)getpid());
    return qr_strdup(qr_buffer_string(&path));
}

/* The home's path without slashes at its end, so that something can stand beside it. */
static char *plain_path(const char *home)
{
    char *path = qr_strdup(home);
    for (size_t size = strlen(path); size > 1 && path[size - 1] == '/'; size--)
        path[size - 1] = 0;
    return path;
}

int cli_new_home_begin(const char *home, struct cli_new_home *ret, struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *path = plain_path(home);
    int failed = check_absent(path, error);
    if (!failed)
        failed = make_parents(path, error);
    if (failed)
        return failed;
    QR_CLEANUP(qr_freep) char *folder = folder_beside(path);
    if (mkdir(folder, 0700))
        return qr_fail_errno(error, "make", folder);
    *ret = (struct cli_new_home){.home = path, .folder = folder};
    path = folder = NULL;
    return 0;
}

int cli_new_home_finish(struct cli_new_home *home, struct qr_error *error)
{
    if (rename(home->folder, home->home)) {
        if (errno == ENOTEMPTY || errno == EEXIST)
            return check_absent(home->home, error);
        return qr_fail_errno(error, "make", home->home);
    }
    free(home->folder);
    home->folder = NULL;
    return 0;
}

void cli_new_home_done(struct cli_new_home *home)
{
    if (home->folder)
        remove_folder(home->folder);
    free(home->folder);
    free(home->home);
}
