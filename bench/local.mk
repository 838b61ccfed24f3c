# What this machine does: `make bench` (or ./run bench) prints it. Figures go into BENCHMARKS.md by hand, with the machine they are from.
EXTRA_DIST += bench/journey.sh

bench: all
	PATH="$(abs_top_builddir):$$PATH" $(SHELL) $(top_srcdir)/bench/journey.sh

.PHONY: bench
