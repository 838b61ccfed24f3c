UNIT_LEDGER_LIBS = ledger/libledger.a common/libcommon.a $(JANSSON_LIBS) $(SQLITE_LIBS) $(SODIUM_LIBS) $(CHECK_LIBS)

check_PROGRAMS += tests/unit/ledger/merkle.test
TESTS += tests/unit/ledger/merkle.test
tests_unit_ledger_merkle_test_SOURCES = tests/unit/ledger/merkle.c tests/unit/unit.h
tests_unit_ledger_merkle_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_merkle_test_LDADD = $(UNIT_LEDGER_LIBS)

check_PROGRAMS += tests/unit/ledger/forms.test
TESTS += tests/unit/ledger/forms.test
tests_unit_ledger_forms_test_SOURCES = tests/unit/ledger/forms.c tests/unit/unit.h
tests_unit_ledger_forms_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_forms_test_LDADD = $(UNIT_LEDGER_LIBS)
check_PROGRAMS += tests/unit/ledger/workers.test
TESTS += tests/unit/ledger/workers.test
tests_unit_ledger_workers_test_SOURCES = tests/unit/ledger/workers.c tests/unit/unit.h
tests_unit_ledger_workers_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_workers_test_LDADD = $(UNIT_LEDGER_LIBS)

check_PROGRAMS += tests/unit/ledger/places.test
TESTS += tests/unit/ledger/places.test
tests_unit_ledger_places_test_SOURCES = tests/unit/ledger/places.c tests/unit/unit.h
tests_unit_ledger_places_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_places_test_LDADD = $(UNIT_LEDGER_LIBS)

check_PROGRAMS += tests/unit/ledger/consistency.test
TESTS += tests/unit/ledger/consistency.test
tests_unit_ledger_consistency_test_SOURCES = tests/unit/ledger/consistency.c tests/unit/unit.h
tests_unit_ledger_consistency_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_consistency_test_LDADD = $(UNIT_LEDGER_LIBS)

check_PROGRAMS += tests/unit/ledger/evidence.test
TESTS += tests/unit/ledger/evidence.test
tests_unit_ledger_evidence_test_SOURCES = tests/unit/ledger/evidence.c tests/unit/services/folder.h tests/unit/unit.h
tests_unit_ledger_evidence_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_evidence_test_LDADD = $(UNIT_LEDGER_LIBS)

EXTRA_DIST += tests/golden/ledger

check_PROGRAMS += tests/unit/ledger/limits.test
TESTS += tests/unit/ledger/limits.test
tests_unit_ledger_limits_test_SOURCES = tests/unit/ledger/limits.c tests/unit/unit.h
tests_unit_ledger_limits_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_ledger_limits_test_LDADD = $(UNIT_LEDGER_LIBS)
