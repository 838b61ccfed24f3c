#ifndef QR_SERVICES_LIB_LOCK_H
#define QR_SERVICES_LIB_LOCK_H

#include "services/lib/endpoint.h"

/* Who may run in a home: a lock on HOME/run/NAME.lock, held by the process for its life and freed by the kernel however
 * it ends. The locks are POSIX record locks, so that the kernel also tells which process holds one. A process takes
 * each at most once. */

/* QR_EBUSY naming the process that holds it. The lock is held until the process ends. Makes HOME/run. */
QR_MUST_USE int qr_lock_take(const char *home, const char *name, struct qr_error *error);

/* Likewise, kept across exec: for a process that is about to become a program that knows nothing of the lock. */
QR_MUST_USE int qr_lock_take_for_program(const char *home, const char *name, struct qr_error *error);

/* The process that holds it, or 0. */
pid_t qr_lock_holder(const char *home, const char *name);

#endif
