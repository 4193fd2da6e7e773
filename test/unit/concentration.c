/*-------------------------------------------------------------------------
 *
 * concentration.c
 *	  Tests of src/base/concentration.c and wide.h.
 *
 * Random values are classed twice: by selection, and here by sorting them and
 * walking down with exact sums.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "base/concentration.h"
#include "base/wide.h"

#define MAX_VALUES 400
#define MANY_VALUES 6000

static uint64_t random_state = 1;

static uint32_t
random_below(uint32_t limit)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t) ((random_state >> 33) % limit);
}

static int
descending(const void *a, const void *b)
{
	ClvAmount	x = *(const ClvAmount *) a;
	ClvAmount	y = *(const ClvAmount *) b;

	return x > y ? -1 : x < y;
}

/* Share in thousandths: before * 1000 < share * total. */
static ClvClass
class_by_sorting(const ClvAmount *sorted, int count, ClvAmount value, int a, int b)
{
	ClvAmount	total = 0;
	ClvAmount	before = 0;

	for (int i = 0; i < count; i++)
		total += sorted[i] > 0 ? sorted[i] : 0;
	for (int i = 0; i < count && sorted[i] > value; i++)
		before += sorted[i];
	if (value <= 0)
		return CLV_CLASS_C;
	if (before * 1000 < total * a)
		return CLV_CLASS_A;
	return before * 1000 < total * b ? CLV_CLASS_B : CLV_CLASS_C;
}

static void
test_classes(void)
{
	static const int limits[][2] = {{800, 950}, {0, 1000}, {0, 0}, {1000, 1000}, {500, 500}, {1, 999}};
	int			failures = 0;

	for (int round = 0; round < 3000; round++)
	{
		static ClvAmount scratch[MANY_VALUES];
		static ClvAmount sorted[MANY_VALUES];
		static ClvAmount original[MANY_VALUES];
		/* Also as many as are divided into buckets first. */
		int			count = (int) (round % 250 == 0 ? MANY_VALUES - random_below(1000) : random_below(round % 10 == 0 ? MAX_VALUES : 12));
		uint32_t	range = 1 + random_below(round % 3 == 0 ? 10 : 100000);
		/* Also values that need more than 64 bits. */
		int			kind = (round + round / 250) % 4;
		ClvAmount	unit = kind < 2 ? 1 : (ClvAmount) 1 << (kind == 2 ? 70 : 50);
		const int  *limit = limits[(round + round / 250) % 6];
		ClvCut		cuts[2];

		for (int i = 0; i < count; i++)
			original[i] = sorted[i] = ((ClvAmount) random_below(range) - (ClvAmount) (range / 5)) * unit;
		qsort(sorted, (size_t) count, sizeof(ClvAmount), descending);
		if (clv_abc_cuts(original, (size_t) count, limit[0] * (CLV_SHARE_UNITS / 1000),
						 limit[1] * (CLV_SHARE_UNITS / 1000), cuts, scratch, NULL) != CLV_OK)
			failures++;
		for (int i = 0; i < count; i++)
			failures += clv_abc_class(original[i], cuts) != class_by_sorting(sorted, count, original[i], limit[0], limit[1]);
	}
	is_int(failures, 0, "classes by selection are those by sorting");
}

/* Exactly 80 % before a customer: that customer is not in A. */
static void
test_exact_border(void)
{
	static ClvAmount many[MANY_VALUES];
	static ClvAmount many_scratch[MANY_VALUES];
	ClvAmount	values[] = {10, 50, 30, 10};
	ClvCut		cuts[2];
	ClvAmount	large[2];
	ClvAmount	scratch[4];

	clv_abc_cuts(values, 4, 800000000000000000, 950000000000000000, cuts, scratch, NULL);
	ok(cuts[0].exists && cuts[0].value == 30, "80 of 100 is all of A");
	ok(cuts[1].exists && cuts[1].value == 10, "the equal rest is B");
	large[0] = clv_amount_power_of_ten(37) - 2;
	large[1] = 1;
	is_int(clv_abc_cuts(large, 2, CLV_SHARE_UNITS - 1, CLV_SHARE_UNITS, cuts, scratch, NULL), CLV_OK, "37 digits");
	ok(cuts[0].value == large[0] && cuts[1].value == 1, "shares of 37 digits are compared exactly");
	large[0] = clv_amount_power_of_ten(37) - 2;
	large[1] = 2;
	is_int(clv_abc_cuts(large, 2, 0, 0, cuts, scratch, NULL), CLV_AMOUNT_OVERFLOW, "a total of 38 digits");
	many[MANY_VALUES - 2] = large[0];
	many[MANY_VALUES - 1] = 2;
	is_int(clv_abc_cuts(many, MANY_VALUES, 0, 0, cuts, many_scratch, NULL), CLV_AMOUNT_OVERFLOW, "also one of many values");
	is_int(clv_abc_cuts(NULL, 0, 0, CLV_SHARE_UNITS, cuts, scratch, NULL), CLV_OK, "nobody");
	ok(!cuts[0].exists && !cuts[1].exists && clv_abc_class(5, cuts) == CLV_CLASS_C, "no cut");
}

static void
test_doubles(void)
{
	static const double ascending[] = {-1.7976931348623157e308, -1.5, -1, -1e-300, -4.9406564584124654e-324, 0,
	4.9406564584124654e-324, 1e-300, 0.1, 0.30000000000000004, 1, 1.5, 1.7976931348623157e308};
	int			failures = 0;

	for (size_t i = 0; i < sizeof(ascending) / sizeof(double); i++)
	{
		failures += clv_double_of_rank(clv_double_rank(ascending[i])) != ascending[i];
		failures += i > 0 && clv_double_rank(ascending[i]) <= clv_double_rank(ascending[i - 1]);
	}
	is_int(failures, 0, "ranks have the order of the doubles");
	is_int(clv_double_rank(-0.0), 0, "zero has one rank");
	for (size_t i = 6; i < sizeof(ascending) / sizeof(double); i++)
	{
		int			exponent = clv_fixed_exponent(ascending[i]);

		/* halves and quarters are exact */
		failures += clv_fixed_point(ascending[i], exponent) != 2 * clv_fixed_point(ascending[i] / 2, exponent) &&
			ascending[i] > 1e-300;
		failures += clv_fixed_point(ascending[i], exponent) >= (ClvAmount) 1 << 90;
	}
	is_int(failures, 0, "the fixed point holds what a double holds");
}

/* ---------- distributions ---------- */

typedef struct Built
{
	uint8_t    *bytes;
	size_t		size;
} Built;

static Built
build(ClvLorenzKind kind, int scale, const ClvAmount *values, int count)
{
	ClvLorenzEntry *entries = malloc((size_t) (count + 1) * sizeof(ClvLorenzEntry));
	ClvLorenzEntry *scratch = malloc((size_t) (count + 1) * sizeof(ClvLorenzEntry));
	ClvSink		sink = {NULL, 0};
	size_t		different;
	Built		built;

	for (int i = 0; i < count; i++)
	{
		entries[i].value = values[i];
		entries[i].customers = 1;
	}
	different = clv_lorenz_compact(entries, (size_t) count, scratch, NULL);
	clv_lorenz_encode(kind, scale, entries, different, &sink);
	built.size = sink.count;
	built.bytes = malloc(sink.count);
	sink.out = built.bytes;
	sink.count = 0;
	clv_lorenz_encode(kind, scale, entries, different, &sink);
	free(entries);
	free(scratch);
	return built;
}

/* By the definition: mean absolute difference over twice the mean. */
static double
gini_by_pairs(const ClvAmount *values, int count)
{
	double		differences = 0;
	double		sum = 0;

	for (int i = 0; i < count; i++)
	{
		double		x = values[i] > 0 ? (double) values[i] : 0;

		sum += x;
		for (int j = 0; j < count; j++)
			differences += fabs(x - (values[j] > 0 ? (double) values[j] : 0));
	}
	return differences / (2 * count * sum);
}

static void
test_lorenz(void)
{
	int			failures = 0;
	double		worst = 0;

	for (int round = 0; round < 1000; round++)
	{
		ClvAmount	values[MAX_VALUES];
		ClvAmount	sorted[MAX_VALUES];
		int			count = 1 + (int) random_below(round % 10 == 0 ? MAX_VALUES - 1 : 60);
		uint32_t	range = 2 + random_below(round % 2 == 0 ? 20 : 1000000);
		Built		built;
		ClvLorenz	lorenz;
		ClvAmount	total = 0;
		ClvAmount	running = 0;

		for (int i = 0; i < count; i++)
		{
			sorted[i] = values[i] = (ClvAmount) random_below(range) - (ClvAmount) (range / 4);
			total += values[i] > 0 ? values[i] : 0;
		}
		qsort(sorted, (size_t) count, sizeof(ClvAmount), descending);
		built = build(CLV_LORENZ_NUMERIC, 2, values, count);
		failures += clv_lorenz_validate(built.bytes, built.size) != CLV_OK;
		failures += clv_lorenz_open(&lorenz, built.bytes, built.size) != CLV_OK;
		failures += lorenz.customers != count || lorenz.total != total || (sorted[0] > 0 && lorenz.largest != sorted[0]);
		for (int k = 0; k <= count && total > 0; k++)
		{
			int64_t		share = (int64_t) random_below(1001) * (CLV_SHARE_UNITS / 1000);
			ClvAmount	cut;
			int64_t		customers;
			ClvAmount	sum = 0;
			int			needed = 0;

			/* top share of whole customers, and halfway to the next */
			failures += fabs(clv_lorenz_top_share(&lorenz, k) - (double) running / (double) total) > 1e-15;
			if (k < count)
			{
				ClvAmount	next = sorted[k] > 0 ? sorted[k] : 0;

				failures += fabs(clv_lorenz_top_share(&lorenz, k + 0.5) - (double) (2 * running + next) / (double) (2 * total)) > 1e-15;
				running += next;
			}
			while (needed < count && sum * CLV_SHARE_UNITS < total * share)
				sum += sorted[needed] > 0 ? sorted[needed] : 0, needed++;
			if (clv_lorenz_cutoff(&lorenz, share, &cut, &customers))
				failures += customers != needed || cut != sorted[needed - 1];
			else
				failures += needed != 0;
		}
		for (int bins = 1; bins <= 7; bins++)
		{
			ClvAmount	limits[6];

			/* the ceil(s n / bins)-th smallest */
			clv_lorenz_score_limits(&lorenz, bins, limits);
			for (int s = 1; s < bins; s++)
				failures += limits[s - 1] != sorted[count - (s * count + bins - 1) / bins];
		}
		if (total > 0)
			worst = fmax(worst, fabs(clv_lorenz_gini(&lorenz) - gini_by_pairs(values, count)));
		free(built.bytes);
	}
	is_int(failures, 0, "a distribution answers what the sorted values do");
	ok(worst < 1e-13, "Gini's index is that of all pairs, within %.1g of rounding there", worst);
}

/* Entries of which there are so many of each value from 0 on; those of which there is none are left out. */
static size_t
entries_of(const int *customers, int values, ClvLorenzEntry *entries)
{
	size_t		count = 0;

	for (int i = 0; i < values; i++)
		if (customers[i] != 0)
			entries[count++] = (ClvLorenzEntry) {i, customers[i]};
	return count;
}

static void
test_correct(void)
{
	enum
	{
		VALUES = 12
	};
	int			failures = 0;
	int			refused = 0;

	for (int round = 0; round < 20000; round++)
	{
		int			before[VALUES];
		int			change[VALUES];
		int			after[VALUES];
		bool		possible = true;
		ClvLorenzEntry entries[VALUES];
		ClvLorenzEntry changes[VALUES];
		ClvLorenzEntry corrected[2 * VALUES];
		ClvLorenzEntry expected[VALUES];
		size_t		count = 0;
		size_t		wanted;

		for (int i = 0; i < VALUES; i++)
		{
			before[i] = random_below(2) * (int) random_below(4);
			change[i] = random_below(2) * ((int) random_below(before[i] + 4) - before[i] - (random_below(40) == 0));
			after[i] = before[i] + change[i];
			possible = possible && after[i] >= 0;
		}
		wanted = entries_of(after, VALUES, expected);
		if (clv_lorenz_correct(entries, entries_of(before, VALUES, entries), changes, entries_of(change, VALUES, changes),
							   corrected, &count, NULL) != possible)
			failures++;
		else if (!possible)
			refused++;
		else
		{
			failures += count != wanted;
			for (size_t i = 0; i < wanted && count == wanted; i++)
				failures += corrected[i].value != expected[i].value || corrected[i].customers != expected[i].customers;
		}
	}
	is_int(failures, 0, "a corrected distribution is the one after the changes");
	ok(refused > 100, "%d corrections by who was not there are refused", refused);
}

/* Gini's index of all customers but one. */
static double
gini_without(const ClvAmount *values, int count, int which)
{
	ClvAmount	others[MAX_VALUES];
	int			kept = 0;

	for (int i = 0; i < count; i++)
		if (i != which)
			others[kept++] = values[i];
	return gini_by_pairs(others, kept);
}

/* Standard error of Gini's index: each customer is left out in turn. */
static double
gini_error_by_leaving_out(const ClvAmount *values, int count)
{
	double		mean = 0;
	double		squares = 0;

	for (int i = 0; i < count; i++)
		mean += gini_without(values, count, i) / count;
	for (int i = 0; i < count; i++)
		squares += pow(gini_without(values, count, i) - mean, 2);
	return sqrt(squares * (count - 1) / count);
}

/* Standard error of the mean of what each customer moves, from sorted values, best first. */
static double
top_share_error_by_sorting(const ClvAmount *sorted, int count, ClvAmount total, double share, double customers)
{
	double		limit = fmax((double) sorted[(int) ceil(customers) - 1], 0);
	double		mean = 0;
	double		squares = 0;

	for (int pass = 0; pass < 2; pass++)
	{
		for (int i = 0; i < count; i++)
		{
			double		value = fmax((double) sorted[i], 0);
			double		moves = (fmax(value - limit, 0) - share * value) * count / (double) total;

			if (pass == 0)
				mean += moves / count;
			else
				squares += (moves - mean) * (moves - mean);
		}
	}
	return sqrt(squares / (count - 1) / count);
}

static void
test_errors(void)
{
	double		worst_gini = 0;
	double		worst_share = 0;
	bool		known = true;

	for (int round = 0; round < 500; round++)
	{
		ClvAmount	values[MAX_VALUES];
		ClvAmount	total = 0;
		int			count = 1 + (int) random_below(30);
		uint32_t	range = 2 + random_below(round % 2 == 0 ? 20 : 1000000);
		Built		built;
		ClvLorenz	lorenz;

		for (int i = 0; i < count; i++)
		{
			values[i] = (ClvAmount) random_below(range) - (ClvAmount) (range / 4);
			total += values[i] > 0 ? values[i] : 0;
		}
		if (total == 0)
			continue;
		qsort(values, (size_t) count, sizeof(ClvAmount), descending);
		built = build(CLV_LORENZ_NUMERIC, 2, values, count);
		clv_lorenz_open(&lorenz, built.bytes, built.size);
		if (count < 2 || values[0] == total)
			known &= isnan(clv_lorenz_gini_error(&lorenz));
		else
			worst_gini = fmax(worst_gini, fabs(clv_lorenz_gini_error(&lorenz) - gini_error_by_leaving_out(values, count)));
		known &= isnan(clv_lorenz_top_share_error(&lorenz, 0.5)) == (count < 2);
		for (double customers = 0.5; customers <= count && count >= 2; customers += 0.5)
			worst_share = fmax(worst_share,
							   fabs(clv_lorenz_top_share_error(&lorenz, customers) -
									top_share_error_by_sorting(values, count, total, clv_lorenz_top_share(&lorenz, customers), customers)));
		free(built.bytes);
	}
	ok(worst_gini < 1e-7, "the error of Gini's index is that of leaving out customers, within %.1g", worst_gini);
	ok(worst_share < 1e-7, "the error of a share is that of the mean of what customers move, within %.1g", worst_share);
	ok(known, "one customer, or one who has everything, has no error");
}

/* Other decimals, and those that have no room. */
static void
test_rescale(void)
{
	ClvLorenzEntry entries[] = {{-15, 1}, {clv_amount_power_of_ten(CLV_AMOUNT_DIGITS) - 1, 1}};

	is_int(clv_lorenz_rescale(entries, 1, 1, 3), CLV_OK, "two more decimals");
	ok(entries[0].value == -1500, "are two zeros");
	is_int(clv_lorenz_rescale(entries, 2, 0, 1), CLV_AMOUNT_OVERFLOW, "37 digits have no room for another");
}

/* Doubles with an exact answer as integers have the same one. */
static void
test_float8(void)
{
	ClvAmount	integers[200];
	ClvAmount	ranks[200];
	Built		as_numeric;
	Built		as_float8;
	ClvLorenz	numeric;
	ClvLorenz	float8;
	ClvAmount	cut;
	int64_t		a;
	int64_t		b;
	int			failures = 0;

	for (int i = 0; i < 200; i++)
	{
		integers[i] = (ClvAmount) random_below(100000) - 20000;
		ranks[i] = clv_double_rank((double) integers[i] * 0.25);
	}
	as_numeric = build(CLV_LORENZ_NUMERIC, 0, integers, 200);
	as_float8 = build(CLV_LORENZ_FLOAT8, 0, ranks, 200);
	is_int(clv_lorenz_validate(as_float8.bytes, as_float8.size), CLV_OK, "doubles are valid");
	clv_lorenz_open(&numeric, as_numeric.bytes, as_numeric.size);
	clv_lorenz_open(&float8, as_float8.bytes, as_float8.size);
	close_rel(clv_lorenz_gini(&float8), clv_lorenz_gini(&numeric), 1e-15, "Gini's index of doubles");
	close_rel(clv_lorenz_double(&float8, float8.total), (double) numeric.total * 0.25, 1e-15, "total of doubles");
	for (int i = 1; i <= 100; i++)
	{
		clv_lorenz_cutoff(&numeric, i * (CLV_SHARE_UNITS / 100), &cut, &a);
		clv_lorenz_cutoff(&float8, i * (CLV_SHARE_UNITS / 100), &cut, &b);
		failures += a != b;
	}
	is_int(failures, 0, "the same customers make the same shares");
	free(as_numeric.bytes);
	free(as_float8.bytes);
}

/* The squared distance from a point of the curve to (ideal / count, 1), times (count * total)^2: an integer. */
static ClvAmount
squared_distance(int customers, ClvAmount sum, int ideal, int count, ClvAmount total)
{
	ClvAmount	across = (ClvAmount) (customers - ideal) * total;
	ClvAmount	up = (total - sum) * count;

	return across * across + up * up;
}

/* Over the sorted values, one customer after another; those who are equal count together. */
static int
nearest_by_sorting(const ClvAmount *sorted, int count, ClvAmount total, int ideal)
{
	ClvAmount	sum = 0;
	ClvAmount	least = -1;
	int			nearest = 0;

	for (int i = 0; i < count && sorted[i] > 0; i++)
	{
		sum += sorted[i];
		if (i + 1 < count && sorted[i + 1] == sorted[i])
			continue;
		if (least < 0 || squared_distance(i + 1, sum, ideal, count, total) < least)
		{
			least = squared_distance(i + 1, sum, ideal, count, total);
			nearest = i + 1;
		}
	}
	return nearest;
}

static void
test_limits(void)
{
	int			failures = 0;
	int			swapped = 0;

	for (int round = 0; round < 2000; round++)
	{
		ClvAmount	values[MAX_VALUES];
		ClvAmount	sorted[MAX_VALUES];
		int			count = 1 + (int) random_below(60);
		uint32_t	range = 2 + random_below(round % 2 == 0 ? 20 : 1000);
		int			power = (int) random_below(3);
		ClvCurvePoint limits[2];
		Built		built;
		ClvLorenz	lorenz;
		ClvAmount	total = 0;
		int			even = 0;
		int			pareto;

		for (int i = 0; i < count; i++)
		{
			ClvAmount	value = (ClvAmount) random_below(range) - (ClvAmount) (range / 4);

			for (int p = 0; p < power && value > 0; p++)
				value *= 1 + (ClvAmount) random_below(range);
			sorted[i] = values[i] = value;
			total += value > 0 ? value : 0;
		}
		if (total == 0)
			continue;
		qsort(sorted, (size_t) count, sizeof(ClvAmount), descending);
		built = build(CLV_LORENZ_NUMERIC, 2, values, count);
		clv_lorenz_open(&lorenz, built.bytes, built.size);
		clv_lorenz_limits(&lorenz, limits);
		while (even < count && sorted[even] > 0 && sorted[even] * count >= total)
			even++;
		pareto = nearest_by_sorting(sorted, count, total, 0);
		swapped += even < pareto;
		failures += limits[0].customers != (even < pareto ? even : pareto);
		failures += limits[1].customers != nearest_by_sorting(sorted, count, total, even < pareto ? pareto : even);
		failures += limits[0].value != sorted[limits[0].customers - 1] || limits[1].value != sorted[limits[1].customers - 1];
		failures += !clv_lorenz_reaches(&lorenz, limits[1].sum, 0) || clv_lorenz_reaches(&lorenz, 0, 1);
		free(built.bytes);
	}
	is_int(failures, 0, "limits from the curve are those of sorting, %d times with A up to the mean", swapped);
}

static void
test_damage(void)
{
	int			failures = 0;
	int			harmless = 0;

	for (int round = 0; round < 20000; round++)
	{
		ClvAmount	values[20];
		ClvLorenzKind kind = round % 2 ? CLV_LORENZ_FLOAT8 : CLV_LORENZ_NUMERIC;
		Built		built;
		uint8_t    *exact;

		for (int i = 0; i < 20; i++)
			values[i] = kind == CLV_LORENZ_FLOAT8 ? clv_double_rank((double) random_below(50) / 7 - 2) : (ClvAmount) random_below(40) - 10;
		built = build(kind, kind == CLV_LORENZ_FLOAT8 ? 0 : 2, values, 1 + (int) random_below(20));
		for (uint32_t i = random_below(3); i < 3; i++)
			built.bytes[random_below((uint32_t) built.size)] ^= (uint8_t) (1 << random_below(8));
		if (random_below(5) == 0)
			built.size = random_below((uint32_t) built.size + 1);
		exact = malloc(built.size + 1);
		memcpy(exact + 1, built.bytes, built.size);
		if (clv_lorenz_validate(exact + 1, built.size) == CLV_OK)
		{
			ClvLorenzReader reader;
			ClvLorenzEntry entries[64];
			ClvSink		sink = {NULL, 0};
			uint8_t		again[4096];
			size_t		count = 0;
			ClvLorenz	lorenz;

			harmless++;
			clv_lorenz_read(&reader, exact + 1, built.size);
			while (count < 64 && clv_lorenz_next(&reader, &entries[count]))
				count++;
			sink.out = again;
			clv_lorenz_encode(reader.kind, reader.scale, entries, count, &sink);
			failures += sink.count != built.size || memcmp(again, exact + 1, built.size) != 0;
			if (clv_lorenz_open(&lorenz, exact + 1, built.size) == CLV_OK && lorenz.total > 0)
				failures += !(clv_lorenz_gini(&lorenz) >= 0 && clv_lorenz_gini(&lorenz) <= 1);
		}
		free(exact);
		free(built.bytes);
	}
	is_int(failures, 0, "20000 damaged distributions: %d pass, and encode to themselves", harmless);
}

/* Distributivity and order, on factors of all sizes. */
static void
test_wide(void)
{
	int			failures = 0;

	for (int round = 0; round < 100000; round++)
	{
		__int128	a = (__int128) (((unsigned __int128) random_below(UINT32_MAX) << 96) | ((unsigned __int128) random_below(UINT32_MAX) << 50) | random_below(UINT32_MAX)) >> random_below(127);
		int64_t		b = (int64_t) ((uint64_t) random_below(UINT32_MAX) << 32 | random_below(UINT32_MAX)) >> random_below(63);
		ClvWide		product = clv_wide_multiply(a, b);
		ClvWide		parts = clv_wide_add(clv_wide_multiply(a / 2, b), clv_wide_multiply(a - a / 2, b));
		double		expected = (double) a * (double) b;

		failures += clv_wide_compare(product, parts) != 0;
		failures += clv_wide_compare(clv_wide_negate(product), clv_wide_multiply(-a, b)) != 0;
		failures += fabs(clv_wide_to_double(product) - expected) > 1e-15 * fabs(expected);
		failures += b > 0 && a > 0 && clv_wide_compare(product, clv_wide_multiply(a - 1, b)) <= 0;
	}
	is_int(failures, 0, "products of 256 bits");
}

/* More customers than a double tells apart. */
static void
test_many_customers(void)
{
	ClvLorenzEntry entries[] = {{1, INT64_C(1) << 62}, {(ClvAmount) 1 << 80, 1}};
	uint8_t		bytes[100];
	ClvSink		sink = {bytes, 0};
	ClvLorenz	lorenz;

	clv_lorenz_encode(CLV_LORENZ_NUMERIC, 0, entries, 2, &sink);
	ok(clv_lorenz_open(&lorenz, bytes, sink.count) == CLV_OK, "a distribution of 2^62 + 1 customers");
	close_abs(clv_lorenz_top_share(&lorenz, 0), 0, 0, "none of them have nothing");
	close_rel(clv_lorenz_top_share(&lorenz, 1), 262144.0 / 262145.0, 1e-15, "the best one's share");
}

int
main(void)
{
	test_classes();
	test_exact_border();
	test_doubles();
	test_lorenz();
	test_correct();
	test_errors();
	test_rescale();
	test_float8();
	test_limits();
	test_damage();
	test_many_customers();
	test_wide();
	return done_testing();
}
