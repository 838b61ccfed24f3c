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

# xai

# governance
FUZZ_TARGETS += tests/fuzz/governance.fuzz
tests_fuzz_governance_fuzz_SOURCES = tests/fuzz/governance.c tests/fuzz/target.h
tests_fuzz_governance_fuzz_LDADD = $(FUZZ_ENGINE) governance/libgovernance.a common/libcommon.a $(SODIUM_LIBS)

# ledger

# reservations

# node

# cli
