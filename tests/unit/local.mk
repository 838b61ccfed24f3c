# One folder a domain, one test program a module: tests/unit/xai/model.c tests xai/model.c.
UNIT_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) -Wno-conversion -Wno-missing-prototypes
EXTRA_DIST += tests/unit/unit.h

include tests/unit/common/local.mk
include tests/unit/wire/local.mk
include tests/unit/xai/local.mk
include tests/unit/governance/local.mk
include tests/unit/ledger/local.mk
include tests/unit/reservations/local.mk
include tests/unit/node/local.mk
include tests/unit/services/local.mk
include tests/unit/cli/local.mk
include tests/unit/tui/local.mk
include tests/unit/data/local.mk
