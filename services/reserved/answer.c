#include "common/clock.h"
#include "services/reserved/reserved.h"

/* --- orders --- */

struct line {
    Quorate__Order message;
    struct qr_offer_id id;
    char name[2 * QR_NAME_MAX + 2];
};

static void describe(const struct reserved *reserved, const struct qr_order *order, struct line *line)
{
    const struct qr_network *network = qr_reservations_network(reserved->store);
    const struct qr_flight *flight = &network->flights[order->departure.flight];
    line->id = qr_offer_id(reserved->store, order->number);
    line->name[0] = 0;
    if (!order->erased)
        snprintf(line->name, sizeof line->name, "%s/%s", order->passenger.surname, order->passenger.given);
    quorate__order__init(&line->message);
    line->message.locator = (char *)(uintptr_t)order->locator;
    line->message.state = (char *)(uintptr_t)qr_order_state_name(order->state);
    line->message.offer = qr_wire_bytes(line->id.bytes, sizeof line->id.bytes);
    line->message.decision = qr_wire_hash(&order->decision);
    line->message.fare = order->fare.minor;
    line->message.currency = (char *)(uintptr_t)order->currency;
    line->message.minor_digits = order->minor_digits;
    line->message.flight = (char *)(uintptr_t)flight->code;
    line->message.from = network->airports[flight->origin].code;
    line->message.to = network->airports[flight->destination].code;
    line->message.departs_ms = qr_flight_departs(network, flight, order->departure.date);
    line->message.departs_offset = network->airports[flight->origin].offset_minutes;
    line->message.cabin = (char *)(uintptr_t)qr_cabin_name(order->departure.cabin);
    line->message.name = line->name;
    line->message.created_ms = order->created_at;
    line->message.replayed = order->replayed;
    line->message.height = order->height;
}

void answer_order(struct reserved *reserved, struct qr_request *request, const struct qr_order *order)
{
    struct line line;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    describe(reserved, order, &line);
    reply.body_case = QUORATE__REPLY__BODY_ORDER;
    reply.order = &line.message;
    qr_request_answer(request, &reply);
}

void answer_orders(struct reserved *reserved, struct qr_request *request)
{
    struct qr_error error;
    size_t count;
    uint32_t most = qr_request_message(request)->orders->most;
    if (most == 0 || most > RESERVED_ORDERS_MAX)
        most = RESERVED_ORDERS_MAX;
    QR_CLEANUP(qr_freep) struct qr_order *found = qr_alloc(most, sizeof *found);
    QR_CLEANUP(qr_freep) struct line *lines = qr_alloc(most, sizeof *lines);
    if (qr_order_list(reserved->store, most, found, &count, &error) < 0) {
        qr_request_refuse(request, &error);
        return;
    }
    Quorate__Order *list[RESERVED_ORDERS_MAX];
    Quorate__Orders orders = QUORATE__ORDERS__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    for (size_t i = 0; i < count; i++) {
        describe(reserved, &found[i], &lines[i]);
        list[i] = &lines[i].message;
    }
    orders.orders = list;
    orders.n_orders = count;
    reply.body_case = QUORATE__REPLY__BODY_ORDERS;
    reply.orders = &orders;
    qr_request_answer(request, &reply);
}

void publish_order(struct reserved *reserved, const struct qr_order *order)
{
    struct line line;
    Quorate__OrderEvent changed = QUORATE__ORDER_EVENT__INIT;
    Quorate__Event event = QUORATE__EVENT__INIT;
    describe(reserved, order, &line);
    changed.flight = line.message.flight;
    changed.from = line.message.from;
    changed.to = line.message.to;
    changed.state = line.message.state;
    changed.fare = line.message.fare;
    changed.decision = line.message.decision;
    event.body_case = QUORATE__EVENT__BODY_ORDER;
    event.order = &changed;
    qr_daemon_publish(reserved->daemon, &event);
}

/* --- network --- */

struct places {
    Quorate__Airport *airports, **airport_list;
    Quorate__Route *routes, **route_list;
    size_t n_routes;
};

/* Flights are sorted by route: each run of equal places is one. */
static void describe_routes(const struct qr_network *network, struct places *places)
{
    places->routes = qr_alloc(network->n_flights, sizeof *places->routes);
    places->route_list = qr_alloc(network->n_flights, sizeof(Quorate__Route *));
    for (size_t i = 0; i < network->n_flights; i++) {
        const struct qr_flight *flight = &network->flights[i], *before = i > 0 ? flight - 1 : NULL;
        if (before == NULL || before->origin != flight->origin || before->destination != flight->destination) {
            Quorate__Route *route = &places->routes[places->n_routes];
            quorate__route__init(route);
            route->from = network->airports[flight->origin].code;
            route->to = network->airports[flight->destination].code;
            places->route_list[places->n_routes++] = route;
        }
        places->routes[places->n_routes - 1].flights_a_day++;
    }
}

static void describe_airports(const struct qr_network *network, struct places *places)
{
    places->airports = qr_alloc(network->n_airports, sizeof *places->airports);
    places->airport_list = qr_alloc(network->n_airports, sizeof(Quorate__Airport *));
    for (size_t i = 0; i < network->n_airports; i++) {
        quorate__airport__init(&places->airports[i]);
        places->airports[i].code = network->airports[i].code;
        places->airports[i].city = network->airports[i].city;
        places->airport_list[i] = &places->airports[i];
    }
}

void answer_network(struct reserved *reserved, struct qr_request *request)
{
    struct qr_error error;
    struct qr_date last;
    const struct qr_network *network = qr_reservations_network(reserved->store);
    if (qr_inventory_horizon(reserved->store, &last, &error) < 0) {
        qr_request_refuse(request, &error);
        return;
    }
    struct places places = {0};
    describe_airports(network, &places);
    describe_routes(network, &places);
    Quorate__Network message = QUORATE__NETWORK__INIT;
    Quorate__Reply reply = QUORATE__REPLY__INIT;
    message.airports = places.airport_list;
    message.n_airports = network->n_airports;
    message.routes = places.route_list;
    message.n_routes = places.n_routes;
    message.first_date = qr_date_of(qr_clock_now(), network->airports[0].offset_minutes).days;
    message.last_date = last.days;
    if (reserved->model != NULL) {
        message.currency = reserved->model->currency;
        message.minor_digits = reserved->model->minor_digits;
    }
    reply.body_case = QUORATE__REPLY__BODY_NETWORK;
    reply.network = &message;
    qr_request_answer(request, &reply);
    free(places.airports);
    free(places.airport_list);
    free(places.routes);
    free(places.route_list);
}
