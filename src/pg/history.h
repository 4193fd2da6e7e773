/*-------------------------------------------------------------------------
 *
 * history.h
 *	  clv.history as an argument and a result of functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_HISTORY_H
#define CLV_PG_HISTORY_H

#include "base/history.h"
#include "pg/day.h"

/* The canonical bytes of a history: for clv_history_open and its kin. */
typedef struct ClvHistoryBytes
{
	const uint8 *bytes;
	size_t		size;
} ClvHistoryBytes;

extern ClvHistoryBytes clv_history_bytes(Datum history);

/* Its totals; raises where they do not fit. */
extern ClvHistorySummary clv_history_summary(Datum history);

#define PG_GETARG_HISTORY(n) clv_history_bytes(PG_GETARG_DATUM(n))

#endif							/* CLV_PG_HISTORY_H */
