/*-------------------------------------------------------------------------
 *
 * recount.h
 *	  Correcting a table by the customers who changed, without those who did
 *	  not: what is taken away from the total, and what is added to it.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_RECOUNT_H
#define CLV_PG_RECOUNT_H

#include "fmgr.h"

typedef struct ClvRecount
{
	struct varlena *total;
	struct varlena *removed;	/* or NULL */
	struct varlena *added;		/* or NULL */
} ClvRecount;

/*
 * The arguments (total, removed, added).  False where there is no total, or
 * where its decimals cannot be told without the amounts of the other
 * customers: all that made them necessary may have been removed.
 */
extern bool clv_recount_arguments(FunctionCallInfo fcinfo, int (*scale_of) (const struct varlena *table),
								  ClvRecount *recount);

#endif							/* CLV_PG_RECOUNT_H */
