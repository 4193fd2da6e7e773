/*-------------------------------------------------------------------------
 *
 * state.h
 *	  What aggregates share whose states are expanded objects.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_STATE_H
#define CLV_PG_STATE_H

#include "fmgr.h"
#include "utils/expandeddatum.h"

/* Where the states of a running aggregate live; raises outside of one. */
static inline MemoryContext
clv_aggregate_context(FunctionCallInfo fcinfo)
{
	MemoryContext context;

	if (!AggCheckCallContext(fcinfo, &context))
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("aggregate support function called outside an aggregate")));
	return context;
}

/* A state of our own, to be changed in place: an expanded object with these methods. */
static inline bool
clv_is_own_state(Datum state, const ExpandedObjectMethods *methods)
{
	return VARATT_IS_EXTERNAL_EXPANDED_RW(DatumGetPointer(state)) &&
		DatumGetEOHP(state)->eoh_methods == methods;
}

/* Whether an argument behind the state is NULL: such a row changes nothing. */
static inline bool
clv_has_null_argument(FunctionCallInfo fcinfo)
{
	for (int i = 1; i < PG_NARGS(); i++)
	{
		if (PG_ARGISNULL(i))
			return true;
	}
	return false;
}

static inline Datum
clv_unchanged_state(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* The flat form of a state. */
static inline Datum
clv_flat_state(ExpandedObjectHeader *header)
{
	Size		size = EOH_get_flat_size(header);
	struct varlena *flat = palloc(size);

	EOH_flatten_into(header, flat, size);
	return PointerGetDatum(flat);
}

#endif							/* CLV_PG_STATE_H */
