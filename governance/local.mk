noinst_LIBRARIES += governance/libgovernance.a
governance_libgovernance_a_SOURCES = \
	governance/member.h \
	governance/track.h \
	governance/tally.h \
	governance/proposal.h \
	governance/ballot.h \
	governance/governance.h
