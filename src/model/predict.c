/*-------------------------------------------------------------------------
 *
 * predict.c
 *	  What a model says about a customer: checks, dispatch, common rules.
 *
 * Discounted orders are
 *
 *		DERT(h) = integral of e^(-rate t) dCET(t) over (0, h]
 *				= e^(-rate h) CET(h) + rate * integral of e^(-rate t) CET(t)
 *
 * (Fader, Hardie and Lee 2005 for Pareto/NBD, by parts for every family).
 * The integral is taken by double exponential quadrature (Takahasi and Mori
 * 1974), halving the step until two results agree to 1e-10; for the analytic
 * integrands here the last one is then right to about 1e-15.
 *
 *-------------------------------------------------------------------------
 */
#include "model/predict.h"

#include <float.h>
#include <math.h>

#include "math/normal.h"
#include "math/special.h"

#define AGREE 1e-10
#define NOISE 1e-7
#define HALVINGS 8

/* exp(-1000) of anything that grows like a power of up to a hundred is nothing. */
#define NOTHING_LEFT 1000

/* Of an order in some time: the probability of none is rounded to 1e-16. */
#define LEAST_PROBABILITY 1e-12

/* The next order is looked for among so many opportunities. */
#define MOST_OPPORTUNITIES 100000

static ClvStatus
check(const ClvModel *model, const ClvObservation *observation)
{
	ClvObservation one = *observation;

	one.weight = 1;
	return clv_observation_check(model->family, &one);
}

static bool
is_horizon(const ClvModel *model, double t)
{
	return t >= 0 && t <= 1e100 &&
		(model->family->kind != CLV_DISCRETE_TRANSACTIONS || t == floor(t));
}

/* Nothing below answers NaN or infinity; should a family do so, it is an error here. */
static ClvStatus
answer(double value, double lower, double upper, double *result)
{
	if (isnan(value))
		return CLV_PARAMETER_OUT_OF_RANGE;
	*result = value < lower ? lower : value > upper ? upper : value;
	return CLV_OK;
}

ClvStatus
clv_model_log_likelihood(const ClvModel *model, const ClvObservation *observation, double *result)
{
	ClvObservation one = *observation;
	ClvStatus	status = check(model, observation);

	if (model->family->log_likelihood == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	if (status != CLV_OK)
		return status;
	one.weight = 1;
	return answer(model->family->log_likelihood(model->parameters, &one, 1, NULL, NULL, NULL),
				  -DBL_MAX, DBL_MAX, result);
}

ClvStatus
clv_model_p_alive(const ClvModel *model, const ClvObservation *observation, double later, double *result)
{
	ClvStatus	status;

	if (model->family->p_alive == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	if ((status = check(model, observation)) != CLV_OK)
		return status;
	if (!is_horizon(model, later))
		return CLV_HORIZON_OUT_OF_RANGE;
	return answer(model->family->p_alive(model->parameters, observation, later), 0, 1, result);
}

ClvStatus
clv_model_expected_orders(const ClvModel *model, const ClvObservation *observation,
						  double from, double until, double *result)
{
	ClvStatus	status;
	double		value;

	if (model->family->expected_orders == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	if ((status = check(model, observation)) != CLV_OK)
		return status;
	if (!is_horizon(model, from) || !is_horizon(model, until) || from > until)
		return CLV_HORIZON_OUT_OF_RANGE;
	value = model->family->expected_orders(model->parameters, observation, until);
	if (from > 0)
		value -= model->family->expected_orders(model->parameters, observation, from);
	return answer(value, 0, DBL_MAX, result);
}

ClvStatus
clv_model_expected_orders_new(const ClvModel *model, double t, double *result)
{
	if (model->family->expected_orders_new == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	if (!is_horizon(model, t))
		return CLV_HORIZON_OUT_OF_RANGE;
	return answer(model->family->expected_orders_new(model->parameters, t), 0, DBL_MAX, result);
}

static bool
is_order_count(double n)
{
	return n >= 0 && n <= 9007199254740992.0 && n == floor(n);
}

ClvStatus
clv_model_order_probability(const ClvModel *model, const ClvObservation *observation,
							double t, double n, double *result)
{
	ClvStatus	status;

	if (model->family->order_probability == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	if ((status = check(model, observation)) != CLV_OK)
		return status;
	if (!is_horizon(model, t))
		return CLV_HORIZON_OUT_OF_RANGE;
	if (!is_order_count(n))
		return CLV_COUNT_OUT_OF_RANGE;
	return answer(model->family->order_probability(model->parameters, observation, t, n), 0, 1, result);
}

ClvStatus
clv_model_order_probability_new(const ClvModel *model, double t, double n, double *result)
{
	if (model->family->order_probability_new == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	if (!is_horizon(model, t))
		return CLV_HORIZON_OUT_OF_RANGE;
	if (!is_order_count(n))
		return CLV_COUNT_OUT_OF_RANGE;
	return answer(model->family->order_probability_new(model->parameters, t, n), 0, 1, result);
}

/* Expected orders of a customer within a time, given that he is alive or not. */
typedef double (*Orders) (const double *parameters, const ClvObservation *observation, double t);

/*
 * rate * integral of e^(-rate t) CET(t) over (0, horizon), t = s / rate.
 * Without end: s = exp(v - exp(-v)); with one: s = S / (1 + exp(-pi sinh v)),
 * evaluated from the nearer end.
 */
static double
discounted(const ClvModel *model, Orders orders, const ClvObservation *observation, double rate, double horizon,
		   ClvInterrupt interrupt)
{
	double		end = rate * horizon;
	bool		endless = isinf(horizon);
	double		step = 0.5;
	double		sum = 0;
	double		last = INFINITY;
	double		change;
	double		last_change = 0;

	for (int level = 0; level <= HALVINGS; level++)
	{
		double		estimate;

		/* all multiples of the first step, then the odd multiples of each half */
		for (int side = -1; side <= 1; side += 2)
		{
			double		v = level == 0 ? (side < 0 ? -step : 0) : side * step;
			double		stride = level == 0 ? step : 2 * step;
			double		before = 0;

			for (int i = 0; i < 2000; i++, v += side * stride)
			{
				double		s;
				double		slope;
				double		term;

				if (endless)
				{
					double		e = exp(-v);

					s = exp(v - e);
					slope = s * (1 + e);
				}
				else
				{
					double		u = 3.14159265358979323846 * sinh(v);

					s = end * clv_logistic(u);
					slope = s * clv_logistic(-u) * 3.14159265358979323846 * cosh(v);
				}
				term = slope > 0 ? slope * exp(-s) * orders(model->parameters, observation, s / rate) : 0;
				sum += term;
				if (interrupt)
					interrupt();
				if (!(term > 1e-17 * sum || term > before))
					break;
				before = term;
			}
		}
		estimate = sum * step;
		change = fabs(estimate - last);
		if (level > 0 && change <= AGREE * fabs(estimate))
			return estimate;
		/* What is left is the rounding of the expectations, which no halving makes smaller. */
		if (level > 2 && change <= NOISE * fabs(estimate) && change > last_change / 2)
			return estimate;
		last_change = change;
		last = estimate;
		step /= 2;
	}
	return last;
}

/* What comes after a horizon may be worth nothing: then there is none. */
static ClvStatus
check_discount(const ClvModel *model, double rate, double *horizon)
{
	if (!(isinf(*horizon) && *horizon > 0) && !is_horizon(model, *horizon))
		return CLV_HORIZON_OUT_OF_RANGE;
	if (!(rate >= 0) || isinf(rate) || (rate == 0 && isinf(*horizon)))
		return CLV_RATE_OUT_OF_RANGE;
	if (rate * *horizon > NOTHING_LEFT && model->family->kind != CLV_DISCRETE_TRANSACTIONS)
		*horizon = INFINITY;
	return CLV_OK;
}

/* Up to a horizon, given the expected orders: those of a customer who is alive or not. */
static double
discounted_within(const ClvModel *model, Orders orders, const ClvObservation *observation, double rate, double horizon,
				  ClvInterrupt interrupt)
{
	if (rate == 0)
		return orders(model->parameters, observation, horizon);
	return discounted(model, orders, observation, rate, horizon, interrupt) +
		exp(-rate * horizon) * orders(model->parameters, observation, horizon);
}

ClvStatus
clv_model_dert(const ClvModel *model, const ClvObservation *observation, double rate,
			   double horizon, double *result, ClvInterrupt interrupt)
{
	const ClvFamily *family = model->family;
	ClvStatus	status;
	double		value;

	if (family->expected_orders == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	if ((status = check(model, observation)) != CLV_OK || (status = check_discount(model, rate, &horizon)) != CLV_OK)
		return status;
	if (isinf(horizon))
		value = family->dert != NULL ? family->dert(model->parameters, observation, rate) :
			discounted(model, family->expected_orders, observation, rate, horizon, interrupt);
	else if (rate > 0 && family->dert_within != NULL)
		value = family->dert_within(model->parameters, observation, rate, horizon);
	else
		value = discounted_within(model, family->expected_orders, observation, rate, horizon, interrupt);
	return answer(value, 0, DBL_MAX, result);
}

ClvStatus
clv_model_dert_if_alive(const ClvModel *model, const ClvObservation *observations, int n, double rate,
						double horizon, double *result, ClvInterrupt interrupt)
{
	const ClvFamily *family = model->family;
	ClvStatus	status = CLV_OK;

	if (family->dert_if_alive == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	for (int i = 0; i < n && status == CLV_OK; i++)
		status = check(model, &observations[i]);
	if (status != CLV_OK || (status = check_discount(model, rate, &horizon)) != CLV_OK)
		return status;
	if (isinf(horizon))
		family->dert_if_alive(model->parameters, observations, n, rate, result);
	else
	{
		for (int i = 0; i < n; i++)
			result[i] = discounted_within(model, family->orders_if_alive, &observations[i], rate, horizon, interrupt);
	}
	for (int i = 0; i < n && status == CLV_OK; i++)
		status = answer(result[i], 0, DBL_MAX, &result[i]);
	return status;
}

/* Some times of which the later one is late enough for the probability asked for. */
typedef struct Bracket
{
	double		low;
	double		high;
	double		at_low;			/* by how much the probability falls short: more than 0 */
	double		at_high;		/* not more than 0 */
} Bracket;

/* By how much the probability of an order in the next t falls short of the one asked for. */
static double
missing(const ClvModel *model, const ClvObservation *observation, double t, double probability)
{
	return probability - (1 - model->family->order_probability(model->parameters, observation, t, 0));
}

/* From a time far below the customer's own upwards; false if there is no such time. */
static bool
bracket_next_order(const ClvModel *model, const ClvObservation *observation, double probability, Bracket *bracket)
{
	bool		discrete = model->family->kind == CLV_DISCRETE_TRANSACTIONS;
	double		age = fmax(observation->age, 1);

	/* Most customers who have no such time show it at a time beyond any interest. */
	if (missing(model, observation, discrete ? MOST_OPPORTUNITIES : 1e9 * age, probability) > 0)
		return false;
	bracket->low = 0;
	bracket->at_low = probability;
	bracket->high = discrete ? 1 : fmax(observation->age, 1e-3) * 1e-9;
	while ((bracket->at_high = missing(model, observation, bracket->high, probability)) > 0)
	{
		bracket->low = bracket->high;
		bracket->at_low = bracket->at_high;
		bracket->high *= 4;
		if (bracket->high > 4e9 * age)
			return false;
	}
	return true;
}

static double
next_opportunity(const ClvModel *model, const ClvObservation *observation, double probability, Bracket bracket)
{
	while (bracket.high - bracket.low > 1)
	{
		double		middle = floor((bracket.low + bracket.high) / 2);

		if (missing(model, observation, middle, probability) > 0)
			bracket.low = middle;
		else
			bracket.high = middle;
	}
	return bracket.high;
}

/* The secant, the end that stays being halved (Dowell and Jarratt 1971) */
static double
next_time(const ClvModel *model, const ClvObservation *observation, double probability, Bracket bracket)
{
	double		result = bracket.high;
	double		moved = INFINITY;
	int			side = 0;

	for (int i = 0; i < 100 && bracket.high - bracket.low > 1e-13 * bracket.high && bracket.at_high < 0 &&
		 moved > 1e-13 * result; i++)
	{
		double		middle = bracket.low +
			(bracket.high - bracket.low) * (bracket.at_low / (bracket.at_low - bracket.at_high));
		double		value;

		if (!(middle > bracket.low && middle < bracket.high))
			middle = bracket.low + (bracket.high - bracket.low) / 2;
		value = missing(model, observation, middle, probability);
		moved = fabs(middle - result);
		result = middle;
		if (value > 0)
		{
			bracket.low = middle;
			bracket.at_low = value;
			bracket.at_high /= side == 1 ? 2 : 1;
			side = 1;
		}
		else
		{
			bracket.high = middle;
			bracket.at_high = value;
			bracket.at_low /= side == -1 ? 2 : 1;
			side = -1;
		}
	}
	return result;
}

ClvStatus
clv_model_next_order(const ClvModel *model, const ClvObservation *observation,
					 double probability, double *result)
{
	Bracket		bracket;
	ClvStatus	status;

	if (model->family->order_probability == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	if ((status = check(model, observation)) != CLV_OK)
		return status;
	if (!(probability > 0 && probability < 1))
		return CLV_LEVEL_OUT_OF_RANGE;

	/* Less is not told apart from no chance at all. */
	probability = fmax(probability, LEAST_PROBABILITY);
	if (!bracket_next_order(model, observation, probability, &bracket))
		*result = INFINITY;
	else if (model->family->kind == CLV_DISCRETE_TRANSACTIONS)
		*result = next_opportunity(model, observation, probability, bracket);
	else
		*result = next_time(model, observation, probability, bracket);
	return CLV_OK;
}

ClvStatus
clv_model_expected_spend(const ClvModel *model, const ClvObservation *observation,
						 double *result, double *weight)
{
	ClvStatus	status;
	double		value;

	if (model->family->expected_spend == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	if ((status = check(model, observation)) != CLV_OK)
		return status;
	value = model->family->expected_spend(model->parameters, observation, weight);
	if (!isfinite(value))
		return CLV_SPEND_HAS_NO_MEAN;
	return answer(value, 0, DBL_MAX, result);
}

ClvStatus
clv_model_survival(const ClvModel *model, double t, double *result)
{
	if (model->family->survival == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	if (!(t >= 0 && t <= 1e100))
		return CLV_HORIZON_OUT_OF_RANGE;
	return answer(model->family->survival(model->parameters, t), 0, 1, result);
}

ClvStatus
clv_model_retention_rate(const ClvModel *model, double t, double *result)
{
	if (model->family->retention_rate == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	if (!(t >= 1 && t <= 1e100))
		return CLV_HORIZON_OUT_OF_RANGE;
	return answer(model->family->retention_rate(model->parameters, t), 0, 1, result);
}

/* Periods summed one by one before the rest is integrated. */
#define SUMMED_PERIODS 100

/* Who is a subscriber at some time, and what that is worth now. */
typedef struct Subscription
{
	double		(*survival) (const double *parameters, double t);
	const double *parameters;
	double		log_discount;	/* per period */
} Subscription;

/* What is left of a subscriber `after` periods beyond t, discounted to t. */
static double
left_at(const Subscription *subscription, double t, double after)
{
	return subscription->survival(subscription->parameters, t + after) * exp(-subscription->log_discount * after);
}

/* The sum over t = from, from + 1 ... less the integral from there on, by Gregory's differences. */
static double
sum_beyond_integral(const Subscription *subscription, double from)
{
	static const double gregory[] = {
		1.0 / 2, -1.0 / 12, 1.0 / 24, -19.0 / 720, 3.0 / 160, -863.0 / 60480, 275.0 / 24192
	};
	const int	count = sizeof(gregory) / sizeof(gregory[0]);
	double		difference[sizeof(gregory) / sizeof(gregory[0])];
	double		sum = 0;

	for (int k = 0; k < count; k++)
		difference[k] = left_at(subscription, from, k);
	for (int order = 0; order < count; order++)
	{
		sum += gregory[order] * difference[0];
		for (int k = 0; k + order + 1 < count; k++)
			difference[k] = difference[k + 1] - difference[k];
	}
	return sum;
}

/* The time, to a factor of 2, in which half of what is left is gone. */
static double
half_life(const Subscription *subscription, double from)
{
	double		half = left_at(subscription, from, 0) / 2;
	double		scale = 1;

	while (scale < 1e100 && half > 0 && left_at(subscription, from, scale) > half)
		scale *= 2;
	while (scale > 1e-10 && left_at(subscription, from, scale) < half)
		scale /= 2;
	return scale;
}

/* The terms of the double exponential rule at v, v + stride ... (or downwards), until they vanish. */
static void
add_terms(const Subscription *subscription, double from, double scale, double v, double stride, double *total)
{
	double		before = 0;

	for (int i = 0; i < 2000; i++, v += stride)
	{
		double		e = exp(-v);
		double		s = exp(v - e);
		double		term = s * (1 + e) * left_at(subscription, from, s * scale);

		*total += term;
		if (term <= 1e-17 * *total && term <= before && (*total > 0 || fabs(v) > 7))
			return;
		before = term;
	}
}

static double
integral_from(const Subscription *subscription, double from)
{
	double		scale = half_life(subscription, from);
	double		step = 0.5;
	double		total = 0;
	double		integral = 0;

	for (int level = 0; level <= HALVINGS; level++)
	{
		double		last = integral;

		/* Each level takes the points between those of the levels before. */
		add_terms(subscription, from, scale, -step, level == 0 ? -step : -2 * step, &total);
		add_terms(subscription, from, scale, level == 0 ? 0 : step, level == 0 ? step : 2 * step, &total);
		integral = total * step;
		if (level > 0 && fabs(integral - last) <= AGREE * integral)
			break;
		step /= 2;
	}
	return integral * scale;
}

/*
 * Sum over t >= first of S(t) / S(first - 1) (1 + rate)^(first - t): the first
 * terms as they are, the rest by Gregory's formula, whose differences are of
 * a function that has become smooth.  (The new customer: first = 0, S(-1) = 1.)
 */
ClvStatus
clv_model_lifetime(const ClvModel *model, double renewals, double rate, double *result)
{
	Subscription subscription = {.survival = model->family->survival, .parameters = model->parameters};
	double		first = renewals + 1;
	double		base;
	double		sum = 0;
	double		rest;

	if (subscription.survival == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;
	if (!(renewals >= -1 && renewals <= 1e15 && renewals == floor(renewals)))
		return CLV_HORIZON_OUT_OF_RANGE;
	if (!(rate > 0) || isinf(rate))
		return CLV_RATE_OUT_OF_RANGE;
	subscription.log_discount = log1p(rate);
	base = first > 0 ? subscription.survival(model->parameters, first - 1) : 1;
	if (base == 0)
	{
		*result = 0;
		return CLV_OK;
	}
	for (int k = 0; k < SUMMED_PERIODS; k++)
		sum += left_at(&subscription, first, k) / base;
	rest = sum_beyond_integral(&subscription, first + SUMMED_PERIODS) +
		integral_from(&subscription, first + SUMMED_PERIODS);
	sum += rest / base * exp(-subscription.log_discount * SUMMED_PERIODS);
	return answer(sum, 0, DBL_MAX, result);
}

ClvStatus
clv_model_prediction_interval(const ClvModel *model, ClvPrediction prediction, void *context,
							  ClvRange range, double level,
							  double *estimate, double *std_error, double *lower, double *upper)
{
	const ClvFamily *family = model->family;
	int			n = family->parameter_count;
	double		slope[CLV_MAX_PARAMETERS] = {0};
	double		variance = 0;
	double		reach;
	ClvStatus	status;

	if (!(level > 0 && level < 1))
		return CLV_LEVEL_OUT_OF_RANGE;
	if (!model->has_covariance)
		return CLV_NO_COVARIANCE;
	if ((status = prediction(model, context, estimate)) != CLV_OK)
		return status;
	*std_error = *lower = *upper = NAN;
	if (isinf(*estimate))
		return CLV_OK;
	for (int i = 0; i < n; i++)
	{
		ClvModel	other = *model;
		double		size = model->parameters[i] - family->parameter[i].offset;
		double		h = 1e-4 * size;
		double		up,
					down;

		if (!(model->covariance[i][i] > 0) || !(size > 0))
			continue;
		other.parameters[i] = model->parameters[i] + h;
		if ((status = prediction(&other, context, &up)) != CLV_OK)
			return status;
		other.parameters[i] = model->parameters[i] - h;
		if ((status = prediction(&other, context, &down)) != CLV_OK)
			return status;
		slope[i] = (up - down) / (2 * h);
	}
	for (int i = 0; i < n; i++)
	{
		for (int j = 0; j < n; j++)
			variance += slope[i] * slope[j] * model->covariance[i][j];
	}
	if (!isfinite(variance))
		return CLV_OK;
	*std_error = sqrt(fmax(variance, 0));
	reach = clv_normal_quantile(0.5 + level / 2) * *std_error;

	*lower = *estimate - reach;
	*upper = *estimate + reach;
	if (range == CLV_RANGE_POSITIVE)
	{
		double		relative = reach / *estimate;

		*lower = *estimate > 0 ? *estimate * exp(-relative) : 0;
		*upper = *estimate > 0 ? fmin(*estimate * exp(relative), DBL_MAX) : reach;
	}
	else if (range == CLV_RANGE_PROBABILITY)
	{
		double		p = *estimate;

		if (p > 0 && p < 1)
		{
			double		logit = log(p) - log1p(-p);
			double		wide = reach / (p * (1 - p));

			*lower = clv_logistic(logit - wide);
			*upper = clv_logistic(logit + wide);
		}
		else
		{
			*lower = fmax(*lower, 0);
			*upper = fmin(*upper, 1);
		}
	}
	return CLV_OK;
}
