noinst_LIBRARIES += xai/libxai.a
xai_libxai_a_CFLAGS = $(QR_CFLAGS) $(JANSSON_CFLAGS) $(SODIUM_CFLAGS)
xai_libxai_a_SOURCES = \
	xai/schema.h \
	xai/model.h \
	xai/rows.h \
	xai/baseline.h \
	xai/reference.h \
	xai/import.h \
	xai/attribution.h \
	xai/fare.h \
	xai/rules.h \
	xai/decision.h \
	xai/report.h
