/*-------------------------------------------------------------------------
 *
 * beta.c
 *	  The beta function, its differences, and one mean under it.
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>

#include "math/quadrature.h"
#include "math/special.h"
#include "math/special_internal.h"

#define PI 3.14159265358979323846

double
clv_lbeta(double a, double b)
{
	double		small = (a < b) ? a : b;
	double		large = (a < b) ? b : a;

	if (!(small > 0))
		return NAN;
	return clv_lgamma(small) - clv_lgamma_ratio(large, small);
}

double
clv_lbeta_diff(double a, double b, double x, double y)
{
	if (x >= 0 && y >= 0)
		return -clv_lgamma_diff2(a, x, b) - clv_lgamma_diff2(b, y, a + x);
	return clv_lgamma_ratio(a, x) + clv_lgamma_ratio(b, y) - clv_lgamma_ratio(a + b, x + y);
}

double
clv_lchoose(double n, double k)
{
	double		rest = n - k;

	if (!(k >= 0) || !(rest >= 0))
		return NAN;
	if (k > rest)
	{
		rest = k;
		k = n - k;
	}
	/* C(n, k) = Gamma(rest + 1 + k) / (Gamma(rest + 1) k!) */
	return clv_lgamma_ratio(rest + 1, k) - clv_lgamma1p(k);
}

/*
 * The density of Beta(a, b) with respect to u = logit(p), as a log, splits into
 * its value at u0 = log(a / b) and a fall from there in which the large parts of
 * a log(p) and b log(1-p) have cancelled on paper.
 */
double
clv_log_beta_peak(double a, double b)
{
	if (a < 1 || b < 1)
	{
		double		small = (a < b) ? a : b;
		double		large = (a < b) ? b : a;
		double		share = small / (small + large);

		return small * log(share) + large * log1p(-share) - clv_lbeta(a, b);
	}
	/* Stirling's formula for the three gamma functions */
	return 0.5 * log(a / (2 * PI) * (b / (a + b)))
		- clv_stirling_rest(a) - clv_stirling_rest(b) + clv_stirling_rest(a + b);
}

double
clv_log_beta_fall(double a, double b, double delta)
{
	double		p0 = a / (a + b);
	double		q0 = b / (a + b);

	/* a delta - (a+b) log(1 + p0 (e^delta - 1)), or the same seen from 1 - p */
	if (p0 <= q0)
	{
		if (delta > 700)
			return a * delta - (a + b) * (log(p0) + delta);
		return a * delta - (a + b) * log1p(p0 * expm1(delta));
	}
	if (delta < -700)
		return -b * delta - (a + b) * (log(q0) - delta);
	return -b * delta - (a + b) * log1p(q0 * expm1(-delta));
}

/* ---- the mean of (1 - (1 + p tau)^-s) / p under Beta(a, b) ---- */

typedef struct BetaOrders
{
	double		a,
				b,
				s,
				tau,
				u0;				/* log(a / b) */
} BetaOrders;

/* In delta = logit(p) - u0; log of the density times (1 - e^-y) / p, y = s log(1 + p tau). */
static double
beta_orders_integrand(double delta, const void *context)
{
	const BetaOrders *o = context;
	double		log_p = -clv_log1pexp(-(o->u0 + delta));
	double		w = exp(log_p) * o->tau;
	double		log_phi;

	if (w < 1e-300)
		log_phi = log(o->s) + log(o->tau);
	else
		log_phi = log(-expm1(-o->s * log1p(w))) - log_p;
	return clv_log_beta_fall(o->a, o->b, delta) + log_phi;
}

/* The derivative of the integrand falls through zero once. */
static double
beta_orders_slope(const BetaOrders *o, double delta)
{
	double		p = clv_logistic(o->u0 + delta);
	double		q = clv_logistic(-(o->u0 + delta));
	double		w = p * o->tau;
	double		y = o->s * log1p(w);
	double		fall = (y < 1e-8) ? -(o->s + 1) * w / 2 : o->s * w / (1 + w) / expm1(y) - 1;

	return o->a * q - o->b * p + q * fall;
}

double
clv_beta_orders(double a, double b, double s, double tau)
{
	BetaOrders	o = {a, b, s, tau, log(a) - log(b)};
	double		low = -1,
				high = 0,
				mode,
				bend,
				width;

	if (!(a > 0) || !(b > 0) || !(s > 0) || !(tau >= 0) ||
		isinf(a) || isinf(b) || isinf(s) || isinf(tau))
		return NAN;
	if (tau == 0)
		return 0;

	/* without the falling factor the mode is at 0; the factor only pulls down */
	while (beta_orders_slope(&o, low) < 0 && low > -1e6)
		low *= 2;
	for (int i = 0; i < 30; i++)
	{
		mode = 0.5 * (low + high);
		if (beta_orders_slope(&o, mode) > 0)
			low = mode;
		else
			high = mode;
	}
	mode = 0.5 * (low + high);
	bend = a / (a + b) * b;		/* -f'' of the density */
	width = (bend > 0.64) ? 2 / sqrt(bend) : 2.5;
	return exp(clv_log_line_integral(beta_orders_integrand, &o, mode, width)
			   + clv_log_beta_peak(a, b));
}
