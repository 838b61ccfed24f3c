# The demonstration's files, embedded, and the generator of fares. What fit.py, train.py and schedule.py make is committed.

AM_CCASFLAGS = $(QR_CFLAGS) -Wa,-I$(top_srcdir)

EMBEDDED_FILES = \
	data/features.json \
	data/first.json \
	data/second.json \
	data/baseline.csv \
	data/reference.csv \
	data/network.csv

EXTRA_DIST += $(EMBEDDED_FILES) data/README.md data/MODEL_CARD.md data/fit.py data/train.py data/schedule.py

noinst_LIBRARIES += data/libdata.a
data_libdata_a_SOURCES = \
	data/embedded.S data/embedded.h \
	data/generate.c data/generate.h data/fare_tables.h \
	data/fares.c data/fare_network.c data/fares.h

data/embedded.$(OBJEXT): $(EMBEDDED_FILES)

noinst_PROGRAMS += data/faregen
data_faregen_SOURCES = data/faregen.c
data_faregen_LDADD = data/libdata.a common/libcommon.a -lm
