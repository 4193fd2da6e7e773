/*-------------------------------------------------------------------------
 *
 * scan.c
 *	  Reading the text form of tables.
 *
 *-------------------------------------------------------------------------
 */
#include "base/scan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void
skip_space(ClvScan *scan)
{
	while (scan->at < scan->end && (*scan->at == ' ' || (*scan->at >= '\t' && *scan->at <= '\r')))
		scan->at++;
}

static bool
is_letter(char letter)
{
	return letter >= 'a' && letter <= 'z';
}

static int
word_length(ClvScan *scan)
{
	int			length = 0;

	skip_space(scan);
	while (scan->at + length < scan->end && is_letter(scan->at[length]))
		length++;
	return length;
}

bool
clv_scan_mark(ClvScan *scan, const char *mark)
{
	size_t		length = strlen(mark);

	skip_space(scan);
	if ((size_t) (scan->end - scan->at) < length || memcmp(scan->at, mark, length) != 0)
		return false;
	scan->at += length;
	return true;
}

bool
clv_scan_word(ClvScan *scan, const char *word)
{
	int			length = word_length(scan);

	if ((size_t) length != strlen(word) || memcmp(scan->at, word, length) != 0)
		return false;
	scan->at += length;
	return true;
}

bool
clv_scan_count(ClvScan *scan, int64_t limit, int64_t *count)
{
	const char *at;

	skip_space(scan);
	*count = 0;
	for (at = scan->at; at < scan->end && *at >= '0' && *at <= '9'; at++)
	{
		int			digit = *at - '0';

		if (*count > (limit - digit) / 10)
			return false;
		*count = *count * 10 + digit;
	}
	if (at == scan->at)
		return false;
	scan->at = at;
	return true;
}

bool
clv_scan_date(ClvScan *scan, int32_t *day)
{
	const char *at;

	skip_space(scan);
	at = scan->at;
	if (clv_date_read(&at, scan->end, day) != CLV_OK)
		return false;
	scan->at = at;
	return true;
}

bool
clv_scan_amount(ClvScan *scan, int scale, ClvAmount *amount)
{
	size_t		used;
	int			own_scale;

	skip_space(scan);
	if (clv_amount_read(scan->at, scan->end - scan->at, &used, amount, &own_scale) != CLV_OK || used == 0 ||
		own_scale > scale || clv_amount_rescale(amount, own_scale, scale) != CLV_OK)
		return false;
	scan->at += used;
	return true;
}

bool
clv_scan_double(ClvScan *scan, double least, double *number)
{
	char	   *end;

	skip_space(scan);
	*number = strtod(scan->at, &end);
	if (end == scan->at || !isfinite(*number) || *number < least)
		return false;
	scan->at = end;
	return true;
}

/* A name in parentheses, such as (sunday). */
static bool
scan_weekday(ClvScan *scan, int32_t *weekday)
{
	int			length;

	if (!clv_scan_mark(scan, "("))
		return false;
	length = word_length(scan);
	if (clv_weekday_read(scan->at, length, weekday) != CLV_OK)
		return false;
	scan->at += length;
	return clv_scan_mark(scan, ")");
}

bool
clv_scan_period(ClvScan *scan, ClvPeriod *period)
{
	int			length = word_length(scan);

	period->week_start = CLV_MONDAY;
	if (clv_unit_read(scan->at, length, &period->unit) != CLV_OK)
		return false;
	scan->at += length;
	return period->unit != CLV_WEEK || scan_weekday(scan, &period->week_start);
}

bool
clv_scan_end(ClvScan *scan)
{
	skip_space(scan);
	return scan->at == scan->end;
}

int
clv_write_period(ClvPeriod period, char *out)
{
	if (period.unit == CLV_WEEK)
		return sprintf(out, "week(%s)", clv_weekday_name(period.week_start));
	return sprintf(out, "%s", clv_unit_name(period.unit));
}
