TUI_TEST_LDADD = tui/libtui.a services/lib/libservice.a xai/libxai.a common/libcommon.a \
	$(NCURSES_LIBS) $(INIH_LIBS) $(JANSSON_LIBS) $(SODIUM_LIBS) $(CHECK_LIBS)
TUI_TEST_CFLAGS = $(UNIT_CFLAGS) $(NCURSES_CFLAGS)

check_PROGRAMS += tests/unit/tui/canvas.test tests/unit/tui/layout.test tests/unit/tui/screens.test \
	tests/unit/tui/keys.test tests/unit/tui/term.test tests/unit/tui/waterfall.test
TESTS += tests/unit/tui/canvas.test tests/unit/tui/layout.test tests/unit/tui/screens.test \
	tests/unit/tui/keys.test tests/unit/tui/term.test tests/unit/tui/waterfall.test
EXTRA_DIST += $(TUI_GOLDEN)
TUI_GOLDEN = \
	tests/golden/tui/overview-80x24.txt tests/golden/tui/overview-200x60.txt \
	tests/golden/tui/ledger-80x24.txt tests/golden/tui/ledger-200x60.txt \
	tests/golden/tui/governance-80x24.txt tests/golden/tui/governance-200x60.txt \
	tests/golden/tui/decisions-80x24.txt tests/golden/tui/decisions-200x60.txt \
	tests/golden/tui/fares-80x24.txt tests/golden/tui/fares-200x60.txt

tests_unit_tui_canvas_test_SOURCES = tests/unit/tui/canvas.c
tests_unit_tui_canvas_test_CFLAGS = $(TUI_TEST_CFLAGS)
tests_unit_tui_canvas_test_LDADD = $(TUI_TEST_LDADD)

tests_unit_tui_layout_test_SOURCES = tests/unit/tui/layout.c
tests_unit_tui_layout_test_CFLAGS = $(TUI_TEST_CFLAGS)
tests_unit_tui_layout_test_LDADD = $(TUI_TEST_LDADD)

tests_unit_tui_screens_test_SOURCES = tests/unit/tui/screens.c tests/unit/tui/fixture.c tests/unit/tui/fixture.h
tests_unit_tui_screens_test_CFLAGS = $(TUI_TEST_CFLAGS)
tests_unit_tui_screens_test_LDADD = $(TUI_TEST_LDADD)

tests_unit_tui_keys_test_SOURCES = tests/unit/tui/keys.c tests/unit/tui/fixture.c tests/unit/tui/fixture.h
tests_unit_tui_keys_test_CFLAGS = $(TUI_TEST_CFLAGS)
tests_unit_tui_keys_test_LDADD = $(TUI_TEST_LDADD)

tests_unit_tui_term_test_SOURCES = tests/unit/tui/term.c tests/unit/tui/fixture.c tests/unit/tui/fixture.h
tests_unit_tui_term_test_CFLAGS = $(TUI_TEST_CFLAGS)
tests_unit_tui_term_test_LDADD = $(TUI_TEST_LDADD)

tests_unit_tui_waterfall_test_SOURCES = tests/unit/tui/waterfall.c tests/unit/tui/fixture.c tests/unit/tui/fixture.h
tests_unit_tui_waterfall_test_CFLAGS = $(TUI_TEST_CFLAGS)
tests_unit_tui_waterfall_test_LDADD = $(TUI_TEST_LDADD)
