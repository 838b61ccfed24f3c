noinst_LIBRARIES += node/libnode.a
node_libnode_a_SOURCES = \
	node/keyspace.h \
	node/impact.c node/impact.h \
	node/genesis.h node/actions.h node/object.h node/order.h node/mandate.h node/batch.h node/verify.h node/audit.h
