/*-------------------------------------------------------------------------
 *
 * bg_dert.c
 *	  Discounted expected orders without end.
 *
 * With Lambda = lambda (alpha + T) and u = Lambda / (Lambda + D), D = rate
 * (alpha + T), a gap is worth u^k and the present one u^(k-j): orders are worth
 * u^(k-j) / (1 - (1-p) u^k) = (1/u)^j / ((1/u)^k - 1 + p).  The phase j has a
 * probability proportional to (y Lambda)^j / j!.  The mean over Lambda and p
 * is a product of two sets of nodes, of positive terms only.
 *
 *-------------------------------------------------------------------------
 */
#include "model/bg.h"

#include <math.h>
#include <string.h>

#include "math/nodes.h"
#include "model/bg_internal.h"

/* The mean over Gamma(s) of what vanishes with the rate grows with s, for tiny ones. */
#define LEAST_EVENTS 1e-12

/* Two numbers that go through the same operations at once. */
typedef double Pair __attribute__((vector_size(2 * sizeof(double))));

static Pair
pair_at(const double *numbers)
{
	Pair		pair;

	memcpy(&pair, numbers, sizeof(pair));
	return pair;
}

/* The mean of 1 / (gap + p): two fractions are added before they are divided. */
static double
mean_inverse(const ClvNodes *dropouts, double gap)
{
	int			n = dropouts->n;
	Pair		pairs = {0, 0};
	double		sum = 0;
	int			i = 0;

	if (gap > 1e100)
		return 1 / gap;
	/* products of two must not underflow */
	for (; gap > 1e-100 && i + 3 < n; i += 4)
	{
		Pair		a = gap + pair_at(&dropouts->at[i]);
		Pair		b = gap + pair_at(&dropouts->at[i + 2]);

		pairs += (pair_at(&dropouts->weight[i]) * b + pair_at(&dropouts->weight[i + 2]) * a) / (a * b);
	}
	for (; i < n; i++)
		sum += dropouts->weight[i] / (gap + dropouts->at[i]);
	return sum + pairs[0] + pairs[1];
}

/* For k = 1, of customers who differ in age alone: they share the nodes. */
void
clv_bg_dert_if_alive(ClvBg bg, const double *parameters, const ClvObservation *o, int n, double rate, double *result)
{
	ClvBgFuture f = clv_bg_future(bg, parameters, o, 0);
	double		share = fmin(f.events / LEAST_EVENTS, 1);
	double		least = INFINITY;
	double		fastest = 0;
	ClvNodes	rates;
	ClvNodes	dropouts;

	/* first D, then what it leads to */
	for (int i = 0; i < n; i++)
	{
		result[i] = rate * clv_bg_future(bg, parameters, &o[i], 0).at_age;
		least = fmin(least, result[i]);
	}
	if (f.a == 0)
	{
		for (int i = 0; i < n; i++)
			result[i] = f.events / result[i];
		return;
	}
	clv_gamma_nodes(fmax(f.events, LEAST_EVENTS), 0, least, &rates);
	for (int j = 0; j < rates.n; j++)
		fastest = fmax(fastest, rates.at[j]);
	clv_beta_nodes(f.a, f.b, least / fastest, &dropouts);
	for (int i = 0; i < n; i++)
	{
		double		sum = 0;

		for (int j = 0; j < rates.n; j++)
			sum += rates.weight[j] * mean_inverse(&dropouts, result[i] / rates.at[j]);
		result[i] = share * sum;
	}
}

/* Further away than this the next order is all that counts. */
#define FAR 400

/* For k > 1 */
static double
phased_dert(ClvBg bg, const double *parameters, const ClvObservation *o, double rate)
{
	ClvBgFuture f = clv_bg_future(bg, parameters, o, 0);
	double		discount = rate * f.at_age;
	ClvNodes	rates;
	ClvNodes	dropouts;
	double		most = fmax(f.y * (f.events + f.k), 1);
	double		smallest = INFINITY;
	double		norm = 0;
	double		sum = 0;
	double		share = fmin(f.events / LEAST_EVENTS, 1);

	f.events = fmax(f.events, LEAST_EVENTS);
	clv_gamma_nodes(f.events, f.k - 1, f.k * discount, &rates);
	for (int i = 0; i < rates.n; i++)
	{
		double		lambda = rates.at[i];
		double		ratio = discount / lambda;
		double		log_worth = f.k * log1p(ratio);
		double		weight = rates.weight[i];
		double		phases = 1;
		double		worth = 1;
		double		scale = 1;

		/* so far away that (1/u)^k is all of the denominator: worth is divided by it at once */
		if (log_worth > FAR)
		{
			double		u = 1 / (1 + ratio);
			double		power = u;

			worth = u;
			for (double j = f.k - 2; j >= 0; j--)
			{
				scale *= (j + 1) / most;
				power *= u;
				phases = phases * (f.y * lambda / most) + scale;
				worth = worth * (f.y * lambda / most) + scale * power;
			}
			norm += weight * phases;
			sum += weight * worth;
			rates.weight[i] = 0;
			rates.at[i] = 1;
			continue;
		}

		/* both sums over (k-1)! / most^(k-1), by Horner's rule: no power overflows */
		for (double j = f.k - 2; j >= 0; j--)
		{
			scale *= (j + 1) / most;
			phases = phases * (f.y * lambda / most) + scale;
			worth = worth * (f.y * (lambda + discount) / most) + scale;
		}
		norm += weight * phases;
		rates.weight[i] = weight * worth;
		rates.at[i] = expm1(log_worth);
		smallest = fmin(smallest, rates.at[i]);
	}
	if (f.a == 0)
	{
		for (int i = 0; i < rates.n; i++)
			sum += rates.weight[i] / rates.at[i];
	}
	else if (!isinf(smallest))
	{
		clv_beta_nodes(f.a, f.b, smallest, &dropouts);
		for (int i = 0; i < rates.n; i++)
			sum += rates.weight[i] * mean_inverse(&dropouts, rates.at[i]);
	}
	return share * (sum / norm);
}

double
clv_bg_dert(ClvBg bg, const double *parameters, const ClvObservation *o, double rate)
{
	double		alive = clv_bg_alive(bg, parameters, o);
	double		result = 0;

	if (alive == 0)
		return 0;
	if (bg.k > 1)
		result = phased_dert(bg, parameters, o, rate);
	else
		clv_bg_dert_if_alive(bg, parameters, o, 1, rate, &result);
	return alive * result;
}
