/*-------------------------------------------------------------------------
 *
 * observe.c
 *	  What some model families want to know of a history beyond its statistics.
 *
 *-------------------------------------------------------------------------
 */
#include "base/observe.h"

#include <math.h>
#include <string.h>

double
clv_history_log_gaps(const uint8_t *bytes, size_t size, int32_t as_of)
{
	ClvHistoryReader reader;
	ClvPurchase purchase;
	double		sum = 0;
	bool		started = false;
	int32_t		previous = 0;

	clv_history_open(&reader, bytes, size);
	while (clv_history_next(&reader, &purchase) && purchase.day <= as_of)
	{
		if (purchase.orders <= 0)
			continue;
		if (started)
			sum += log((double) purchase.day - previous);
		previous = purchase.day;
		started = true;
	}
	return sum;
}

void
clv_history_opportunities(const uint8_t *bytes, size_t size, int32_t as_of, double days,
						  ClvOpportunities *opportunities)
{
	ClvHistoryReader reader;
	ClvPurchase purchase;
	bool		started = false;
	int32_t		first = 0;

	memset(opportunities, 0, sizeof(*opportunities));
	clv_history_open(&reader, bytes, size);
	while (clv_history_next(&reader, &purchase) && purchase.day <= as_of)
	{
		double		index;

		if (purchase.orders <= 0)
			continue;
		if (!started)
		{
			started = true;
			first = purchase.day;
			opportunities->seen = floor(((double) as_of - first + 1) / days) - 1;
			if (opportunities->seen < 0)
			{
				opportunities->seen = 0;
				return;
			}
			opportunities->exists = true;
			continue;
		}
		index = floor(((double) purchase.day - first) / days);
		if (index > opportunities->last && index <= opportunities->seen)
		{
			opportunities->used++;
			opportunities->last = index;
		}
	}
}
