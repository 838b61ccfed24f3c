noinst_LIBRARIES += common/libcommon.a
common_libcommon_a_SOURCES = \
	common/prelude.h \
	common/error.c common/error.h \
	common/buffer.c common/buffer.h \
	common/codec.c common/codec.h \
	common/hash.c common/hash.h \
	common/key.c common/key.h \
	common/fixed.c common/fixed.h \
	common/money.c common/money.h \
	common/clock.c common/clock.h \
	common/file.c common/file.h \
	common/state.c common/state.h
