/*-------------------------------------------------------------------------
 *
 * calendar.c
 *	  Fuzz target of the calendar: every day has one date, one text and one
 *	  place in each period, and arithmetic undoes itself.
 *
 * The first byte chooses: 0 a pair of days, 1 the text of a date or a name.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include "base/scan.h"

static void
check_date(int32_t day)
{
	ClvCivil	civil = clv_civil_from_day(day);
	char		out[CLV_DATE_TEXT_SIZE];
	int			length = clv_date_write(out, day);
	const char *cursor = out;
	int32_t		again;

	REQUIRE(clv_civil_is_valid(civil));
	REQUIRE(clv_day_from_civil(civil, &again) == CLV_OK && again == day);
	REQUIRE(length < CLV_DATE_TEXT_SIZE);
	REQUIRE(clv_date_read(&cursor, out + length, &again) == CLV_OK && again == day && cursor == out + length);
	REQUIRE(clv_weekday(day) >= CLV_MONDAY && clv_weekday(day) <= CLV_SUNDAY);
	if (day < CLV_DATE_MAX)
		REQUIRE(clv_weekday(day + 1) == clv_weekday(day) % 7 + 1);
}

static void
check_period(ClvPeriod period, int32_t day)
{
	int32_t		index = clv_period_index(period, day);
	int32_t		start = clv_period_start(period, index);
	int32_t		end = clv_period_end(period, index);

	REQUIRE(start <= day && day <= end);
	REQUIRE(clv_period_index(period, start) == index && clv_period_index(period, end) == index);
	if (start > CLV_DATE_MIN)
		REQUIRE(clv_period_index(period, start - 1) == index - 1);
	if (end < CLV_DATE_MAX)
		REQUIRE(clv_period_index(period, end + 1) == index + 1);
	if (period.unit == CLV_WEEK && start > CLV_DATE_MIN)
		REQUIRE(clv_weekday(start) == period.week_start);
}

static void
check_table(ClvPeriod period, int32_t day, int32_t last_day)
{
	static ClvPeriodTable table;

	clv_period_table_fill(&table, period, last_day);
	REQUIRE(clv_period_lookup(&table, day) == clv_period_index(period, day));
	for (int32_t i = 0; i < CLV_PERIOD_TABLE_DAYS; i += 257)
		REQUIRE(table.index[i] == clv_period_index(period, table.first_day + i));
}

static void
check_units(ClvUnit unit, int32_t origin, int32_t day, int32_t count)
{
	int32_t		between;

	REQUIRE(clv_units_after(unit, origin, 0) == origin);
	REQUIRE(clv_units_after(unit, origin, count) >= CLV_DATE_MIN);
	REQUIRE(clv_units_after(unit, origin, count) <= CLV_DATE_MAX);
	if (day < origin)
		return;
	between = clv_units_between(unit, origin, day);
	REQUIRE(between >= 0);
	REQUIRE(clv_units_after(unit, origin, between) <= day);
	if (between < INT32_MAX && day < CLV_DATE_MAX)
		REQUIRE(clv_units_after(unit, origin, between + 1) > day);
}

static int32_t
into_dates(uint32_t number)
{
	return (int32_t) (CLV_DATE_MIN + (int64_t) (number % ((uint32_t) CLV_DATE_MAX - CLV_DATE_MIN + 1)));
}

/* Tables of 8,192 days take a hundred times as long as the rest. */
static void
check_days(ClvSource *source, bool tables)
{
	int32_t		day = into_dates((uint32_t) fuzz_word(source));
	int32_t		other = into_dates((uint32_t) fuzz_word(source));
	int32_t		count = (int32_t) fuzz_word(source);
	int32_t		week_start = CLV_MONDAY + clv_get_byte(source) % 7;

	/* Neighbors in time as often as strangers. */
	if (clv_get_byte(source) % 2)
		other = into_dates((uint32_t) (day - CLV_DATE_MIN) + (uint32_t) other % 1000);
	check_date(day);
	check_date(other);
	for (ClvUnit unit = CLV_DAY; unit <= CLV_YEAR; unit++)
	{
		ClvPeriod	period = {unit, week_start};

		check_period(period, day);
		if (tables)
			check_table(period, day, other);
		check_units(unit, day, other, count);
		check_units(unit, other, day, count);
	}
}

static void
check_text(const char *text, int length)
{
	ClvScan		scan = {text, text + length};
	const char *cursor = text;
	ClvPeriod	period;
	ClvUnit		unit;
	int32_t		number;

	if (clv_date_read(&cursor, text + length, &number) == CLV_OK)
	{
		REQUIRE(number >= CLV_DATE_MIN && number <= CLV_DATE_MAX);
		check_date(number);
	}
	REQUIRE(cursor >= text && cursor <= text + length);
	if (clv_unit_read(text, length, &unit) == CLV_OK)
		REQUIRE((int) strlen(clv_unit_name(unit)) == length);
	if (clv_weekday_read(text, length, &number) == CLV_OK)
		REQUIRE(number >= CLV_MONDAY && number <= CLV_SUNDAY);
	if (clv_scan_period(&scan, &period))
	{
		char		out[CLV_PERIOD_TEXT_SIZE];
		int			written = clv_write_period(period, out);
		ClvScan		own = {out, out + written};
		ClvPeriod	again;

		REQUIRE(written < CLV_PERIOD_TEXT_SIZE);
		REQUIRE(clv_scan_period(&own, &again) && clv_scan_end(&own));
		REQUIRE(again.unit == period.unit && again.week_start == period.week_start);
	}
	REQUIRE(scan.at >= text && scan.at <= scan.end);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ClvSource	source = {data, data + size, false};

	if (clv_get_byte(&source) % 2 == 0)
		check_days(&source, fuzz_one_in(data, size, 200));
	else if (size > 0)
	{
		char	   *text = fuzz_string(data + 1, size - 1);

		check_text(text, (int) size - 1);
		free(text);
	}
	return 0;
}
