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

noinst_PROGRAMS += bench/ledger
bench_ledger_SOURCES = bench/ledger.c bench/rig.c bench/rig.h
bench_ledger_LDADD = data/libdata.a $(DOMAIN_LIBS) $(DOMAIN_SYSTEM_LIBS) -lpthread

bench: all
	bench/decisions
	bench/growth
	bench/ledger
	PATH="$(abs_top_builddir):$$PATH" $(SHELL) $(top_srcdir)/bench/journey.sh

.PHONY: bench
