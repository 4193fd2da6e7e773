/*-------------------------------------------------------------------------
 *
 * recount.c
 *	  Correcting a table by the customers who changed.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "pg/recount.h"

static struct varlena *
optional_table(FunctionCallInfo fcinfo, int n)
{
	return PG_ARGISNULL(n) ? NULL : PG_GETARG_VARLENA_PP(n);
}

bool
clv_recount_arguments(FunctionCallInfo fcinfo, int (*scale_of) (const struct varlena *table),
					  ClvRecount *recount)
{
	int			scale;

	if (PG_ARGISNULL(0))
		return false;
	recount->total = optional_table(fcinfo, 0);
	recount->removed = optional_table(fcinfo, 1);
	recount->added = optional_table(fcinfo, 2);
	scale = scale_of(recount->total);
	return scale == 0 || recount->removed == NULL || scale_of(recount->removed) != scale ||
		(recount->added != NULL && scale_of(recount->added) >= scale);
}
