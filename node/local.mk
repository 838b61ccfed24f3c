noinst_LIBRARIES += node/libnode.a
node_libnode_a_SOURCES =
