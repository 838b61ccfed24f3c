# What this machine does: `make bench` (or ./run bench) prints it. Figures go into docs/BENCHMARKS.md by hand, with the machine they
# are from.
EXTRA_DIST += bench/journey.sh bench/peers.py

noinst_PROGRAMS += bench/decisions
bench_decisions_SOURCES = bench/decisions.c
bench_decisions_LDADD = data/libdata.a xai/libxai.a common/libcommon.a $(JANSSON_LIBS) $(SODIUM_LIBS) -lpthread

noinst_PROGRAMS += bench/growth
bench_growth_SOURCES = bench/growth.c
bench_growth_LDADD = xai/libxai.a common/libcommon.a $(JANSSON_LIBS) $(SODIUM_LIBS) -lpthread

noinst_PROGRAMS += bench/store
bench_store_SOURCES = bench/store.c bench/rig.c bench/rig.h
bench_store_LDADD = data/libdata.a $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) -lpthread

noinst_PROGRAMS += bench/snapshot
bench_snapshot_SOURCES = bench/snapshot.c bench/rig.c bench/rig.h
bench_snapshot_LDADD = data/libdata.a $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) -lpthread

noinst_PROGRAMS += bench/ledger
bench_ledger_SOURCES = bench/ledger.c bench/rig.c bench/rig.h
bench_ledger_LDADD = data/libdata.a $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) -lpthread

# Real processes under load: a follower (bench/follow.sh), networks of CometBFT nodes (bench/cometbft.sh).
EXTRA_DIST += bench/follow.sh bench/cometbft.sh
noinst_PROGRAMS += bench/transactions bench/broadcast bench/submit bench/reached
bench_transactions_SOURCES = bench/transactions.c bench/rig.c bench/rig.h
bench_transactions_LDADD = data/libdata.a $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) -lpthread
bench_broadcast_SOURCES = bench/broadcast.c
bench_broadcast_CFLAGS = $(AM_CFLAGS) $(CURL_CFLAGS)
bench_broadcast_LDADD = common/libcommon.a $(CURL_LIBS) $(JANSSON_LIBS) $(SODIUM_LIBS)
bench_submit_SOURCES = bench/submit.c
bench_submit_LDADD = $(SERVICE_LIBS) $(DOMAIN_LIBS) $(SERVICE_SYSTEM_LIBS) $(DOMAIN_SYSTEM_LIBS) -lpthread
bench_reached_SOURCES = bench/reached.c
bench_reached_LDADD = $(SERVICE_LIBS) $(DOMAIN_LIBS) $(SERVICE_SYSTEM_LIBS) $(DOMAIN_SYSTEM_LIBS) -lpthread

bench: all
	bench/decisions
	bench/growth
	bench/ledger
	bench/snapshot
	PATH="$(abs_top_builddir):$$PATH" bench/store 1000000
	PATH="$(abs_top_builddir):$$PATH" $(SHELL) $(top_srcdir)/bench/journey.sh
	PATH="$(abs_top_builddir):$$PATH" QR_BENCH_BUILD="$(abs_top_builddir)" $(SHELL) $(top_srcdir)/bench/follow.sh
	PATH="$(abs_top_builddir):$$PATH" QR_BENCH_BUILD="$(abs_top_builddir)" $(SHELL) $(top_srcdir)/bench/cometbft.sh

.PHONY: bench
