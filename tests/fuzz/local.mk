# A target is a file that defines LLVMFuzzerTestOneInput and three lines here; its seeds lie in corpus/NAME/. `make check` runs
# each for a fixed count of mutated inputs, `./run fuzz NAME SECONDS` at length. With --enable-libfuzzer (clang) the same
# targets are libFuzzer programs.
if LIBFUZZER
FUZZ_ENGINE = $(LIBFUZZER_LIBS)
else
check_LIBRARIES += tests/fuzz/libharness.a
tests_fuzz_libharness_a_SOURCES = tests/fuzz/harness.c
FUZZ_ENGINE = tests/fuzz/libharness.a
endif
FUZZ_COMMON = $(FUZZ_ENGINE) common/libcommon.a $(SODIUM_LIBS)
FUZZ_TARGETS =
check_PROGRAMS += $(FUZZ_TARGETS)
if !LIBFUZZER
TESTS += $(FUZZ_TARGETS)
endif
EXTRA_DIST += tests/fuzz/corpus tests/fuzz/harness.c

# common
FUZZ_TARGETS += tests/fuzz/codec.fuzz
tests_fuzz_codec_fuzz_SOURCES = tests/fuzz/codec.c tests/fuzz/target.h
tests_fuzz_codec_fuzz_LDADD = $(FUZZ_COMMON)

FUZZ_TARGETS += tests/fuzz/text.fuzz
tests_fuzz_text_fuzz_SOURCES = tests/fuzz/text.c tests/fuzz/target.h
tests_fuzz_text_fuzz_LDADD = $(FUZZ_COMMON)

# wire and services
FUZZ_TARGETS += tests/fuzz/wire.fuzz
tests_fuzz_wire_fuzz_SOURCES = tests/fuzz/wire.c tests/fuzz/target.h
tests_fuzz_wire_fuzz_LDADD = wire/libwire.a $(FUZZ_COMMON) $(PROTOBUF_C_LIBS)

FUZZ_TARGETS += tests/fuzz/abci.fuzz
tests_fuzz_abci_fuzz_SOURCES = tests/fuzz/abci.c tests/fuzz/target.h
tests_fuzz_abci_fuzz_LDADD = wire/libwire.a $(FUZZ_COMMON) $(PROTOBUF_C_LIBS)

# xai
FUZZ_XAI = $(FUZZ_ENGINE) xai/libxai.a common/libcommon.a $(JANSSON_LIBS) $(SODIUM_LIBS)

FUZZ_TARGETS += tests/fuzz/model.fuzz
tests_fuzz_model_fuzz_SOURCES = tests/fuzz/model.c tests/fuzz/target.h
tests_fuzz_model_fuzz_LDADD = $(FUZZ_XAI)

FUZZ_TARGETS += tests/fuzz/baseline.fuzz
tests_fuzz_baseline_fuzz_SOURCES = tests/fuzz/baseline.c tests/fuzz/target.h
tests_fuzz_baseline_fuzz_LDADD = $(FUZZ_XAI)

FUZZ_TARGETS += tests/fuzz/rows.fuzz
tests_fuzz_rows_fuzz_SOURCES = tests/fuzz/rows.c tests/fuzz/xai_schema.h
tests_fuzz_rows_fuzz_LDADD = $(FUZZ_XAI)

FUZZ_TARGETS += tests/fuzz/features.fuzz
tests_fuzz_features_fuzz_SOURCES = tests/fuzz/features.c tests/fuzz/target.h
tests_fuzz_features_fuzz_LDADD = $(FUZZ_XAI)

FUZZ_TARGETS += tests/fuzz/import.fuzz
tests_fuzz_import_fuzz_SOURCES = tests/fuzz/import.c tests/fuzz/xai_schema.h
tests_fuzz_import_fuzz_LDADD = $(FUZZ_XAI)

FUZZ_TARGETS += tests/fuzz/decision.fuzz
tests_fuzz_decision_fuzz_SOURCES = tests/fuzz/decision.c tests/fuzz/target.h
tests_fuzz_decision_fuzz_LDADD = $(FUZZ_XAI)

# data
FUZZ_TARGETS += tests/fuzz/fares.fuzz
tests_fuzz_fares_fuzz_SOURCES = tests/fuzz/fares.c tests/fuzz/target.h
tests_fuzz_fares_fuzz_LDADD = data/libdata.a reservations/libreservations.a $(FUZZ_COMMON) -lm

# governance
FUZZ_TARGETS += tests/fuzz/governance.fuzz
tests_fuzz_governance_fuzz_SOURCES = tests/fuzz/governance.c tests/fuzz/target.h
tests_fuzz_governance_fuzz_LDADD = $(FUZZ_ENGINE) governance/libgovernance.a common/libcommon.a $(SODIUM_LIBS)

# reservations
FUZZ_TARGETS += tests/fuzz/network.fuzz
tests_fuzz_network_fuzz_SOURCES = tests/fuzz/network.c tests/fuzz/target.h
tests_fuzz_network_fuzz_LDADD = reservations/libreservations.a $(FUZZ_COMMON) $(SQLITE_LIBS)

FUZZ_TARGETS += tests/fuzz/journal.fuzz
tests_fuzz_journal_fuzz_SOURCES = tests/fuzz/journal.c tests/fuzz/target.h services/priced/journal.c services/priced/journal.h
tests_fuzz_journal_fuzz_CFLAGS = $(AM_CFLAGS)
tests_fuzz_journal_fuzz_LDADD = $(FUZZ_COMMON)

# cli

# ledger and node
FUZZ_LEDGER = $(FUZZ_ENGINE) ledger/libledger.a common/libcommon.a $(JANSSON_LIBS) $(SQLITE_LIBS) $(SODIUM_LIBS)
FUZZ_NODE = $(FUZZ_ENGINE) $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS)

FUZZ_TARGETS += tests/fuzz/transaction.fuzz
tests_fuzz_transaction_fuzz_SOURCES = tests/fuzz/transaction.c tests/fuzz/target.h
tests_fuzz_transaction_fuzz_LDADD = $(FUZZ_LEDGER)

FUZZ_TARGETS += tests/fuzz/block.fuzz
tests_fuzz_block_fuzz_SOURCES = tests/fuzz/block.c tests/fuzz/target.h
tests_fuzz_block_fuzz_LDADD = $(FUZZ_LEDGER)

FUZZ_TARGETS += tests/fuzz/bundle.fuzz
tests_fuzz_bundle_fuzz_SOURCES = tests/fuzz/bundle.c tests/fuzz/target.h
tests_fuzz_bundle_fuzz_LDADD = $(FUZZ_LEDGER)

FUZZ_TARGETS += tests/fuzz/extension.fuzz
tests_fuzz_extension_fuzz_SOURCES = tests/fuzz/extension.c tests/fuzz/target.h
tests_fuzz_extension_fuzz_LDADD = $(FUZZ_LEDGER)

FUZZ_TARGETS += tests/fuzz/checkpoint.fuzz
tests_fuzz_checkpoint_fuzz_SOURCES = tests/fuzz/checkpoint.c tests/fuzz/target.h
tests_fuzz_checkpoint_fuzz_LDADD = $(FUZZ_LEDGER)

FUZZ_TARGETS += tests/fuzz/consistency.fuzz
tests_fuzz_consistency_fuzz_SOURCES = tests/fuzz/consistency.c tests/fuzz/target.h
tests_fuzz_consistency_fuzz_LDADD = $(FUZZ_LEDGER)

FUZZ_TARGETS += tests/fuzz/pin.fuzz
tests_fuzz_pin_fuzz_SOURCES = tests/fuzz/pin.c tests/fuzz/target.h
tests_fuzz_pin_fuzz_LDADD = $(FUZZ_LEDGER)

FUZZ_TARGETS += tests/fuzz/receipt.fuzz
tests_fuzz_receipt_fuzz_SOURCES = tests/fuzz/receipt.c tests/fuzz/target.h
tests_fuzz_receipt_fuzz_LDADD = $(FUZZ_NODE)

FUZZ_TARGETS += tests/fuzz/genesis.fuzz
tests_fuzz_genesis_fuzz_SOURCES = tests/fuzz/genesis.c tests/fuzz/target.h
tests_fuzz_genesis_fuzz_LDADD = $(FUZZ_NODE)

FUZZ_TARGETS += tests/fuzz/batch.fuzz
tests_fuzz_batch_fuzz_SOURCES = tests/fuzz/batch.c tests/fuzz/target.h
tests_fuzz_batch_fuzz_LDADD = $(FUZZ_NODE)

FUZZ_TARGETS += tests/fuzz/snapshot.fuzz
tests_fuzz_snapshot_fuzz_SOURCES = tests/fuzz/snapshot.c tests/fuzz/target.h
tests_fuzz_snapshot_fuzz_LDADD = $(FUZZ_NODE)
