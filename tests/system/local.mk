# One script a promise; each makes homes of its own under a temporary folder (see lib.sh) and prints TAP.
EXTRA_DIST += tests/system/lib.sh
