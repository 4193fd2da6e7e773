/*-------------------------------------------------------------------------
 *
 * calendar.c
 *	  SQL functions of the calendar, and its arguments elsewhere.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "fmgr.h"

#include "pg/calendar.h"
#include "pg/compat.h"
#include "pg/day.h"
#include "pg/error.h"

ClvPeriod
clv_period_argument(const text *unit, const text *week_start)
{
	ClvPeriod	period = {CLV_DAY, CLV_MONDAY};
	ClvStatus	status;

	status = clv_unit_read(VARDATA_ANY(unit), VARSIZE_ANY_EXHDR(unit), &period.unit);
	if (status != CLV_OK)
		clv_raise(status, "The period is \"%.*s\".",
				  (int) VARSIZE_ANY_EXHDR(unit), VARDATA_ANY(unit));
	if (week_start == NULL)
		return period;
	status = clv_weekday_read(VARDATA_ANY(week_start), VARSIZE_ANY_EXHDR(week_start),
							  &period.week_start);
	if (status != CLV_OK)
		clv_raise(status, "The first day of the week is \"%.*s\".",
				  (int) VARSIZE_ANY_EXHDR(week_start), VARDATA_ANY(week_start));
	return period;
}

PG_FUNCTION_INFO_V1(clv_period_start_of);
Datum
clv_period_start_of(PG_FUNCTION_ARGS)
{
	int32		day = PG_GETARG_DAY(0, "day");
	ClvPeriod	period = clv_period_argument(PG_GETARG_TEXT_PP(1), PG_GETARG_TEXT_PP(2));

	PG_RETURN_DATEADT(clv_period_start(period, clv_period_index(period, day)));
}

PG_FUNCTION_INFO_V1(clv_period_end_of);
Datum
clv_period_end_of(PG_FUNCTION_ARGS)
{
	int32		day = PG_GETARG_DAY(0, "day");
	ClvPeriod	period = clv_period_argument(PG_GETARG_TEXT_PP(1), PG_GETARG_TEXT_PP(2));

	PG_RETURN_DATEADT(clv_period_end(period, clv_period_index(period, day)));
}

PG_FUNCTION_INFO_V1(clv_periods_between);
Datum
clv_periods_between(PG_FUNCTION_ARGS)
{
	int32		from = PG_GETARG_DAY(0, "from_day");
	int32		to = PG_GETARG_DAY(1, "to_day");
	ClvPeriod	period = clv_period_argument(PG_GETARG_TEXT_PP(2), PG_GETARG_TEXT_PP(3));

	/* dates span less than 2^31 days */
	PG_RETURN_INT32(clv_period_index(period, to) - clv_period_index(period, from));
}
