#ifndef QR_COMMON_PRELUDE_H
#define QR_COMMON_PRELUDE_H
#ifndef __ASSEMBLER__

/* Included ahead of every source file by the build: the C library first, then the functions that this
 * project does not use, poisoned so that a use fails to compile. They overflow, keep hidden state, or hand
 * text to a shell; common/buffer.h, common/clock.h and common/error.h hold what replaces them. */

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets gmtime localtime asctime ctime rand srand system

#define QR_MUST_USE __attribute__((warn_unused_result))
#define QR_PRINTF(text, first) __attribute__((format(printf, text, first)))
#define QR_CLEANUP(function) __attribute__((cleanup(function)))

#endif
#endif
