/*-------------------------------------------------------------------------
 *
 * milestone.c
 *	  How far one customer has come.
 *
 *-------------------------------------------------------------------------
 */
#include "base/milestone.h"

#include <math.h>

/* The first day with orders up to as_of. */
static bool
first_purchase(const uint8_t *history, size_t size, int32_t as_of, int32_t *day)
{
	ClvHistoryReader reader;
	ClvPurchase purchase;

	clv_history_open(&reader, history, size);
	while (clv_history_next(&reader, &purchase) && purchase.day <= as_of)
	{
		if (purchase.orders > 0)
		{
			*day = purchase.day;
			return true;
		}
	}
	return false;
}

ClvStatus
clv_value_within(const uint8_t *history, size_t size, int32_t days, int32_t as_of,
				 bool *known, ClvAmount *value, int *scale)
{
	ClvHistoryReader reader;
	ClvPurchase purchase;
	ClvStatus	status = CLV_OK;
	int32_t		first;

	clv_history_open(&reader, history, size);
	*value = 0;
	*scale = reader.scale;
	*known = first_purchase(history, size, as_of, &first) && (int64_t) first + days <= as_of;
	if (!*known)
		return CLV_OK;
	while (status == CLV_OK && clv_history_next(&reader, &purchase) && purchase.day <= first + days)
		status = clv_amount_add(value, purchase.amount);
	return status;
}

bool
clv_days_to_purchase(const uint8_t *history, size_t size, int32_t n, int32_t as_of, int32_t *days)
{
	ClvHistoryReader reader;
	ClvPurchase purchase;
	int32_t		first = 0;
	int32_t		count = 0;

	clv_history_open(&reader, history, size);
	while (clv_history_next(&reader, &purchase) && purchase.day <= as_of)
	{
		if (purchase.orders <= 0)
			continue;
		if (++count == 1)
			first = purchase.day;
		if (count == n)
		{
			*days = purchase.day - first;
			return true;
		}
	}
	return false;
}

/* The periods that a series runs over. */
typedef struct Series
{
	ClvPeriod	period;
	int32_t		first;
	int32_t		last;
	double		mean;
} Series;

/*
 * Sum of the amounts, or of the squares of their distances to the mean, over
 * the periods of the series; one without amounts counts as 0.
 */
static double
sum_periods(const uint8_t *history, size_t size, const Series *series, bool squares)
{
	ClvHistoryReader reader;
	ClvPurchase purchase;
	double		sum = 0;
	double		of_period = 0;
	int32_t		current = series->first;
	int64_t		active = 0;

	clv_history_open(&reader, history, size);
	while (clv_history_next(&reader, &purchase))
	{
		int32_t		index = clv_period_index(series->period, purchase.day);

		if (index > series->last)
			break;
		if (index > current)
		{
			sum += squares ? (of_period - series->mean) * (of_period - series->mean) : of_period;
			active++;
			of_period = 0;
			current = index;
		}
		of_period += clv_amount_to_double(purchase.amount, reader.scale);
	}
	sum += squares ? (of_period - series->mean) * (of_period - series->mean) : of_period;
	active++;
	if (squares)
		sum += (double) ((int64_t) series->last - series->first + 1 - active) * series->mean * series->mean;
	return sum;
}

bool
clv_variation(const uint8_t *history, size_t size, ClvPeriod period, int32_t as_of, double *variation)
{
	Series		series = {period, 0, 0, 0};
	double		count;
	int32_t		first;

	if (!first_purchase(history, size, as_of, &first))
		return false;
	series.first = clv_period_index(period, first);
	series.last = clv_period_index(period, as_of);
	if (clv_period_end(period, series.last) > as_of)
		series.last--;
	if (series.last <= series.first)
		return false;
	count = (double) series.last - series.first + 1;
	series.mean = sum_periods(history, size, &series, false) / count;
	if (!(series.mean > 0))
		return false;
	*variation = sqrt(sum_periods(history, size, &series, true) / (count - 1)) / series.mean;
	return true;
}

void
clv_gaps_open(ClvGaps *gaps, const uint8_t *history, size_t size, int32_t as_of)
{
	clv_history_open(&gaps->reader, history, size);
	gaps->as_of = as_of;
	gaps->previous = 0;
	gaps->started = false;
	gaps->ended = false;
}

bool
clv_gaps_next(ClvGaps *gaps, int32_t *days, bool *completed)
{
	ClvPurchase purchase;

	while (!gaps->ended && clv_history_next(&gaps->reader, &purchase) && purchase.day <= gaps->as_of)
	{
		int32_t		before = gaps->previous;

		if (purchase.orders <= 0)
			continue;
		gaps->previous = purchase.day;
		if (!gaps->started)
		{
			gaps->started = true;
			continue;
		}
		*days = purchase.day - before;
		*completed = true;
		return true;
	}
	if (gaps->ended || !gaps->started)
		return false;
	gaps->ended = true;
	*days = gaps->as_of - gaps->previous;
	*completed = false;
	return true;
}
