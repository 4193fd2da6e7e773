/*-------------------------------------------------------------------------
 *
 * rate.c
 *	  A share of customers and how far it can be trusted.
 *
 * Sources: E. B. Wilson, Probable inference, the law of succession, and
 * statistical inference, JASA 22 (1927), 209-212; D. Katz, J. Baptista, S. P.
 * Azen and M. C. Pike, Obtaining confidence intervals for the risk ratio in
 * cohort studies, Biometrics 34 (1978), 469-474, the interval by logarithms.
 *
 *-------------------------------------------------------------------------
 */
#include "base/rate.h"

#include <math.h>

/*
 * The bounds p solve (n + z^2) p^2 - (2 s + z^2) p + s^2 / n = 0.  Each is
 * computed through a sum of positive terms, the lower one as the product of
 * both divided by the upper one, the upper one as the mirror of the lower
 * bound of the failures; so neither loses digits near 0 or 1.
 */
static double
larger_root(double successes, double trials, double z)
{
	double		spread = sqrt(z * z / 4 + successes * ((trials - successes) / trials));

	return (successes + z * z / 2 + z * spread) / (trials + z * z);
}

static double
smaller_root(double successes, double trials, double z)
{
	if (successes == 0)
		return 0;
	return successes / trials * (successes / (trials + z * z)) /
		larger_root(successes, trials, z);
}

ClvRate
clv_rate_wilson(int64_t successes, int64_t trials, double z)
{
	double		s = (double) successes;
	double		n = (double) trials;
	ClvRate		rate;

	rate.rate = s / n;
	rate.lower = fmin(smaller_root(s, n, z), rate.rate);
	rate.upper = successes == trials ? 1 : fmax(larger_root(s, n, z), rate.rate);
	return rate;
}

/* Variance of the logarithm of a share, as the delta method gives it. */
static double
log_variance(double with, double size)
{
	return (size - with) / (with * size);
}

ClvLift
clv_rate_lift(int64_t with, int64_t size, int64_t other_with, int64_t other_size, double z)
{
	ClvLift		lift = {(double) with / (double) size, (double) other_with / (double) other_size};
	double		width;

	lift.ratio_known = other_with > 0;
	lift.interval_known = other_with > 0 && with > 0;
	if (lift.ratio_known)
		lift.ratio = lift.share / lift.other_share;
	if (!lift.interval_known)
		return lift;
	width = z * sqrt(log_variance((double) with, (double) size) +
					 log_variance((double) other_with, (double) other_size));
	lift.lower = lift.ratio * exp(-width);
	lift.upper = lift.ratio * exp(width);
	return lift;
}
