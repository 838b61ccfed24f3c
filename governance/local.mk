noinst_LIBRARIES += governance/libgovernance.a
governance_libgovernance_a_SOURCES =
