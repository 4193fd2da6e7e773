/*-------------------------------------------------------------------------
 *
 * hyp2f1.c
 *	  The Gauss hypergeometric function for real arguments, as a logarithm.
 *
 * Only sums of positive terms are formed where such a sum exists:
 *	 few terms are needed: the power series, for z < 0 after Pfaff's
 *	 transformation (DLMF 15.8.1);
 *	 otherwise, for c > b > 0, Euler's integral (DLMF 15.6.1) in logit(t);
 *	 c below both a and b: raised by the recurrence in c (DLMF 15.5.18), whose
 *	 terms are then positive, and below 1 by
 *	 F(a,b;c) = F(a,b;c+1) + a b z / (c (c+1)) F(a+1,b+1;c+2).
 * The number of steps is bounded in every branch.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>
#include <stddef.h>

#include "math/quadrature.h"
#include "math/special.h"
#include "math/special_internal.h"

/* More terms than this cost more than the integral. */
#define SERIES_TERMS		600
/* Parameters outside the models' reach, where no other form is known to hold. */
#define LAST_RESORT_TERMS	1000000
#define MAX_RAISE			1000000

/* A result that has lost more than this to cancellation is not given out. */
#define LARGEST_ERROR		1e-9
#define EPSILON				2.220446049250313e-16

#define LN_10	2.30258509299404568402

/* A number kept as the log of its size and its sign. */
typedef struct Signed
{
	double		log;			/* -infinity for zero */
	int			sign;
} Signed;

static int
sign_of(double x)
{
	return (x > 0) - (x < 0);
}

/* The power series; false if it has not ended within "limit" terms. */
static int
series(double a, double b, double c, double z, int limit, Signed *result)
{
	double		term = 1;
	double		rest = 0;		/* the sum without its first term */
	double		one = 1;		/* the first term on the scale of the others */
	double		size = 0;		/* the sum of the terms' sizes */
	int			scale = 0;

	for (int k = 0; k < limit; k++)
	{
		double		ratio = (a + k) / (c + k) * ((b + k) / (k + 1)) * z;

		term *= ratio;
		rest += term;
		size += fabs(term);
		if (size > 1e200)
		{
			size *= 1e-200;
			term *= 1e-200;
			rest *= 1e-200;
			one *= 1e-200;
			scale++;
		}
		/* what follows is below a geometric series once no factor changes its sign */
		if (term == 0 ||
			(fabs(ratio) < 1 && fabs(term) < 1e-17 * fabs(rest) * (1 - fabs(ratio)) &&
			 k > -a && k > -b && k > -c))
		{
			double		sum = one + rest;

			if (!((one + size) * EPSILON <= LARGEST_ERROR * fabs(sum)))
				return 0;
			if (scale == 0 && fabs(rest) < 0.5)
				result->log = log1p(rest);
			else
				result->log = log(fabs(sum)) + scale * (200 * LN_10);
			result->sign = sign_of(sum);
			return 1;
		}
		if (!isfinite(term))
			return 0;
	}
	return 0;
}

/*
 * Euler's integral with t = logistic(u0 + delta), u0 the peak of the beta
 * density: the density times (1 - z t)^-a.
 */
typedef struct Euler
{
	double		a,
				b,
				d,				/* c - b */
				w,				/* 1 - z */
				u0;
} Euler;

static double
euler_integrand(double delta, const void *context)
{
	const Euler *e = context;
	double		u = e->u0 + delta;

	/* 1 - z t = (1 - z) t + (1 - t), a sum of positive terms */
	return clv_log_beta_fall(e->b, e->d, delta)
		- e->a * log(e->w * clv_logistic(u) + clv_logistic(-u));
}

/* c > b > 0, z < 1, w = 1 - z */
static double
euler_integral(double a, double b, double c, double z, double w)
{
	Euler		e = {a, b, c - b, w, log(b) - log(c - b)};
	double		A = z * (c - a);
	double		B = c + (b - a) * z;
	double		C = c + (a + b) * z - 2 * c * z;
	double		root,
				t,
				s,
				bend,
				width;

	/* the mode t solves A t^2 - B t + b = 0, and s = 1 - t solves A s^2 + C s - (c-b)(1-z) = 0 */
	root = sqrt((A > 0) ? C * C + 4 * A * e.d * e.w : B * B - 4 * A * b);
	t = (B > 0) ? 2 * b / (B + root) : (B - root) / (2 * A);
	s = (C > 0) ? 2 * e.d * e.w / (C + root) : (root - C) / (2 * A);
	bend = e.w * t + s;
	bend = t * s * (c - a * z * ((s - t) / bend + z * t * s / (bend * bend)));
	width = (bend > 0.64) ? 2 / sqrt(bend) : 2.5;
	return clv_log_line_integral(euler_integrand, &e, log(t) - log(s) - e.u0, width)
		+ clv_log_beta_peak(b, e.d);
}

static Signed unit_interval(double a, double b, double c, double z, double w);

/* From c + n + 1 and c + n down to c. */
static Signed
lower_c(double a, double b, double c, double z, double w, double n)
{
	Signed		f1 = unit_interval(a, b, c + n + 1, z, w);
	Signed		f0 = unit_interval(a, b, c + n, z, w);
	double		scale = f0.log;
	double		above = f1.sign * exp(f1.log - scale);
	double		at = f0.sign;
	double		error_above = fabs(above) * (EPSILON * (10 + fabs(scale)));
	double		error_at = EPSILON * (10 + fabs(scale));

	for (double k = n - 1; k >= 0; k--)
	{
		double		d = c + k;
		double		factor_at = (d * w + (a + b - d - 1) * z) / (d * w);
		double		factor_above = ((d + 1 - a) / d) * ((d + 1 - b) / (d + 1)) * (z / w);
		double		below = factor_at * at + factor_above * above;
		double		error = fabs(factor_at) * error_at + fabs(factor_above) * error_above
			+ EPSILON * fabs(below);

		above = at;
		at = below;
		error_above = error_at;
		error_at = error;
		if (fabs(at) + error_at > 1e200)
		{
			error_above *= 1e-200;
			error_at *= 1e-200;
			above *= 1e-200;
			at *= 1e-200;
			scale += 200 * LN_10;
		}
	}
	f0.log = (error_at <= LARGEST_ERROR * fabs(at)) ? scale + log(fabs(at)) : NAN;
	f0.sign = sign_of(at);
	return f0;
}

/* 0 < a, b and 0 < c < 1 */
static Signed
above_small_c(double a, double b, double c, double z, double w)
{
	Signed		f = unit_interval(a, b, c + 1, z, w);
	Signed		g = unit_interval(a + 1, b + 1, c + 2, z, w);

	f.log = clv_log_add_exp(f.log, g.log + log(a / c) + log(b / (c + 1)) + log(z));
	return f;
}

/* 0 < z < 1; w is 1 - z, which the caller may know better than z tells */
static Signed
unit_interval(double a, double b, double c, double z, double w)
{
	Signed		f = {NAN, 1};

	if (series(a, b, c, z, SERIES_TERMS, &f))
		return f;
	if (a > b)
	{
		double		swap = a;

		a = b;
		b = swap;
	}
	if (c > b && b > 0)
		f.log = euler_integral(a, b, c, z, w);
	else if (c > a && a > 0)
		f.log = euler_integral(b, a, c, z, w);
	else if (a > 0 && c > 0 && c < 1)
		f = above_small_c(a, b, c, z, w);
	else if (a > 0 && a - c < MAX_RAISE)
		f = lower_c(a, b, c, z, w, floor(a - c) + 1);
	else if (b > 0 && b - c < MAX_RAISE)
		f = lower_c(a, b, c, z, w, floor(b - c) + 1);
	else if (a < 0 && b < 0 && c > 0)
	{
		f = unit_interval(c - a, c - b, c, z, w);
		f.log += (c - a - b) * log(w);
	}
	else if (!series(a, b, c, z, LAST_RESORT_TERMS, &f))
		f.log = NAN;
	return f;
}

/* z < 0 */
static Signed
negative(double a, double b, double c, double z)
{
	Signed		f = {NAN, 1};
	double		y = z / (z - 1);
	double		w = 1 / (1 - z);
	double		swap;

	/* alternating, but hardly */
	if (z > -0.1 && fabs(a * b / c * z) < 0.1 && series(a, b, c, z, 60, &f))
		return f;
	if (fabs(a) > fabs(b))
	{
		swap = a;
		a = b;
		b = swap;
	}
	/* one factor must not undo the other */
	if (fabs(a) * log1p(-z) < 10 && c - b > 0 && series(a, c - b, c, y, SERIES_TERMS, &f))
	{
		f.log -= a * log1p(-z);
		return f;
	}
	if (c > b && b > 0)
		f.log = euler_integral(a, b, c, z, 1 - z);
	else if (c > a && a > 0)
		f.log = euler_integral(b, a, c, z, 1 - z);
	else
	{
		f = unit_interval(a, c - b, c, y, w);
		f.log -= a * log1p(-z);
	}
	return f;
}

double
clv_log_hyp2f1(double a, double b, double c, double z, int *sign)
{
	Signed		f = {NAN, 1};

	if (!isfinite(a) || !isfinite(b) || !isfinite(c) || !isfinite(z) ||
		!(z < 1) || (c <= 0 && c == floor(c)))
		f.log = NAN;
	else if (z == 0 || a == 0 || b == 0)
		f.log = 0;
	else if (a == c)
		f.log = -b * log1p(-z);
	else if (b == c)
		f.log = -a * log1p(-z);
	else if (z > 0)
		f = unit_interval(a, b, c, z, 1 - z);
	else
		f = negative(a, b, c, z);
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
