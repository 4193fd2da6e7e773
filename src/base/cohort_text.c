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

	out += sprintf(out, "%s", clv_unit_name(rule->period.unit));
	if (rule->period.unit == CLV_WEEK)
		out += sprintf(out, "(%s)", clv_weekday_name(rule->period.week_start));
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

static void
skip_space(ClvCohortText *text)
{
	while (text->at < text->end && (*text->at == ' ' || (*text->at >= '\t' && *text->at <= '\r')))
		text->at++;
}

/* Whether a mark stands next, which is then behind. */
static bool
take(ClvCohortText *text, const char *mark)
{
	size_t		length = strlen(mark);

	skip_space(text);
	if ((size_t) (text->end - text->at) < length || memcmp(text->at, mark, length) != 0)
		return false;
	text->at += length;
	return true;
}

static bool
is_letter(char letter)
{
	return letter >= 'a' && letter <= 'z';
}

/* Whether a word stands next, and not the beginning of a longer one. */
static bool
take_word(ClvCohortText *text, const char *word)
{
	const char *start = text->at;

	if (take(text, word) && (text->at == text->end || !is_letter(*text->at)))
		return true;
	text->at = start;
	return false;
}

static int
word_length(ClvCohortText *text)
{
	int			length = 0;

	skip_space(text);
	while (text->at + length < text->end && is_letter(text->at[length]))
		length++;
	return length;
}

static bool
take_count(ClvCohortText *text, int64_t limit, int64_t *count)
{
	const char *start;

	skip_space(text);
	start = text->at;
	*count = 0;
	while (text->at < text->end && *text->at >= '0' && *text->at <= '9')
	{
		int			digit = *text->at - '0';

		if (*count > (limit - digit) / 10)
			return false;
		*count = *count * 10 + digit;
		text->at++;
	}
	return text->at > start;
}

static bool
take_date(ClvCohortText *text, int32_t *day)
{
	skip_space(text);
	return clv_date_read(&text->at, text->end, day) == CLV_OK;
}

static bool
take_amount(ClvCohortText *text, ClvAmount *amount)
{
	size_t		used;
	int			scale;

	skip_space(text);
	if (clv_amount_read(text->at, text->end - text->at, &used, amount, &scale) != CLV_OK || used == 0 ||
		scale > text->scale || clv_amount_rescale(amount, scale, text->scale) != CLV_OK)
		return false;
	text->at += used;
	return true;
}

static bool
take_period(ClvCohortText *text, ClvPeriod *period)
{
	int			length = word_length(text);

	period->week_start = CLV_MONDAY;
	if (clv_unit_read(text->at, length, &period->unit) != CLV_OK)
		return false;
	text->at += length;
	if (period->unit != CLV_WEEK)
		return true;
	if (!take(text, "("))
		return false;
	length = word_length(text);
	if (clv_weekday_read(text->at, length, &period->week_start) != CLV_OK)
		return false;
	text->at += length;
	return take(text, ")");
}

static bool
take_brackets(ClvCohortText *text)
{
	int32_t		starts[CLV_COHORT_MAX_BRACKETS + 1];
	int			count = 0;

	while (!take(text, ")"))
	{
		int64_t		start;

		if (count > CLV_COHORT_MAX_BRACKETS || !take_count(text, INT32_MAX, &start))
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

	if (!take_period(text, &rule->period))
		return false;
	rule->recurring = take_word(text, "recurring");
	if (take_word(text, "rolling"))
		rule->windows = CLV_ROLLING;
	else if (take(text, "brackets(") && !take_brackets(text))
		return false;
	if (!take_word(text, "until") || !take_date(text, &rule->as_of) ||
		!take_word(text, "scale") || !take_count(text, CLV_AMOUNT_DIGITS, &scale))
		return false;
	text->scale = (int) scale;
	return take(text, "{");
}

ClvStatus
clv_cohort_text_open(ClvCohortText *text, const char *in, size_t length)
{
	memset(text, 0, sizeof(*text));
	text->at = in;
	text->end = in + length;
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

	if (!take_date(text, &start))
		return false;
	cell->cohort = clv_period_index(text->rule.period, start);
	if (cell->cohort <= previous || clv_period_start(text->rule.period, cell->cohort) != start)
		return false;
	cell->first_day = cell->latest_day = start;
	if (text->rule.windows != CLV_CALENDAR &&
		(!take(text, "(") || !take_date(text, &cell->first_day) ||
		 !take_date(text, &cell->latest_day) || !take(text, ")") ||
		 cell->first_day < start || cell->latest_day < cell->first_day))
		return false;
	cell->offset = -1;
	return take(text, ":");
}

static bool
take_cell(ClvCohortText *text)
{
	ClvCohortCell *cell = &text->cell;
	int32_t		previous = cell->offset;
	int64_t		offset;

	if (!take_count(text, INT32_MAX, &offset) || offset <= previous)
		return false;
	cell->offset = (int32_t) offset;
	return take_count(text, INT64_MAX, &cell->active) &&
		take_count(text, INT64_MAX, &cell->last) &&
		take_count(text, INT64_MAX, &cell->unbroken) &&
		take_count(text, INT64_MAX, &cell->returned) &&
		take_count(text, INT64_MAX, &cell->purchase_days) &&
		take_count(text, INT64_MAX, &cell->orders) &&
		take_amount(text, &cell->revenue) &&
		take_amount(text, &cell->refunds);
}

/* The end: nothing but space behind the brace. */
static bool
take_end(ClvCohortText *text)
{
	if (!take(text, "}"))
		return false;
	skip_space(text);
	return text->at == text->end;
}

ClvStatus
clv_cohort_text_next(ClvCohortText *text, bool *found)
{
	bool		first = text->cell.cohort == INT32_MIN;

	*found = false;
	skip_space(text);
	if (text->at < text->end && *text->at == '}')
		return take_end(text) ? CLV_OK : CLV_COHORT_SYNTAX;
	if (first || take(text, ";"))
	{
		if (!take_name(text))
			return CLV_COHORT_SYNTAX;
	}
	else if (!take(text, ","))
		return CLV_COHORT_SYNTAX;
	if (!take_cell(text))
		return CLV_COHORT_SYNTAX;
	*found = true;
	return CLV_OK;
}
