noinst_LIBRARIES += ledger/libledger.a
ledger_libledger_a_SOURCES = \
	ledger/engine.h \
	ledger/transaction.h ledger/merkle.h ledger/leaves.h ledger/block.h ledger/checkpoint.h \
	ledger/receipt.h ledger/pin.h ledger/store.h ledger/solo.h ledger/workers.h
