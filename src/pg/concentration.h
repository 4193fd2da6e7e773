/*-------------------------------------------------------------------------
 *
 * concentration.h
 *	  clv.lorenz as an argument of functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_CONCENTRATION_H
#define CLV_PG_CONCENTRATION_H

#include "base/concentration.h"

/* The distribution in an argument; it lives as long as the argument. */
extern ClvLorenz clv_lorenz_argument(FunctionCallInfo fcinfo, int number);

/* A value of an entry as numeric, exact; a double as its shortest decimal. */
extern Datum clv_lorenz_numeric(ClvLorenzKind kind, int scale, ClvAmount value);

#endif							/* CLV_PG_CONCENTRATION_H */
