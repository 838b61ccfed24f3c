noinst_LIBRARIES += reservations/libreservations.a
reservations_libreservations_a_SOURCES = \
	reservations/network.c reservations/network.h \
	reservations/store.h \
	reservations/inventory.h \
	reservations/candidate.h \
	reservations/feature.h \
	reservations/passenger.h \
	reservations/offer.h \
	reservations/order.h \
	reservations/misses.h \
	reservations/outbox.h
reservations_libreservations_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(SODIUM_CFLAGS)
