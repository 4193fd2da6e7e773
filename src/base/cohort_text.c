/*-------------------------------------------------------------------------
 *
 * cohort_text.c
 *	  Cohort tables as text, exact and readable.
 *
 *-------------------------------------------------------------------------
 */
#include "base/cohort_text.h"

#include <stdio.h>

/* ---------- writing ---------- */

static int
write_brackets(const ClvCohortRule *rule, char *out)
{
	char	   *start = out;

	for (int i = 0; i <= rule->bracket_count; i++)
		out += sprintf(out, "%s%d", i == 0 ? " brackets(" : " ", rule->brackets[i]);
	*out++ = ')';
	return (int) (out - start);
}

int
clv_cohort_write_rule(const ClvCohortRule *rule, char *out)
{
	char	   *start = out;

	out += clv_write_period(rule->period, out);
	if (rule->recurring)
		out += sprintf(out, " recurring");
	if (rule->windows == CLV_ROLLING)
		out += sprintf(out, " rolling");
	if (rule->windows == CLV_BRACKETS)
		out += write_brackets(rule, out);
	out += sprintf(out, " until ");
	out += clv_date_write(out, rule->as_of);
	return (int) (out - start);
}

int
clv_cohort_write_head(const ClvCohortRule *rule, int scale, char *out)
{
	int			length = clv_cohort_write_rule(rule, out);

	return length + sprintf(out + length, " scale %d {", scale);
}

int
clv_cohort_write_name(const ClvCohortReader *reader, char *out)
{
	char	   *start = out;

	out += clv_date_write(out, clv_period_start(reader->rule.period, reader->cohort));
	if (reader->rule.windows != CLV_CALENDAR)
	{
		out += sprintf(out, " (");
		out += clv_date_write(out, reader->first_day);
		*out++ = ' ';
		out += clv_date_write(out, reader->latest_day);
		*out++ = ')';
	}
	*out++ = ':';
	*out = '\0';
	return (int) (out - start);
}

int
clv_cohort_write_cell(const ClvCohortCell *cell, int scale, char *out)
{
	char	   *start = out;

	out += sprintf(out, " %d %lld %lld %lld %lld %lld %lld ", cell->offset,
				   (long long) cell->active, (long long) cell->last, (long long) cell->unbroken,
				   (long long) cell->returned, (long long) cell->purchase_days, (long long) cell->orders);
	out += clv_amount_write(cell->revenue, scale, out);
	*out++ = ' ';
	out += clv_amount_write(cell->refunds, scale, out);
	return (int) (out - start);
}

/* ---------- reading ---------- */

static bool
take_brackets(ClvCohortText *text)
{
	int32_t		starts[CLV_COHORT_MAX_BRACKETS + 1];
	int			count = 0;

	while (!clv_scan_mark(&text->scan, ")"))
	{
		int64_t		start;

		if (count > CLV_COHORT_MAX_BRACKETS || !clv_scan_count(&text->scan, INT32_MAX, &start))
			return false;
		starts[count++] = (int32_t) start;
	}
	return clv_cohort_set_brackets(&text->rule, starts, count) == CLV_OK;
}

static bool
take_head(ClvCohortText *text)
{
	ClvCohortRule *rule = &text->rule;
	int64_t		scale;

	if (!clv_scan_period(&text->scan, &rule->period))
		return false;
	rule->recurring = clv_scan_word(&text->scan, "recurring");
	if (clv_scan_word(&text->scan, "rolling"))
		rule->windows = CLV_ROLLING;
	else if (clv_scan_mark(&text->scan, "brackets(") && !take_brackets(text))
		return false;
	if (!clv_scan_word(&text->scan, "until") || !clv_scan_date(&text->scan, &rule->as_of) ||
		!clv_scan_word(&text->scan, "scale") || !clv_scan_count(&text->scan, CLV_AMOUNT_DIGITS, &scale))
		return false;
	text->scale = (int) scale;
	return clv_scan_mark(&text->scan, "{");
}

ClvStatus
clv_cohort_text_open(ClvCohortText *text, const char *in, size_t length)
{
	memset(text, 0, sizeof(*text));
	text->scan.at = in;
	text->scan.end = in + length;
	text->cell.cohort = INT32_MIN;
	return take_head(text) ? CLV_OK : CLV_COHORT_SYNTAX;
}

/* The name of a cohort, up to its first cell. */
static bool
take_name(ClvCohortText *text)
{
	ClvCohortCell *cell = &text->cell;
	int32_t		previous = cell->cohort;
	int32_t		start;

	if (!clv_scan_date(&text->scan, &start))
		return false;
	cell->cohort = clv_period_index(text->rule.period, start);
	if (cell->cohort <= previous || clv_period_start(text->rule.period, cell->cohort) != start)
		return false;
	cell->first_day = cell->latest_day = start;
	if (text->rule.windows != CLV_CALENDAR &&
		(!clv_scan_mark(&text->scan, "(") || !clv_scan_date(&text->scan, &cell->first_day) ||
		 !clv_scan_date(&text->scan, &cell->latest_day) || !clv_scan_mark(&text->scan, ")") ||
		 cell->first_day < start || cell->latest_day < cell->first_day))
		return false;
	cell->offset = -1;
	return clv_scan_mark(&text->scan, ":");
}

static bool
take_cell(ClvCohortText *text)
{
	ClvCohortCell *cell = &text->cell;
	int32_t		previous = cell->offset;
	int64_t		offset;

	if (!clv_scan_count(&text->scan, INT32_MAX, &offset) || offset <= previous)
		return false;
	cell->offset = (int32_t) offset;
	return clv_scan_count(&text->scan, INT64_MAX, &cell->active) &&
		clv_scan_count(&text->scan, INT64_MAX, &cell->last) &&
		clv_scan_count(&text->scan, INT64_MAX, &cell->unbroken) &&
		clv_scan_count(&text->scan, INT64_MAX, &cell->returned) &&
		clv_scan_count(&text->scan, INT64_MAX, &cell->purchase_days) &&
		clv_scan_count(&text->scan, INT64_MAX, &cell->orders) &&
		clv_scan_amount(&text->scan, text->scale, &cell->revenue) &&
		clv_scan_amount(&text->scan, text->scale, &cell->refunds);
}

ClvStatus
clv_cohort_text_next(ClvCohortText *text, bool *found)
{
	bool		first = text->cell.cohort == INT32_MIN;

	*found = false;
	if (clv_scan_mark(&text->scan, "}"))
		return clv_scan_end(&text->scan) ? CLV_OK : CLV_COHORT_SYNTAX;
	if (first || clv_scan_mark(&text->scan, ";"))
	{
		if (!take_name(text))
			return CLV_COHORT_SYNTAX;
	}
	else if (!clv_scan_mark(&text->scan, ","))
		return CLV_COHORT_SYNTAX;
	if (!take_cell(text))
		return CLV_COHORT_SYNTAX;
	*found = true;
	return CLV_OK;
}
