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

check_PROGRAMS += tests/unit/node/crash.test
TESTS += tests/unit/node/crash.test
tests_unit_node_crash_test_SOURCES = tests/unit/node/crash.c tests/unit/node/killer.c tests/unit/node/killer.h \
	tests/unit/node/script.c tests/unit/node/script.h tests/unit/node/small.h tests/unit/unit.h
tests_unit_node_crash_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_crash_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/node/disk.test
TESTS += tests/unit/node/disk.test
tests_unit_node_disk_test_SOURCES = tests/unit/node/disk.c tests/unit/node/power.c tests/unit/node/power.h \
	tests/unit/node/script.c tests/unit/node/script.h tests/unit/node/small.h tests/unit/unit.h
tests_unit_node_disk_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_disk_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/node/cometbft.test
TESTS += tests/unit/node/cometbft.test
tests_unit_node_cometbft_test_SOURCES = tests/unit/node/cometbft.c tests/unit/node/validating.h tests/unit/node/stage.h tests/unit/unit.h
tests_unit_node_cometbft_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_cometbft_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/node/bundle.test
TESTS += tests/unit/node/bundle.test
tests_unit_node_bundle_test_SOURCES = tests/unit/node/bundle.c tests/unit/node/validating.h tests/unit/node/stage.h tests/unit/unit.h
tests_unit_node_bundle_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_bundle_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/node/limits.test
TESTS += tests/unit/node/limits.test
tests_unit_node_limits_test_SOURCES = tests/unit/node/limits.c tests/unit/node/validating.h tests/unit/node/stage.h tests/unit/unit.h
tests_unit_node_limits_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_limits_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/node/snapshot.test
TESTS += tests/unit/node/snapshot.test
tests_unit_node_snapshot_test_SOURCES = tests/unit/node/snapshot.c tests/unit/node/history.h tests/unit/node/stage.h
tests_unit_node_snapshot_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_snapshot_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/node/forgery.test
TESTS += tests/unit/node/forgery.test
tests_unit_node_forgery_test_SOURCES = tests/unit/node/forgery.c tests/unit/node/forge.h tests/unit/node/history.h
tests_unit_node_forgery_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_forgery_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/node/validator.test
TESTS += tests/unit/node/validator.test
tests_unit_node_validator_test_SOURCES = tests/unit/node/validator.c tests/unit/node/validators.h tests/unit/node/stage.h tests/unit/unit.h
tests_unit_node_validator_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_validator_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/node/genesis.test
TESTS += tests/unit/node/genesis.test
tests_unit_node_genesis_test_SOURCES = tests/unit/node/genesis.c tests/unit/node/validators.h tests/unit/node/stage.h tests/unit/unit.h
tests_unit_node_genesis_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_genesis_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/node/flips.test
TESTS += tests/unit/node/flips.test
tests_unit_node_flips_test_SOURCES = tests/unit/node/flips.c tests/unit/node/power.c tests/unit/node/power.h \
	tests/unit/node/script.c tests/unit/node/script.h tests/unit/node/small.h tests/unit/unit.h
tests_unit_node_flips_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_flips_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/node/witness.test
TESTS += tests/unit/node/witness.test
tests_unit_node_witness_test_SOURCES = tests/unit/node/witness.c tests/unit/node/stage.h tests/unit/unit.h
tests_unit_node_witness_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_node_witness_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)
