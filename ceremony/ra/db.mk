# The databases that `ra import` fills, and what a fresh machine needs for them.

RA_DB := $(addprefix ceremony/ra/,db.c db_sqlite.c db_postgresql.c db_schema.c store.c)
LIBS_DB := -lpq
MAN_DB := ceremony/ra/rootseal-ra-db.5
DB_PACKAGES := libpq-dev
DB_TEST_PACKAGES := postgresql

$(B)/obj/ceremony/ra/db_postgresql.o: CPPFLAGS += -isystem /usr/include/postgresql
