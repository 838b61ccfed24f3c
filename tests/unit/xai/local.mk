XAI_TEST_LIBS = xai/libxai.a common/libcommon.a $(JANSSON_LIBS) $(SODIUM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/xai/attribution.test
TESTS += tests/unit/xai/attribution.test
tests_unit_xai_attribution_test_SOURCES = tests/unit/xai/attribution.c tests/unit/xai/random_model.h
tests_unit_xai_attribution_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_xai_attribution_test_LDADD = $(XAI_TEST_LIBS)

check_PROGRAMS += tests/unit/xai/decision.test
TESTS += tests/unit/xai/decision.test
tests_unit_xai_decision_test_SOURCES = tests/unit/xai/decision.c tests/unit/xai/random_model.h
tests_unit_xai_decision_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_xai_decision_test_LDADD = $(XAI_TEST_LIBS)

check_PROGRAMS += tests/unit/xai/fare.test
TESTS += tests/unit/xai/fare.test
tests_unit_xai_fare_test_SOURCES = tests/unit/xai/fare.c tests/unit/xai/random_model.h
tests_unit_xai_fare_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_xai_fare_test_LDADD = $(XAI_TEST_LIBS)

check_PROGRAMS += tests/unit/xai/import.test
TESTS += tests/unit/xai/import.test
tests_unit_xai_import_test_SOURCES = tests/unit/xai/import.c
tests_unit_xai_import_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_xai_import_test_LDADD = $(XAI_TEST_LIBS)

check_PROGRAMS += tests/unit/xai/model.test
TESTS += tests/unit/xai/model.test
tests_unit_xai_model_test_SOURCES = tests/unit/xai/model.c tests/unit/xai/random_model.h
tests_unit_xai_model_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_xai_model_test_LDADD = $(XAI_TEST_LIBS)

check_PROGRAMS += tests/unit/xai/rows.test
TESTS += tests/unit/xai/rows.test
tests_unit_xai_rows_test_SOURCES = tests/unit/xai/rows.c
tests_unit_xai_rows_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_xai_rows_test_LDADD = $(XAI_TEST_LIBS)

check_PROGRAMS += tests/unit/xai/search.test
TESTS += tests/unit/xai/search.test
tests_unit_xai_search_test_SOURCES = tests/unit/xai/search.c tests/unit/xai/random_model.h
tests_unit_xai_search_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_xai_search_test_LDADD = $(XAI_TEST_LIBS)

check_PROGRAMS += tests/unit/xai/change.test
TESTS += tests/unit/xai/change.test
tests_unit_xai_change_test_SOURCES = tests/unit/xai/change.c tests/unit/xai/random_model.h
tests_unit_xai_change_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_xai_change_test_LDADD = $(XAI_TEST_LIBS)

check_PROGRAMS += tests/unit/xai/laws.test
TESTS += tests/unit/xai/laws.test
tests_unit_xai_laws_test_SOURCES = tests/unit/xai/laws.c tests/unit/xai/random_model.h
tests_unit_xai_laws_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_xai_laws_test_LDADD = $(XAI_TEST_LIBS)

check_PROGRAMS += tests/unit/xai/limits.test
TESTS += tests/unit/xai/limits.test
tests_unit_xai_limits_test_SOURCES = tests/unit/xai/limits.c
tests_unit_xai_limits_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_xai_limits_test_LDADD = $(XAI_TEST_LIBS)
