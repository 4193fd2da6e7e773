/*-------------------------------------------------------------------------
 *
 * observe.h
 *	  What some model families want to know of a history beyond its statistics.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_OBSERVE_H
#define CLV_OBSERVE_H

#include "base/history.h"

/* Sum of the natural logarithms of the gaps, in days, between the purchase days up to as_of. */
extern double clv_history_log_gaps(const uint8_t *bytes, size_t size, int32_t as_of);

/*
 * The history as a row of opportunities, each `days` long, > 0, counted from the
 * first purchase, which is opportunity 0.  Opportunities that end after as_of
 * are not seen yet.
 */
typedef struct ClvOpportunities
{
	bool		exists;			/* opportunity 0 has ended by as_of; else the rest is zero */
	double		used;			/* opportunities after the first with a purchase */
	double		last;			/* the last of them, 0 if there is none */
	double		seen;			/* opportunities after the first */
} ClvOpportunities;

extern void clv_history_opportunities(const uint8_t *bytes, size_t size, int32_t as_of, double days,
									  ClvOpportunities *opportunities);

#endif							/* CLV_OBSERVE_H */
