/*-------------------------------------------------------------------------
 *
 * flat.h
 *	  Input and output of values that are canonical bytes behind a varlena
 *	  header, such as the tables that aggregates build.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_FLAT_H
#define CLV_PG_FLAT_H

#include "fmgr.h"
#include "utils/expandeddatum.h"

#include "math/status.h"

typedef ClvStatus (*ClvValidate) (const uint8 *bytes, size_t size);

/* The results of a receive and of a send function; status is that of bytes that are not valid. */
extern Datum clv_flat_recv(FunctionCallInfo fcinfo, ClvValidate validate, ClvStatus status);
extern Datum clv_flat_send(FunctionCallInfo fcinfo);

/*
 * The result of an input function whose text has been read into a state, and of
 * one whose text, its first argument, cannot be read from somewhere on.
 */
extern Datum clv_flat_in(FunctionCallInfo fcinfo, ExpandedObjectHeader *state, ClvValidate validate,
						 ClvStatus status, const char *detail);
extern Datum clv_flat_syntax_error(FunctionCallInfo fcinfo, ClvStatus status, const char *at);

#endif							/* CLV_PG_FLAT_H */
