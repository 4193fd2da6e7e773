/*-------------------------------------------------------------------------
 *
 * rate.c
 *	  Tests of src/base/rate.c.
 *
 * Expected bounds were computed with Python's fractions and decimals from the
 * quadratic equation in Wilson (1927), z = 1.959963984540054 exactly.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "base/rate.h"

static const struct
{
	int64_t		successes;
	int64_t		trials;
	double		lower;
	double		upper;
}			known[] = {
	{INT64_C(4), INT64_C(5), 0.37553462976252533, 0.9637758913675698},
	{INT64_C(40), INT64_C(50), 0.66962894067774592, 0.88756249984223889},
	{INT64_C(400), INT64_C(500), 0.76271089469482611, 0.83271450102824263},
	{INT64_C(4000), INT64_C(5000), 0.78868432274803113, 0.81085505608493458},
	{INT64_C(0), INT64_C(1), 0, 0.79345068562276255},
	{INT64_C(1), INT64_C(1), 0.20654931437723742, 1},
	{INT64_C(0), INT64_C(1000), 0, 0.0038267584855551234},
	{INT64_C(1), INT64_C(1000), 0.00017654637062607803, 0.0056425585979579355},
	{INT64_C(999), INT64_C(1000), 0.99435744140204207, 0.99982345362937397},
	{INT64_C(1000), INT64_C(1000), 0.99617324151444486, 1},
	{INT64_C(1), INT64_C(1000000000000000), 1.7652455493515297e-16, 5.66493426575895e-15},
	{INT64_C(999999999999999), INT64_C(1000000000000000), 0.99999999999999434, 0.99999999999999978},
	{INT64_C(124), INT64_C(781), 0.1348183158931881, 0.18606363547455959},
	{INT64_C(3), INT64_C(7), 0.1582198552514697, 0.74954163547234276},
	{INT64_C(4000000000000000000), INT64_C(9000000000000000000), 0.44444444411980649, 0.4444444447690824},
};

static void
test_wilson(void)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
	{
		ClvRate		rate = clv_rate_wilson(known[i].successes, known[i].trials, CLV_Z95);

		/* a handful of rounded operations, none of them a difference */
		close_rel(rate.lower, known[i].lower, 2e-15, "lower bound of %lld / %lld",
				  (long long) known[i].successes, (long long) known[i].trials);
		close_rel(rate.upper, known[i].upper, 2e-15, "upper bound of %lld / %lld",
				  (long long) known[i].successes, (long long) known[i].trials);
		ok(0 <= rate.lower && rate.lower <= rate.rate && rate.rate <= rate.upper && rate.upper <= 1,
		   "the rate lies between them");
	}
}

static void
test_order(void)
{
	int			failures = 0;

	for (int64_t n = 1; n < 200; n++)
	{
		for (int64_t s = 0; s <= n; s++)
		{
			ClvRate		rate = clv_rate_wilson(s, n, CLV_Z95);
			ClvRate		mirror = clv_rate_wilson(n - s, n, CLV_Z95);

			failures += !(rate.lower >= 0 && rate.upper <= 1 && rate.lower <= rate.rate && rate.rate <= rate.upper);
			failures += fabs(rate.lower - (1 - mirror.upper)) > 1e-15;
		}
	}
	is_int(failures, 0, "bounds are ordered, and failures mirror successes");
}

/* Shares and bounds by hand from the definition. */
static void
test_lift(void)
{
	ClvLift		lift = clv_rate_lift(30, 100, 45, 300, CLV_Z95);
	double		width = CLV_Z95 * sqrt(1 / 30.0 - 1 / 100.0 + 1 / 45.0 - 1 / 300.0);

	close_rel(lift.ratio, 2, 1e-15, "30 %% are twice 15 %%");
	close_rel(lift.lower, 2 * exp(-width), 1e-14, "lower bound of a lift");
	close_rel(lift.upper, 2 * exp(width), 1e-14, "upper bound of a lift");
	lift = clv_rate_lift(0, 100, 45, 300, CLV_Z95);
	ok(lift.ratio_known && lift.ratio == 0 && !lift.interval_known, "nobody of the lost has it");
	lift = clv_rate_lift(5, 100, 0, 300, CLV_Z95);
	ok(!lift.ratio_known && !lift.interval_known, "nobody of the kept has it");
	lift = clv_rate_lift(7, 7, 9, 9, CLV_Z95);
	ok(lift.ratio == 1 && lift.lower == 1 && lift.upper == 1, "everybody has it");
}

int
main(void)
{
	test_lift();
	test_wilson();
	test_order();
	return done_testing();
}
