/*-------------------------------------------------------------------------
 *
 * problem.c
 *	  The likelihood of a family and its observations, as what is to be made small.
 *
 *-------------------------------------------------------------------------
 */
#include "model/problem.h"

#include <math.h>
#include <string.h>

static double
unit_of(const ClvParameter *parameter, double length)
{
	return parameter->unit_power > 0 ? length : parameter->unit_power < 0 ? 1 / length : 1;
}

void
clv_problem_lay_out(ClvProblem *problem)
{
	const ClvFamily *family = problem->family;

	problem->variables = 0;
	memset(problem->along, 0, sizeof(problem->along));
	for (int i = 0; i < family->parameter_count; i++)
	{
		problem->unit[i] = unit_of(&family->parameter[i], problem->length);
		if (!family->parameter[i].whole)
		{
			problem->along[i][problem->variables] = 1;
			problem->free[problem->variables++] = i;
		}
	}
	for (const ClvRelation *r = family->relation; r < family->relation + CLV_MAX_PARAMETERS && r->power != 0; r++)
	{
		for (int v = 0; v < problem->variables; v++)
		{
			if (problem->free[v] == r->to)
				problem->along[r->of][v] += r->power;
		}
	}
}

/* log((parameter - offset) / unit) from the variables. */
static void
logarithms(const ClvProblem *problem, const double *theta, double *logs)
{
	for (int i = 0; i < problem->family->parameter_count; i++)
	{
		logs[i] = 0;
		for (int v = 0; v < problem->variables; v++)
			logs[i] += problem->along[i][v] * theta[v];
	}
}

void
clv_problem_variables(const ClvProblem *problem, const double *logs, double *theta)
{
	for (int v = 0; v < problem->variables; v++)
	{
		int			i = problem->free[v];

		theta[v] = logs[i];
		for (int w = 0; w < problem->variables; w++)
		{
			if (w != v)
				theta[v] -= problem->along[i][w] * logs[problem->free[w]];
		}
	}
}

void
clv_problem_natural(const ClvProblem *problem, const double *theta, double *parameters)
{
	double		logs[CLV_MAX_PARAMETERS];

	logarithms(problem, theta, logs);
	for (int i = 0; i < problem->family->parameter_count; i++)
	{
		if (problem->family->parameter[i].whole)
			parameters[i] = problem->parameters[i];
		else
			parameters[i] = problem->family->parameter[i].offset + problem->unit[i] * exp(logs[i]);
	}
}

double
clv_problem_penalty(const ClvProblem *problem, const double *theta)
{
	double		logs[CLV_MAX_PARAMETERS];
	double		sum = 0;

	logarithms(problem, theta, logs);
	for (int i = 0; i < problem->family->parameter_count; i++)
	{
		if (!problem->family->parameter[i].whole)
			sum += problem->penalty * logs[i] * logs[i];
	}
	return sum;
}

/*
 * The negative mean likelihood, and the penalty, with the derivatives a family
 * has, by theta.
 */
static double
likelihood(ClvProblem *problem, const double *theta, double *gradient, double *hessian)
{
	const ClvFamily *family = problem->family;
	int			m = family->parameter_count;
	int			n = problem->variables;
	double		logs[CLV_MAX_PARAMETERS];
	double		parameters[CLV_MAX_PARAMETERS];
	double		slope[CLV_MAX_PARAMETERS];
	double		bend[CLV_MAX_PARAMETERS * CLV_MAX_PARAMETERS];
	double		value;

	logarithms(problem, theta, logs);
	clv_problem_natural(problem, theta, parameters);
	memcpy(problem->latest, parameters, sizeof(double) * m);
	problem->latest_value = family->log_likelihood(parameters, problem->observations, problem->n,
												   gradient ? slope : NULL, hessian ? bend : NULL,
												   problem->interrupt);
	value = -problem->latest_value / problem->customers;

	/* by the logarithms of the parameters */
	for (int i = 0; i < m; i++)
	{
		double		scale_i = parameters[i] - family->parameter[i].offset;
		double		penalty = family->parameter[i].whole ? 0 : problem->penalty;

		value += penalty * logs[i] * logs[i];
		if (gradient)
			slope[i] *= -scale_i / problem->customers;
		for (int j = 0; j < m && hessian; j++)
			bend[i * m + j] *= -scale_i * (parameters[j] - family->parameter[j].offset) / problem->customers;
		if (hessian)
			bend[i * m + i] += slope[i] + 2 * penalty;
		if (gradient)
			slope[i] += 2 * penalty * logs[i];
	}

	/* by the variables */
	for (int v = 0; v < n && gradient; v++)
	{
		gradient[v] = 0;
		for (int i = 0; i < m; i++)
			gradient[v] += problem->along[i][v] * slope[i];
	}
	for (int v = 0; v < n && hessian; v++)
	{
		for (int w = 0; w < n; w++)
		{
			double		sum = 0;

			for (int i = 0; i < m; i++)
			{
				for (int j = 0; j < m && problem->along[i][v] != 0; j++)
					sum += problem->along[i][v] * problem->along[j][w] * bend[i * m + j];
			}
			hessian[v * n + w] = sum;
		}
	}
	return value;
}

double
clv_problem_objective(void *context, const double *theta, double *gradient, double *hessian)
{
	return likelihood(context, theta, gradient, hessian);
}

void
clv_problem_bounds(const ClvProblem *problem, double *lower, double *upper)
{
	for (int v = 0; v < problem->variables; v++)
	{
		lower[v] = log(problem->family->parameter[problem->free[v]].fit_lower);
		upper[v] = log(problem->family->parameter[problem->free[v]].fit_upper);
	}
}

double
clv_problem_value(ClvProblem *problem, const double *theta)
{
	return likelihood(problem, theta, NULL, NULL);
}
