check_PROGRAMS += tests/unit/wire/message.test
TESTS += tests/unit/wire/message.test
tests_unit_wire_message_test_SOURCES = tests/unit/wire/message.c
tests_unit_wire_message_test_CFLAGS = $(UNIT_CFLAGS)
tests_unit_wire_message_test_LDADD = wire/libwire.a common/libcommon.a $(PROTOBUF_C_LIBS) $(SODIUM_LIBS) $(CHECK_LIBS)
