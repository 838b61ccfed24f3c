noinst_LIBRARIES += reservations/libreservations.a
reservations_libreservations_a_SOURCES =
