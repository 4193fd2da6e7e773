/*-------------------------------------------------------------------------
 *
 * nodes.c
 *	  Points and weights for means over gamma and beta distributions.
 *
 *-------------------------------------------------------------------------
 */
#include "math/nodes.h"

#include <math.h>
#include <stdbool.h>

#define STEP 0.12

/* exp(-NEGLIGIBLE) of the largest weight is left out. */
#define NEGLIGIBLE 38.0

/*
 * Spacing is STEP times this, or times three deviations where those are less:
 * exp(-exp(x)) and its kin are tame up to pi / 2 from the real line only.
 */
#define WIDEST 1.9

/* A bend further below the bulk than exp(-FARTHEST) is not followed. */
#define FARTHEST 400.0

/*
 * Points are even from `left` to `right`, and thin out exponentially beyond,
 * where nothing bends any more: u = width (v - exp(left - v) + exp(v - right)).
 */
typedef struct Spread
{
	double		width;
	double		left;			/* in units of v */
	double		right;
	double		first;			/* v of the first point */
	double		down,
				up;				/* exp(left - v), exp(v - right) there */
	double		factor;			/* exp(STEP) */
} Spread;

static Spread
spread_over(double from, double bulk, double to, double deviation)
{
	Spread		s;

	s.width = fmin(3 * deviation, WIDEST);
	s.left = fmin(from, bulk) / s.width - 1;
	s.right = to / s.width + 1;
	s.first = bulk / s.width;
	s.down = exp(s.left - s.first);
	s.up = exp(s.first - s.right);
	s.factor = exp(STEP);
	return s;
}

/*
 * exp(d) - 1 - d >= 0, accurate for small d, where exp(d) is known to the last
 * digits only.
 */
static double
exp_minus(double d, double exp_d)
{
	if (fabs(d) > 0.5)
		return exp_d - 1 - d;
	if (fabs(d) < 0.02)
		return d * d / 2 * (1 + d / 3 * (1 + d / 4 * (1 + d / 5 * (1 + d / 6 * (1 + d / 7)))));
	return expm1(d) - d;
}

/* All at one point: narrower than the digits of anything computed with it. */
static void
one_node(double at, ClvNodes *nodes)
{
	nodes->n = 1;
	nodes->at[0] = at;
	nodes->weight[0] = 1;
}

void
clv_gamma_nodes(double shape, double reach, double from, ClvNodes *nodes)
{
	double		most = shape + reach;
	double		bulk = log(most + 0.25);
	double		least = log(shape) - NEGLIGIBLE / shape;
	Spread		s = spread_over(fmax(from > 0 ? log(from) : bulk, least), bulk, INFINITY, 1 / sqrt(most));
	double		log_shape = log(shape);

	/* the exponent where the polynomial is at its largest */
	double		at_most = -shape * exp_minus(log1p(reach / shape), 1 + reach / shape);
	double		sum = 0;
	int			n = 0;

	if (shape > 1e15)
	{
		one_node(shape, nodes);
		return;
	}
	for (int side = -1; side <= 1; side += 2)
	{
		double		v = side < 0 ? s.first - STEP : s.first;
		double		down = side < 0 ? s.down * s.factor : s.down;

		while (n < CLV_MOST_NODES)
		{
			double		x = s.width * (v - down);
			double		at = exp(x);
			double		exponent = -shape * exp_minus(x - log_shape, at / shape);
			double		weight = exp(exponent) * (1 + down);

			nodes->at[n] = at;
			nodes->weight[n] = weight;
			sum += weight;
			n++;
			if (side < 0 ? x < fmin(bulk, log_shape) && exponent < -NEGLIGIBLE :
				at > most && fmax(exponent, exponent - at_most + reach * (x - log(most))) < -NEGLIGIBLE)
				break;
			v += side * STEP;
			down *= side < 0 ? s.factor : 1 / s.factor;
		}
	}
	for (int i = 0; i < n; i++)
		nodes->weight[i] /= sum;
	nodes->n = n;
}

void
clv_beta_nodes(double a, double b, double from, ClvNodes *nodes)
{
	double		bulk = log((a + 1) / (b + 1));
	double		deviation = sqrt(1 / (a + 1) + 1 / (b + 1));
	double		least = bulk - NEGLIGIBLE / a - 9 * deviation;
	double		lowest = fmax(fmin(log(from), bulk), bulk - FARTHEST);
	Spread		s = spread_over(fmax(lowest, least), bulk, fmax(bulk, 0), deviation);
	double		top = -a * log1p(b / a) - b * log1p(a / b);
	bool		large = fmin(a, b) > 100;
	double		peak = log(a / b);
	double		p_peak = a / (a + b);
	double		q_peak = b / (a + b);
	double		sum = 0;
	int			n = 0;

	if (1 / a + 1 / b < 1e-14)
	{
		one_node(p_peak, nodes);
		return;
	}
	if (a + b < 1e-15)
	{
		/* all or nothing */
		nodes->n = 2;
		nodes->at[0] = 1e-300;
		nodes->weight[0] = q_peak;
		nodes->at[1] = 1;
		nodes->weight[1] = p_peak;
		return;
	}
	for (int side = -1; side <= 1; side += 2)
	{
		double		v = side < 0 ? s.first - STEP : s.first;
		double		down = side < 0 ? s.down * s.factor : s.down;
		double		up = side < 0 ? s.up / s.factor : s.up;

		while (n < CLV_MOST_NODES)
		{
			double		u = s.width * (v - down + up);
			double		f = exp(-fabs(u));
			double		log_near = -log1p(f);	/* log of the larger of p and q */
			double		log_p = u > 0 ? log_near : u + log_near;
			double		log_q = u > 0 ? log_near - u : log_near;
			double		exponent;
			double		weight;

			if (large)			/* by what p and q are beside their peak, which does not cancel */
				exponent = -a * log1p(q_peak * expm1(peak - u)) - b * log1p(p_peak * expm1(u - peak));
			else
				exponent = a * log_p + b * log_q - top;
			weight = exp(exponent) * (1 + down + up);
			nodes->at[n] = u > 0 ? 1 / (1 + f) : f / (1 + f);
			nodes->weight[n] = weight;
			sum += weight;
			n++;
			/* to the left, 1 / p makes up for some of what the weight has lost */
			if (side < 0 ? u < bulk && exponent + (bulk - fmax(u, lowest)) < -NEGLIGIBLE :
				u > bulk && exponent < -NEGLIGIBLE)
				break;
			v += side * STEP;
			down *= side < 0 ? s.factor : 1 / s.factor;
			up *= side < 0 ? 1 / s.factor : s.factor;
		}
	}
	for (int i = 0; i < n; i++)
		nodes->weight[i] /= sum;
	nodes->n = n;
}
