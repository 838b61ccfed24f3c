#include "ledger/store_rows.h"
#include "node/audit.h"
#include "tests/unit/node/script.h"
#include "tests/unit/node/power.h"

#include <fcntl.h>

/* Every single flipped bit of a store is noticed by `quorate ledger audit`, which says at which height, or by the start of ledgerd, or
 * touches nothing that is used. */

static char path[64];
static struct unit_random random_bits;

#ifdef UNIT_SANITIZED
enum { SLOWER = 8 };
#else
enum { SLOWER = 1 };
#endif

static int audit(struct qr_store *store, struct qr_error *error)
{
    struct qr_audit result;
    *error = (struct qr_error){.code = QR_OK};
    return qr_audit_store(store, NULL, NULL, &result, error);
}

/* The history up to a height, stopped cleanly or as if killed. */
static void make_store(uint64_t height, bool cleanly, struct power_image **ret)
{
    struct rig rig = {.step = NULL};
    struct qr_error error = {0};
    char mark[80];
    snprintf(mark, sizeof mark, "%s-mark", path);
    unlink(mark);
    power_format(1);
    unit_ok(rig_start(&rig, &script_engines[0], path, &error), error);
    while (rig_height(&rig) < height)
        unit_ok(script_engines[0].make(&rig, &script.blocks[rig_height(&rig) + 1], &error), error);
    if (!cleanly)
        *ret = power_copy();
    rig_stop(&rig);
    if (cleanly)
        *ret = power_copy();
    power_restore(*ret);
}

/* ---- cells ---- */

static const char *const tables[] = {"fact", "block", "signature", "leaf", "tile", "place", "state", "use"};
enum { TABLES = sizeof tables / sizeof tables[0], COLUMNS_MAX = 4 };

struct row {
    size_t n;
    sqlite3_value *cells[COLUMNS_MAX];
};

static size_t read_rows(sqlite3 *db, const char *table, struct row **ret)
{
    char query[64];
    sqlite3_stmt *statement;
    size_t n = 0;
    snprintf(query, sizeof query, "SELECT * FROM %s", table);
    unit_holds(sqlite3_prepare_v2(db, query, -1, &statement, NULL) == SQLITE_OK);
    *ret = NULL;
    while (sqlite3_step(statement) == SQLITE_ROW) {
        *ret = qr_realloc(*ret, n + 1, sizeof **ret);
        struct row *row = &(*ret)[n++];
        row->n = (size_t)sqlite3_column_count(statement);
        for (size_t i = 0; i < row->n; i++)
            row->cells[i] = sqlite3_value_dup(sqlite3_column_value(statement, (int)i));
    }
    sqlite3_finalize(statement);
    return n;
}

static void free_rows(struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < rows[i].n; k++)
            sqlite3_value_free(rows[i].cells[k]);
    free(rows);
}

static size_t cell_size(sqlite3_value *cell)
{
    return sqlite3_value_type(cell) == SQLITE_INTEGER ? sizeof(int64_t) : (size_t)sqlite3_value_bytes(cell);
}

static void bind_flipped(sqlite3_stmt *statement, int at, sqlite3_value *cell, size_t byte, uint8_t mask)
{
    size_t size = cell_size(cell);
    QR_CLEANUP(qr_freep) uint8_t *bytes = NULL;
    int64_t number = sqlite3_value_int64(cell);
    switch (sqlite3_value_type(cell)) {
    case SQLITE_INTEGER:
        sqlite3_bind_int64(statement, at, number ^ (int64_t)((uint64_t)mask << (8 * byte)));
        return;
    case SQLITE_TEXT:
        bytes = qr_memdup(sqlite3_value_text(cell), size);
        bytes[byte] ^= mask;
        sqlite3_bind_text(statement, at, (char *)bytes, (int)size, SQLITE_TRANSIENT);
        return;
    default:
        bytes = qr_memdup(sqlite3_value_blob(cell), size);
        bytes[byte] ^= mask;
        sqlite3_bind_blob(statement, at, bytes, (int)size, SQLITE_TRANSIENT);
    }
}

/* Puts a row that differs in one cell from another. False where a row of that key is there already. */
static bool put_row(sqlite3 *db, const char *table, const struct row *row, size_t cell, size_t byte, uint8_t mask)
{
    char command[64];
    sqlite3_stmt *statement;
    snprintf(command, sizeof command, "INSERT INTO %s VALUES(%.*s)", table, (int)(2 * row->n - 1), "?,?,?,?");
    unit_holds(sqlite3_prepare_v2(db, command, -1, &statement, NULL) == SQLITE_OK);
    for (size_t i = 0; i < row->n; i++) {
        if (i == cell)
            bind_flipped(statement, (int)i + 1, row->cells[i], byte, mask);
        else
            sqlite3_bind_value(statement, (int)i + 1, row->cells[i]);
    }
    int status = sqlite3_step(statement);
    unit_holds(status == SQLITE_DONE || (status & 0xff) == SQLITE_CONSTRAINT);
    sqlite3_finalize(statement);
    return status == SQLITE_DONE;
}

static void drop_row(sqlite3 *db, const char *table, const struct row *row)
{
    char command[96];
    sqlite3_stmt *statement, *names;
    snprintf(command, sizeof command, "SELECT name FROM pragma_table_info('%s')", table);
    unit_holds(sqlite3_prepare_v2(db, command, -1, &names, NULL) == SQLITE_OK);
    int length = snprintf(command, sizeof command, "DELETE FROM %s WHERE", table);
    for (size_t i = 0; sqlite3_step(names) == SQLITE_ROW; i++)
        length += snprintf(command + length, sizeof command - (size_t)length, "%s %s = ?%zu", i ? " AND" : "",
                           sqlite3_column_text(names, 0), i + 1);
    sqlite3_finalize(names);
    unit_holds(sqlite3_prepare_v2(db, command, -1, &statement, NULL) == SQLITE_OK);
    for (size_t i = 0; i < row->n; i++)
        sqlite3_bind_value(statement, (int)i + 1, row->cells[i]);
    unit_holds(sqlite3_step(statement) == SQLITE_DONE && sqlite3_changes(db) == 1);
    sqlite3_finalize(statement);
}

/* Flips one bit in a cell, in a transaction that is taken back after the audit. */
static void flip_cell(struct qr_store *store, const char *table, const struct row *row, size_t cell, size_t byte)
{
    struct qr_error error;
    uint8_t mask = (uint8_t)(1 << unit_random_below(&random_bits, 8));
    unit_holds(sqlite3_exec(store->db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK);
    drop_row(store->db, table, row);
    if (put_row(store->db, table, row, cell, byte, mask)) {
        int code = audit(store, &error);
        ck_assert_msg(code == QR_EINVALID && strstr(error.text, "height "), "%s, column %zu, byte %zu ^ %02x: %d %s", table,
                      cell, byte, mask, code, error.text);
    }
    for (size_t i = 0; i < STORE_STATEMENTS; i++)
        sqlite3_reset(store->statements[i]);
    unit_holds(sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL) == SQLITE_OK);
}

/* One bit of every stride-th byte of every cell. */
static void flip_cells(uint64_t height, size_t stride)
{
    struct power_image *image = NULL;
    struct qr_store *store = NULL;
    struct qr_error error = {0};
    make_store(height, true, &image);
    unit_ok(qr_store_open(path, false, &store, &error), error);
    unit_ok(audit(store, &error), error);
    size_t at = unit_random_below(&random_bits, stride), flips = 0, bytes = 0;
    for (size_t t = 0; t < TABLES; t++) {
        struct row *rows;
        size_t n = read_rows(store->db, tables[t], &rows);
        for (size_t i = 0; i < n; i++)
            for (size_t cell = 0; cell < rows[i].n; bytes += cell_size(rows[i].cells[cell]), cell++)
                for (; at < bytes + cell_size(rows[i].cells[cell]); at += stride, flips++)
                    flip_cell(store, tables[t], &rows[i], cell, at - bytes);
        free_rows(rows, n);
    }
    unit_ok(audit(store, &error), error);
    qr_store_close(store);
    power_image_free(image);
    printf("# to height %" PRIu64 ": %zu of %zu bytes flipped\n", height, flips, bytes);
}

START_TEST(an_audit_notices_a_bit_flipped_in_any_cell)
{
    flip_cells(2, SLOWER);
    flip_cells(script.n, 60 * SLOWER);
}
END_TEST

/* ---- bytes of files ---- */

/* All that the tables hold, read row by row. */
static struct qr_hash content_of(struct qr_store *store, bool *ret_sound)
{
    QR_CLEANUP(qr_buffer_done) struct qr_buffer all = {0};
    sqlite3_stmt *statement;
    *ret_sound = false;
    for (size_t t = 0; t < TABLES; t++) {
        struct row *rows;
        size_t n = read_rows(store->db, tables[t], &rows);
        qr_put_uint(&all, n);
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < rows[i].n; k++)
                qr_put_bytes(&all, sqlite3_value_blob(rows[i].cells[k]), (size_t)sqlite3_value_bytes(rows[i].cells[k]));
        free_rows(rows, n);
    }
    if (sqlite3_prepare_v2(store->db, "PRAGMA integrity_check(1)", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        *ret_sound = strcmp((const char *)sqlite3_column_text(statement, 0), "ok") == 0;
    sqlite3_finalize(statement);
    return qr_sha256(all.data, all.size);
}

struct outcome {
    size_t audited, refused, unused;
};

/* After a flip: the audit says no, or else the start does, or nothing that is read has changed. */
static void judge(const struct qr_hash *content, const char *file, size_t at, struct outcome *outcome)
{
    struct qr_store *store = NULL;
    struct rig rig = {.step = NULL};
    struct qr_error error = {0};
    bool sound = false;
    int code = qr_store_open_read(path, &store, &error);
    bool opened = code == 0;
    if (opened)
        code = audit(store, &error);
    if (code) {
        ck_assert_msg(error.text[0] && (!opened || strstr(error.text, "height ")), "%s, byte %zu: %s", file, at, error.text);
        outcome->audited++;
        qr_store_close(store);
        return;
    }
    struct qr_hash now = content_of(store, &sound);
    qr_store_close(store);
    if (sound && qr_hash_equal(&now, content)) {
        outcome->unused++;
        return;
    }
    code = rig_start(&rig, &script_engines[0], path, &error);
    if (code == 0)
        rig_stop(&rig);
    ck_assert_msg(code != 0, "%s, byte %zu: nobody notices", file, at);
    outcome->refused++;
}

static void flip_file(const struct power_image *image, const char *suffix, size_t flips)
{
    char file[80];
    struct qr_store *store = NULL;
    struct outcome outcome = {0};
    struct qr_error error = {0};
    bool sound = false;
    size_t size = 0;
    snprintf(file, sizeof file, "%s%s", path, suffix);
    power_restore(image);
    unit_ok(qr_store_open_read(path, &store, &error), error);
    struct qr_hash content = content_of(store, &sound);
    qr_store_close(store);
    unit_holds(sound);
    for (size_t i = 0; i < flips; i++) {
        power_restore(image);
        uint8_t *bytes = power_file(file, &size);
        unit_holds(bytes);
        size_t at = unit_random_below(&random_bits, size);
        bytes[at] ^= (uint8_t)(1 << unit_random_below(&random_bits, 8));
        judge(&content, file, at, &outcome);
    }
    printf("# %zu bits of %zu bytes of ledgerd.db%s: audit noticed %zu, start %zu, %zu touch nothing that is used\n", flips, size,
           suffix, outcome.audited, outcome.refused, outcome.unused);
    power_restore(image);
}

START_TEST(a_bit_flipped_anywhere_in_the_database_is_noticed_or_unused)
{
    struct power_image *image = NULL;
    make_store(script.n, true, &image);
    flip_file(image, "", 1200 / SLOWER);
    power_image_free(image);
}
END_TEST

START_TEST(a_bit_flipped_anywhere_in_the_write_ahead_log_is_noticed_or_unused)
{
    struct power_image *image = NULL;
    make_store(script.n, false, &image);
    flip_file(image, "-wal", 200 / SLOWER);
    power_image_free(image);
}
END_TEST

/* The mark lies beside it, on a real disk. */
START_TEST(a_bit_flipped_in_the_mark_is_noticed)
{
    char name[80];
    uint8_t mark[76];
    struct power_image *image = NULL;
    make_store(3, true, &image);
    snprintf(name, sizeof name, "%s-mark", path);
    int file = open(name, O_RDWR | O_CLOEXEC);
    ck_assert_int_eq(pread(file, mark, sizeof mark, 0), sizeof mark);
    for (size_t bit = 0; bit < 8 * sizeof mark; bit++) {
        struct rig rig = {.step = NULL};
        struct qr_error error;
        uint8_t flipped = mark[bit / 8] ^ (uint8_t)(1 << bit % 8);
        unit_holds(pwrite(file, &flipped, 1, (off_t)(bit / 8)) == 1);
        unit_fails(rig_start(&rig, &script_engines[0], path, &error), QR_ECORRUPT, error);
        unit_holds(strstr(error.text, "ledgerd.db-mark") && error.hint[0]);
        unit_holds(pwrite(file, &mark[bit / 8], 1, (off_t)(bit / 8)) == 1);
    }
    close(file);
    power_image_free(image);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {an_audit_notices_a_bit_flipped_in_any_cell,
                                  a_bit_flipped_anywhere_in_the_database_is_noticed_or_unused,
                                  a_bit_flipped_anywhere_in_the_write_ahead_log_is_noticed_or_unused,
                                  a_bit_flipped_in_the_mark_is_noticed};
    char folder[] = "/tmp/quorate-flips-XXXXXX", mark[80];
    unit_holds(mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/ledgerd.db", folder);
    snprintf(mark, sizeof mark, "%s-mark", path);
    int file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600); /* a store that is opened for reading must be there */
    unit_holds(file >= 0);
    close(file);
    script_record();
    power_install();
    random_bits = unit_random_start();
    int status = unit_run("node/flips", tests, sizeof tests / sizeof tests[0]);
    unlink(path);
    unlink(mark);
    rmdir(folder);
    return status;
}
