/*-------------------------------------------------------------------------
 *
 * forecast.c
 *	  Between which bounds the orders of one customer, and their amount, lie.
 *
 * The number of orders follows its posterior predictive distribution.  Given n
 * orders, their sum is a gamma variable of shape p n over the customer's own
 * rate, which itself is Gamma(q + p x, gamma + x m) after x orders of mean m
 * (Fader and Hardie 2013): sum / (gamma + x m) is beta prime of p n and
 * q + p x, and exceeds z with the probability that a negative binomial count
 * is at least q + p x (see counts.h).  The sum over n is inverted.
 *
 *-------------------------------------------------------------------------
 */
#include "model/forecast.h"

#include <math.h>

#include "math/counts.h"
#include "math/special.h"
#include "model/predict.h"

/* So many numbers of orders are asked for at first. */
#define FETCHED 16

ClvStatus
clv_model_order_probabilities(const ClvModel *model, const ClvObservation *observation, double t,
							  double rest, double *probability, int places, int *count,
							  ClvInterrupt interrupt)
{
	ClvObservation one = *observation;
	double		left = 1;
	int			fetched = 0;
	bool		all = model->family->order_probabilities != NULL;
	ClvStatus	status = CLV_OK;

	one.weight = 1;
	if (all)
		status = clv_observation_check(model->family, &one);
	if (status == CLV_OK && all && !(t >= 0 && t <= 1e100))
		status = CLV_HORIZON_OUT_OF_RANGE;
	for (*count = 0; status == CLV_OK && left > rest && *count < places; (*count)++)
	{
		if (all && *count == fetched)
		{
			fetched = fetched == 0 ? FETCHED : 4 * fetched;
			if (fetched > places)
				fetched = places;
			all = model->family->order_probabilities(model->parameters, &one, t, fetched, probability);
		}
		if (!all)
			status = clv_model_order_probability(model, &one, t, *count, &probability[*count]);
		if (interrupt && *count % FETCHED == FETCHED - 1)
			interrupt();
		left -= probability[*count];

		/* Past most of them, what is left beside nothing comes of rounding. */
		if (left < 0.5 && probability[*count] < 1e-18 && *count > 0)
		{
			++*count;
			break;
		}
	}
	return status;
}

bool
clv_count_interval(const double *probability, int count, double level, int *lower, int *upper, double *held)
{
	double		tail = (1 - level) / 2;
	double		below = 0;

	*lower = 0;
	while (*lower < count - 1 && below + probability[*lower] <= tail)
		below += probability[(*lower)++];
	*held = probability[*lower];
	for (*upper = *lower; *upper < count - 1 && below + *held < 1 - tail;)
		*held += probability[++*upper];
	return below + *held >= 1 - tail;
}

#define KEPT 256

typedef struct Amounts
{
	double		p;
	double		shape;			/* q + p x */
	const double *probability;
	int			count;
	double		rest;			/* probability of still more orders, which exceed any amount */
	double		log_beta[KEPT]; /* of shape and p n */
} Amounts;

/* log of P(the orders amount to more than e^u scales), and its slope by u */
static double
log_more_than(const Amounts *a, double u, double *slope)
{
	double		tau = exp(-u);
	double		log_above = log1p(tau);
	double		sum = a->rest;
	double		density = 0;

	for (int n = 1; n < a->count; n++)
	{
		double		log_beta = n < KEPT ? a->log_beta[n] : clv_lbeta(a->shape, a->p * n);
		double		exactly = exp(-log_beta - a->shape * (u + log_above) - a->p * n * log_above) / a->shape;

		sum += a->probability[n] * clv_count_tail_from(a->shape, a->p * n, tau, exactly, 1e-9);
		density += a->probability[n] * exactly;
	}
	*slope = -density * a->shape / sum;
	return log(sum);
}

/* The scales that the orders exceed with probability tail; by Newton's method within bounds. */
static double
amount_beyond(const Amounts *a, double tail, double orders, ClvInterrupt interrupt)
{
	double		u = log(a->p * (orders + 1) / a->shape);
	double		low = -700;
	double		high = 700;

	for (int i = 0; i < 200; i++)
	{
		double		slope;
		double		excess = log_more_than(a, u, &slope) - log(tail);
		double		next = u - excess / slope;

		if (interrupt && a->count > 32)
			interrupt();
		if (excess > 0)
			low = u;
		else
			high = u;
		if (!(next > low && next < high))
			next = (fmax(low, u - 8) + fmin(high, u + 8)) / 2;
		if (fabs(next - u) < 1e-4)
			return exp(next);
		u = next;
	}
	return exp(u);
}

ClvStatus
clv_model_amount_interval(const ClvModel *spend_model, const ClvObservation *observation,
						  const double *probability, int count, double level,
						  double *lower, double *upper, ClvInterrupt interrupt)
{
	const double *parameters = spend_model->parameters;
	double		tail = (1 - level) / 2;
	double		scale = parameters[2] + (observation->x > 0 ? observation->x * observation->extra : 0);
	double		mean;
	double		held;
	int			fewest;
	int			most;
	Amounts		a;

	/* for its checks */
	ClvStatus	status = clv_model_expected_spend(spend_model, observation, &mean, NULL);

	if (status != CLV_OK)
		return status;
	a.p = parameters[0];
	a.shape = parameters[1] + parameters[0] * observation->x;
	a.probability = probability;
	a.count = count;
	a.rest = 1;
	for (int n = 0; n < count; n++)
	{
		a.rest -= probability[n];
		if (n > 0 && n < KEPT)
			a.log_beta[n] = clv_lbeta(a.shape, a.p * n);
	}
	a.rest = fmax(a.rest, 0);
	clv_count_interval(probability, count, level, &fewest, &most, &held);
	*lower = probability[0] >= tail ? 0 : scale * amount_beyond(&a, 1 - tail, fewest, interrupt);
	*upper = probability[0] >= 1 - tail ? 0 : scale * amount_beyond(&a, tail, most, interrupt);
	return CLV_OK;
}
