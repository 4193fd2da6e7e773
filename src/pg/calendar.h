/*-------------------------------------------------------------------------
 *
 * calendar.h
 *	  Dates and periods as arguments of SQL functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_CALENDAR_H
#define CLV_PG_CALENDAR_H

#include "utils/date.h"

#include "base/calendar.h"

/* 'month' and 'sunday' as a period; week_start may be NULL for Monday. */
extern ClvPeriod clv_period_argument(const text *unit, const text *week_start);

/* A finite date; what names the argument in the error, such as "as_of". */
extern int32 clv_date_argument(DateADT date, const char *what);

#endif							/* CLV_PG_CALENDAR_H */
