RESERVATIONS_TEST_LIBS = reservations/libreservations.a common/libcommon.a $(SQLITE_LIBS) $(SODIUM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/reservations/network.test
TESTS += tests/unit/reservations/network.test
tests_unit_reservations_network_test_SOURCES = tests/unit/reservations/network.c tests/unit/reservations/fixture.h
tests_unit_reservations_network_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_reservations_network_test_LDADD = $(RESERVATIONS_TEST_LIBS)

check_PROGRAMS += tests/unit/reservations/inventory.test
TESTS += tests/unit/reservations/inventory.test
tests_unit_reservations_inventory_test_SOURCES = tests/unit/reservations/inventory.c tests/unit/reservations/fixture.h
tests_unit_reservations_inventory_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_reservations_inventory_test_LDADD = $(RESERVATIONS_TEST_LIBS)

check_PROGRAMS += tests/unit/reservations/candidate.test
TESTS += tests/unit/reservations/candidate.test
tests_unit_reservations_candidate_test_SOURCES = tests/unit/reservations/candidate.c tests/unit/reservations/fixture.h
tests_unit_reservations_candidate_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_reservations_candidate_test_LDADD = $(RESERVATIONS_TEST_LIBS)

check_PROGRAMS += tests/unit/reservations/order.test
TESTS += tests/unit/reservations/order.test
tests_unit_reservations_order_test_SOURCES = tests/unit/reservations/order.c tests/unit/reservations/fixture.h
tests_unit_reservations_order_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_reservations_order_test_LDADD = $(RESERVATIONS_TEST_LIBS)

check_PROGRAMS += tests/unit/reservations/passenger.test
TESTS += tests/unit/reservations/passenger.test
tests_unit_reservations_passenger_test_SOURCES = tests/unit/reservations/passenger.c tests/unit/reservations/fixture.h
tests_unit_reservations_passenger_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_reservations_passenger_test_LDADD = $(RESERVATIONS_TEST_LIBS)

check_PROGRAMS += tests/unit/reservations/outbox.test
TESTS += tests/unit/reservations/outbox.test
tests_unit_reservations_outbox_test_SOURCES = tests/unit/reservations/outbox.c tests/unit/reservations/fixture.h
tests_unit_reservations_outbox_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_reservations_outbox_test_LDADD = $(RESERVATIONS_TEST_LIBS)

check_PROGRAMS += tests/unit/reservations/storm.test
TESTS += tests/unit/reservations/storm.test
tests_unit_reservations_storm_test_SOURCES = tests/unit/reservations/storm.c tests/unit/reservations/fixture.h
tests_unit_reservations_storm_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_reservations_storm_test_LDADD = $(RESERVATIONS_TEST_LIBS)
