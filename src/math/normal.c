/*-------------------------------------------------------------------------
 *
 * normal.c
 *	  Quantiles and tails for intervals and tests.
 *
 *-------------------------------------------------------------------------
 */
#include "math/normal.h"

#include <float.h>
#include <math.h>

#include "math/special.h"

/*
 * Newton's method on the logarithm of the tail, which is concave: from the
 * asymptotic start it converges from one side, to the last digits.
 */
double
clv_normal_quantile(double p)
{
	double		tail = p < 0.5 ? p : 1 - p;
	double		log_tail = log(tail);
	double		x;

	if (!(p > 0 && p < 1))
		return p == 0 ? -INFINITY : p == 1 ? INFINITY : NAN;
	if (p == 0.5)
		return 0;
	x = sqrt(-2 * log_tail);
	for (int i = 0; i < 60; i++)
	{
		double		q = 0.5 * erfc(x / sqrt(2.0));
		double		density = exp(-0.5 * x * x) / sqrt(2 * 3.14159265358979323846);
		double		step = (log(q) - log_tail) * q / density;

		x += step;
		if (fabs(step) <= 4 * DBL_EPSILON * fabs(x))
			break;
	}
	return p < 0.5 ? -x : x;
}

/* The regularized incomplete gamma function Q(df/2, x/2): series below the mean, fraction above. */
double
clv_chi_squared_tail(double x, double df)
{
	double		a = df / 2;
	double		y = x / 2;
	double		factor;

	if (!(x >= 0) || !(df > 0))
		return NAN;
	if (y == 0)
		return 1;
	factor = exp(a * log(y) - y - clv_lgamma(a));
	if (y < a + 1)
	{
		double		term = 1 / a;
		double		sum = term;

		for (int k = 1; k < 10000 && term > DBL_EPSILON / 4 * sum; k++)
		{
			term *= y / (a + k);
			sum += term;
		}
		return fmax(1 - factor * sum, 0);
	}
	else
	{
		double		b = y + 1 - a;
		double		c = 1e300;
		double		d = 1 / b;
		double		h = d;

		for (int k = 1; k < 10000; k++)
		{
			double		numerator = -k * (k - a);
			double		change;

			b += 2;
			d = 1 / (numerator * d + b);
			c = b + numerator / c;
			change = c * d;
			h *= change;
			if (fabs(change - 1) <= DBL_EPSILON)
				break;
		}
		return factor * h;
	}
}
