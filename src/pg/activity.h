/*-------------------------------------------------------------------------
 *
 * activity.h
 *	  What the aggregates keep that count histories by periods: the calendar of
 *	  their arguments, and memory for the periods of a customer.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_ACTIVITY_H
#define CLV_PG_ACTIVITY_H

#include "base/activity.h"
#include "pg/history.h"

/* A name of a unit or a weekday; none is empty. */
typedef struct ClvKeptName
{
	Size		length;
	char		bytes[16];
} ClvKeptName;

/* Begins as zeros, with its memory context set. */
typedef struct ClvActivityCall
{
	MemoryContext context;
	ClvKeptName unit;
	ClvKeptName week_start;
	int32		as_of;
	ClvPeriodTable calendar;
	ClvActivities customer;
	Size		room;			/* of the arrays of the customer */
} ClvActivityCall;

/* True where arguments differ from those kept: the calendar is another then.  week_start may be NULL. */
extern bool clv_activity_arguments(ClvActivityCall *call, const text *unit, const text *week_start, int32 as_of);

/* Arrays for a history of so many bytes, to be used before the next one is read. */
extern ClvActivities *clv_activity_arrays(ClvActivityCall *call, Size history_size);

/*
 * Read a history by the calendar.  Where it is the one read last, by the same
 * calendar, it is not read again: cohorts and movements of one query share what
 * they read.
 */
extern ClvStatus clv_activity_read(ClvActivityCall *call, ClvHistoryBytes history, ClvActivities **customer);

#endif							/* CLV_PG_ACTIVITY_H */
