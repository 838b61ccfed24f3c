#include "common/clock.h"
#include "services/reserved/reserved.h"

/* A booking or a cancellation, until the turn's transaction is committed. */
struct book {
    struct qr_request *request;
    struct qr_booking booking;         /* key points into the request */
    struct qr_order_question question; /* of a cancellation; points into the request */
    bool cancel;
    struct qr_order order;
};

static int read_booking(struct reserved *reserved, const Quorate__BookRequest *message, struct qr_booking *booking,
                        struct qr_error *error)
{
    int code = qr_offer_find(reserved->store, message->offer.data, message->offer.len, &booking->offer, error);
    if (code < 0)
        return code;
    booking->key = message->key;
    booking->now = qr_clock_now();
    qr_random(booking->salt, sizeof booking->salt);
    return qr_passenger_set(message->surname, message->given_name, &booking->passenger, error);
}

void book_request(struct reserved *reserved, struct qr_request *request)
{
    struct qr_error error;
    struct qr_booking booking = {0};
    if (read_booking(reserved, qr_request_message(request)->book, &booking, &error) < 0) {
        *reserved->refused_metric += 1;
        qr_request_refuse(request, &error);
        return;
    }
    struct book *book = qr_alloc(1, sizeof *book);
    book->request = request;
    book->booking = booking;
    turn_add_book(reserved->turn, book);
}

void cancel_request(struct reserved *reserved, struct qr_request *request)
{
    const Quorate__CancelRequest *message = qr_request_message(request)->cancel;
    struct book *book = qr_alloc(1, sizeof *book);
    book->request = request;
    book->cancel = true;
    book->question =
        (struct qr_order_question){.locator = message->locator, .surname = message->surname, .now = qr_clock_now()};
    turn_add_book(reserved->turn, book);
}

int book_store(struct reserved *reserved, struct book *book, struct qr_error *error)
{
    return book->cancel ? qr_order_cancel(reserved->store, &book->question, &book->order, error)
                        : qr_order_book(reserved->store, &book->booking, &book->order, error);
}

void book_end(struct reserved *reserved, struct book *book, const struct qr_error *error)
{
    if (error != NULL) {
        *reserved->refused_metric += 1;
        qr_request_refuse(book->request, error);
    } else {
        *(book->cancel ? reserved->cancellations_metric : reserved->bookings_metric) += 1;
        answer_order(reserved, book->request, &book->order);
        if (!book->order.replayed)
            publish_order(reserved, &book->order);
    }
    free(book);
}
