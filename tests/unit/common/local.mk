COMMON_TEST_LIBS = common/libcommon.a $(SODIUM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/common/clock.test
TESTS += tests/unit/common/clock.test
tests_unit_common_clock_test_SOURCES = tests/unit/common/clock.c
tests_unit_common_clock_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_common_clock_test_LDADD = $(COMMON_TEST_LIBS)

check_PROGRAMS += tests/unit/common/codec.test
TESTS += tests/unit/common/codec.test
tests_unit_common_codec_test_SOURCES = tests/unit/common/codec.c
tests_unit_common_codec_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_common_codec_test_LDADD = $(COMMON_TEST_LIBS)

check_PROGRAMS += tests/unit/common/crypto.test
TESTS += tests/unit/common/crypto.test
tests_unit_common_crypto_test_SOURCES = tests/unit/common/crypto.c
tests_unit_common_crypto_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_common_crypto_test_LDADD = $(COMMON_TEST_LIBS)

check_PROGRAMS += tests/unit/common/file.test
TESTS += tests/unit/common/file.test
tests_unit_common_file_test_SOURCES = tests/unit/common/file.c
tests_unit_common_file_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_common_file_test_LDADD = $(COMMON_TEST_LIBS)

check_PROGRAMS += tests/unit/common/fixed.test
TESTS += tests/unit/common/fixed.test
tests_unit_common_fixed_test_SOURCES = tests/unit/common/fixed.c
tests_unit_common_fixed_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_common_fixed_test_LDADD = $(COMMON_TEST_LIBS)

check_PROGRAMS += tests/unit/common/state.test
TESTS += tests/unit/common/state.test
tests_unit_common_state_test_SOURCES = tests/unit/common/state.c
tests_unit_common_state_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_common_state_test_LDADD = $(COMMON_TEST_LIBS)

check_PROGRAMS += tests/unit/common/text.test
TESTS += tests/unit/common/text.test
tests_unit_common_text_test_SOURCES = tests/unit/common/text.c
tests_unit_common_text_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_common_text_test_LDADD = $(COMMON_TEST_LIBS)
