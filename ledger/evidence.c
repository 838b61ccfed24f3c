#include "ledger/evidence.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"

/* The two files of a pair, and what is to stand in them. */
struct pair {
    struct qr_buffer seen_path, shown_path, seen, shown;
    bool lone; /* nothing was shown */
};

static void pair_done(struct pair *pair)
{
    qr_buffer_done(&pair->seen_path);
    qr_buffer_done(&pair->shown_path);
    qr_buffer_done(&pair->seen);
    qr_buffer_done(&pair->shown);
}

static void name(struct pair *pair, const char *folder, int number)
{
    char suffix[16] = "";
    if (number > 1)
        snprintf(suffix, sizeof suffix, "-%d", number);
    qr_buffer_clear(&pair->seen_path);
    qr_buffer_clear(&pair->shown_path);
    qr_buffer_text(&pair->seen_path, "%s/seen%s.checkpoint", folder, suffix);
    qr_buffer_text(&pair->shown_path, "%s/shown%s.checkpoint", folder, suffix);
}

/* Whether the file is this text, or is not there yet. */
static bool fits(struct qr_buffer *path, const struct qr_buffer *text)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer found = {0};
    int code = qr_file_read(qr_buffer_string(path), QR_NOTE_MAX, &found, NULL);
    return code == QR_ENO_FILE || (code == 0 && found.size == text->size && memcmp(found.data, text->data, text->size) == 0);
}

static bool pair_fits(struct pair *pair)
{
    return fits(&pair->seen_path, &pair->seen) && (pair->lone || fits(&pair->shown_path, &pair->shown));
}

/* Makes the file where it is not there. QR_EINPUT: another process made a different one meanwhile. */
static int add(struct qr_buffer *path, const struct qr_buffer *text, struct qr_error *error)
{
    int code = qr_file_create(qr_buffer_string(path), text->data, text->size, 0644, error);
    return code == QR_EINPUT && fits(path, text) ? 0 : code;
}

static int pair_add(struct pair *pair, struct qr_error *error)
{
    int code = add(&pair->seen_path, &pair->seen, error);
    return code || pair->lone ? code : add(&pair->shown_path, &pair->shown, error);
}

static int pair_replace(struct pair *pair, struct qr_error *error)
{
    const char *paths[] = {qr_buffer_string(&pair->seen_path), qr_buffer_string(&pair->shown_path)};
    for (int i = 0; i < 2; i++)
        if (unlink(paths[i]) && errno != ENOENT)
            return qr_fail_errno(error, "replace", paths[i]);
    return pair_add(pair, error);
}

static int keep(struct pair *pair, const char *folder, struct qr_error *error)
{
    for (int number = 1; number <= QR_EVIDENCE_MAX; number++) {
        name(pair, folder, number);
        int code = pair_fits(pair) ? pair_add(pair, error) : QR_EINPUT;
        if (code != QR_EINPUT)
            return code;
    }
    return pair_replace(pair, error);
}

int qr_evidence_keep(const char *home, const struct qr_signed_checkpoint *seen, const struct qr_signed_checkpoint *shown,
                     struct qr_error *error)
{
    QR_CLEANUP(qr_freep) char *folder = qr_path_join(home, "evidence");
    QR_CLEANUP(pair_done) struct pair pair = {.lone = !shown};
    if (mkdir(folder, 0700) && errno != EEXIST)
        return qr_fail_errno(error, "make", folder);
    qr_note_write(seen, &pair.seen);
    if (shown)
        qr_note_write(shown, &pair.shown);
    return keep(&pair, folder, error);
}
