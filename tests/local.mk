# Three kinds of tests: Check programs (.test), fuzz targets (.fuzz) and scripts (.sh). All speak TAP, so that a summary counts
# promises, not programs.
TEST_EXTENSIONS = .test .sh .fuzz
TAP_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
TEST_LOG_DRIVER = $(TAP_DRIVER)
SH_LOG_DRIVER = $(TAP_DRIVER)
FUZZ_LOG_DRIVER = $(TAP_DRIVER)
check_LIBRARIES =

# A locale with a decimal comma, for the tests that show that none changes a bit; without its sources they say that they lack it.
check_DATA = tests/locale/made
tests/locale/made:
	$(AM_V_GEN)$(MKDIR_P) tests/locale && { localedef -i de_DE -f UTF-8 tests/locale/de_DE.UTF-8 >$@.log 2>&1 || :; } && : >$@

clean-local:
	-rm -rf tests/locale
.PHONY: clean-local

include tests/unit/local.mk
include tests/fuzz/local.mk
include tests/sim/local.mk
include tests/lint/local.mk
include tests/system/local.mk
include tests/golden/local.mk

# What a build with sanitizers runs: every program, and the system tests that are worth their time there.
check-sanitized:
	$(MAKE) check TESTS="`echo '$(check_PROGRAMS)' | tr ' ' '\n' | grep -E '\.(test|fuzz)$$' | tr '\n' ' '` $(SANITIZED_SYSTEM_TESTS)"

print-fuzz-targets:
	@echo $(FUZZ_TARGETS)

.PHONY: check-sanitized print-fuzz-targets
