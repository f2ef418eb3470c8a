#ifndef SLIPWAY_CPOSTGRESQL_H
#define SLIPWAY_CPOSTGRESQL_H

#include <libpq-fe.h>

// These are macros of single characters, which Swift does not import.
static inline char *cpostgresql_field(const PGresult *result, int field) { return PQresultErrorField(result, field); }
static const int CPOSTGRESQL_SQLSTATE = PG_DIAG_SQLSTATE;
static const int CPOSTGRESQL_MESSAGE = PG_DIAG_MESSAGE_PRIMARY;

#endif
