# Seeded simulations. `make check` runs a few seeds; `./run sim` goes on until it is stopped.
check_PROGRAMS += tests/sim/ledger.test
TESTS += tests/sim/ledger.test
tests_sim_ledger_test_SOURCES = tests/sim/ledger.c tests/sim/nodes.c tests/sim/oracle.c tests/sim/parties.c tests/sim/setting.c \
	tests/sim/sim.h tests/unit/node/small.h tests/unit/unit.h
tests_sim_ledger_test_CFLAGS = $(UNIT_CFLAGS)
tests_sim_ledger_test_LDADD = $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(CHECK_LIBS)
