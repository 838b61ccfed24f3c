# Bytes that never change: one folder a kind (model, decision, block, receipt, ...), read by the unit tests of the module
# that writes them. A change here is a change of the protocol and says so in its commit.
EXTRA_DIST += tests/golden
