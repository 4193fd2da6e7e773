/*-------------------------------------------------------------------------
 *
 * family.c
 *	  What holds for every family: starts come to an end, nested models agree
 *	  with the ones they are embedded in, differences find what derivatives
 *	  find, and renewals are drawn as they are predicted.
 *
 *-------------------------------------------------------------------------
 */
#include "tap.h"

#include "model/fit.h"
#include "model/inference.h"
#include "model/predict.h"
#include "model/simulate.h"

#define CUSTOMERS 400

static const double orders_parameters[CLV_MAX_PARAMETERS] = {0.8, 9, 0.9, 2.5};
static const double regular_parameters[CLV_MAX_PARAMETERS] = {2, 0.8, 9, 0.9, 2.5};
static const double pareto_parameters[CLV_MAX_PARAMETERS] = {0.8, 9, 0.7, 12};
static const double spend_parameters[CLV_MAX_PARAMETERS] = {6.25, 3.74, 15.44};

/* Customers as the family itself would make them; spend has three orders each. */
static int
draw(const ClvFamily *family, ClvObservation *observations, ClvModel *model)
{
	const double *parameters = family->kind == CLV_SPEND ? spend_parameters :
		family->parameter[0].whole ? regular_parameters :
		strcmp(family->name, "pareto/nbd") == 0 ? pareto_parameters : orders_parameters;
	int			count = 0;

	if (clv_model_from_parameters(family, parameters, 1, model, NULL) != CLV_OK)
		return 0;
	for (int i = 0; i < CUSTOMERS; i++)
	{
		ClvObservation *o = &observations[count];

		memset(o, 0, sizeof(*o));
		o->weight = 1;
		if (family->kind == CLV_SPEND)
		{
			ClvSimulation simulation;

			if (clv_simulation_start(&simulation, model, 7, (uint64_t) i) != CLV_OK)
				return 0;
			o->x = 3;
			for (int j = 0; j < 3; j++)
				o->extra += clv_simulation_next(&simulation) / 3;
		}
		else if (family->kind == CLV_RENEWALS)
		{
			o->t_x = i % 9;
			o->age = o->t_x + (i % 3 > 0 && o->t_x < 8);
		}
		else if (clv_simulate_observation(model, 7, (uint64_t) i, 30 + i % 20, o) != CLV_OK)
			return 0;
		count++;
	}
	return count;
}

static void
starts_end(const ClvFamily *family, const ClvObservation *observations, int count, const ClvModel *model)
{
	double		parameters[CLV_MAX_PARAMETERS];
	int			attempts = 0;
	bool		usable = true;

	memcpy(parameters, model->parameters, sizeof(parameters));
	while (attempts < 50 && family->start(observations, (size_t) count, attempts, parameters))
	{
		usable = usable && clv_parameters_check(family, parameters, NULL) == CLV_OK;
		attempts++;
	}
	ok(attempts > 0 && attempts < 50 && usable, "%s: %d starts, each of them a model", family->name, attempts);
}

/* Starts count in the unit of the data, to the last digits: so does what is found from them. */
static void
starts_scale(const ClvFamily *family, const ClvObservation *observations, int count, const ClvModel *model)
{
	static ClvObservation scaled[CUSTOMERS];
	double		factor = family->kind == CLV_DISCRETE_TRANSACTIONS || family->kind == CLV_RENEWALS ? 1 : 7;
	double		parameters[CLV_MAX_PARAMETERS];
	double		others[CLV_MAX_PARAMETERS];
	double		worst = 0;

	memcpy(parameters, model->parameters, sizeof(parameters));
	memcpy(others, model->parameters, sizeof(others));
	for (int i = 0; i < count; i++)
	{
		scaled[i] = observations[i];
		scaled[i].t_x *= factor;
		scaled[i].age *= factor;
		scaled[i].extra *= factor;
	}
	for (int attempt = 0; family->start(observations, (size_t) count, attempt, parameters); attempt++)
	{
		family->start(scaled, (size_t) count, attempt, others);
		for (int i = 0; i < family->parameter_count; i++)
			worst = fmax(worst, fabs(others[i] / (parameters[i] * pow(factor, family->parameter[i].unit_power)) - 1));
	}
	ok(worst < 1e-12, "%s: starts in another unit (off by %.1g)", family->name, worst);
}

/* Parameters that are copied, and those that say that nobody leaves. */
static void
nested_agrees(const ClvFamily *family, const ClvObservation *observations, int count)
{
	double		some[CLV_MAX_PARAMETERS] = {0.7, 1.3, 2, 3, 4, 5};
	double		embedded[CLV_MAX_PARAMETERS] = {0};
	double		nested;
	double		whole;

	if (family->nested == NULL)
		return;
	if (family->parameter[0].whole)
		some[0] = embedded[0] = 2;
	family->embed(some, embedded);
	nested = family->nested->log_likelihood(some, observations, (size_t) count, NULL, NULL, NULL);
	whole = family->log_likelihood(embedded, observations, (size_t) count, NULL, NULL, NULL);
	close_rel(nested, whole, 1e-12, "%s: where nobody leaves it is %s", family->name, family->nested->name);
	is_int(clv_parameters_check(family, embedded, NULL), CLV_OK, "%s: which is a model of it", family->name);
}

/* Shares of 20000 customers active after a period, within five standard errors. */
static void
renewals_are_drawn(const ClvFamily *family)
{
	static const double parameters[CLV_MAX_PARAMETERS] = {0.7, 2.1, 1.4};
	ClvModel	model;
	int			active[12] = {0};
	int			most = 20000;
	bool		once = true;
	double		worst = 0;

	clv_model_from_parameters(family, parameters, 1, &model, NULL);
	for (int i = 0; i < most; i++)
	{
		ClvSimulation simulation;
		double		end;

		clv_simulation_start(&simulation, &model, 3, (uint64_t) i);
		end = clv_simulation_next(&simulation);
		once = once && end >= 1 && isinf(clv_simulation_next(&simulation));
		for (int t = 0; t < 12; t++)
			active[t] += end > t;
	}
	for (int t = 1; t < 12; t++)
	{
		double		share;

		clv_model_survival(&model, t, &share);
		worst = fmax(worst, fabs((double) active[t] / most - share) / sqrt(share * (1 - share) / most));
	}
	ok(once && worst < 5, "%s: as many are drawn active as predicted (%.1f standard errors)", family->name, worst);
}

int
main(void)
{
	static ClvObservation observations[CUSTOMERS];

	for (int i = 0; i < clv_family_count; i++)
	{
		const ClvFamily *family = clv_family_table[i];
		ClvModel	model;
		int			count = draw(family, observations, &model);

		ok(count == CUSTOMERS, "%s: customers are made", family->name);
		if (count == 0)
			continue;
		starts_end(family, observations, count, &model);
		starts_scale(family, observations, count, &model);
		nested_agrees(family, observations, count);
		if (family->kind == CLV_RENEWALS)
			renewals_are_drawn(family);
	}
	return done_testing();
}
