noinst_LIBRARIES += tui/libtui.a
tui_libtui_a_CFLAGS = $(AM_CFLAGS) $(NCURSES_CFLAGS) $(PROTOBUF_C_CFLAGS) $(JANSSON_CFLAGS)
tui_libtui_a_SOURCES = \
	tui/app.c tui/app.h \
	tui/canvas.c tui/canvas.h \
	tui/data.c tui/data.h \
	tui/dialog.c tui/dialog.h \
	tui/draw.c \
	tui/format.c tui/format.h \
	tui/help.c tui/help.h \
	tui/impact.c tui/impact.h \
	tui/key.c tui/key.h \
	tui/dashboard.c \
	tui/layout.c tui/layout.h \
	tui/live.c tui/live.h \
	tui/live_act.c \
	tui/live_one.c tui/live_parts.h \
	tui/live_take.c \
	tui/logs.c \
	tui/operations.c \
	tui/place.c tui/place.h \
	tui/source.h \
	tui/text.c tui/text.h \
	tui/waterfall.c tui/waterfall.h \
	tui/term/crash.c tui/term/crash.h \
	tui/term/input.c tui/term/input.h \
	tui/term/term.c tui/term/term.h \
	tui/views/decisions.c \
	tui/views/fares.c \
	tui/views/governance.c \
	tui/views/ledger.c \
	tui/views/overview.c \
	tui/views/views.c tui/views/views.h
