/*-------------------------------------------------------------------------
 *
 * hyp2f1.c
 *	  The Gauss hypergeometric function for real arguments, as a logarithm.
 *
 * Only sums of positive terms are formed where one exists:
 *	 z < 0 is mapped into (0, 1) by Pfaff's transformation (DLMF 15.8.1);
 *	 few terms are needed: the power series;
 *	 otherwise, for c > b > 0, Euler's integral (DLMF 15.6.1) in logit(t);
 *	 c below both a and b: raised by the recurrence in c (DLMF 15.5.18), whose
 *	 terms are then positive.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>
#include <stddef.h>

#include "math/quadrature.h"
#include "math/special.h"

#define SERIES_TERMS	600
#define LAST_RESORT_TERMS 2000000

/* A number with its sign, kept as the log of its size. */
typedef struct Signed
{
	double		log;			/* -infinity for zero */
	int			sign;
} Signed;

static Signed
signed_of(double x)
{
	Signed		s = {log(fabs(x)), (x > 0) - (x < 0)};

	return s;
}

static Signed
signed_times(double factor, Signed s)
{
	s.log += log(fabs(factor));
	s.sign *= (factor > 0) - (factor < 0);
	return s;
}

static Signed
signed_plus(Signed a, Signed b)
{
	Signed		s;

	if (a.sign == 0)
		return b;
	if (b.sign == 0)
		return a;
	if (a.sign == b.sign)
	{
		s.log = clv_log_add_exp(a.log, b.log);
		s.sign = a.sign;
	}
	else if (a.log == b.log)
	{
		s.log = -INFINITY;
		s.sign = 0;
	}
	else
	{
		s.log = (a.log > b.log) ? clv_log_sub_exp(a.log, b.log) : clv_log_sub_exp(b.log, a.log);
		s.sign = (a.log > b.log) ? a.sign : b.sign;
	}
	return s;
}

/* The power series; false if it has not ended within "limit" terms. */
static int
series(double a, double b, double c, double z, int limit, Signed *result)
{
	double		term = 1,
				sum = 0,
				carry = 0;
	double		scale = 0;

	for (int k = 0; k < limit; k++)
	{
		double		y = term - carry;
		double		t = sum + y;
		double		ratio;

		carry = (t - sum) - y;
		sum = t;
		ratio = (a + k) / (c + k) * ((b + k) / (k + 1)) * z;
		term *= ratio;
		if (term == 0)
			break;
		if (fabs(term) > 1e200)
		{
			term *= 1e-200;
			sum *= 1e-200;
			carry *= 1e-200;
			scale += 200 * 2.30258509299404568402;
		}
		/* what follows is below a geometric series, once the ratios have settled */
		if (fabs(ratio) < 1 && fabs(term) < 1e-17 * fabs(sum) * (1 - fabs(ratio)) &&
			k > -a && k > -b && k > -c)
			break;
		if (k == limit - 1)
			return 0;
	}
	*result = signed_of(sum);
	/* near 1 the log keeps the digits of the tail */
	if (scale == 0 && sum > 0.5 && sum < 2)
	{
		double		tail = 0;

		term = 1;
		for (int k = 0; k < limit; k++)
		{
			term *= (a + k) / (c + k) * ((b + k) / (k + 1)) * z;
			tail += term;
			if (fabs(term) < 1e-18 * fabs(tail) && k > -a && k > -b && k > -c)
				break;
		}
		result->log = log1p(tail);
	}
	result->log += scale;
	return 1;
}

/* Euler's integral with t = logistic(u): b log t + (c-b) log(1-t) - a log(1 - z t). */
typedef struct Euler
{
	double		a,
				b,
				c,
				z,
				w;				/* 1 - z */
} Euler;

static double
euler_integrand(double u, const void *context)
{
	const Euler *e = context;
	double		log_t = -clv_log1pexp(-u);
	double		log_s = -clv_log1pexp(u);
	double		s = exp(log_s);

	/* 1 - z t = (1 - z) t + s, a sum of positive terms */
	return e->b * log_t + (e->c - e->b) * log_s - e->a * log(e->w * exp(log_t) + s);
}

/* c > b > 0, 0 <= z < 1 */
static double
euler_integral(double a, double b, double c, double z)
{
	Euler		e = {a, b, c, z, 1 - z};
	double		A = z * (c - a);
	double		B = c + (b - a) * z;
	double		C = c + (a + b) * z - 2 * c * z;
	double		root,
				t,
				s,
				mode,
				bend,
				width;

	/* the mode t solves A t^2 - B t + b = 0, s = 1 - t solves A s^2 + C s - (c-b)(1-z) = 0 */
	root = sqrt((A > 0) ? C * C + 4 * A * (c - b) * e.w : B * B - 4 * A * b);
	t = (B > 0) ? 2 * b / (B + root) : (B - root) / (2 * A);
	s = (C > 0) ? 2 * (c - b) * e.w / (C + root) : (root - C) / (2 * A);
	mode = log(t) - log(s);
	bend = t * s * (c - a * z * ((s - t) / (e.w * t + s) + z * t * s / ((e.w * t + s) * (e.w * t + s))));
	width = (bend > 0) ? 2 / sqrt(bend) : 2.5;
	if (!(width < 2.5))
		width = 2.5;
	return clv_log_line_integral(euler_integrand, &e, mode, width) - clv_lbeta(b, c - b);
}

/* 0 < z < 1 */
static Signed
unit_interval(double a, double b, double c, double z)
{
	Signed		f = {NAN, 1};
	double		swap;

	if (series(a, b, c, z, SERIES_TERMS, &f))
		return f;
	if (a > b)
	{
		swap = a;
		a = b;
		b = swap;
	}
	if (c > b && b > 0)
		f.log = euler_integral(a, b, c, z);
	else if (c > a && a > 0)
		f.log = euler_integral(b, a, c, z);
	else if (a > 0 && c <= a && a - c < 1e6)
	{
		/*
		 * c lies below both: from c + n and c + n + 1, n the first that passes
		 * a, down to c.
		 */
		double		n = floor(a - c) + 1;
		Signed		up = unit_interval(a, b, c + n + 1, z);
		Signed		at = unit_interval(a, b, c + n, z);

		for (double k = n - 1; k >= 0; k--)
		{
			double		d = c + k;	/* from d + 2 (up) and d + 1 (at) to d */
			Signed		f1 = signed_times((d * (1 - z) + (a + b - d - 1) * z) / (d * (1 - z)), at);
			Signed		f2 = signed_times((d + 1 - a) * (d + 1 - b) * z / (d * (d + 1) * (1 - z)), up);

			up = at;
			at = signed_plus(f1, f2);
		}
		return at;
	}
	else if (!series(a, b, c, z, LAST_RESORT_TERMS, &f))
		f.log = NAN;
	return f;
}

double
clv_log_hyp2f1(double a, double b, double c, double z, int *sign)
{
	Signed		f = {NAN, 1};

	if (isnan(a) || isnan(b) || isnan(c) || isinf(a) || isinf(b) || isinf(c) ||
		!(z < 1) || isinf(z) || (c <= 0 && c == floor(c)))
		f.log = NAN;
	else if (z == 0 || a == 0 || b == 0)
		f.log = 0;
	else if (a == c)
		f.log = -b * log1p(-z);
	else if (b == c)
		f.log = -a * log1p(-z);
	else if (z > 0)
		f = unit_interval(a, b, c, z);
	else if (z > -0.1 && series(a, b, c, z, 60, &f))
		;
	else
	{
		/* keep all parameters positive where that is possible */
		double		y = z / (z - 1);

		if (c - b > 0 || !(c - a > 0))
		{
			f = unit_interval(a, c - b, c, y);
			f.log -= a * log1p(-z);
		}
		else
		{
			f = unit_interval(b, c - a, c, y);
			f.log -= b * log1p(-z);
		}
	}
	if (sign != NULL)
		*sign = f.sign;
	return f.log;
}

double
clv_hyp2f1(double a, double b, double c, double z)
{
	int			sign;
	double		log_f = clv_log_hyp2f1(a, b, c, z, &sign);

	return sign * exp(log_f);
}
