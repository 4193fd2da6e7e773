/*-------------------------------------------------------------------------
 *
 * optimize.c
 *	  The minimum of a smooth function of a few bounded variables.
 *
 *-------------------------------------------------------------------------
 */
#include "math/optimize.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define FIRST_RADIUS 1.0
#define LARGEST_RADIUS 4.0

/* A change of the function below this part of its size is rounding. */
#define ROUNDING 4e-14

/*
 * The length of s = -sum v (v'g) / (lambda + shift), along being the v'g:
 * infinite if anything pulls where the function does not bend upwards.
 */
static double
step_length(int n, const double *values, const double *along, double shift)
{
	double		norm = 0;

	for (int j = 0; j < n; j++)
	{
		double		divisor = values[j] + shift;

		if (divisor > 0)
			norm += (along[j] / divisor) * (along[j] / divisor);
		else if (along[j] != 0)
			norm = INFINITY;
	}
	return sqrt(norm);
}

/* The shift at which |s|, which falls as the shift grows, is the radius: bracketed, then halved. */
static double
shift_to_radius(int n, const double *values, const double *along, double radius)
{
	double		low = values[0] > 0 ? 0 : -values[0];
	double		high;
	double		shift = 0;
	double		pull = 0;

	for (int j = 0; j < n; j++)
		pull += along[j] * along[j];
	high = low + sqrt(pull) / radius;
	for (int iteration = 0; iteration < 200; iteration++)
	{
		double		length;

		shift = low + (high - low) / 2;
		length = step_length(n, values, along, shift);
		if (fabs(length - radius) <= 1e-3 * radius || shift == low || shift == high)
			break;
		if (length > radius)
			low = shift;
		else
			high = shift;
	}
	return shift;
}

/*
 * The step s that minimizes g's + s'Hs/2 within |s| <= radius, by the
 * eigenvalues of H: s = -sum v (v'g) / (lambda + shift).  *newton is true when
 * it is the free Newton step of a positive definite H.
 */
static void
trust_step(int n, const double *gradient, const double *hessian, double radius,
		   double *step, bool *newton)
{
	double		values[CLV_OPTIMIZE_MAX];
	double		vectors[CLV_OPTIMIZE_MAX * CLV_OPTIMIZE_MAX];
	double		along[CLV_OPTIMIZE_MAX];
	double		largest;
	double		shift;
	double		norm = 0;

	clv_symmetric_eigen(n, hessian, values, vectors);
	largest = fmax(fabs(values[0]), fabs(values[n - 1]));
	for (int j = 0; j < n; j++)
	{
		along[j] = 0;
		for (int i = 0; i < n; i++)
			along[j] += vectors[i * n + j] * gradient[i];
	}
	*newton = values[0] > 0 && step_length(n, values, along, 0) <= radius;
	shift = *newton ? 0 : shift_to_radius(n, values, along, radius);

	for (int i = 0; i < n; i++)
		step[i] = 0;
	for (int j = 0; j < n; j++)
	{
		double		divisor = values[j] + shift;
		double		length = divisor > 0 ? -along[j] / divisor : 0;

		if (!isfinite(length))
			length = 0;
		norm += length * length;
		for (int i = 0; i < n; i++)
			step[i] += vectors[i * n + j] * length;
	}
	norm = sqrt(norm);

	/* The hard case: nothing pulls along the direction of negative curvature. */
	if (!*newton && values[0] < -DBL_EPSILON * largest && norm < 0.9 * radius)
	{
		double		rest = sqrt(radius * radius - norm * norm);
		double		sign = along[0] > 0 ? -1 : 1;

		for (int i = 0; i < n; i++)
			step[i] += sign * rest * vectors[i * n];
	}
}

/* Largest gradient component that the bounds do not hold, and who is held. */
static double
held(int n, const double *theta, const double *gradient, const double *lower, const double *upper,
	 uint32_t *at_bound)
{
	double		norm = 0;

	*at_bound = 0;
	for (int i = 0; i < n; i++)
	{
		if ((theta[i] <= lower[i] && gradient[i] > 0) || (theta[i] >= upper[i] && gradient[i] < 0))
			*at_bound |= UINT32_C(1) << i;
		else
			norm = fmax(norm, fabs(gradient[i]));
	}
	return norm;
}

/* A step within the radius and the bounds. */
typedef struct Proposal
{
	double		trial[CLV_OPTIMIZE_MAX];	/* where it leads */
	double		length;			/* of the largest component */
	double		promised;		/* how much lower the function is there, by its derivatives */
	bool		newton;			/* the free Newton step ... */
	bool		clipped;		/* ... unless a bound has bent it */
} Proposal;

/* The best step of the variables that are not held at a bound; false if all are. */
static bool
propose(int n, const double *theta, const ClvOptimum *optimum, double radius,
		const double *lower, const double *upper, Proposal *proposal)
{
	int			index[CLV_OPTIMIZE_MAX];
	int			used = 0;
	double		gradient[CLV_OPTIMIZE_MAX];
	double		hessian[CLV_OPTIMIZE_MAX * CLV_OPTIMIZE_MAX];
	double		step[CLV_OPTIMIZE_MAX];
	double		move[CLV_OPTIMIZE_MAX];

	memset(proposal, 0, sizeof(*proposal));
	for (int i = 0; i < n; i++)
	{
		move[i] = 0;
		if ((optimum->at_bound & (UINT32_C(1) << i)) == 0)
			index[used++] = i;
	}
	if (used == 0)
		return false;
	for (int i = 0; i < used; i++)
	{
		gradient[i] = optimum->gradient[index[i]];
		for (int j = 0; j < used; j++)
			hessian[i * used + j] = optimum->hessian[index[i] * n + index[j]];
	}
	trust_step(used, gradient, hessian, radius, step, &proposal->newton);
	for (int i = 0; i < used; i++)
	{
		int			k = index[i];
		double		free_place = theta[k] + step[i];
		double		place = fmin(fmax(free_place, lower[k]), upper[k]);

		if (place != free_place)
			proposal->clipped = true;
		move[k] = place - theta[k];
		proposal->length = fmax(proposal->length, fabs(move[k]));
	}
	for (int i = 0; i < n; i++)
	{
		proposal->trial[i] = theta[i] + move[i];
		proposal->promised -= optimum->gradient[i] * move[i];
		for (int j = 0; j < n; j++)
			proposal->promised -= optimum->hessian[i * n + j] * move[i] * move[j] / 2;
	}
	return true;
}

/* Value, gradient and Hessian at theta, and what the bounds leave of the gradient. */
static void
evaluate(int n, ClvObjective objective, void *context, const double *theta,
		 const double *lower, const double *upper, ClvOptimum *at)
{
	at->value = objective(context, theta, at->gradient, at->hessian);
	at->gradient_norm = INFINITY;
	if (isfinite(at->value))
		at->gradient_norm = held(n, theta, at->gradient, lower, upper, &at->at_bound);
}

/* Takes a step, and trusts the derivatives further or less far by what they promised. */
static void
accept(int n, const Proposal *step, const ClvOptimum *trial, double ratio,
	   double *theta, ClvOptimum *optimum, double *radius)
{
	memcpy(theta, step->trial, sizeof(double) * n);
	memcpy(optimum->gradient, trial->gradient, sizeof(double) * n);
	memcpy(optimum->hessian, trial->hessian, sizeof(double) * n * n);
	optimum->value = trial->value;
	optimum->at_bound = trial->at_bound;
	optimum->gradient_norm = trial->gradient_norm;
	if (ratio > 0.7 && step->length > 0.5 * *radius)
		*radius = fmin(2.5 * *radius, LARGEST_RADIUS);
	else if (ratio < 0.25)
		*radius = fmax(step->length, 1e-8) / 2;
}

void
clv_optimize(int n, ClvObjective objective, void *context,
			 const double *lower, const double *upper, double *theta,
			 int max_iterations, double tolerance,
			 ClvOptimum *optimum, ClvInterrupt interrupt)
{
	double		radius = FIRST_RADIUS;
	int			rejected = 0;

	memset(optimum, 0, sizeof(ClvOptimum));
	optimum->end = CLV_SEARCH_EXHAUSTED;
	for (int i = 0; i < n; i++)
		theta[i] = fmin(fmax(theta[i], lower[i]), upper[i]);
	evaluate(n, objective, context, theta, lower, upper, optimum);
	if (!isfinite(optimum->value))
		return;
	optimum->step = INFINITY;

	while (optimum->iterations < max_iterations)
	{
		Proposal	step;
		ClvOptimum	trial;
		double		gained;
		double		noise = ROUNDING * (1 + fabs(optimum->value));

		if (interrupt)
			interrupt();
		if (!propose(n, theta, optimum, radius, lower, upper, &step))
		{
			optimum->step = 0;
			optimum->end = CLV_SEARCH_CONVERGED;
			return;
		}
		if (step.clipped && step.promised <= 0)
		{
			/* Bent at the bounds the step may climb: shorten it until it does not. */
			radius = fmax(step.length, radius) / 4;
			if (radius > 1e-12)
			{
				optimum->iterations++;
				continue;
			}
		}
		if (step.newton && !step.clipped)
			optimum->step = step.length;

		if (step.newton && !step.clipped && step.length <= tolerance)
		{
			/* Too small to change anything but the last digits of theta. */
			memcpy(theta, step.trial, sizeof(double) * n);
			optimum->end = CLV_SEARCH_CONVERGED;
			return;
		}
		optimum->iterations++;
		evaluate(n, objective, context, step.trial, lower, upper, &trial);
		gained = optimum->value - trial.value;

		if (isfinite(trial.value) && step.promised <= noise)
		{
			/* Below rounding the gradient alone is the judge. */
			if (gained >= -noise && trial.gradient_norm < 0.5 * optimum->gradient_norm)
				gained = step.promised = 1;
			else
			{
				optimum->end = step.newton && step.length <= 1e-5 ? CLV_SEARCH_CONVERGED : CLV_SEARCH_FLAT;
				return;
			}
		}

		if (isfinite(trial.value) && step.promised > 0 && gained > 1e-4 * step.promised)
		{
			accept(n, &step, &trial, gained / step.promised, theta, optimum, &radius);
			rejected = 0;
		}
		else
		{
			radius = fmin(step.length, radius) / 4;
			if (++rejected > 60 || radius < 1e-14)
			{
				optimum->end = optimum->gradient_norm <= 1e-7 ? CLV_SEARCH_FLAT : CLV_SEARCH_EXHAUSTED;
				return;
			}
		}
	}
}
