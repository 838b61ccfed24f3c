bin_PROGRAMS += quorate-reserved
quorate_reserved_SOURCES = \
	services/reserved/main.c services/reserved/reserved.h \
	services/reserved/model.c \
	services/reserved/search.c \
	services/reserved/book.c \
	services/reserved/turn.c \
	services/reserved/deliver.c \
	services/reserved/answer.c
quorate_reserved_CFLAGS = $(AM_CFLAGS) $(PROTOBUF_C_CFLAGS)
quorate_reserved_LDADD = $(SERVICE_LIBS) reservations/libreservations.a $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) $(SERVICE_SYSTEM_LIBS)
