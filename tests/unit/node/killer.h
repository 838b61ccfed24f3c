#ifndef QR_TESTS_UNIT_NODE_KILLER_H
#define QR_TESTS_UNIT_NODE_KILLER_H

/* Kills its own process with SIGKILL at a chosen call into the file system: a VFS over the system's, which counts writes,
 * truncations, syncs, deletions and the locks by which SQLite begins and ends what it does. Nothing of it is in the program. */

void killer_install(void); /* SQLite's default from then on */
void killer_arm(long nth); /* before the nth call from now on; negative: never */

#endif
