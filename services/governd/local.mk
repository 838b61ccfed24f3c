bin_PROGRAMS += quorate-governd
quorate_governd_SOURCES = \
	services/governd/governd.h \
	services/governd/agent.c services/governd/agent.h \
	services/governd/answer.c services/governd/answer.h \
	services/governd/due.c services/governd/due.h \
	services/governd/fetch.c services/governd/fetch.h \
	services/governd/mirror.c services/governd/mirror.h \
	services/governd/notice.c services/governd/notice.h \
	services/governd/review.c services/governd/review.h \
	services/governd/shown.c services/governd/shown.h \
	services/governd/store.c services/governd/store.h \
	services/governd/main.c
quorate_governd_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SQLITE_CFLAGS) $(SODIUM_CFLAGS) $(PROTOBUF_C_CFLAGS)
quorate_governd_LDADD = $(SERVICE_LIBS) $(DOMAIN_LIBS) $(SERVICE_SYSTEM_LIBS) $(DOMAIN_SYSTEM_LIBS)
