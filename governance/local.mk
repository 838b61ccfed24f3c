noinst_LIBRARIES += governance/libgovernance.a
governance_libgovernance_a_SOURCES = \
	governance/entries.c governance/entries.h \
	governance/member.c governance/member.h \
	governance/track.c governance/track.h \
	governance/tally.c governance/tally.h \
	governance/proposal.c governance/proposal.h \
	governance/ballot.c governance/ballot.h \
	governance/payload.c governance/payload.h \
	governance/lifecycle.c governance/lifecycle.h \
	governance/governance.c governance/governance.h
