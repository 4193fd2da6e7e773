/*-------------------------------------------------------------------------
 *
 * activity.c
 *	  What the aggregates keep that count histories by periods.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "storage/shmem.h"
#include "utils/memutils.h"

#include "pg/activity.h"
#include "pg/calendar.h"
#include "pg/compat.h"

static bool
is_kept(const ClvKeptName *kept, const text *given)
{
	return kept->length > 0 && kept->length == VARSIZE_ANY_EXHDR(given) &&
		memcmp(kept->bytes, VARDATA_ANY(given), kept->length) == 0;
}

/* Only names that are known come here: they are shorter than the space. */
static void
keep(ClvKeptName *kept, const text *given)
{
	kept->length = VARSIZE_ANY_EXHDR(given);
	memcpy(kept->bytes, VARDATA_ANY(given), kept->length);
}

bool
clv_activity_arguments(ClvActivityCall *call, const text *unit, const text *week_start, int32 as_of)
{
	ClvPeriod	period;

	if (as_of == call->as_of && is_kept(&call->unit, unit) &&
		(week_start == NULL || is_kept(&call->week_start, week_start)))
		return false;
	period = clv_period_argument(unit, week_start);
	clv_period_table_fill(&call->calendar, period, as_of);
	call->as_of = as_of;
	keep(&call->unit, unit);
	if (week_start != NULL)
		keep(&call->week_start, week_start);
	return true;
}

/* Arrays large enough for a history of so many bytes. */
static void
make_room(ClvActivityCall *call, Size history_size)
{
	Size		room = clv_history_entry_bound(history_size) + 1;
	ClvActivities *customer = &call->customer;

	if (room <= call->room)
		return;
	room = Max(room, 2 * call->room);
	call->room = 0;
	if (customer->periods != NULL)
		pfree(customer->periods);
	if (customer->others != NULL)
		pfree(customer->others);
	customer->periods = NULL;
	customer->others = NULL;
	customer->periods = MemoryContextAllocHuge(call->context, mul_size(room, sizeof(ClvActivity)));
	customer->others = MemoryContextAllocHuge(call->context, mul_size(room, sizeof(ClvOtherActivity)));
	call->room = room;
}

/* The customer read last by the periods of a calendar, if the history was no larger. */
#define MAX_LATEST_SIZE 1024

typedef struct LatestCustomer
{
	Size		size;			/* 0 for none */
	ClvPeriod	period;
	int32		as_of;
	uint8		bytes[MAX_LATEST_SIZE];
	ClvActivity periods[MAX_LATEST_SIZE / 2 + 1];
	ClvOtherActivity others[MAX_LATEST_SIZE / 2 + 1];
	ClvActivities customer;
} LatestCustomer;

static LatestCustomer latest = {.customer = {.periods = latest.periods, .others = latest.others}};

ClvActivities *
clv_activity_arrays(ClvActivityCall *call, Size history_size)
{
	if (history_size <= MAX_LATEST_SIZE)
	{
		latest.size = 0;
		return &latest.customer;
	}
	make_room(call, history_size);
	return &call->customer;
}

ClvStatus
clv_activity_read(ClvActivityCall *call, ClvHistoryBytes history, ClvActivities **customer)
{
	const ClvPeriodTable *calendar = &call->calendar;
	ClvStatus	status;

	if (history.size == latest.size && call->as_of == latest.as_of &&
		calendar->period.unit == latest.period.unit && calendar->period.week_start == latest.period.week_start &&
		memcmp(history.bytes, latest.bytes, history.size) == 0)
	{
		*customer = &latest.customer;
		return CLV_OK;
	}
	*customer = clv_activity_arrays(call, history.size);
	status = clv_activities_read(*customer, calendar, call->as_of, history.bytes, history.size);
	if (status == CLV_OK && *customer == &latest.customer)
	{
		memcpy(latest.bytes, history.bytes, history.size);
		latest.size = history.size;
		latest.period = calendar->period;
		latest.as_of = call->as_of;
	}
	return status;
}
