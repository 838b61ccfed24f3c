EXTRA_DIST += cli/demo.sh
