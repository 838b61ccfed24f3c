# One script a promise; each makes homes of its own under a temporary folder (see lib.sh) and prints TAP.
SYSTEM_TESTS =
SANITIZED_SYSTEM_TESTS =
TESTS += $(SYSTEM_TESTS)
EXTRA_DIST += tests/system/lib.sh $(SYSTEM_TESTS)
