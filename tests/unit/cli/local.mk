check_PROGRAMS += tests/unit/cli/command.test tests/unit/cli/histogram.test
TESTS += tests/unit/cli/command.test tests/unit/cli/histogram.test
tests_unit_cli_command_test_SOURCES = tests/unit/cli/command.c
tests_unit_cli_command_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cli_command_test_LDADD = $(CLI_LIBS) $(CHECK_LIBS)
tests_unit_cli_histogram_test_SOURCES = tests/unit/cli/histogram.c
tests_unit_cli_histogram_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_cli_histogram_test_LDADD = cli/libcli.a common/libcommon.a $(SODIUM_LIBS) $(CHECK_LIBS)
