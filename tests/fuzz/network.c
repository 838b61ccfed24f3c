#include "tests/fuzz/target.h"

#include "reservations/network.h"

/* Any bytes as a network of flights: refused, or in order and within the ranges that its header names. */

static void check_flight(const struct qr_network *network, size_t i)
{
    const struct qr_flight *flight = &network->flights[i];
    size_t first, n = qr_network_route(network, flight->origin, flight->destination, &first);
    FUZZ_CHECK(first <= i && i < first + n);
    FUZZ_CHECK(flight->airline < network->n_airlines && flight->origin != flight->destination);
    FUZZ_CHECK(flight->departure >= 0 && flight->departure < 24 * 60 && flight->weekdays >= 1 &&
               flight->weekdays < 128);
    FUZZ_CHECK(flight->seats[QR_ECONOMY] + flight->seats[QR_BUSINESS] > 0);
    struct qr_date date = {20000};
    FUZZ_CHECK(qr_flight_departs(network, flight, date) < qr_flight_arrives(network, flight, date));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct qr_network network = {0};
    if (qr_network_parse((const char *)data, size, &network, NULL) == 0) {
        for (size_t i = 0; i < network.n_flights; i++)
            check_flight(&network, i);
    }
    qr_network_done(&network);
    return 0;
}
