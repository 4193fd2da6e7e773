/*-------------------------------------------------------------------------
 *
 * day.c
 *	  The day that a date, a timestamp or a moment in some zone falls on.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "base/calendar.h"
#include "pg/day.h"
#include "pg/error.h"

int32
clv_finite_day(int32 date, const char *argument)
{
	if (DATE_NOT_FINITE(date))
		clv_raise(CLV_DATE_OUT_OF_RANGE, "%s is %s.", argument, DATE_IS_NOBEGIN(date) ? "-infinity" : "infinity");
	return date;
}

int32
clv_day_of_timestamp(Timestamp moment)
{
	Timestamp	day;

	if (TIMESTAMP_NOT_FINITE(moment))
		clv_raise(CLV_DATE_OUT_OF_RANGE, "The time of an order is %s.",
				  TIMESTAMP_IS_NOBEGIN(moment) ? "-infinity" : "infinity");
	day = moment / USECS_PER_DAY;
	if (moment % USECS_PER_DAY < 0)
		day--;
	/* West of Greenwich the first timestamps fall on the day before. */
	if (day < CLV_DATE_MIN)
		clv_raise(CLV_DATE_OUT_OF_RANGE, "An order falls on the day before 4714-11-24 BC.");
	return (int32) day;
}

void
clv_find_zone(ClvZone *zone, const char *name, size_t length)
{
	if (zone->zone != NULL && strlen(zone->name) == length && memcmp(zone->name, name, length) == 0)
		return;
	memset(zone, 0, sizeof(*zone));
	if (length <= TZ_STRLEN_MAX)
	{
		memcpy(zone->name, name, length);
		zone->zone = pg_tzset(zone->name);
	}
	if (zone->zone == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("time zone \"%.*s\" not recognized", (int) length, name),
				 errhint("Use a full name such as 'Europe/Paris', one of those in pg_timezone_names.")));
}

/* Seconds since 1970, inside the range of timestamps less a day at either end: no sum overflows. */
static TimestampTz
bounded_moment(pg_time_t seconds)
{
	pg_time_t	earliest = MIN_TIMESTAMP / USECS_PER_SEC + SECS_PER_DAY;
	pg_time_t	latest = END_TIMESTAMP / USECS_PER_SEC - SECS_PER_DAY;
	pg_time_t	since_2000 = seconds < PG_INT64_MIN / 2 ? earliest
		: seconds - (pg_time_t) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY;

	return Max(earliest, Min(latest, since_2000)) * USECS_PER_SEC;
}

static void
find_offset(ClvZone *zone, pg_time_t moment)
{
	long		offset;
	long		offset_after;
	int			dst_before;
	int			dst_after;
	pg_time_t	boundary;
	int			found = pg_next_dst_boundary(&moment, &offset, &dst_before, &boundary,
											 &offset_after, &dst_after, zone->zone);

	if (found < 0)
		clv_raise(CLV_DATE_OUT_OF_RANGE, "The time of an order has no offset in time zone \"%s\".", zone->name);
	zone->offset = offset * USECS_PER_SEC;
	zone->from = bounded_moment(moment);
	/* Without a boundary ahead the offset stays. */
	zone->until = bounded_moment(found > 0 ? boundary : PG_INT64_MAX);
}

int32
clv_day_in_other_stretch(TimestampTz moment, ClvZone *zone)
{
	pg_time_t	seconds;

	if (TIMESTAMP_NOT_FINITE(moment))
		return clv_day_of_timestamp(moment);
	seconds = timestamptz_to_time_t(moment);
	/* Rounded towards zero, it is the second after for times before 2000. */
	if (moment < 0 && moment % USECS_PER_SEC != 0)
		seconds--;
	find_offset(zone, seconds);
	return clv_day_of_timestamp(moment + zone->offset);
}
