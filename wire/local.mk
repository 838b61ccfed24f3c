# Conversions are generated from the .proto contracts; the generated code is not held to our warnings.
WIRE_PROTOS = wire/quorate.proto wire/ledger.proto wire/governance.proto wire/pricing.proto wire/reservation.proto wire/abci.proto
WIRE_GENERATED_C = $(WIRE_PROTOS:.proto=.pb-c.c)
WIRE_GENERATED_H = $(WIRE_PROTOS:.proto=.pb-c.h)

noinst_LIBRARIES += wire/libwire.a
nodist_wire_libwire_a_SOURCES = \
	wire/quorate.pb-c.c wire/ledger.pb-c.c wire/governance.pb-c.c wire/pricing.pb-c.c wire/reservation.pb-c.c wire/abci.pb-c.c \
	wire/quorate.pb-c.h wire/ledger.pb-c.h wire/governance.pb-c.h wire/pricing.pb-c.h wire/reservation.pb-c.h wire/abci.pb-c.h
wire_libwire_a_SOURCES = wire/message.c wire/message.h wire/abci.c wire/abci.h
wire_libwire_a_CFLAGS = $(AM_CFLAGS) $(PROTOBUF_C_CFLAGS) -Wno-conversion -Wno-shadow -Wno-strict-prototypes -Wno-sign-conversion
EXTRA_DIST += $(WIRE_PROTOS)
BUILT_SOURCES += $(WIRE_GENERATED_H)
CLEANFILES += $(WIRE_GENERATED_C) $(WIRE_GENERATED_H)

wire/%.pb-c.c wire/%.pb-c.h: wire/%.proto
	$(AM_V_GEN)$(MKDIR_P) wire && $(PROTOC_C) -I$(top_srcdir) --c_out=. $(top_srcdir)/wire/$*.proto
