noinst_LIBRARIES += xai/libxai.a
xai_libxai_a_SOURCES =
