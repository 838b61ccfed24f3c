# One script a promise; each makes homes of its own under a temporary folder (see lib.sh) and prints TAP.
SYSTEM_TESTS = \
	tests/system/bits.sh \
	tests/system/models.sh \
	tests/system/kill.sh \
	tests/system/disks.sh \
	tests/system/outbox.sh \
	tests/system/usage.sh \
	tests/system/journey.sh \
	tests/system/upgrade.sh \
	tests/system/operators.sh \
	tests/system/dashboard.sh \
	tests/system/home.sh \
	tests/system/abci.sh \
	tests/system/validators.sh \
	tests/system/follower.sh \
	tests/system/liar.sh \
	tests/system/sockets.sh
SANITIZED_SYSTEM_TESTS = tests/system/journey.sh tests/system/abci.sh tests/system/sockets.sh
TESTS += $(SYSTEM_TESTS)
EXTRA_DIST += tests/system/lib.sh tests/system/bits.c $(SYSTEM_TESTS)

# Files that cost an importer as much as they can.
check_PROGRAMS += tests/system/hostile
tests_system_hostile_SOURCES = tests/system/hostile.c
tests_system_hostile_LDADD =

# A peer that sends rubbish to a service's sockets.
check_PROGRAMS += tests/system/rubbish
tests_system_rubbish_SOURCES = tests/system/rubbish.c
tests_system_rubbish_LDADD = wire/libwire.a common/libcommon.a $(PROTOBUF_C_LIBS) $(ZMQ_LIBS) $(SODIUM_LIBS)

# A peer that abuses a stream socket below the messages.
check_PROGRAMS += tests/system/stream
tests_system_stream_SOURCES = tests/system/stream.c
tests_system_stream_LDADD = wire/libwire.a common/libcommon.a $(PROTOBUF_C_LIBS) $(SODIUM_LIBS)

# A peer that stands in for CometBFT.
check_PROGRAMS += tests/system/abci
tests_system_abci_SOURCES = tests/system/abci.c
tests_system_abci_LDADD = wire/libwire.a common/libcommon.a $(PROTOBUF_C_LIBS) $(JANSSON_LIBS) $(SODIUM_LIBS)

# A peer that asks ledgerd as a follower does, and as none may.
check_PROGRAMS += tests/system/peer
tests_system_peer_SOURCES = tests/system/peer.c
tests_system_peer_CFLAGS = $(UNIT_CFLAGS)
tests_system_peer_LDADD = $(SERVICE_LIBS) $(DOMAIN_LIBS) $(SERVICE_SYSTEM_LIBS) $(DOMAIN_SYSTEM_LIBS)

# A leader whose block is not what it should be.
check_PROGRAMS += tests/system/liar
tests_system_liar_SOURCES = tests/system/liar.c
tests_system_liar_CFLAGS = $(UNIT_CFLAGS)
tests_system_liar_LDADD = $(SERVICE_LIBS) $(DOMAIN_LIBS) $(SERVICE_SYSTEM_LIBS) $(DOMAIN_SYSTEM_LIBS)
