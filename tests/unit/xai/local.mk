XAI_TEST_LIBS = xai/libxai.a common/libcommon.a $(JANSSON_LIBS) $(SODIUM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/xai/attribution.test
TESTS += tests/unit/xai/attribution.test
tests_unit_xai_attribution_test_SOURCES = tests/unit/xai/attribution.c tests/unit/xai/random_model.h
tests_unit_xai_attribution_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_xai_attribution_test_LDADD = $(XAI_TEST_LIBS)

check_PROGRAMS += tests/unit/xai/import.test
TESTS += tests/unit/xai/import.test
tests_unit_xai_import_test_SOURCES = tests/unit/xai/import.c
tests_unit_xai_import_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_xai_import_test_LDADD = $(XAI_TEST_LIBS)
