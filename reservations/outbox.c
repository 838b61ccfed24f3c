#include "reservations/outbox.h"

#include "reservations/sql.h"

/* Spans are set when all leaves are in the buffer: it may move while it grows. */
static void point_at_leaves(struct qr_outbox_decision *decisions, size_t count, const struct qr_buffer *leaf_bytes)
{
    const uint8_t *at = leaf_bytes->data;
    for (size_t i = 0; i < count; at += decisions[i].leaf.size, i++)
        decisions[i].leaf.bytes = at;
}

int qr_outbox_decisions(struct qr_reservations *store, uint64_t after, size_t most, struct qr_buffer *leaf_bytes,
                        struct qr_outbox_decision *ret_decisions, size_t *ret_count, struct qr_error *error)
{
    size_t count = 0;
    qr_buffer_clear(leaf_bytes);
    sqlite3_stmt *rows = qr_sql(store, QR_SQL_UNRECORDED_LIST);
    sqlite3_bind_int64(rows, 1, (int64_t)after);
    sqlite3_bind_int64(rows, 2, (int64_t)most);
    for (bool more = true; count < most; count++) {
        struct qr_outbox_decision *decision = &ret_decisions[count];
        int code = qr_sql_step(store, rows, &more, error);
        if (code == 0 && more)
            code = qr_sql_hash(rows, 1, &decision->decision, error);
        if (code < 0) {
            sqlite3_reset(rows);
            return code;
        }
        if (!more)
            break;
        decision->order = (uint64_t)sqlite3_column_int64(rows, 0);
        decision->leaf.size = (size_t)sqlite3_column_bytes(rows, 2);
        qr_buffer_add(leaf_bytes, sqlite3_column_blob(rows, 2), decision->leaf.size);
    }
    sqlite3_reset(rows);
    point_at_leaves(ret_decisions, count, leaf_bytes);
    *ret_count = count;
    return 0;
}

int qr_outbox_decision_recorded(struct qr_reservations *store, uint64_t order, uint64_t height, struct qr_error *error)
{
    sqlite3_stmt *remove = qr_sql(store, QR_SQL_UNRECORDED_REMOVE);
    sqlite3_bind_int64(remove, 1, (int64_t)order);
    int code = qr_sql_run(store, remove, NULL, error);
    if (code < 0)
        return code;
    sqlite3_stmt *add = qr_sql(store, QR_SQL_HEIGHT_ADD);
    sqlite3_bind_int64(add, 1, (int64_t)order);
    sqlite3_bind_int64(add, 2, (int64_t)height);
    return qr_sql_run(store, add, NULL, error);
}

int qr_outbox_events(struct qr_reservations *store, size_t most, struct qr_outbox_event *ret_events, size_t *ret_count,
                     struct qr_error *error)
{
    size_t count = 0;
    sqlite3_stmt *rows = qr_sql(store, QR_SQL_EVENT_LIST);
    sqlite3_bind_int64(rows, 1, (int64_t)most);
    for (bool more = true; count < most; count++) {
        struct qr_outbox_event *event = &ret_events[count];
        int code = qr_sql_step(store, rows, &more, error);
        if (code == 0 && more)
            code = qr_sql_hash(rows, 4, &event->decision, error);
        if (code == 0 && more)
            code = qr_sql_hash(rows, 5, &event->commitment, error);
        if (code < 0) {
            sqlite3_reset(rows);
            return code;
        }
        if (!more)
            break;
        event->number = (uint64_t)sqlite3_column_int64(rows, 0);
        event->order = (uint64_t)sqlite3_column_int64(rows, 1);
        event->state = sqlite3_column_int(rows, 2) == 0 ? QR_CONFIRMED : QR_CANCELLED;
        event->time = sqlite3_column_int64(rows, 3);
    }
    sqlite3_reset(rows);
    *ret_count = count;
    return 0;
}

int qr_outbox_submit(struct qr_reservations *store, uint64_t sequence, uint64_t through, const void *bytes, size_t size,
                     struct qr_error *error)
{
    sqlite3_stmt *add = qr_sql(store, QR_SQL_SUBMISSION_ADD);
    sqlite3_bind_int64(add, 1, (int64_t)sequence);
    sqlite3_bind_blob(add, 2, bytes, (int)size, SQLITE_STATIC);
    int code = qr_sql_run(store, add, NULL, error);
    if (code < 0)
        return code;
    sqlite3_stmt *remove = qr_sql(store, QR_SQL_EVENT_REMOVE);
    sqlite3_bind_int64(remove, 1, (int64_t)through);
    code = qr_sql_run(store, remove, NULL, error);
    return code < 0 ? code : qr_sql_meta_put(store, "sequence", (int64_t)sequence, error);
}

int qr_outbox_last_sequence(struct qr_reservations *store, uint64_t *ret_sequence, struct qr_error *error)
{
    int64_t sequence;
    int code = qr_sql_meta_get(store, "sequence", &sequence, error);
    if (code == 0)
        *ret_sequence = (uint64_t)sequence;
    return code;
}

int qr_outbox_submission(struct qr_reservations *store, uint64_t after, uint64_t *ret_sequence, struct qr_buffer *bytes,
                         struct qr_error *error)
{
    bool found;
    sqlite3_stmt *next = qr_sql(store, QR_SQL_SUBMISSION_NEXT);
    sqlite3_bind_int64(next, 1, (int64_t)after);
    int code = qr_sql_step(store, next, &found, error);
    if (code < 0)
        return code;
    if (!found)
        return qr_fail(error, QR_ENOT_FOUND, "no submission waits");
    *ret_sequence = (uint64_t)sqlite3_column_int64(next, 0);
    qr_buffer_clear(bytes);
    qr_buffer_add(bytes, sqlite3_column_blob(next, 1), (size_t)sqlite3_column_bytes(next, 1));
    sqlite3_reset(next);
    return 0;
}

int qr_outbox_submission_recorded(struct qr_reservations *store, uint64_t sequence, struct qr_error *error)
{
    sqlite3_stmt *remove = qr_sql(store, QR_SQL_SUBMISSION_REMOVE);
    sqlite3_bind_int64(remove, 1, (int64_t)sequence);
    return qr_sql_run(store, remove, NULL, error);
}

int qr_outbox_backlog(struct qr_reservations *store, struct qr_outbox_backlog *ret_backlog, struct qr_error *error)
{
    bool found;
    sqlite3_stmt *count = qr_sql(store, QR_SQL_BACKLOG);
    int code = qr_sql_step(store, count, &found, error);
    if (code < 0)
        return code;
    *ret_backlog = (struct qr_outbox_backlog){
        .decisions = (uint64_t)sqlite3_column_int64(count, 0),
        .events = (uint64_t)sqlite3_column_int64(count, 1),
        .submissions = (uint64_t)sqlite3_column_int64(count, 2),
    };
    sqlite3_reset(count);
    return 0;
}
