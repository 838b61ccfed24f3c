noinst_LIBRARIES += cli/libcli.a
cli_libcli_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(PROTOBUF_C_CFLAGS) $(SODIUM_CFLAGS) $(SQLITE_CFLAGS) \
	-DPACKAGE_VERSION='"$(PACKAGE_VERSION)"' -DBINDIR='"$(bindir)"'
cli_libcli_a_SOURCES = \
	cli/book.c \
	cli/cli.h \
	cli/explain.c \
	cli/explain.h \
	cli/order.c \
	cli/order.h \
	cli/search.c \
	cli/waterfall.c \
	cli/commands.c \
	cli/commands.h \
	cli/dashboard.c \
	cli/dashboard.h \
	cli/help.c \
	cli/cometbft_home.c cli/cometbft_home.h \
	cli/cometbft_program.c cli/cometbft_program.h \
	cli/init.c cli/init.h \
	cli/init_home.c \
	cli/init_join.c cli/join.c \
	cli/init_objects.c \
	cli/new_home.c cli/new_home.h \
	cli/ledger.c cli/ledger_log.c cli/ledger_log.h \
	cli/seen.c cli/seen.h \
	cli/load.c \
	cli/load.h \
	cli/load_operations.c \
	cli/manual.c \
	cli/histogram.c \
	cli/histogram.h \
	cli/member.c \
	cli/model.c \
	cli/model.h \
	cli/model_certify.c \
	cli/model_dependence.c cli/model_dependence.h \
	cli/model_diff.c cli/model_change.c cli/model_change.h \
	cli/model_explain.c \
	cli/model_export.c \
	cli/model_import.c \
	cli/model_summary.c \
	cli/model_summary.h \
	cli/model_whatif.c \
	cli/operator.c cli/operator.h \
	cli/options.c \
	cli/output.c \
	cli/proposal.c \
	cli/proposal.h \
	cli/proposal_create.c \
	cli/proposal_impact.c \
	cli/proposal_report.c \
	cli/proposal_show.c \
	cli/publish.c \
	cli/receipt.c \
	cli/run.c \
	cli/run.h \
	cli/submit.c \
	cli/submit.h \
	cli/table.c \
	cli/up.c \
	cli/validator.c cli/validator.h \
	cli/vote.c

bin_PROGRAMS += quorate
quorate_SOURCES = cli/main.c
quorate_CFLAGS = $(cli_libcli_a_CFLAGS)
CLI_LIBS = cli/libcli.a tui/libtui.a data/libdata.a reservations/libreservations.a $(SERVICE_LIBS) $(DOMAIN_LIBS) $(SERVICE_SYSTEM_LIBS) $(DOMAIN_SYSTEM_LIBS) $(NCURSES_LIBS) -lm
quorate_LDADD = $(CLI_LIBS)

EXTRA_DIST += cli/demo.sh

# The manual page and bash's completion are printed by the program, from its table of commands.
man1_MANS = docs/quorate.1
bashcompletiondir = $(datadir)/bash-completion/completions
bashcompletion_DATA = docs/completion/quorate
CLEANFILES += docs/quorate.1 docs/completion/quorate

docs/quorate.1: quorate$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs && ./quorate completion man >$@.new && mv $@.new $@

docs/completion/quorate: quorate$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) docs/completion && ./quorate completion bash >$@.new && mv $@.new $@
