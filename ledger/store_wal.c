#include "ledger/store_rows.h"

/* After a failed sync the system may have dropped what it could not write, and show it all the same to whoever reads, until the power
 * goes. Blocks that a new process appends behind such frames would be acknowledged, and lost with them. So a start writes
 * what it finds in the write-ahead log once more, which makes it wait for the disk again, and syncs it. */

enum { PIECE = 1 << 16 };

static int rewrite(sqlite3_file *file, sqlite3_int64 size, uint8_t *piece)
{
    const sqlite3_io_methods *methods = file->pMethods;
    int status = SQLITE_OK;
    for (sqlite3_int64 at = 0; status == SQLITE_OK && at < size; at += PIECE) {
        int n = size - at < PIECE ? (int)(size - at) : PIECE;
        status = methods->xRead(file, piece, n, at);
        if (status == SQLITE_OK)
            status = methods->xWrite(file, piece, n, at);
    }
    return status == SQLITE_OK ? methods->xSync(file, SQLITE_SYNC_NORMAL) : status;
}

int qr_store_wal_rewrite(struct qr_store *store, struct qr_error *error)
{
    sqlite3_file *file = NULL;
    sqlite3_int64 size = 0;
    if (sqlite3_file_control(store->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &file) != SQLITE_OK || !file || !file->pMethods)
        return 0; /* there is none: the last process put everything into the database */
    int status = file->pMethods->xFileSize(file, &size);
    QR_CLEANUP(qr_freep) uint8_t *piece = qr_alloc(1, PIECE);
    if (status == SQLITE_OK && size > 0)
        status = rewrite(file, size, piece);
    if (status == SQLITE_OK)
        return 0;
    enum qr_code code = (status & 0xff) == SQLITE_FULL ? QR_EDISK_FULL : QR_EIO;
    qr_fail(error, code, "cannot write %s-wal once more: %s", store->path, sqlite3_errstr(status));
    return qr_store_blame(store, code, error);
}
