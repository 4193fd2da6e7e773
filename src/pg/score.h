/*-------------------------------------------------------------------------
 *
 * score.h
 *	  What window functions that answer scores share.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_SCORE_H
#define CLV_PG_SCORE_H

#include "pg/values.h"

/* The second argument, which is the number of scores, in the current row; 0 for NULL. */
extern int	clv_bins_argument(FunctionCallInfo fcinfo);

/* The scores of values, in place of the marks of the rows that have one; frees the values. */
extern void clv_score_values(uint16 *number, ClvPartition *partition, int bins);

#endif							/* CLV_PG_SCORE_H */
