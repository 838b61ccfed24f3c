check_PROGRAMS += tests/unit/node/upgrade.test
TESTS += tests/unit/node/upgrade.test
tests_unit_node_upgrade_test_SOURCES = tests/unit/node/upgrade.c
tests_unit_node_upgrade_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_upgrade_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)
