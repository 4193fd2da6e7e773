/*-------------------------------------------------------------------------
 *
 * score.h
 *	  Scores by rank: 1 is worst, equal values have equal scores.
 *
 * The score of a value is 1 + floor(bins * worse / n), where worse is how many
 * of the n values are strictly smaller.  It is at least s exactly if the
 * ceil((s - 1) n / bins)-th smallest value is smaller than the value, so that
 * bins - 1 limits stand for all scores, and no sort is needed.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_SCORE_H
#define CLV_SCORE_H

#include "base/amount.h"

#define CLV_SCORE_MAX_BINS 10000

/*
 * The limits of the scores 2 to bins, ascending: a value has score s or more
 * if it is larger than limits[s - 2].  There is at least one value; scratch
 * has room for as many.  Expected time is linear in their number: only those
 * in the buckets of the limits are searched.
 */
extern void clv_score_limits(const ClvAmount *values, size_t count, int bins, ClvAmount *limits,
							 ClvAmount *scratch, ClvInterrupt interrupt);
extern int	clv_score_of(ClvAmount value, const ClvAmount *limits, int bins);

/* The score of a value that so many of count values are smaller than. */
static inline int
clv_score_of_rank(int64_t worse, int64_t count, int bins)
{
	return 1 + (int) ((__int128) bins * worse / count);
}

#endif							/* CLV_SCORE_H */
