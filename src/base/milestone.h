/*-------------------------------------------------------------------------
 *
 * milestone.h
 *	  How far one customer has come: value after n days, days to the n-th
 *	  purchase, steadiness from period to period.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_MILESTONE_H
#define CLV_MILESTONE_H

#include "base/amount.h"
#include "base/calendar.h"
#include "base/history.h"

/*
 * What the customer's orders amount to up to so many days after the first
 * purchase day, 0 for that day alone; false if as_of lies before that.
 */
extern ClvStatus clv_value_within(const uint8_t *history, size_t size, int32_t days, int32_t as_of,
								  bool *known, ClvAmount *value, int *scale);

/* Days from the first to the n-th purchase day; false if that did not come up to as_of. */
extern bool clv_days_to_purchase(const uint8_t *history, size_t size, int32_t n, int32_t as_of, int32_t *days);

/*
 * Standard deviation over mean of the amounts of the periods from the first
 * purchase's to the last that is complete at as_of; false for less than two
 * periods, and where the mean is not positive.
 */
extern bool clv_variation(const uint8_t *history, size_t size, ClvPeriod period, int32_t as_of, double *variation);

/*
 * The gaps between purchase days up to as_of, then, as the last one, the
 * silence from the last of them to as_of, which is not completed.
 */
typedef struct ClvGaps
{
	ClvHistoryReader reader;
	int32_t		as_of;
	int32_t		previous;		/* purchase day */
	bool		started;
	bool		ended;
} ClvGaps;

extern void clv_gaps_open(ClvGaps *gaps, const uint8_t *history, size_t size, int32_t as_of);
extern bool clv_gaps_next(ClvGaps *gaps, int32_t *days, bool *completed);

#endif							/* CLV_MILESTONE_H */
