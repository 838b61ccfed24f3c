GOVERNANCE_TESTS = \
	tests/unit/governance/member.test \
	tests/unit/governance/track.test \
	tests/unit/governance/payload.test \
	tests/unit/governance/tally.test \
	tests/unit/governance/proposal.test \
	tests/unit/governance/governance.test
check_PROGRAMS += $(GOVERNANCE_TESTS)
TESTS += $(GOVERNANCE_TESTS)

GOVERNANCE_STAGE = tests/unit/governance/stage.c tests/unit/governance/stage.h
GOVERNANCE_TEST_LIBS = governance/libgovernance.a common/libcommon.a $(SODIUM_LIBS) $(CHECK_LIBS)

tests_unit_governance_member_test_SOURCES = tests/unit/governance/member.c $(GOVERNANCE_STAGE)
tests_unit_governance_member_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_governance_member_test_LDADD = $(GOVERNANCE_TEST_LIBS)

tests_unit_governance_track_test_SOURCES = tests/unit/governance/track.c $(GOVERNANCE_STAGE)
tests_unit_governance_track_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_governance_track_test_LDADD = $(GOVERNANCE_TEST_LIBS)

tests_unit_governance_payload_test_SOURCES = tests/unit/governance/payload.c $(GOVERNANCE_STAGE)
tests_unit_governance_payload_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_governance_payload_test_LDADD = $(GOVERNANCE_TEST_LIBS)

tests_unit_governance_tally_test_SOURCES = tests/unit/governance/tally.c $(GOVERNANCE_STAGE)
tests_unit_governance_tally_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_governance_tally_test_LDADD = $(GOVERNANCE_TEST_LIBS)

tests_unit_governance_proposal_test_SOURCES = tests/unit/governance/proposal.c $(GOVERNANCE_STAGE)
tests_unit_governance_proposal_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_governance_proposal_test_LDADD = $(GOVERNANCE_TEST_LIBS)

tests_unit_governance_governance_test_SOURCES = tests/unit/governance/governance.c $(GOVERNANCE_STAGE)
tests_unit_governance_governance_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_governance_governance_test_LDADD = $(GOVERNANCE_TEST_LIBS)
