noinst_LIBRARIES += services/lib/libservice.a
services_lib_libservice_a_SOURCES =
