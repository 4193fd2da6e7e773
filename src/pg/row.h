/*-------------------------------------------------------------------------
 *
 * row.h
 *	  Rows as results of functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_ROW_H
#define CLV_PG_ROW_H

#include "fmgr.h"

/* A row of the type that the function answers. */
extern Datum clv_row_datum(FunctionCallInfo fcinfo, const Datum *values, const bool *nulls);

#endif							/* CLV_PG_ROW_H */
