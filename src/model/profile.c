/*-------------------------------------------------------------------------
 *
 * profile.c
 *	  Limits of parameters by profile likelihood.
 *
 *-------------------------------------------------------------------------
 */
#include "model/profile.h"

#include <math.h>
#include <string.h>

#include "math/normal.h"
#include "math/optimize.h"
#include "model/inference.h"

/*
 * Intervals by profile likelihood: a parameter is held at a value, the others
 * are fitted, and the interval ends where the likelihood has fallen by half of
 * the quantile of chi squared.  Unlike an interval from the standard error it
 * has the right coverage where the likelihood is skew, as it is for drop-out
 * in bases of a few thousand customers.
 */
typedef struct Profile
{
	ClvProblem *problem;
	int			parameter;		/* whose logarithm is held ... */
	double		held;			/* ... at this value */
	int			pivot;			/* the variable that gives way to it */
	double		slope;			/* of the objective by the held value, where it was last evaluated */
} Profile;

/* All variables from the others and the held value. */
static void
complete(const Profile *profile, const double *others, double *theta)
{
	int			used = 0;

	theta[profile->pivot] = profile->held;
	for (int v = 0; v < profile->problem->variables; v++)
	{
		if (v == profile->pivot)
			continue;
		theta[v] = others[used++];
		theta[profile->pivot] -= profile->problem->along[profile->parameter][v] * theta[v];
	}
}

static double
profile_objective(void *context, const double *others, double *gradient, double *hessian)
{
	Profile    *profile = context;
	const double *along = profile->problem->along[profile->parameter];
	int			n = profile->problem->variables;
	int			pivot = profile->pivot;
	double		theta[CLV_MAX_PARAMETERS];
	double		slope[CLV_MAX_PARAMETERS];
	double		bend[CLV_MAX_PARAMETERS * CLV_MAX_PARAMETERS];
	double		value;
	int			i = 0;

	complete(profile, others, theta);
	value = clv_problem_objective(profile->problem, theta, slope, bend);
	profile->slope = slope[pivot];
	for (int v = 0; v < n; v++)
	{
		int			j = 0;

		if (v == pivot)
			continue;
		gradient[i] = slope[v] - along[v] * slope[pivot];
		for (int w = 0; w < n; w++)
		{
			if (w == pivot)
				continue;
			hessian[i * (n - 1) + j++] = bend[v * n + w] - along[v] * bend[pivot * n + w] -
				along[w] * bend[v * n + pivot] + along[v] * along[w] * bend[pivot * n + pivot];
		}
		i++;
	}
	return value;
}

/*
 * Below this standard error of the logarithm, as in bases of some ten thousand
 * customers and more, the likelihood is straight enough for the standard error
 * to say it all: the two intervals differ by less than a twentieth of it.
 */
#define STRAIGHT 0.05

/* Beyond this factor an estimate has no limit. */
#define PROFILE_REACH 1e6
#define PROFILE_STEPS 40
#define PROFILE_TOLERANCE 1e-7

/* How far (as a logarithm) the interval of a parameter reaches from its estimate to one side. */
static double
profile_reach(ClvProblem *problem, int parameter, int side, double best, double error, const double *tangent,
			  const double *logs, const double *at, const double *lower, const double *upper, int max_iterations)
{
	Profile		profile = {problem, parameter};
	double		target = clv_normal_quantile(0.5 + CLV_PROFILE_LEVEL / 2);
	double		others[CLV_MAX_PARAMETERS];
	double		low[CLV_MAX_PARAMETERS];
	double		high[CLV_MAX_PARAMETERS];
	double		home[CLV_MAX_PARAMETERS];
	double		inside = 0;		/* so far is within the interval */
	double		outside = INFINITY;
	double		place = fmin(target * error, 2);
	double		last = 0;
	int			used = 0;

	for (int v = 0; v < problem->variables; v++)
	{
		if (problem->free[v] == parameter)
		{
			profile.pivot = v;
			continue;
		}
		low[used] = lower[v];
		high[used] = upper[v];
		home[used] = at[v];
		others[used] = at[v] + side * place * tangent[v];
		used++;
	}
	for (int step = 0; step < PROFILE_STEPS; step++)
	{
		ClvOptimum	optimum;
		double		root;
		double		next;

		profile.held = logs[parameter] + side * place;
		clv_optimize(used, profile_objective, &profile, low, high, others, max_iterations, 1e-5, &optimum,
					 problem->interrupt);
		root = sqrt(2 * problem->customers * fmax(optimum.value - best, 0));
		if (fabs(root - target) <= PROFILE_TOLERANCE * target)
			return place;
		if (root < target)
			inside = place;
		else
			outside = place;
		if (inside >= log(PROFILE_REACH))
			return INFINITY;
		last = place;
		/* the root of the deviance is nearly straight: Newton's step, kept within what is known */
		next = place + (target - root) * root / (side * profile.slope * problem->customers);
		if (!(next < 3 * place))
			next = 3 * place;
		if (next >= outside || next <= inside)
			next = isinf(outside) ? 3 * place : inside + (outside - inside) / 2;
		place = fmin(next, log(PROFILE_REACH));
		for (int i = 0; i < used; i++)
			others[i] = home[i] + (others[i] - home[i]) * place / last;
	}
	return inside;
}

void
clv_find_limits(ClvProblem *problem, const ClvFitOptions *options, const double *parameters, ClvModel *model)
{
	const ClvFamily *family = problem->family;
	int			m = family->parameter_count;
	double		logs[CLV_MAX_PARAMETERS] = {0};
	double		theta[CLV_MAX_PARAMETERS];
	double		lower[CLV_MAX_PARAMETERS];
	double		upper[CLV_MAX_PARAMETERS];
	double		best = 0;
	bool		needed = false;

	for (int i = 0; i < model->family->parameter_count; i++)
	{
		model->limit[i][0] = model->family->parameter[i].offset;
		model->limit[i][1] = INFINITY;
	}
	model->has_limits = false;

	for (int i = 0; i < m; i++)
	{
		if (!family->parameter[i].whole)
			logs[i] = log((parameters[i] - family->parameter[i].offset) / problem->unit[i]);
	}
	clv_problem_variables(problem, logs, theta);
	clv_problem_bounds(problem, lower, upper);
	for (int i = 0; i < m; i++)
	{
		double		size = parameters[i] - family->parameter[i].offset;
		double		error = clv_model_std_error(model, i) / size;
		double		tangent[CLV_MAX_PARAMETERS] = {0};
		double		reach;

		if (family->parameter[i].whole || (model->at_bound & (UINT32_C(1) << i)) != 0)
			continue;
		if (error < STRAIGHT)
		{
			clv_model_interval(model, i, CLV_PROFILE_LEVEL, &model->limit[i][0], &model->limit[i][1]);
			continue;
		}
		if (!needed)
			best = clv_problem_value(problem, theta);
		needed = true;
		if (isnan(error))
			error = 1;
		else
		{
			/* how the others follow: regression on this one */
			double		along[CLV_MAX_PARAMETERS] = {0};

			for (int j = 0; j < m; j++)
			{
				double		scale = parameters[j] - family->parameter[j].offset;

				if (!family->parameter[j].whole)
					along[j] = model->covariance[j][i] / (scale * size) / (error * error);
			}
			clv_problem_variables(problem, along, tangent);
		}
		for (int side = -1; side <= 1; side += 2)
		{
			reach = profile_reach(problem, i, side, best, error, tangent, logs, theta, lower, upper, options->max_iterations);
			if (isfinite(reach))
				model->limit[i][side > 0] = family->parameter[i].offset + size * exp(side * reach);
		}
	}
	model->has_limits = needed;
}
