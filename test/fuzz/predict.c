/*-------------------------------------------------------------------------
 *
 * predict.c
 *	  Fuzz target of likelihoods and predictions: whatever parameters,
 *	  observations and horizons come, the answer is a finite number in its range,
 *	  or a status that says which of them is not; where theory says that one
 *	  grows with another, it does.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include <float.h>

#include "model/predict.h"

/*
 * What may be lost to rounding where two results are compared: predictions are
 * right to 1e-9 and better in the sane range (docs/accuracy.md), a quadrature to 1e-8.
 */
#define LOSS 1e-7

/* Is there an answer?  Valid parameters are never to blame for having none. */
static bool
known(ClvStatus status)
{
	REQUIRE(status != CLV_PARAMETER_OUT_OF_RANGE);
	return status == CLV_OK;
}

static bool
in_order(double smaller, double larger)
{
	return smaller <= larger + LOSS * fmax(fabs(larger), 1e-12);
}

/* Is everything of a size that occurs, so that orders can be asked for? */
static bool
is_sane(double number)
{
	return number >= 1e-4 && number <= 1e4;
}

/* Sums over time and searches call the rest hundreds of times: they are made for some inputs only. */
static void
check_orders(const ClvModel *model, const ClvObservation *observation, ClvSource *source, bool sane, bool searches)
{
	bool		discrete = model->family->kind == CLV_DISCRETE_TRANSACTIONS;
	double		t = fuzz_number(source);
	double		later = fuzz_number(source);
	double		n = fuzz_number(source);
	double		rate = fuzz_number(source);
	double		probability = fuzz_number(source);
	double		first;
	double		second;

	if (discrete)
	{
		t = rint(t);
		later = rint(later);
	}
	n = rint(n);
	if (later < t)
	{
		double		between = t;

		t = later;
		later = between;
	}
	sane = sane && (t == 0 || is_sane(t)) && is_sane(later) && is_sane(rate);

	if (known(clv_model_p_alive(model, observation, t, &first)))
	{
		REQUIRE(first >= 0 && first <= 1);
		if (known(clv_model_p_alive(model, observation, later, &second)) && sane)
			REQUIRE(in_order(second, first));
	}

	if (known(clv_model_expected_orders(model, observation, 0, t, &first)))
	{
		REQUIRE(first >= 0 && first <= DBL_MAX);
		if (known(clv_model_expected_orders(model, observation, 0, later, &second)) && sane)
			REQUIRE(in_order(first, second));
	}
	if (known(clv_model_expected_orders(model, observation, t, later, &second)))
		REQUIRE(second >= 0 && second <= DBL_MAX);
	if (known(clv_model_expected_orders_new(model, t, &first)))
	{
		REQUIRE(first >= 0 && first <= DBL_MAX);
		if (known(clv_model_expected_orders_new(model, later, &second)) && sane)
			REQUIRE(in_order(first, second));
	}

	if (known(clv_model_order_probability(model, observation, t, n, &first)))
		REQUIRE(first >= 0 && first <= 1);
	if (known(clv_model_order_probability_new(model, t, n, &first)))
		REQUIRE(first >= 0 && first <= 1);
	if (sane)
	{
		double		sum = 0;
		double		sum_new = 0;

		for (int i = 0; i < 8; i++)
		{
			if (known(clv_model_order_probability(model, observation, later, i, &first)))
				sum += first;
			if (known(clv_model_order_probability_new(model, later, i, &first)))
				sum_new += first;
		}
		REQUIRE(sum <= 1 + LOSS && sum_new <= 1 + LOSS);
	}

	if (!searches)
		return;
	if (known(clv_model_dert(model, observation, rate, INFINITY, &first, NULL)))
	{
		REQUIRE(first >= 0 && first <= DBL_MAX);
		if (known(clv_model_dert(model, observation, 2 * rate, INFINITY, &second, NULL)) && sane)
			REQUIRE(in_order(second, first));
	}
	if (known(clv_model_dert(model, observation, rate, later, &first, NULL)))
	{
		REQUIRE(first >= 0 && first <= DBL_MAX);
		if (sane && known(clv_model_expected_orders(model, observation, 0, later, &second)))
			REQUIRE(in_order(first, second));
	}
	if (known(clv_model_next_order(model, observation, probability, &first)))
		REQUIRE(first > 0);
}

static void
check_spend(const ClvModel *model, const ClvObservation *observation)
{
	double		spend;
	double		weight;

	if (known(clv_model_expected_spend(model, observation, &spend, &weight)))
		REQUIRE(spend >= 0 && spend <= DBL_MAX && weight >= 0 && weight <= 1);
}

static void
check_renewals(const ClvModel *model, ClvSource *source, bool sane, bool sums)
{
	double		t = floor(fuzz_number(source));
	double		rate = fuzz_number(source);
	double		survival;
	double		before;
	double		retention;

	if (known(clv_model_survival(model, t, &survival)))
		REQUIRE(survival >= 0 && survival <= 1);
	if (known(clv_model_retention_rate(model, t, &retention)))
	{
		REQUIRE(retention >= 0 && retention <= 1);
		if (sane && is_sane(t) && known(clv_model_survival(model, t - 1, &before)))
			REQUIRE(fabs(survival - before * retention) <= LOSS);
	}
	if (!sums)
		return;
	if (known(clv_model_lifetime(model, t, rate, &survival)))
		REQUIRE(survival >= 0 && survival <= DBL_MAX);
	if (known(clv_model_lifetime(model, -1, rate, &survival)))
		REQUIRE(survival >= 1 - LOSS);
}

static void
check_likelihood(const ClvModel *model, const ClvObservation *observation, bool sane)
{
	double		value;
	double		gradient[CLV_MAX_PARAMETERS];
	double		hessian[CLV_MAX_PARAMETERS * CLV_MAX_PARAMETERS];
	double		again;
	int			n = model->family->parameter_count;

	if (!known(clv_model_log_likelihood(model, observation, &value)))
		return;
	REQUIRE(isfinite(value));
	if (model->family->kind == CLV_DISCRETE_TRANSACTIONS || model->family->kind == CLV_RENEWALS)
		REQUIRE(value <= LOSS);
	again = model->family->log_likelihood(model->parameters, observation, 1, gradient, hessian, NULL);
	REQUIRE(!isnan(again));
	for (int i = 0; sane && i < n; i++)
		REQUIRE(isfinite(gradient[i]));
	for (int i = 0; sane && i < n * n; i++)
		REQUIRE(isfinite(hessian[i]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	ClvSource	source = {data, data + size, false};
	const ClvFamily *family = clv_family_table[clv_get_byte(&source) % clv_family_count];
	double		parameters[CLV_MAX_PARAMETERS];
	ClvObservation observation = {0};
	ClvModel	model;
	int			which;
	bool		sane = true;

	for (int i = 0; i < family->parameter_count; i++)
	{
		parameters[i] = fuzz_number(&source);
		if (family->parameter[i].whole)
			parameters[i] = rint(parameters[i]);
		sane = sane && is_sane(parameters[i]);
	}
	observation.x = rint(fuzz_number(&source));
	observation.t_x = observation.x == 0 ? 0 : fuzz_number(&source);
	observation.age = fuzz_number(&source);
	observation.extra = fuzz_number(&source);
	observation.weight = 1;
	if (family->kind == CLV_DISCRETE_TRANSACTIONS || family->kind == CLV_RENEWALS)
	{
		observation.t_x = rint(observation.t_x);
		observation.age = rint(observation.age);
	}
	/* Otherwise too few would be observations. */
	if (observation.t_x > observation.age)
	{
		double		between = observation.t_x;

		observation.t_x = observation.age;
		observation.age = between;
	}
	sane = sane && (observation.x == 0 || (is_sane(observation.x) && is_sane(observation.t_x))) &&
		(observation.age == 0 || is_sane(observation.age));

	if (clv_model_from_parameters(family, parameters, 1, &model, &which) != CLV_OK)
	{
		REQUIRE(which >= 0 && which < family->parameter_count);
		return 0;
	}
	check_likelihood(&model, &observation, sane);
	if (family->kind == CLV_SPEND)
		check_spend(&model, &observation);
	else if (family->kind == CLV_RENEWALS)
		check_renewals(&model, &source, sane, fuzz_one_in(data, size, 4));
	else
		check_orders(&model, &observation, &source, sane, fuzz_one_in(data, size, 16));
	return 0;
}
