# What a test script needs lies beside it; run in any order and beside each other.
TEST_EXTENSIONS = .test .sh .fuzz
check_LIBRARIES =

include tests/unit/local.mk
include tests/fuzz/local.mk
include tests/lint/local.mk
include tests/system/local.mk
include tests/golden/local.mk
