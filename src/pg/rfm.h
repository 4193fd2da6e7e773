/*-------------------------------------------------------------------------
 *
 * rfm.h
 *	  What is scored, and rows of the type clv.rfm_scores.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_RFM_H
#define CLV_PG_RFM_H

#include "access/tupdesc.h"
#include "fmgr.h"

/* In the order of the scores r, f, m. */
enum
{
	CLV_RFM_LAST_ORDER,
	CLV_RFM_PURCHASE_DAYS,
	CLV_RFM_REVENUE,
	CLV_RFM_AXES
};

/* Rows of scores up to so many are built once in a query. */
#define CLV_RFM_KEPT 10

typedef struct ClvRfmRows
{
	MemoryContext context;
	TupleDesc	descriptor;
	Datum		kept[CLV_RFM_KEPT][CLV_RFM_KEPT][CLV_RFM_KEPT]; /* 0 where not built yet */
} ClvRfmRows;

/* For a function that answers such rows: they live as long as what it keeps. */
extern void clv_rfm_rows_init(ClvRfmRows *rows, FunctionCallInfo fcinfo);

extern Datum clv_rfm_row(ClvRfmRows *rows, int r, int f, int m);

#endif							/* CLV_PG_RFM_H */
