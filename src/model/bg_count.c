/*-------------------------------------------------------------------------
 *
 * bg_count.c
 *	  P(n orders within a time).
 *
 *-------------------------------------------------------------------------
 */
#include "model/bg.h"

#include <math.h>

#include "math/counts.h"
#include "math/special.h"
#include "model/bg_internal.h"

double
clv_bg_order_probability(ClvBg bg, const double *parameters, const ClvObservation *o, double t, double n)
{
	double		alive = clv_bg_alive(bg, parameters, o);
	ClvBgFuture f = clv_bg_future(bg, parameters, o, t);
	double		survive = 1;	/* probability of not leaving after n orders */
	double		leave = 0;		/* of leaving right after the n-th */
	double		weight = 1;
	double		weights = 0;
	double		sum = 0;
	double		result;

	if (n > 0 && f.a > 0)
	{
		survive = exp(clv_lbeta_diff(f.a, f.b, 0, n));
		/* B(a+1, b+n-1) / B(a, b) */
		leave = survive * f.a / (f.b + (n - 1));
	}
	for (double j = 0; j < f.k; j++)
	{
		double		events = f.events + j;
		double		first = fmax(n * f.k - j, 0);	/* fewest events that make n orders */
		double		numbers = n > 0 ? f.k : f.k - j;	/* of events that make n orders */
		double		exactly = 0;
		double		part;

		if (j > 0)
			weight *= (f.events + j - 1) / j * f.y;
		for (double i = 0; i < numbers; i++)
			exactly += exp(clv_count_log_probability(first + i, events, f.tau));
		part = survive * fmin(exactly, 1);
		if (leave > 0)
			part += leave * clv_count_tail(first, events, f.tau);
		sum += weight * part;
		weights += weight;
		if (weights > 1e100)
		{
			weight *= 1e-100;
			weights *= 1e-100;
			sum *= 1e-100;
		}
	}
	result = alive * (sum / weights);
	if (n == 0)
		result += 1 - alive;
	return fmin(fmax(result, 0), 1);
}

/* The same for many n: each from the one before.  Phases are not counted so. */
bool
clv_bg_order_probabilities(ClvBg bg, const double *parameters, const ClvObservation *o, double t,
						   int count, double *probability)
{
	double		alive = clv_bg_alive(bg, parameters, o);
	ClvBgFuture f = clv_bg_future(bg, parameters, o, t);
	double		log_exactly = -f.events * log1p(f.tau);
	double		log_ratio = -log1p(1 / f.tau);
	double		fewer = 0;
	double		survive = 1;

	if (f.k != 1)
		return false;
	for (int n = 0; n < count; n++)
	{
		double		exactly = exp(log_exactly);
		double		leave = 0;

		if (n > 0 && f.a > 0)
		{
			leave = survive * f.a / (f.a + f.b + (n - 1));
			survive *= (f.b + (n - 1)) / (f.a + f.b + (n - 1));
		}
		probability[n] = fmin(alive * (survive * exactly + leave * fmax(1 - fewer, 0)), 1);
		fewer += exactly;
		log_exactly += log((f.events + n) / (n + 1)) + log_ratio;
	}
	probability[0] = fmin(probability[0] + (1 - alive), 1);
	return true;
}
