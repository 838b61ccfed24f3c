noinst_LIBRARIES += services/lib/libservice.a
services_lib_libservice_a_CFLAGS = $(AM_CFLAGS) $(ZMQ_CFLAGS) $(PROTOBUF_C_CFLAGS) $(INIH_CFLAGS) $(MICROHTTPD_CFLAGS)
services_lib_libservice_a_SOURCES = \
	services/lib/endpoint.c services/lib/endpoint.h \
	services/lib/config.h \
	services/lib/log.c services/lib/log.h \
	services/lib/signed.c services/lib/signed.h \
	services/lib/client.h \
	services/lib/service.h
