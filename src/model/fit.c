/*-------------------------------------------------------------------------
 *
 * fit.c
 *	  Maximum likelihood for every family, by one route.
 *
 *-------------------------------------------------------------------------
 */
#include "model/fit.h"

#include <math.h>
#include <string.h>

#include "model/profile.h"
#include "model/search.h"

void
clv_fit_options_init(ClvFitOptions *options)
{
	memset(options, 0, sizeof(ClvFitOptions));
	options->max_iterations = 200;
	options->tolerance = 1e-10;
}

/* Fit with whole parameters fixed at the values in problem->parameters. */
static void
fit_continuous(ClvProblem *problem, const ClvFitOptions *options, const double *given, ClvModel *model)
{
	const ClvFamily *family = problem->family;

	clv_search(problem, options, given, model);

	/*
	 * Where drop-out vanishes, so do the digits that tell its parameters: if
	 * the model without drop-out is at least as likely, it is the answer.
	 */
	if (family->nested != NULL && options->penalty == 0 &&
		(model->status != CLV_FIT_OK || problem->n < CLV_SAMPLE_FROM))
	{
		ClvProblem	inner = *problem;
		ClvFitOptions inner_options = *options;
		ClvModel	nested = *model;
		double		parameters[CLV_MAX_PARAMETERS];
		double		value;

		inner.family = family->nested;
		clv_problem_lay_out(&inner);
		inner_options.has_start = false;
		nested.family = family->nested;
		clv_search(&inner, &inner_options, NULL, &nested);
		memcpy(parameters, problem->parameters, sizeof(parameters));
		family->embed(nested.parameters, parameters);
		value = family->log_likelihood(parameters, problem->observations, problem->n, NULL, NULL, problem->interrupt);
		if (nested.status != CLV_FIT_NOT_CONVERGED &&
			(value >= model->log_likelihood - CLV_SAME_LIKELIHOOD * fabs(value) || model->status == CLV_FIT_NOT_CONVERGED))
		{
			nested.family = family;
			memcpy(nested.parameters, parameters, sizeof(parameters));
			nested.log_likelihood = value;
			nested.iterations += model->iterations;
			nested.status = CLV_FIT_NO_DROPOUT;
			/* The covariance is that of the nested parameters, which come first in both. */
			*model = nested;
		}
	}
}

/* Check all observations and find how many customers there are and what their unit is; *different tells how many count. */
static ClvStatus
take_in(ClvProblem *problem, size_t *different, size_t *which)
{
	const ClvFamily *family = problem->family;
	double		length = 0;

	*different = 0;
	for (size_t i = 0; i < problem->n; i++)
	{
		const ClvObservation *o = &problem->observations[i];
		ClvStatus	status = clv_observation_check(family, o);

		if (status != CLV_OK)
		{
			if (which)
				*which = i;
			return status;
		}
		if (family->kind == CLV_SPEND && o->x == 0)
			continue;
		(*different)++;
		problem->customers += o->weight;
		length += o->weight * (family->kind == CLV_SPEND ? o->extra : o->age);
		if (problem->interrupt && i % 65536 == 65535)
			problem->interrupt();
	}
	problem->length = length > 0 ? length / problem->customers : 1;
	return CLV_OK;
}

/* The most likely of the regularities: the likelihood rises and then falls with k, so two falls are the end. */
static void
choose_regularity(ClvProblem *problem, const ClvFitOptions *options, int parameter, ClvModel *model)
{
	ClvModel	empty = *model;
	int			falls = 0;

	for (int k = 1; k <= CLV_MAX_K && falls < 2; k++)
	{
		ClvModel	candidate = empty;

		problem->parameters[parameter] = k;
		fit_continuous(problem, options, NULL, &candidate);
		if (k == 1 || (candidate.status != CLV_FIT_NOT_CONVERGED &&
					   candidate.log_likelihood > model->log_likelihood))
		{
			*model = candidate;
			falls = 0;
		}
		else
			falls++;
	}
	model->estimated++;
}

static bool
options_are_valid(const ClvFamily *family, const ClvFitOptions *options)
{
	return options->max_iterations >= 1 && options->tolerance > 0 && options->penalty >= 0 &&
		!isinf(options->penalty) && options->k >= 0 && options->k <= 100 &&
		(!options->has_start || clv_parameters_check(family, options->start, NULL) == CLV_OK);
}

ClvStatus
clv_fit_model(const ClvFamily *family, const ClvObservation *observations, size_t n,
			  const ClvFitOptions *options, ClvModel *model, size_t *which, ClvInterrupt interrupt)
{
	ClvFitOptions standard;
	const double *given;
	ClvProblem	problem;
	ClvStatus	status;
	int			whole = -1;		/* the parameter that is, if one is */
	size_t		different;

	if (options == NULL)
	{
		clv_fit_options_init(&standard);
		options = &standard;
	}
	if (!options_are_valid(family, options) || n == 0)
		return CLV_FIT_OPTION_OUT_OF_RANGE;
	if (family->log_likelihood == NULL || family->start == NULL)
		return CLV_NOT_DEFINED_FOR_FAMILY;

	memset(&problem, 0, sizeof(problem));
	problem.family = family;
	problem.observations = observations;
	problem.n = n;
	problem.penalty = options->penalty;
	problem.interrupt = interrupt;
	status = take_in(&problem, &different, which);
	if (status != CLV_OK)
		return status;
	clv_problem_lay_out(&problem);
	for (int i = 0; i < family->parameter_count; i++)
	{
		if (family->parameter[i].whole)
			whole = i;
	}

	memset(model, 0, sizeof(ClvModel));
	model->family = family;
	model->unit_days = options->unit_days;
	model->customers = problem.customers;
	model->observations = (int64_t) different;
	model->estimated = problem.variables;

	if (family->degenerate != NULL)
	{
		ClvFitStatus verdict = family->degenerate(observations, n, model->parameters);

		if (verdict != CLV_FIT_OK)
		{
			model->status = verdict;
			model->log_likelihood = family->log_likelihood(model->parameters, observations, n, NULL, NULL, interrupt);
			return CLV_OK;
		}
	}

	given = options->has_start ? options->start : NULL;
	if (whole >= 0 && options->k == 0 && given == NULL)
		choose_regularity(&problem, options, whole, model);
	else
	{
		if (whole >= 0)
			problem.parameters[whole] = options->k > 0 ? options->k : given[whole];
		fit_continuous(&problem, options, given, model);
	}

	if (model->status == CLV_FIT_NO_DROPOUT)
	{
		problem.family = family->nested;
		clv_problem_lay_out(&problem);
	}
	if (model->status != CLV_FIT_NOT_CONVERGED && !options->no_limits)
	{
		memcpy(problem.parameters, model->parameters, sizeof(problem.parameters));
		/* The parameters of the nested family come first in both. */
		clv_find_limits(&problem, options, model->parameters, model);
	}

	if (different < (size_t) problem.variables && model->status != CLV_FIT_NOT_CONVERGED)
		model->status = CLV_FIT_TOO_FEW;
	return CLV_OK;
}
