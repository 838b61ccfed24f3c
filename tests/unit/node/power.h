#ifndef QR_TESTS_UNIT_NODE_POWER_H
#define QR_TESTS_UNIT_NODE_POWER_H

#include "tests/unit/unit.h"

/* A disk in memory under SQLite, whose power can be cut and which fails on demand.
 *
 * What is written is in the cache, where reading finds it. A sync takes what was written to that file since its last sync to the
 * platter. Names are like that too: creating and deleting a file reaches the platter when its folder is synced, which SQLite does
 * where the system's own VFS does it: with the first sync of a new journal or log, and with a deletion that asks for it.
 * When the power is cut, what is on the platter stays; of the rest, anything may. */

/* What goes wrong at the operation that power_arm names. Operations are writes, truncations, syncs, creations and deletions. */
enum power_fault {
    POWER_IO_ERROR, /* it fails, and so does everything after it */
    POWER_FULL,     /* there is no room for it, nor for anything after it */
    POWER_SHORT,    /* half of it is done, then it fails, and so does everything after it */
    POWER_CUT,      /* the power goes */
    POWER_FORGET,   /* it fails once; a sync that fails so also forgets what it should have taken to the platter */
    POWER_LIE,      /* it is reported done and is not, alone */
    POWER_FLIP,     /* of reads: a bit of what it gives is wrong, alone */
    POWER_FAULTS
};

/* What survives a cut of what is not on the platter. */
enum power_keep {
    POWER_KEEP_NOTHING,
    POWER_KEEP_ALL, /* nothing was cut: the process alone is gone */
    POWER_KEEP_512, /* any sectors of this size, and any names */
    POWER_KEEP_4096,
    POWER_KEEPS
};

void power_install(void); /* once: SQLite's default from then on */
void power_format(uint64_t seed);                  /* an empty disk; everything drawn at random comes from the seed */
void power_arm(enum power_fault fault, long nth);  /* counts from now on */
void power_disarm(void);                           /* and heals the disk */
bool power_struck(void);
void power_break(void); /* nothing works any more, until the disk is healed */
void power_cut(enum power_keep keep); /* no file may be open; disarms */

/* A whole disk, to go back to. */
struct power_image;
struct power_image *power_copy(void);
void power_restore(const struct power_image *image);
void power_image_free(struct power_image *image);

/* The bytes of a file as reading finds them, to be changed in place; NULL when there is none. */
uint8_t *power_file(const char *name, size_t *ret_size);
/* For each operation since the disk was made, a letter: what was done. */
long power_operations(void);
const char *power_operation(void); /* the one that was struck: "sync ledgerd.db-wal" */

#endif
