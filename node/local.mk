noinst_LIBRARIES += node/libnode.a
node_libnode_a_SOURCES = \
	node/keyspace.h \
	node/entry.c node/entry.h \
	node/genesis.c node/genesis.h \
	node/actions.c node/actions.h \
	node/object.c node/object.h \
	node/upload.c node/upload.h \
	node/order.c node/order.h \
	node/mandate.c node/mandate.h \
	node/batch.c node/batch.h \
	node/operator.c node/operator.h \
	node/validator.c node/validator.h \
	node/witness.c node/witness.h \
	node/explainers.c node/explainers.h \
	node/impact.c node/impact.h \
	node/describe.c node/describe.h \
	node/node.c node/host.c node/dispatch.c node/machine.h node/node.h \
	node/replay.c node/replay.h \
	node/snapshot.c node/snapshot_write.c node/snapshot_file.h node/snapshot.h \
	node/restore.c node/restore.h \
	node/audit.c node/export.c node/audit.h \
	node/verify.c node/verify.h
node_libnode_a_CFLAGS = $(AM_CFLAGS) $(JANSSON_CFLAGS) $(SQLITE_CFLAGS) $(SODIUM_CFLAGS)
