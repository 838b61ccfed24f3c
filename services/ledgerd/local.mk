bin_PROGRAMS += quorate-ledgerd
quorate_ledgerd_SOURCES = \
	services/ledgerd/main.c services/ledgerd/ledgerd.h \
	services/ledgerd/submit.c services/ledgerd/solo.c services/ledgerd/cometbft.c services/ledgerd/cometbft.h services/ledgerd/statesync.c services/ledgerd/abci.c services/ledgerd/abci.h services/ledgerd/events.c services/ledgerd/upgrade.c services/ledgerd/cosign.c services/ledgerd/feed.c services/ledgerd/follower.c services/ledgerd/follower.h services/ledgerd/feeder.c services/ledgerd/sender.c services/ledgerd/forward.c \
	services/ledgerd/blocks.c \
	services/ledgerd/decisions.c \
	services/ledgerd/receipts.c \
	services/ledgerd/facts.c
quorate_ledgerd_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SQLITE_CFLAGS) $(SODIUM_CFLAGS) $(PROTOBUF_C_CFLAGS) \
	-DPACKAGE_VERSION='"$(PACKAGE_VERSION)"'
quorate_ledgerd_LDADD = $(SERVICE_LIBS) $(DOMAIN_LIBS) $(SERVICE_SYSTEM_LIBS) $(DOMAIN_SYSTEM_LIBS)
