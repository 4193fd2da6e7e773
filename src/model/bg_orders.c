/*-------------------------------------------------------------------------
 *
 * bg_orders.c
 *	  P(alive) and expected orders.
 *
 *-------------------------------------------------------------------------
 */
#include "model/bg.h"

#include <math.h>

#include "math/nodes.h"
#include "math/special.h"
#include "model/bg_internal.h"

/*
 * Mean over K of the orders made before leaving, for k = 1: sum of
 * P(K) M(K), M(n) = sum over i < n of (b)_i / (a+b)_i.  All terms are
 * positive and a = 1 is nothing special.  Both sums are left unscaled and
 * divided in the end, so that no power has to be computed.
 */
static double
orders_series(double a, double b, double events, double tau)
{
	double		z = tau / (1 + tau);
	double		c = a + b;
	double		term = 1;
	double		sum = 0;
	double		norm = 1;
	double		survive = 1;
	double		orders = 0;

	for (double i = 0; i < 10 * CLV_BG_MOST_TERMS; i++)
	{
		double		ratio = z * (events + i) / (i + 1);

		term *= ratio;
		orders += survive;
		survive *= (b + i) / (c + i);
		sum += term * orders;
		norm += term;
		if (ratio < 1 && term * orders <= 1e-17 * sum * (1 - ratio) * (1 - ratio) && i > events * tau)
			break;
		if (norm > 1e200)
		{
			term *= 1e-200;
			sum *= 1e-200;
			norm *= 1e-200;
		}
	}
	return sum / norm;
}

/* The same as a mean over p of (1 - (1 + p tau)^-R) / p, where the sum is long. */
static double
orders_integral(double a, double b, double events, double tau)
{
	ClvNodes	dropouts;
	double		sum = 0;

	clv_beta_nodes(a, b, clv_bg_first_bend(events, tau), &dropouts);
	for (int i = 0; i < dropouts.n; i++)
	{
		double		p = dropouts.at[i];

		sum += dropouts.weight[i] * (p * tau < 1e-200 ? events * tau : -expm1(-events * log1p(p * tau)) / p);
	}
	return sum;
}

static double
irregular_orders(const ClvBgFuture *f)
{
	if (f->tau <= 0)
		return 0;
	if (f->a == 0)
		return f->events * f->tau;
	if (clv_bg_terms_needed(f->events, f->tau) <= CLV_BG_MOST_TERMS)
		return orders_series(f->a, f->b, f->events, f->tau);
	return orders_integral(f->a, f->b, f->events, f->tau);
}

/* P(not leaving) of somebody alive, for k = 1: the mean over p of (1 + p tau)^-R. */
static double
irregular_stay(const ClvBgFuture *f)
{
	double		p = f->a / (f->a + f->b);

	/* by how much the answer falls with the logarithm of p; further down it is 0 */
	double		steps = fmin(f->events * p * f->tau / (1 + p * f->tau), 750);

	if (steps * steps * f->b < 1e-14 * f->a * (f->a + f->b))
		return exp(-f->events * log1p(p * f->tau)); /* customers are alike */
	return clv_hyp2f1(f->events, f->a, f->a + f->b, -f->tau);
}

double
clv_bg_p_alive(ClvBg bg, const double *parameters, const ClvObservation *o, double later)
{
	double		alive = clv_bg_alive(bg, parameters, o);

	if (later > 0 && alive > 0)
	{
		ClvBgFuture f = clv_bg_future(bg, parameters, o, later);

		if (f.a > 0)
			alive *= fmin(fmax(bg.k > 1 ? clv_bg_phased_stay(&f) : irregular_stay(&f), 0), 1);
	}
	return alive;
}

double
clv_bg_orders_if_alive(ClvBg bg, const double *parameters, const ClvObservation *o, double t)
{
	ClvBgFuture f;

	if (t <= 0)
		return 0;
	f = clv_bg_future(bg, parameters, o, t);
	return bg.k > 1 ? clv_bg_phased_orders(&f) : irregular_orders(&f);
}

double
clv_bg_expected_orders(ClvBg bg, const double *parameters, const ClvObservation *o, double t)
{
	double		alive = clv_bg_alive(bg, parameters, o);

	return alive == 0 ? 0 : alive * clv_bg_orders_if_alive(bg, parameters, o, t);
}
