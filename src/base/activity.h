/*-------------------------------------------------------------------------
 *
 * activity.h
 *	  What a customer did in each of some periods: a history as cohorts and
 *	  movements count it.
 *
 * Only periods with an entry up to as_of appear, in their order.  Money that
 * moved before the first purchase counts with it, and a history without a
 * purchase has no periods.  All sums run on from period to period, so that
 * nothing branches on whether an entry is the first of its period.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_ACTIVITY_H
#define CLV_ACTIVITY_H

#include "base/amount.h"
#include "base/calendar.h"
#include "base/history.h"

/* Up to the end of a period. */
typedef struct ClvActivity
{
	int64_t		revenue;		/* of plain entries, see clv_history_next_plain */
	int32_t		index;			/* of the period */
	int32_t		purchase_days;
	uint32_t	others;			/* entries that are not plain */
} ClvActivity;

/* Modulo 2^128. */
typedef unsigned __int128 ClvRunningAmount __attribute__((aligned(8)));

/* Up to and including an entry that is not plain, what those have. */
typedef struct ClvOtherActivity
{
	int64_t		orders;			/* beside the first one of each day */
	ClvRunningAmount revenue;
	ClvRunningAmount refunds;	/* negative amounts */
} ClvOtherActivity;

/* One customer.  The arrays are the caller's, with room for one more than clv_history_entry_bound. */
typedef struct ClvActivities
{
	ClvActivity *periods;		/* behind an empty one; count is without it */
	ClvOtherActivity *others;	/* behind an empty one */
	size_t		count;
	int32_t		origin;			/* day of the first purchase */
	int			scale;			/* of all amounts */
} ClvActivities;

/* What a customer did in one period. */
typedef struct ClvPeriodActivity
{
	int32_t		purchase_days;
	int64_t		orders;
	ClvAmount	revenue;		/* all amounts */
	ClvAmount	refunds;		/* the negative ones of them */
} ClvPeriodActivity;

static inline ClvPeriodActivity
clv_activity_of(const ClvActivities *customer, const ClvActivity *at)
{
	ClvPeriodActivity activity = {at->purchase_days - at[-1].purchase_days};

	activity.orders = activity.purchase_days;
	activity.revenue = at->revenue - at[-1].revenue;
	if (at->others != at[-1].others)
	{
		const ClvOtherActivity *from = &customer->others[at[-1].others];
		const ClvOtherActivity *to = &customer->others[at->others];

		activity.orders += to->orders - from->orders;
		activity.revenue += (ClvAmount) (to->revenue - from->revenue);
		activity.refunds = (ClvAmount) (to->refunds - from->refunds);
	}
	return activity;
}

/*
 * Read a history up to as_of by the periods of a calendar.  CLV_AMOUNT_OVERFLOW
 * where the amounts of one period do not fit.
 */
extern ClvStatus clv_activities_read(ClvActivities *customer, const ClvPeriodTable *calendar, int32_t as_of,
									 const uint8_t *history, size_t size);

/* The same by other periods, made of this: the index of the period of a day. */
typedef int32_t (*ClvPeriodOf) (const void *rule, int32_t origin, int32_t day);

/* Note an entry that is not plain as the others-th of its kind. */
extern void clv_activities_note(ClvActivities *customer, uint32_t others, const ClvPurchase *purchase);

/* Whether the sums of a period are whole: nothing wraps before one is out of range. */
extern bool clv_activity_in_range(const ClvActivities *customer, const ClvActivity *at);

/* Field by field: what is copied as a whole is waited for until it has been written. */
static inline void
clv_activity_set(ClvActivity *at, int32_t index, int32_t purchase_days, int64_t revenue, uint32_t others)
{
	at->revenue = revenue;
	at->index = index;
	at->purchase_days = purchase_days;
	at->others = others;
}

__attribute__((always_inline)) static inline ClvStatus
clv_activities_read_by(ClvActivities *customer, ClvPeriodOf period_of, const void *rule, int32_t as_of,
					   const uint8_t *history, size_t size)
{
	ClvHistoryReader reader;
	ClvPurchase purchase;
	ClvActivity *periods = customer->periods;
	size_t		count = 1;
	int64_t		revenue = 0;
	uint32_t	others = 0;
	int32_t		purchase_days = 1;
	int32_t		origin;
	int32_t		last;

	clv_history_open(&reader, history, size);
	customer->count = 0;
	customer->scale = reader.scale;
	memset(&customer->others[0], 0, sizeof(ClvOtherActivity));
	clv_activity_set(&periods[0], 0, 0, 0, 0);
	do
	{
		if (!clv_history_next(&reader, &purchase) || purchase.day > as_of)
			return CLV_OK;
		if (purchase.orders == 1 && purchase.amount >= 0 && purchase.amount <= UINT32_MAX)
			revenue += (int64_t) purchase.amount;
		else
			clv_activities_note(customer, ++others, &purchase);
		clv_activity_set(&periods[1], 0, 1, revenue, others);
		if (others > 0 && !clv_activity_in_range(customer, &periods[1]))
			return CLV_AMOUNT_OVERFLOW;
	} while (purchase.orders <= 0);
	origin = customer->origin = purchase.day;
	last = periods[1].index = period_of(rule, origin, origin);

	while (reader.next != reader.end)
	{
		uint32_t	amount;
		bool		plain = clv_history_next_plain(&reader, &amount);
		int32_t		index;

		if (plain)
		{
			revenue += amount;
			purchase_days++;
		}
		else
		{
			/* A copy, so that only this call needs it in memory. */
			ClvHistoryReader reader_copy = reader;

			clv_history_next_any(&reader_copy, &purchase);
			reader = reader_copy;
			clv_activities_note(customer, ++others, &purchase);
			purchase_days += purchase.orders > 0;
		}
		if (reader.day > as_of)
			break;
		index = period_of(rule, origin, reader.day);
		count += index != last;
		last = index;
		clv_activity_set(&periods[count], index, purchase_days, revenue, others);
		if (!plain && !clv_activity_in_range(customer, &periods[count]))
			return CLV_AMOUNT_OVERFLOW;
	}
	customer->count = count;
	return CLV_OK;
}

#endif							/* CLV_ACTIVITY_H */
