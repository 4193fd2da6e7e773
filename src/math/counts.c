/*-------------------------------------------------------------------------
 *
 * counts.c
 *	  The negative binomial distribution.
 *
 *-------------------------------------------------------------------------
 */
#include "math/counts.h"

#include <float.h>
#include <math.h>

#include "math/special.h"

double
clv_count_log_probability(double n, double r, double tau)
{
	double		coefficient;

	if (tau <= 0)
		return n == 0 ? 0 : -INFINITY;
	if (n == 0)
		return -r * log1p(tau);
	/* Gamma(r+n) / (Gamma(r) n!), so that the larger of the two does not cancel */
	if (r <= n + 1)
		coefficient = clv_lgamma_ratio(n + 1, r - 1) - clv_lgamma(r);
	else
		coefficient = clv_lgamma_ratio(r, n) - clv_lgamma1p(n);
	return coefficient - r * log1p(tau) - n * log1p(1 / tau);
}

#define FRACTION_TERMS 200000

/*
 * The continued fraction of the incomplete beta function I_x(a, b) without its
 * factor x^a (1-x)^b / (a B(a, b)) (Abramowitz and Stegun 26.5.8), by the
 * method of Lentz.  y is 1 - x.
 */
static double
beta_fraction(double a, double b, double x, double precision)
{
	double		c = 1;
	double		d = 1 - (a + b) * x / (a + 1);
	double		h;

	if (fabs(d) < 1e-300)
		d = 1e-300;
	d = 1 / d;
	h = d;
	for (int m = 1; m <= FRACTION_TERMS; m++)
	{
		double		even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double		odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
		double		change;

		d = 1 + even * d;
		if (fabs(d) < 1e-300)
			d = 1e-300;
		c = 1 + even / c;
		if (fabs(c) < 1e-300)
			c = 1e-300;
		d = 1 / d;
		h *= d * c;
		d = 1 + odd * d;
		if (fabs(d) < 1e-300)
			d = 1e-300;
		c = 1 + odd / c;
		if (fabs(c) < 1e-300)
			c = 1e-300;
		d = 1 / d;
		change = d * c;
		h *= change;
		if (fabs(change - 1) <= precision)
			break;
	}
	return h;
}

/* From here on the fraction of the other side loses digits, as 1 / (1 + tau) does. */
#define LARGE_SHAPE 1e5

/* P(K < n) / P(K = n) for large r, where the terms fall from the last one on. */
static double
sum_below(double n, double r, double z, double precision)
{
	double		term = 1;
	double		sum = 0;

	for (int used = 0; used < 50 * FRACTION_TERMS && used < n; used++)
	{
		double		i = n - used;

		term *= i / (r + (i - 1)) / z;
		sum += term;
		if (term * i <= precision * sum)
			break;
	}
	return sum;
}

/* Up to here 1 - P(K < n) would cancel. */
#define SMALL_SHAPE 0.01
#define FEW_COUNTS 1000

/* P(K > 0) - P(0 < K < n), all of the order of r. */
static double
some_less_few(double n, double r, double tau)
{
	double		z = tau / (1 + tau);
	double		none = -r * log1p(tau);
	double		term = exp(none) * r * z;
	double		few = 0;

	for (double i = 1; i < n; i++)
	{
		few += term;
		term *= z * ((r + i) / (i + 1));
	}
	return -expm1(none) - few;
}

double
clv_count_tail_from(double n, double r, double tau, double exactly, double precision)
{
	double		z = tau / (1 + tau);
	double		result;

	/* P(K >= n) = I_z(n, r), whose factor is P(K = n); the other side has n / r of it. */
	if (z < (n + 1) / (n + r + 2))
		result = exactly * beta_fraction(n, r, z, precision);
	else if (r < SMALL_SHAPE && n <= FEW_COUNTS)
		result = some_less_few(n, r, tau);
	else if (r > LARGE_SHAPE)
		result = exactly == 0 ? 1 : 1 - exactly * sum_below(n, r, z, precision);
	else
		result = 1 - exactly * n / r * beta_fraction(r, n, 1 / (1 + tau), precision);
	return fmin(fmax(result, 0), 1);
}

double
clv_count_tail(double n, double r, double tau)
{
	if (n == 0)
		return 1;
	if (tau <= 0)
		return 0;
	return clv_count_tail_from(n, r, tau, exp(clv_count_log_probability(n, r, tau)), 2 * DBL_EPSILON);
}
