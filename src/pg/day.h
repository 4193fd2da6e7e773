/*-------------------------------------------------------------------------
 *
 * day.h
 *	  The day that a date, a timestamp or a moment in some zone falls on.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_DAY_H
#define CLV_PG_DAY_H

#include "pgtime.h"
#include "utils/date.h"
#include "utils/timestamp.h"

/* A date argument that has to be a real day: raises where it is infinite. */
extern int32 clv_finite_day(int32 date, const char *argument);

#define PG_GETARG_DAY(n, name) clv_finite_day(DatumGetDateADT(PG_GETARG_DATUM(n)), name)

/* A time zone, and the stretch of time for which its offset is known; begins as zeros. */
typedef struct ClvZone
{
	char		name[TZ_STRLEN_MAX + 1];
	pg_tz	   *zone;
	TimestampTz from;			/* inclusive */
	TimestampTz until;			/* exclusive */
	int64		offset;			/* microseconds east of UTC */
} ClvZone;

/* Look the name up, unless it is the zone's already; raises if there is none. */
extern void clv_find_zone(ClvZone *zone, const char *name, size_t length);

extern int32 clv_day_of_timestamp(Timestamp moment);
extern int32 clv_day_in_other_stretch(TimestampTz moment, ClvZone *zone);

static inline int32
clv_day_in_zone(TimestampTz moment, ClvZone *zone)
{
	Timestamp	local;

	if (moment < zone->from || moment >= zone->until)
		return clv_day_in_other_stretch(moment, zone);
	local = moment + zone->offset;
	return (int32) (local / USECS_PER_DAY) - (local % USECS_PER_DAY < 0);
}

#endif							/* CLV_PG_DAY_H */
