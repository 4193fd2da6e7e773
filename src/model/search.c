/*-------------------------------------------------------------------------
 *
 * search.c
 *	  The best of the maxima of a likelihood.
 *
 *-------------------------------------------------------------------------
 */
#include "model/search.h"

#include <math.h>
#include <string.h>

#include "math/linalg.h"
#include "math/optimize.h"

/* Standard errors of a log parameter beyond this say that the data do not know it. */
#define FLAT_STD_ERROR 100

/* A variable this far out (as a factor) where the likelihood is flat is on its way to the bound. */
#define FAR_OUT 1e3

/* The variables that ended at a bound, as bits. */
static uint32_t
find_bounds_met(const ClvProblem *problem, const ClvOptimum *optimum, const double *theta, const double *lower, const double *upper)
{
	uint32_t	met = optimum->at_bound;

	/* Rounding can end the search just before a bound that it was heading for. */
	for (int v = 0; v < problem->variables; v++)
	{
		double		spread = optimum->hessian[v * problem->variables + v] * problem->customers;

		if ((theta[v] < lower[v] + log(FAR_OUT) || theta[v] > upper[v] - log(FAR_OUT)) &&
			!(spread > 1.0 / (FLAT_STD_ERROR * FLAT_STD_ERROR)))
			met |= UINT32_C(1) << v;
	}
	return met;
}

/*
 * The covariance of the model's parameters from the second derivatives by the
 * variables that are not at a bound; false where the data do not know them.
 */
static bool
find_covariance(const ClvProblem *problem, const ClvOptimum *optimum, uint32_t at_bound, ClvModel *model)
{
	const ClvFamily *family = problem->family;
	int			m = family->parameter_count;
	int			n = problem->variables;
	int			index[CLV_MAX_PARAMETERS];
	int			used = 0;
	double		information[CLV_MAX_PARAMETERS * CLV_MAX_PARAMETERS];
	double		inverse[CLV_MAX_PARAMETERS * CLV_MAX_PARAMETERS];
	bool		known = true;

	for (int v = 0; v < n; v++)
	{
		if ((at_bound & (UINT32_C(1) << v)) == 0)
			index[used++] = v;
	}
	if (used == 0)
		return true;
	for (int v = 0; v < used; v++)
	{
		for (int w = 0; w < used; w++)
			information[v * used + w] = optimum->hessian[index[v] * n + index[w]] * problem->customers;
	}
	if (optimum->end == CLV_SEARCH_EXHAUSTED || !clv_symmetric_inverse(used, information, inverse, NULL))
		return false;
	for (int v = 0; v < used; v++)
	{
		if (inverse[v * used + v] > FLAT_STD_ERROR * FLAT_STD_ERROR)
			known = false;
	}
	for (int i = 0; i < m; i++)
	{
		double		scale_i = model->parameters[i] - family->parameter[i].offset;

		for (int j = 0; j < m; j++)
		{
			double		scale_j = model->parameters[j] - family->parameter[j].offset;
			double		sum = 0;

			for (int v = 0; v < used; v++)
			{
				for (int w = 0; w < used; w++)
					sum += problem->along[i][index[v]] * problem->along[j][index[w]] * inverse[v * used + w];
			}
			model->covariance[i][j] = sum * scale_i * scale_j;
		}
	}
	model->has_covariance = true;
	return known;
}

/*
 * From the second derivatives at the maximum to the model's covariance, status
 * and counts.
 */
static void
conclude(const ClvProblem *problem, const ClvOptimum *optimum, const double *theta,
		 const double *lower, const double *upper, ClvModel *model)
{
	const ClvFamily *family = problem->family;
	int			m = family->parameter_count;
	uint32_t	at_bound = find_bounds_met(problem, optimum, theta, lower, upper);
	bool		known;

	clv_problem_natural(problem, theta, model->parameters);
	model->log_likelihood = problem->latest_value;
	if (memcmp(problem->latest, model->parameters, sizeof(double) * m) != 0)
		model->log_likelihood = family->log_likelihood(model->parameters, problem->observations, problem->n,
													   NULL, NULL, problem->interrupt);
	model->iterations = optimum->iterations;
	model->gradient_norm = optimum->gradient_norm;
	model->at_bound = 0;
	for (int i = 0; i < m; i++)
	{
		for (int v = 0; v < problem->variables; v++)
		{
			if ((at_bound & (UINT32_C(1) << v)) && problem->along[i][v] != 0)
				model->at_bound |= UINT32_C(1) << i;
		}
	}
	memset(model->covariance, 0, sizeof(model->covariance));
	model->has_covariance = false;
	known = find_covariance(problem, optimum, at_bound, model);

	if (optimum->end == CLV_SEARCH_EXHAUSTED)
		model->status = CLV_FIT_NOT_CONVERGED;
	else if (at_bound != 0)
		model->status = CLV_FIT_BOUNDARY;
	else if (!known || optimum->end != CLV_SEARCH_CONVERGED)
		model->status = CLV_FIT_FLAT;
	else
		model->status = CLV_FIT_OK;
}

/*
 * Likelihoods of purchase models can have several maxima: a customer's silence
 * can come from a low rate as well as from drop-out.  So the search begins at
 * several places, and where there are many observations it does so on a
 * sample of them, of which only the best maxima are followed on all.
 */
typedef struct Mode
{
	double		theta[CLV_MAX_PARAMETERS];
	ClvOptimum	optimum;
} Mode;

#define MOST_STARTS 8

/* The size of the sample that is searched first. */
#define SAMPLE 1500

/* The larger sample on which maxima are then followed is one in so many. */
#define LARGE_SAMPLE_PART 20

/* Modes less likely than the best by this much (in log-likelihood of the sample) are given up. */
#define HOPELESS 12.0
#define MOST_FOLLOWED 3

static bool
better(const ClvOptimum *one, const ClvOptimum *other)
{
	bool		one_ended = one->end != CLV_SEARCH_EXHAUSTED;
	bool		other_ended = other->end != CLV_SEARCH_EXHAUSTED;

	if (one_ended != other_ended)
		return one_ended;
	return one->value < other->value - CLV_SAME_LIKELIHOOD * fabs(other->value);
}

/* The different maxima that the starts lead to, best first; answers how many. */
static int
find_modes(ClvProblem *problem, const ClvFitOptions *options, const double *given, Mode *modes, int *iterations)
{
	const ClvFamily *family = problem->family;
	double		lower[CLV_MAX_PARAMETERS];
	double		upper[CLV_MAX_PARAMETERS];
	int			count = 0;

	clv_problem_bounds(problem, lower, upper);
	for (int attempt = given ? -1 : 0; attempt < MOST_STARTS - 1; attempt++)
	{
		double		start[CLV_MAX_PARAMETERS];
		double		logs[CLV_MAX_PARAMETERS] = {0};
		Mode		mode;
		bool		known = false;
		int			place;

		memcpy(start, problem->parameters, sizeof(start));
		if (attempt < 0)
			memcpy(start, given, sizeof(double) * family->parameter_count);
		else if (!family->start(problem->observations, problem->n, attempt, start))
			break;
		for (int v = 0; v < problem->variables; v++)
		{
			int			i = problem->free[v];
			double		scaled = (start[i] - family->parameter[i].offset) / problem->unit[i];

			logs[i] = log(fmax(scaled, family->parameter[i].fit_lower));
		}
		clv_problem_variables(problem, logs, mode.theta);
		clv_optimize(problem->variables, clv_problem_objective, problem, lower, upper, mode.theta,
					 options->max_iterations, options->tolerance, &mode.optimum, problem->interrupt);
		*iterations += mode.optimum.iterations;

		for (int i = 0; i < count && !known; i++)
			known = !better(&mode.optimum, &modes[i].optimum) && !better(&modes[i].optimum, &mode.optimum);
		if (known)
			continue;
		for (place = count; place > 0 && better(&mode.optimum, &modes[place - 1].optimum); place--)
			modes[place] = modes[place - 1];
		modes[place] = mode;
		count++;
		/* who names a start wants the maximum beside it */
		if (attempt < 0 && mode.optimum.end == CLV_SEARCH_CONVERGED)
			break;
	}
	return count;
}

/*
 * The problem on a sample: observations at even distances in the order they
 * come in, by weight.  It is the same on every run, and has every kind of
 * customer.
 */
static ClvProblem
sample_of(const ClvProblem *problem, ClvObservation *sample, size_t size)
{
	ClvProblem	small = *problem;
	double		share = problem->customers / (double) size;
	double		seen = 0;
	double		next = share / 2;

	small.observations = sample;
	small.n = 0;
	small.customers = 0;
	for (size_t i = 0; i < problem->n; i++)
	{
		const ClvObservation *o = &problem->observations[i];
		double		hits = 0;

		if (problem->family->kind == CLV_SPEND && o->x == 0)
			continue;
		seen += o->weight;
		while (next < seen && small.n < size)
		{
			hits++;
			next += share;
		}
		if (hits > 0 && small.n < size)
		{
			sample[small.n] = *o;
			sample[small.n++].weight = hits;
			small.customers += hits;
		}
	}
	return small;
}

/*
 * A sample that has been given, at one place, the value and the derivatives of
 * the whole: it differs from it in third derivatives alone, and there by little.
 */
typedef struct Likeness
{
	ClvProblem *sample;
	double		place[CLV_MAX_PARAMETERS];
	double		value;			/* what the whole has more */
	double		gradient[CLV_MAX_PARAMETERS];
	double		hessian[CLV_MAX_PARAMETERS * CLV_MAX_PARAMETERS];
} Likeness;

static double
likeness_objective(void *context, const double *theta, double *gradient, double *hessian)
{
	const Likeness *likeness = context;
	int			n = likeness->sample->variables;
	double		value = clv_problem_objective(likeness->sample, theta, gradient, hessian) + likeness->value;

	for (int v = 0; v < n; v++)
	{
		double		bend = 0;

		for (int w = 0; w < n; w++)
		{
			bend += likeness->hessian[v * n + w] * (theta[w] - likeness->place[w]);
			hessian[v * n + w] += likeness->hessian[v * n + w];
		}
		gradient[v] += likeness->gradient[v] + bend;
		value += (likeness->gradient[v] + bend / 2) * (theta[v] - likeness->place[v]);
	}
	return value;
}

#define MOST_LIKENESSES 5

/*
 * Follow a maximum on a likeness made where the last one ended.  Steps shrink
 * like their squares times some number, which two of them tell: so it is known
 * how far the maximum of all is away from that of a likeness without going
 * there.  False, and theta is the best place so far, where they do otherwise.
 */
static bool
follow_likeness(ClvProblem *problem, ClvProblem *sample, const ClvFitOptions *options, const double *lower,
				const double *upper, double *theta, ClvOptimum *optimum)
{
	int			n = problem->variables;
	double		start[CLV_MAX_PARAMETERS];
	double		last_value = INFINITY;
	double		last_step = INFINITY;

	memcpy(start, theta, sizeof(double) * n);
	for (int round = 1; round <= MOST_LIKENESSES; round++)
	{
		Likeness	likeness = {.sample = sample};
		double		gradient[CLV_MAX_PARAMETERS];
		double		hessian[CLV_MAX_PARAMETERS * CLV_MAX_PARAMETERS];
		double		value = clv_problem_objective(problem, theta, likeness.gradient, likeness.hessian);
		double		step = 0;
		double		away;

		if (!isfinite(value) || value > last_value + CLV_SAME_LIKELIHOOD * fabs(last_value))
			break;
		memcpy(start, theta, sizeof(double) * n);
		memcpy(likeness.place, theta, sizeof(double) * n);
		likeness.value = value - clv_problem_objective(sample, theta, gradient, hessian);
		for (int v = 0; v < n; v++)
		{
			likeness.gradient[v] -= gradient[v];
			for (int w = 0; w < n; w++)
				likeness.hessian[v * n + w] -= hessian[v * n + w];
		}

		clv_optimize(n, likeness_objective, &likeness, lower, upper, theta, options->max_iterations,
					 options->tolerance, optimum, problem->interrupt);
		optimum->iterations = round;
		for (int v = 0; v < n; v++)
			step = fmax(step, fabs(theta[v] - start[v]));
		if (optimum->end != CLV_SEARCH_CONVERGED || step > last_step / 2)
			break;
		away = step / last_step * (step / last_step) * step;
		if (step <= options->tolerance || (round > 1 && 10 * away <= options->tolerance))
		{
			clv_problem_natural(problem, theta, problem->latest);
			for (int i = 0; i < n * n && round > 1; i++)
				optimum->gradient_norm = fmax(optimum->gradient_norm, away * fabs(optimum->hessian[i]));
			problem->latest_value = -(optimum->value - clv_problem_penalty(problem, theta)) * problem->customers;
			return true;
		}
		last_value = value;
		last_step = step;
	}
	memcpy(theta, start, sizeof(double) * n);
	return false;
}

/* The modes of a sample that are worth it, followed on all; answers how many. */
static int
follow_modes(ClvProblem *problem, const ClvFitOptions *options, Mode *modes, int count, size_t sampled, int *iterations)
{
	bool		large = options->room != NULL && problem->n >= CLV_FIT_MANY;
	ClvProblem	sample;
	double		lower[CLV_MAX_PARAMETERS];
	double		upper[CLV_MAX_PARAMETERS];
	int			followed;

	clv_problem_bounds(problem, lower, upper);
	if (large)
		sample = sample_of(problem, options->room,
						   problem->n / LARGE_SAMPLE_PART < CLV_FIT_ROOM ? problem->n / LARGE_SAMPLE_PART : CLV_FIT_ROOM);
	for (followed = 0; followed < count && followed < MOST_FOLLOWED; followed++)
	{
		Mode	   *mode = &modes[followed];
		bool		found = false;

		if (mode->optimum.end == CLV_SEARCH_EXHAUSTED ||
			(mode->optimum.value - modes[0].optimum.value) * (double) sampled > HOPELESS)
			break;
		if (large)
		{
			clv_optimize(problem->variables, clv_problem_objective, &sample, lower, upper, mode->theta,
						 options->max_iterations, 1e-3, &mode->optimum, problem->interrupt);
			*iterations += mode->optimum.iterations;
			found = follow_likeness(problem, &sample, options, lower, upper, mode->theta, &mode->optimum);
			*iterations += mode->optimum.iterations;
		}
		if (!found)
		{
			clv_optimize(problem->variables, clv_problem_objective, problem, lower, upper, mode->theta,
						 options->max_iterations, options->tolerance, &mode->optimum, problem->interrupt);
			*iterations += mode->optimum.iterations;
		}
	}
	return followed;
}

void
clv_search(ClvProblem *problem, const ClvFitOptions *options, const double *given, ClvModel *model)
{
	Mode		modes[MOST_STARTS];
	int			count = 0;
	int			iterations = 0;
	double		lower[CLV_MAX_PARAMETERS];
	double		upper[CLV_MAX_PARAMETERS];
	bool		sampled = false;

	if (problem->n >= CLV_SAMPLE_FROM && given == NULL)
	{
		ClvObservation few[SAMPLE];
		ClvProblem	sample = sample_of(problem, few, SAMPLE);
		int			followed;

		count = find_modes(&sample, options, NULL, modes, &iterations);
		followed = follow_modes(problem, options, modes, count, sample.n, &iterations);
		for (int i = 1; i < followed; i++)
		{
			if (better(&modes[i].optimum, &modes[0].optimum))
				modes[0] = modes[i];
		}
		sampled = followed > 0 && modes[0].optimum.end != CLV_SEARCH_EXHAUSTED;
	}
	if (!sampled)
		count = find_modes(problem, options, given, modes, &iterations);
	if (count == 0)
	{
		model->status = CLV_FIT_NOT_CONVERGED;
		return;
	}
	clv_problem_bounds(problem, lower, upper);
	conclude(problem, &modes[0].optimum, modes[0].theta, lower, upper, model);
	model->iterations = iterations;
}
