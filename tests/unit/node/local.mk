check_PROGRAMS += tests/unit/node/upgrade.test
TESTS += tests/unit/node/upgrade.test
tests_unit_node_upgrade_test_SOURCES = tests/unit/node/upgrade.c
tests_unit_node_upgrade_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_upgrade_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/node/ledger.test
TESTS += tests/unit/node/ledger.test
tests_unit_node_ledger_test_SOURCES = tests/unit/node/ledger.c tests/unit/node/stage.h tests/unit/unit.h
tests_unit_node_ledger_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_ledger_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)
