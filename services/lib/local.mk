noinst_LIBRARIES += services/lib/libservice.a
services_lib_libservice_a_CFLAGS = $(AM_CFLAGS) $(ZMQ_CFLAGS) $(PROTOBUF_C_CFLAGS) $(INIH_CFLAGS) $(MICROHTTPD_CFLAGS) $(CURL_CFLAGS) $(JANSSON_CFLAGS) \
	-DPACKAGE_VERSION='"$(PACKAGE_VERSION)"'
services_lib_libservice_a_SOURCES = \
	services/lib/endpoint.c services/lib/endpoint.h \
	services/lib/config.c services/lib/config.h \
	services/lib/log.c services/lib/log.h \
	services/lib/signed.c services/lib/signed.h \
	services/lib/lock.c services/lib/lock.h \
	services/lib/transport.c services/lib/transport.h \
	services/lib/link.c services/lib/link.h \
	services/lib/client.c services/lib/client.h services/lib/client_context.h \
	services/lib/client_requests.c services/lib/client_parts.h \
	services/lib/rpc.c services/lib/rpc.h \
	services/lib/pool.c services/lib/pool.h \
	services/lib/daemon.h services/lib/daemon_metrics.c services/lib/daemon_sockets.c \
	services/lib/service.c services/lib/service.h \
	services/lib/supervisor.c services/lib/supervisor.h
