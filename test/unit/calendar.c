/*-------------------------------------------------------------------------
 *
 * calendar.c
 *	  Tests of src/base/calendar.c.  Expected days come from PostgreSQL's own
 *	  date arithmetic and from ISO 8601.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "base/calendar.h"

static const struct
{
	int32_t		day;
	const char *date;
	int32_t		weekday;
}			known[] = {
	{CLV_DATE_MIN, "4714-11-24 BC", 1},
	{-748434, "0051-11-10 BC", 5},
	{-730486, "0002-12-31 BC", 5},
	{-730485, "0001-01-01 BC", 6},
	{-730426, "0001-02-29 BC", 2},
	{-730119, "0001-01-01", 1},
	{-152384, "1582-10-15", 5},
	{-36524, "1900-01-01", 1},
	{-36465, "1900-03-01", 4},
	{-10957, "1970-01-01", 4},
	{-1, "1999-12-31", 5},
	{0, "2000-01-01", 6},
	{59, "2000-02-29", 2},
	{366, "2001-01-01", 1},
	{8825, "2024-02-29", 4},
	{36525, "2100-01-01", 5},
	{2921940, "10000-01-01", 6},
	{CLV_DATE_MAX, "5874897-12-31", 2},
};

static void
test_known_dates(void)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
	{
		char		written[CLV_DATE_TEXT_SIZE];
		const char *cursor = known[i].date;
		const char *end = cursor + strlen(cursor);
		int32_t		day = 1234567;

		is_int(clv_date_write(written, known[i].day), (int64_t) strlen(known[i].date),
			   "length of %s", known[i].date);
		is_str(written, known[i].date, "day %d is written", known[i].day);
		is_int(clv_date_read(&cursor, end, &day), CLV_OK, "%s is read", known[i].date);
		is_int(day, known[i].day, "%s is the right day", known[i].date);
		ok(cursor == end, "%s is read to its end", known[i].date);
		is_int(clv_weekday(known[i].day), known[i].weekday, "weekday of %s", known[i].date);
	}
}

static const struct
{
	const char *given;
	ClvStatus	status;
}			refused[] = {
	{"", CLV_DATE_SYNTAX},
	{"2024", CLV_DATE_SYNTAX},
	{"2024-1-05", CLV_DATE_SYNTAX},
	{"2024-01-5", CLV_DATE_SYNTAX},
	{"2024/01/05", CLV_DATE_SYNTAX},
	{"224-01-05", CLV_DATE_SYNTAX},
	{"-2024-01-05", CLV_DATE_SYNTAX},
	{"99999999-01-05", CLV_DATE_SYNTAX},
	{"2024-001-05", CLV_DATE_SYNTAX},
	{"2024-01-055", CLV_DATE_SYNTAX},
	{"infinity", CLV_DATE_SYNTAX},
	{"0000-01-01", CLV_DATE_OUT_OF_RANGE},
	{"2024-00-01", CLV_DATE_OUT_OF_RANGE},
	{"2024-13-01", CLV_DATE_OUT_OF_RANGE},
	{"2024-01-00", CLV_DATE_OUT_OF_RANGE},
	{"2024-04-31", CLV_DATE_OUT_OF_RANGE},
	{"2023-02-29", CLV_DATE_OUT_OF_RANGE},
	{"1900-02-29", CLV_DATE_OUT_OF_RANGE},
	{"4714-11-23 BC", CLV_DATE_OUT_OF_RANGE},
	{"9999999-01-01 BC", CLV_DATE_OUT_OF_RANGE},
	{"5874898-01-01", CLV_DATE_OUT_OF_RANGE},
};

static void
test_refused_dates(void)
{
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
	{
		const char *cursor = refused[i].given;
		int32_t		day;

		is_int(clv_date_read(&cursor, cursor + strlen(cursor), &day), refused[i].status,
			   "\"%s\" is refused", refused[i].given);
	}
}

/* A date is read no further than its end, whatever stands behind it. */
static void
test_cursor(void)
{
	const char *given = "2024-01-05 29.33";
	const char *cursor = given;
	int32_t		day;

	is_int(clv_date_read(&cursor, given + strlen(given), &day), CLV_OK, "a date before an amount");
	is_int(cursor - given, 10, "the cursor stands behind the date");
	cursor = "2024-01-05 BCE";
	is_int(clv_date_read(&cursor, cursor + 12, &day), CLV_OK, "the end cuts the text");
	is_int(clv_civil_from_day(day).year, 2024, "half of a BC is none");
	cursor = "2024-01-05";
	is_int(clv_date_read(&cursor, cursor + 9, &day), CLV_DATE_SYNTAX, "a date cut by the end");
}

/* The first and the last day of a period lie inside, their neighbours outside. */
static bool
period_holds_day(ClvPeriod period, int32_t day)
{
	int32_t		index = clv_period_index(period, day);
	int32_t		start = clv_period_start(period, index);
	int32_t		end = clv_period_end(period, index);

	return start <= day && day <= end &&
		clv_period_index(period, start) == index &&
		clv_period_index(period, end) == index &&
		(start == CLV_DATE_MIN || clv_period_index(period, start - 1) == index - 1) &&
		(end == CLV_DATE_MAX || clv_period_index(period, end + 1) == index + 1);
}

/* Month, quarter and year of a period's start, weekday of a week's. */
static bool
period_starts_right(ClvPeriod period, int32_t day)
{
	int32_t		start = clv_period_start(period, clv_period_index(period, day));
	ClvCivil	first = clv_civil_from_day(start);
	ClvCivil	civil = clv_civil_from_day(day);

	if (start == CLV_DATE_MIN)
		return true;
	switch (period.unit)
	{
		case CLV_DAY:
			return start == day;
		case CLV_WEEK:
			return clv_weekday(start) == period.week_start && day - start < 7;
		case CLV_MONTH:
			return first.day == 1 && first.month == civil.month && first.year == civil.year;
		case CLV_QUARTER:
			return first.day == 1 && first.month == (civil.month - 1) / 3 * 3 + 1 && first.year == civil.year;
		case CLV_YEAR:
			return first.day == 1 && first.month == 1 && first.year == civil.year;
	}
	return false;
}

static bool
round_trips(int32_t day)
{
	char		written[CLV_DATE_TEXT_SIZE];
	const char *cursor = written;
	int			length = clv_date_write(written, day);
	int32_t		again;

	return clv_date_read(&cursor, written + length, &again) == CLV_OK && again == day;
}

static void
test_day(int32_t day, int64_t *failures)
{
	*failures += !round_trips(day);
	for (int unit = CLV_DAY; unit <= CLV_YEAR; unit++)
	{
		for (int32_t weekday = CLV_MONDAY; weekday <= CLV_SUNDAY; weekday++)
		{
			ClvPeriod	period = {(ClvUnit) unit, weekday};

			if (weekday == CLV_MONDAY || unit == CLV_WEEK)
				*failures += !period_holds_day(period, day) + !period_starts_right(period, day);
		}
	}
}

static void
test_every_property(void)
{
	int64_t		failures = 0;

	/* every day of 1600 to 2400, then strides of a prime over the rest */
	for (int32_t day = -146097; day <= 146097; day++)
		test_day(day, &failures);
	is_int(failures, 0, "each day of eight centuries is in its period");
	for (int64_t day = CLV_DATE_MIN; day <= CLV_DATE_MAX; day += 9973)
		test_day((int32_t) day, &failures);
	for (int32_t near = 0; near < 800; near++)
	{
		test_day(CLV_DATE_MIN + near, &failures);
		test_day(CLV_DATE_MAX - near, &failures);
	}
	is_int(failures, 0, "so is each day at the ends of the calendar");
}

static void
test_table(void)
{
	static const int32_t ends[] = {0, 9000, -1000000, CLV_DATE_MIN, CLV_DATE_MIN + 100, CLV_DATE_MAX};
	static ClvPeriodTable table;

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
	{
		int64_t		failures = 0;

		for (int unit = CLV_DAY; unit <= CLV_YEAR; unit++)
		{
			ClvPeriod	period = {(ClvUnit) unit, CLV_SUNDAY};

			clv_period_table_fill(&table, period, ends[i]);
			for (int64_t day = (int64_t) ends[i] - 9000; day <= (int64_t) ends[i] + 9000; day++)
				if (day >= CLV_DATE_MIN && day <= CLV_DATE_MAX)
					failures += clv_period_lookup(&table, (int32_t) day) != clv_period_index(period, (int32_t) day);
		}
		is_int(failures, 0, "a table that ends at day %d holds the indexes", ends[i]);
	}
}

/* Days are counted from 2000-01-01; 2000-01-31 is 30, 2000-02-29 is 59. */
static void
test_units(void)
{
	int64_t		failures = 0;

	is_int(clv_units_after(CLV_DAY, 30, 5), 35, "five days after");
	is_int(clv_units_after(CLV_WEEK, 30, 2), 44, "two weeks after");
	is_int(clv_units_after(CLV_MONTH, 30, 1), 59, "a month after 31 January is 29 February");
	is_int(clv_units_after(CLV_MONTH, 30, 13), 424, "thirteen are 28 February");
	is_int(clv_units_after(CLV_QUARTER, 30, 1), 120, "a quarter after 31 January is 30 April");
	is_int(clv_units_after(CLV_YEAR, 59, 1), 424, "a year after 29 February is 28 February");
	is_int(clv_units_after(CLV_YEAR, 59, 4), 1520, "four are 29 February again");
	is_int(clv_units_after(CLV_YEAR, 59, 2000000000), CLV_DATE_MAX, "nothing lies behind the last day");
	is_int(clv_units_after(CLV_YEAR, CLV_DATE_MIN, INT32_MIN), CLV_DATE_MIN, "nor before the first");
	is_int(clv_units_after(CLV_MONTH, CLV_DATE_MIN + 1, 70555295), 2145031150, "25 November 4714 BC and so many months make 25 October 5874895");
	is_int(clv_units_between(CLV_MONTH, 30, 58), 0, "28 February 2000 is within the month from 31 January");
	is_int(clv_units_between(CLV_MONTH, 30, 59), 1, "29 February ends it");
	for (int unit = CLV_DAY; unit <= CLV_YEAR; unit++)
	{
		for (int32_t origin = -800; origin < 800; origin++)
		{
			for (int32_t day = origin; day < origin + 1500; day += 1 + (origin & 3))
			{
				int32_t		count = clv_units_between((ClvUnit) unit, origin, day);

				failures += clv_units_after((ClvUnit) unit, origin, count) > day ||
					clv_units_after((ClvUnit) unit, origin, count + 1) <= day;
			}
		}
	}
	is_int(failures, 0, "units between and units after agree");
}

static void
test_names(void)
{
	ClvUnit		unit;
	int32_t		weekday;

	for (int i = CLV_DAY; i <= CLV_YEAR; i++)
	{
		const char *name = clv_unit_name((ClvUnit) i);

		ok(clv_unit_read(name, (int) strlen(name), &unit) == CLV_OK && unit == (ClvUnit) i, "unit %s", name);
	}
	is_int(clv_unit_read("MONTH", 5, &unit), CLV_OK, "names are read in any case");
	is_int(clv_unit_read("months", 6, &unit), CLV_UNKNOWN_PERIOD, "a longer name is another");
	is_int(clv_unit_read("mon", 3, &unit), CLV_UNKNOWN_PERIOD, "a shorter name is another");
	is_int(clv_unit_read("", 0, &unit), CLV_UNKNOWN_PERIOD, "no name");
	for (int32_t i = CLV_MONDAY; i <= CLV_SUNDAY; i++)
	{
		const char *name = clv_weekday_name(i);

		ok(clv_weekday_read(name, (int) strlen(name), &weekday) == CLV_OK && weekday == i, "weekday %s", name);
		ok(clv_weekday_read(name, 3, &weekday) == CLV_OK && weekday == i, "weekday %.3s", name);
	}
	is_int(clv_weekday_read("Sund", 4, &weekday), CLV_UNKNOWN_WEEKDAY, "half a name is none");
	is_int(clv_weekday_read("day", 3, &weekday), CLV_UNKNOWN_WEEKDAY, "no weekday");
}

int
main(void)
{
	test_known_dates();
	test_refused_dates();
	test_cursor();
	test_every_property();
	test_table();
	test_units();
	test_names();
	return done_testing();
}
