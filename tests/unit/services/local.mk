check_PROGRAMS += tests/unit/services/governd.test
TESTS += tests/unit/services/governd.test
tests_unit_services_governd_test_SOURCES = \
	tests/unit/services/governd.c \
	tests/unit/services/sample_home.c tests/unit/services/sample_home.h
tests_unit_services_governd_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_services_governd_test_LDADD = $(SERVICE_LIBS) $(DOMAIN_LIBS) $(SERVICE_SYSTEM_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS) $(SQLITE_LIBS)

check_PROGRAMS += tests/unit/services/journal.test
TESTS += tests/unit/services/journal.test
tests_unit_services_journal_test_SOURCES = tests/unit/services/journal.c services/priced/journal.c services/priced/journal.h
tests_unit_services_journal_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_services_journal_test_LDADD = common/libcommon.a $(SODIUM_LIBS) $(CHECK_LIBS)
LIB_TESTS = tests/unit/services/client.test tests/unit/services/config.test tests/unit/services/supervisor.test
check_PROGRAMS += $(LIB_TESTS)
TESTS += $(LIB_TESTS)
LIB_TEST_LIBS = $(SERVICE_LIBS) common/libcommon.a $(SERVICE_SYSTEM_LIBS) $(SODIUM_LIBS) $(CHECK_LIBS)
tests_unit_services_client_test_SOURCES = tests/unit/services/client.c tests/unit/services/echo.h tests/unit/services/folder.h
tests_unit_services_client_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_services_client_test_LDADD = $(LIB_TEST_LIBS)
tests_unit_services_config_test_SOURCES = tests/unit/services/config.c
tests_unit_services_config_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_services_config_test_LDADD = $(LIB_TEST_LIBS)
tests_unit_services_supervisor_test_SOURCES = tests/unit/services/supervisor.c tests/unit/services/folder.h
tests_unit_services_supervisor_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_services_supervisor_test_LDADD = $(LIB_TEST_LIBS)
