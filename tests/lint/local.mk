# What a compiler does not check, and a test that the check finds what it is for.
LINT_TESTS = tests/lint/lint.sh tests/lint/planted.sh
TESTS += $(LINT_TESTS)
EXTRA_DIST += $(LINT_TESTS) tests/lint/lint.awk
