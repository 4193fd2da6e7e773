/*-------------------------------------------------------------------------
 *
 * renewal.c
 *	  What sBG and BdW share.
 *
 * Fader and Hardie, "How to Project Customer Retention" (2007), and Fader,
 * Hardie, Liu, Davin and Steenburgh, "How to Project Customer Retention
 * Revisited: The Role of Duration Dependence" (2018).
 *
 *-------------------------------------------------------------------------
 */
#include <math.h>
#include <string.h>

#include "math/special.h"
#include "model/renewal.h"
#include "model/simulate.h"

enum
{
	ALPHA, BETA, C, PARAMETERS
};

/*
 * log(t^c) beyond which S(t) is taken by its limit,
 * Gamma(alpha+beta) / Gamma(beta) * t^(-alpha c): parameters are far smaller than
 * t^c then, and the square of t^c would soon overflow.
 */
#define LONG_CLOCK 300.0

static bool
is_long(double t, double c)
{
	return t > 0 && c * log(t) > LONG_CLOCK;
}

/* t^c */
static double
clock_of(double t, double c)
{
	if (t == 0 || c == 1)
		return t;
	return exp(c * log(t));
}

/* b^c - a^c, a <= b */
static double
clock_step(double a, double b, double c)
{
	if (a == 0 || c == 1)
		return clock_of(b, c) - clock_of(a, c);
	return clock_of(a, c) * expm1(c * log(b / a));
}

/* A function with its derivatives; of the second ones the lower triangle. */
typedef struct Curve
{
	double		value;
	double		first[PARAMETERS];
	double		second[PARAMETERS][PARAMETERS];
} Curve;

/* log S(t) */
static Curve
log_survival(double alpha, double beta, double c, double t, bool derivatives)
{
	Curve		s = {0};
	double		log_t = (t > 0) ? log(t) : 0;
	double		clock,
				clock1,
				slope,
				bend;

	if (is_long(t, c))
	{
		s.value = clv_lgamma_ratio(beta, alpha) - alpha * (c * log_t);
		if (derivatives)
		{
			s.first[ALPHA] = clv_digamma(alpha + beta) - c * log_t;
			s.first[BETA] = clv_digamma_diff(beta, alpha);
			s.first[C] = -alpha * log_t;
			s.second[ALPHA][ALPHA] = clv_trigamma(alpha + beta);
			s.second[BETA][ALPHA] = s.second[ALPHA][ALPHA];
			s.second[BETA][BETA] = clv_trigamma_diff(beta, alpha);
			s.second[C][ALPHA] = -log_t;
		}
		return s;
	}
	clock = clock_of(t, c);
	s.value = clv_lbeta_diff(alpha, beta, 0, clock);
	if (!derivatives)
		return s;
	clock1 = clock * log_t;		/* by c */
	slope = -clv_digamma_diff(beta + clock, alpha); /* of log S by the clock */
	bend = -clv_trigamma_diff(beta + clock, alpha);
	s.first[ALPHA] = -clv_digamma_diff(alpha + beta, clock);
	s.first[BETA] = -clv_digamma_diff2(beta, clock, alpha);
	s.first[C] = slope * clock1;
	s.second[ALPHA][ALPHA] = -clv_trigamma_diff(alpha + beta, clock);
	s.second[BETA][ALPHA] = s.second[ALPHA][ALPHA];
	s.second[BETA][BETA] = clv_trigamma_diff(beta, clock) - clv_trigamma_diff(alpha + beta, clock);
	s.second[C][ALPHA] = -clv_trigamma(alpha + beta + clock) * clock1;
	s.second[C][BETA] = bend * clock1;
	s.second[C][C] = (bend * clock1) * clock1 + slope * clock1 * log_t;
	return s;
}

/* log (S(b) / S(a)), a < b, formed as a difference where S(a) and S(b) may be close */
static Curve
log_survival_ratio(double alpha, double beta, double c, double a, double b, bool derivatives)
{
	Curve		from,
				until;

	if (is_long(a, c))
	{
		Curve		s = {0};
		double		fall = log(b / a);

		s.value = -alpha * (c * fall);
		s.first[ALPHA] = -c * fall;
		s.first[C] = -alpha * fall;
		s.second[C][ALPHA] = -fall;
		return s;
	}
	from = log_survival(alpha, beta, c, a, derivatives);
	until = log_survival(alpha, beta, c, b, derivatives);
	for (int j = 0; j < PARAMETERS; j++)
	{
		until.first[j] -= from.first[j];
		for (int k = 0; k <= j; k++)
			until.second[j][k] -= from.second[j][k];
	}
	if (is_long(b, c))
		until.value -= from.value;
	else
	{
		double		clock = clock_of(a, c);
		double		step = clock_step(a, b, c);

		until.value = clv_lbeta_diff(alpha, beta + clock, 0, step);
		if (derivatives)
		{
			until.first[ALPHA] = -clv_digamma_diff(alpha + beta + clock, step);
			until.first[BETA] = -clv_digamma_diff2(beta + clock, step, alpha);
			until.second[ALPHA][ALPHA] = -clv_trigamma_diff(alpha + beta + clock, step);
			until.second[BETA][ALPHA] = until.second[ALPHA][ALPHA];
			until.second[BETA][BETA] = clv_trigamma_diff(beta + clock, step)
				- clv_trigamma_diff(alpha + beta + clock, step);
		}
	}
	return until;
}

/*
 * Who left between periods a and b has the probability S(a) - S(b); who is
 * still active after a has S(a).
 */
double
clv_renewal_log_likelihood(const double *parameters, int count,
						   const ClvObservation *observations, size_t n,
						   double *gradient, double *hessian, ClvInterrupt interrupt)
{
	double		alpha = parameters[ALPHA];
	double		beta = parameters[BETA];
	double		c = (count > C) ? parameters[C] : 1;
	bool		derivatives = gradient != NULL || hessian != NULL;
	double		sum = 0;
	double		g[PARAMETERS] = {0};
	double		h[PARAMETERS][PARAMETERS] = {{0}};

	for (size_t i = 0; i < n; i++)
	{
		const ClvObservation *o = &observations[i];
		Curve		s;

		if (interrupt && i % 1024 == 0)
			interrupt();
		if (alpha == 0)
		{
			/* nobody leaves; without derivatives, as there is no alpha below */
			if (o->age > o->t_x)
				sum = -INFINITY;
			continue;
		}
		s = log_survival(alpha, beta, c, o->t_x, derivatives);
		if (o->age > o->t_x)
		{
			Curve		ratio = log_survival_ratio(alpha, beta, c, o->t_x, o->age, derivatives);

			/* a difference of S below what doubles tell apart still is one */
			double		log_left = fmin(ratio.value, -1e-150);

			/* log (1 - exp(log_left)): its derivative by log_left is -q, then -q (1 + q) */
			double		q = 1 / expm1(-log_left);

			s.value += clv_log1mexp(log_left);
			for (int j = 0; j < PARAMETERS; j++)
			{
				s.first[j] -= q * ratio.first[j];
				for (int k = 0; k <= j; k++)
					s.second[j][k] -= q * ratio.second[j][k]
						+ (q * ratio.first[j]) * (ratio.first[k] + q * ratio.first[k]);
			}
		}
		sum += o->weight * s.value;
		for (int j = 0; j < PARAMETERS; j++)
		{
			g[j] += o->weight * s.first[j];
			for (int k = 0; k <= j; k++)
				h[j][k] += o->weight * s.second[j][k];
		}
	}
	for (int j = 0; j < count; j++)
	{
		if (gradient)
			gradient[j] = g[j];
		if (hessian)
			for (int k = 0; k < count; k++)
				hessian[j * count + k] = (k <= j) ? h[j][k] : h[k][j];
	}
	return sum;
}

double
clv_renewal_survival(double alpha, double beta, double c, double t)
{
	if (alpha == 0)
		return 1;
	return fmin(exp(log_survival(alpha, beta, c, t, false).value), 1);
}

double
clv_renewal_retention(double alpha, double beta, double c, double t)
{
	double		before = fmax(t - 1, 0);

	if (alpha == 0)
		return 1;
	return fmin(exp(log_survival_ratio(alpha, beta, c, before, t, false).value), 1);
}

/* Nobody left, or nobody was seen for a whole period. */
ClvFitStatus
clv_renewal_degenerate(const ClvObservation *observations, size_t n, double *parameters)
{
	bool		seen = false;

	for (size_t i = 0; i < n; i++)
	{
		if (observations[i].age > observations[i].t_x)
			return CLV_FIT_OK;
		seen = seen || observations[i].age > 0;
	}
	parameters[ALPHA] = 0;
	parameters[BETA] = 1;
	return seen ? CLV_FIT_NO_DROPOUT : CLV_FIT_FLAT;
}

bool
clv_renewal_start(const ClvObservation *observations, size_t n, int attempt, double *parameters)
{
	static const double size[] = {1.5, 5, 0.5, 50};
	double		left = 0,
				periods = 0;
	double		share;

	if (attempt >= (int) (sizeof(size) / sizeof(size[0])))
		return false;
	for (size_t i = 0; i < n; i++)
	{
		if (observations[i].age > observations[i].t_x)
			left += observations[i].weight;
		/* the period of leaving counts as one more */
		periods += observations[i].weight * (observations[i].t_x + (observations[i].age > observations[i].t_x));
	}
	share = (left + 0.5) / (periods + 1);
	parameters[ALPHA] = size[attempt] * share;
	parameters[BETA] = size[attempt] * (1 - share);
	return true;
}

/* ---- simulation ---- */

void
clv_renewal_simulate_start(double alpha, double beta, ClvSimulation *simulation)
{
	double		p = clv_random_beta(&simulation->random, alpha, beta);

	simulation->dropout = (p < 1e-8) ? p : -clv_portable_log(1 - p);
}

double
clv_renewal_simulate_next(double c, ClvSimulation *simulation)
{
	double		clock;

	if (!simulation->alive || !(simulation->dropout > 0))
		return INFINITY;
	simulation->alive = false;
	/* active after t with probability exp(-dropout t^c) */
	clock = clv_random_exponential(&simulation->random) / simulation->dropout;
	if (c != 1)
		clock = clv_portable_exp(clv_portable_log(clock) / c);
	simulation->time = floor(clock) + 1;
	return simulation->time;
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
