/*-------------------------------------------------------------------------
 *
 * survival.c
 *	  Kaplan-Meier curves of censored durations.
 *
 * Sources: E. L. Kaplan and P. Meier, Nonparametric estimation from incomplete
 * observations, JASA 53 (1958), 457-481; M. Greenwood, The natural duration of
 * cancer (1926); N. Mantel, Evaluation of survival data and two new rank order
 * statistics, Cancer Chemotherapy Reports 50 (1966), 163-170; J. D. Kalbfleisch
 * and R. L. Prentice, The statistical analysis of failure time data (1980), for
 * the log-log interval.
 *
 *-------------------------------------------------------------------------
 */
#include "base/survival.h"

#include <math.h>

#include "base/concentration.h"

/* ---------- collecting ---------- */

ClvStatus
clv_survival_rescale(ClvSurvivalEntry *entries, size_t count, int from_scale, int to_scale)
{
	ClvStatus	status = CLV_OK;

	for (size_t i = 0; i < count && status == CLV_OK; i++)
	{
		status = clv_amount_rescale(&entries[i].deaths, from_scale, to_scale);
		if (status == CLV_OK)
			status = clv_amount_rescale(&entries[i].censored, from_scale, to_scale);
		if (status == CLV_OK)
			status = clv_amount_rescale(&entries[i].entered, from_scale, to_scale);
	}
	return status;
}

/* One pass of a radix sort, by the eight bits at shift; ranks are not negative. */
static void
distribute(const ClvSurvivalEntry *from, ClvSurvivalEntry *to, size_t count, int shift)
{
	size_t		places[256] = {0};
	size_t		sum = 0;

	for (size_t i = 0; i < count; i++)
		places[(uint8_t) (from[i].rank >> shift)]++;
	for (int digit = 0; digit < 256; digit++)
	{
		size_t		here = places[digit];

		places[digit] = sum;
		sum += here;
	}
	for (size_t i = 0; i < count; i++)
		to[places[(uint8_t) (from[i].rank >> shift)]++] = from[i];
}

/* Only bytes in which the ranks differ are sorted by. */
static void
sort_entries(ClvSurvivalEntry *entries, size_t count, ClvSurvivalEntry *scratch, ClvInterrupt interrupt)
{
	ClvSurvivalEntry *from = entries;
	ClvSurvivalEntry *to = scratch;
	int64_t		differ = 0;

	for (size_t i = 1; i < count; i++)
		differ |= entries[i].rank ^ entries[0].rank;
	for (int shift = 0; shift < 64; shift += 8)
	{
		ClvSurvivalEntry *other = from;

		if ((uint8_t) (differ >> shift) == 0)
			continue;
		if (interrupt)
			interrupt();
		distribute(from, to, count, shift);
		from = to;
		to = other;
	}
	if (from != entries)
		memcpy(entries, from, count * sizeof(ClvSurvivalEntry));
}

static ClvStatus
add_entry(ClvSurvivalEntry *sum, const ClvSurvivalEntry *added)
{
	ClvStatus	status = clv_amount_add(&sum->deaths, added->deaths);

	if (status == CLV_OK)
		status = clv_amount_add(&sum->censored, added->censored);
	if (status == CLV_OK)
		status = clv_amount_add(&sum->entered, added->entered);
	return status;
}

ClvStatus
clv_survival_compact(ClvSurvivalEntry *entries, size_t *count, ClvSurvivalEntry *scratch, ClvInterrupt interrupt)
{
	size_t		different = 0;

	sort_entries(entries, *count, scratch, interrupt);
	for (size_t i = 0; i < *count; i++)
	{
		if (different == 0 || entries[different - 1].rank != entries[i].rank)
			entries[different++] = entries[i];
		else if (add_entry(&entries[different - 1], &entries[i]) != CLV_OK)
			return CLV_AMOUNT_OVERFLOW;
	}
	*count = different;
	return CLV_OK;
}

/* ---------- bytes ---------- */

static bool
is_empty(const ClvSurvivalEntry *entry)
{
	return entry->deaths == 0 && entry->censored == 0 && entry->entered == 0;
}

void
clv_survival_encode(int scale, ClvAmount initial, const ClvSurvivalEntry *entries, size_t count, ClvSink *sink)
{
	int64_t		filled = 0;
	int64_t		previous = 0;

	for (size_t i = 0; i < count; i++)
		filled += !is_empty(&entries[i]);
	clv_put_byte(sink, CLV_SURVIVAL_VERSION);
	clv_put_byte(sink, (uint8_t) scale);
	clv_put_amount(sink, initial);
	clv_put_count(sink, filled);
	for (size_t i = 0; i < count; i++)
	{
		if (is_empty(&entries[i]))
			continue;
		clv_put_count(sink, entries[i].rank - previous);
		clv_put_amount(sink, entries[i].deaths);
		clv_put_amount(sink, entries[i].censored);
		clv_put_amount(sink, entries[i].entered);
		previous = entries[i].rank;
	}
}

void
clv_survival_read(ClvSurvivalReader *reader, const uint8_t *bytes, size_t size)
{
	ClvSource  *source = &reader->source;

	source->next = bytes;
	source->end = bytes + size;
	source->bad = false;
	if (clv_get_byte(source) != CLV_SURVIVAL_VERSION)
		source->bad = true;
	reader->scale = clv_get_byte(source);
	reader->initial = clv_get_amount(source);
	reader->left = clv_get_count(source);
	reader->started = false;
	reader->rank = 0;
	if (reader->scale > CLV_AMOUNT_DIGITS)
		source->bad = true;
}

bool
clv_survival_next(ClvSurvivalReader *reader, ClvSurvivalEntry *entry)
{
	ClvSource  *source = &reader->source;
	int64_t		step;

	if (reader->left <= 0 || source->bad)
		return false;
	reader->left--;
	step = clv_get_count(source);
	if ((reader->started && step == 0) || __builtin_add_overflow(reader->rank, step, &reader->rank))
	{
		source->bad = true;
		return false;
	}
	reader->started = true;
	entry->rank = reader->rank;
	entry->deaths = clv_get_amount(source);
	entry->censored = clv_get_amount(source);
	entry->entered = clv_get_amount(source);
	return !source->bad;
}

/* Whoever leaves was at risk, and in the end all have left. */
ClvStatus
clv_survival_validate(const uint8_t *bytes, size_t size)
{
	ClvSurvivalReader reader;
	ClvSurvivalEntry entry;
	ClvAmount	at_risk;

	clv_survival_read(&reader, bytes, size);
	at_risk = reader.initial;
	if (reader.source.bad || at_risk < 0 || (reader.left == 0 && reader.scale != 0))
		return CLV_SURVIVAL_BINARY;
	while (clv_survival_next(&reader, &entry))
	{
		if (!isfinite(clv_double_of_rank(entry.rank)) || is_empty(&entry) ||
			entry.deaths < 0 || entry.censored < 0 || entry.entered < 0 ||
			entry.deaths > at_risk || entry.censored > at_risk - entry.deaths)
			return CLV_SURVIVAL_BINARY;
		at_risk -= entry.deaths + entry.censored;
		if (clv_amount_add(&at_risk, entry.entered) != CLV_OK)
			return CLV_SURVIVAL_BINARY;
	}
	if (reader.source.bad || reader.source.next != reader.source.end || at_risk != 0)
		return CLV_SURVIVAL_BINARY;
	return CLV_OK;
}

/* ---------- the curve ---------- */

void
clv_survival_curve(ClvSurvivalCurve *curve, const uint8_t *bytes, size_t size)
{
	memset(curve, 0, sizeof(*curve));
	clv_survival_read(&curve->reader, bytes, size);
	curve->at_risk = curve->reader.initial;
	curve->point.survival = 1;
}

bool
clv_survival_curve_next(ClvSurvivalCurve *curve, ClvSurvivalPoint *point)
{
	ClvSurvivalPoint *current = &curve->point;
	ClvSurvivalEntry entry;
	int			scale = curve->reader.scale;

	while (clv_survival_next(&curve->reader, &entry))
	{
		ClvAmount	survivors = curve->at_risk - entry.deaths;

		current->time = clv_double_of_rank(entry.rank);
		current->at_risk = clv_amount_to_double(curve->at_risk, scale);
		current->survivors = clv_amount_to_double(survivors, scale);
		current->deaths = clv_amount_to_double(entry.deaths, scale);
		current->censored = clv_amount_to_double(entry.censored, scale);
		if (entry.deaths > 0)
		{
			current->survival *= current->survivors / current->at_risk;
			current->greenwood += current->deaths / (current->at_risk * current->survivors);
			current->hazard += current->deaths / current->at_risk;
		}
		curve->at_risk = survivors - entry.censored + entry.entered;
		if (entry.deaths > 0 || entry.censored > 0)
		{
			*point = *current;
			return true;
		}
	}
	return false;
}

bool
clv_survival_interval(const ClvSurvivalPoint *point, double z, double *lower, double *upper)
{
	double		width;

	if (point->survival <= 0 || point->survival >= 1)
		return false;
	width = z * sqrt(point->greenwood) / fabs(log(point->survival));
	*lower = pow(point->survival, exp(width));
	*upper = pow(point->survival, exp(-width));
	return true;
}

double
clv_survival_at(const uint8_t *bytes, size_t size, double time)
{
	ClvSurvivalCurve curve;
	ClvSurvivalPoint point;
	double		survival = 1;

	clv_survival_curve(&curve, bytes, size);
	while (clv_survival_curve_next(&curve, &point) && point.time <= time)
		survival = point.survival;
	return survival;
}

/* The height of a line at a point: where there is no interval, that of S. */
static double
line_height(const ClvSurvivalPoint *point, ClvSurvivalLine line, double z)
{
	double		lower;
	double		upper;

	if (line == CLV_SURVIVAL_S || !clv_survival_interval(point, z, &lower, &upper))
		return point->survival;
	return line == CLV_SURVIVAL_LOWER ? lower : upper;
}

/* Differences below this are rounding: survival is a product of quotients. */
#define LEVEL_TOLERANCE 1e-10

bool
clv_survival_crossing(const uint8_t *bytes, size_t size, ClvSurvivalLine line, double z, double level, double *time)
{
	ClvSurvivalCurve curve;
	ClvSurvivalPoint point;
	bool		at_level = false;

	*time = 0;
	if (level >= 1)
		return true;
	clv_survival_curve(&curve, bytes, size);
	while (clv_survival_curve_next(&curve, &point))
	{
		double		height = line_height(&point, line, z);

		if (at_level && height < level - LEVEL_TOLERANCE)
		{
			*time = *time / 2 + point.time / 2;
			return true;
		}
		if (at_level || height > level + LEVEL_TOLERANCE)
			continue;
		*time = point.time;
		if (height < level - LEVEL_TOLERANCE)
			return true;
		at_level = true;
	}
	return at_level;
}

bool
clv_survival_last(const uint8_t *bytes, size_t size, double *time)
{
	ClvSurvivalCurve curve;
	ClvSurvivalPoint point;
	bool		found = false;

	clv_survival_curve(&curve, bytes, size);
	while (clv_survival_curve_next(&curve, &point))
	{
		*time = point.time;
		found = true;
	}
	return found;
}

/* Area under S from 0 to a time. */
static double
area_until(const uint8_t *bytes, size_t size, double tau)
{
	ClvSurvivalCurve curve;
	ClvSurvivalPoint point;
	double		area = 0;
	double		from = 0;
	double		height = 1;

	clv_survival_curve(&curve, bytes, size);
	while (clv_survival_curve_next(&curve, &point) && point.time < tau)
	{
		area += height * (point.time - from);
		from = point.time;
		height = point.survival;
	}
	return fmin(area + height * (tau - from), tau);
}

/* Each death time contributes the square of the area behind it, times d / (n (n - d)). */
void
clv_survival_mean(const uint8_t *bytes, size_t size, double tau, double *mean, double *std_error)
{
	ClvSurvivalCurve curve;
	ClvSurvivalPoint point;
	double		variance = 0;
	double		area = 0;
	double		from = 0;
	double		height = 1;
	int			exponent = 0;

	/* Squares of shares of the mean, near enough, do not overflow. */
	*mean = area_until(bytes, size, tau);
	frexp(*mean, &exponent);
	clv_survival_curve(&curve, bytes, size);
	while (clv_survival_curve_next(&curve, &point) && point.time < tau)
	{
		double		behind;

		area += height * (point.time - from);
		from = point.time;
		height = point.survival;
		behind = ldexp(*mean - area, -exponent);
		if (point.deaths > 0 && point.survival > 0)
			variance += behind * behind * point.deaths / (point.at_risk * point.survivors);
	}
	*std_error = ldexp(sqrt(variance), exponent);
}

/* ---------- the log-rank test ---------- */

/* The least duration that any group has next; false when all are done. */
static bool
next_duration(const ClvLogRankGroup *groups, int group_count, int64_t *rank)
{
	bool		found = false;

	for (int g = 0; g < group_count; g++)
	{
		if (groups[g].has_entry && (!found || groups[g].entry.rank < *rank))
		{
			*rank = groups[g].entry.rank;
			found = true;
		}
	}
	return found;
}

static double
deaths_at(const ClvLogRankGroup *group, int64_t rank)
{
	if (!group->has_entry || group->entry.rank != rank)
		return 0;
	return clv_amount_to_double(group->entry.deaths, group->reader.scale);
}

static double
at_risk_in(const ClvLogRankGroup *group)
{
	return clv_amount_to_double(group->at_risk, group->reader.scale);
}

/* Deaths of one duration: what each group had, and what it would have had in proportion. */
static void
count_deaths(const ClvLogRankGroup *groups, int group_count, int64_t rank,
			 double *observed, double *expected, double *variance)
{
	double		n = 0;
	double		d = 0;

	for (int g = 0; g < group_count; g++)
	{
		n += at_risk_in(&groups[g]);
		d += deaths_at(&groups[g], rank);
	}
	if (d == 0)
		return;
	for (int g = 0; g < group_count; g++)
	{
		double		share = at_risk_in(&groups[g]) / n;

		observed[g] += deaths_at(&groups[g], rank);
		expected[g] += d * share;
		for (int h = 0; h < group_count && n > 1; h++)
			variance[g * group_count + h] += d * (n - d) / (n - 1) * share * ((g == h) - at_risk_in(&groups[h]) / n);
	}
}

static void
leave(ClvLogRankGroup *groups, int group_count, int64_t rank)
{
	for (int g = 0; g < group_count; g++)
	{
		ClvLogRankGroup *group = &groups[g];

		if (!group->has_entry || group->entry.rank != rank)
			continue;
		group->at_risk += group->entry.entered - group->entry.deaths - group->entry.censored;
		group->has_entry = clv_survival_next(&group->reader, &group->entry);
	}
}

/*
 * x' V^-1 x over the groups that were at risk but the last of them, by
 * Cholesky's factorization in place: a sum of squares of the forward solution.
 */
static double
quadratic_form(const int *used, int count, int width, const double *observed, const double *expected, double *variance)
{
	double		sum = 0;
	double		solution[CLV_LOG_RANK_GROUPS];

	for (int i = 0; i < count; i++)
	{
		double	   *row = &variance[used[i] * width];
		double		rest = observed[used[i]] - expected[used[i]];

		for (int j = 0; j <= i; j++)
		{
			const double *other = &variance[used[j] * width];
			double		element = row[used[j]];

			for (int k = 0; k < j; k++)
				element -= row[used[k]] * other[used[k]];
			if (i == j)
				row[used[j]] = element > 0 ? sqrt(element) : 0;
			else
				row[used[j]] = other[used[j]] > 0 ? element / other[used[j]] : 0;
		}
		for (int k = 0; k < i; k++)
			rest -= row[used[k]] * solution[k];
		solution[i] = row[used[i]] > 0 ? rest / row[used[i]] : 0;
		sum += solution[i] * solution[i];
	}
	return sum;
}

double
clv_log_rank(ClvLogRankGroup *groups, int group_count, double *observed, double *expected,
			 double *variance, int *degrees, ClvInterrupt interrupt)
{
	int			used[CLV_LOG_RANK_GROUPS];
	int			count = 0;
	int64_t		rank = 0;

	memset(observed, 0, group_count * sizeof(double));
	memset(expected, 0, group_count * sizeof(double));
	memset(variance, 0, (size_t) group_count * group_count * sizeof(double));
	for (int g = 0; g < group_count; g++)
	{
		groups[g].at_risk = groups[g].reader.initial;
		groups[g].has_entry = clv_survival_next(&groups[g].reader, &groups[g].entry);
	}
	while (next_duration(groups, group_count, &rank))
	{
		if (interrupt)
			interrupt();
		count_deaths(groups, group_count, rank, observed, expected, variance);
		leave(groups, group_count, rank);
	}
	for (int g = 0; g < group_count; g++)
		if (expected[g] > 0)
			used[count++] = g;
	*degrees = count > 0 ? count - 1 : 0;
	return quadratic_form(used, *degrees, group_count, observed, expected, variance);
}

/* ---------- churn gaps ---------- */

/* Where the curve ends: the share that never comes back, as far as one can see. */
static double
plateau(const uint8_t *bytes, size_t size)
{
	return clv_survival_at(bytes, size, INFINITY);
}

/*
 * Customers as they stand: the silence of each, and by it the chance to be
 * gone, plateau / S(silence).  Sums up to a gap, and over all.
 */
typedef struct GapSums
{
	double		gone_within;	/* gone, silent for the gap or less: missed */
	double		gone;
	double		alive_beyond;	/* alive, silent for longer: false alarms */
	double		alive;
} GapSums;

static void
count_silence(GapSums *sums, const ClvSurvivalPoint *point, double never, double gap)
{
	double		chance = point->survival > 0 ? fmin(never / point->survival, 1) : 1;

	sums->gone += point->censored * chance;
	sums->alive += point->censored * (1 - chance);
	if (point->time <= gap)
		sums->gone_within += point->censored * chance;
	else
		sums->alive_beyond += point->censored * (1 - chance);
}

bool
clv_gap_errors(const uint8_t *bytes, size_t size, double gap, double *false_alarm, double *missed)
{
	ClvSurvivalCurve curve;
	ClvSurvivalPoint point;
	GapSums		sums = {0, 0, 0, 0};
	double		never = plateau(bytes, size);

	clv_survival_curve(&curve, bytes, size);
	while (clv_survival_curve_next(&curve, &point))
		count_silence(&sums, &point, never, gap);
	if (!(sums.gone > 0 && sums.alive > 0))
		return false;
	*false_alarm = sums.alive_beyond / sums.alive;
	*missed = sums.gone_within / sums.gone;
	return true;
}

bool
clv_gap_balanced(const uint8_t *bytes, size_t size, double *gap)
{
	ClvSurvivalCurve curve;
	ClvSurvivalPoint point;
	GapSums		sums = {0, 0, 0, 0};
	GapSums		running = {0, 0, 0, 0};
	double		never = plateau(bytes, size);
	double		least = INFINITY;

	clv_survival_curve(&curve, bytes, size);
	while (clv_survival_curve_next(&curve, &point))
		count_silence(&sums, &point, never, 0);
	if (!(sums.gone > 0 && sums.alive > 0))
		return false;
	clv_survival_curve(&curve, bytes, size);
	while (clv_survival_curve_next(&curve, &point))
	{
		double		error;

		count_silence(&running, &point, never, INFINITY);
		error = running.gone / sums.gone + (sums.alive - running.alive) / sums.alive;
		if (error < least)
		{
			least = error;
			*gap = point.time;
		}
	}
	return true;
}

bool
clv_gap_percentile(const uint8_t *bytes, size_t size, double share, double *gap)
{
	ClvSurvivalCurve curve;
	ClvSurvivalPoint point;
	double		total = 0;
	double		running = 0;

	clv_survival_curve(&curve, bytes, size);
	while (clv_survival_curve_next(&curve, &point))
		total += point.deaths;
	if (total == 0)
		return false;
	clv_survival_curve(&curve, bytes, size);
	while (clv_survival_curve_next(&curve, &point))
	{
		running += point.deaths;
		*gap = point.time;
		if (running >= share * total && point.deaths > 0)
			break;
	}
	return true;
}
