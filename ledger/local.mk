noinst_LIBRARIES += ledger/libledger.a
ledger_libledger_a_SOURCES = \
	ledger/engine.h \
	ledger/chain.c ledger/chain.h \
	ledger/transaction.c ledger/transaction.h \
	ledger/leaves.c ledger/leaves.h \
	ledger/merkle.c ledger/log.c ledger/merkle.h \
	ledger/block.c ledger/block.h \
	ledger/checkpoint.c ledger/checkpoint.h \
	ledger/json.c ledger/json.h \
	ledger/pin.c ledger/pin.h \
	ledger/consistency.c ledger/consistency.h \
	ledger/evidence.c ledger/evidence.h \
	ledger/receipt.c ledger/receipt.h \
	ledger/workers.c ledger/workers.h \
	ledger/store.c ledger/store_append.c ledger/store_read.c ledger/store_places.c ledger/store_compare.c ledger/store_import.c \
	ledger/store_mark.c ledger/store_owner.c ledger/store_wal.c ledger/store_signatures.c ledger/store_rows.h ledger/store.h \
	ledger/solo.c ledger/solo.h \
	ledger/table.c ledger/table.h \
	ledger/bundle.c ledger/bundle.h \
	ledger/checks.c ledger/checks.h \
	ledger/cometbft.c ledger/cometbft.h \
	ledger/extension.c ledger/extension.h
ledger_libledger_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SQLITE_CFLAGS) $(SODIUM_CFLAGS)
