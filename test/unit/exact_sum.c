/*-------------------------------------------------------------------------
 *
 * exact_sum.c
 *	  Tests of sums of doubles: against integers of 128 bits, and against sums
 *	  of rational numbers (Python's fractions, whose division rounds to nearest).
 *
 *-------------------------------------------------------------------------
 */
#include <float.h>

#include "tap.h"

#include "math/exact_sum.h"

#define ROWS 10000

static uint64_t state = 11;

static uint64_t
random_bits(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state;
}

static double
sum_of(const double *values, int count)
{
	ClvExactSum sum;
	double		value = 4711;
	ClvStatus	status;

	clv_sum_init(&sum);
	for (int i = 0; i < count; i++)
		clv_sum_add(&sum, values[i]);
	status = clv_sum_value(&sum, &value);
	return status == CLV_OK ? value : status == CLV_SUM_OUT_OF_RANGE ? 12345 : 4711;
}

/* The same bits: zeros by their sign, NaN as such. */
static void
is_sum(const double *values, int count, double want, const char *name)
{
	double		got = sum_of(values, count);

	if (!ok(isnan(want) ? isnan(got) : memcmp(&got, &want, sizeof(got)) == 0, "%s", name))
		diag("got %a, want %a", got, want);
}

static const struct
{
	double		values[6];
	double		sum;
}			rational[] = {
	{{0x1.fffffffffffffp+38, 0x1.a8c8a62332550p+14, 0x1.0000000000000p-46, -0x1.765db035b7399p+32, 0x1.0000000000000p-58, 0x1.0000000000000p-84}, 0x1.fa268ae7f1c93p+38},
	{{0x0.000000000001cp-1022, 0x1.fffffffffffffp+209, -0x1.df2032a7c1880p+945, -0x0.0000000000100p-1022, -0x1.435f564912322p+937, -0x0.0000000000080p-1022}, -0x1.e06391fe0a9a3p+945},
	{{0x1.fffffffffffffp-39, 0x1.fffffffffffffp+16, -0x1.0000000000000p-78, -0x1.0000000000000p-28, -0x1.2ef6fb829daaep-29, -0x1.fffffffffffffp-30}, 0x1.ffffffffffde8p+16},
	{{-0x0.0p+0, 0x1.ef67bfe52fa1cp+18, -0x1.0000000000000p-109, 0x0.0p+0, -0x1.0000000000000p+947, 0x1.fffffffffffffp+47}, -0x1.0000000000000p+947},
	{{-0x1.fffffffffffffp+25, 0x1.0000000000000p-32, 0x1.fffffffffffffp-27, 0x1.fffffffffffffp+25, -0x1.0000000000000p-32, 0x1.fffffffffffffp-33}, 0x1.03fffffffffffp-26},
	{{-0x1.0000000000000p-42, -0x1.0000000000000p+848, -0x1.fffffffffffffp-25, 0x1.0000000000000p-42, 0x1.0000000000000p+848, 0x1.fdf5eb86d152dp-23}, 0x1.7df5eb86d152dp-23},
	{{0x1.4cdc29fc32bb5p-21, 0x1.e2e75f91262a0p-19, -0x1.44f7838be8eaap-36, -0x1.4cdc29fc32bb5p-21, -0x1.e2e75f91262a0p-19, -0x1.0000000000000p-93}, -0x1.44f7838be8eaap-36},
	{{-0x1.fffffffffffffp-57, -0x1.fffffffffffffp+915, 0x1.e87af20b2253cp+974, 0x1.fffffffffffffp-57, 0x1.fffffffffffffp+915, -0x1.0000000000000p-37}, 0x1.e87af20b2253cp+974},
};

static const struct
{
	const char *name;
	double		values[4];
	double		sum;
}			known[] = {
	{"a half of the last place is dropped from an even one", {1, 0x1p-53}, 1},
	{"but not if the least double is behind it", {1, 0x1p-53, 0x1p-1074}, 1 + DBL_EPSILON},
	{"nor from an odd one", {1, DBL_EPSILON, 0x1p-53}, 1 + 2 * DBL_EPSILON},
	{"below zero it is the same", {-1, -0x1p-53, -0x1p-1074}, -1 - DBL_EPSILON},
	{"what cancels leaves nothing behind", {1e308, 1, -1e308, 1e-300}, 1},
	{"not even the smallest is lost", {DBL_MAX, 0x1p-1074, -DBL_MAX}, 0x1p-1074},
	{"numbers near zero", {0x1p-1074, 0x1p-1073, 0x1p-1060, -0x1p-1074}, 0x1p-1060 + 0x1p-1073},
	{"from numbers near zero to others", {0x0.fffffffffffffp-1022, 0x1p-1074}, DBL_MIN},
	{"nothing is zero", {0, -0.0}, 0},
	{"opposite numbers are zero", {-3.5, 3.5}, 0},
	{"sums on the way may be out of range", {DBL_MAX, DBL_MAX, -DBL_MAX}, DBL_MAX},
	{"the result may not", {DBL_MAX, DBL_MAX}, 12345},
	{"and not below zero", {-DBL_MAX, -DBL_MAX, -1}, 12345},
	{"less than half of the last place above the largest is not", {DBL_MAX, 0x1.fffffffffffffp969}, DBL_MAX},
	{"a half is", {DBL_MAX, 0x1p970}, 12345},
	{"infinity", {1, INFINITY, 2}, INFINITY},
	{"infinity below zero", {1, -INFINITY, -INFINITY}, -INFINITY},
	{"both are no number", {INFINITY, 1, -INFINITY}, NAN},
	{"nor is a sum with one that is none", {1, NAN, INFINITY}, NAN},
};

/* Integers of up to 113 bits times a power of two, each a double. */
static void
test_integers(int exponent)
{
	static double values[ROWS];
	__int128	total = 0;
	int			wrong = 0;

	for (int i = 0; i < ROWS; i++)
	{
		uint64_t	bits = random_bits();
		int			shift = (int) (random_bits() % 61);
		__int128	value = (__int128) (bits >> 11) << shift;
		double		want;

		if (bits & 1)
			value = -value;
		/* Every third one takes most of the total away again. */
		if (i % 3 == 2)
			value = -(__int128) ((unsigned __int128) (total < 0 ? -total : total) >> 62 << 62) * (total < 0 ? -1 : 1);
		values[i] = ldexp((double) value, exponent);
		total += (__int128) (double) value;
		if (i % 97 != 0 && i < ROWS - 10)
			continue;
		want = ldexp((double) total, exponent);
		wrong += sum_of(values, i + 1) != want;
	}
	is_int(wrong, 0, "sums of integers times 2^%d", exponent);
}

/* Doubles of all sizes, but for those whose sum is out of range: any order, any parts. */
static void
test_order(void)
{
	static double values[ROWS];
	ClvExactSum sum;
	double		whole;
	double		error;
	double		ulp;
	int			wrong = 0;

	for (int i = 0; i < ROWS; i++)
	{
		uint64_t	bits;

		do
		{
			bits = random_bits();
			memcpy(&values[i], &bits, sizeof(bits));
		} while (!(fabs(values[i]) <= 0x1p1000));
	}
	whole = sum_of(values, ROWS);
	for (int round = 0; round < 50; round++)
	{
		ClvExactSum parts[7];
		double		value = 0;

		for (int i = ROWS - 1; i > 0; i--)
		{
			int			other = (int) (random_bits() % (uint64_t) (i + 1));
			double		kept = values[i];

			values[i] = values[other];
			values[other] = kept;
		}
		wrong += sum_of(values, ROWS) != whole;
		for (int part = 0; part < 7; part++)
			clv_sum_init(&parts[part]);
		for (int i = 0; i < ROWS; i++)
			clv_sum_add(&parts[random_bits() % 7], values[i]);
		for (int part = 5; part >= 0; part--)
			clv_sum_merge(&parts[part], &parts[part + 1]);
		wrong += clv_sum_value(&parts[0], &value) != CLV_OK || value != whole;
	}
	is_int(wrong, 0, "any order and any parts give the same sum");

	/* What is left of the true sum is at most half of the last place. */
	clv_sum_init(&sum);
	for (int i = 0; i < ROWS; i++)
		clv_sum_add(&sum, values[i]);
	clv_sum_add(&sum, -whole);
	ok(clv_sum_value(&sum, &error) == CLV_OK, "the error can be told");
	ulp = nextafter(fabs(whole), INFINITY) - fabs(whole);
	ok(isfinite(whole) && fabs(error) <= ulp / 2, "the sum is the nearest double");
}

/* Carries that wait for long, in one place. */
static void
test_carries(void)
{
	ClvExactSum sum;
	ClvExactSum twice;
	double		value = 0;
	/* with this exponent shifted by 31 within its chunk, this fills what the next one takes: 52 bits */
	double		most = 0x1.fffffffffffffp52;
	int			wrong = 0;

	clv_sum_init(&sum);
	for (int i = 0; i < 100000; i++)
		clv_sum_add(&sum, ldexp(most, -1022 + 11));
	ok(clv_sum_value(&sum, &value) == CLV_OK && value == ldexp(most * 3125, -1022 + 11 + 5), "a hundred thousand equal ones");
	for (int i = 0; i < 100001; i++)
		clv_sum_add(&sum, -ldexp(most, -1022 + 11));
	ok(clv_sum_value(&sum, &value) == CLV_OK && value == -ldexp(most, -1022 + 11), "and one more taken away");
	clv_sum_init(&sum);
	clv_sum_init(&twice);
	clv_sum_add(&twice, ldexp(most, -1022 + 11));
	for (int i = 0; i < 5999; i++)
	{
		clv_sum_add(&sum, ldexp(most, -1022 + 11));
		if (i % 1999 == 1998)
			clv_sum_merge(&sum, &twice);
	}
	ok(clv_sum_value(&sum, &value) == CLV_OK && value == ldexp(most * 6002, -1022 + 11), "merged before carries");
	clv_sum_init(&sum);
	for (int i = 0; i < 5000; i++)
		clv_sum_add(&sum, DBL_MAX);
	for (int i = 0; i < 12; i++)
	{
		twice = sum;
		clv_sum_merge(&sum, &twice);
	}
	ok(clv_sum_value(&sum, &value) == CLV_SUM_OUT_OF_RANGE, "twenty million of the largest are out of range");
	twice = sum;
	for (int i = 0; i < CLV_SUM_CHUNKS; i++)
		twice.chunk[i] = -twice.chunk[i];
	clv_sum_merge(&sum, &twice);
	clv_sum_add(&sum, 0.5);
	ok(clv_sum_value(&sum, &value) == CLV_OK && value == 0.5, "but can be taken away again");

	clv_sum_init(&sum);
	clv_sum_add(&sum, 0x1p-1074);
	twice = sum;
	clv_sum_merge(&sum, &twice);
	ok(clv_sum_value(&sum, &value) == CLV_OK && value == 0x1p-1073, "the smallest doubles are merged");

	/* a single bit, which is alone in its chunk, up to the last chunk */
	clv_sum_init(&sum);
	clv_sum_add(&sum, 0x1p1023);
	for (int i = 1; i < 100; i++)
	{
		twice = sum;
		clv_sum_merge(&sum, &twice);
		wrong += clv_sum_value(&sum, &value) != CLV_SUM_OUT_OF_RANGE;
	}
	is_int(wrong, 0, "2^1024 to 2^1122 are out of range");
}

/* Bytes that no sum has end in some answer. */
static void
test_any_bytes(void)
{
	for (int round = 0; round < 1000; round++)
	{
		ClvExactSum sum;
		double		value;

		sum.pending = (int32_t) random_bits();
		sum.special = 0;
		for (int i = 0; i < CLV_SUM_CHUNKS; i++)
			sum.chunk[i] = (int64_t) random_bits();
		clv_sum_add(&sum, 1);
		clv_sum_merge(&sum, &sum);
		clv_sum_value(&sum, &value);
	}
	ok(true, "bytes that no sum has do no harm");
}

int
main(void)
{
	for (size_t i = 0; i < sizeof(rational) / sizeof(rational[0]); i++)
		is_sum(rational[i].values, 6, rational[i].sum, "a sum of rational numbers");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		is_sum(known[i].values, 4, known[i].sum, known[i].name);
	is_sum(NULL, 0, 0, "no values");
	test_integers(-1074);
	test_integers(-1022);
	test_integers(-60);
	test_integers(0);
	test_integers(890);
	test_order();
	test_carries();
	test_any_bytes();
	return done_testing();
}
