check_PROGRAMS += tests/unit/data/generate.test
TESTS += tests/unit/data/generate.test
tests_unit_data_generate_test_SOURCES = tests/unit/data/generate.c tests/unit/data/real.h
tests_unit_data_generate_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_data_generate_test_LDADD = data/libdata.a reservations/libreservations.a common/libcommon.a $(SODIUM_LIBS) $(CHECK_LIBS) -lm

check_PROGRAMS += tests/unit/data/fares.test
TESTS += tests/unit/data/fares.test
tests_unit_data_fares_test_SOURCES = tests/unit/data/fares.c tests/unit/data/real.h
tests_unit_data_fares_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_data_fares_test_LDADD = data/libdata.a reservations/libreservations.a common/libcommon.a $(SODIUM_LIBS) $(CHECK_LIBS) -lm

check_PROGRAMS += tests/unit/data/embedded.test
TESTS += tests/unit/data/embedded.test
tests_unit_data_embedded_test_SOURCES = tests/unit/data/embedded.c
tests_unit_data_embedded_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_data_embedded_test_LDADD = data/libdata.a xai/libxai.a reservations/libreservations.a common/libcommon.a \
	$(JANSSON_LIBS) $(SODIUM_LIBS) $(CHECK_LIBS)
