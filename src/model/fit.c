/*-------------------------------------------------------------------------
 *
 * fit.c
 *	  Maximum likelihood for every family, by one route.
 *
 * Variables are theta = log((parameter - offset) / unit), the unit being the
 * mean age (for amounts: the mean amount) of the data, less the same of the
 * parameters it is relative to; the objective is the negative mean
 * log-likelihood.  Both make the search the same in any unit and for any number
 * of customers, and turn the usual degenerate maximum, customers all alike,
 * into one variable at its bound.
 *
 *-------------------------------------------------------------------------
 */
#include "model/fit.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "math/linalg.h"
#include "math/normal.h"
#include "math/optimize.h"

/* Standard errors of a log parameter beyond this say that the data do not know it. */
#define FLAT_STD_ERROR 100

/* Likelihoods closer than this part of their size are equal. */
#define SAME_LIKELIHOOD 1e-11

typedef struct Problem
{
	const ClvFamily *family;
	const ClvObservation *observations;
	size_t		n;
	double		customers;
	double		penalty;
	double		length;			/* mean age, or mean amount */
	double		unit[CLV_MAX_PARAMETERS];
	int			free[CLV_MAX_PARAMETERS];	/* parameter of each variable */
	int			variables;
	double		along[CLV_MAX_PARAMETERS][CLV_MAX_PARAMETERS];	/* d log parameter by variable */
	double		parameters[CLV_MAX_PARAMETERS]; /* whole ones hold their value */
	double		latest[CLV_MAX_PARAMETERS]; /* parameters of the latest evaluation ... */
	double		latest_value;	/* ... and their log-likelihood */
	ClvInterrupt interrupt;
} Problem;

void
clv_fit_options_init(ClvFitOptions *options)
{
	memset(options, 0, sizeof(ClvFitOptions));
	options->max_iterations = 200;
	options->tolerance = 1e-10;
}

static double
unit_of(const ClvParameter *parameter, double length)
{
	return parameter->unit_power > 0 ? length : parameter->unit_power < 0 ? 1 / length : 1;
}

/* Which variables there are, and how parameters follow from them. */
static void
lay_out(Problem *problem)
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

/* log((parameter - offset) / unit) from the variables, and back. */
static void
logarithms(const Problem *problem, const double *theta, double *logs)
{
	for (int i = 0; i < problem->family->parameter_count; i++)
	{
		logs[i] = 0;
		for (int v = 0; v < problem->variables; v++)
			logs[i] += problem->along[i][v] * theta[v];
	}
}

static void
variables(const Problem *problem, const double *logs, double *theta)
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

static void
natural(const Problem *problem, const double *theta, double *parameters)
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

static double
penalty_at(const Problem *problem, const double *theta)
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
likelihood(Problem *problem, const double *theta, double *gradient, double *hessian)
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
	natural(problem, theta, parameters);
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

/* Steps of differences: the optimum of rounding against the next derivative. */
#define GRADIENT_STEP 2e-4
#define VALUE_STEP 2e-3

/* The objective with all derivatives, by differences where a family lacks them. */
static double
objective(void *context, const double *theta, double *gradient, double *hessian)
{
	Problem    *problem = context;
	int			n = problem->variables;
	double		value;

	if (problem->family->analytic >= 2)
		value = likelihood(problem, theta, gradient, hessian);
	else if (problem->family->analytic == 1)
	{
		value = likelihood(problem, theta, gradient, NULL);
		for (int v = 0; v < n && isfinite(value); v++)
		{
			double		place[CLV_MAX_PARAMETERS];
			double		up[CLV_MAX_PARAMETERS];
			double		down[CLV_MAX_PARAMETERS];

			memcpy(place, theta, sizeof(double) * n);
			place[v] = theta[v] + GRADIENT_STEP;
			likelihood(problem, place, up, NULL);
			place[v] = theta[v] - GRADIENT_STEP;
			likelihood(problem, place, down, NULL);
			for (int w = 0; w < n; w++)
				hessian[v * n + w] = (up[w] - down[w]) / (2 * GRADIENT_STEP);
		}
		for (int v = 0; v < n; v++)
		{
			for (int w = 0; w < v; w++)
				hessian[v * n + w] = hessian[w * n + v] = (hessian[v * n + w] + hessian[w * n + v]) / 2;
		}
	}
	else
	{
		double		place[CLV_MAX_PARAMETERS];
		double		h = VALUE_STEP;

		value = likelihood(problem, theta, NULL, NULL);
		memcpy(place, theta, sizeof(double) * n);
		for (int v = 0; v < n; v++)
		{
			double		near_up,
						near_down,
						far_up,
						far_down;

			place[v] = theta[v] + h;
			near_up = likelihood(problem, place, NULL, NULL);
			place[v] = theta[v] - h;
			near_down = likelihood(problem, place, NULL, NULL);
			place[v] = theta[v] + 2 * h;
			far_up = likelihood(problem, place, NULL, NULL);
			place[v] = theta[v] - 2 * h;
			far_down = likelihood(problem, place, NULL, NULL);
			place[v] = theta[v];
			gradient[v] = (8 * (near_up - near_down) - (far_up - far_down)) / (12 * h);
			hessian[v * n + v] = (16 * (near_up + near_down) - (far_up + far_down) - 30 * value) / (12 * h * h);
			for (int w = 0; w < v; w++)
			{
				double		corner[4];

				for (int c = 0; c < 4; c++)
				{
					place[v] = theta[v] + (c & 1 ? h : -h);
					place[w] = theta[w] + (c & 2 ? h : -h);
					corner[c] = likelihood(problem, place, NULL, NULL);
				}
				place[v] = theta[v];
				place[w] = theta[w];
				hessian[v * n + w] = hessian[w * n + v] =
					(corner[0] + corner[3] - corner[1] - corner[2]) / (4 * h * h);
			}
		}
	}
	return value;
}

/* A variable this far out (as a factor) where the likelihood is flat is on its way to the bound. */
#define FAR_OUT 1e3

/*
 * From the second derivatives at the maximum to the model's covariance, status
 * and counts.
 */
static void
conclude(const Problem *problem, const ClvOptimum *optimum, const double *theta,
		 const double *lower, const double *upper, ClvModel *model)
{
	const ClvFamily *family = problem->family;
	int			m = family->parameter_count;
	int			n = problem->variables;
	uint32_t	at_bound = optimum->at_bound;
	int			index[CLV_MAX_PARAMETERS];
	int			used = 0;
	double		information[CLV_MAX_PARAMETERS * CLV_MAX_PARAMETERS];
	double		inverse[CLV_MAX_PARAMETERS * CLV_MAX_PARAMETERS];
	bool		known = optimum->end == CLV_SEARCH_CONVERGED;

	natural(problem, theta, model->parameters);
	model->log_likelihood = problem->latest_value;
	if (memcmp(problem->latest, model->parameters, sizeof(double) * m) != 0)
		model->log_likelihood = family->log_likelihood(model->parameters, problem->observations, problem->n,
													   NULL, NULL, problem->interrupt);
	model->iterations = optimum->iterations;
	model->gradient_norm = optimum->gradient_norm;
	model->at_bound = 0;
	memset(model->covariance, 0, sizeof(model->covariance));
	model->has_covariance = false;

	/* Rounding can end the search just before a bound that it was heading for. */
	for (int v = 0; v < n; v++)
	{
		double		spread = optimum->hessian[v * n + v] * problem->customers;

		if ((theta[v] < lower[v] + log(FAR_OUT) || theta[v] > upper[v] - log(FAR_OUT)) &&
			!(spread > 1.0 / (FLAT_STD_ERROR * FLAT_STD_ERROR)))
			at_bound |= UINT32_C(1) << v;
	}
	for (int v = 0; v < n; v++)
	{
		if (at_bound & (UINT32_C(1) << v))
		{
			for (int i = 0; i < m; i++)
			{
				if (problem->along[i][v] != 0)
					model->at_bound |= UINT32_C(1) << i;
			}
		}
		else
			index[used++] = v;
	}
	for (int v = 0; v < used; v++)
	{
		for (int w = 0; w < used; w++)
			information[v * used + w] = optimum->hessian[index[v] * n + index[w]] * problem->customers;
	}
	if (optimum->end != CLV_SEARCH_EXHAUSTED && used > 0 &&
		clv_symmetric_inverse(used, information, inverse, NULL))
	{
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
	}
	else if (used > 0)
		known = false;

	if (optimum->end == CLV_SEARCH_EXHAUSTED)
		model->status = CLV_FIT_NOT_CONVERGED;
	else if (at_bound != 0)
		model->status = CLV_FIT_BOUNDARY;
	else if (!known)
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

/* Observations from which on a sample is searched first, and its size. */
#define SAMPLE_FROM 5000
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
	return one->value < other->value - SAME_LIKELIHOOD * fabs(other->value);
}

static void
bounds(const Problem *problem, double *lower, double *upper)
{
	for (int v = 0; v < problem->variables; v++)
	{
		lower[v] = log(problem->family->parameter[problem->free[v]].fit_lower);
		upper[v] = log(problem->family->parameter[problem->free[v]].fit_upper);
	}
}

/* The different maxima that the starts lead to, best first; answers how many. */
static int
find_modes(Problem *problem, const ClvFitOptions *options, const double *given, Mode *modes, int *iterations)
{
	const ClvFamily *family = problem->family;
	double		lower[CLV_MAX_PARAMETERS];
	double		upper[CLV_MAX_PARAMETERS];
	int			count = 0;

	bounds(problem, lower, upper);
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
		variables(problem, logs, mode.theta);
		clv_optimize(problem->variables, objective, problem, lower, upper, mode.theta,
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
static Problem
sample_of(const Problem *problem, ClvObservation *sample, size_t size)
{
	Problem		small = *problem;
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
	Problem    *sample;
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
	double		value = objective(likeness->sample, theta, gradient, hessian) + likeness->value;

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
follow_likeness(Problem *problem, Problem *sample, const ClvFitOptions *options, const double *lower,
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
		double		value = objective(problem, theta, likeness.gradient, likeness.hessian);
		double		step = 0;
		double		away;

		if (!isfinite(value) || value > last_value + SAME_LIKELIHOOD * fabs(last_value))
			break;
		memcpy(start, theta, sizeof(double) * n);
		memcpy(likeness.place, theta, sizeof(double) * n);
		likeness.value = value - objective(sample, theta, gradient, hessian);
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
			natural(problem, theta, problem->latest);
			for (int i = 0; i < n * n && round > 1; i++)
				optimum->gradient_norm = fmax(optimum->gradient_norm, away * fabs(optimum->hessian[i]));
			problem->latest_value = -(optimum->value - penalty_at(problem, theta)) * problem->customers;
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
follow_modes(Problem *problem, const ClvFitOptions *options, Mode *modes, int count, size_t sampled, int *iterations)
{
	bool		large = options->room != NULL && problem->n >= CLV_FIT_MANY;
	Problem		sample;
	double		lower[CLV_MAX_PARAMETERS];
	double		upper[CLV_MAX_PARAMETERS];
	int			followed;

	bounds(problem, lower, upper);
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
			clv_optimize(problem->variables, objective, &sample, lower, upper, mode->theta,
						 options->max_iterations, 1e-3, &mode->optimum, problem->interrupt);
			*iterations += mode->optimum.iterations;
			found = follow_likeness(problem, &sample, options, lower, upper, mode->theta, &mode->optimum);
			*iterations += mode->optimum.iterations;
		}
		if (!found)
		{
			clv_optimize(problem->variables, objective, problem, lower, upper, mode->theta,
						 options->max_iterations, options->tolerance, &mode->optimum, problem->interrupt);
			*iterations += mode->optimum.iterations;
		}
	}
	return followed;
}

static void
search(Problem *problem, const ClvFitOptions *options, const double *given, ClvModel *model)
{
	Mode		modes[MOST_STARTS];
	int			count = 0;
	int			iterations = 0;
	double		lower[CLV_MAX_PARAMETERS];
	double		upper[CLV_MAX_PARAMETERS];
	bool		sampled = false;

	if (problem->n >= SAMPLE_FROM && given == NULL)
	{
		ClvObservation few[SAMPLE];
		Problem		sample = sample_of(problem, few, SAMPLE);
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
	bounds(problem, lower, upper);
	conclude(problem, &modes[0].optimum, modes[0].theta, lower, upper, model);
	model->iterations = iterations;
}

/*
 * Intervals by profile likelihood: a parameter is held at a value, the others
 * are fitted, and the interval ends where the likelihood has fallen by half of
 * the quantile of chi squared.  Unlike an interval from the standard error it
 * has the right coverage where the likelihood is skew, as it is for drop-out
 * in bases of a few thousand customers.
 */
typedef struct Profile
{
	Problem    *problem;
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
	value = objective(profile->problem, theta, slope, bend);
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
profile_reach(Problem *problem, int parameter, int side, double best, double error, const double *tangent,
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

/* The limits of all parameters of a model that was fitted to the problem, if standard errors do not say them. */
static void
find_limits(Problem *problem, const ClvFitOptions *options, const double *parameters, ClvModel *model)
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
	variables(problem, logs, theta);
	bounds(problem, lower, upper);
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
			best = likelihood(problem, theta, NULL, NULL);
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
			variables(problem, along, tangent);
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

/* Fit with whole parameters fixed at the values in problem->parameters. */
static void
fit_continuous(Problem *problem, const ClvFitOptions *options, const double *given, ClvModel *model)
{
	const ClvFamily *family = problem->family;

	search(problem, options, given, model);

	/*
	 * Where drop-out vanishes, so do the digits that tell its parameters: if
	 * the model without drop-out is at least as likely, it is the answer.
	 */
	if (family->nested != NULL && options->penalty == 0 &&
		(model->status != CLV_FIT_OK || problem->n < SAMPLE_FROM))
	{
		Problem		inner = *problem;
		ClvFitOptions inner_options = *options;
		ClvModel	nested = *model;
		double		parameters[CLV_MAX_PARAMETERS];
		double		value;

		inner.family = family->nested;
		lay_out(&inner);
		inner_options.has_start = false;
		nested.family = family->nested;
		search(&inner, &inner_options, NULL, &nested);
		memcpy(parameters, problem->parameters, sizeof(parameters));
		family->embed(nested.parameters, parameters);
		value = family->log_likelihood(parameters, problem->observations, problem->n, NULL, NULL, problem->interrupt);
		if (nested.status != CLV_FIT_NOT_CONVERGED &&
			(value >= model->log_likelihood - SAME_LIKELIHOOD * fabs(value) || model->status == CLV_FIT_NOT_CONVERGED))
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
take_in(Problem *problem, size_t *different, size_t *which)
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
choose_regularity(Problem *problem, const ClvFitOptions *options, int parameter, ClvModel *model)
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
	Problem		problem;
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
	lay_out(&problem);
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
		lay_out(&problem);
	}
	if (model->status != CLV_FIT_NOT_CONVERGED && !options->no_limits)
	{
		memcpy(problem.parameters, model->parameters, sizeof(problem.parameters));
		/* The parameters of the nested family come first in both. */
		find_limits(&problem, options, model->parameters, model);
	}

	if (different < (size_t) problem.variables && model->status != CLV_FIT_NOT_CONVERGED)
		model->status = CLV_FIT_TOO_FEW;
	return CLV_OK;
}

ClvStatus
clv_renewal_observations(const double *period, const double *survivors, size_t n,
						 ClvObservation *observations, size_t *count)
{
	*count = 0;
	if (n < 1 || period[0] != 0 || !(survivors[0] > 0))
		return CLV_COHORT_SIZES_OUT_OF_ORDER;
	for (size_t i = 0; i < n; i++)
	{
		ClvObservation *o = &observations[*count];

		if (!isfinite(period[i]) || !isfinite(survivors[i]) || survivors[i] < 0 || period[i] != floor(period[i]))
			return CLV_COHORT_SIZES_OUT_OF_ORDER;
		if (i == 0)
			continue;
		if (!(period[i] > period[i - 1]) || survivors[i] > survivors[i - 1])
			return CLV_COHORT_SIZES_OUT_OF_ORDER;
		if (survivors[i] == survivors[i - 1])
			continue;
		memset(o, 0, sizeof(ClvObservation));
		o->t_x = period[i - 1];
		o->age = period[i];
		o->weight = survivors[i - 1] - survivors[i];
		(*count)++;
	}
	if (survivors[n - 1] > 0)
	{
		ClvObservation *o = &observations[*count];

		memset(o, 0, sizeof(ClvObservation));
		o->t_x = o->age = period[n - 1];
		o->weight = survivors[n - 1];
		(*count)++;
	}
	return CLV_OK;
}

double
clv_model_aic(const ClvModel *model)
{
	return 2 * model->estimated - 2 * model->log_likelihood;
}

double
clv_model_bic(const ClvModel *model)
{
	return log(model->customers) * model->estimated - 2 * model->log_likelihood;
}

double
clv_model_std_error(const ClvModel *model, int i)
{
	if (!model->has_covariance || !(model->covariance[i][i] > 0) ||
		(model->at_bound & (UINT32_C(1) << i)) != 0)
		return NAN;
	return sqrt(model->covariance[i][i]);
}

void
clv_model_interval(const ClvModel *model, int i, double level, double *lower, double *upper)
{
	const ClvParameter *parameter = &model->family->parameter[i];
	double		error = clv_model_std_error(model, i);
	double		size = model->parameters[i] - parameter->offset;
	double		quantile;
	double		known;

	*lower = *upper = NAN;
	if (!(size > 0) || !(level > 0 && level < 1) || (isnan(error) && !model->has_limits) ||
		parameter->whole || (model->at_bound & (UINT32_C(1) << i)) != 0 ||
		(model->has_limits && model->limit[i][0] == parameter->offset && isinf(model->limit[i][1])))
		return;
	quantile = clv_normal_quantile(0.5 + level / 2);
	known = clv_normal_quantile(0.5 + CLV_PROFILE_LEVEL / 2);
	for (int side = 0; side < 2; side++)
	{
		double		reach = quantile * error / size;

		if (model->has_limits)
		{
			double		limit = fabs(log((model->limit[i][side] - parameter->offset) / size));
			double		bend = limit / (known * error / size);
			double		share = quantile / known;

			/* straight at the estimate, bent so that it meets the profile at its level */
			if (isinf(limit) || isnan(error))
				reach = limit * share;
			else if (bend > 1)
				reach *= 1 + (bend - 1) * share;
			else
				reach /= 1 + (1 / bend - 1) * share;
		}
		*(side ? upper : lower) = parameter->offset + size * exp(side ? reach : -reach);
	}
}

ClvStatus
clv_likelihood_ratio(const ClvModel *restricted, const ClvModel *full, double *statistic, double *p_value)
{
	int			freedom = full->estimated - restricted->estimated;
	double		gain = full->log_likelihood - restricted->log_likelihood;

	if (restricted->family->kind != full->family->kind || restricted->customers != full->customers ||
		!(restricted->customers > 0) || freedom <= 0 ||
		!(gain >= -1e-7 * (1 + fabs(full->log_likelihood))) ||
		(full->family->nested != restricted->family &&
		 !(full->family == &clv_family_bdw && restricted->family == &clv_family_sbg)))
		return CLV_MODELS_NOT_NESTED;
	*statistic = 2 * fmax(gain, 0);
	*p_value = clv_chi_squared_tail(*statistic, freedom);
	return CLV_OK;
}
