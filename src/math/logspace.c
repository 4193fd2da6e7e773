/*-------------------------------------------------------------------------
 *
 * logspace.c
 *	  Sums and differences of numbers kept as their logarithms.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>

#include "math/special.h"

#define LN_2 0.69314718055994530942

double
clv_log_add_exp(double a, double b)
{
	double		hi = (a > b) ? a : b;
	double		lo = (a > b) ? b : a;

	if (isnan(a) || isnan(b))
		return NAN;
	if (isinf(hi))				/* both -inf, or one is +inf */
		return hi;
	return hi + log1p(exp(lo - hi));
}

double
clv_log_sub_exp(double a, double b)
{
	if (isnan(a) || isnan(b) || a < b)
		return NAN;
	if (a == b)
		return -INFINITY;
	if (isinf(b) || isinf(a))
		return a;
	return a + clv_log1mexp(b - a);
}

double
clv_log_sum_exp(const double *term, int n)
{
	double		hi = -INFINITY;
	double		sum = 0;

	for (int i = 0; i < n; i++)
	{
		if (isnan(term[i]))
			return NAN;
		if (term[i] > hi)
			hi = term[i];
	}
	if (isinf(hi))
		return hi;
	for (int i = 0; i < n; i++)
		sum += exp(term[i] - hi);
	return hi + log(sum);
}

double
clv_log1mexp(double x)
{
	if (!(x <= 0))
		return NAN;
	/* either form loses digits on the other's side of -log 2 */
	return (x > -LN_2) ? log(-expm1(x)) : log1p(-exp(x));
}

double
clv_log1pexp(double x)
{
	if (x > 0)
		return x + log1p(exp(-x));
	return log1p(exp(x));
}

double
clv_logistic(double x)
{
	double		e;

	if (x >= 0)
		return 1 / (1 + exp(-x));
	e = exp(x);
	return e / (1 + e);
}

/*
 * log1p(x) - x.  With y = x / (2 + x), log1p(x) = 2 atanh(y) and
 * x = 2 y / (1 - y), so the difference is 2 (atanh(y) - y) - x y.
 */
double
clv_log1p_minus(double x)
{
	double		y,
				y2,
				power,
				sum = 0;

	if (!(x > -1))
		return (x == -1) ? -INFINITY : NAN;
	if (x < -0.4 || x > 0.7)
		return log1p(x) - x;
	y = x / (2 + x);
	y2 = y * y;
	power = y2;
	/* |y| < 0.26: each term is 15 times smaller than the one before */
	for (int k = 3; k < 60; k += 2)
	{
		double		term = power / k;

		sum += term;
		if (term <= 1e-18 * sum)
			break;
		power *= y2;
	}
	return 2 * y * sum - x * y;
}

double
clv_expm1_ratio(double x)
{
	if (x == 0)
		return 1;
	return expm1(x) / x;
}
