#include "services/reserved/reserved.h"

/* What one turn of the loop brought: stored in one transaction, synced when a booking is among it, and answered only
 * after the commit. */
struct turn {
    struct search **searches;
    struct book **books;
    size_t n_searches, n_books, searches_capacity, books_capacity;
    struct qr_error *errors; /* one for each, searches first */
    size_t errors_capacity;
};

struct turn *turn_new(void)
{
    return qr_alloc(1, sizeof(struct turn));
}

void turn_free(struct turn *turn)
{
    if (turn == NULL)
        return;
    free(turn->searches);
    free(turn->books);
    free(turn->errors);
    free(turn);
}

static size_t grown(size_t capacity)
{
    return capacity == 0 ? QR_RUN_MAX : 2 * capacity;
}

void turn_add_search(struct turn *turn, struct search *search)
{
    if (turn->n_searches == turn->searches_capacity) {
        turn->searches_capacity = grown(turn->searches_capacity);
        turn->searches = qr_realloc(turn->searches, turn->searches_capacity, sizeof(struct search *));
    }
    turn->searches[turn->n_searches++] = search;
}

void turn_add_book(struct turn *turn, struct book *book)
{
    if (turn->n_books == turn->books_capacity) {
        turn->books_capacity = grown(turn->books_capacity);
        turn->books = qr_realloc(turn->books, turn->books_capacity, sizeof(struct book *));
    }
    turn->books[turn->n_books++] = book;
}

/* A failed store fails everything in the transaction; any other refusal is one request's own. */
static bool spoils(int code)
{
    return code < 0 && (code == QR_EBUSY || qr_code_exit_status((enum qr_code)code) == 5);
}

static int store_each(struct reserved *reserved, struct qr_error *error)
{
    struct turn *turn = reserved->turn;
    for (size_t i = 0; i < turn->n_searches + turn->n_books; i++) {
        struct qr_error *own = &turn->errors[i];
        own->code = QR_OK;
        int code = i < turn->n_searches ? search_store(reserved, turn->searches[i], own)
                                        : book_store(reserved, turn->books[i - turn->n_searches], own);
        if (spoils(code)) {
            *error = *own;
            return code;
        }
    }
    return 0;
}

static int store_all(struct reserved *reserved, struct qr_error *error)
{
    enum qr_durability durability = reserved->turn->n_books > 0 ? QR_DURABLE : QR_KEPT;
    int code = qr_reservations_begin(reserved->store, durability, error);
    if (code < 0)
        return code;
    code = store_each(reserved, error);
    if (code < 0) {
        qr_reservations_rollback(reserved->store);
        return code;
    }
    return qr_reservations_commit(reserved->store, error);
}

void turn_settle(struct reserved *reserved)
{
    struct turn *turn = reserved->turn;
    struct qr_error failed = {0};
    size_t n_searches = turn->n_searches, n_books = turn->n_books, n = n_searches + n_books;
    if (n == 0)
        return;
    if (n > turn->errors_capacity) {
        turn->errors_capacity = n;
        turn->errors = qr_realloc(turn->errors, n, sizeof *turn->errors);
    }
    int code = store_all(reserved, &failed);
    if (code < 0)
        qr_log_error("storing", &failed);
    turn->n_searches = turn->n_books = 0;
    for (size_t i = 0; i < n; i++) {
        const struct qr_error *error = code < 0 ? &failed : turn->errors[i].code != QR_OK ? &turn->errors[i] : NULL;
        if (i < n_searches)
            search_end(reserved, turn->searches[i], error);
        else
            book_end(reserved, turn->books[i - n_searches], error);
    }
}
