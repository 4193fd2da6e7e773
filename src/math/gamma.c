/*-------------------------------------------------------------------------
 *
 * gamma.c
 *	  log Gamma, digamma, trigamma, and their differences.
 *
 * Above STIRLING_FROM the asymptotic series (Abramowitz & Stegun 6.1.40,
 * 6.3.18, 6.4.12) holds to the last digit with nine terms; smaller arguments
 * are carried up by the recurrence.  Around 1 and 2, where log Gamma has its
 * zeros, its Taylor series (A & S 6.1.33) keeps the relative accuracy.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>

#include "math/special.h"
#include "math/special_internal.h"

#define STIRLING_FROM	10.0
#define HALF_LN_2PI		0.91893853320467274178
#define ONE_MINUS_EULER 0.42278433509846713939

#define LENGTH(a) ((int) (sizeof(a) / sizeof((a)[0])))

/* B(2k) / (2k (2k-1)), B(2k) / (2k) and B(2k), k = 1.. */
static const double stirling_lgamma[] = {
	0.083333333333333333333, -0.0027777777777777777778,
	0.00079365079365079365079, -0.00059523809523809523810,
	0.00084175084175084175084, -0.0019175269175269175269,
	0.0064102564102564102564, -0.029550653594771241830,
	0.17964437236883057317
};
static const double stirling_digamma[] = {
	0.083333333333333333333, -0.0083333333333333333333,
	0.0039682539682539682540, -0.0041666666666666666667,
	0.0075757575757575757576, -0.021092796092796092796,
	0.083333333333333333333, -0.44325980392156862745,
	3.0539543302701197438
};
static const double stirling_trigamma[] = {
	0.16666666666666666667, -0.033333333333333333333,
	0.023809523809523809524, -0.033333333333333333333,
	0.075757575757575757576, -0.25311355311355311355,
	1.1666666666666666667, -7.0921568627450980392,
	54.971177944862155388
};

/* zeta(k) - 1, k = 2.. */
static const double zeta_minus_1[] = {
	0.64493406684822643647, 0.2020569031595942854,
	0.082323233711138191516, 0.036927755143369926331,
	0.017343061984449139715, 0.0083492773819228268398,
	0.0040773561979443393787, 0.0020083928260822144179,
	0.00099457512781808533715, 0.0004941886041194645587,
	0.00024608655330804829864, 0.00012271334757848914675,
	0.000061248135058704829259, 0.000030588236307020493552,
	0.000015282259408651871733, 7.6371976378997622736e-6,
	3.8172932649998398565e-6, 1.9082127165539389257e-6,
	9.5396203387279611315e-7, 4.7693298678780646312e-7,
	2.3845050272773299e-7, 1.1921992596531107307e-7,
	5.9608189051259479612e-8, 2.9803503514652280186e-8,
	1.4901554828365041235e-8, 7.450711789835429492e-9
};

static double
horner(const double *coefficient, int n, double x)
{
	double		sum = coefficient[n - 1];

	for (int k = n - 2; k >= 0; k--)
		sum = sum * x + coefficient[k];
	return sum;
}

/* (p(x) - p(y)) / (x - y) of the polynomial p, without forming the difference. */
static double
divided_difference(const double *coefficient, int n, double x, double y)
{
	double		quotient = 0;
	double		value = coefficient[n - 1];

	for (int k = n - 2; k >= 0; k--)
	{
		quotient = quotient * x + value;
		value = value * y + coefficient[k];
	}
	return quotient;
}

/* log Gamma(2 + e), |e| <= 1/2: 26 terms leave 4^-26 / 26. */
static double
lgamma_near_2(double e)
{
	double		sum = 0;

	for (int k = LENGTH(zeta_minus_1) - 1; k >= 0; k--)
		sum = -sum * e + zeta_minus_1[k] / (k + 2);
	return e * (ONE_MINUS_EULER + e * sum);
}

/* What Stirling's formula lacks: log Gamma(x) - (x - 1/2) log x + x - log sqrt(2 pi). */
static double
stirling_rest(double x)
{
	double		y = 1 / x;

	return y * horner(stirling_lgamma, LENGTH(stirling_lgamma), y * y);
}

double
clv_stirling_rest(double x)
{
	if (x >= STIRLING_FROM)
		return stirling_rest(x);
	return clv_lgamma(x) - (x - 0.5) * log(x) + x - HALF_LN_2PI;
}

double
clv_lgamma(double x)
{
	double		product = 1;

	if (!(x > 0))
		return NAN;
	if (isinf(x))
		return x;
	if (x >= STIRLING_FROM)
		return (x - 0.5) * log(x) - x + HALF_LN_2PI + stirling_rest(x);
	if (x < 0.5)
		return lgamma_near_2(x) - log1p(x) - log(x);
	if (x < 1.5)
		return lgamma_near_2(x - 1) - log1p(x - 1);
	while (x > 2.5)
	{
		x -= 1;
		product *= x;
	}
	return lgamma_near_2(x - 2) + log(product);
}

double
clv_lgamma1p(double x)
{
	if (!(x > -1))
		return NAN;
	if (x >= -0.5 && x <= 0.5)
		return lgamma_near_2(x) - log1p(x);
	if (x > 0.5 && x <= 1.5)
		return lgamma_near_2(x - 1);
	if (x < 0)					/* 1 + x is exact there */
		return clv_lgamma(1 + x);
	return clv_lgamma(x) + log(x);
}

double
clv_digamma(double x)
{
	double		shift = 0;
	double		y;

	if (!(x > 0))
		return NAN;
	while (x < STIRLING_FROM)
	{
		shift += 1 / x;
		x += 1;
	}
	y = 1 / x;
	return log(x) - 0.5 * y - shift
		- y * y * horner(stirling_digamma, LENGTH(stirling_digamma), y * y);
}

double
clv_trigamma(double x)
{
	double		shift = 0;
	double		y;

	if (!(x > 0))
		return NAN;
	while (x < STIRLING_FROM)
	{
		shift += 1 / (x * x);
		x += 1;
	}
	y = 1 / x;
	return shift + y + 0.5 * y * y
		+ y * y * y * horner(stirling_trigamma, LENGTH(stirling_trigamma), y * y);
}

/*
 * With both arguments large, Stirling's formula gives
 *
 *	 (a - 1/2) log(1 + b/a) + b (log(a + b) - 1) + rest(a + b) - rest(a)
 *
 * where the first and the last are formed as differences.  Smaller arguments
 * are carried up: Gamma(a+b)/Gamma(a) loses the factors (a+i+b)/(a+i), whose
 * product less one is accumulated so that a small b keeps its digits.
 */
double
clv_lgamma_ratio(double a, double b)
{
	double		shift = 0;
	double		q;
	double		x,
				y;

	if (!(a > 0) || !(a + b > 0))
		return NAN;
	if (b == 0)
		return 0;
	if (isinf(b))
		return b;
	if (isinf(a))
		return (b > 0) ? a : -a;
	if (fmin(a, a + b) < STIRLING_FROM)
	{
		if (fabs(b) > 0.5 * a)
		{
			double		over = 1,
						under = 1;
			double		c = a + b;

			/* nothing can cancel here but whole logarithms */
			if (a >= STIRLING_FROM || c >= 2 * STIRLING_FROM)
				return clv_lgamma(c) - clv_lgamma(a);
			while (fmin(a, c) < STIRLING_FROM)
			{
				over *= c;
				under *= a;
				c += 1;
				a += 1;
			}
			shift = -log(over / under);
		}
		else
		{
			double		less_one = 0;

			while (fmin(a, a + b) < STIRLING_FROM)
			{
				double		e = b / a;

				less_one += e + less_one * e;
				a += 1;
			}
			shift = -log1p(less_one);
		}
	}
	q = b / a;
	x = 1 / (a + b);
	y = 1 / a;
	/* d(rest): rest(a) = y P(y^2), so x P(x^2) - y P(y^2) = (x-y) P(x^2) + y (x^2-y^2) P[x^2,y^2] */
	{
		double		dxy = -b * x * y;
		double		rest = dxy * (horner(stirling_lgamma, LENGTH(stirling_lgamma), x * x)
								  + y * (x + y)
								  * divided_difference(stirling_lgamma, LENGTH(stirling_lgamma), x * x, y * y));

		/* a log1p(q) - b = a (log1p(q) - q) */
		return shift + a * clv_log1p_minus(q) - 0.5 * log1p(q) + b * log(a + b) + rest;
	}
}

double
clv_digamma_diff(double a, double b)
{
	double		shift = 0;
	double		x,
				y,
				dxy;

	if (!(a > 0) || !(a + b > 0))
		return NAN;
	if (b == 0)
		return 0;
	if (isinf(a) || isinf(b))
		return isinf(a) ? 0 : b;
	while (fmin(a, a + b) < STIRLING_FROM)
	{
		shift += b / (a * (a + b));
		a += 1;
	}
	x = 1 / (a + b);
	y = 1 / a;
	dxy = -b * x * y;
	/* psi = log - y/2 - y^2 P(y^2) */
	return shift + log1p(b / a) - 0.5 * dxy
		- dxy * (x + y) * (horner(stirling_digamma, LENGTH(stirling_digamma), x * x)
						   + y * y * divided_difference(stirling_digamma, LENGTH(stirling_digamma), x * x, y * y));
}

double
clv_trigamma_diff(double a, double b)
{
	double		shift = 0;
	double		x,
				y,
				dxy;

	if (!(a > 0) || !(a + b > 0))
		return NAN;
	if (b == 0)
		return 0;
	if (isinf(a) || isinf(b))
		return isinf(a) ? 0 : -clv_trigamma(a);
	while (fmin(a, a + b) < STIRLING_FROM)
	{
		double		c = a + b;

		shift -= b * (a + c) / (a * a * c * c);
		a += 1;
	}
	x = 1 / (a + b);
	y = 1 / a;
	dxy = -b * x * y;
	/* psi' = y + y^2/2 + y^3 P(y^2) */
	return shift + dxy * (1 + 0.5 * (x + y)
						  + (x * x + x * y + y * y) * horner(stirling_trigamma, LENGTH(stirling_trigamma), x * x)
						  + y * y * y * (x + y) * divided_difference(stirling_trigamma, LENGTH(stirling_trigamma), x * x, y * y));
}

/* 1/(a+x+b) - 1/(a+x) - 1/(a+b) + 1/a */
static double
reciprocal_diff2(double a, double x, double b)
{
	return (x / (a * (a + x))) * (b / ((a + b) * (a + x + b))) * (2 * a + x + b);
}

/*
 * rest(a+b) - rest(a) without its first term, for rest = t P(t^2) (power 1) or
 * t^2 P(t^2) (power 2), t = 1/a: what is left is at most a thousandth of it.
 */
static double
rest_tail_diff(const double *coefficient, int n, int power, double a, double b)
{
	double		x = 1 / (a + b);
	double		y = 1 / a;
	double		dxy = -b * x * y;
	double		value = horner(coefficient + 1, n - 1, x * x);
	double		slope = divided_difference(coefficient + 1, n - 1, x * x, y * y) * (x + y);

	if (power == 1)
		return dxy * ((x * x + x * y + y * y) * value + y * y * y * slope);
	return dxy * ((x + y) * (x * x + y * y) * value + y * y * y * y * slope);
}

/* The mixed second difference of the same, b the smaller of the two steps. */
static double
rest_diff2(const double *coefficient, int n, int power, double a, double x, double b)
{
	return rest_tail_diff(coefficient, n, power, a + x, b)
		- rest_tail_diff(coefficient, n, power, a, b);
}

double
clv_lgamma_diff2(double a, double x, double b)
{
	double		less_one = 0;
	double		c;

	if (!(a > 0) || !(x >= 0) || !(b >= 0) || isinf(a) || isinf(x) || isinf(b))
		return NAN;
	if (x == 0 || b == 0)
		return 0;
	if (b > x)
	{
		double		swap = b;

		b = x;
		x = swap;
	}
	/* Gamma(t) = Gamma(t+1) / t turns into a factor 1 + b x / (a (a+x+b)) */
	while (a < STIRLING_FROM)
	{
		double		e = (x / (a + x + b)) * (b / a);

		less_one += e + less_one * e;
		a += 1;
	}
	c = a + x;
	return log1p(less_one)
		+ b * log1p(x / (a + b))
		+ c * clv_log1p_minus(b / c) - a * clv_log1p_minus(b / a)
		+ 0.5 * log1p((x / (c + b)) * (b / a))
		+ stirling_lgamma[0] * reciprocal_diff2(a, x, b)
		+ rest_diff2(stirling_lgamma, LENGTH(stirling_lgamma), 1, a, x, b);
}

double
clv_digamma_diff2(double a, double x, double b)
{
	double		shift = 0;
	double		d2,
				both,
				y[4];

	if (!(a > 0) || !(x >= 0) || !(b >= 0) || isinf(a) || isinf(x) || isinf(b))
		return NAN;
	if (x == 0 || b == 0)
		return 0;
	if (b > x)
	{
		double		swap = b;

		b = x;
		x = swap;
	}
	while (a < STIRLING_FROM)
	{
		shift += reciprocal_diff2(a, x, b);
		a += 1;
	}
	d2 = reciprocal_diff2(a, x, b);
	y[0] = 1 / (a + x + b);
	y[1] = 1 / (a + x);
	y[2] = 1 / (a + b);
	y[3] = 1 / a;
	both = (x / (a + x)) * (b / (a + b));
	/* psi = log t - 1/(2t) - 1/(12 t^2) - ..; y0^2-y1^2-y2^2+y3^2 with its large parts joined */
	return ((both < 0.5) ? log1p(-both) : log((a / (a + x)) * ((a + x + b) / (a + b))))
		- shift - 0.5 * d2
		- stirling_digamma[0] * (d2 * (y[2] + y[3]) + b * y[0] * y[1] * x * (y[1] * y[3] + y[0] * y[2]))
		- rest_diff2(stirling_digamma, LENGTH(stirling_digamma), 2, a, x, b);
}
