#include "reservations/sql.h"

/* Numbers of flights, airlines and airports are indexes into the network. A departure is one flight, date and cabin
 * as one number (qr_departure_pack). An order bears the number of the offer it was made from, so that "one offer
 * makes one order" is the primary key. Times are ms since the epoch, money is in minor units. */
const char qr_reservations_schema[] =
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value ANY NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE airports (number INTEGER PRIMARY KEY, code TEXT NOT NULL, city TEXT NOT NULL,"
    "  offset_minutes INTEGER NOT NULL) STRICT;"
    "CREATE TABLE airlines (number INTEGER PRIMARY KEY, code TEXT NOT NULL, name TEXT NOT NULL) STRICT;"
    "CREATE TABLE flights (number INTEGER PRIMARY KEY, code TEXT NOT NULL, airline INTEGER NOT NULL,"
    "  origin INTEGER NOT NULL, destination INTEGER NOT NULL, departure INTEGER NOT NULL, minutes INTEGER NOT NULL,"
    "  stops INTEGER NOT NULL, weekdays INTEGER NOT NULL, economy INTEGER NOT NULL, business INTEGER NOT NULL) STRICT;"
    "CREATE TABLE inventory (departure INTEGER PRIMARY KEY, capacity INTEGER NOT NULL, presold INTEGER NOT NULL,"
    "  sold INTEGER NOT NULL, CHECK (sold BETWEEN 0 AND capacity)) STRICT;"
    "CREATE TABLE mandates (number INTEGER PRIMARY KEY, hash BLOB NOT NULL, currency TEXT NOT NULL,"
    "  minor_digits INTEGER NOT NULL, revoked INTEGER NOT NULL, UNIQUE (hash, currency, minor_digits)) STRICT;"
    "CREATE TABLE offers (number INTEGER PRIMARY KEY, departure INTEGER NOT NULL, fare INTEGER NOT NULL,"
    "  mandate INTEGER NOT NULL, created INTEGER NOT NULL, expires INTEGER NOT NULL, decision BLOB NOT NULL,"
    "  leaf BLOB NOT NULL, recorded INTEGER NOT NULL) STRICT;"
    "CREATE TABLE orders (number INTEGER PRIMARY KEY, locator INTEGER NOT NULL UNIQUE, key BLOB NOT NULL,"
    "  state INTEGER NOT NULL, departure INTEGER NOT NULL, fare INTEGER NOT NULL, mandate INTEGER NOT NULL,"
    "  created INTEGER NOT NULL, decision BLOB NOT NULL, commitment BLOB NOT NULL, leaf BLOB NOT NULL) STRICT;"
    "CREATE TABLE passengers (number INTEGER PRIMARY KEY, salt BLOB NOT NULL, data BLOB NOT NULL) STRICT;"
    "CREATE TABLE heights (number INTEGER PRIMARY KEY, height INTEGER NOT NULL) STRICT;"
    "CREATE TABLE unrecorded (number INTEGER PRIMARY KEY) STRICT;"
    "CREATE TABLE events (number INTEGER PRIMARY KEY, booking INTEGER NOT NULL, state INTEGER NOT NULL,"
    "  time INTEGER NOT NULL) STRICT;"
    "CREATE TABLE submissions (sequence INTEGER PRIMARY KEY, bytes BLOB NOT NULL) STRICT;";
