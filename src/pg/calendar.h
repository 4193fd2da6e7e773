/*-------------------------------------------------------------------------
 *
 * calendar.h
 *	  Dates and periods as arguments of SQL functions.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_PG_CALENDAR_H
#define CLV_PG_CALENDAR_H

#include "base/calendar.h"

/* 'month' and 'sunday' as a period; week_start may be NULL for Monday. */
extern ClvPeriod clv_period_argument(const text *unit, const text *week_start);

#endif							/* CLV_PG_CALENDAR_H */
