/*-------------------------------------------------------------------------
 *
 * calendar.c
 *	  Days, dates and periods, exact over every date PostgreSQL knows.
 *
 * Source: the rule of the Gregorian calendar (a year is a leap year when 4
 * divides it, unless 100 does and 400 does not), extended to all years.
 *
 *-------------------------------------------------------------------------
 */
#include "base/calendar.h"

#include <string.h>

#define DAYS_PER_400_YEARS	146097

/* Of CLV_DATE_MIN and CLV_DATE_MAX. */
#define FIRST_YEAR			(-4713)
#define LAST_YEAR			5874897

/* Days before 2000-01-01 counted from 0000-01-01. */
#define EPOCH_OFFSET		730485

/* Days of a year before each month; the last entry is the whole year. */
static const int16_t days_before_month[2][13] = {
	{0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334, 365},
	{0, 31, 60, 91, 121, 152, 182, 213, 244, 274, 305, 335, 366}
};

static const char *const unit_names[CLV_UNIT_COUNT] = {
	"day", "week", "month", "quarter", "year"
};

static const char *const weekday_names[8] = {
	NULL, "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"
};

static int64_t
floor_divide(int64_t number, int64_t divisor)
{
	return number >= 0 ? number / divisor : -((divisor - 1 - number) / divisor);
}

static bool
is_leap_year(int32_t year)
{
	return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

/* Days from 0000-01-01 to the first of January of a year. */
static int64_t
days_before_year(int64_t year)
{
	int64_t		past = year - 1;

	return 365 * year + floor_divide(past, 4) - floor_divide(past, 100) +
		floor_divide(past, 400) + 1;
}

bool
clv_civil_is_valid(ClvCivil civil)
{
	const int16_t *before = days_before_month[is_leap_year(civil.year)];

	return civil.month >= 1 && civil.month <= 12 && civil.day >= 1 &&
		civil.day <= before[civil.month] - before[civil.month - 1];
}

/* Any year of 32 bits: the result needs 64. */
static int64_t
count_days(ClvCivil civil)
{
	return days_before_year(civil.year) - EPOCH_OFFSET +
		days_before_month[is_leap_year(civil.year)][civil.month - 1] + civil.day - 1;
}

ClvStatus
clv_day_from_civil(ClvCivil civil, int32_t *day)
{
	int64_t		count = count_days(civil);

	if (count < CLV_DATE_MIN || count > CLV_DATE_MAX)
		return CLV_DATE_OUT_OF_RANGE;
	*day = (int32_t) count;
	return CLV_OK;
}

ClvCivil
clv_civil_from_day(int32_t day)
{
	int64_t		count = (int64_t) day + EPOCH_OFFSET;
	int64_t		year = floor_divide(count * 400, DAYS_PER_400_YEARS);
	const int16_t *before;
	int32_t		day_of_year;
	int32_t		month;
	ClvCivil	civil;

	/* The mean year misses the true one by one at most. */
	if (days_before_year(year) > count)
		year--;
	else if (days_before_year(year + 1) <= count)
		year++;

	day_of_year = (int32_t) (count - days_before_year(year));
	before = days_before_month[is_leap_year((int32_t) year)];
	month = day_of_year / 31;	/* or the month after */
	if (before[month + 1] <= day_of_year)
		month++;

	civil.year = (int32_t) year;
	civil.month = month + 1;
	civil.day = day_of_year - before[month] + 1;
	return civil;
}

int32_t
clv_weekday(int32_t day)
{
	int64_t		since_monday = (int64_t) day + 5;	/* 2000-01-01 was a Saturday */

	return (int32_t) (since_monday - 7 * floor_divide(since_monday, 7)) + 1;
}

/* At least so many digits, zeros in front. */
static char *
write_digits(char *out, int32_t number, int width)
{
	char		digits[10];
	int			count = 0;

	while (number > 0 || count < width)
	{
		digits[count++] = (char) ('0' + number % 10);
		number /= 10;
	}
	while (count > 0)
		*out++ = digits[--count];
	return out;
}

int
clv_date_write(char *out, int32_t day)
{
	ClvCivil	civil = clv_civil_from_day(day);
	bool		before_christ = civil.year <= 0;
	char	   *start = out;

	out = write_digits(out, before_christ ? 1 - civil.year : civil.year, 4);
	*out++ = '-';
	out = write_digits(out, civil.month, 2);
	*out++ = '-';
	out = write_digits(out, civil.day, 2);
	if (before_christ)
	{
		memcpy(out, " BC", 3);
		out += 3;
	}
	*out = '\0';
	return (int) (out - start);
}

/* Between min and max digits; more than max is no number. */
static bool
read_digits(const char **cursor, const char *end, int min, int max, int32_t *number)
{
	const char *at = *cursor;
	int			count = 0;

	*number = 0;
	while (at < end && *at >= '0' && *at <= '9')
	{
		if (++count > max)
			return false;
		*number = *number * 10 + (*at++ - '0');
	}
	*cursor = at;
	return count >= min;
}

static bool
read_dash(const char **cursor, const char *end)
{
	if (*cursor >= end || **cursor != '-')
		return false;
	(*cursor)++;
	return true;
}

ClvStatus
clv_date_read(const char **cursor, const char *end, int32_t *day)
{
	const char *at = *cursor;
	ClvCivil	civil;

	if (!read_digits(&at, end, 4, 7, &civil.year) || !read_dash(&at, end) ||
		!read_digits(&at, end, 2, 2, &civil.month) || !read_dash(&at, end) ||
		!read_digits(&at, end, 2, 2, &civil.day))
		return CLV_DATE_SYNTAX;
	*cursor = at;
	if (civil.year == 0)
		return CLV_DATE_OUT_OF_RANGE;
	if (end - at >= 3 && memcmp(at, " BC", 3) == 0)
	{
		*cursor = at + 3;
		civil.year = 1 - civil.year;
	}
	if (!clv_civil_is_valid(civil))
		return CLV_DATE_OUT_OF_RANGE;
	return clv_day_from_civil(civil, day);
}

/* Days from the start of week 0 to 2000-01-01, a Saturday. */
static int32_t
week_offset(ClvPeriod period)
{
	return (CLV_SATURDAY - period.week_start + 7) % 7;
}

static int32_t
months_per_unit(ClvUnit unit)
{
	return unit == CLV_MONTH ? 1 : unit == CLV_QUARTER ? 3 : 12;
}

int32_t
clv_period_index(ClvPeriod period, int32_t day)
{
	ClvCivil	civil;

	if (period.unit == CLV_DAY)
		return day;
	if (period.unit == CLV_WEEK)
		return (int32_t) floor_divide((int64_t) day + week_offset(period), 7);
	civil = clv_civil_from_day(day);
	return (int32_t) floor_divide((civil.year - 2000) * INT64_C(12) + civil.month - 1,
								  months_per_unit(period.unit));
}

/* The first day of a period, which may lie outside the range of dates. */
static int64_t
first_day(ClvPeriod period, int64_t index)
{
	ClvCivil	civil;
	int64_t		months;
	int64_t		years;

	if (period.unit == CLV_DAY)
		return index;
	if (period.unit == CLV_WEEK)
		return index * 7 - week_offset(period);
	months = index * months_per_unit(period.unit);
	years = floor_divide(months, 12);
	civil.year = (int32_t) (2000 + years);
	civil.month = (int32_t) (months - years * 12) + 1;
	civil.day = 1;
	return count_days(civil);
}

static int32_t
clamp_to_dates(int64_t day)
{
	if (day < CLV_DATE_MIN)
		return CLV_DATE_MIN;
	if (day > CLV_DATE_MAX)
		return CLV_DATE_MAX;
	return (int32_t) day;
}

int32_t
clv_period_start(ClvPeriod period, int32_t index)
{
	return clamp_to_dates(first_day(period, index));
}

int32_t
clv_period_end(ClvPeriod period, int32_t index)
{
	return clamp_to_dates(first_day(period, (int64_t) index + 1) - 1);
}

void
clv_period_table_fill(ClvPeriodTable *table, ClvPeriod period, int32_t last_day)
{
	int64_t		first = (int64_t) last_day - CLV_PERIOD_TABLE_DAYS + 1;
	int32_t		index;
	int64_t		end;

	if (first < CLV_DATE_MIN)
		first = CLV_DATE_MIN;
	if (first > CLV_DATE_MAX - CLV_PERIOD_TABLE_DAYS)
		first = CLV_DATE_MAX - CLV_PERIOD_TABLE_DAYS;
	table->period = period;
	table->first_day = (int32_t) first;
	index = clv_period_index(period, table->first_day);
	end = clv_period_end(period, index);
	for (int i = 0; i < CLV_PERIOD_TABLE_DAYS; i++)
	{
		if (first + i > end)
			end = clv_period_end(period, ++index);
		table->index[i] = index;
	}
}

static int32_t
days_of_month(ClvCivil civil)
{
	const int16_t *before = days_before_month[is_leap_year(civil.year)];

	return before[civil.month] - before[civil.month - 1];
}

int32_t
clv_units_after(ClvUnit unit, int32_t origin, int32_t count)
{
	ClvCivil	civil;
	int64_t		months;
	int64_t		year;
	int32_t		last;

	if (unit == CLV_DAY || unit == CLV_WEEK)
		return clamp_to_dates(origin + (int64_t) count * (unit == CLV_DAY ? 1 : 7));
	civil = clv_civil_from_day(origin);
	months = civil.month - 1 + (int64_t) count * months_per_unit(unit);
	year = civil.year + floor_divide(months, 12);
	if (year < FIRST_YEAR || year > LAST_YEAR)
		return year < FIRST_YEAR ? CLV_DATE_MIN : CLV_DATE_MAX;
	civil.year = (int32_t) year;
	civil.month = (int32_t) (months - 12 * floor_divide(months, 12)) + 1;
	last = days_of_month(civil);
	if (civil.day > last)
		civil.day = last;
	return clamp_to_dates(count_days(civil));
}

int32_t
clv_units_between(ClvUnit unit, int32_t origin, int32_t day)
{
	int64_t		days = (int64_t) day - origin;
	ClvCivil	from;
	ClvCivil	to;
	int64_t		months;

	if (unit == CLV_DAY || unit == CLV_WEEK)
		return (int32_t) (unit == CLV_DAY ? days : days / 7);
	from = clv_civil_from_day(origin);
	to = clv_civil_from_day(day);
	months = (to.year - from.year) * INT64_C(12) + to.month - from.month;

	/* the anniversary of this month is still to come */
	if (to.day < from.day && to.day < days_of_month(to))
		months--;
	return (int32_t) (months / months_per_unit(unit));
}

const char *
clv_unit_name(ClvUnit unit)
{
	return unit_names[unit];
}

const char *
clv_weekday_name(int32_t weekday)
{
	return weekday_names[weekday];
}

/* Whether text is a name, whatever the case of its letters. */
static bool
is_name(const char *name, const char *given, int length)
{
	for (int i = 0; i < length; i++)
	{
		char		letter = given[i];

		if (letter >= 'A' && letter <= 'Z')
			letter = (char) (letter - 'A' + 'a');
		if (letter == '\0' || letter != name[i])
			return false;
	}
	return true;
}

ClvStatus
clv_unit_read(const char *name, int length, ClvUnit *unit)
{
	for (int i = 0; i < CLV_UNIT_COUNT; i++)
	{
		if ((int) strlen(unit_names[i]) == length && is_name(unit_names[i], name, length))
		{
			*unit = (ClvUnit) i;
			return CLV_OK;
		}
	}
	return CLV_UNKNOWN_PERIOD;
}

ClvStatus
clv_weekday_read(const char *name, int length, int32_t *weekday)
{
	for (int i = CLV_MONDAY; i <= CLV_SUNDAY; i++)
	{
		if ((length == 3 || (int) strlen(weekday_names[i]) == length) &&
			is_name(weekday_names[i], name, length))
		{
			*weekday = i;
			return CLV_OK;
		}
	}
	return CLV_UNKNOWN_WEEKDAY;
}
