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

void
clv_activity_make_room(ClvActivityCall *call, Size history_size)
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
