/*-------------------------------------------------------------------------
 *
 * confluent.c
 *	  exp(x) Gamma(1 - s, x), the confluent function of the Pareto/NBD DERT.
 *
 * It is the integral of (x + y)^-s exp(-y) over y > 0.  What is computed is
 * J(s) = x^s times it, which lies between 0 and 1.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>

#include "math/special.h"

/* Below both the continued fraction is slow. */
#define FRACTION_FROM_X 1.0
#define FRACTION_FROM_S 30.0
#define FRACTION_TERMS	1000

/*
 * The continued fraction of the incomplete gamma function (DLMF 8.9.2,
 * contracted), by Lentz's method: x / (x+s - 1 s / (x+s+2 - 2 (s+1) / ...)).
 */
static double
by_fraction(double s, double x)
{
	double		b = x + s;
	double		c = 1e300;
	double		d = 1 / b;
	double		h = d;

	for (int n = 1; n < FRACTION_TERMS; n++)
	{
		double		a = -n * (s + n - 1);
		double		factor;

		b += 2;
		d = 1 / (a * d + b);
		c = b + a / c;
		factor = c * d;
		h *= factor;
		if (fabs(factor - 1) < 2.2e-16)
			break;
	}
	return x * h;
}

/*
 * x < 1 and a = 1 - s of at most 1 and above -1/2: with the poles of Gamma(a)
 * and x^a / a at a = 0 taken out of their difference,
 *	 Gamma(a, x) = (Gamma(1+a) - 1) / a - (x^a - 1) / a - x^a sum of (-x)^k / ((a+k) k!), k >= 1.
 */
static double
by_series(double s, double x)
{
	double		a = 1 - s;
	double		log_x = log(x);
	double		head = (a == 0) ? -0.57721566490153286061 : expm1(clv_lgamma1p(a)) / a;
	double		sum = 0;
	double		term = 1;

	for (int k = 1; k < 30; k++)
	{
		term *= -x / k;
		sum += term / (a + k);
		if (fabs(term) < 1e-18 * fabs(sum))
			break;
	}
	return exp(x + s * log_x) * (head - log_x * clv_expm1_ratio(a * log_x) - exp(a * log_x) * sum);
}

double
clv_log_scaled_psi_ss(double s, double x)
{
	double		j;

	if (!(s >= 0) || !(x > 0) || isinf(s))
		return NAN;
	if (s == 0 || isinf(x))
		return 0;
	if (x >= FRACTION_FROM_X || s >= FRACTION_FROM_S)
		j = by_fraction(s, x);
	else
	{
		double		steps = (s < 1.5) ? 0 : floor(s - 0.5);

		j = by_series(s - steps, x);
		/* J(s + 1) = x (1 - J(s)) / s, from integration by parts */
		for (double k = s - steps; k < s - 0.5; k++)
			j = x * (1 - j) / k;
	}
	return log(j);
}

double
clv_log_psi_ss(double s, double x)
{
	return s == 0 && x > 0 ? 0 : clv_log_scaled_psi_ss(s, x) - s * log(x);
}
