/*-------------------------------------------------------------------------
 *
 * concentration.h
 *	  clv.lorenz as an argument of functions, and as a state of aggregates.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_CONCENTRATION_H
#define CLV_PG_CONCENTRATION_H

#include "base/concentration.h"

/* A distribution while it is collected, in a context of its own below the parent. */
typedef struct ClvLorenzState ClvLorenzState;

extern ClvLorenzState *clv_lorenz_state(MemoryContext parent, ClvLorenzKind kind);
extern void clv_lorenz_add(ClvLorenzState *state, ClvAmount value, int scale, int64 customers);
extern void clv_lorenz_add_all(ClvLorenzState *state, const struct varlena *flat);
extern struct varlena *clv_lorenz_flat(ClvLorenzState *state);

/* The distribution in an argument; it lives as long as the argument. */
extern ClvLorenz clv_lorenz_argument(FunctionCallInfo fcinfo, int number);

/* A value of an entry as numeric, exact; a double as its shortest decimal. */
extern Datum clv_lorenz_numeric(ClvLorenzKind kind, int scale, ClvAmount value);

#endif							/* CLV_PG_CONCENTRATION_H */
