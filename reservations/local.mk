noinst_LIBRARIES += reservations/libreservations.a
reservations_libreservations_a_SOURCES = \
	reservations/network.c reservations/network.h \
	reservations/sql.c reservations/sql.h \
	reservations/schema.c \
	reservations/network_store.c \
	reservations/store.c reservations/store.h \
	reservations/inventory.c reservations/inventory.h \
	reservations/candidate.c reservations/candidate.h \
	reservations/feature.c reservations/feature.h \
	reservations/passenger.c reservations/passenger.h \
	reservations/offer.c reservations/offer.h \
	reservations/order.c reservations/order.h \
	reservations/misses.c reservations/misses.h \
	reservations/outbox.c reservations/outbox.h
reservations_libreservations_a_CFLAGS = $(AM_CFLAGS) $(SQLITE_CFLAGS) $(SODIUM_CFLAGS)
