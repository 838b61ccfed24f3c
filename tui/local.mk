noinst_LIBRARIES += tui/libtui.a
tui_libtui_a_SOURCES =
