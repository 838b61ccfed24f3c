# Warnings, sanitizers and fuzzers of this project. Everything goes into QR_CFLAGS and QR_LDFLAGS, so that the user's CFLAGS
# stay the user's.

AC_DEFUN([QR_WARNINGS], [
  QR_CFLAGS="-std=gnu17 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion -Wvla -Wformat=2 -Wswitch -ffp-contract=off -pthread"
  AC_ARG_ENABLE([werror], [AS_HELP_STRING([--enable-werror], [warnings are errors])])
  AS_IF([test "x$enable_werror" = xyes], [QR_CFLAGS="$QR_CFLAGS -Werror"])
  AC_SUBST([QR_CFLAGS])
  AC_SUBST([QR_LDFLAGS])
])

AC_DEFUN([QR_SANITIZERS], [
  AC_ARG_ENABLE([sanitizers],
    [AS_HELP_STRING([--enable-sanitizers], [AddressSanitizer and UndefinedBehaviorSanitizer])])
  AS_IF([test "x$enable_sanitizers" = xyes], [
    QR_CFLAGS="$QR_CFLAGS -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
    QR_LDFLAGS="$QR_LDFLAGS -fsanitize=address,undefined"
  ])
])

AC_DEFUN([QR_FUZZERS], [
  AC_ARG_ENABLE([libfuzzer],
    [AS_HELP_STRING([--enable-libfuzzer], [link the fuzz targets with clang's libFuzzer instead of the fixed-count runner])])
  AM_CONDITIONAL([LIBFUZZER], [test "x$enable_libfuzzer" = xyes])
  AS_IF([test "x$enable_libfuzzer" = xyes], [
    QR_CFLAGS="$QR_CFLAGS -fsanitize=fuzzer-no-link"
    LIBFUZZER_LIBS="-fsanitize=fuzzer"
  ])
  AC_SUBST([LIBFUZZER_LIBS])
])
