bin_PROGRAMS += quorate-priced
quorate_priced_SOURCES = \
	services/priced/main.c services/priced/priced.h \
	services/priced/quote.c \
	services/priced/restore.c \
	services/priced/watch.c \
	services/priced/source.c services/priced/source.h \
	services/priced/stream.c services/priced/stream.h \
	services/priced/batch.c services/priced/batch.h \
	services/priced/journal.c services/priced/journal.h
quorate_priced_CFLAGS = $(AM_CFLAGS) $(PROTOBUF_C_CFLAGS)
quorate_priced_LDADD = $(SERVICE_LIBS) $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(SERVICE_SYSTEM_LIBS)
