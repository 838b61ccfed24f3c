noinst_LIBRARIES += xai/libxai.a
xai_libxai_a_CFLAGS = $(QR_CFLAGS) $(JANSSON_CFLAGS) $(SODIUM_CFLAGS)
xai_libxai_a_SOURCES = \
	xai/schema.c xai/schema.h \
	xai/schema_json.c \
	xai/tree.h \
	xai/model.c xai/model.h \
	xai/model_file.c \
	xai/csv.c xai/csv.h \
	xai/rows.c xai/rows.h \
	xai/baseline.c xai/baseline.h \
	xai/reference.c xai/reference.h \
	xai/document.c xai/document.h \
	xai/document_json.c \
	xai/document_ubjson.c \
	xai/draft.c xai/draft.h \
	xai/import.c xai/import.h \
	xai/import_lightgbm.c \
	xai/export.c xai/export.h \
	xai/import_xgboost.c \
	xai/explainer.h \
	xai/attribution.c xai/attribution.h \
	xai/direct.c \
	xai/tables.c xai/tables.h \
	xai/tables_fill.c \
	xai/tables_rows.c \
	xai/exp_table.h \
	xai/interaction.c xai/interaction.h \
	xai/jsonl.c xai/jsonl.h \
	xai/fare.c xai/fare.h \
	xai/rules.c xai/rules.h \
	xai/box.c xai/box.h \
	xai/whatif.c xai/whatif.h \
	xai/certify.c xai/certify.h \
	xai/decision.c xai/decision.h \
	xai/change.c xai/change.h \
	xai/report.c xai/report.h \
	xai/report_groups.c \
	xai/report_data.h \
	xai/report_json.c \
	xai/report_proofs.c
EXTRA_DIST += xai/exp_table.py
