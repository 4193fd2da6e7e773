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

/* ---- the mean of (1 - (1 + p tau)^-s) / p under Beta(a, b) ---- */

typedef struct BetaOrders
{
	double		a,
				b,
				s,
				tau;
} BetaOrders;

/* In u = logit(p), with dp = p (1-p) du; log of (1 - e^-y) / p, y = s log(1 + p tau). */
static double
beta_orders_integrand(double u, const void *context)
{
	const BetaOrders *o = context;
	double		log_p = -clv_log1pexp(-u);
	double		log_q = -clv_log1pexp(u);
	double		w = exp(log_p) * o->tau;
	double		log_phi;

	if (w < 1e-300)
		log_phi = log(o->s) + log(o->tau);
	else
		log_phi = log(-expm1(-o->s * log1p(w))) - log_p;
	return o->a * log_p + o->b * log_q + log_phi;
}

/* The derivative of the integrand in u falls through zero once. */
static double
beta_orders_slope(const BetaOrders *o, double u)
{
	double		p = clv_logistic(u);
	double		q = clv_logistic(-u);
	double		w = p * o->tau;
	double		y = o->s * log1p(w);
	double		fall = (y < 1e-8) ? -(o->s + 1) * w / 2 : o->s * w / (1 + w) / expm1(y) - 1;

	return o->a * q - o->b * p + q * fall;
}

double
clv_beta_orders(double a, double b, double s, double tau)
{
	BetaOrders	o = {a, b, s, tau};
	double		low,
				high,
				mode,
				slope,
				width;

	if (!(a > 0) || !(b > 0) || !(s > 0) || !(tau >= 0) ||
		isinf(a) || isinf(b) || isinf(s) || isinf(tau))
		return NAN;
	if (tau == 0)
		return 0;

	/* without the falling factor the mode is at log(a / b); it only pulls down */
	high = log(a) - log(b);
	low = high - 1;
	while (beta_orders_slope(&o, low) < 0 && low > high - 1e6)
		low -= 2 * (high - low);
	for (int i = 0; i < 40; i++)
	{
		mode = 0.5 * (low + high);
		if (beta_orders_slope(&o, mode) > 0)
			low = mode;
		else
			high = mode;
	}
	mode = 0.5 * (low + high);
	/* -f'' from the slope one small step away */
	slope = (beta_orders_slope(&o, mode - 1e-3) - beta_orders_slope(&o, mode + 1e-3)) / 2e-3;
	width = (slope > 0) ? 2 / sqrt(slope) : 2.5;
	if (width > 2.5)
		width = 2.5;
	return exp(clv_log_line_integral(beta_orders_integrand, &o, mode, width) - clv_lbeta(a, b));
}
