noinst_LIBRARIES += ledger/libledger.a
ledger_libledger_a_SOURCES =
