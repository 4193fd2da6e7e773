/*-------------------------------------------------------------------------
 *
 * calendar.h
 *	  Days, dates and periods, exact over every date PostgreSQL knows.
 *
 * A day is an int32 counted from 2000-01-01 as in PostgreSQL's date.  A
 * period (day, week, month, quarter, year) has an index, an int32 that grows
 * by one from each period to the next, so that the distance of two periods
 * is a difference of indexes.  Index 0 is the period that holds 2000-01-01.
 * The calendar is the proleptic Gregorian one; year 0 is 1 BC.
 *
 *-------------------------------------------------------------------------
 */
#ifndef CLV_CALENDAR_H
#define CLV_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

#include "math/status.h"

#define CLV_DATE_MIN		(-2451545)	/* 4714-11-24 BC */
#define CLV_DATE_MAX		2145031948	/* 5874897-12-31 */

/* The longest text of a date, with its terminating zero. */
#define CLV_DATE_TEXT_SIZE	16

typedef struct ClvCivil
{
	int32_t		year;			/* astronomical: 0 is 1 BC */
	int32_t		month;			/* 1 to 12 */
	int32_t		day;			/* 1 to 31 */
} ClvCivil;

typedef enum ClvUnit
{
	CLV_DAY = 0,
	CLV_WEEK,
	CLV_MONTH,
	CLV_QUARTER,
	CLV_YEAR
} ClvUnit;

#define CLV_UNIT_COUNT		(CLV_YEAR + 1)

/* Weekdays as in ISO 8601: Monday is 1, Sunday is 7. */
#define CLV_MONDAY			1
#define CLV_SATURDAY		6
#define CLV_SUNDAY			7

typedef struct ClvPeriod
{
	ClvUnit		unit;
	int32_t		week_start;		/* first weekday of a week, 1 to 7 */
} ClvPeriod;

/* A date with its month and day in range (31 February is not). */
extern bool clv_civil_is_valid(ClvCivil civil);
extern ClvCivil clv_civil_from_day(int32_t day);

/* The civil date must be valid; the day may then lie out of range. */
extern ClvStatus clv_day_from_civil(ClvCivil civil, int32_t *day);

extern int32_t clv_weekday(int32_t day);

/* Write an ISO date, "2024-01-05" or "0044-03-15 BC"; answers its length. */
extern int	clv_date_write(char *out, int32_t day);

/*
 * Read an ISO date from *cursor, at most up to end, and move *cursor behind
 * it.  CLV_DATE_SYNTAX: no date stands here; CLV_DATE_OUT_OF_RANGE: it
 * does not exist, or PostgreSQL does not know it.
 */
extern ClvStatus clv_date_read(const char **cursor, const char *end, int32_t *day);

/* The period that holds a day. */
extern int32_t clv_period_index(ClvPeriod period, int32_t day);

/* The first and last day of a period, as far as PostgreSQL knows them. */
extern int32_t clv_period_start(ClvPeriod period, int32_t index);
extern int32_t clv_period_end(ClvPeriod period, int32_t index);

/*
 * The same index from a table, which spares the division of days into years
 * and months: for days near last_day, as most are.
 */
#define CLV_PERIOD_TABLE_DAYS 8192

typedef struct ClvPeriodTable
{
	ClvPeriod	period;
	int32_t		first_day;
	int32_t		index[CLV_PERIOD_TABLE_DAYS];
} ClvPeriodTable;

extern void clv_period_table_fill(ClvPeriodTable *table, ClvPeriod period, int32_t last_day);

static inline int32_t
clv_period_lookup(const ClvPeriodTable *table, int32_t day)
{
	uint32_t	place = (uint32_t) day - (uint32_t) table->first_day;

	return place < CLV_PERIOD_TABLE_DAYS ? table->index[place] : clv_period_index(table->period, day);
}

/*
 * Time counted from a day of its own, not from the calendar's borders: the
 * day some units after an origin (a month after 31 January is the last of
 * February), and the whole units that passed from an origin to a later day.
 */
extern int32_t clv_units_after(ClvUnit unit, int32_t origin, int32_t count);
extern int32_t clv_units_between(ClvUnit unit, int32_t origin, int32_t day);

/* Names are read in any case: "month", "Monday", "mon". */
extern const char *clv_unit_name(ClvUnit unit);
extern const char *clv_weekday_name(int32_t weekday);
extern ClvStatus clv_unit_read(const char *name, int length, ClvUnit *unit);
extern ClvStatus clv_weekday_read(const char *name, int length, int32_t *weekday);

#endif							/* CLV_CALENDAR_H */
