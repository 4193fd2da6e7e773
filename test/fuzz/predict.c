/*-------------------------------------------------------------------------
 *
 * predict.c
 *	  Fuzz target of likelihoods and predictions: whatever parameters,
 *	  observations and horizons come, the answer is a status or a finite
 *	  number in its range; where theory says that one grows with another, it does.
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

static void
check_orders(const ClvModel *model, const ClvObservation *observation, ClvSource *source, bool sane)
{
	bool		discrete = model->family->kind == CLV_DISCRETE_TRANSACTIONS;
	double		t = fuzz_number(source);
	double		later = fuzz_number(source);
	double		n = fuzz_number(source);
	double		rate = fuzz_number(source);
	double		probability = fuzz_number(source);
	double		first;
	double		second;
	bool		known;

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

	if (clv_model_p_alive(model, observation, t, &first) == CLV_OK)
	{
		REQUIRE(first >= 0 && first <= 1);
		if (clv_model_p_alive(model, observation, later, &second) == CLV_OK && sane)
			REQUIRE(in_order(second, first));
	}

	known = clv_model_expected_orders(model, observation, 0, t, &first) == CLV_OK;
	if (known)
	{
		REQUIRE(first >= 0 && first <= DBL_MAX);
		if (clv_model_expected_orders(model, observation, 0, later, &second) == CLV_OK && sane)
			REQUIRE(in_order(first, second));
	}
	if (clv_model_expected_orders(model, observation, t, later, &second) == CLV_OK)
		REQUIRE(second >= 0 && second <= DBL_MAX);
	if (clv_model_expected_orders_new(model, t, &first) == CLV_OK)
	{
		REQUIRE(first >= 0 && first <= DBL_MAX);
		if (clv_model_expected_orders_new(model, later, &second) == CLV_OK && sane)
			REQUIRE(in_order(first, second));
	}

	if (clv_model_order_probability(model, observation, t, n, &first) == CLV_OK)
		REQUIRE(first >= 0 && first <= 1);
	if (clv_model_order_probability_new(model, t, n, &first) == CLV_OK)
		REQUIRE(first >= 0 && first <= 1);
	if (sane)
	{
		double		sum = 0;
		double		sum_new = 0;

		for (int i = 0; i < 8; i++)
		{
			if (clv_model_order_probability(model, observation, later, i, &first) == CLV_OK)
				sum += first;
			if (clv_model_order_probability_new(model, later, i, &first) == CLV_OK)
				sum_new += first;
		}
		REQUIRE(sum <= 1 + LOSS && sum_new <= 1 + LOSS);
	}

	if (clv_model_dert(model, observation, rate, INFINITY, &first) == CLV_OK)
	{
		REQUIRE(first >= 0 && first <= DBL_MAX);
		if (clv_model_dert(model, observation, 2 * rate, INFINITY, &second) == CLV_OK && sane)
			REQUIRE(in_order(second, first));
	}
	if (clv_model_dert(model, observation, rate, later, &first) == CLV_OK)
	{
		REQUIRE(first >= 0 && first <= DBL_MAX);
		if (sane && clv_model_expected_orders(model, observation, 0, later, &second) == CLV_OK)
			REQUIRE(in_order(first, second));
	}
	if (clv_model_next_order(model, observation, probability, &first) == CLV_OK)
		REQUIRE(first > 0);
}

static void
check_spend(const ClvModel *model, const ClvObservation *observation)
{
	double		spend;
	double		weight;

	if (clv_model_expected_spend(model, observation, &spend, &weight) == CLV_OK)
		REQUIRE(spend >= 0 && spend <= DBL_MAX && weight >= 0 && weight <= 1);
}

static void
check_renewals(const ClvModel *model, ClvSource *source, bool sane)
{
	double		t = floor(fuzz_number(source));
	double		rate = fuzz_number(source);
	double		survival;
	double		before;
	double		retention;

	if (clv_model_survival(model, t, &survival) == CLV_OK)
		REQUIRE(survival >= 0 && survival <= 1);
	if (clv_model_retention_rate(model, t, &retention) == CLV_OK)
	{
		REQUIRE(retention >= 0 && retention <= 1);
		if (sane && is_sane(t) && clv_model_survival(model, t - 1, &before) == CLV_OK)
			REQUIRE(fabs(survival - before * retention) <= LOSS);
	}
	if (clv_model_lifetime(model, t, rate, &survival) == CLV_OK)
		REQUIRE(survival >= 0 && survival <= DBL_MAX);
	if (clv_model_lifetime(model, -1, rate, &survival) == CLV_OK)
		REQUIRE(survival >= 1 - LOSS);
}

static void
check_likelihood(const ClvModel *model, const ClvObservation *observation, bool sane)
{
	double		value;
	double		gradient[CLV_MAX_PARAMETERS];
	double		hessian[CLV_MAX_PARAMETERS * CLV_MAX_PARAMETERS];
	int			n = model->family->parameter_count;

	if (clv_model_log_likelihood(model, observation, &value) != CLV_OK)
		return;
	REQUIRE(isfinite(value));
	if (model->family->kind == CLV_DISCRETE_TRANSACTIONS || model->family->kind == CLV_RENEWALS)
		REQUIRE(value <= LOSS);
	if (model->family->analytic > 0)
	{
		double		again = model->family->log_likelihood(model->parameters, observation, 1, gradient,
													   model->family->analytic > 1 ? hessian : NULL, NULL);

		REQUIRE(!isnan(again));
		for (int i = 0; sane && i < n; i++)
			REQUIRE(isfinite(gradient[i]));
		for (int i = 0; sane && model->family->analytic > 1 && i < n * n; i++)
			REQUIRE(isfinite(hessian[i]));
	}
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
		check_renewals(&model, &source, sane);
	else
		check_orders(&model, &observation, &source, sane);
	return 0;
}
