include services/lib/local.mk
include services/ledgerd/local.mk
include services/governd/local.mk
include services/priced/local.mk
include services/reserved/local.mk
