/*-------------------------------------------------------------------------
 *
 * activity.c
 *	  What a customer did in each period of the calendar.
 *
 *-------------------------------------------------------------------------
 */
#include "base/activity.h"

void
clv_activities_note(ClvActivities *customer, uint32_t others, const ClvPurchase *purchase)
{
	ClvOtherActivity sums = customer->others[others - 1];

	sums.revenue += (ClvRunningAmount) purchase->amount;
	if (purchase->amount < 0)
		sums.refunds += (ClvRunningAmount) purchase->amount;
	if (purchase->orders > 0)
		sums.orders += purchase->orders - 1;
	customer->others[others] = sums;
}

bool
clv_activity_in_range(const ClvActivities *customer, const ClvActivity *at)
{
	ClvPeriodActivity activity = clv_activity_of(customer, at);

	return clv_amount_in_range(activity.revenue) && clv_amount_in_range(activity.refunds);
}

static int32_t
period_of_calendar(const void *calendar, int32_t origin, int32_t day)
{
	(void) origin;
	return clv_period_lookup(calendar, day);
}

ClvStatus
clv_activities_read(ClvActivities *customer, const ClvPeriodTable *calendar, int32_t as_of,
					const uint8_t *history, size_t size)
{
	return clv_activities_read_by(customer, period_of_calendar, calendar, as_of, history, size);
}
